//! A badge a binder: an image, and the same for services that draw badges themselves.

use maud::html;
use serde_json::json;

use super::part;
use crate::Verdict;
use crate::json::pretty;
use crate::model::Report;

const LABEL: &str = "boundary";
/// What a character of the badge's type takes, as its ten-pixel Verdana does at the most.
const CHARACTER: usize = 7;
const MARGIN: usize = 8;

/// What the badge says, and its colour.
fn said(report: &Report) -> (String, &'static str, &'static str) {
    let counts = &report.counts;
    let of_part = if part(report).is_some() { " of a part" } else { "" };
    match report.verdict() {
        Verdict::AsExpected if counts.expected > 0 => {
            (format!("{} known failures{of_part}", counts.expected), "#6b3fa0", "blueviolet")
        }
        Verdict::AsExpected => {
            (format!("conforms, {} trials{of_part}", counts.passed), "#176b34", "brightgreen")
        }
        Verdict::NotConformant => {
            (format!("{} of {} failed", counts.failed, counts.ran), "#b3261e", "red")
        }
        _ => ("not judged".to_owned(), "#57606a", "lightgrey"),
    }
}

/// The image.
pub(super) fn svg(report: &Report) -> String {
    let (message, colour, _) = said(report);
    let width = |text: &str| text.chars().count() * CHARACTER + 2 * MARGIN;
    let (left, right) = (width(LABEL), width(&message));
    let title = format!("{LABEL}: {message}");
    let all = left + right;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(all) height="20" role="img" aria-label=(title) {
            title { (title) }
            clipPath id="round" { rect width=(all) height="20" rx="3" {} }
            g clip-path="url(#round)" {
                rect width=(left) height="20" fill="#3d444d" {}
                rect x=(left) width=(right) height="20" fill=(colour) {}
            }
            g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" {
                text x=(left / 2) y="14" { (LABEL) }
                text x=(left + right / 2) y="14" { (message) }
            }
        }
    }
    .into_string()
        + "\n"
}

/// What shields.io takes from an address.
pub(super) fn endpoint(report: &Report) -> String {
    let (message, _, colour) = said(report);
    pretty(&json!({ "schemaVersion": 1, "label": LABEL, "message": message, "color": colour }))
}
