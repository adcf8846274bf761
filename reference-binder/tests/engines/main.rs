//! The two engines of the foreign call: the choice between them, and that a call through libffi puts the
//! same bits into the same places (L-21, L-22). Where this machine has no libffi, they are ignored, with the
//! reason.

#[path = "../native/library.rs"]
#[expect(dead_code, reason = "most of it is for the tests beside it")]
mod library;

use libtest_mimic::{Arguments, Completion, Trial};
use reference_binder::{
    BindError, BindOptions, Dialects, Engine, EngineChoice, Function, PathChoice, Value, errno,
};

use library::Native;

const LIBFFI: BindOptions = BindOptions {
    consumes: None,
    path: PathChoice::BySignature,
    engine: EngineChoice::Libffi,
    dialects: Dialects::NONE,
    errno: false,
};
const LIBFFI_GENERAL: BindOptions = BindOptions { path: PathChoice::General, ..LIBFFI };

const TESTS: [(&str, fn()); 6] = [
    ("an_engine_is_what_was_asked_for", an_engine_is_what_was_asked_for),
    (
        "what_the_register_image_has_no_room_for_goes_through_libffi",
        what_the_register_image_has_no_room_for_goes_through_libffi,
    ),
    (
        "narrow_integers_are_extended_in_registers_and_on_the_stack",
        narrow_integers_are_extended_in_registers_and_on_the_stack,
    ),
    ("only_the_low_bits_of_a_return_mean_anything", only_the_low_bits_of_a_return_mean_anything),
    ("floats_of_every_size_cross", floats_of_every_size_cross),
    ("errno_is_kept_where_it_is_asked_for", errno_is_kept_where_it_is_asked_for),
];

fn main() {
    let trials = TESTS.map(|(name, test)| {
        Trial::ignorable_test(name, move || {
            if let Err(missing) = system_libffi::available() {
                return Ok(Completion::ignored_with(missing.to_string()));
            }
            test();
            Ok(Completion::Completed)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit()
}

/// The function on every engine and path that serves it.
fn all(native: &Native, symbol: &str, signature: &str) -> Vec<Function> {
    let general = BindOptions { path: PathChoice::General, ..BindOptions::default() };
    [BindOptions::default(), general, LIBFFI, LIBFFI_GENERAL]
        .into_iter()
        .map(|options| native.try_bind(symbol, signature, options).expect("a function"))
        .collect()
}

fn longs(count: usize) -> String {
    let arguments: Vec<_> = (0..count).map(|place| format!("a{place} :i64")).collect();
    format!("[{} :ret :i64]", arguments.join(" "))
}

fn an_engine_is_what_was_asked_for() {
    let native = Native::new();
    let [default, _, asked, _] = &all(&native, "dirty", "[x :i64 :ret :i8]")[..] else {
        panic!("four functions");
    };
    let registers = cfg!(all(target_arch = "x86_64", unix));
    let expected = if registers { Engine::Registers } else { Engine::Libffi };
    assert_eq!(default.engine(), expected);
    assert_eq!(asked.engine(), Engine::Libffi);
    assert_eq!(asked.path(), default.path(), "the engine is no part of the path (P-4)");
}

fn what_the_register_image_has_no_room_for_goes_through_libffi() {
    let native = Native::new();
    let arguments: Vec<_> = (0..60).map(|place| Value::long(place * place - 7)).collect();
    let expected: i64 = (0..60).map(|place| (place * place - 7) * (place + 1)).sum();
    for function in all(&native, "sixty", &longs(60)) {
        assert_eq!(function.engine(), Engine::Libffi);
        let before = native.scopes();
        let value = native.run(&function, &arguments).expect("a number");
        assert_eq!(native.show(value), expected.to_string());
        let entered = native.scopes().entered - before.entered;
        assert!(entered <= 1, "at most the general path's own scope");
    }
    let refused = native.try_bind("sixty", &longs(256), BindOptions::default());
    assert!(matches!(refused, Err(BindError::TooManyArguments { carriers: 256, .. })));
}

fn narrow_integers_are_extended_in_registers_and_on_the_stack() {
    let native = Native::new();
    let signature = "[a :i8 b :u8 c :i16 d :u32 e :i64 f :i64 g :i8 h :u8 :ret :i64]";
    let arguments = [-1, 255, -2, 4_294_967_295, 0, 0, -1, 255].map(Value::long);
    for function in all(&native, "unextended", signature) {
        let value = native.run(&function, &arguments).expect("a number");
        assert_eq!(native.show(value), "0", "{:?}", function.engine());
    }
}

fn only_the_low_bits_of_a_return_mean_anything() {
    let native = Native::new();
    for (returns, expected) in [(":i8", "-1"), (":u8", "255"), (":bool", "true")] {
        for function in all(&native, "dirty", &format!("[x :i64 :ret {returns}]")) {
            let value = native.run(&function, &[Value::long(255)]).expect("a value");
            assert_eq!(native.show(value), expected, "{:?}", function.engine());
        }
    }
}

fn errno_is_kept_where_it_is_asked_for() {
    let native = Native::new();
    let signature = "[left :i64 :ret :i64]";
    let exchange = |options: BindOptions, left: i64| {
        let function = native.try_bind("errno_exchange", signature, options).expect("a function");
        assert_eq!(function.typed::<(i64,), i64>().is_err(), options.errno);
        let held = native.run(&function, &[Value::long(left)]).expect("a number");
        native.show(held)
    };
    let general = BindOptions { path: PathChoice::General, ..BindOptions::default() };
    for options in [BindOptions::default(), general, LIBFFI, LIBFFI_GENERAL] {
        errno::set(0x1234_5678);
        let held = exchange(BindOptions { errno: true, ..options }, -7);
        assert_eq!((held, errno::last()), (0x1234_5678.to_string(), -7), "{options:?}");
        exchange(options, 9);
        let elsewhere = std::thread::scope(|scope| scope.spawn(errno::last).join());
        assert_eq!((errno::last(), elsewhere.ok()), (-7, Some(0)), "{options:?}");
    }
}

fn floats_of_every_size_cross() {
    let native = Native::new();
    let signature = "[a :f16 b :f32 c :f64 d :f64 e :f64 f :f64 g :f64 h :f64 i :f16 j :f32 k :f64 \
                     :ret :f64]";
    let arguments: Vec<_> = (0..11).map(|place| Value::double(f64::from(place) + 0.5)).collect();
    let expected: f64 = (0..11).map(|place| (f64::from(place) + 0.5) * f64::from(place + 1)).sum();
    for function in all(&native, "floats", signature) {
        let value = native.run(&function, &arguments).expect("a number");
        assert_eq!(native.show(value), format!("{expected:?}"), "{:?}", function.engine());
    }
    let third = f64::from(1.0_f32 / 3.0);
    for (symbol, kind, expected) in [("half_of", ":f16", 0.5), ("third_of", ":f32", third)] {
        for function in all(&native, symbol, &format!("[x {kind} :ret {kind}]")) {
            let value = native.run(&function, &[Value::double(1.0)]).expect("a number");
            assert_eq!(native.show(value), format!("{expected:?}"), "{:?}", function.engine());
        }
    }
}
