//! A binder's library: its symbols, and the calls of them. That the library keeps to include/boundary_binder.h is its
//! author's word; it is judged in a process that may die of it.

#![expect(unsafe_code, reason = "calls the functions of a binder's library")]

use std::error::Error as _;
use std::ffi::{CString, c_char, c_void};
use std::path::Path as FilePath;
use std::ptr;

use contract::{FunctionType, Type};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;

use super::abi::{BindAsk, Functions, MESSAGE, ReadyOut, VERSION, Value, status};
use super::answer::Answer;
use super::values::{message, word_at};
use crate::{BindRequest, Capability, Counters, Level, Ready, StartRequest};

/// What the interface has no words for.
pub(super) const WITHOUT_FUNCTIONS: [Capability; 3] =
    [Capability::RaisingReaders, Capability::BindRace, Capability::Unload];

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

impl Loaded {
    /// Starts the binder that has these functions; what it says of itself.
    ///
    /// # Errors
    /// What is wrong with that, or with what it lacks.
    pub(super) fn start(
        functions: Functions,
        request: &StartRequest,
    ) -> Result<(Loaded, Ready), String> {
        let library = c_text(&request.library.display().to_string())?;
        let declarations = c_text(&request.declarations)?;
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
            return Err(format!("bc_start: {said}"));
        }
        let word = |text: *const c_char, what: &str| {
            // SAFETY: the header asks for texts ended by NUL that live as long as the library.
            unsafe { word_at(text, what) }.map_err(|error| format!("bc_start gave {error}"))
        };
        let owed = |text: *const c_char, what: &str| {
            let given = word(text, what)?.filter(|text| !text.is_empty());
            given.ok_or_else(|| format!("bc_start gave no {what}, which a report prints"))
        };
        let (name, version) = (owed(ready.name, "name")?, owed(ready.version, "version")?);
        let language = owed(ready.language, "language")?;
        let capabilities = word(ready.capabilities, "capabilities")?.unwrap_or_default();
        let dialects = word(ready.dialects, "dialects")?.unwrap_or_default();
        let loaded = Loaded { functions, binder: ready.binder };
        let capabilities = words(&capabilities, "capabilities")?;
        loaded.has_what(&capabilities)?;
        loaded.declare(request, &capabilities)?;
        let dialects = words(&dialects, "dialects")?;
        let level = Level::Contract;
        let ready =
            Ready { level, capabilities, dialects, ..Ready::new(&name, &version, &language) };
        Ok((loaded, ready.printable()?))
    }

    /// That there are the functions which capabilities ask for, in the interface and in the library.
    fn has_what(&self, capabilities: &[Capability]) -> Result<(), String> {
        let has_none = |one: &&Capability| WITHOUT_FUNCTIONS.contains(one);
        if let Some(one) = capabilities.iter().find(has_none) {
            let name = one.name();
            return Err(format!("it declares `{name}`, for which the C interface has no function"));
        }
        let Functions { counters, collect, make, release, errno, .. } = &self.functions;
        for (capability, has, symbol) in [
            (Capability::Counters, counters.is_some(), "bc_counters"),
            (Capability::Collect, collect.is_some(), "bc_collect"),
            (Capability::KeptCallbacks, make.is_some(), "bc_make"),
            (Capability::KeptCallbacks, release.is_some(), "bc_release"),
            (Capability::Errno, errno.is_some(), "bc_errno"),
        ] {
            if !has && capabilities.contains(&capability) {
                let name = capability.name();
                return Err(format!("it declares `{name}` and has no symbol `{symbol}`"));
            }
        }
        Ok(())
    }

    /// Hands on the declarations that not every binder reads.
    fn declare(&self, request: &StartRequest, capabilities: &[Capability]) -> Result<(), String> {
        let held = request.held(capabilities);
        if held.is_empty() {
            return Ok(());
        }
        let Some(declare) = self.functions.declare else {
            return Err(
                "its capabilities come with types of their own, and it has no symbol `bc_declare`"
                    .to_owned(),
            );
        };
        let (declarations, mut answer) = (c_text(&held)?, Answer::new());
        // SAFETY: the prototype is the header's; text and reply outlive the call.
        match unsafe { declare(self.binder, declarations.as_ptr(), answer.fresh()) } {
            status::OK => Ok(()),
            status => Err(format!("bc_declare: status {status}: {}", answer.message())),
        }
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
            keep_errno: u32::from(request.errno),
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

    /// The status of `bc_make`; `None` for a binder that exports none.
    pub(super) fn make(
        &self,
        answer: &mut Answer,
        of: &FunctionType,
        function: &Value,
    ) -> Result<Option<u32>, String> {
        let Some(make) = self.functions.make else { return Ok(None) };
        let form = c_text(&Type::Kept(of.clone()).to_string())?;
        // SAFETY: the prototype is the header's; form, value and reply outlive the call.
        Ok(Some(unsafe { make(self.binder, form.as_ptr(), function, answer.fresh()) }))
    }

    /// The status of `bc_release`; `None` for a binder that exports none.
    pub(super) fn release(&self, answer: &mut Answer, kept: u64) -> Option<u32> {
        let release = self.functions.release?;
        // SAFETY: the prototype is the header's; the reply outlives the call.
        Some(unsafe { release(self.binder, kept, answer.fresh()) })
    }

    /// What `bc_errno` says; `None` for a binder that exports none.
    pub(super) fn errno(&self, set: Option<i32>) -> Option<i32> {
        let errno = self.functions.errno?;
        let set = set.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the prototype is the header's; what is set outlives the call.
        Some(unsafe { errno(self.binder, set) })
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
pub(super) fn functions(path: &FilePath) -> Result<Functions, String> {
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
        declare: extra!("bc_declare"),
        forget: extra!("bc_forget"),
        next: extra!("bc_next"),
        close: extra!("bc_close"),
        counters: extra!("bc_counters"),
        collect: extra!("bc_collect"),
        make: extra!("bc_make"),
        release: extra!("bc_release"),
        errno: extra!("bc_errno"),
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
