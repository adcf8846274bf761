//! Guard: a case against the build of the fixtures whose blocks are fenced by inaccessible pages, and become
//! inaccessible when they are freed: once with blocks that end at a fence, once with blocks that begin
//! behind one. A binder that reads past a returned length, before the address, or after the free, dies at
//! that instruction.
//!
//! The fixtures fence what they hand out: owned and borrowed buffers, and what handles reach. Deliberately
//! absent: cases that only take memory. Arguments are the binder's own, which no build of the fixtures
//! can fence, so this arm would prove nothing about them.

use std::sync::Arc;

use contract::{Argument, ArgumentKind, Type};
use corpus::case::{Case, Expect, Step};
use zig_lib::library::Profile;

use super::calls;
use super::{About, Arm};
use crate::session::{Route, Session, Stop};

pub(super) struct Guard;

impl Arm for Guard {
    fn about(&self) -> About {
        About { name: "guard", build: Profile::Guard, ..About::PLAIN }
    }

    fn at_stake(&self, case: &Case) -> Option<&'static str> {
        // The strictest promise of any call of the case.
        case.steps().iter().filter_map(promise).max().map(Promise::clause)
    }

    fn applies(&self, case: &Case) -> bool {
        self.at_stake(case).is_some()
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        // What is read before a block is not a matter of how long it is.
        let fences: &[bool] = if case.is_large() { &[false] } else { &[false, true] };
        for &before in fences {
            session.evidence.fence_before(before);
            let ran = calls::run(case, session, Route::BySignature);
            session.evidence.fence_before(false);
            ran?;
            if !session.judgement.holds() {
                break;
            }
        }
        Ok(())
    }
}

/// What a call promises about memory that the fixtures fence, the strictest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Promise {
    /// A handle's memory is the library's: it is not looked into, nor used when it is gone.
    Handle,
    /// What is returned is copied before it is freed, and not read beyond its length.
    Copy,
    /// Of a string that is returned nothing behind its end is looked at.
    End,
    /// Of elements that an argument counts no more are.
    Count,
    /// A length that no memory could hold is not believed.
    Length,
}

impl Promise {
    fn clause(self) -> &'static str {
        match self {
            Promise::Handle => "C-14",
            Promise::Copy => "R-8",
            Promise::End => "Z-2",
            Promise::Count => "Z-4",
            Promise::Length => "R-11",
        }
    }
}

fn promise(step: &Step) -> Option<Promise> {
    let signature = &step.function.signature;
    let is_handle = |kind: &Type| matches!(kind, Type::Handle(_));
    let takes_handle = |argument: &Argument| match &argument.kind {
        ArgumentKind::Plain(kind) => is_handle(kind),
        ArgumentKind::Destructured(_) | ArgumentKind::Rest(_) => false,
    };
    match signature.declared_return() {
        _ if matches!(step.expect, Expect::Fails(_)) => Some(Promise::Length),
        Type::Scalar(_) | Type::Void | Type::Named(_) | Type::ByValue(_) | Type::Handle(_) => {
            let any = is_handle(signature.declared_return())
                || signature.arguments.iter().any(takes_handle);
            any.then_some(Promise::Handle)
        }
        Type::CString { .. } => Some(Promise::End),
        Type::Optional(of) if matches!(**of, Type::CString { .. }) => Some(Promise::End),
        Type::Counted { .. } => Some(Promise::Count),
        _ => Some(Promise::Copy),
    }
}
