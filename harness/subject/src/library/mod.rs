//! A binder that is a shared library with the C interface of include/boundary_binder.h.
//!
//! `abi` are the header's types, `values` converts host values to them and back, `functions` are those that a binder calls,
//! `loaded` calls the library, `answer` is where it answers, `bench` makes calls on the clock, `exported` is such a
//! library itself, and `hosted` the functions that it is handed. It runs wherever this runs: a run judges it through `conform serve`, which is this in a process of its
//! own.

mod abi;
mod answer;
mod bench;
mod exported;
mod functions;
mod hosted;
mod loaded;
mod values;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use contract::{FunctionType, HostValue, Token};

use self::abi::status;
use self::answer::Answer;
use self::functions::{Functions, Kept};
pub use self::hosted::{Again, Asked, Hosting};
use self::loaded::Loaded;
use self::values::Given;
use crate::loops::{self, Calls};
use crate::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Capability, Counters,
    Outcome, Pull, RaceReply, RaceRequest, ReadReply, ReadRequest, Ready, ReleaseReply,
    RepeatReply, RepeatRequest, StartRequest, Subject, SubjectFault,
};

/// A binder's shared library.
pub struct LibraryBinder {
    from: From,
    /// The thread that the subject is called on, once the binder was started.
    calling: Option<Calling>,
    /// The functions that objects were made of, until those are released.
    kept: HashMap<Token, Kept>,
}

/// Where a binder's functions are.
enum From {
    File(PathBuf),
    Here(abi::Functions),
}

/// A thread that calls a binder, with an answer of its own.
struct Calling {
    loaded: Arc<Loaded>,
    answer: Answer,
}

impl LibraryBinder {
    /// A binder that is loaded when it is started.
    pub fn new(path: PathBuf) -> LibraryBinder {
        LibraryBinder { from: From::File(path), calling: None, kept: HashMap::new() }
    }

    /// The capabilities that a binder [`around`](LibraryBinder::around) a subject does not declare.
    pub const LEFT_OUT: &[Capability] = exported::LEFT_OUT;

    /// A subject of the suite's behind the functions of a library, in this process and on one thread: all that is said to it
    /// and that it says goes through the interface.
    pub fn around<S: Hosting + Default + 'static>() -> LibraryBinder {
        let from = From::Here(exported::functions::<S>());
        LibraryBinder { from, calling: None, kept: HashMap::new() }
    }

    fn calling(&mut self) -> Result<&mut Calling, SubjectFault> {
        self.calling.as_mut().ok_or_else(|| fault("it is asked something and is not started"))
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
    fn allocates_here(&self) -> bool {
        false
    }

    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let started = match &self.from {
            From::Here(functions) => Loaded::start(*functions, request),
            From::File(path) => loaded::functions(path).and_then(|functions| {
                let started = Loaded::start(functions, request);
                started.map_err(|error| format!("{}: {error}", path.display()))
            }),
        };
        let (loaded, ready) = started.map_err(SubjectFault::NotStarted)?;
        self.calling = Some(Calling::of(&Arc::new(loaded)));
        Ok(ready)
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let Calling { loaded, answer } = self.calling()?;
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
        let Calling { loaded, answer } = self.calling()?;
        let status = loaded.bind(answer, request).map_err(fault)?;
        let unreadable = unreadable("bc_bind");
        Ok(match status {
            status::OK => answer.bound().map_err(unreadable)?,
            status::REFUSED => BindReply::Refused(answer.refusal().map_err(unreadable)?),
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
        self.calling()?.call(function, arguments)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        self.calling()?.next(stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        self.calling()?.close(stream)
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        let loaded = &self.calling()?.loaded;
        let each = |thread| loops::repeat(&mut Calling::of(loaded), request, thread);
        let calls = || loops::on_threads(request.threads, each);
        if request.collect { loops::collecting(|| loaded.collect(), calls) } else { calls() }
    }

    fn race(&mut self, request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        let loaded = &self.calling()?.loaded;
        loops::race(request, || Calling::of(loaded))
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        bench::bench(Calling::of(&self.calling()?.loaded), request)
    }

    fn collect(&mut self) -> Result<(), SubjectFault> {
        self.calling()?.loaded.collect();
        Ok(())
    }

    fn stop(&mut self) -> Result<(), SubjectFault> {
        self.calling = None;
        Ok(())
    }

    fn errno(&mut self, set: Option<i32>) -> Result<i32, SubjectFault> {
        self.calling()?.loaded.errno(set).ok_or_else(|| fault("it has no bc_errno"))
    }

    fn make(
        &mut self,
        of: &FunctionType,
        answers: &[HostValue],
        plain: bool,
    ) -> Result<Token, SubjectFault> {
        let Calling { loaded, answer } = self.calling()?;
        let function = Kept::new(answers, plain);
        let status = loaded.make(answer, of, &function.value()).map_err(fault)?;
        let token = match status.ok_or_else(|| fault("it has no bc_make"))? {
            status::OK => answer.made(),
            status::UNSUPPORTED => {
                let (request, message) = ("`bc_make`".to_owned(), answer.message());
                return Err(SubjectFault::Unsupported { request, message });
            }
            status => return Err(other(status, answer, "bc_make")),
        };
        match self.kept.insert(token, function) {
            None => Ok(token),
            Some(_) => Err(fault("bc_make gave one number to two objects")),
        }
    }

    fn heard(&mut self, kept: Token) -> Result<Vec<Vec<HostValue>>, SubjectFault> {
        let unknown = || fault("asked for a function object it never made");
        Ok(self.kept.get(&kept).ok_or_else(unknown)?.calls())
    }

    fn release(&mut self, kept: Token) -> Result<ReleaseReply, SubjectFault> {
        let Calling { loaded, answer } = self.calling()?;
        let status = loaded.release(answer, kept.0).ok_or_else(|| fault("it has no bc_release"))?;
        match status {
            status::OK => {
                self.kept.remove(&kept);
                Ok(ReleaseReply::Done)
            }
            status::REFUSED => {
                let code = answer.code().map_err(unreadable("bc_release"))?;
                Ok(ReleaseReply::Refused(code))
            }
            status => Err(other(status, answer, "bc_release")),
        }
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.calling()?.loaded.forget();
        Ok(())
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        Ok(self.calling()?.loaded.counters())
    }
}

impl Calling {
    fn of(loaded: &Arc<Loaded>) -> Calling {
        Calling { loaded: Arc::clone(loaded), answer: Answer::new() }
    }

    /// What a call came to that has just returned with this status.
    fn outcome(&self, status: u32) -> Result<Outcome, SubjectFault> {
        let Calling { loaded, answer } = self;
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
}

impl Calls for Calling {
    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let mut given = Given::of(arguments);
        let number = function.0 as u64;
        let functions = Functions::of(&self.loaded, number, arguments, &mut given.values);
        let status = self.loaded.call(&mut self.answer, number, &given.values);
        let outcome = self.outcome(status)?;
        let raised = match &outcome {
            Outcome::Failed(code) if code == "callback-raised" => Some(self.answer.message()),
            _ => None,
        };
        let is_value = matches!(outcome, Outcome::Value(_));
        let refused = matches!(outcome, Outcome::Refused(_));
        let argument = self.answer.argument().filter(|_| refused);
        let arrays = if is_value { given.arrays() } else { Vec::new() };
        let calls = if refused { Vec::new() } else { functions.calls() };
        Ok(CallReply { outcome, arrays, argument, calls, raised })
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        let Calling { loaded, answer } = self;
        let status = loaded.next(answer, stream.0).ok_or_else(|| fault("it has no bc_next"))?;
        let unreadable = unreadable("bc_next");
        Ok(match status {
            status::OK => Pull::Item(answer.value().map_err(unreadable)?),
            status::END => Pull::End,
            status::REFUSED => Pull::Refused(answer.code().map_err(unreadable)?),
            status => return Err(other(status, answer, "bc_next")),
        })
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        let Calling { loaded, answer } = self;
        match loaded.close(answer, stream.0) {
            Some(status::OK) => Ok(()),
            Some(status) => Err(other(status, answer, "bc_close")),
            None => Err(fault("it has no bc_close")),
        }
    }
}
