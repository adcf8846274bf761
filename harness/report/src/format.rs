//! The renderings of a report, by name: each is made from the report and from nothing else.

use std::fmt::Write;
use std::path::Path;

use contract::visible::is_visible;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::model::Report;
use crate::terminal::Colour;
use crate::{
    ReportError, bencher, csv, github, html, json, junit, markdown, summary, terminal, terse,
};

/// A rendering; the words of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Format {
    /// The summary of a run, for people at a terminal.
    Text,
    /// A line a trial that is red, and the verdict.
    Terse,
    /// `report.json` itself.
    Json,
    /// JUnit's XML, for the test views of CI services.
    Junit,
    /// The whole page, as Markdown.
    Markdown,
    /// The whole page, for a browser: one file that fetches nothing.
    Html,
    /// A short page, for a pull request or the summary of a CI's step.
    Summary,
    /// A table of the trials.
    Csv,
    /// A table of the costs.
    CsvCost,
    /// Annotations of GitHub's workflows.
    Github,
    /// Bencher's metrics.
    Bencher,
}

impl Format {
    /// Every format.
    pub const ALL: &[Format] = Format::VARIANTS;

    /// Its word.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The words of all.
    pub fn words() -> Vec<&'static str> {
        Format::ALL.iter().map(|format| format.word()).collect()
    }

    /// The rendering; `page` is where the report's page stands, which the text alone names.
    ///
    /// # Errors
    /// Where a report cannot be rendered so: a figure that is not finite, no figure at all.
    pub fn render(
        self,
        report: &Report,
        page: Option<&Path>,
        colour: Colour,
    ) -> Result<String, ReportError> {
        let report = &report.in_order();
        Ok(match self {
            Format::Text => terminal::render(report, page, colour),
            Format::Terse => terse::render(report),
            Format::Json => escaped(&json::render(report)?),
            Format::Junit => junit::render(report)?,
            Format::Markdown => markdown::render(report),
            Format::Html => html::render(report),
            Format::Summary => summary::render(report),
            Format::Csv => csv::trials(report),
            Format::CsvCost => csv::costs(report),
            Format::Github => github::render(report),
            Format::Bencher => bencher::render(report)?,
        })
    }
}

/// The same JSON with what a terminal would obey, or not show, as its number.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || is_visible(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_format_is_rendered_of_every_sample() {
        for format in Format::ALL {
            for report in [sample::mixed(), sample::green(), sample::nothing_ran()] {
                let came = format.render(&report, None, Colour::None);
                let nothing_measured = *format == Format::Bencher && report.bench.is_empty();
                assert_eq!(came.is_err(), nothing_measured, "{format:?}");
            }
            assert_eq!(format.word().parse(), Ok(*format));
        }
    }

    #[test]
    fn json_stays_what_it_is_when_it_is_shown() {
        let mut report = sample::green();
        report.subject.name = "a\u{9b}31m\u{202e}\u{e0001}\n\"".to_owned();
        let text = Format::Json.render(&report, None, Colour::None).unwrap();
        assert!(text.contains("a\\u009b31m\\u202e\\udb40\\udc01\\n\\\""), "{text}");
        let back: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(back.subject.name, report.subject.name);
    }

    #[test]
    fn snapshots() {
        for format in [
            Format::Terse,
            Format::Summary,
            Format::Csv,
            Format::CsvCost,
            Format::Github,
            Format::Bencher,
        ] {
            for (name, report) in [("mixed", sample::mixed()), ("green", sample::green())] {
                let text = format.render(&report, None, Colour::None).unwrap();
                insta::assert_snapshot!(format!("{}_{name}", format.word()), text);
            }
        }
    }
}
