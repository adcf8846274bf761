//! Runs that were split, and joined again: the whole is what its shards make, of a binder that fails and of a list
//! of known failures that is out of date; what is missing is refused.

use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use super::run::{Conform, ended, text};
use super::{Named, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("shards::joined_they_are_the_whole", joined_they_are_the_whole),
    ("shards::what_is_not_one_run_is_refused", what_is_not_one_run_is_refused),
];

impl Conform {
    /// A command that judges, of a binder that misreads this symbol, to a folder of its own.
    fn part(&self, words: &[&str], symbol: &str, out: &str) -> Output {
        let binder = misbehaving("serve", &["misread", symbol]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.args(words).arg("--binder").arg(shell_words::join(binder));
        command.args(["--cases", "cases", "--jobs", "1", "--out", out]);
        command.current_dir(self.folder.path()).output().expect("conform starts")
    }

    fn merge(&self, parts: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.arg("merge").args(parts).args(["--out", "joined"]);
        command.current_dir(self.folder.path()).output().expect("conform starts")
    }

    /// The report in a folder, less what is of one run alone.
    fn timeless(&self, folder: &str) -> Json {
        let file = self.folder.path().join(folder).join("report.json");
        let mut report: Json =
            serde_json::from_slice(&std::fs::read(file).expect(folder)).expect("JSON");
        for field in ["command", "started", "seconds"] {
            report["suite"][field] = Json::Null;
        }
        report["cases"]
            .as_array_mut()
            .expect("rows")
            .iter_mut()
            .for_each(|row| row["ms"] = json!(0));
        report
    }
}

fn joined_they_are_the_whole() {
    let conform = Conform::new();
    let known = "subject: reference-binder\nfailures:\n  - pattern: '*::sample::*'\n    matches: 9\n    \
                 outcome: fail\n    fault: binder\n    reason: it lies\n";
    let list = conform.folder.path().join("known.yaml");
    let expecting = |shard: &[&'static str]| {
        [&["check", "--expected", "known.yaml", "--seed", "1"], shard].concat()
    };
    // As many as there are: the list says so itself.
    std::fs::write(&list, known).expect("a scratch file");
    let output = conform.part(&expecting(&[]), "echo_u8", "whole");
    let told = text(&output);
    let count = told.split("observed  it matches ").nth(1).expect("it is out of date");
    let count: String = count.chars().take_while(char::is_ascii_digit).collect();
    std::fs::write(&list, known.replace("matches: 9", &format!("matches: {count}")))
        .expect("a scratch file");

    let whole = conform.part(&expecting(&[]), "echo_u8", "whole");
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        let output = conform.part(&expecting(&["--shard", shard]), "echo_u8", &shard[..1]);
        assert!(output.status.code().is_some_and(|code| code <= 1), "{}", text(&output));
    }
    let joined = conform.merge(&["4", "2", "1", "3/report.json"]);
    assert_eq!(joined.status.code(), whole.status.code(), "{}", text(&joined));
    let (joined, whole) = (conform.timeless("joined"), conform.timeless("whole"));
    for field in ["counts", "clauses", "cases", "stale", "subject", "suite", "bench", "host"] {
        assert!(joined[field] == whole[field], "{field} is not the same");
    }
    assert_eq!(whole["stale"][0]["some"]["trials"].as_array().map(|all| all.len() > 3), Some(true));
}

fn what_is_not_one_run_is_refused() {
    let conform = Conform::new();
    let shard = |shard: &'static str, more: &[&'static str]| {
        let words = [&["check", "--arm", "round-trip", "--shard", shard], more].concat();
        let out = format!("{}{}", shard.replace('/', "-"), more.concat());
        conform.part(&words, "none", &out);
    };
    for k in ["1/3", "2/3", "3/3"] {
        shard(k, &[]);
    }
    assert_eq!(conform.merge(&["1-3", "2-3", "3-3"]).status.code(), Some(0));
    for (parts, said) in [
        (&["1-3", "3-3"][..], "of 3 shards these are missing: 2/3"),
        (&["1-3", "2-3", "2-3"], "the shard 2/3 is there twice"),
        (&["1-3", "nowhere"], "nowhere"),
        (&["1-3", "cases"], "cases/report.json"),
    ] {
        ended(&conform.merge(parts), 2, said);
        // Nothing is left of what was joined before.
        let report = conform.timeless("joined");
        assert!(report["suite"]["cut_short"].as_str().is_some_and(|why| why.contains(said)));
        assert_eq!(report["cases"], json!([]));
    }
    shard("2/3", &["--strict"]);
    shard("2/3", &["--seed", "7"]);
    conform.part(&["check", "--arm", "round-trip"], "none", "whole");
    let out = conform.part(&["check", "--filter", "no-such"], "none", "nothing");
    assert_eq!(out.status.code(), Some(2));
    for (other, said) in [
        ("2-3--strict", "`--strict` is true, and not false"),
        ("2-3--seed7", "`--seed` is 7, and not none"),
        ("whole", "whole is of a run that was not split"),
        ("nothing", "nothing judged nothing: the filter `no-such` matches"),
    ] {
        ended(&conform.merge(&["1-3", other, "3-3"]), 2, said);
    }
    let over = conform.merge(&["1-3", "joined"]);
    ended(&over, 2, "joined would be replaced by the whole");
}
