//! A reader of a stream that raises: in Rust it panics, and its stream is closed on the way out.

use std::panic::{self, AssertUnwindSafe};

use contract::Token;
use reference_binder::refusal::CallRefusal;
use reference_binder::{Caller, Value};
use subject::{RaiseReply, RaiseRequest};

use super::values::to_host;

/// Who reads a stream, which is closed when it goes.
struct Reader<'c> {
    caller: &'c mut Caller,
    stream: Value,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // Only what is no stream is refused.
        let _ = self.caller.close(self.stream);
    }
}

/// Reads a stream until the reader panics, and says which panic came here.
pub(super) fn raise(caller: &mut Caller, stream: Value, request: &RaiseRequest<'_>) -> RaiseReply {
    let mut items = Vec::new();
    let read = panic::catch_unwind(AssertUnwindSafe(|| {
        let reader = Reader { caller, stream };
        while let Some(item) = reader.caller.next(reader.stream)? {
            items.push(to_host(item, &reader.caller.heap, &mut |_| Token(0)));
            if items.len() == request.after {
                // Without the hook, which would print it.
                panic::resume_unwind(Box::new(request.error.to_owned()));
            }
        }
        Ok(())
    }));
    let error = match read {
        Ok(read) => read.err().map(|refusal: CallRefusal| refusal.to_string()),
        Err(panic) => Some(match panic.downcast::<String>() {
            Ok(own) => *own,
            Err(_) => "another panic".to_owned(),
        }),
    };
    RaiseReply { items, error }
}
