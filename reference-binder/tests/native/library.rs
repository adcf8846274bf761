//! The fixture library, and calls of it with values written shortly.
#![expect(
    unsafe_code,
    reason = "binds fixtures whose prototypes are in the C files beside this one"
)]

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use contract::{Declarations, Scalar, Signature};
use reference_binder::heap::{Array, Object};
use reference_binder::keyword::Keyword;
use reference_binder::refusal::{CallCode, CallRefusal};
use reference_binder::scope::ScopeCounters;
use reference_binder::value::View;
use reference_binder::{BindError, BindOptions, Caller, Function, Library, Value};

const TYPES: &str = "
    (defenumz Color {:backing :i16} [red -1 green 300])
    (deftypez Point [x :f64 y :i32])
    (deftypez Outer [tag :u8 at Point color Color on :bool half :f16])
    (deftypez Nothing [])
    (deftypez Grid [tag :u8 cells [:array 3 :u16] corners [:array 2 Point] colors [:array 2 Color]])
    (defrecordz Document [name :string
                          data [:bytes [:slice :u8]]
                          samples [:slice :f64]
                          note [:borrowed [:slice :const :u8]]
                          number :i64])
    (deftypez Huge [a [:array 1099511627776 :u8]])
    (deftypez Hugest [a [:array 9223372036854775807 :u8]])
    (deftypez Holder [tag :u8 inner Huge tail :string])
    (deftypez Half [a [:array 33554432 Outer]])
    (deftypez Doubled [left Half right Half])
    (deftypez Block [cells [:array 16777216 :u8]])
    (deftypez Wall [blocks [:array 8192 Block]])
    (deftypez Wides [tag :u8 whole :u128 extended :f80 between :u8 quad :f128])
    (deftypez Down [left :i64] {:clj-zig/iter {:next \"next\" :deinit \"deinit\"}})";

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/native");
    let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(concat!(env!("CARGO_CRATE_NAME"), "_fixture.so"));
    let compiled = Command::new("cc")
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .args(
            ["engines.c", "fixture.c", "memory.c", "sizes.c", "values.c"]
                .map(|file| sources.join(file)),
        )
        .status();
    assert!(compiled.is_ok_and(|status| status.success()), "`cc` compiles the fixtures");
    // SAFETY: it was compiled from the files beside this one, which have no initialisers.
    unsafe { Library::open(&library) }.expect("the fixture library opens")
});

/// A caller of the fixture library. Its methods take it shared, so that values nest where they are
/// written.
pub(crate) struct Native {
    declarations: Declarations,
    caller: RefCell<Caller>,
}

/// The fixture's counters on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) calls: i64,
    pub(crate) frees: i64,
    pub(crate) live: i64,
}

impl Native {
    pub(crate) fn new() -> Native {
        let declarations = Declarations::read(TYPES).unwrap_or_else(|refusal| panic!("{refusal}"));
        Native { declarations, caller: RefCell::default() }
    }

    pub(crate) fn try_bind(
        &self,
        symbol: &str,
        signature: &str,
        options: BindOptions,
    ) -> Result<Function, BindError> {
        let signature = Signature::read(signature, &self.declarations)
            .unwrap_or_else(|refusal| panic!("{signature}: {refusal}"));
        // SAFETY: each test states the signature of the C function it names.
        unsafe { LIBRARY.bind(symbol, &signature, &self.declarations, options) }
    }

    pub(crate) fn bind(&self, symbol: &str, signature: &str) -> Function {
        self.try_bind(symbol, signature, BindOptions::default())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn run(
        &self,
        function: &Function,
        arguments: &[Value],
    ) -> Result<Value, CallRefusal> {
        let result = function.call(&mut self.caller.borrow_mut(), arguments);
        assert_eq!(self.scopes().open, 0, "every way out closes the scope (P-3)");
        result
    }

    /// Binds, calls, and writes the result out.
    pub(crate) fn call(&self, symbol: &str, signature: &str, arguments: &[Value]) -> String {
        let value = self.run(&self.bind(symbol, signature), arguments);
        value.map_or_else(|refusal| format!("refused: {refusal}"), |value| self.show(value))
    }

    /// Calls what must be refused: no native call is made, nothing is freed or kept (C-13).
    pub(crate) fn refuses(
        &self,
        function: &Function,
        arguments: &[Value],
    ) -> (CallCode, Option<usize>) {
        let (ledger, mark) = (ledger(), self.caller.borrow().heap.mark());
        let refusal = self.run(function, arguments).expect_err("a refusal");
        assert!(!refusal.code().after_the_call(), "{refusal}");
        assert_eq!(self::ledger(), ledger, "no native call");
        assert_eq!(self.caller.borrow().heap.mark(), mark, "nothing kept");
        (refusal.code(), refusal.argument())
    }

    /// Calls what the library answers with a corrupt length: one call, one free, nothing kept.
    pub(crate) fn is_corrupt(&self, symbol: &str, signature: &str, arguments: &[Value]) {
        let function = self.bind(symbol, signature);
        let (before, mark) = (ledger(), self.caller.borrow().heap.mark());
        let refusal = self.run(&function, arguments).expect_err("a corrupt length");
        assert_eq!(refusal.code(), CallCode::CorruptNativeLength);
        assert_eq!(ledger().frees - before.frees, 1, "freed once (R-11)");
        assert_eq!(ledger().live, before.live);
        assert_eq!(self.caller.borrow().heap.mark(), mark, "nothing kept");
    }

    pub(crate) fn scopes(&self) -> ScopeCounters {
        self.caller.borrow().counters()
    }

    pub(crate) fn with<T>(&self, job: impl FnOnce(&mut Caller) -> T) -> T {
        job(&mut self.caller.borrow_mut())
    }

    pub(crate) fn keep(&self, object: Object) -> Value {
        self.caller.borrow_mut().heap.keep(object)
    }

    pub(crate) fn big(&self, decimal: &str) -> Value {
        self.keep(Object::Big(decimal.parse().expect("a number")))
    }

    pub(crate) fn text(&self, text: &str) -> Value {
        self.keep(Object::Text(text.into()))
    }

    pub(crate) fn bytes(&self, bytes: &[u8]) -> Value {
        self.keep(Object::Bytes(bytes.into()))
    }

    pub(crate) fn vector(&self, values: &[Value]) -> Value {
        self.keep(Object::Vector(values.into()))
    }

    pub(crate) fn map(&self, entries: &[(&str, Value)]) -> Value {
        let entries = entries.iter().map(|(key, value)| (Keyword::new(key), *value)).collect();
        self.keep(Object::Map { record: None, entries })
    }

    pub(crate) fn point(&self, x: f64, y: i64) -> Value {
        self.map(&[("x", Value::double(x)), ("y", Value::long(y))])
    }

    /// A typed array of the elements' low bytes.
    pub(crate) fn array(&self, element: Scalar, elements: &[i128]) -> Value {
        let bytes = elements
            .iter()
            .flat_map(|element_bits| element_bits.to_le_bytes().into_iter().take(element.size()));
        let array = Array::from_bytes(element, &bytes.collect::<Vec<_>>()).expect("elements");
        self.keep(Object::Array(array))
    }

    pub(crate) fn doubles(&self, elements: &[f64]) -> Value {
        let bits: Vec<_> = elements.iter().map(|element| i128::from(element.to_bits())).collect();
        self.array(Scalar::F64, &bits)
    }

    /// A value, written out. Doubles by the shortest decimal, what has no EDN form after a `#`.
    pub(crate) fn show(&self, value: Value) -> String {
        let object = match value.view() {
            View::Nil => return "nil".into(),
            View::Boolean(value) => return value.to_string(),
            View::Long(value) => return value.to_string(),
            View::Unsigned(value) => return format!("{value}N"),
            View::Double(value) => return format!("{value:?}"),
            View::Keyword(keyword) => return format!("{keyword:?}"),
            View::Handle(_) => return "#handle".into(),
            View::Object(object) => object,
        };
        let caller = self.caller.borrow();
        match caller.heap.get(object).expect("a value of this heap") {
            Object::Big(value) => format!("{value}N"),
            Object::Extended(scalar, bits) => format!("#{} {bits:#x}", scalar.name()),
            Object::Error(name) => format!("#error {name}"),
            Object::Text(text) => format!("{text:?}"),
            Object::Unencodable(_) => "#unencodable".into(),
            Object::Bytes(bytes) => format!("#bytes {bytes:02x?}"),
            Object::Array(array) => {
                format!("#{}s {:02x?}", array.element().name(), array.to_bytes())
            }
            Object::Vector(values) => {
                let values: Vec<_> = values.iter().map(|value| self.show(*value)).collect();
                format!("[{}]", values.join(" "))
            }
            Object::Map { record, entries } => {
                let entry =
                    |(key, value): &(Keyword, Value)| format!("{key:?} {}", self.show(*value));
                let entries: Vec<_> = entries.iter().map(entry).collect();
                let name = record.map_or(String::new(), |name| format!("#{}", name.name()));
                format!("{name}{{{}}}", entries.join(" "))
            }
            Object::Stream(_) => "#stream".into(),
            Object::Function(_) | Object::Kept(_) => "#function".into(),
        }
    }
}

/// The fixture's counters on this thread.
pub(crate) fn ledger() -> Ledger {
    let native = Native::new();
    let count = |symbol| {
        let value = native.run(&native.bind(symbol, "[:ret :i64]"), &[]).expect("a count");
        let View::Long(count) = value.view() else { panic!("{value:?} is no count") };
        count
    };
    Ledger {
        calls: count("ledger_calls"),
        frees: count("ledger_frees"),
        live: count("ledger_live"),
    }
}

/// Runs a job that must free as often as said and leave no block behind (N-3).
pub(crate) fn frees<T>(expected: i64, job: impl FnOnce() -> T) -> T {
    let before = ledger();
    let result = job();
    let after = ledger();
    assert_eq!(after.frees - before.frees, expected, "frees");
    assert_eq!(after.live, before.live, "blocks that are left");
    result
}
