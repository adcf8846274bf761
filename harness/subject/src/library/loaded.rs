//! A binder's library: its symbols, the calls of them, and what a reply says once a call has returned.
//! That the library keeps to include/boundary_binder.h is its author's word; it is judged in a process
//! that may die of it.

#![expect(unsafe_code, reason = "calls the functions of a binder's library")]

use std::error::Error as _;
use std::ffi::{CString, c_char, c_void};
use std::path::Path as FilePath;
use std::ptr;

use contract::HostValue;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;

use super::abi::{
    BindAsk, Functions, MESSAGE, ReadyOut, Reply, Text, VERSION, Value, kind, status,
};
use super::values::{host_value, items_at, message, text_of, word_at};
use crate::{
    BindReply, BindRequest, BoundId, Capability, Counters, Level, NormalForms, Path, Ready,
    RefusalCode, SignatureRefusal,
};

/// A started binder, which ends with this. Its library stays loaded: a runtime of its own may still have
/// threads.
#[derive(Debug)]
pub(super) struct Loaded {
    functions: Functions,
    binder: *mut c_void,
}

// SAFETY: the header says on which threads a binder is called: one at a time, and on several only where it
// declares `threads`. Whoever has a `Loaded` sees to that.
unsafe impl Send for Loaded {}
// SAFETY: as above.
unsafe impl Sync for Loaded {}

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

impl Loaded {
    /// Loads a binder's library and starts the binder on a fixture library; what it says of itself.
    ///
    /// # Errors
    /// What cannot be had, with the file and the symbol.
    pub(super) fn start(
        path: &FilePath,
        library: &str,
        declarations: &str,
    ) -> Result<(Loaded, Ready), String> {
        let functions = functions(path)?;
        let (library, declarations) = (c_text(library)?, c_text(declarations)?);
        let mut ready = Box::new(ReadyOut {
            binder: ptr::null_mut(),
            name: ptr::null(),
            version: ptr::null(),
            language: ptr::null(),
            capabilities: ptr::null(),
            dialects: ptr::null(),
            message: [0; MESSAGE],
        });
        let start = functions.start;
        // SAFETY: the prototype is the header's; texts and `ready` outlive the call.
        let status = unsafe { start(library.as_ptr(), declarations.as_ptr(), &raw mut *ready) };
        if status != status::OK {
            let said = message(&ready.message);
            let said = if said.is_empty() { format!("status {status}") } else { said };
            return Err(format!("{}: bc_start: {said}", path.display()));
        }
        let word = |text: *const c_char, what: &str| {
            // SAFETY: the header asks for texts ended by NUL that live as long as the library.
            let word = unsafe { word_at(text, what) };
            word.map_err(|error| format!("{}: bc_start gave {error}", path.display()))
        };
        let owed = |text: *const c_char, what: &str| {
            word(text, what)?.filter(|text| !text.is_empty()).ok_or_else(|| {
                format!("{}: bc_start gave no {what}, which a report prints", path.display())
            })
        };
        let (name, version) = (owed(ready.name, "name")?, owed(ready.version, "version")?);
        let language = owed(ready.language, "language")?;
        let capabilities = word(ready.capabilities, "capabilities")?.unwrap_or_default();
        let dialects = word(ready.dialects, "dialects")?.unwrap_or_default();
        let loaded = Loaded { functions, binder: ready.binder };
        let wrong = |error: String| format!("{}: {error}", path.display());
        let capabilities = words(&capabilities, "capabilities").map_err(wrong)?;
        loaded.has_what(&capabilities).map_err(wrong)?;
        let dialects = words(&dialects, "dialects").map_err(wrong)?;
        let level = Level::Contract;
        let ready =
            Ready { level, capabilities, dialects, ..Ready::new(&name, &version, &language) };
        Ok((loaded, ready.printable().map_err(wrong)?))
    }

    /// That there are the functions which capabilities ask for.
    fn has_what(&self, capabilities: &[Capability]) -> Result<(), String> {
        let Functions { counters, collect, .. } = &self.functions;
        for (capability, has, symbol) in [
            (Capability::Counters, counters.is_some(), "bc_counters"),
            (Capability::Collect, collect.is_some(), "bc_collect"),
        ] {
            if !has && capabilities.contains(&capability) {
                let name = capability.name();
                return Err(format!("it declares `{name}` and has no symbol `{symbol}`"));
            }
        }
        Ok(())
    }

    pub(super) fn has_streams(&self) -> bool {
        self.functions.next.is_some() && self.functions.close.is_some()
    }

    /// The status of `bc_read`.
    pub(super) fn read(
        &self,
        answer: &mut Answer,
        signature: &str,
        declarations: &str,
    ) -> Result<u32, String> {
        let (signature, declarations) = (c_text(signature)?, c_text(declarations)?);
        let (reply, read) = (answer.fresh(), self.functions.read);
        // SAFETY: the prototype is the header's; texts and reply outlive the call.
        let status = unsafe { read(self.binder, signature.as_ptr(), declarations.as_ptr(), reply) };
        // A form may point into the signature, which is gone after this.
        answer.keep_form(status);
        Ok(status)
    }

    /// The status of `bc_bind`.
    pub(super) fn bind(&self, answer: &mut Answer, request: &BindRequest) -> Result<u32, String> {
        let symbol = c_text(&request.symbol)?;
        let signature = c_text(&request.signature)?;
        let library = request.library.as_ref().map(|path| c_text(&path.display().to_string()));
        let library = library.transpose()?;
        let ask = BindAsk {
            symbol: symbol.as_ptr(),
            signature: signature.as_ptr(),
            library: library.as_ref().map_or(ptr::null(), |library| library.as_ptr()),
            consumes: request.consumes.map_or(-1, |index| index as i64),
            force_general: u32::from(request.force_general),
            other_engine: u32::from(request.other_engine),
        };
        let (reply, bind) = (answer.fresh(), self.functions.bind);
        // SAFETY: the prototype is the header's; request and reply outlive the call.
        let status = unsafe { bind(self.binder, &raw const ask, reply) };
        answer.keep_form(status);
        Ok(status)
    }

    /// The status of `bc_call`.
    #[inline]
    pub(super) fn call(&self, answer: &mut Answer, function: u64, values: &[Value]) -> u32 {
        let (values, count) = (values.as_ptr(), values.len());
        let (reply, call) = (answer.fresh(), self.functions.call);
        // SAFETY: the prototype is the header's; arguments, what they point to, and reply outlive the
        // call.
        unsafe { call(self.binder, function, values, count, reply) }
    }

    /// The status of `bc_next`; `None` for a binder that exports none.
    pub(super) fn next(&self, answer: &mut Answer, stream: u64) -> Option<u32> {
        let next = self.functions.next?;
        // SAFETY: the prototype is the header's; the reply outlives the call.
        Some(unsafe { next(self.binder, stream, answer.fresh()) })
    }

    /// The status of `bc_close`; `None` for a binder that exports none.
    pub(super) fn close(&self, answer: &mut Answer, stream: u64) -> Option<u32> {
        let close = self.functions.close?;
        // SAFETY: the prototype is the header's; the reply outlives the call.
        Some(unsafe { close(self.binder, stream, answer.fresh()) })
    }

    pub(super) fn forget(&self) {
        if let Some(forget) = self.functions.forget {
            // SAFETY: the prototype is the header's.
            unsafe { forget(self.binder) }
        }
    }

    pub(super) fn collect(&self) {
        if let Some(collect) = self.functions.collect {
            // SAFETY: the prototype is the header's.
            unsafe { collect(self.binder) }
        }
    }

    pub(super) fn counters(&self) -> Option<Counters> {
        let counters = self.functions.counters?;
        let mut counts = Counters::default();
        // SAFETY: the prototype is the header's; the counts' place outlives the call.
        unsafe { counters(self.binder, &raw mut counts) };
        Some(counts)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let stop = self.functions.stop;
        // SAFETY: the prototype is the header's, and nothing is called after it.
        unsafe { stop(self.binder) }
    }
}

/// The words of a list that a binder gave.
fn words<T: for<'de> Deserialize<'de>>(text: &str, what: &str) -> Result<Vec<T>, String> {
    let word = |word: &str| {
        let read: Result<T, Unknown> = T::deserialize(word.into_deserializer());
        read.map_err(|error| format!("its {what}: {error}"))
    };
    text.split_ascii_whitespace().map(word).collect()
}

/// The functions of a binder's library, whose version is this suite's. It is never unloaded.
fn functions(path: &FilePath) -> Result<Functions, String> {
    let shown = path.display();
    let whole = path.canonicalize().map_err(|error| format!("the binder {shown}: {error}"))?;
    // SAFETY: who names a binder has its initialisers run.
    let library = unsafe { libloading::Library::new(&whole) };
    let library = library.map_err(|error| {
        // The error itself says only which call of the loader failed.
        let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        format!("the binder {shown} cannot be loaded: {said}")
    })?;
    let library: &'static libloading::Library = Box::leak(Box::new(library));
    // SAFETY: the prototype is the header's.
    let version = unsafe { symbol::<unsafe extern "C" fn() -> u32>(library, "bc_abi_version") };
    let version = version.ok_or_else(|| {
        format!(
            "{shown} is no binder: it has no symbol `bc_abi_version`; include/boundary_binder.h says \
             what a binder exports"
        )
    })?;
    // SAFETY: the prototype is the header's.
    let version = unsafe { version() };
    if version != VERSION {
        return Err(format!(
            "{shown} was made for version {version} of the C interface (bc_abi_version), and this \
             suite speaks version {VERSION}"
        ));
    }
    macro_rules! owed {
        ($name:literal) => {{
            // SAFETY: the prototype is that of the field it becomes, which is the header's.
            unsafe { symbol(library, $name) }.ok_or_else(|| {
                format!(
                    "{shown} has no symbol `{}`, which include/boundary_binder.h asks of every binder",
                    $name
                )
            })?
        }};
    }
    macro_rules! extra {
        ($name:literal) => {{
            // SAFETY: as above.
            unsafe { symbol(library, $name) }
        }};
    }
    Ok(Functions {
        start: owed!("bc_start"),
        read: owed!("bc_read"),
        bind: owed!("bc_bind"),
        call: owed!("bc_call"),
        stop: owed!("bc_stop"),
        forget: extra!("bc_forget"),
        next: extra!("bc_next"),
        close: extra!("bc_close"),
        counters: extra!("bc_counters"),
        collect: extra!("bc_collect"),
    })
}

/// # Safety
/// The symbol, where there is one, is a function of that type.
unsafe fn symbol<F: Copy>(library: &'static libloading::Library, name: &str) -> Option<F> {
    // SAFETY: the caller promises it.
    unsafe { library.get::<F>(name) }.ok().map(|found| *found)
}

fn c_text(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| format!("a text with a NUL in it has no C form: {text:?}"))
}

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
    fn fresh(&mut self) -> *mut Reply {
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
    fn keep_form(&mut self, status: u32) {
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
