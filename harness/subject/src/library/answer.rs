//! Where a binder's functions answer: the reply that they are handed, the memory that it gives out, and what it says once a
//! call has returned.

#![expect(unsafe_code, reason = "reads what a binder's reply points to")]

use std::ffi::c_void;
use std::ptr;

use contract::{HostValue, Token};

use super::abi::{MESSAGE, Reply, Text, Value, kind, status};
use super::values::{host_value, items_at, message, text_of, word_at};
use crate::{BindReply, BoundId, NormalForms, Path, RefusalCode, SignatureRefusal};

/// Where a function of the binder answers. It is used again and again.
pub(super) struct Answer {
    reply: Box<Reply>,
    arena: Box<Arena>,
}

// SAFETY: its pointers lead to memory it owns, or to what a binder said last; that is only read before the
// same thread calls the binder again.
unsafe impl Send for Answer {}

/// What a reply points to: memory of the suite.
#[derive(Default)]
struct Arena {
    blocks: Vec<Vec<u128>>,
    taken: usize,
}

/// Bytes that one reply may take.
const MOST: usize = 1 << 30;

impl Answer {
    pub(super) fn new() -> Answer {
        let reply = Reply {
            alloc,
            arena: ptr::null_mut(),
            value: Value::NIL,
            function: 0,
            path: 0,
            type_count: 0,
            normal: Text::NONE,
            types: ptr::null(),
            code: ptr::null(),
            offset: -1,
            form: Text::NONE,
            message: [0; MESSAGE],
        };
        Answer { reply: Box::new(reply), arena: Box::default() }
    }

    /// The reply as the header promises it, for the next call. Of the message the first byte says that
    /// there is none.
    #[inline]
    pub(super) fn fresh(&mut self) -> *mut Reply {
        if self.arena.taken != 0 {
            *self.arena = Arena::default();
        }
        let reply = &mut *self.reply;
        (reply.alloc, reply.arena) = (alloc, (&raw mut *self.arena).cast());
        (reply.value, reply.function, reply.path) = (Value::NIL, 0, 0);
        (reply.normal, reply.types, reply.type_count) = (Text::NONE, ptr::null(), 0);
        (reply.code, reply.offset, reply.form) = (ptr::null(), -1, Text::NONE);
        reply.message[0] = 0;
        reply
    }

    /// Takes a copy of the form of a refusal while what it points to is there. One that cannot be read
    /// becomes none.
    pub(super) fn keep_form(&mut self, status: u32) {
        if status != status::REFUSED {
            return;
        }
        // SAFETY: the header asks for a form that is readable when the function returns.
        let form = unsafe { text_of(&self.reply.form, "a form") }.unwrap_or_default();
        let place = self.arena.take(form.len());
        if !place.is_null() {
            // SAFETY: `place` is as long as the form, and new.
            unsafe { ptr::copy_nonoverlapping(form.as_ptr(), place.cast::<u8>(), form.len()) };
        }
        let length = if place.is_null() { 0 } else { form.len() };
        self.reply.form = Text { data: place.cast::<u8>().cast_const(), length };
    }

    pub(super) fn message(&self) -> String {
        message(&self.reply.message)
    }

    /// The function that was just bound, and its path.
    pub(super) fn bound(&self) -> Result<BindReply, String> {
        let path = match self.reply.path {
            0 => None,
            1 => Some(Path::Scalar),
            2 => Some(Path::EnumAndHandle),
            3 => Some(Path::General),
            path => return Err(format!("path {path}, which is none")),
        };
        Ok(BindReply::Bound { function: BoundId(self.reply.function as usize), path })
    }

    /// The function object that was just made.
    pub(super) fn made(&self) -> Token {
        Token(self.reply.function)
    }

    /// The value of a call that has just returned.
    pub(super) fn value(&self) -> Result<HostValue, String> {
        // SAFETY: the header asks for a value that is readable until the binder's next function is
        // called on this thread.
        unsafe { host_value(&self.reply.value) }
    }

    /// Whether a call that has just returned returned a stream.
    #[inline]
    pub(super) fn is_stream(&self) -> bool {
        self.reply.value.kind == kind::STREAM
    }

    /// The code of a call that has just returned.
    pub(super) fn code(&self) -> Result<Option<String>, String> {
        // SAFETY: as for the value.
        unsafe { word_at(self.reply.code, "a code") }
    }

    /// The index of the argument that a call which has just returned was refused for, where it says it.
    pub(super) fn argument(&self) -> Option<usize> {
        usize::try_from(self.reply.offset).ok()
    }

    /// The refusal of a signature that was just read or bound. A code that is none of the contract's is
    /// no code, and the message says which it was.
    pub(super) fn refusal(&self) -> Result<SignatureRefusal, String> {
        let code = self.code()?;
        let known = code.as_deref().and_then(|code| code.parse::<RefusalCode>().ok());
        let mut message = self.message();
        if let (Some(code), None) = (&code, known) {
            message = format!("`{code}`, which is no code of the contract: {message}");
        }
        // SAFETY: as for the value; the form was copied when the function returned.
        let form = unsafe { text_of(&self.reply.form, "a form") }?;
        let form = Some(form).filter(|form| !form.is_empty() || self.reply.offset >= 0);
        let offset = usize::try_from(self.reply.offset).ok();
        Ok(SignatureRefusal { code: known, offset, form, message })
    }

    /// The normal forms of a signature that was just read, where there are any.
    pub(super) fn normal_forms(&self) -> Result<Option<NormalForms>, String> {
        let Reply { normal, types, type_count, .. } = &*self.reply;
        if normal.length == 0 {
            return Ok(None);
        }
        // SAFETY: as for the value.
        let signature = unsafe { text_of(normal, "a normal form") }?;
        let address = types.expose_provenance() as u64;
        // SAFETY: as for the value.
        let types = unsafe { items_at::<Text>(address, u64::from(*type_count), "types") }?;
        let one = |text: &Text| {
            // SAFETY: as for the value.
            unsafe { text_of(text, "a type's normal form") }
        };
        let types = types.iter().map(one).collect::<Result<_, _>>()?;
        Ok(Some(NormalForms { signature, types }))
    }
}

impl Arena {
    /// Zeroed memory, aligned to 16; NULL where there is none.
    fn take(&mut self, size: usize) -> *mut c_void {
        let taken = self.taken.saturating_add(size.max(1));
        let words = size.div_ceil(16).max(1);
        let mut block: Vec<u128> = Vec::new();
        if taken > MOST || block.try_reserve_exact(words).is_err() {
            return ptr::null_mut();
        }
        block.resize(words, 0);
        self.taken = taken;
        self.blocks.push(block);
        self.blocks.last_mut().map_or(ptr::null_mut(), |block| block.as_mut_ptr().cast())
    }
}

/// `bc_reply.alloc`
extern "C" fn alloc(arena: *mut c_void, size: usize) -> *mut c_void {
    if arena.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the binder gives back the `arena` of the reply it was handed, as the header says, on the
    // thread that waits for it; nobody else uses that arena meanwhile.
    let arena = unsafe { &mut *arena.cast::<Arena>() };
    arena.take(size)
}
