//! Text of a binder that means to lead its reader astray, on every way to people: what it says of itself,
//! its messages and errors, its standard error.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What no terminal and no page may be given as it is.
const HOSTILE: &str =
    r"\u001b]0;owned\u0007\u001b[2J\u0000\u202egnp\u200b\u2028\u009b31m\n# Conforms\n<img src=x>";

/// An adapter in Python: `hello` is answered by `READY`, everything else by `REPLY`.
const ADAPTER: &str = r#"
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    ready = {"is": "ready", "protocol": 1, "name": "n", "version": "1", "language": "l", "level": "contract"}
    ready.update(READY)
    if request["do"] == "hello":
        reply = ready
    elif request["do"] == "stop":
        reply = {"is": "done"}
    else:
        reply = REPLY
        if reply is None:
            sys.stderr.write("HOSTILE")
            sys.exit(3)
    print(json.dumps({"id": request["id"], **reply}), flush=True)
    if reply == {"is": "done"}:
        break
"#;

struct Ran {
    folder: TempDir,
    output: Output,
}

/// A command against an adapter.
fn run(words: &[&str], ready: &str, reply: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let cases = folder.path().join("cases");
    fs::create_dir(&cases).expect("a scratch folder");
    let case = "suite: sample\nclauses: [R-2]\nfunctions:\n  echo_i64: \"[x :i64 :ret :i64]\"\n  \
                echo_u64: \"[x :u64 :ret :u64]\"\ncases:\n  \
                - {id: a, fn: echo_i64, args: [1], returns: 1}\n  \
                - {id: b, fn: echo_u64, args: [1], returns: 1}\n";
    fs::write(cases.join("sample.yaml"), case).expect("a scratch file");
    let adapter = ADAPTER.replace("READY", ready).replace("REPLY", reply);
    let adapter = adapter.replace("HOSTILE", HOSTILE);
    fs::write(folder.path().join("adapter.py"), adapter).expect("a scratch file");
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .current_dir(folder.path())
        .args(words)
        .args(["--binder", "python3 adapter.py", "--cases", "cases", "--out", "report"])
        .output()
        .expect("conform starts");
    Ran { folder, output }
}

impl Ran {
    /// Everything a person may read of it.
    fn read(&self) -> String {
        let file = |name| {
            let path = self.folder.path().join("report").join(name);
            fs::read_to_string(path).unwrap_or_default()
        };
        let Output { stdout, stderr, .. } = &self.output;
        let printed = [&stdout[..], &stderr[..]].map(|bytes| String::from_utf8_lossy(bytes));
        format!("{}{}{}{}", printed[0], printed[1], file("report.md"), file("junit.xml"))
    }

    /// That nothing unseen is in it, and no heading that the suite did not write; what is.
    #[track_caller]
    fn harmless(&self) -> String {
        let text = self.read();
        let hidden =
            |c: &char| !matches!(c, '\n' | '\u{fe0f}') && !contract::visible::is_visible(*c);
        assert_eq!(text.chars().find(hidden), None, "{text}");
        assert!(text.lines().all(|line| !line.starts_with("# Conforms")), "{text}");
        text
    }
}

#[test]
fn words_of_the_handshake_are_checked() {
    let long = format!("{{'version': 'x' * {}}}", 1 << 20);
    let hostile = |what: &str| format!("{{'{what}': 'a{HOSTILE}'}}");
    for (ready, said) in [
        ("{'name': ''}", "`name` is empty"),
        (&*hostile("name"), "`name` has \\u{1b} in it"),
        (&*hostile("language"), "`language` has \\u{1b} in it"),
        ("{'version': '1\\u202e'}", "`version` has \\u{202e} in it"),
        (&*long, "`version` has 1048576 characters"),
    ] {
        for words in [&["check"][..], &["smoke"]] {
            let ran = run(words, ready, "None");
            let text = ran.harmless();
            assert_eq!(ran.output.status.code(), Some(5), "{ready}: {text}");
            assert!(text.contains(said), "{said} is missing from {text}");
            assert!(text.len() < 20_000, "{} bytes", text.len());
        }
    }
}

#[test]
fn a_binders_messages_are_seen_as_they_are() {
    for (reply, code) in [
        (format!("{{'is': 'unsupported', 'message': '{HOSTILE}'}}"), 1),
        (format!("{{'is': 'adapter-error', 'message': '{HOSTILE}'}}"), 2),
        (format!("{{'is': 'unlinked', 'message': '{HOSTILE}'}}"), 1),
        (format!("{{'is': 'refused', 'message': '{HOSTILE}'}}"), 1),
        ("None".to_owned(), 1),
    ] {
        let ran = run(&["check", "--arm", "round-trip"], "{}", &reply);
        let text = ran.harmless();
        assert_eq!(ran.output.status.code(), Some(code), "{reply}: {text}");
        assert!(text.contains("\\u{202e}gnp"), "{reply}: {text}");
        // A line that is no answer is quoted as it was written, in JSON.
        let text = run(&["smoke"], "{}", &reply).harmless();
        assert!(text.contains("\\u{202e}gnp") || text.contains("\\u202egnp"), "{reply}: {text}");
    }
}

#[test]
fn a_long_message_is_cut_and_counted_for_people_and_bounded_in_json() {
    let reply = format!("{{'is': 'unsupported', 'message': 'x' * {}}}", 4 << 20);
    let ran = run(&["check", "--filter", "round-trip::sample::a"], "{}", &reply);
    let text = ran.harmless();
    assert!(text.len() < 20_000, "{} bytes", text.len());
    assert!(text.contains("characters left out"), "{text}");
    let json = fs::read_to_string(ran.folder.path().join("report/report.json")).expect("a report");
    assert!(json.len() < 100_000 && json.contains("bytes left out: "), "{} bytes", json.len());
}

#[test]
fn a_signature_to_explain_is_seen_as_it_is() {
    for what in ["[x\u{202e} :u8 :ret :u8]", "[x :u8 :ret \u{1b}]0;t\u{7}]", "\u{1b}[2J"] {
        let output = Command::new(env!("CARGO_BIN_EXE_conform"))
            .args(["explain", what])
            .output()
            .expect("conform starts");
        let folder = tempfile::tempdir().expect("a scratch folder");
        let text = Ran { folder, output }.harmless();
        assert!(text.contains("\\u{"), "{text}");
    }
}
