//! Text that the suite did not write, on its way to people: what a binder says of itself, its messages,
//! its standard error, the values it gave, names of files. Every rendering is made from a report that
//! went through here whole, so that no place of it can forget to; a field that is added does not compile
//! until it is named here.

use contract::bounds;
use contract::visible::visible;
use judge::row::{CaseRow, HintRow, KnownRow, RiskRow, SomeRow, StaleRow};
use measure::BenchRow;

use crate::model::{
    Asked, ClauseRow, Host, MutantArmRow, MutantRow, Report, SubjectInfo, SuiteInfo, UnbrokenRow,
};

/// Bytes of a text that `report.json` holds.
const KEPT_BYTES: usize = 64 << 10;

/// A text for a terminal, and for whatever else shows characters as they are: what cannot be seen
/// becomes its number, and a long line loses its middle, with how much that was.
pub fn shown(text: &str) -> String {
    let text = visible(text);
    let lines: Vec<_> = text.split('\n').map(bounds::message).collect();
    lines.join("\n")
}

/// As [`shown`], and whole: for what is to be copied.
pub fn whole(text: &str) -> String {
    visible(text).into_owned()
}

/// A text that is kept, cut where nobody reads any more.
fn bounded(text: &mut String) {
    if text.len() > KEPT_BYTES {
        let at = text.floor_char_boundary(KEPT_BYTES);
        let left_out = text.len() - at;
        text.truncate(at);
        text.push_str(&format!("… (bytes left out: {left_out})"));
    }
}

impl Report {
    /// The report with every text as people are shown it.
    pub(crate) fn for_people(&self) -> Report {
        let mut report = self.clone();
        report.each_text(&mut |text, use_| {
            *text = match use_ {
                Use::Read => shown(text),
                Use::Copied => whole(text),
            }
        });
        report
    }

    /// The report with every text as `report.json` keeps it.
    pub(crate) fn kept(&self) -> Report {
        let mut report = self.in_order();
        report.each_text(&mut |text, _| bounded(text));
        report
    }

    fn each_text(&mut self, each: &mut dyn FnMut(&mut String, Use)) {
        let Report {
            schema_version: _,
            suite,
            host,
            subject,
            counts: _,
            cases,
            stale,
            clauses,
            bench,
            mutants,
            unbroken,
        } = self;
        let SuiteInfo {
            version,
            hash,
            complete: _,
            cut_short,
            command,
            asked,
            replayed,
            started,
            seconds: _,
        } = suite;
        asked.iter_mut().for_each(|asked| texts_of_asked(asked, each));
        read(each, [version, hash, started].into_iter().chain(cut_short).chain(replayed));
        each(command, Use::Copied);
        let Host { os, arch, cpu, cores: _, rustc, zig } = host;
        read(each, [os, arch, rustc, zig].into_iter().chain(cpu));
        let SubjectInfo {
            name,
            version,
            language,
            level: _,
            capabilities,
            dialects,
            lacks,
            works_undeclared,
            behaves_as,
        } = subject;
        let lists = [capabilities, dialects, lacks, works_undeclared].into_iter().flatten();
        read(each, [name, version, language].into_iter().chain(lists));
        for HintRow { dialect, trials: _, tried: _, example } in behaves_as {
            read(each, [dialect, example]);
        }
        cases.iter_mut().for_each(|case| texts_of_case(case, each));
        for StaleRow { at, entry, expected, observed, action, some } in stale {
            read(each, [at, entry, expected, observed, action]);
            if let Some(SomeRow { what, of: _, trials }) = some {
                read(each, std::iter::once(what).chain(trials));
            }
        }
        for ClauseRow { id, cases: _, ran: _, passed: _, outcome: _ } in clauses {
            read(each, [id]);
        }
        bench.iter_mut().for_each(|row| texts_of_bench(row, each));
        for MutantRow {
            name,
            clause,
            caught_by,
            outcome: _,
            family,
            breaks,
            clauses,
            class: _,
            arms,
        } in mutants
        {
            let arms =
                arms.iter_mut().map(|MutantArmRow { arm, ran: _, failed: _, caught: _ }| arm);
            let own = [name, clause, family, breaks].into_iter().chain(caught_by);
            read(each, own.chain(clauses).chain(arms));
        }
        for UnbrokenRow { clause, proof } in unbroken {
            read(each, [clause, proof]);
        }
    }
}

/// What a text is for.
#[derive(Clone, Copy)]
enum Use {
    Read,
    /// A command: cut, it would be another.
    Copied,
}

fn read<'t>(
    each: &mut dyn FnMut(&mut String, Use),
    texts: impl IntoIterator<Item = &'t mut String>,
) {
    texts.into_iter().for_each(|text| each(text, Use::Read));
}

fn texts_of_asked(asked: &mut Asked, each: &mut dyn FnMut(&mut String, Use)) {
    let Asked {
        filters,
        arms,
        without,
        shard: _,
        trials: _,
        seed: _,
        strict: _,
        target,
        under,
        expected,
        effort,
    } = asked;
    let lists = [filters, arms, without].into_iter().flatten();
    read(each, lists.chain([target]).chain([under, expected, effort].into_iter().flatten()));
}

fn texts_of_case(row: &mut CaseRow, each: &mut dyn FnMut(&mut String, Use)) {
    let CaseRow {
        id,
        arm,
        clauses,
        outcome: _,
        path,
        class: _,
        broken,
        known,
        calls,
        expected,
        reason: _,
        observed,
        arrived,
        risks,
        shapes,
        repro,
        ms: _,
    } = row;
    let texts = [path, calls, expected, observed, arrived].into_iter().flatten();
    read(each, [id, arm].into_iter().chain(clauses).chain(broken).chain(shapes).chain(texts));
    each(repro, Use::Copied);
    if let Some(KnownRow { at, fault, reason, runs: _ }) = known {
        read(each, [at, fault, reason]);
    }
    for RiskRow { clause, what, expected, observed } in risks {
        read(each, [clause, what, expected, observed]);
    }
}

fn texts_of_bench(row: &mut BenchRow, each: &mut dyn FnMut(&mut String, Use)) {
    let BenchRow {
        shape,
        path,
        floor_ns: _,
        call_ns: _,
        cold_ns: _,
        first_ns: _,
        ratio: _,
        ratio_low: _,
        ratio_high: _,
        instructions: _,
        floor_instructions: _,
        allocations: _,
        allocated_bytes: _,
        resident_bytes: _,
        native_allocations: _,
        samples: _,
        valid_share: _,
        verdict: _,
        reason,
    } = row;
    read(each, [shape, path].into_iter().chain(reason));
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;
    use crate::{Format, markdown, sample, terminal};

    /// What none of the renderings may hold as it is.
    const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{202e}gnp\u{200b}\u{2028}\u{9b}31m\r\
        \n# Conforms\n<img src=x onerror=y> [a](http://b) ![c](d) **e** `f` | g\n```\n## h";

    /// A report whose every text is hostile.
    fn hostile() -> Report {
        let mut report = sample::mixed();
        report.each_text(&mut |text, _| *text = HOSTILE.to_owned());
        report
    }

    #[track_caller]
    fn is_seen(rendering: &str) {
        let hidden = |c: &char| *c != '\n' && !contract::visible::is_visible(*c);
        // The suite's own table of clauses has an emoji of two characters.
        let text = rendering.replace('\u{fe0f}', "");
        assert_eq!(text.chars().find(hidden), None, "{text}");
    }

    #[test]
    fn nothing_of_a_report_reaches_people_unseen() {
        let report = hostile();
        for format in Format::ALL {
            is_seen(&format.render(&report, None, terminal::Colour::None).unwrap());
        }
    }

    /// As a reader of Markdown takes the page, not as a search for marks would.
    #[test]
    fn foreign_text_makes_no_heading_no_link_and_no_html_of_a_page() {
        makes_none(&markdown::render(&hostile()));
        makes_none(&Format::Summary.render(&hostile(), None, terminal::Colour::None).unwrap());
    }

    #[track_caller]
    fn makes_none(page: &str) {
        let own = ["<details>", "</details>"];
        let mut heading = None;
        for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => {
                    assert!(own.iter().any(|own| html.starts_with(own)), "{html}");
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    panic!("a link to {dest_url}");
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let text = heading.take().unwrap_or_default();
                    assert!(text != "Conforms" && text != "h", "a heading `{text}`");
                }
                Event::Text(text) | Event::Code(text) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&text));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn lines_are_cut_with_a_count_and_commands_are_not() {
        let long = "x".repeat(5_000);
        let text = shown(&format!("{long}\n{long}"));
        assert!(text.len() < 1_200 && text.matches("characters left out").count() == 2, "{text}");
        let mut report = sample::mixed();
        report.cases[2].repro = long.clone();
        assert!(terminal::render(&report, None, terminal::Colour::None).contains(&long));
    }

    #[test]
    fn what_is_kept_is_bounded_and_otherwise_as_it_was_said() {
        let mut report = sample::mixed();
        report.cases[2].observed = Some(format!("\u{202e}{}", "ä".repeat(KEPT_BYTES)));
        let kept = report.kept();
        let row = kept.cases.iter().find(|row| row.id == report.cases[2].id).unwrap();
        let text = row.observed.as_deref().unwrap();
        assert!(text.starts_with('\u{202e}') && text.len() < KEPT_BYTES + 50, "{}", text.len());
        let left_out = 3 + 2 * KEPT_BYTES - KEPT_BYTES + 1;
        assert!(text.ends_with(&format!("(bytes left out: {left_out})")), "{left_out}");
    }
}
