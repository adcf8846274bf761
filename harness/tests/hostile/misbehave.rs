//! The misbehaving subjects. Each answers as it should until it does what its mode says.

use std::io::{self, BufRead, Write};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use harness::served::reference::ReferenceBinder;
use rustix::process::{Signal, getpid, kill_process};
use subject::protocol::answer;

/// The variable that names a file for process ids.
pub(crate) const PIDS: &str = "MISBEHAVE_PIDS";

const READY: &str = r#""is":"ready","protocol":1,"name":"hostile","version":"0","language":"none","level":"contract""#;

pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    // Who misbehaves so does not mind that nobody listens.
    let _ = out.write_all(format!("{text}\n").as_bytes()).and_then(|()| out.flush());
}

fn sleep() -> ! {
    loop {
        thread::sleep(Duration::from_secs(60));
    }
}

pub(crate) fn die_of(signal: Signal) -> ! {
    // Rust's own handler takes the first for what it looks for, and lets the second through.
    let _ = kill_process(getpid(), signal);
    let _ = kill_process(getpid(), signal);
    sleep()
}

fn record(pid: u32) {
    let Some(path) = std::env::var_os(PIDS) else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| writeln!(file, "{pid}"));
}

/// Whether a process before this one recorded the number: 0 that it dies, 1 that it did not start again.
fn has_recorded(number: u32) -> bool {
    let text = std::env::var_os(PIDS).and_then(|path| std::fs::read_to_string(path).ok());
    text.is_some_and(|text| text.lines().any(|line| line == number.to_string()))
}

/// A process that outlives this one and has its pipes.
fn leave_a_child_behind() {
    let this = std::env::current_exe().expect("this program has a path");
    let child = Command::new(this).args(["misbehave", "sleep"]).stdin(Stdio::null()).spawn();
    record(child.expect("it starts").id());
}

fn close_output() {
    let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null").expect("it is there");
    rustix::stdio::dup2_stdout(&nowhere).expect("descriptors can be replaced");
}

fn close_input() {
    let nowhere = std::fs::File::open("/dev/null").expect("it is there");
    rustix::stdio::dup2_stdin(&nowhere).expect("descriptors can be replaced");
}

pub(crate) fn run(mode: &str, rest: &[&str]) -> ExitCode {
    record(std::process::id());
    match (mode, rest) {
        ("sleep", _) => sleep(),
        ("serve", [what, symbol]) => serve(what, symbol),
        ("answers-elsewhere", _) => answer_elsewhere(),
        ("mumble", [dialect]) => super::dialects::mumble(dialect),
        ("lack", [says]) => super::lacks::run(says),
        ("declare", [how, capability]) => super::declares::run(how, capability),
        _ => answer_until_it_matters(mode),
    }
}

/// The reference binder on a host that talks on standard output between its answers.
fn answer_elsewhere() -> ExitCode {
    let path = std::env::var_os("BOUNDARY_ANSWERS").expect("it is offered");
    let mut answers = std::fs::OpenOptions::new().write(true).open(path).expect("it opens");
    let mut subject = ReferenceBinder::default();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let (reply, is_last) = answer(&mut subject, &line);
        if answers.write_all(format!("{reply}\n").as_bytes()).is_err() || is_last {
            break;
        }
        say("# A fatal error has been detected by the runtime, or not");
    }
    ExitCode::SUCCESS
}

/// Answers `hello` as the mode says, and the next request likewise.
fn answer_until_it_matters(mode: &str) -> ExitCode {
    let mut lines = io::stdin().lock().lines();
    match mode {
        "leaves-before-hello" => return ExitCode::SUCCESS,
        "fails-before-hello" => {
            eprintln!("no library of that name");
            return ExitCode::from(7);
        }
        "hangs-before-hello" => {
            leave_a_child_behind();
            sleep()
        }
        "talks-before-hello" => say("Welcome to the interpreter!"),
        _ => {}
    }
    let Some(Ok(_)) = lines.next() else { return ExitCode::SUCCESS };
    match mode {
        "speaks-another-version" => {
            say(&format!("{{\"id\":1,{}}}", READY.replace("\"protocol\":1", "\"protocol\":2")))
        }
        "claims-paths-at-wire-level" => say(&format!(
            "{{\"id\":1,{},\"capabilities\":[\"paths\"]}}",
            READY.replace("\"contract\"", "\"wire\"")
        )),
        "claims-what-nobody-knows" => {
            say(&format!("{{\"id\":1,{READY},\"capabilities\":[\"telepathy\"]}}"));
        }
        _ => say(&format!("{{\"id\":1,{READY}}}")),
    }
    if mode == "does-not-read" {
        sleep();
    }
    if mode == "closes-its-input" {
        close_input();
        sleep();
    }
    let mut id = 1;
    for line in lines {
        if line.is_err() {
            break;
        }
        id += 1;
        let goes_on = once_more(mode, id);
        if !goes_on {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// What the mode does when asked for the first time after `hello`; whether it goes on.
fn once_more(mode: &str, id: u64) -> bool {
    let done = format!("{{\"id\":{id},\"is\":\"done\"}}");
    match mode {
        "hangs" => sleep(),
        "is-late" => {
            thread::sleep(Duration::from_millis(450));
            say(&done);
        }
        "aborts" => die_of(Signal::ABORT),
        "segfaults" => {
            eprintln!("about to touch what is not there");
            die_of(Signal::SEGV)
        }
        "exits" => std::process::exit(3),
        "leaves" => return false,
        "closes-its-output" => {
            close_output();
            sleep()
        }
        "says-half-a-line" | "hangs-in-a-line" => {
            print!("{}", &done[..9]);
            let _ = io::stdout().flush();
            if mode == "hangs-in-a-line" {
                sleep();
            }
            return false;
        }
        "says-what-is-no-json" => say("segfault? no, just talking"),
        "says-an-empty-line" => say(""),
        "says-bytes" => {
            let _ = io::stdout().write_all(b"\xff\xfe\x00\n");
            let _ = io::stdout().flush();
        }
        "adds-a-field" => say(&format!("{{\"id\":{id},\"is\":\"done\",\"mood\":\"good\"}}")),
        "says-an-unknown-word" => say(&format!("{{\"id\":{id},\"is\":\"fine\"}}")),
        "says-a-number-too-large" => say(&format!(
            "{{\"id\":{id},\"is\":\"counters\",\"scopes\":9007199254740993,\"scope_bytes\":0,\"open_scopes\":0}}"
        )),
        "answers-twice" => say(&format!("{done}\n{done}")),
        "answers-twice-later" => {
            say(&done);
            thread::sleep(Duration::from_millis(50));
            say(&done);
        }
        "answers-another-request" => say("{\"id\":99,\"is\":\"done\"}"),
        "gives-another-answer" => say(&format!("{{\"id\":{id},\"is\":\"end\"}}")),
        "cannot" => {
            say(&format!("{{\"id\":{id},\"is\":\"adapter-error\",\"message\":\"not today\"}}"));
        }
        "says-a-line-without-end" => loop {
            if io::stdout().write_all(&[b'x'; 1 << 16]).is_err() {
                std::process::exit(0);
            }
        },
        "says-100-mb-of-lines" => {
            say(&done);
            let line = format!("{}\n", "y".repeat(1 << 16));
            for _ in 0..1600 {
                if io::stdout().write_all(line.as_bytes()).is_err() {
                    break;
                }
            }
        }
        "says-100-mb-of-errors" => {
            let line = "z".repeat(1 << 16);
            for _ in 0..1600 {
                eprintln!("{line}");
            }
            eprintln!("the last words");
            say(&done);
        }
        "leaves-a-child-with-its-pipes" => {
            leave_a_child_behind();
            die_of(Signal::ABORT)
        }
        "does-not-stop" => {
            leave_a_child_behind();
            say(&done);
            sleep()
        }
        "leaves-a-child-when-it-stops" => {
            leave_a_child_behind();
            say(&done);
            return false;
        }
        _ => say(&done),
    }
    true
}

/// The reference binder, but for what it does when a symbol is called: `symbol` is `name` or
/// `name@count`, the calls it answers well before.
fn serve(what: &str, symbol: &str) -> ExitCode {
    let (symbol, mut patience) = match symbol.split_once('@') {
        Some((symbol, count)) => (symbol, count.parse().expect("a number")),
        None => (symbol, 0_u32),
    };
    if what == "die-for-good" && has_recorded(0) {
        eprintln!("it is broken for good");
        return ExitCode::from(7);
    }
    if what == "die-and-start-late" && has_recorded(0) && !has_recorded(1) {
        record(1);
        eprintln!("the machine was busy");
        return ExitCode::from(7);
    }
    let mut subject = ReferenceBinder::default();
    let mut meant: Vec<String> = Vec::new();
    let mut has_lied = false;
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let request: serde_json::Value = serde_json::from_str(&line).expect("a request");
        let function = request["function"].to_string();
        if request["do"] == "call" && (symbol == "any" || meant.contains(&function)) {
            match patience.checked_sub(1) {
                Some(left) => patience = left,
                None => {
                    if what == "misread" {
                        answer(&mut subject, &line);
                    }
                    if what == "cut-the-page" {
                        cut_the_page();
                        say(&answer(&mut subject, &line).0);
                        continue;
                    }
                    let what = match what {
                        "lie-then-abort" if has_lied => "abort",
                        "lie-then-abort" => "lie",
                        what => what,
                    };
                    has_lied = true;
                    misbehave_once(what, &request["id"]);
                    continue;
                }
            }
        }
        if request["do"] == "bench" && what == "hang-in-a-loop" {
            record(rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get() as u32));
            hang_with_a_child();
        }
        if request["do"] == "repeat" && what == "leak" {
            make_and_forget(&mut subject, &line);
        }
        let (reply, is_last) = answer(&mut subject, &line);
        let reply = silenced(what, &request, reply);
        if request["do"] == "bind" && request["symbol"] == symbol {
            let reply: serde_json::Value = serde_json::from_str(&reply).expect("a reply");
            meant.push(reply["function"].to_string());
        }
        say(&reply);
        if is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// What is said instead of what would tell something.
fn silenced(what: &str, request: &serde_json::Value, reply: String) -> String {
    let told: serde_json::Value = serde_json::from_str(&reply).expect("a reply");
    match (what, &told["is"]) {
        ("unsupported-faults", is) if request["do"] == "read" && is == "refused" => {
            format!("{{\"id\":{},\"is\":\"unsupported\",\"message\":\"not here\"}}", request["id"])
        }
        ("steps-untold", is) if is == "tallies" => {
            let scripts = vec![[(); 0]; request["scripts"].as_array().map_or(0, Vec::len)];
            serde_json::json!({"id": request["id"], "is": is, "scripts": scripts}).to_string()
        }
        ("hears-nothing", is) if is == "heard" => {
            serde_json::json!({"id": request["id"], "is": is, "calls": []}).to_string()
        }
        ("never-ends", is) if is == "end" => {
            serde_json::json!({"id": request["id"], "is": "item", "value": {"long": "0"}})
                .to_string()
        }
        ("counts-scopes-down", is) if is == "counters" => {
            let scopes = 1_000_000 - request["id"].as_u64().expect("a number");
            serde_json::json!({"id": request["id"], "is": is, "scopes": scopes, "scope_bytes": 0,
                               "open_scopes": 0})
            .to_string()
        }
        _ => reply,
    }
}

/// Makes the first call of the first script once more, and nobody frees what it gives.
fn make_and_forget(subject: &mut ReferenceBinder, line: &str) {
    let mut request: serde_json::Value = serde_json::from_str(line).expect("a request");
    let first = request["scripts"][0]["steps"][0].clone();
    request["scripts"] = serde_json::json!([{ "steps": [first] }]);
    request["rounds"] = 1.into();
    answer(subject, &request.to_string());
}

/// Takes memory until it is stopped, or has taken 2 GiB.
fn gobble() -> ! {
    let mut taken = Vec::new();
    for _ in 0..128 {
        taken.push(vec![1_u8; 16 << 20]);
        thread::sleep(Duration::from_millis(10));
    }
    drop(taken);
    sleep()
}

/// Says so by the id 0 when it is about to.
fn hang_with_a_child() -> ! {
    leave_a_child_behind();
    record(0);
    sleep()
}

/// Leaves nothing of the evidence page, if it is let.
fn cut_the_page() {
    let page = std::env::var_os(subject::evidence::VARIABLE).expect("a page is named");
    let mut options = std::fs::OpenOptions::new();
    let _ = options.write(true).open(&page).and_then(|page| page.set_len(0));
    let _ = options.truncate(true).open(&page);
}

fn misbehave_once(what: &str, id: &serde_json::Value) {
    match what {
        "abort" => {
            eprintln!("thread 'main' panicked");
            die_of(Signal::ABORT)
        }
        "hang" => sleep(),
        "gobble" => gobble(),
        "hang-with-a-child" => hang_with_a_child(),
        "mutter" => loop {
            eprintln!("still here");
            thread::sleep(Duration::from_millis(50));
        },
        "exit" => std::process::exit(3),
        "leave" => std::process::exit(0),
        "die-for-good" | "die-and-start-late" => {
            // Who is started after it finds the file.
            record(0);
            die_of(Signal::SEGV)
        }
        "garbage" => say("oops"),
        "refuse" => say(&format!("{{\"id\":{id},\"is\":\"refused\",\"code\":\"type-mismatch\"}}")),
        "lie" | "misread" => {
            say(&format!("{{\"id\":{id},\"is\":\"value\",\"value\":{{\"long\":\"-1\"}}}}"));
        }
        "cannot" => say(&format!("{{\"id\":{id},\"is\":\"adapter-error\",\"message\":\"no\"}}")),
        "unsupported" => {
            say(&format!("{{\"id\":{id},\"is\":\"unsupported\",\"message\":\"not here\"}}"));
        }
        other => panic!("no such misbehaviour: {other}"),
    }
}
