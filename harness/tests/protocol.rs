//! The protocol against itself: the reference binder over `conform serve` is judged as in process, costs
//! little more, and holds the conversation that docs/protocol.md shows.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract::HostValue;
use harness::served::reference::ReferenceBinder;
use judge::arm::ARMS;
use report::{CaseRow, TrialOutcome};
use serde_json::Value as Json;
use subject::program::Program;
use subject::protocol::Launch;
use subject::{BindReply, BindRequest, BoundId, StartRequest, Subject};
use zig_lib::library::{Profile, build};

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

type Row = (TrialOutcome, Option<String>, Option<String>);
type Rows = BTreeMap<(String, String), Row>;

/// The rows of a check, without what differs from run to run.
fn rows(options: &[&str]) -> Rows {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let output = Command::new(CONFORM)
        .arg("check")
        .args(options)
        .arg("--out")
        .arg(folder.path())
        .output()
        .expect("conform starts");
    let report = report::json::read(&folder.path().join("report.json"));
    let report = report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let row = |row: CaseRow| ((row.arm, row.id), (row.outcome, row.path, row.observed));
    report.cases.into_iter().map(row).collect()
}

/// That a check comes to the same here and over the protocol, where the binder is given options of its own.
fn equal_over_the_protocol(options: &[&str], own: &[&str]) {
    let serve = shell_words::join([&[CONFORM, "serve"], own].concat());
    let foreign = [options, &["--binder", &serve]].concat();
    let (here, there) = (rows(&[options, own].concat()), rows(&foreign));
    assert!(!here.is_empty());
    for (name, row) in &here {
        let other = there.get(name);
        // Whether another call falls within one that is held is the scheduler's.
        let by_chance =
            |row: &Row| row.2.as_deref() == Some("no call was made while another was held");
        let is_chance =
            name.0 == "long-calls" && [other, Some(row)].into_iter().flatten().any(by_chance);
        assert!(is_chance || other == Some(row), "{name:?}: {other:?}, {row:?}");
    }
    assert_eq!(here.len(), there.len());
}

/// Arms that make many thousands of calls a trial, of which a part is enough here, and the one whose
/// build has to be preloaded.
const LEFT_OUT: [&str; 3] = ["threads", "volume", "race"];

#[test]
fn verdicts_are_the_same_over_the_protocol() {
    let arms = ARMS.iter().map(|arm| arm.about().name).filter(|name| !LEFT_OUT.contains(name));
    let options: Vec<&str> = arms.flat_map(|name| ["--arm", name]).collect();
    // One seed: the arguments of properties are drawn.
    equal_over_the_protocol(&[&["--seed", "7"], &*options].concat(), &[]);
}

#[test]
fn long_arms_come_to_the_same_over_the_protocol() {
    equal_over_the_protocol(&["--arm", "threads", "--arm", "volume", "--shard", "1/20"], &[]);
}

/// Dialects change what is expected of whoever declares them, wherever it runs.
#[test]
fn dialects_are_the_same_over_the_protocol() {
    let arms = ["--arm", "round-trip", "--arm", "refusal"];
    equal_over_the_protocol(&arms, &["--dialect", "wraps", "--dialect", "truthy"]);
}

fn start(subject: &mut dyn Subject, page: &Path) -> BoundId {
    let library = build(Profile::Bench).expect("the fixtures build").path;
    let request = StartRequest {
        library,
        declarations: String::new(),
        held: Vec::new(),
        page: page.to_owned(),
    };
    subject.start(&request).expect("it starts");
    let reply = subject.bind(&BindRequest {
        symbol: "echo_i64".into(),
        signature: "[x :i64 :ret :i64]".into(),
        ..BindRequest::default()
    });
    match reply.expect("it binds") {
        BindReply::Bound { function, .. } => function,
        other => panic!("{other:?}"),
    }
}

/// The median of a call's time.
fn call_time(subject: &mut dyn Subject, function: BoundId) -> Duration {
    let mut times: Vec<Duration> = (0..2000)
        .map(|number| {
            let clock = Instant::now();
            subject.call(function, &[HostValue::Long(number)]).expect("it returns");
            clock.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The goal is 100 µs; the bound is for a machine that does other things, too.
#[test]
fn a_call_over_the_protocol_costs_little() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let page = folder.path().join("page");
    let mut here = ReferenceBinder::default();
    let words = [CONFORM, "serve"].map(str::to_owned).to_vec();
    let mut there = Program::new(Launch { words, ..Launch::default() });
    let function = start(&mut here, &page);
    let here = call_time(&mut here, function);
    let function = start(&mut there, &page);
    let there = call_time(&mut there, function);
    eprintln!("a call in process {here:?}, over the protocol {there:?}");
    assert!(there < Duration::from_millis(2), "{there:?} for a call");
}

/// A program that is talked to.
struct Talk {
    child: std::process::Child,
    input: std::process::ChildStdin,
    output: std::io::Lines<BufReader<std::process::ChildStdout>>,
    /// The address that was said last.
    address: u64,
}

impl Talk {
    fn with(level: &str) -> Talk {
        let mut child = Command::new(CONFORM)
            .args(["serve", "--level", level])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("conform starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Talk { child, input, output, address: 0 }
    }

    fn say(&mut self, request: &str) {
        let request = self.filled(request);
        json(&request);
        writeln!(self.input, "{request}").expect("it listens");
    }

    fn hears(&mut self, expected: &str) {
        let observed = self.output.next().expect("a reply").expect("a line");
        self.find_address(expected, &observed);
        assert_eq!(json(&observed), json(&self.filled(expected)), "{expected}");
    }

    /// The text with the address in it.
    fn filled(&self, text: &str) -> String {
        let bytes: String =
            self.address.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        text.replace("ADDRHEX", &bytes).replace("ADDRESS", &self.address.to_string())
    }

    /// Takes the address from where the expected text has its name.
    fn find_address(&mut self, expected: &str, observed: &str) {
        if let Some(at) = expected.find("ADDRESS") {
            let digits: String = observed[at..].chars().take_while(char::is_ascii_digit).collect();
            self.address = digits.parse().expect("an address");
        } else if let Some(at) = expected.find("ADDRHEX") {
            let digits = observed.get(at..at + 16).expect("eight bytes");
            self.address = u64::from_str_radix(digits, 16).expect("an address").swap_bytes();
        }
    }

    fn ends(mut self) {
        assert!(self.output.next().is_none(), "more is said than the page shows");
        assert!(self.child.wait().expect("it ends").success());
    }
}

fn json(text: &str) -> Json {
    let mut json: Json =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    if let Some(elapsed) = json.get_mut("elapsed_ns") {
        *elapsed = Json::from(0);
    }
    json
}

/// Replays the transcripts of docs/protocol.md, line by line.
#[test]
fn the_conversations_on_the_page_are_true_ones() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs").join("protocol.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let library = build(Profile::Checked).expect("the fixtures build").path;
    let mut page = page.replace("LIBRARY", library.to_str().expect("a path that is text"));
    let mut levels = ["contract", "wire"].into_iter();
    if system_libffi::available().is_err() {
        // Neither the other engine nor anything at wire level is here.
        page = page.replace(r#""engines","#, "");
        let wire = page.rfind(r#"> {"id":1,"#).expect("a conversation at wire level");
        page.truncate(wire);
        levels.next_back();
    }
    let mut talk: Option<Talk> = None;
    let mut said = 0;
    for line in page.lines().map(str::trim_start) {
        if line.starts_with(r#"> {"id":1,"#) {
            if let Some(talk) = talk.take() {
                talk.ends();
            }
            talk = Some(Talk::with(levels.next().expect("two conversations")));
        }
        let Some(talk) = &mut talk else { continue };
        if let Some(request) = line.strip_prefix("> ") {
            talk.say(request);
        } else if let Some(reply) = line.strip_prefix("< ") {
            talk.hears(reply);
            said += 1;
        }
    }
    talk.take().expect("a conversation").ends();
    assert_eq!(levels.next(), None, "there is a conversation for each level");
    assert!(said > 30, "the page shows {said} replies");
}
