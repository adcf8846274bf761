//! The worker's side: trials made in order, each verdict out before the next begins.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use zig_lib::library::{self, BuildError, Profile};
use zig_lib::twin::{self, TwinError};

use super::{Job, Message};
use crate::case::Corpus;
use crate::judging;
use crate::plan;
use crate::session::{Session, SessionError};
use crate::subject::Subject;

/// Why a worker ends early by its own decision.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The job cannot be read.
    #[error("the job cannot be read: {0}")]
    Unreadable(serde_json::Error),
    /// Nobody reads what it says.
    #[error("nobody listens any more: {0}")]
    NobodyListens(std::io::Error),
    /// No profile of that name.
    #[error("there is no build `{0}` of the fixtures")]
    UnknownBuild(String),
    /// No trial of that name.
    #[error("there is no trial `{0}`")]
    UnknownTrial(String),
    /// The fixtures could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The C twin of the fixtures could not be built.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// The session did not start.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// Does the job on `input` with a subject, and says on `output` what comes of it.
///
/// # Errors
/// [`ServeError`], said on `output` too; none of them says anything about a binder but that it did not
/// start.
pub fn serve(
    corpus: &Arc<Corpus>,
    subject: Box<dyn Subject>,
    input: impl Read,
    mut output: impl Write,
) -> Result<(), ServeError> {
    let done = work(corpus, subject, input, &mut output);
    if let Err(error) = &done {
        let not_started = matches!(error, ServeError::Session(SessionError::Subject(_)));
        say(&Message::GaveUp { reason: error.to_string(), not_started }, &mut output)?;
    }
    done
}

fn work(
    corpus: &Arc<Corpus>,
    subject: Box<dyn Subject>,
    input: impl Read,
    output: &mut impl Write,
) -> Result<(), ServeError> {
    let job: Job = serde_json::from_reader(input).map_err(ServeError::Unreadable)?;
    let profile = Profile::ALL.into_iter().find(|profile| profile.name() == job.build);
    let profile = profile.ok_or_else(|| ServeError::UnknownBuild(job.build.clone()))?;
    let all: HashMap<_, _> =
        plan::all(corpus).into_iter().map(|trial| (trial.name(), trial)).collect();
    let library = library::build(profile)?;
    let mut session = Session::open_on(&job.page, corpus.clone(), &library, subject)?;
    // Also where this process unwinds, its starter reads what is there.
    session.evidence.keep_file();
    let compares = |name: &String| all.get(name).is_some_and(|trial| trial.arm.name() == "compare");
    if job.trials.iter().any(compares) {
        session.take_twin(&twin::build()?)?;
    }
    say(&Message::Ready { corpus: corpus.hash.clone() }, output)?;
    for name in job.trials {
        let trial = all.get(&name).ok_or(ServeError::UnknownTrial(name))?;
        let row = Box::new(judging::judge(trial, &mut session));
        say(&Message::Ended { row, next_event: session.evidence.next() }, output)?;
    }
    Ok(())
}

/// A message on a line of its own, out of this process before anything else happens.
fn say(message: &Message, output: &mut impl Write) -> Result<(), ServeError> {
    let unheard = |error: std::io::Error| ServeError::NobodyListens(error);
    let mut line = serde_json::to_vec(message).map_err(|error| unheard(error.into()))?;
    line.push(b'\n');
    output.write_all(&line).and_then(|()| output.flush()).map_err(unheard)
}
