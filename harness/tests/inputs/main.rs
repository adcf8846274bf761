//! Bad inputs and hostile surroundings, each with what a user may ask of it: a message that helps, the
//! right exit code, within a limit, and nothing left behind. The tables beside this file hold them;
//! [`row`] says how they are read, [`attempt`] what is asked of every one.

mod attempt;
mod row;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial};

use attempt::Bench;
use row::Row;

/// The tables, and the adapter that their rows call.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inputs");

/// The trial that the adapter passes where it is told nothing.
const ONE: &str = "round-trip::unsigned-returns::u64-top-bit";

/// As many as there are, less a few: a table that is no longer read is seen.
const FEWEST: usize = 260;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let rows = match rows() {
        Ok(rows) => rows,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), rows.len(), "two rows have the same name");
    assert!(rows.len() >= FEWEST, "the tables hold {} inputs", rows.len());
    let bench: &Bench = Box::leak(Box::new(bench()));
    if !arguments.list {
        prepare();
    }
    let trial =
        |row: Row| Trial::test(row.name.clone(), move || bench.attempt(&row).map_err(Into::into));
    let trials = rows.into_iter().map(trial).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let (handled, failed) = (conclusion.num_passed, conclusion.num_failed);
    if !arguments.list {
        println!("inputs: {handled} of {} handled", handled + failed);
    }
    conclusion.exit_code()
}

fn rows() -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(FOLDER)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "yaml") {
            rows.extend(row::table(&file, &std::fs::read_to_string(&file)?)?);
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}

fn bench() -> Bench {
    let conform = Path::new(env!("CARGO_BIN_EXE_conform"));
    Bench {
        programs: conform.parent().expect("the program is in a folder"),
        adapter: shell_words::join(["python3", &format!("{FOLDER}/adapter.py")]),
        one: ONE,
    }
}

/// Has the fixtures built, so that no row's limit is spent on them.
fn prepare() {
    let out = tempfile::tempdir().expect("a scratch folder");
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(["check", "--filter", ONE, "--out"])
        .arg(out.path())
        .output()
        .expect("conform starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
