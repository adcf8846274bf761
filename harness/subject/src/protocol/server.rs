//! Any subject served over a pair of streams, as an adapter serves its binder: so the reference binder
//! speaks the protocol, and the protocol itself is judged. What answers at wire level need only be
//! [`Answers`].

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::PathBuf;

use contract::{Declarations, Token, Type};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::convert;
use super::messages::{Reply, ReplyLine, Request, VERSION};
use crate::numbers::{Decimal, Small};
use crate::{
    BenchRequest, BindRaceRequest, Capability, HeldDeclarations, RaceRequest, RaiseRequest, Ready,
    RepeatRequest, StartRequest, Subject, SubjectFault, UnloadDuringRequest,
};

/// Why a server ends early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The harness cannot be heard or reached.
    #[error("cannot talk to the harness: {0}")]
    Io(#[from] io::Error),
}

/// What can be served: it answers requests.
pub trait Answers {
    /// The reply to a request.
    ///
    /// # Errors
    /// [`SubjectFault`], whose message becomes the reply `adapter-error`.
    fn obey(&mut self, request: Request) -> Result<Reply, SubjectFault>;
}

impl<S: Subject + ?Sized> Answers for S {
    fn obey(&mut self, request: Request) -> Result<Reply, SubjectFault> {
        obey(self, request)
    }
}

/// Answers on this process's standard streams, until `stop` or the end of the input. The standard output
/// is kept for the protocol alone: what a library prints goes to standard error.
///
/// # Errors
/// [`ServeError`].
pub fn serve_process<A: Answers + ?Sized>(server: &mut A) -> Result<(), ServeError> {
    let output = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3).map_err(io::Error::from)?;
    rustix::stdio::dup2_stdout(io::stderr()).map_err(io::Error::from)?;
    serve(server, io::stdin().lock(), BufWriter::new(File::from(output)))
}

/// Answers every line of `input` on `output`, until `stop` or the end of `input`.
///
/// # Errors
/// [`ServeError`].
pub fn serve<A: Answers + ?Sized>(
    server: &mut A,
    mut input: impl BufRead,
    mut output: impl Write,
) -> Result<(), ServeError> {
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let (reply, is_last) = answer(server, &line);
        writeln!(output, "{reply}").and_then(|()| output.flush())?;
        if is_last {
            break;
        }
        line.clear();
    }
    Ok(())
}

/// The reply to a line, and whether it is the last.
pub fn answer<A: Answers + ?Sized>(server: &mut A, line: &str) -> (String, bool) {
    let (id, request) = read(line);
    let is_last = matches!(request, Ok(Request::Stop {}));
    let reply = match request.map(|request| server.obey(request)) {
        Ok(Ok(reply)) => reply,
        Ok(Err(SubjectFault::Unsupported { message, .. })) => Reply::Unsupported { message },
        Ok(Err(fault)) => Reply::AdapterError { message: message(fault) },
        Err(message) => Reply::AdapterError { message },
    };
    let line = serde_json::to_string(&ReplyLine { id, reply });
    (line.expect("messages have string keys"), is_last)
}

fn message(fault: SubjectFault) -> String {
    match fault {
        SubjectFault::NotStarted(message) | SubjectFault::Adapter(message) => message,
        other => other.to_string(),
    }
}

/// A line's id, 0 where it has none, and its request.
fn read(line: &str) -> (Small, Result<Request, String>) {
    let mut fields: Map<String, Json> = match serde_json::from_str(line) {
        Ok(fields) => fields,
        Err(error) => return (Small::new(0), Err(format!("the line is no request: {error}"))),
    };
    let id: Option<Small> = fields.remove("id").and_then(|id| Small::deserialize(id).ok());
    let Some(id) = id else {
        return (Small::new(0), Err("the line is no request: it has no `id`".to_owned()));
    };
    let request = Request::deserialize(Json::Object(fields));
    (id, request.map_err(|error| format!("the line is no request: {error}")))
}

fn obey<S: Subject + ?Sized>(subject: &mut S, request: Request) -> Result<Reply, SubjectFault> {
    Ok(match request {
        Request::Hello { protocol, library, declarations, held, .. } => {
            hello(protocol, library, declarations, held, |request| subject.start(request))?
        }
        Request::Read(request) => convert::of_read(subject.read(&request)?),
        Request::Bind(request) => convert::of_bind(subject.bind(&request)?),
        Request::Call { function, arguments } => {
            convert::of_call(subject.call(function, &arguments)?)
        }
        Request::Next { stream } => convert::of_next(subject.next(Token(stream.0))?),
        Request::Close { stream } => {
            subject.close(Token(stream.0))?;
            Reply::Done {}
        }
        Request::Raise { stream, after, error } => {
            let (stream, after) = (Token(stream.0), after.index());
            convert::of_raise(subject.raise(&RaiseRequest { stream, after, error: &error })?)
        }
        Request::Repeat { scripts, rounds, threads, collect } => {
            if scripts.is_empty() || threads.get() == 0 {
                return Err(SubjectFault::Adapter("asked to repeat nothing".into()));
            }
            let rounds = rounds.get();
            let threads = threads.index();
            let request =
                RepeatRequest { scripts: &scripts, rounds, threads, collect, stand_ins: false };
            convert::of_repeat(subject.repeat(&request)?)
        }
        Request::Race { function, rows, threads } => {
            let threads = threads.index();
            convert::of_race(subject.race(&RaceRequest { function, rows: &rows, threads })?)
        }
        Request::BindRace { rows } => {
            let threads = rows.first().map_or(0, Vec::len);
            if threads == 0 || rows.iter().any(|row| row.len() != threads) {
                let uneven =
                    "asked for a race whose rows have not all as many threads, one at least";
                return Err(SubjectFault::Adapter(uneven.into()));
            }
            convert::of_bind_race(subject.bind_race(&BindRaceRequest { rows: &rows })?)
        }
        Request::Bench { setup, rows, count, keywords } => {
            let keywords: Vec<(String, u64)> =
                keywords.into_iter().map(|(name, number)| (name, number.0)).collect();
            let (count, keywords) = (count.get(), &*keywords);
            let request =
                BenchRequest { setup: &setup, rows: &rows, count, placement: 0, keywords };
            Reply::Benched(subject.bench(&request)?)
        }
        Request::Make { of, answers, plain } => {
            let read = Type::read(&of, &Declarations::new());
            let Ok(Type::Kept(of)) = read else {
                let message = format!("asked to make a function object of `{of}`");
                return Err(SubjectFault::Adapter(message));
            };
            let kept = Decimal(subject.make(&of, &answers, plain)?.0);
            Reply::Made { kept, address: None }
        }
        Request::Heard { kept } => convert::of_heard(subject.heard(Token(kept.0))?),
        Request::Release { kept } => convert::of_release(subject.release(Token(kept.0))?),
        Request::Forget {} => {
            subject.forget()?;
            Reply::Done {}
        }
        Request::Errno { set } => convert::of_errno(subject.errno(set.map(convert::errno))?),
        Request::Collect {} => {
            subject.collect()?;
            Reply::Done {}
        }
        Request::Open { library } => convert::of_open(subject.open_library(library.as_ref())?),
        Request::LetGo { opened } => {
            subject.let_go(opened)?;
            Reply::Done {}
        }
        Request::Unload { opened } => convert::of_unload(subject.unload(opened)?),
        Request::UnloadDuring { opened, function, arguments, threads } => {
            convert::of_unload_during(subject.unload_during(&UnloadDuringRequest {
                library: opened,
                function,
                arguments: &arguments,
                threads: threads.index(),
            })?)
        }
        Request::Counters {} => match subject.counters()? {
            Some(counters) => Reply::Counters(counters),
            None => return Err(SubjectFault::unsupported("`counters`", Capability::Counters)),
        },
        Request::Link { .. }
        | Request::Invoke { .. }
        | Request::MakeAddress { .. }
        | Request::Peek { .. }
        | Request::Loop { .. }
        | Request::Clock { .. } => {
            return Err(SubjectFault::Adapter(
                "it is of contract level, and this of wire level".into(),
            ));
        }
        Request::Stop {} => {
            subject.stop()?;
            Reply::Done {}
        }
    })
}

/// The answer to `hello`, at whichever level; `start` opens the library and says what there is.
pub fn hello(
    protocol: Small,
    library: String,
    declarations: String,
    held: Vec<HeldDeclarations>,
    start: impl FnOnce(&StartRequest) -> Result<Ready, SubjectFault>,
) -> Result<Reply, SubjectFault> {
    if protocol.get() != VERSION {
        let asked = protocol.get();
        return Err(SubjectFault::NotStarted(format!(
            "it speaks protocol {VERSION}, and the harness protocol {asked}"
        )));
    }
    // The page is named to the library by the environment of this process.
    let page = PathBuf::new();
    let ready = start(&StartRequest { library: library.into(), declarations, held, page })?;
    Ok(Reply::Ready {
        protocol: Small::new(VERSION),
        name: ready.name,
        version: ready.version,
        language: ready.language,
        level: ready.level,
        capabilities: ready.capabilities,
        dialects: ready.dialects,
        lacks: ready.lacks,
    })
}
