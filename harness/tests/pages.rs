//! The pages in a browser: `pages/browse.mjs` opens a red report and a site as people do. Left out, and said so, where
//! `pages/install` was not run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");
const FAILS: &str = "u64-top-bit";
/// What a binder might say of a value, and what must stay text.
const HOSTILE: &str = "</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>\u{202e}\u{1b}[31m";

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

#[track_caller]
fn done(words: &[&str], paths: &[&Path]) -> String {
    let output = run(Command::new(CONFORM).args(words).args(paths));
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
    said
}

/// What might have been measured: two paths of a shape, and three series.
fn costs() -> (Json, Json) {
    let row = |shape: &str, path: &str, ratio: f64| {
        json!({
            "shape": shape, "path": path, "floor_ns": 1.6, "call_ns": 1.6 * ratio, "cold_ns": 300.0,
            "first_ns": 9.0, "ratio": ratio, "ratio_low": ratio * 0.9, "ratio_high": ratio * 1.3,
            "instructions": 31.0 * ratio, "floor_instructions": 12.0, "allocations": 0.0,
            "native_allocations": 0.0, "samples": 400, "valid_share": 0.8, "verdict": "measured",
            "reason": null,
        })
    };
    let shapes = [row("scalar-i64", "scalar", 2.0), row("scalar-i64", "general", 3.0)];
    let series: [(&str, &[u64]); 3] = [
        ("arity-int", &[0, 1, 2, 4, 8, 16, 32]),
        ("length", &[0, 1, 10, 1_000, 100_000, 1_000_000]),
        ("threads", &[1, 2, 4]),
    ];
    let points = series.iter().flat_map(|(series, points)| {
        points.iter().map(move |at| {
            let mut point = row(&format!("{series}-{at}"), "scalar", 2.0 + (*at as f64).sqrt());
            (point["series"], point["at"]) = ((*series).into(), (*at).into());
            point
        })
    });
    (shapes.into_iter().collect(), points.collect())
}

/// A report of a run that was measured, and the same as if some of its trials had failed, with a faulty binder.
fn reports(scratch: &Path) -> (PathBuf, PathBuf) {
    let (green, red) = (scratch.join("green"), scratch.join("red"));
    done(
        &["check", "--arm", "round-trip", "--arm", "binding", "--arm", "views"],
        &["--out".as_ref(), &green],
    );
    let report = fs::read(green.join("report.json")).unwrap();
    let mut report: Json = serde_json::from_slice(&report).unwrap();
    (report["bench"], report["scaling"]) = costs();
    fs::write(green.join("report.json"), report.to_string()).unwrap();
    report["subject"]["name"] = "red-binder".into();
    let mut failed = 0;
    for row in report["cases"].as_array_mut().unwrap() {
        let is_meant = row["arm"] == "round-trip" && row["id"].as_str().unwrap().contains("u64");
        if row["outcome"] != "passed" || !is_meant {
            continue;
        }
        failed += 1;
        (row["outcome"], row["class"], row["broken"]) =
            ("failed".into(), "fail".into(), json!(["R-2"]));
        row["calls"] = "echo_u64({big: 9223372036854775808})".into();
        row["expected"] = "{big: 9223372036854775808} / 0x8000000000000000".into();
        row["observed"] = if row["id"].as_str().unwrap().contains(FAILS) {
            "-9223372036854775808 / 0x8000000000000000".into()
        } else {
            HOSTILE.into()
        };
    }
    assert!(failed > 3, "{failed} trials of u64");
    report["mutants"] = json!([{
        "name": "u64-signed", "clause": "R-2", "caught_by": "round-trip::unsigned-returns::u64-top-bit",
        "outcome": "caught", "family": "values", "breaks": "a u64 is read as signed", "clauses": ["R-2"],
        "class": "fail", "arms": [{"arm": "round-trip", "ran": 9, "failed": 2, "caught": 2}],
    }]);
    report["programs"] =
        json!([{"case": "unsigned-returns::u64-top-bit", "c": "int main(void) { return 0; }\n"}]);
    fs::create_dir(&red).unwrap();
    fs::write(red.join("report.json"), report.to_string()).unwrap();
    (green, red)
}

#[test]
fn pages_hold_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let modules = root.join("target/pages");
    if !modules.join("node_modules/axe-core").is_dir() {
        eprintln!("left out: harness/tests/pages/install was not run");
        return;
    }
    let scratch = TempDir::new().unwrap();
    let (green, red) = reports(scratch.path());
    let page = scratch.path().join("report.html");
    fs::write(&page, done(&["report", "--format", "html"], &[&red])).unwrap();
    let site = scratch.path().join("site");
    done(&["publish"], &[&site, &green]);
    // One that does not add up is published nowhere, so the red one's page is the report's own.
    let mut browse = Command::new("node");
    browse.arg(root.join("harness/tests/pages/browse.mjs")).args([&modules, &page, &site]);
    browse.args(std::env::var_os("SCREENSHOTS"));
    let output = run(&mut browse);
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}
