//! One subject at work on one fixture library: what every arm needs, and how functions are bound.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::abi::Abi;
use contract::{Path as InvokerPath, Type};
use corpus::case::{Case, Corpus, Function, Held, Step};
use corpus::fixtures::{self, Fixtures, FixturesError};
use subject::evidence::{Evidence, EvidenceError};
use subject::{
    BindReply, BindRequest, BoundId, Capability, Counters, HeldDeclarations, Level, OpenedId,
    ReadReply, ReadRequest, Ready, StartRequest, Subject, SubjectFault,
};
use zig_lib::library::{Artifact, Target};

use crate::row::{NOT_SERVED, Reason};
use crate::verdict::Judgement;

/// A started subject, the library it calls and the evidence of that.
pub struct Session {
    /// The corpus.
    pub corpus: Arc<Corpus>,
    /// The subject.
    pub subject: Box<dyn Subject>,
    /// What it said of itself.
    pub ready: Ready,
    /// The fixture library the subject was started on.
    pub library: PathBuf,
    /// The C ABI of that.
    pub abi: Abi,
    /// The evidence page of this process.
    pub evidence: Evidence,
    /// What arguments of properties are drawn from.
    pub seed: u64,
    /// Whether what compilers rely on and no ABI says is owed, too.
    pub strict: bool,
    /// What the trial that is put has compared so far.
    pub judgement: Judgement,
    /// How many processes the trial that is put has had before this one.
    pub turn: usize,
    fixtures: Fixtures,
    twin: Option<Fixtures>,
    own: Vec<OwnLibrary>,
    bound: HashMap<(String, Route), Bound>,
}

/// How the calls of a case are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// On the path the signature asks for.
    BySignature,
    /// On the general path (P-5).
    General,
    /// By the subject's other engine.
    OtherEngine,
    /// In one of these ways, of a function that is bound to keep `errno`.
    Errno(Keeping),
    /// Into the C twin of the fixture library.
    Twin,
    /// Into a library that this trial has made, by its place among them ([`Session::own`]).
    Own(usize),
}

/// How the calls are made of a function that is bound to keep `errno` (M-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keeping {
    /// On the path the signature asks for.
    BySignature,
    /// On the general path.
    General,
    /// By the subject's other engine.
    OtherEngine,
}

/// A library made for one trial, which nothing else has open.
#[derive(Clone, Debug)]
pub struct OwnLibrary {
    /// Where it lies.
    pub path: PathBuf,
    /// The object the subject opened it as; without one it is bound from by its path.
    pub opened: Option<OpenedId>,
    /// Whether it is the C twin, and not the fixture library.
    pub twin: bool,
}

/// A function the subject bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The subject's name for it.
    pub function: BoundId,
    /// The path that serves it, where the subject has paths.
    pub path: Option<InvokerPath>,
}

/// Why a session did not start.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The evidence page could not be made.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The fixture library could not be used.
    #[error(transparent)]
    Fixtures(#[from] FixturesError),
    /// The subject did not start.
    #[error(transparent)]
    Subject(#[from] SubjectFault),
}

/// Why a trial could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The subject did not bind a function of the corpus.
    #[error("{message}")]
    Unbound {
        /// What it said instead.
        message: String,
        /// The clause that is broken.
        clause: &'static str,
    },
    /// The subject does not owe it, or does not serve a signature and says so.
    #[error("{1}")]
    Gated(Reason, String),
    /// The cases turned out to hold nothing for the arm.
    #[error("{0}")]
    Skipped(String),
    /// The corpus has not what the arm needs to say anything.
    #[error("{0}")]
    Corpus(String),
    /// The subject did not behave as a subject.
    #[error(transparent)]
    Fault(#[from] SubjectFault),
    /// The evidence cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

/// The C ABI of what is built for a target, where the host's is `host`.
#[must_use]
pub fn abi_of(target: Target, host: Abi) -> Abi {
    match target {
        Target::Host => host,
        Target::Wasm64 | Target::Wasm32 => Abi::Wasm,
        Target::Aarch64Linux => Abi::Aapcs64,
    }
}

/// Declarations that are held apart, by the capabilities that they need.
fn held(of: &Held) -> HeldDeclarations {
    let needs = of.needs.iter().copied().map(Capability::from).collect();
    HeldDeclarations { needs, declarations: of.text.clone() }
}

impl Session {
    /// Starts a subject on a library. One in this process is started before any other thread, because the
    /// evidence page is named to the library through the environment.
    ///
    /// # Errors
    /// [`SessionError`]; a library that disagrees with the corpus is one, before any call.
    pub fn open(
        corpus: Arc<Corpus>,
        library: &Artifact,
        subject: Box<dyn Subject>,
    ) -> Result<Session, SessionError> {
        Session::open_as(corpus, library, library, subject)
    }

    /// As [`Session::open`], on a library that this process cannot load: `described_by` is another build of
    /// the same fixtures, whose manifest is its own but for the build's name.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_as(
        corpus: Arc<Corpus>,
        library: &Artifact,
        described_by: &Artifact,
        mut subject: Box<dyn Subject>,
    ) -> Result<Session, SessionError> {
        let mut evidence =
            if subject.in_process() { Evidence::create()? } else { Evidence::for_another()? };
        if let Some(tape) = subject.tape() {
            evidence.take_part_in(tape);
        }
        let fixtures = match described_by.target {
            Target::Host => Fixtures::open(&described_by.path)?,
            other => Fixtures::read(&described_by.path, other)?,
        };
        fixtures::compare(&corpus, fixtures.manifest())?;
        let request = StartRequest {
            library: library.path.clone(),
            declarations: corpus.declarations_text.clone(),
            held: corpus.held.iter().map(held).collect(),
            page: evidence.path().to_owned(),
        };
        let ready = subject.start(&request)?;
        Ok(Session {
            corpus,
            subject,
            ready,
            library: library.path.clone(),
            abi: abi_of(library.target, Abi::here()),
            evidence,
            seed: 0,
            strict: false,
            judgement: Judgement::default(),
            turn: 0,
            fixtures,
            twin: None,
            own: Vec::new(),
            bound: HashMap::new(),
        })
    }

    /// Takes the C twin of the fixture library along. It finds this session's evidence page through the
    /// environment, as the library did.
    ///
    /// # Errors
    /// [`SessionError::Fixtures`] for a twin that disagrees with the corpus.
    pub fn take_twin(&mut self, path: &Path) -> Result<(), SessionError> {
        let twin = Fixtures::open(path)?;
        fixtures::compare_functions(&self.corpus, twin.manifest())?;
        self.twin = Some(twin);
        Ok(())
    }

    /// Whether the C twin has every function of a case.
    pub fn twin_has(&self, case: &Case) -> bool {
        let has = |step: &Step| self.native_id(&step.function.symbol, Route::Twin).is_some();
        case.every_call().all(has)
    }

    /// Where the C twin lies, if it was taken along.
    pub fn twin_path(&self) -> Option<&Path> {
        self.twin.as_ref().map(Fixtures::path)
    }

    /// The way into a library made for a trial.
    pub fn own(&mut self, library: OwnLibrary) -> Route {
        self.own.push(library);
        Route::Own(self.own.len() - 1)
    }

    /// Whether the subject declares a capability.
    pub fn can(&self, capability: Capability) -> bool {
        self.ready.capabilities.contains(&capability)
    }

    /// What the subject counts, where it declares that it does.
    ///
    /// # Errors
    /// As [`Subject::counters`].
    pub fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        if self.can(Capability::Counters) { self.subject.counters() } else { Ok(None) }
    }

    /// The path that serves a function, by the library's own language (P-4).
    pub fn native_path(&self, symbol: &str) -> Option<InvokerPath> {
        self.fixtures.invoker_path(symbol)
    }

    /// The id of a function in the manifest of the library a route leads to.
    pub fn native_id(&self, symbol: &str, route: Route) -> Option<u32> {
        let fixtures = match route {
            Route::Twin => self.twin.as_ref()?,
            Route::Own(at) if self.own.get(at)?.twin => self.twin.as_ref()?,
            Route::Own(_)
            | Route::BySignature
            | Route::General
            | Route::OtherEngine
            | Route::Errno(_) => &self.fixtures,
        };
        fixtures.manifest().function(symbol).map(|function| function.id)
    }

    /// Has the subject read a signature, with declarations beside those of the start.
    ///
    /// # Errors
    /// As [`Subject::read`].
    pub fn read(&mut self, signature: &str, beside: &str) -> Result<ReadReply, SubjectFault> {
        let (signature, declarations) = (signature.to_owned(), beside.to_owned());
        self.subject.read(&ReadRequest { signature, declarations })
    }

    /// A function bound for a route; bound once.
    ///
    /// # Errors
    /// [`Stop::Unbound`] where the subject refuses what the contract allows, [`Stop::Gated`] where
    /// it says that it does not serve the signature.
    pub fn bind(&mut self, function: &Function, route: Route) -> Result<Bound, Stop> {
        let key = (function.name.clone(), route);
        if let Some(bound) = self.bound.get(&key) {
            return Ok(bound.clone());
        }
        // What is not served without is not served; what is, is owed.
        if let Route::Errno(_) = route {
            self.bind(function, Route::BySignature)?;
        }
        let own = match route {
            Route::Own(at) => self.own.get(at),
            _ => None,
        };
        let reply = self.subject.bind(&BindRequest {
            symbol: function.symbol.clone(),
            signature: function.text.clone(),
            consumes: function.consumes,
            force_general: matches!(route, Route::General | Route::Errno(Keeping::General)),
            other_engine: matches!(route, Route::OtherEngine | Route::Errno(Keeping::OtherEngine)),
            errno: matches!(route, Route::Errno(_)),
            library: match (route, &self.twin, own) {
                (Route::Twin, Some(twin), _) => Some(twin.path().to_owned()),
                (_, _, Some(OwnLibrary { path, opened: None, .. })) => Some(path.clone()),
                _ => None,
            },
            opened: own.and_then(|own| own.opened),
        })?;
        let symbol = &function.symbol;
        let unbound = |what: &str, message: String, clause| {
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            let message = format!("`{symbol}` {what}{why}");
            Err(Stop::Unbound { message, clause })
        };
        let bound = match reply {
            BindReply::Bound { function, path } => Bound { function, path },
            BindReply::Refused(refusal) => {
                return unbound(&format!("was refused {refusal}"), String::new(), "S-4");
            }
            BindReply::Unlinked(message) => return unbound("was not linked", message, "B-1"),
            BindReply::Unsupported(message) => {
                // At wire level a struct's members may be what the library has no type for.
                let has = |told: fn(&Type) -> bool| function.signature.has(told);
                let forms = [
                    (
                        Capability::CallbackTypes,
                        has(|of| matches!(of, Type::Function(of) if of.is_wide())),
                    ),
                    (Capability::ByValue, function.signature.by_value()),
                    (Capability::Variadics, function.signature.fixed.is_some()),
                    (Capability::Cstrings, has(|of| matches!(of, Type::CString { .. }))),
                    (Capability::Lengths, has(|of| matches!(of, Type::Counted { .. }))),
                    (Capability::InOut, has(|of| matches!(of, Type::InOut(_)))),
                ];
                let of_a_form = forms
                    .into_iter()
                    .find(|(of, has)| self.can(*of) && *has && self.ready.level == Level::Contract);
                let declared = match route {
                    Route::BySignature => {
                        let Some((of, _)) = of_a_form else {
                            let what = format!("`{symbol}`{NOT_SERVED}{message}");
                            return Err(Stop::Gated(Reason::NotServed, what));
                        };
                        &*format!("though it declares `{}`", of.name())
                    }
                    Route::General => "on the general path, though it declares `force-path`",
                    Route::OtherEngine => "by another engine, though it declares `engines`",
                    Route::Errno(_) => "with `errno` kept, though it declares `errno`",
                    Route::Twin | Route::Own(_) => {
                        "in another library, though it declares `libraries` or `unload`"
                    }
                };
                return unbound(&format!("is not supported {declared}"), message, "S-4");
            }
        };
        self.bound.insert(key, bound.clone());
        Ok(bound)
    }

    /// Forgets that a function was bound: the next call of it binds it anew.
    pub fn bind_anew(&mut self, function: &Function, route: Route) {
        self.bound.remove(&(function.name.clone(), route));
    }

    /// Has every function bound anew when it is bound next.
    pub fn unbind_all(&mut self) {
        self.bound.clear();
    }

    /// The path that served a case: that of its last call which was bound.
    pub fn path_of(&self, case: &Case) -> Option<InvokerPath> {
        let of =
            |step: &Step| self.bound.get(&(step.function.name.clone(), Route::BySignature))?.path;
        case.steps().iter().rev().find_map(of)
    }
}
