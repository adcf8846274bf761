//! `conform smoke`: a binder's first minute, step by step.

use anyhow::bail;
use harness::binder::Binder;
use harness::recording::Judged;
use harness::run::RunError;
use harness::smoke::{self, Trouble};
use judge::session::{Session, SessionError};
use subject::SubjectFault;
use subject::recording::Tape;
use zig_lib::library::{self, Profile, Target};

use super::output::say;
use super::{Common, exit, recording};

pub(super) fn run(common: &Common) -> anyhow::Result<u8> {
    let (binder, tape) = recording::begin(common, Judged::Smoke, 0)?;
    let code = put(common, &binder, common.binder.target());
    let recorded = tape.as_ref().map_or(Ok(()), Tape::finish);
    let code = code?;
    recorded?;
    Ok(code)
}

/// Makes the steps and shows what came of each.
pub(super) fn put(common: &Common, binder: &Binder, target: Target) -> anyhow::Result<u8> {
    let corpus = common.corpus()?;
    let library = library::build_for(target, Profile::Checked).map_err(RunError::Build)?;
    let mut session = match Session::open(corpus, &library, binder.subject()) {
        Ok(session) => session,
        Err(SessionError::Subject(SubjectFault::NotStarted(message))) => {
            line("FAILED", "starts and says hello", &message);
            say("verdict  The adapter does not start.");
            return Ok(exit::NOT_STARTED);
        }
        Err(error) => return Err(RunError::Session(error).into()),
    };
    let ready = &session.ready;
    let hello = format!("{} {}, used from {}", ready.name, ready.version, ready.language);
    line("ok", "starts and says hello", &hello);
    let mut troubles: Vec<Trouble> = Vec::new();
    let steps: Vec<_> = smoke::steps(ready.level).collect();
    for step in &steps {
        if troubles.iter().any(Trouble::ends_it) {
            line("–", step.name, "not tried: the subject is gone");
            continue;
        }
        let came = step.run(&mut session);
        if let Some(by) = interrupt::seen() {
            bail!(by);
        }
        match came {
            Ok(()) => line("ok", step.name, ""),
            Err(trouble) => {
                let word = match &trouble {
                    Trouble::Unserved(_) => "–",
                    trouble if trouble.is_the_binder_s() => "FAILED",
                    _ => "BROKEN",
                };
                line(word, step.name, &trouble.to_string());
                troubles.push(trouble);
            }
        }
    }
    let failed = troubles.iter().filter(|trouble| trouble.is_the_binder_s()).count();
    let unserved = |trouble: &&Trouble| matches!(trouble, Trouble::Unserved(_));
    let unserved = troubles.iter().filter(unserved).count();
    let (verdict, code) = if failed + unserved < troubles.len() {
        ("The adapter is broken: what it says cannot be judged.".to_owned(), exit::SUITE)
    } else if troubles.iter().any(Trouble::ends_it) {
        let verdict =
            "The subject died: of the binder or of its adapter, as its standard error says.";
        (verdict.to_owned(), exit::CONFORMANCE)
    } else if failed > 0 {
        let steps = steps.len() + 1;
        (
            format!("The adapter works; the binder fails {failed} of {steps} steps."),
            exit::CONFORMANCE,
        )
    } else if unserved > 0 {
        let verdict = format!(
            "The adapter works; the binder does not serve what {unserved} steps need. `conform \
             check` judges it where it serves."
        );
        (verdict, exit::FINE)
    } else {
        ("The adapter works. `conform check` judges the binder.".to_owned(), exit::FINE)
    };
    say(&format!("verdict  {verdict}"));
    Ok(code)
}

/// A step, and what there is to say about it, on lines of their own where it is long.
fn line(word: &str, name: &str, text: &str) {
    let text = report::shown(text.trim_end());
    if text.is_empty() {
        say(&format!("{word:<7}  {name}"));
    } else if text.contains('\n') || text.chars().count() > 40 {
        say(&format!("{word:<7}  {name}\n           {}", text.replace('\n', "\n           ")));
    } else {
        say(&format!("{word:<7}  {name:<34} {text}"));
    }
}
