//! Any subject with the functions of include/boundary_binder.h: what the suite says to a library is said to a subject, and its
//! answers are written as the header has them. The reference binder behind it shows that the interface carries the
//! whole contract.

#![expect(
    unsafe_code,
    reason = "reads what it is handed, and writes where it answers, as a library does"
)]

use std::ffi::{CString, c_char, c_void};
use std::ptr;

use contract::{ArgumentKind, Declarations, FunctionType, HostValue, Path, Signature, Token, Type};

use super::abi::{BindAsk, Functions, ReadyOut, Reply, Text, Value, kind, status};
use super::hosted::{self, Hosting, Pointer};
use super::loaded::WITHOUT_FUNCTIONS;
use super::values::{Pointed, given_value, items_at, word_at};
use crate::{
    BindReply, BindRequest, BoundId, CallReply, Capability, Counters, Outcome, Pull, ReadReply,
    ReadRequest, Ready, ReleaseReply, SignatureRefusal, StartRequest, SubjectFault,
};

/// What the interface has no words for, or this library no threads.
pub(super) const LEFT_OUT: &[Capability] =
    &[WITHOUT_FUNCTIONS[0], WITHOUT_FUNCTIONS[1], WITHOUT_FUNCTIONS[2], Capability::Threads];

/// A subject, and what its last answer points to.
struct Exported {
    subject: Box<dyn Hosting>,
    new: fn() -> Box<dyn Hosting>,
    request: StartRequest,
    pointed: Pointed,
    texts: Vec<String>,
    codes: Vec<CString>,
    types: Vec<Text>,
}

/// The functions of a library that is such a subject.
pub(super) fn functions<S: Hosting + Default + 'static>() -> Functions {
    Functions {
        start: start::<S>,
        read,
        bind,
        call,
        stop,
        declare: Some(declare),
        forget: Some(forget),
        next: Some(next),
        close: Some(close),
        counters: Some(counters),
        collect: None,
        make: Some(make),
        release: Some(release),
        errno: Some(errno),
    }
}

impl Exported {
    /// A subject that was started anew.
    fn started(&mut self) -> Result<Ready, SubjectFault> {
        self.subject = (self.new)();
        self.subject.start(&self.request)
    }

    /// A text that stays until the next answer.
    fn text(&mut self, text: String) -> Text {
        let kept = Text::of(&text);
        self.texts.push(text);
        kept
    }

    fn value(&mut self, value: HostValue) -> Value {
        let made = self.pointed.value(&value);
        self.pointed.hold(value);
        made
    }

    fn code(&mut self, code: Option<String>) -> *const c_char {
        let Some(code) = code.and_then(|code| CString::new(code).ok()) else { return ptr::null() };
        let kept = code.as_ptr();
        self.codes.push(code);
        kept
    }

    fn refusal(&mut self, refusal: SignatureRefusal, reply: &mut Reply) -> u32 {
        reply.code = self.code(refusal.code.map(|code| code.as_str().to_owned()));
        reply.offset = refusal.offset.map_or(-1, |offset| offset as i64);
        reply.form = self.text(refusal.form.unwrap_or_default());
        say(&mut reply.message, &refusal.message);
        status::REFUSED
    }

    fn read(&mut self, request: &ReadRequest, reply: &mut Reply) -> Result<u32, SubjectFault> {
        Ok(match self.subject.read(request)? {
            ReadReply::Accepted(None) => status::OK,
            ReadReply::Accepted(Some(forms)) => {
                reply.normal = self.text(forms.signature);
                self.types = forms.types.into_iter().map(|form| self.text(form)).collect();
                (reply.types, reply.type_count) = (self.types.as_ptr(), self.types.len() as u32);
                status::OK
            }
            ReadReply::Refused(refusal) => self.refusal(refusal, reply),
            ReadReply::Unsupported(why) => unserved(status::UNSUPPORTED, &why, reply),
        })
    }

    fn bind(&mut self, request: &BindRequest, reply: &mut Reply) -> Result<u32, SubjectFault> {
        Ok(match self.subject.bind(request)? {
            BindReply::Bound { function, path } => {
                reply.function = function.0 as u64;
                reply.path = match path {
                    None => 0,
                    Some(Path::Scalar) => 1,
                    Some(Path::EnumAndHandle) => 2,
                    Some(Path::General) => 3,
                };
                status::OK
            }
            BindReply::Refused(refusal) => self.refusal(refusal, reply),
            BindReply::Unlinked(why) => unserved(status::UNLINKED, &why, reply),
            BindReply::Unsupported(why) => unserved(status::UNSUPPORTED, &why, reply),
        })
    }

    fn call(
        &mut self,
        function: u64,
        given: &[Value],
        reply: &mut Reply,
    ) -> Result<u32, SubjectFault> {
        let (mut arguments, mut asked) = (Vec::with_capacity(given.len()), Vec::new());
        for (index, value) in given.iter().enumerate() {
            let is_one = |other: &Value| other.kind == kind::ARRAY && other.words == value.words;
            arguments.push(match given[..index].iter().position(is_one) {
                Some(other) => HostValue::Same(other),
                None if value.kind == kind::FUNCTION => {
                    asked.push((index, Pointer::of_call(*value, function, given)));
                    HostValue::Nil
                }
                // SAFETY: what an argument points to is readable until this returns.
                None => unsafe { given_value(value) }.map_err(SubjectFault::Adapter)?,
            });
        }
        let CallReply { outcome, arrays, argument, raised, .. } =
            self.subject.call_asking(BoundId(function as usize), &arguments, &asked)?;
        for (index, array) in arrays {
            let HostValue::Array(_, bytes) = array else { continue };
            let place = ptr::with_exposed_provenance_mut::<u8>(given[index].words[0] as usize);
            // SAFETY: the caller's own array has as many bytes, and may be written to.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        }
        Ok(match outcome {
            Outcome::Value(value) => {
                reply.value = self.value(value);
                status::OK
            }
            Outcome::Refused(code) => {
                reply.code = self.code(code);
                reply.offset = argument.map_or(-1, |index| index as i64);
                status::REFUSED
            }
            Outcome::Failed(code) => {
                reply.code = self.code(Some(code));
                say(&mut reply.message, &raised.unwrap_or_default());
                status::FAILED
            }
        })
    }

    fn make(
        &mut self,
        form: &str,
        function: Value,
        reply: &mut Reply,
    ) -> Result<u32, SubjectFault> {
        let of = function_type(form).map_err(SubjectFault::Adapter)?;
        reply.function = self.subject.make_asking(&of, Pointer::of_object(function))?.0;
        Ok(status::OK)
    }

    fn release(&mut self, kept: u64, reply: &mut Reply) -> Result<u32, SubjectFault> {
        Ok(match self.subject.release(Token(kept))? {
            ReleaseReply::Done => status::OK,
            ReleaseReply::Refused(code) => {
                reply.code = self.code(code);
                status::REFUSED
            }
        })
    }

    fn next(&mut self, stream: u64, reply: &mut Reply) -> Result<u32, SubjectFault> {
        Ok(match self.subject.next(Token(stream))? {
            Pull::Item(item) => {
                reply.value = self.value(item);
                status::OK
            }
            Pull::End => status::END,
            Pull::Refused(code) => {
                reply.code = self.code(code);
                status::REFUSED
            }
        })
    }
}

/// The type that the form of a function object is.
fn function_type(form: &str) -> Result<FunctionType, String> {
    let signature = Signature::read(&format!("[of {form} :ret :void]"), &Declarations::default());
    let signature = signature.map_err(|refusal| refusal.to_string())?;
    match &signature.arguments[0].kind {
        ArgumentKind::Plain(Type::Kept(of)) => Ok(of.clone()),
        _ => Err(format!("`{form}` is no type of a function object")),
    }
}

pub(super) fn say(place: &mut [u8], what: &str) {
    let room = place.len() - 1;
    let length = what.floor_char_boundary(room.min(what.len()));
    place[..length].copy_from_slice(&what.as_bytes()[..length]);
    place[length] = 0;
}

fn unserved(status: u32, why: &str, reply: &mut Reply) -> u32 {
    say(&mut reply.message, why);
    status
}

/// What it is asked for, with what it said last forgotten; what goes wrong is an error of the adapter.
///
/// # Safety
/// `binder` is what `start` gave, and on no other thread; `reply` may be written to.
unsafe fn answer(
    binder: *mut c_void,
    reply: *mut Reply,
    ask: impl FnOnce(&mut Exported, &mut Reply) -> Result<u32, SubjectFault>,
) -> u32 {
    // SAFETY: by this function's contract.
    let exported = unsafe { exported(binder) };
    // SAFETY: as above.
    let reply = unsafe { &mut *reply };
    exported.pointed = Pointed::default();
    exported.texts.clear();
    exported.codes.clear();
    ask(exported, reply).unwrap_or_else(|fault| {
        say(&mut reply.message, &fault.to_string());
        status::ADAPTER_ERROR
    })
}

/// # Safety
/// It is what `start` gave, on no other thread, and this is the only reference to it.
unsafe fn exported<'a>(binder: *mut c_void) -> &'a mut Exported {
    // SAFETY: by this function's contract.
    unsafe { &mut *binder.cast::<Exported>() }
}

/// # Safety
/// It is NULL or a text ended by NUL.
unsafe fn text(text: *const c_char) -> String {
    // SAFETY: by this function's contract.
    unsafe { word_at(text, "a text") }.ok().flatten().unwrap_or_default()
}

unsafe extern "C" fn start<S: Hosting + Default + 'static>(
    library: *const c_char,
    declarations: *const c_char,
    ready: *mut ReadyOut,
) -> u32 {
    // SAFETY: the header promises a place for the answer.
    let out = unsafe { &mut *ready };
    // SAFETY: and two texts.
    let library = unsafe { text(library) };
    // SAFETY: as above.
    let declarations = unsafe { text(declarations) };
    let new = || -> Box<dyn Hosting> { Box::new(S::default()) };
    let request =
        StartRequest { library: library.into(), declarations, held: Vec::new(), page: "".into() };
    let (pointed, texts, codes, types) = (Pointed::default(), Vec::new(), Vec::new(), Vec::new());
    let mut exported =
        Box::new(Exported { subject: new(), new, request, pointed, texts, codes, types });
    let ready = match exported.started() {
        Ok(ready) => ready,
        Err(fault) => {
            say(&mut out.message, &fault.to_string());
            return status::ADAPTER_ERROR;
        }
    };
    // They live as long as the library, which is never unloaded.
    let lasting = |text: String| CString::new(text).unwrap_or_default().into_raw().cast_const();
    let capabilities = ready.capabilities.iter().filter(|one| !LEFT_OUT.contains(one));
    let capabilities: Vec<_> = capabilities.map(|one| one.name()).collect();
    let dialects: Vec<_> = ready.dialects.iter().map(|one| one.name()).collect();
    out.binder = Box::into_raw(exported).cast();
    (out.name, out.version) = (lasting(ready.name), lasting(ready.version));
    out.language = lasting(ready.language);
    (out.capabilities, out.dialects) =
        (lasting(capabilities.join(" ")), lasting(dialects.join(" ")));
    status::OK
}

unsafe extern "C" fn declare(
    binder: *mut c_void,
    declarations: *const c_char,
    reply: *mut Reply,
) -> u32 {
    // SAFETY: the header promises a text.
    let more = unsafe { text(declarations) };
    let ask = |exported: &mut Exported, _: &mut Reply| {
        exported.request.declarations = [&*exported.request.declarations, &*more].join("\n");
        exported.started().map(|_| status::OK)
    };
    // SAFETY: the header promises the binder and a reply.
    unsafe { answer(binder, reply, ask) }
}

unsafe extern "C" fn read(
    binder: *mut c_void,
    signature: *const c_char,
    declarations: *const c_char,
    reply: *mut Reply,
) -> u32 {
    // SAFETY: the header promises two texts.
    let signature = unsafe { text(signature) };
    // SAFETY: as above.
    let declarations = unsafe { text(declarations) };
    let request = ReadRequest { signature, declarations };
    // SAFETY: the header promises the binder and a reply.
    unsafe { answer(binder, reply, |exported, reply| exported.read(&request, reply)) }
}

unsafe extern "C" fn bind(binder: *mut c_void, ask: *const BindAsk, reply: *mut Reply) -> u32 {
    // SAFETY: the header promises a request.
    let ask = unsafe { &*ask };
    // SAFETY: and that its texts are some, or NULL.
    let [symbol, signature, library] =
        [ask.symbol, ask.signature, ask.library].map(|word| unsafe { text(word) });
    let request = BindRequest {
        symbol,
        signature,
        consumes: usize::try_from(ask.consumes).ok(),
        force_general: ask.force_general != 0,
        other_engine: ask.other_engine != 0,
        library: (!ask.library.is_null()).then(|| library.into()),
        errno: ask.keep_errno != 0,
        opened: None,
    };
    // SAFETY: the header promises the binder and a reply.
    unsafe { answer(binder, reply, |exported, reply| exported.bind(&request, reply)) }
}

unsafe extern "C" fn call(
    binder: *mut c_void,
    function: u64,
    arguments: *const Value,
    count: usize,
    reply: *mut Reply,
) -> u32 {
    let address = arguments.expose_provenance() as u64;
    // SAFETY: the header promises so many values.
    let given = unsafe { items_at::<Value>(address, count as u64, "arguments") };
    if let Ok(given) = given {
        // SAFETY: the header promises a reply.
        let again = hosted::called_again(function, given, unsafe { &mut *reply });
        if let Some(status) = again {
            return status;
        }
    }
    let ask = |exported: &mut Exported, reply: &mut Reply| {
        exported.call(function, given.map_err(SubjectFault::Adapter)?, reply)
    };
    // SAFETY: the header promises the binder and a reply.
    unsafe { answer(binder, reply, ask) }
}

unsafe extern "C" fn next(binder: *mut c_void, stream: u64, reply: *mut Reply) -> u32 {
    // SAFETY: the header promises the binder and a reply.
    unsafe { answer(binder, reply, |exported, reply| exported.next(stream, reply)) }
}

unsafe extern "C" fn close(binder: *mut c_void, stream: u64, reply: *mut Reply) -> u32 {
    // SAFETY: as above.
    unsafe {
        answer(binder, reply, |exported, _| {
            exported.subject.close(Token(stream)).map(|()| status::OK)
        })
    }
}

unsafe extern "C" fn make(
    binder: *mut c_void,
    form: *const c_char,
    function: *const Value,
    reply: *mut Reply,
) -> u32 {
    // SAFETY: the header promises a text.
    let form = unsafe { text(form) };
    // SAFETY: and a function.
    let function = unsafe { *function };
    // SAFETY: and the binder and a reply.
    unsafe { answer(binder, reply, |exported, reply| exported.make(&form, function, reply)) }
}

unsafe extern "C" fn release(binder: *mut c_void, kept: u64, reply: *mut Reply) -> u32 {
    // SAFETY: the header promises the binder and a reply.
    unsafe { answer(binder, reply, |exported, reply| exported.release(kept, reply)) }
}

unsafe extern "C" fn forget(binder: *mut c_void) {
    // SAFETY: the header promises the binder.
    let exported = unsafe { exported(binder) };
    // What cannot be said here is said by what is asked next.
    let _ = exported.subject.forget();
}

unsafe extern "C" fn counters(binder: *mut c_void, counts: *mut Counters) {
    // SAFETY: the header promises the binder.
    let exported = unsafe { exported(binder) };
    // SAFETY: and a place for the counts.
    unsafe { *counts = exported.subject.counters().ok().flatten().unwrap_or_default() };
}

unsafe extern "C" fn errno(binder: *mut c_void, set: *const i32) -> i32 {
    // SAFETY: the header promises the binder.
    let exported = unsafe { exported(binder) };
    // SAFETY: and a number or NULL.
    let set = unsafe { set.as_ref() };
    exported.subject.errno(set.copied()).unwrap_or_default()
}

unsafe extern "C" fn stop(binder: *mut c_void) {
    // SAFETY: the header promises the binder, for the last time.
    let mut exported = unsafe { Box::from_raw(binder.cast::<Exported>()) };
    // Nobody is left to be told.
    let _ = exported.subject.stop();
}
