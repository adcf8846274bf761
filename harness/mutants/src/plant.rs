//! How a fault gets into a source: the text it replaces becomes a choice between the two.

use crate::faults::{Edit, Fault};

/// A file's text with every fault's edits in it, each behind its switch.
///
/// # Errors
/// Every edit whose text is not there exactly once, or overlaps another's.
pub fn plant(file: &str, text: &str, faults: &[&Fault]) -> Result<String, String> {
    let mut places: Vec<Place<'_>> = Vec::new();
    let mut wrong = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        for edit in fault.edits.iter().filter(|edit| edit.file == file) {
            if let Some(place) = places.iter_mut().find(|place| place.replaces == edit.replace) {
                place.choices.push((number, edit));
                continue;
            }
            let mut found = text.match_indices(edit.replace);
            let (Some((at, _)), None) = (found.next(), found.next()) else {
                let times = text.matches(edit.replace).count();
                wrong.push(format!(
                    "the fault `{}` replaces a text that stands {times} times in {file}, not once: {}",
                    fault.name, edit.replace
                ));
                continue;
            };
            places.push(Place { at, replaces: edit.replace, choices: vec![(number, edit)] });
        }
    }
    places.sort_by_key(|place| place.at);
    let mut planted = String::new();
    let mut end = 0;
    for place in &places {
        if place.at < end {
            let name = faults[place.choices[0].0].name;
            wrong
                .push(format!("the fault `{name}` overlaps another in {file}: {}", place.replaces));
            continue;
        }
        planted.push_str(&text[end..place.at]);
        planted.push_str(&place.chosen());
        end = place.at + place.replaces.len();
    }
    planted.push_str(&text[end..]);
    if wrong.is_empty() { Ok(planted) } else { Err(wrong.join("\n")) }
}

/// A planted text, its paths those of the one crate that holds all sources, and its tests left behind.
pub fn moved(text: &str) -> String {
    text.replace("#[cfg(test)]", "#[cfg(any())]")
        .replace("crate::", "crate::binder::")
        .replace("crate::binder::faults::", "crate::faults::")
        .replace("reference_binder::", "crate::binder::")
}

/// A text that faults replace.
struct Place<'a> {
    at: usize,
    replaces: &'a str,
    /// The faults, by their numbers, and what stands there when they are on.
    choices: Vec<(usize, &'a Edit)>,
}

impl Place<'_> {
    fn chosen(&self) -> String {
        let mut text = String::new();
        for (number, edit) in &self.choices {
            text.push_str(&format!("if crate::faults::on({number}) {{ {} }} else ", edit.with));
        }
        text.push_str(&format!("{{ {} }}", self.replaces));
        let is_statement = self.replaces.trim_end().ends_with([';', '}']);
        if is_statement { text } else { format!("({text})") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Class;

    fn fault(name: &'static str, edits: &'static [Edit]) -> Fault {
        Fault { name, breaks: "", clauses: &[], class: Class::Fail, arms: &[], edits }
    }

    const fn edit(replace: &'static str, with: &'static str) -> Edit {
        Edit { file: "a.rs", replace, with }
    }

    #[test]
    fn a_text_becomes_a_choice() {
        let one = fault("one", const { &[edit("a + b", "a - b")] });
        let two = fault("two", const { &[edit("a + b", "0")] });
        let planted = plant("a.rs", "let x = a + b; f(x);", &[&one, &two]);
        let chosen = "let x = (if crate::faults::on(0) { a - b } else if crate::faults::on(1) \
                      { 0 } else { a + b }); f(x);";
        assert_eq!(planted.as_deref(), Ok(chosen));
        let gone = fault("gone", const { &[edit("f(x);", "")] });
        let planted = plant("a.rs", "f(x);", &[&gone]);
        assert_eq!(planted.as_deref(), Ok("if crate::faults::on(0) {  } else { f(x); }"));
    }

    #[test]
    fn an_edit_that_fits_nowhere_or_twice_is_refused() {
        let one = fault("one", const { &[edit("x", "y")] });
        for text in ["x x", "z"] {
            assert!(plant("a.rs", text, &[&one]).is_err(), "{text}");
        }
        let over = fault("over", const { &[edit("abc", "d")] });
        let lap = fault("lap", const { &[edit("bcd", "e")] });
        assert!(plant("a.rs", "abcd", &[&over, &lap]).is_err());
    }
}
