//! Tables for spreadsheets and data frames, as RFC 4180 has them, but for its line ends.

use measure::BenchRow;

use crate::model::Report;

/// A row a trial.
pub(crate) fn trials(report: &Report) -> String {
    let report = &report.for_people();
    let heads = [
        "arm", "id", "outcome", "class", "clauses", "broken", "path", "ms", "expected", "observed",
        "fault", "reason", "repeat",
    ];
    let mut out = line(heads.map(str::to_owned));
    for case in &report.cases {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let known = case.known.as_ref();
        out += &line([
            case.arm.clone(),
            case.id.clone(),
            case.outcome.word().to_owned(),
            case.class.map_or("", |class| class.word()).to_owned(),
            case.clauses.join(" "),
            case.broken.join(" "),
            text(&case.path),
            case.ms.to_string(),
            text(&case.expected),
            text(&case.observed),
            known.map_or(String::new(), |known| known.fault.clone()),
            known.map_or(String::new(), |known| known.reason.clone()),
            case.repro.clone(),
        ]);
    }
    out
}

/// A row a shape and path. What was not measured or counted is empty.
pub(crate) fn costs(report: &Report) -> String {
    let report = &report.for_people();
    type Figure = fn(&BenchRow) -> Option<f64>;
    let figures: [(&str, Figure); 12] = [
        ("floor_ns", |row| row.floor_ns),
        ("call_ns", |row| row.call_ns),
        ("cold_ns", |row| row.cold_ns),
        ("first_ns", |row| row.first_ns),
        ("ratio", |row| row.ratio),
        ("ratio_low", |row| row.ratio_low),
        ("ratio_high", |row| row.ratio_high),
        ("instructions", |row| row.instructions),
        ("floor_instructions", |row| row.floor_instructions),
        ("allocations", |row| row.allocations),
        ("native_allocations", |row| row.native_allocations),
        ("valid_share", |row| Some(row.valid_share)),
    ];
    let heads = ["shape", "path", "verdict"].into_iter();
    // Columns that came later stand last: who counts columns counts on.
    let last = ["samples", "reason", "allocated_bytes", "resident_bytes", "bind_ns"];
    let heads = heads.chain(figures.iter().map(|(name, _)| *name)).chain(last);
    let mut out = line(heads.map(str::to_owned));
    let points = report.scaling.iter().map(|point| &point.row);
    for row in report.bench.iter().chain(points) {
        let own = [row.shape.clone(), row.path.clone(), row.verdict.to_string()];
        let shown = |figure: Option<f64>| figure.map_or(String::new(), |figure| figure.to_string());
        let figures = figures.iter().map(|(_, figure)| shown(figure(row)));
        let reason = row.reason.clone().unwrap_or_default();
        let bytes = [row.allocated_bytes, row.resident_bytes, row.bind_ns].map(shown);
        let last = [row.samples.to_string(), reason].into_iter().chain(bytes);
        out += &line(own.into_iter().chain(figures).chain(last));
    }
    out
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|text| cell(&text)).collect();
    cells.join(",") + "\n"
}

/// A cell. What a binder says is anybody's text, and a spreadsheet computes what begins like a formula.
fn cell(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let is_formula = !is_number && text.starts_with(['=', '+', '-', '@']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_they_are_given_and_no_formula() {
        assert_eq!(
            line(["a b", "1,2", "say \"x\"", "a\nb"].map(str::to_owned)),
            "a b,\"1,2\",\"say \"\"x\"\"\",\"a\nb\"\n"
        );
        assert_eq!(cell("=1+2"), "'=1+2");
        assert_eq!(cell("-1 / 0xff"), "'-1 / 0xff");
        assert_eq!(cell("-1.5"), "-1.5");
    }
}
