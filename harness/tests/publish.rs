//! `conform publish`: what a site takes and what it refuses, what it keeps, and that a recording vouches for a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");
/// Arms of few trials.
const ARMS: [&str; 4] = ["--arm", "binding", "--arm", "views"];

fn conform(words: &[&str], paths: &[&Path]) -> Output {
    Command::new(CONFORM).args(words).args(paths).output().expect("conform starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// A run of the reference binder as a program, with its recording beside its report.
fn judged(folder: &Path) -> PathBuf {
    let serve = shell_words::join([CONFORM, "serve"]);
    let record = folder.join("report.recording");
    fs::create_dir_all(folder).unwrap();
    let check = [&["check", "--binder", &serve][..], &ARMS].concat();
    let output = conform(&check, &["--out".as_ref(), folder, "--record".as_ref(), &record]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    folder.join("report.json")
}

fn edited(report: &Path, edit: impl FnOnce(&mut Json)) {
    let mut json: Json = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    edit(&mut json);
    fs::write(report, serde_json::to_vec(&json).unwrap()).unwrap();
}

/// What a site says of its only binder.
fn binder(site: &Path) -> Json {
    let index = fs::read(site.join("api/index.json")).unwrap();
    let index: Json = serde_json::from_slice(&index).unwrap();
    let [binder] = index["binders"].as_array().unwrap().as_slice() else { panic!("{index}") };
    binder.clone()
}

#[test]
fn a_recording_vouches_for_its_report_and_for_no_other() {
    let scratch = TempDir::new().unwrap();
    let (run, site) = (scratch.path().join("run"), scratch.path().join("site"));
    let report = judged(&run);
    let publish = || conform(&["publish"], &[&site, &run]);
    let output = publish();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(binder(&site)["judged_again"], true);
    assert_eq!(binder(&site)["part"], "2 arms");

    let whole = fs::read(&report).unwrap();
    let first = |json: &mut Json, outcome: &str| {
        let rows = json["cases"].as_array_mut().unwrap();
        rows.iter_mut().find(|row| row["outcome"] == outcome).unwrap().clone()
    };
    for (what, edit) in [
        (
            "the report says gated, the recording passed",
            &(|json: &mut Json| {
                let name = first(json, "passed");
                for row in json["cases"].as_array_mut().unwrap() {
                    if row["id"] == name["id"] && row["arm"] == name["arm"] {
                        row["outcome"] = "gated".into();
                    }
                }
            }) as &dyn Fn(&mut Json),
        ),
        ("is in the recording, and not in the report", &|json| {
            json["cases"].as_array_mut().unwrap().pop();
        }),
        ("is in the report, and not in the recording", &|json| {
            let mut row = first(json, "passed");
            row["id"] = "made::up".into();
            json["cases"].as_array_mut().unwrap().push(row);
        }),
        ("the recording of", &|json| json["subject"]["version"] = "2.0".into()),
    ] {
        fs::write(&report, &whole).unwrap();
        edited(&report, edit);
        let output = publish();
        assert_eq!(output.status.code(), Some(2), "{what}: {}", said(&output));
        assert!(said(&output).contains(what), "{what}: {}", said(&output));
        assert_eq!(binder(&site)["version"], env!("CARGO_PKG_VERSION"), "the last good one stays");
    }

    fs::remove_file(run.join("report.recording")).unwrap();
    fs::write(&report, &whole).unwrap();
    let output = conform(&["publish", "--recorded"], &[&site, &run]);
    assert!(
        output.status.code() == Some(2) && said(&output).contains("its recording is not there")
    );
    assert_eq!(publish().status.code(), Some(0));
    assert_eq!(binder(&site)["judged_again"], false, "nothing vouches for it any more");
}

#[test]
fn a_site_keeps_what_is_better_and_remembers_what_was() {
    let scratch = TempDir::new().unwrap();
    let (run, site) = (scratch.path().join("run"), scratch.path().join("site"));
    let report = judged(&run);
    fs::remove_file(run.join("report.recording")).unwrap();
    let made = |day: u32, whole: bool| {
        edited(&report, |json| {
            json["suite"]["started"] = format!("2026-02-{day:02}T00:00:00Z").into();
            json["suite"]["complete"] = whole.into();
        });
    };
    let publish = || conform(&["publish"], &[&site, &report]);
    let history = || {
        let page = fs::read(site.join("api/binders/reference-binder.json")).unwrap();
        let page: Json = serde_json::from_slice(&page).unwrap();
        let days = page["history"].as_array().unwrap().iter();
        let days: Vec<String> =
            days.map(|past| past["started"].as_str().unwrap()[8..10].to_owned()).collect();
        (page["started"].as_str().unwrap()[8..10].to_owned(), days)
    };
    made(2, true);
    assert_eq!(publish().status.code(), Some(0));
    made(3, true);
    assert_eq!(publish().status.code(), Some(0));
    assert_eq!(history(), ("03".to_owned(), vec!["02".to_owned()]));
    made(1, true);
    assert_eq!(publish().status.code(), Some(0));
    assert_eq!(
        history(),
        ("03".to_owned(), vec!["01".to_owned(), "02".to_owned()]),
        "an older one is history"
    );
    made(4, false);
    let output = publish();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("it is of a part of the corpus"), "{}", said(&output));
    assert_eq!(history().0, "03");
    made(5, true);
    let target =
        |name: &str| edited(&report, |json| json["suite"]["asked"]["target"] = name.into());
    target("aarch64-linux");
    let output = publish();
    target("host");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("it is of aarch64-linux, and what stands there of host"));
    assert_eq!(history().0, "03", "another machine's is no later one of it");

    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let left = names(scratch.path());
    assert_eq!(left, ["run", "site"], "nothing half made is left");
    // What a kill left is in nobody's way.
    fs::create_dir(scratch.path().join(".site.partial")).unwrap();
    fs::write(scratch.path().join(".site.partial/old.html"), "old").unwrap();
    made(5, true);
    assert_eq!(publish().status.code(), Some(0));
    assert!(!site.join("old.html").exists() && names(scratch.path()) == left);
}

#[test]
fn a_folder_that_is_no_site_is_left_as_it_is() {
    let scratch = TempDir::new().unwrap();
    let (run, other) = (scratch.path().join("run"), scratch.path().join("thesis"));
    let report = judged(&run);
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.tex"), "years").unwrap();
    let output = conform(&["publish"], &[&other, &report]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("holds something that is no site"), "{}", said(&output));
    assert_eq!(fs::read_to_string(other.join("thesis.tex")).unwrap(), "years");
}
