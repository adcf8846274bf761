//! Functions bound, by one thread or by several at once.
#![expect(unsafe_code, reason = "binds symbols whose prototypes the manifest vouches for")]

use std::thread;

use contract::{Declarations, Refusal, Signature};
use reference_binder::heap::Raised;
use reference_binder::refusal::CallRefusal;
use reference_binder::{
    BindError, BindOptions, Caller, Dialects, EngineChoice, Function, Library, PathChoice, Value,
};
use subject::loops::Meeting;
use subject::{
    BindAndCall, BindRaceReply, BindRaceRequest, BindReply, BindRequest, BoundId, Dialect,
    SignatureRefusal, SubjectFault,
};

use super::values::{reply, to_binder};
use super::{ReferenceBinder, Tokens, without_code};

/// What functions are bound with.
#[derive(Clone, Copy)]
pub(super) struct Binds<'a> {
    declarations: &'a Declarations,
    dialects: &'a [Dialect],
}

/// What a thread's binding came to: the function, and of its call the arguments and the result.
type Raced = Result<(Function, Vec<Value>, Called), BindReply>;
/// What a call came to, and what a function of the host's raised in it.
type Called = (Result<Value, CallRefusal>, Option<Raised>);

impl ReferenceBinder {
    pub(super) fn binds(&self) -> Binds<'_> {
        Binds { declarations: &self.declarations, dialects: &self.dialects }
    }

    /// The library that a function is to be bound from, or what is answered instead.
    pub(super) fn library_of(
        &self,
        request: &BindRequest,
    ) -> Result<Result<Library, BindReply>, SubjectFault> {
        Ok(match (request.opened, &request.library, &self.library) {
            (Some(opened), ..) => Ok(self.opened(opened)?.library().clone()),
            // SAFETY: as in `start`, of another library of the same suite.
            (None, Some(path), _) => unsafe { Library::open(path) }
                .map_err(|error| BindReply::Unlinked(error.to_string())),
            (None, None, Some(library)) => Ok(library.clone()),
            (None, None, None) => {
                return Err(SubjectFault::Adapter("asked to bind before it was started".into()));
            }
        })
    }

    /// Keeps a function, and names it.
    pub(super) fn named(&mut self, bound: Result<Function, BindReply>) -> BindReply {
        match bound {
            Ok(function) => {
                let path = Some(function.path());
                self.functions.push(function);
                BindReply::Bound { function: BoundId(self.functions.len() - 1), path }
            }
            Err(other) => other,
        }
    }

    /// Has each thread bind, and call, what each row has for it.
    pub(super) fn bind_at_once(
        &mut self,
        request: &BindRaceRequest<'_>,
    ) -> Result<BindRaceReply, SubjectFault> {
        let threads = request.rows.first().map_or(0, Vec::len);
        let meeting = Meeting::of(threads);
        let (binds, tokens) = (self.binds(), &self.tokens);
        let mut own = Vec::new();
        for thread in 0..threads {
            let of = |row: &'_ Vec<BindAndCall>| self.library_of(&row[thread].bind);
            own.push(request.rows.iter().map(of).collect::<Result<Vec<_>, _>>()?);
        }
        let raced: Vec<_> = thread::scope(|scope| {
            let meeting = &meeting;
            let start = |(thread, libraries): (usize, Vec<_>)| {
                let rows = request.rows.iter().map(move |row| &row[thread]).zip(libraries);
                scope.spawn(move || race(binds, tokens, rows, meeting))
            };
            let threads: Vec<_> = own.into_iter().enumerate().map(start).collect();
            threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let mut rows = vec![Vec::new(); request.rows.len()];
        let raw = self.speaks(Dialect::RawRefusals);
        for thread in raced {
            let (caller, raced) =
                thread.map_err(|_| SubjectFault::Adapter("a racing thread panicked".into()))??;
            for (row, raced) in rows.iter_mut().zip(raced) {
                let (bound, called) = match raced {
                    Ok((function, arguments, (result, raised))) => {
                        let token = &mut |handle| self.tokens.of(handle);
                        let mut called = reply(result, (&arguments, raised), &caller, token);
                        if raw {
                            without_code(&mut called);
                        }
                        (Ok(function), Some(called))
                    }
                    Err(other) => (Err(other), None),
                };
                row.push((self.named(bound), called));
            }
        }
        Ok(BindRaceReply { rows })
    }
}

fn race<'a>(
    binds: Binds<'_>,
    tokens: &Tokens,
    rows: impl Iterator<Item = (&'a BindAndCall, Result<Library, BindReply>)>,
    meeting: &Meeting,
) -> Result<(Caller, Vec<Raced>), SubjectFault> {
    let mut caller = Caller::new();
    let mut failed = None;
    let mut raced = Vec::new();
    for (row, (one, library)) in rows.enumerate() {
        let convert = |value| to_binder(value, &mut caller.heap, &|token| tokens.handle(token));
        let arguments = one.arguments.iter().map(convert).collect::<Result<Vec<_>, _>>();
        // Also where there is nothing to call with: the others wait for all.
        meeting.wait(row + 1);
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(fault) => {
                failed = failed.or(Some(fault));
                continue;
            }
        };
        let bound = library.and_then(|library| binds.function(&library, &one.bind));
        raced.push(bound.map(|function| {
            let result = function.call(&mut caller, &arguments);
            (function, arguments, (result, caller.take_raised()))
        }));
    }
    failed.map_or(Ok((caller, raced)), Err)
}

impl Binds<'_> {
    fn speaks(self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }

    /// A function, or what is answered instead.
    pub(super) fn function(
        self,
        library: &Library,
        request: &BindRequest,
    ) -> Result<Function, BindReply> {
        let raw = self.speaks(Dialect::RawRefusals);
        let signature = Signature::read(&request.signature, self.declarations)
            .map_err(|refusal| BindReply::Refused(described(refusal, raw)))?;
        let options = BindOptions {
            consumes: request.consumes,
            path: if request.force_general { PathChoice::General } else { PathChoice::BySignature },
            dialects: dialects(self.dialects),
            engine: if request.other_engine {
                EngineChoice::Libffi
            } else {
                EngineChoice::ByTarget
            },
            errno: request.errno,
        };
        // SAFETY: the session compared the corpus's signature of every symbol with the manifest of the
        // library that has it before it bound the first one.
        let bound =
            unsafe { library.bind(&request.symbol, &signature, self.declarations, options) };
        bound.map_err(|error| match error {
            BindError::Library(error) => BindReply::Unlinked(error.to_string()),
            error => BindReply::Unsupported(error.to_string()),
        })
    }
}

/// The binder's own of the dialects that it is served with.
pub(super) fn dialects(spoken: &[Dialect]) -> Dialects {
    let speaks = |dialect| spoken.contains(&dialect);
    Dialects {
        wraps: speaks(Dialect::Wraps),
        truncates: speaks(Dialect::Truncates),
        truthy: speaks(Dialect::Truthy),
        big128: speaks(Dialect::Big128),
        canonical_nan: speaks(Dialect::CanonicalNan),
        error_as_keyword: speaks(Dialect::ErrorAsKeyword),
    }
}

/// D-5: a raw refusal is a message and nothing else.
pub(super) fn described(refusal: Refusal, raw: bool) -> SignatureRefusal {
    let message = refusal.to_string();
    if raw {
        return SignatureRefusal { code: None, offset: None, form: None, message };
    }
    SignatureRefusal {
        code: Some(refusal.code),
        offset: Some(refusal.position.offset),
        form: Some(refusal.form),
        message,
    }
}
