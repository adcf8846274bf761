//! B-1 and B-2 on the reference binder: what cannot be opened or linked is refused by path and symbol,
//! and a bound function keeps its library.
#![expect(unsafe_code, reason = "binds symbols of the fixture library")]

use std::path::{Path, PathBuf};

use contract::{Declarations, Signature};
use reference_binder::library::LibraryError;
use reference_binder::refusal::CallCode;
use reference_binder::value::View;
use reference_binder::{BindError, BindOptions, Caller, ClosableLibrary, Function, Library, Value};
use zig_lib::library::{Profile, build};

fn fixtures() -> PathBuf {
    build(Profile::Bench).expect("the fixtures build").path
}

fn bind(library: &Library, symbol: &str, signature: &str) -> Result<Function, BindError> {
    bind_with(library, symbol, signature, BindOptions::default())
}

fn bind_with(
    library: &Library,
    symbol: &str,
    signature: &str,
    options: BindOptions,
) -> Result<Function, BindError> {
    let declarations = Declarations::new();
    let signature = Signature::read(signature, &declarations).expect("a valid signature");
    // SAFETY: each test binds a fixture to its own signature, or a symbol that must not be found.
    unsafe { library.bind(symbol, &signature, &declarations, options) }
}

fn load() -> Library {
    // SAFETY: the suite's own fixtures.
    unsafe { Library::open(&fixtures()) }.expect("the fixtures load")
}

fn open_error(path: &Path) -> LibraryError {
    // SAFETY: each is the suite's fixtures, a part of them, or no library.
    match unsafe { Library::open(path) } {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

#[test]
fn a_library_that_is_not_there_is_named() {
    let error = open_error(Path::new("no/such/library.so"));
    assert!(matches!(error, LibraryError::Unreadable { .. }));
    assert!(error.to_string().contains("no/such/library.so"), "{error}");
}

#[test]
fn what_is_no_library_is_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, bytes) in
        [("text.so", &b"not a library"[..]), ("empty.so", b""), ("elf.so", b"\x7fELF\x02\x01")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        let error = open_error(&path);
        assert!(matches!(error, LibraryError::NotLoadable { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// Cut anywhere, the library is refused: a loader that maps a cut segment dies of SIGBUS instead.
#[test]
fn a_truncated_library_is_refused_wherever_it_is_cut() {
    let whole = std::fs::read(fixtures()).expect("the fixtures are readable");
    let folder = tempfile::tempdir().expect("a scratch folder");
    for part in [1, 10, 25, 50, 75, 90] {
        let path = folder.path().join(format!("cut-{part}.so"));
        std::fs::write(&path, &whole[..whole.len() * part / 100]).expect("a scratch file");
        let error = open_error(&path);
        assert!(
            matches!(error, LibraryError::Truncated { .. } | LibraryError::NotLoadable { .. }),
            "{part} %: {error}"
        );
        assert!(error.to_string().contains(&format!("cut-{part}.so")), "{error}");
    }
}

#[test]
fn a_missing_symbol_is_named_with_the_library() {
    let library = load();
    let error = bind(&library, "no_such_symbol", "[:ret :void]").expect_err("it does not exist");
    let text = error.to_string();
    assert!(matches!(error, BindError::Library(LibraryError::MissingSymbol { .. })), "{text}");
    assert!(text.contains("no_such_symbol") && text.contains("libboundary"), "{text}");
}

/// `echo_i64` has no free symbol, so a return that obliges one cannot be bound to it.
#[test]
fn a_missing_free_symbol_is_named() {
    let library = load();
    let error = bind(&library, "echo_i64", "[x :i64 :ret [:owned [:slice :u8]]]");
    let text = error.expect_err("there is no echo_i64__free").to_string();
    assert!(text.contains("echo_i64__free") && text.contains("[:owned [:slice :u8]]"), "{text}");
}

#[test]
fn only_a_handle_can_be_consumed() {
    let library = load();
    for consumes in [0, 1, 200] {
        let options = BindOptions { consumes: Some(consumes), ..BindOptions::default() };
        let error = bind_with(&library, "echo_i64", "[x :i64 :ret :i64]", options);
        let text = error.expect_err("an integer is no handle").to_string();
        assert!(text.contains("echo_i64") && text.contains("handle"), "{text}");
    }
}

#[test]
fn a_bound_function_keeps_its_library() {
    let library = load();
    let function = bind(&library, "echo_i64", "[x :i64 :ret :i64]").expect("it binds");
    drop(library);
    let mut caller = Caller::new();
    let value = function.call(&mut caller, &[Value::long(-7)]).expect("it returns");
    assert_eq!(value.view(), View::Long(-7));
}

#[test]
fn a_closed_library_is_refused_and_another_object_of_it_is_not() {
    // SAFETY: the suite's own fixtures.
    let open = || unsafe { ClosableLibrary::open(&fixtures()) }.expect("the fixtures load");
    let (one, other) = (open(), open());
    let echo =
        |library: &ClosableLibrary| bind(library.library(), "echo_i64", "[x :i64 :ret :i64]");
    let (closed, kept) = (echo(&one).expect("it binds"), echo(&other).expect("it binds"));
    one.close();
    one.close();
    let mut caller = Caller::new();
    let refused = closed.call(&mut caller, &[Value::long(-7)]).expect_err("its library is closed");
    assert_eq!(refused.code(), CallCode::LibraryClosed);
    let error = echo(&one).expect_err("its library is closed");
    assert!(matches!(error, BindError::Library(LibraryError::Closed { .. })), "{error}");
    let value = kept.call(&mut caller, &[Value::long(-7)]).expect("it returns");
    assert_eq!(value.view(), View::Long(-7));
}

/// A symbol that was looked up is bound until its library is closed.
#[test]
fn an_address_is_bound_as_its_symbol_is() {
    // SAFETY: the suite's own fixtures.
    let library = unsafe { ClosableLibrary::open(&fixtures()) }.expect("the fixtures load");
    let address = library.library().symbol("echo_i64", "is called").expect("it is there");
    let bind = |signature| {
        let declarations = Declarations::new();
        let signature = Signature::read(signature, &declarations).expect("a valid signature");
        let (library, options) = (library.library(), BindOptions::default());
        // SAFETY: the fixture's own signature, or one that must not be bound.
        unsafe { library.bind_at(address, "echo_i64", &signature, &declarations, options) }
    };
    let echo = bind("[x :i64 :ret :i64]").expect("it binds");
    let value = echo.call(&mut Caller::new(), &[Value::long(-7)]).expect("it returns");
    assert_eq!(value.view(), View::Long(-7));
    let error = bind("[x :i64 :ret [:owned [:slice :u8]]]").expect_err("there is no free symbol");
    assert!(error.to_string().contains("echo_i64__free"), "{error}");
    library.close();
    let error = bind("[x :i64 :ret :i64]").expect_err("its library is closed");
    assert!(matches!(error, BindError::Library(LibraryError::Closed { .. })), "{error}");
}

/// As many integers as the register image has places for, one more, and more than any call may take.
#[test]
fn more_arguments_than_places_are_refused() {
    let library = load();
    let signature = |count: usize| {
        let arguments: Vec<String> = (0..count).map(|n| format!("a{n} :i64")).collect();
        format!("[{} :ret :i64]", arguments.join(" "))
    };
    // More than the register image has room for is libffi's, and where that is not, is not served.
    let by_libffi = system_libffi::available().is_ok();
    for count in [54, 55, 255] {
        let in_registers = cfg!(all(target_arch = "x86_64", unix)) && count <= 54;
        let bound = bind(&library, "echo_i64", &signature(count));
        assert_eq!(bound.is_ok(), in_registers || by_libffi, "{count} integers");
    }
    let error = bind(&library, "echo_i64", &signature(256)).expect_err("too many");
    assert!(matches!(error, BindError::TooManyArguments { carriers: 256, .. }), "{error}");
}
