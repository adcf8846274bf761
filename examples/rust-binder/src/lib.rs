//! An example: a binder of C functions over scalars, small enough to copy.
//!
//! It implements the suite's trait [`Subject`] and serves signatures of integers and bools of up to 64
//! bits, `:f32`, `:f64` and `:void`; of all others it says that it does not. `signature` reads them,
//! `convert` checks arguments and makes results, `native` holds the foreign call.

#![expect(unsafe_code, reason = "opens, binds and calls what the suite names")]

mod convert;
mod native;
mod signature;

use contract::HostValue;
use subject::{
    BindReply, BindRequest, BoundId, CallReply, Outcome, ReadReply, ReadRequest, Ready,
    StartRequest, Subject, SubjectFault,
};

use self::native::{Function, Library};
use self::signature::{Signature, Unread};

/// The binder, with what it has opened and bound.
#[derive(Default)]
pub struct ScalarBinder {
    library: Option<Library>,
    functions: Vec<(Signature, Function)>,
}

impl Subject for ScalarBinder {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        // SAFETY: the suite names a library that it built, and keeps it where it is.
        let library = unsafe { Library::open(&request.library) };
        self.library = Some(library.map_err(SubjectFault::NotStarted)?);
        Ok(Ready::new("rust-binder", env!("CARGO_PKG_VERSION"), "Rust"))
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        if !request.declarations.is_empty() {
            return Ok(ReadReply::Unsupported("declarations are not read".to_owned()));
        }
        Ok(match Signature::read(&request.signature) {
            Ok(_) => ReadReply::Accepted(None),
            Err(Unread::Refused(refusal)) => ReadReply::Refused(refusal),
            Err(Unread::Unserved(why)) => ReadReply::Unsupported(why),
        })
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let library = self.library.as_ref();
        let library = library.ok_or(SubjectFault::Adapter("asked to bind before start".into()))?;
        let signature = match Signature::read(&request.signature) {
            Ok(signature) => signature,
            Err(Unread::Refused(refusal)) => return Ok(BindReply::Refused(refusal)),
            Err(Unread::Unserved(why)) => return Ok(BindReply::Unsupported(why)),
        };
        if let Err(missing) = system_libffi::available() {
            return Ok(BindReply::Unsupported(missing.to_string()));
        }
        // SAFETY: the suite vouches for the signatures of its fixtures, and the library stays open with `self`.
        let bound = unsafe { library.bind(&request.symbol, &signature) };
        Ok(match bound {
            Ok(function) => {
                self.functions.push((signature, function));
                BindReply::Bound { function: BoundId(self.functions.len() - 1), path: None }
            }
            Err(message) => BindReply::Unlinked(message),
        })
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let unknown = SubjectFault::Adapter("asked to call a function it never bound".into());
        let (signature, function) = self.functions.get(function.0).ok_or(unknown)?;
        let outcome = match convert::arguments(&signature.arguments, arguments) {
            Ok(words) => {
                // SAFETY: they are made from the signature the function was bound by, a word an argument.
                let word = unsafe { function.call(&words) };
                Outcome::Value(convert::returned(signature.returns, word))
            }
            Err(code) => Outcome::Refused(Some(code.to_owned())),
        };
        Ok(CallReply::of(outcome))
    }
}
