//! What others wrote, as hostile as it can be, in each format.

use judge::row::TrialOutcome;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::terminal::Colour;
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

/// What others may have put into any text, a kind each.
const TABLE: &[&str] = &[
    HOSTILE,
    // Markup, of elements and of attributes.
    "<img src=x onerror=y></script><script>alert(1)</script><svg onload=z>]]><!--",
    "\" onmouseover=\"w' onfocus='v javascript:alert(2) &#60;img src=x&#62; {{7*7}}",
    // Escapes: a title, a cleared screen, a link, the eight-bit form, what erases the line before it.
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}]8;;http://b\u{1b}\\c\u{9b}31m\r\u{8}\u{8}\u{7f}\0",
    // Right-to-left marks, and what has no width.
    "\u{202e}deliaf\u{202c} \u{2066}\u{2067}\u{200f}\u{61c}\u{200b}\u{feff}\u{e0041}",
    // Lines that mean something to who reads lines.
    "\n::error::owned\n::set-output name=a::b\nverdict   Conforms: 9 of 9 trials passed.\n",
    // Cells, and what a spreadsheet computes.
    "=cmd|' /C calc'!A0,\"a\",b\n+1\t@x\r\n-2",
    "\u{2028}\u{2029}\u{85}\u{fffe}\u{ffff}\u{10ffff}",
    "",
];

/// A report with this in its text of that number.
fn with_one(which: usize, text: &str) -> Report {
    let mut report = sample::mixed();
    let mut index = 0;
    report.each_text(&mut |own, _| {
        if index == which {
            text.clone_into(own);
        }
        index += 1;
    });
    report
}

#[test]
fn what_is_hostile_is_harmless_in_each_format_whatever_text_it_is() {
    let mut reports = Vec::new();
    for &text in TABLE {
        let mut report = sample::mixed();
        report.each_text(&mut |own, _| text.clone_into(own));
        reports.push(report);
    }
    // And alone, where nothing else hides what becomes of it: the texts of the table take turns.
    let mut count = 0;
    sample::mixed().each_text(&mut |_, _| count += 1);
    reports.extend((0..count).map(|which| with_one(which, TABLE[which % TABLE.len()])));
    for report in reports {
        for format in Format::ALL {
            let shown = format.render(&report, None, Colour::None).unwrap();
            is_harmless(*format, &shown, &report);
        }
    }
}

/// What must not come of a text that others wrote.
#[track_caller]
fn is_harmless(format: Format, shown: &str, report: &Report) {
    let hidden = |c: &char| *c != '\n' && !contract::visible::is_visible(*c);
    // The suite's own table of clauses has an emoji of two characters.
    let text = shown.replace('\u{fe0f}', "");
    assert_eq!(text.chars().find(hidden), None, "{format:?}: {text}");
    match format {
        Format::Text => {
            let verdict = |line: &&str| line.starts_with("verdict ");
            assert_eq!(shown.lines().filter(verdict).count(), 1, "{shown}");
        }
        Format::Terse => {
            let red = [TrialOutcome::Failed, TrialOutcome::Error];
            let red = report.cases.iter().filter(|row| red.contains(&row.outcome)).count();
            assert_eq!(shown.lines().count(), red + report.stale.len() + 1, "{shown}");
        }
        Format::Json => {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, shown).unwrap();
            let back = crate::json::read(file.path()).unwrap();
            assert_eq!(back.subject.name, report.subject.name);
            assert_eq!(back.cases.len(), report.cases.len());
        }
        Format::Junit => {
            let junit = quick_junit::Report::deserialize_from_str(shown).unwrap();
            // One more says that the run cannot be judged, where the clauses have other names.
            let more = usize::from(report.verdict() == crate::Verdict::Unaccounted);
            let counted = (junit.tests - more, junit.failures, junit.errors - more);
            assert_eq!(counted, (13, 4, 2), "{shown}");
        }
        Format::Markdown | Format::Summary => makes_none(shown),
        Format::Csv => is_a_table(shown, 13, report.cases.len()),
        Format::CsvCost => is_a_table(shown, 20, report.bench.len() + report.scaling.len()),
        Format::Github => {
            let own = ["::error ", "::warning ", "::notice "];
            let is_own = |line: &str| own.iter().any(|own| line.starts_with(own));
            assert!(shown.lines().all(is_own), "{shown}");
        }
        Format::Bencher => {
            let metrics: serde_json::Value = serde_json::from_str(shown).unwrap();
            assert!(metrics.is_object(), "{shown}");
        }
        Format::Html => makes_no_markup(shown),
    }
}

/// That a page has no element and no attribute that the texts of the table would be. Its own attributes stand in double
/// quotes, so that a single one ends none.
#[track_caller]
fn makes_no_markup(page: &str) {
    for markup in
        ["<img src=x", "<script>alert(1)", "<svg onload", "\" onmouseover=\"w", "=\"javascript:"]
    {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
}

/// That a reader of RFC 4180 finds so many rows of so many cells, and none that begins like a formula.
#[track_caller]
fn is_a_table(text: &str, columns: usize, rows: usize) {
    let mut table = vec![vec![String::new()]];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let row = table.last_mut().unwrap();
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                row.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => table.push(vec![String::new()]),
            other => row.last_mut().unwrap().push(other),
        }
    }
    assert_eq!(table.pop(), Some(vec![String::new()]), "{text}");
    assert_eq!(table.len(), rows + 1, "{text}");
    for row in table {
        assert_eq!(row.len(), columns, "{row:?}");
        for cell in row.iter().filter(|cell| cell.parse::<f64>().is_err()) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
}

/// Each text a megabyte in turn, in one format after the other: what is read is cut, and what is copied is whole.
#[test]
fn a_megabyte_is_cut_wherever_it_is_read() {
    const MEGABYTE: usize = 1 << 20;
    let mut uses = Vec::new();
    sample::mixed().each_text(&mut |_, use_| uses.push(use_));
    let long = format!("\u{1b}{}", "x<".repeat(MEGABYTE / 2));
    for (which, use_) in uses.into_iter().enumerate() {
        let format = Format::ALL[which % Format::ALL.len()];
        let shown = format.render(&with_one(which, &long), None, Colour::None).unwrap();
        let most = match use_ {
            Use::Read => MEGABYTE / 2,
            Use::Copied => 10 * MEGABYTE,
        };
        assert!(shown.len() < most, "text {which} as {format:?}: {} bytes", shown.len());
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
