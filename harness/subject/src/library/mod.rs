//! A binder that is a shared library with the C interface of include/boundary_binder.h.
//!
//! `abi` are the header's types, `values` converts host values to them and back, `loaded` calls the
//! library, `bench` does so on the clock. It runs wherever this runs: a run judges it through `conform serve`, which is this in a
//! process of its own.

mod abi;
mod bench;
mod loaded;
mod values;

use std::path::PathBuf;

use contract::{HostValue, Token};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;

use self::abi::status;
use self::loaded::{Answer, Loaded, Said};
use self::values::Given;
use crate::loops::{self, Calls};
use crate::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Capability, Counters,
    Level, Outcome, Path, Pull, RaceReply, RaceRequest, ReadReply, ReadRequest, Ready, RepeatReply,
    RepeatRequest, StartRequest, Subject, SubjectFault,
};

/// A binder's shared library.
pub struct LibraryBinder {
    path: PathBuf,
    loaded: Option<Loaded>,
    answer: Answer,
}

/// A thread that calls a binder, with an answer of its own.
struct Calling<'a> {
    loaded: &'a Loaded,
    answer: Answer,
}

impl LibraryBinder {
    /// A binder that is loaded when it is started.
    pub fn new(path: PathBuf) -> LibraryBinder {
        LibraryBinder { path, loaded: None, answer: Answer::new() }
    }

    fn parts(&mut self) -> Result<(&Loaded, &mut Answer), SubjectFault> {
        let loaded = self.loaded.as_ref();
        let loaded = loaded.ok_or_else(|| fault("it is asked something and is not started"))?;
        Ok((loaded, &mut self.answer))
    }
}

fn fault(message: impl Into<String>) -> SubjectFault {
    SubjectFault::Adapter(message.into())
}

/// What a status says that is no answer to a function.
fn other(status: u32, answer: &Answer, function: &str) -> SubjectFault {
    let message = answer.message();
    match status {
        status::ADAPTER_ERROR => fault(format!("{function}: {message}")),
        status if status > status::ADAPTER_ERROR => {
            fault(format!("{function} answered with status {status}, which is none"))
        }
        status => fault(format!("{function} answered with status {status}, which is none of its")),
    }
}

/// Names the function whose answer cannot be read.
fn unreadable(function: &'static str) -> impl Fn(String) -> SubjectFault {
    move |what| fault(format!("{function} gave {what}"))
}

impl Subject for LibraryBinder {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let library = request.library.display().to_string();
        let started = Loaded::start(&self.path, &library, &request.declarations);
        let (loaded, said) = started.map_err(SubjectFault::NotStarted)?;
        let ready = ready(said, &loaded).map_err(|error| {
            SubjectFault::NotStarted(format!("{}: {error}", loaded.path().display()))
        });
        self.loaded = Some(loaded);
        ready
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let (loaded, answer) = self.parts()?;
        let status = loaded.read(answer, &request.signature, &request.declarations);
        let unreadable = unreadable("bc_read");
        Ok(match status.map_err(fault)? {
            status::OK => ReadReply::Accepted(answer.normal_forms().map_err(unreadable)?),
            status::REFUSED => ReadReply::Refused(answer.refusal().map_err(unreadable)?),
            status::UNSUPPORTED => ReadReply::Unsupported(answer.message()),
            status => return Err(other(status, answer, "bc_read")),
        })
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let (loaded, answer) = self.parts()?;
        let status = loaded.bind(answer, request).map_err(fault)?;
        Ok(match status {
            status::OK => BindReply::Bound {
                function: BoundId(answer.function() as usize),
                path: match answer.path() {
                    0 => None,
                    1 => Some(Path::Scalar),
                    2 => Some(Path::EnumAndHandle),
                    3 => Some(Path::General),
                    path => return Err(fault(format!("bc_bind gave path {path}, which is none"))),
                },
            },
            status::REFUSED => BindReply::Refused(answer.refusal().map_err(unreadable("bc_bind"))?),
            status::UNLINKED => BindReply::Unlinked(answer.message()),
            status::UNSUPPORTED => BindReply::Unsupported(answer.message()),
            status => return Err(other(status, answer, "bc_bind")),
        })
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let (loaded, answer) = self.parts()?;
        call(loaded, answer, function, arguments)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        let (loaded, answer) = self.parts()?;
        next(loaded, answer, stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        let (loaded, answer) = self.parts()?;
        close(loaded, answer, stream)
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        let (loaded, _) = self.parts()?;
        loops::on_threads(request.threads, |thread| {
            loops::repeat(&mut Calling { loaded, answer: Answer::new() }, request, thread)
        })
    }

    fn race(&mut self, request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        let (loaded, _) = self.parts()?;
        loops::race(request, || Calling { loaded, answer: Answer::new() })
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        let (loaded, _) = self.parts()?;
        bench::bench(Calling { loaded, answer: Answer::new() }, request)
    }

    fn collect(&mut self) -> Result<(), SubjectFault> {
        let (loaded, _) = self.parts()?;
        loaded.collect();
        Ok(())
    }

    fn stop(&mut self) -> Result<(), SubjectFault> {
        if let Some(loaded) = self.loaded.take() {
            loaded.stop();
        }
        Ok(())
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        let (loaded, _) = self.parts()?;
        loaded.forget();
        Ok(())
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        let (loaded, _) = self.parts()?;
        Ok(loaded.counters())
    }
}

impl Drop for LibraryBinder {
    fn drop(&mut self) {
        if let Some(loaded) = self.loaded.take() {
            loaded.stop();
        }
    }
}

impl Calls for Calling<'_> {
    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        call(self.loaded, &mut self.answer, function, arguments)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        next(self.loaded, &mut self.answer, stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        close(self.loaded, &mut self.answer, stream)
    }
}

/// The handshake, its words read and what they ask for looked for.
fn ready(said: Said, loaded: &Loaded) -> Result<Ready, String> {
    let capabilities = words::<Capability>(&said.capabilities, "capabilities")?;
    let lacks = |capability: Capability, has: bool, symbol: &str| {
        if has || !capabilities.contains(&capability) {
            return Ok(());
        }
        Err(format!("it declares `{}` and has no symbol `{symbol}`", capability.name()))
    };
    lacks(Capability::Counters, loaded.has_counters(), "bc_counters")?;
    lacks(Capability::Collect, loaded.has_collector(), "bc_collect")?;
    let Said { name, version, language, dialects, .. } = said;
    let dialects = words(&dialects, "dialects")?;
    Ok(Ready { name, version, language, level: Level::Contract, capabilities, dialects })
}

fn words<T: for<'de> Deserialize<'de>>(text: &str, what: &str) -> Result<Vec<T>, String> {
    let word = |word: &str| {
        let read: Result<T, Unknown> = T::deserialize(word.into_deserializer());
        read.map_err(|error| format!("its {what}: {error}"))
    };
    text.split_ascii_whitespace().map(word).collect()
}

fn call(
    loaded: &Loaded,
    answer: &mut Answer,
    function: BoundId,
    arguments: &[HostValue],
) -> Result<CallReply, SubjectFault> {
    let given = Given::of(arguments);
    let status = loaded.call(answer, function.0 as u64, &given);
    let outcome = outcome(loaded, answer, status)?;
    let is_value = matches!(outcome, Outcome::Value(_));
    Ok(CallReply { outcome, arrays: if is_value { given.arrays() } else { Vec::new() } })
}

fn outcome(loaded: &Loaded, answer: &Answer, status: u32) -> Result<Outcome, SubjectFault> {
    let unreadable = unreadable("bc_call");
    Ok(match status {
        status::OK => match answer.value().map_err(unreadable)? {
            HostValue::Stream(_) if !loaded.has_streams() => {
                return Err(fault("bc_call gave a stream, and bc_next or bc_close is missing"));
            }
            value => Outcome::Value(value),
        },
        status::REFUSED => Outcome::Refused(answer.code().map_err(unreadable)?),
        status::FAILED => {
            let code = answer.code().map_err(unreadable)?;
            Outcome::Failed(code.ok_or_else(|| fault("bc_call failed without a code"))?)
        }
        status => return Err(other(status, answer, "bc_call")),
    })
}

fn next(loaded: &Loaded, answer: &mut Answer, stream: Token) -> Result<Pull, SubjectFault> {
    let status = loaded.next(answer, stream.0).ok_or_else(|| fault("it has no bc_next"))?;
    let unreadable = unreadable("bc_next");
    Ok(match status {
        status::OK => Pull::Item(answer.value().map_err(unreadable)?),
        status::END => Pull::End,
        status::REFUSED => Pull::Refused(answer.code().map_err(unreadable)?),
        status => return Err(other(status, answer, "bc_next")),
    })
}

fn close(loaded: &Loaded, answer: &mut Answer, stream: Token) -> Result<(), SubjectFault> {
    match loaded.close(answer, stream.0) {
        Some(status::OK) => Ok(()),
        Some(status) => Err(other(status, answer, "bc_close")),
        None => Err(fault("it has no bc_close")),
    }
}
