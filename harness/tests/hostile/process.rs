//! One request, one misbehaviour: what the client makes of it, and that nothing is left behind.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::HostValue;
use subject::program::Program;
use subject::protocol::{Launch, Limits};
use subject::{Blame, BoundId, Facts, RaceRequest, StartRequest, Subject, SubjectFault};

use super::misbehave::PIDS;
use super::{Named, are_gone, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("process::what_does_not_start_says_why", what_does_not_start_says_why),
    ("process::another_version_is_no_start", another_version_is_no_start),
    ("process::what_hangs_before_hello_is_killed", what_hangs_before_hello_is_killed),
    ("process::a_hang_is_killed_and_said", a_hang_is_killed_and_said),
    ("process::what_is_late_is_no_hang", what_is_late_is_no_hang),
    ("process::signals_are_named", signals_are_named),
    ("process::exit_codes_are_told", exit_codes_are_told),
    ("process::closed_pipes_are_told", closed_pipes_are_told),
    ("process::half_a_line_is_shown", half_a_line_is_shown),
    ("process::garbage_is_shown", garbage_is_shown),
    ("process::a_second_answer_is_found", a_second_answer_is_found),
    ("process::answers_to_other_questions_are_found", answers_to_other_questions_are_found),
    ("process::a_line_without_end_is_cut", a_line_without_end_is_cut),
    ("process::a_flood_of_lines_is_cut", a_flood_of_lines_is_cut),
    ("process::a_flood_of_errors_harms_nothing", a_flood_of_errors_harms_nothing),
    ("process::who_does_not_read_is_not_waited_for", who_does_not_read_is_not_waited_for),
    ("process::what_it_cannot_do_ends_nothing", what_it_cannot_do_ends_nothing),
    ("process::a_grandchild_with_the_pipes_is_killed", a_grandchild_with_the_pipes_is_killed),
    ("process::who_does_not_stop_is_killed", who_does_not_stop_is_killed),
    ("process::what_it_leaves_when_it_stops_is_killed", what_it_leaves_when_it_stops_is_killed),
];

/// A program of a mode, and the file its processes write their ids to.
struct Subjected {
    program: Program,
    folder: tempfile::TempDir,
}

impl Subjected {
    fn new(mode: &str) -> Subjected {
        Subjected::within(mode, Duration::from_secs(5))
    }

    /// With a limit for the start: the other tests' is for a busy machine.
    fn within(mode: &str, start: Duration) -> Subjected {
        let folder = tempfile::tempdir().expect("a scratch folder");
        // `env` sets the variable, because this process has many threads.
        let pids = format!("{PIDS}={}", folder.path().join("pids").display());
        let words = ["env".to_owned(), pids].into_iter().chain(misbehaving(mode, &[])).collect();
        let limits = Limits {
            start,
            call: Duration::from_millis(300),
            bench: Duration::from_secs(5),
            stop: Duration::from_millis(300),
            ..Limits::default()
        };
        let guardian = Some(std::env::current_exe().expect("this program has a path"));
        let launch = Launch { words, guardian, limits, ..Launch::default() };
        Subjected { program: Program::new(launch), folder }
    }

    /// One that has said hello.
    #[track_caller]
    fn started(mode: &str) -> Subjected {
        let mut subject = Subjected::new(mode);
        subject.start().expect("it starts");
        subject
    }

    fn start(&mut self) -> Result<(), SubjectFault> {
        let request = StartRequest {
            library: PathBuf::from("no-library"),
            declarations: String::new(),
            held: Vec::new(),
            page: self.folder.path().join("page"),
        };
        self.program.start(&request).map(drop)
    }

    /// The fault of the first request after the start.
    #[track_caller]
    fn fault(mode: &str) -> SubjectFault {
        let mut subject = Subjected::started(mode);
        let fault = subject.program.forget().expect_err("it misbehaves");
        let after = subject.program.forget().expect_err("it is gone");
        assert_eq!(after, SubjectFault::Gone, "{fault}");
        subject.all_are_gone();
        fault
    }

    fn pids(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(self.folder.path().join("pids")).unwrap_or_default();
        let mut pids: Vec<u32> =
            text.lines().map(|line| line.parse().expect("a process id")).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    #[track_caller]
    fn all_are_gone(&self) {
        let pids = self.pids();
        assert!(!pids.is_empty(), "it did not say its id");
        are_gone(&pids);
    }
}

#[track_caller]
fn contains(text: impl ToString, parts: &[&str]) {
    let text = text.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing from\n{text}");
    }
}

fn what_does_not_start_says_why() {
    for (mode, said) in [
        ("leaves-before-hello", &["left without an answer"][..]),
        ("fails-before-hello", &["exited with 7", "no library of that name"]),
        ("talks-before-hello", &["Welcome to the interpreter!", "no reply"]),
        ("claims-what-nobody-knows", &["telepathy", "closed-handles"]),
        ("claims-paths-at-wire-level", &["`paths`", "nothing at wire level"]),
    ] {
        let mut subject = Subjected::new(mode);
        let fault = subject.start().expect_err("it does not start");
        assert!(matches!(fault, SubjectFault::NotStarted(_)), "{fault:?}");
        contains(fault, said);
        subject.all_are_gone();
    }
    let launch = Launch { words: vec!["no-such-program".into()], ..Launch::default() };
    let request = StartRequest {
        library: PathBuf::new(),
        declarations: String::new(),
        held: Vec::new(),
        page: PathBuf::from("no-page"),
    };
    let fault = Program::new(launch).start(&request).expect_err("there is no such program");
    contains(fault, &["no-such-program", "No such file"]);
}

fn another_version_is_no_start() {
    let mut subject = Subjected::new("speaks-another-version");
    contains(subject.start().expect_err("not this one"), &["protocol 2", "protocol 1"]);
    subject.all_are_gone();
}

fn what_hangs_before_hello_is_killed() {
    let mut subject = Subjected::within("hangs-before-hello", Duration::from_millis(400));
    let clock = Instant::now();
    contains(subject.start().expect_err("it hangs"), &["did not answer for 400ms"]);
    assert!(clock.elapsed() < Duration::from_secs(4));
    subject.all_are_gone();
}

fn a_hang_is_killed_and_said() {
    let fault = Subjected::fault("hangs");
    assert!(matches!(fault, SubjectFault::Hung { .. }), "{fault:?}");
    assert_eq!(fault.blame(), Blame::Binder);
    contains(fault, &["did not answer for 300ms", "`forget`", "request 2"]);
}

fn what_is_late_is_no_hang() {
    let fault = Subjected::fault("is-late");
    let SubjectFault::Late { limit, took, .. } = fault else { panic!("{fault:?}") };
    assert!(took > limit && limit == Duration::from_millis(300));
}

fn signals_are_named() {
    for (mode, number, name) in [("aborts", 6, "SIGABRT"), ("segfaults", 11, "SIGSEGV")] {
        let fault = Subjected::fault(mode);
        let SubjectFault::Crashed { signal, .. } = &fault else { panic!("{fault:?}") };
        assert_eq!((*signal, fault.blame()), (number, Blame::Binder));
        contains(&fault, &[name]);
    }
    contains(Subjected::fault("segfaults"), &["its standard error", "about to touch"]);
}

fn exit_codes_are_told() {
    let fault = Subjected::fault("exits");
    assert!(matches!(fault, SubjectFault::Exited { code: 3, .. }), "{fault:?}");
    assert_eq!(fault.blame(), Blame::Binder);
    let fault = Subjected::fault("leaves");
    assert!(matches!(fault, SubjectFault::Left { .. }), "{fault:?}");
    assert_eq!(fault.blame(), Blame::Adapter);
}

fn closed_pipes_are_told() {
    let fault = Subjected::fault("closes-its-output");
    assert!(matches!(fault, SubjectFault::ClosedOutput { .. }), "{fault:?}");
    let mut subject = Subjected::started("closes-its-input");
    // Its input may still be open at the first request.
    let faults = [subject.program.forget(), subject.program.forget()];
    let closed = |fault: &Result<(), SubjectFault>| {
        matches!(fault, Err(SubjectFault::ClosedInput { .. } | SubjectFault::Hung { .. }))
    };
    assert!(closed(&faults[0]), "{faults:?}");
    subject.all_are_gone();
}

fn half_a_line_is_shown() {
    let fault = Subjected::fault("says-half-a-line");
    let SubjectFault::CutLine { line, .. } = &fault else { panic!("{fault:?}") };
    assert_eq!(line, "{\"id\":2,\"");
    let fault = Subjected::fault("hangs-in-a-line");
    let SubjectFault::Hung { facts, .. } = &fault else { panic!("{fault:?}") };
    assert_eq!(facts.begun, "{\"id\":2,\"");
    contains(fault, &["begun to answer"]);
}

fn garbage_is_shown() {
    for (mode, said) in [
        ("says-what-is-no-json", &["segfault? no, just talking", "expected value"][..]),
        ("says-an-empty-line", &["no reply"]),
        ("says-bytes", &["no reply"]),
        ("adds-a-field", &["unknown field `mood`"]),
        ("says-an-unknown-word", &["unknown variant `fine`"]),
        ("says-a-number-too-large", &["below 2^53"]),
    ] {
        let fault = Subjected::fault(mode);
        assert!(matches!(fault, SubjectFault::Garbage { .. }), "{mode}: {fault:?}");
        assert_eq!(fault.blame(), Blame::Adapter);
        contains(fault, said);
    }
}

fn a_second_answer_is_found() {
    let fault = Subjected::fault("answers-twice");
    assert!(matches!(fault, SubjectFault::AnsweredTwice { id: 2, .. }), "{fault:?}");
    let mut subject = Subjected::started("answers-twice-later");
    subject.program.forget().expect("the first answer is one");
    std::thread::sleep(Duration::from_millis(100));
    let fault = subject.program.forget().expect_err("the second is none");
    assert!(matches!(fault, SubjectFault::AnsweredTwice { id: 2, .. }), "{fault:?}");
    subject.all_are_gone();
}

fn answers_to_other_questions_are_found() {
    let fault = Subjected::fault("answers-another-request");
    let is = matches!(fault, SubjectFault::OtherId { asked: 2, answered: 99, .. });
    assert!(is, "{fault:?}");
    let fault = Subjected::fault("gives-another-answer");
    assert!(matches!(fault, SubjectFault::OtherAnswer { .. }), "{fault:?}");
    contains(fault, &["\"is\":\"end\"", "`forget`"]);
}

fn a_line_without_end_is_cut() {
    let mut subject = Subjected::started("says-a-line-without-end");
    // A limit long enough for the line to be too long before it is late.
    let request = RaceRequest { function: BoundId(0), rows: &[], threads: 1 };
    let fault = subject.program.race(&request).expect_err("it talks on");
    let SubjectFault::LongLine { limit_bytes, line, .. } = &fault else { panic!("{fault:?}") };
    assert_eq!(*limit_bytes, 16 << 20);
    assert!(line.len() < 1000);
    subject.all_are_gone();
}

fn a_flood_of_lines_is_cut() {
    let clock = Instant::now();
    let mut subject = Subjected::started("says-100-mb-of-lines");
    // Whether the flood is there with the answer or after it is for the system to say.
    let fault = match subject.program.forget() {
        Err(fault) => fault,
        Ok(()) => subject.program.forget().expect_err("it talks on"),
    };
    assert!(matches!(fault, SubjectFault::Garbage { .. }), "{fault:?}");
    assert!(clock.elapsed() < Duration::from_secs(4));
    subject.all_are_gone();
}

fn a_flood_of_errors_harms_nothing() {
    let mut subject = Subjected::started("says-100-mb-of-errors");
    subject.program.collect().expect("it answers in the end");
}

fn who_does_not_read_is_not_waited_for() {
    let mut subject = Subjected::started("does-not-read");
    let large = HostValue::Bytes(vec![7; 1 << 20]);
    let fault = subject.program.call(BoundId(0), &[large]).expect_err("it does not read");
    assert!(matches!(fault, SubjectFault::Hung { .. }), "{fault:?}");
    subject.all_are_gone();
}

fn what_it_cannot_do_ends_nothing() {
    let mut subject = Subjected::started("cannot");
    for _ in 0..2 {
        let fault = subject.program.forget().expect_err("it cannot");
        assert_eq!(fault, SubjectFault::Adapter("not today".into()));
        assert!(!fault.is_loss());
    }
}

fn a_grandchild_with_the_pipes_is_killed() {
    let clock = Instant::now();
    let fault = Subjected::fault("leaves-a-child-with-its-pipes");
    let SubjectFault::Crashed { signal: 6, facts } = &fault else { panic!("{fault:?}") };
    let Facts { held_open, .. } = **facts;
    assert!(held_open && clock.elapsed() < Duration::from_secs(4), "{fault}");
}

fn who_does_not_stop_is_killed() {
    let mut subject = Subjected::started("does-not-stop");
    let fault = subject.program.stop().expect_err("it does not stop");
    assert!(matches!(fault, SubjectFault::Hung { .. }), "{fault:?}");
    assert_eq!(subject.pids().len(), 2);
    subject.all_are_gone();
}

fn what_it_leaves_when_it_stops_is_killed() {
    let mut subject = Subjected::started("leaves-a-child-when-it-stops");
    subject.program.stop().expect("it stops");
    assert_eq!(subject.pids().len(), 2);
    subject.all_are_gone();
}
