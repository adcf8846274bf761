//! Wide scalars: by pointer, in structs, slices and returns (L-3, C-1 to C-3, R-2, R-3).

use contract::Scalar;
use reference_binder::Value;
use reference_binder::heap::Object;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees};

const MOST: &str = "340282366920938463463374607431768211455";
const LEAST: &str = "-170141183460469231731687303715884105728";

#[test]
fn integers_of_128_bits_are_exact_and_longs_where_those_hold_them() {
    let native = Native::new();
    let signed = |value| native.call("echo_i128", "[n :i128 :ret :i128]", &[value]);
    let unsigned = |value| native.call("echo_u128", "[n :u128 :ret :u128]", &[value]);
    assert_eq!(unsigned(native.big(MOST)), format!("{MOST}N"));
    assert_eq!(signed(native.big(LEAST)), format!("{LEAST}N"));
    for number in [0, 1, -1, i64::MIN, i64::MAX] {
        assert_eq!(signed(Value::long(number)), number.to_string());
    }
    assert_eq!(signed(Value::unsigned(1 << 63)), "9223372036854775808N");
    assert_eq!(unsigned(Value::unsigned(u64::MAX)), "18446744073709551615N");
    assert_eq!(unsigned(native.big("7")), "7");
    assert_eq!(signed(native.big("-9223372036854775809")), "-9223372036854775809N");
    assert_eq!(signed(Value::double(-((1_u128 << 127) as f64))), format!("{LEAST}N"));
    assert_eq!(
        unsigned(Value::double((1_u128 << 127) as f64)),
        "170141183460469231731687303715884105728N"
    );
}

#[test]
fn integers_out_of_range_and_what_is_no_integer_are_refused() {
    let native = Native::new();
    let signed = native.bind("echo_i128", "[n :i128 :ret :i128]");
    let unsigned = native.bind("echo_u128", "[n :u128 :ret :u128]");
    let beyond = "340282366920938463463374607431768211456";
    for (function, value, code) in [
        (&unsigned, native.big(beyond), CallCode::OutOfRange),
        (&unsigned, Value::long(-1), CallCode::OutOfRange),
        (&unsigned, Value::double((1_u128 << 127) as f64 * 2.0), CallCode::TypeMismatch),
        (&unsigned, Value::double(-1.0), CallCode::TypeMismatch),
        (&signed, native.big("170141183460469231731687303715884105728"), CallCode::OutOfRange),
        (&signed, Value::double((1_u128 << 127) as f64), CallCode::TypeMismatch),
        (&signed, Value::double(1e300), CallCode::TypeMismatch),
        (&signed, Value::double(0.5), CallCode::TypeMismatch),
        (&signed, Value::double(f64::NAN), CallCode::TypeMismatch),
        (&signed, Value::boolean(true), CallCode::TypeMismatch),
        (
            &signed,
            native.keep(Object::Extended(Scalar::F128, 0x3fff << 112)),
            CallCode::TypeMismatch,
        ),
        (&signed, Value::NIL, CallCode::NilArgument),
    ] {
        assert_eq!(native.refuses(function, &[value]), (code, Some(0)), "{}", native.show(value));
    }
}

#[test]
fn extended_floats_keep_every_bit() {
    let native = Native::new();
    let one_and_a_bit = 0x3fff_8000_0000_0000_0001;
    // The last is no number to the processor: exponent, but no integer bit.
    for bits in [one_and_a_bit, 1 << 79, 1, 0x7fff_8000_0000_0000_beef, 0x3fff_0000_0000_0000_0007]
    {
        let value = native.keep(Object::Extended(Scalar::F80, bits));
        let shown = native.call("echo_f80", "[x :f80 :ret :f80]", &[value]);
        assert_eq!(shown, format!("#f80 {bits:#x}"));
    }
    for bits in [1, 1 << 127, 0x7fff << 112 | 0xbeef, 0x3fff << 112 | 1] {
        let value = native.keep(Object::Extended(Scalar::F128, bits));
        let shown = native.call("echo_f128", "[x :f128 :ret :f128]", &[value]);
        assert_eq!(shown, format!("#f128 {bits:#x}"));
    }
}

#[test]
fn numbers_given_to_extended_parameters_are_rounded_once() {
    let native = Native::new();
    let f80 = |value| native.call("echo_f80", "[x :f80 :ret :f80]", &[value]);
    let f128 = |value| native.call("echo_f128", "[x :f128 :ret :f128]", &[value]);
    assert_eq!(f80(Value::double(-1.5)), "#f80 0xbfffc000000000000000");
    assert_eq!(f128(Value::double(1.0)), "#f128 0x3fff0000000000000000000000000000");
    assert_eq!(f80(Value::long(-1)), "#f80 0xbfff8000000000000000");
    assert_eq!(f80(Value::unsigned(u64::MAX)), "#f80 0x403effffffffffffffff");
    // 2^64 + 1 is a tie in 64 bits of precision; 2^64 + 3 is not even.
    assert_eq!(f80(native.big("18446744073709551617")), "#f80 0x403f8000000000000000");
    assert_eq!(f80(native.big("18446744073709551619")), "#f80 0x403f8000000000000002");
    let smallest_double = Value::double(f64::from_bits(1));
    assert_eq!(f80(smallest_double), "#f80 0x3bcd8000000000000000");
    let third = native.keep(Object::Extended(Scalar::F128, 0x3ffd5555555555555555555555555555));
    assert_eq!(f80(third), "#f80 0x3ffdaaaaaaaaaaaaaaab");
    let eighty = native.keep(Object::Extended(Scalar::F80, 0x3ffd_aaaa_aaaa_aaaa_aaab));
    assert_eq!(f128(eighty), "#f128 0x3ffd5555555555555556000000000000");
    // And the processor reads the number that was meant.
    let native_double =
        |symbol, form, value| native.call(symbol, &format!("[x {form} :ret :f64]"), &[value]);
    assert_eq!(native_double("f80_double", ":f80", Value::double(0.1)), "0.1");
    assert_eq!(native_double("f128_double", ":f128", Value::double(0.1)), "0.1");
    assert_eq!(
        native_double("f80_double", ":f80", native.big("9007199254740993")),
        "9007199254740992.0"
    );
}

#[test]
fn extended_floats_given_to_narrow_parameters_are_rounded_once() {
    let native = Native::new();
    // Just above the tie between two singles: by way of a double it would be the tie itself.
    let above = native.keep(Object::Extended(Scalar::F128, 0x3fff << 112 | 1 << 88 | 1));
    let single = "[x :i8 & xs :f32 :ret :f64]";
    let total = native.call("rest_total", single, &[Value::long(1), above]);
    assert_eq!(total, f64::from(1.0_f32.next_up()).to_string());
    let double = "[x [:optional :f64] :ret :f64]";
    let third = native.keep(Object::Extended(Scalar::F80, 0x3ffd_aaaa_aaaa_aaaa_aaab));
    assert_eq!(native.call("optional_double", double, &[third]), (1.0_f64 / 3.0).to_string());
    let nan = native.keep(Object::Extended(Scalar::F80, 0xffff_c000_0000_0000_0000));
    assert_eq!(native.call("optional_double", double, &[nan]), "NaN");
    let huge = native.keep(Object::Extended(Scalar::F80, 0x7ffe_ffff_ffff_ffff_ffff));
    assert_eq!(native.call("optional_double", double, &[huge]), "inf");
}

#[test]
fn wide_scalars_lie_in_structs_and_slices() {
    let native = Native::new();
    let wides = native.map(&[
        ("tag", Value::long(1)),
        ("whole", native.big(MOST)),
        ("extended", Value::double(0.5)),
        ("between", Value::long(2)),
        ("quad", Value::long(-2)),
    ]);
    assert_eq!(
        native.call("wides_echo", "[w Wides :ret Wides]", &[wides]),
        format!(
            "{{:tag 1 :whole {MOST}N :extended #f80 0x3ffe8000000000000000 :between 2 \
             :quad #f128 0xc0000000000000000000000000000000}}"
        )
    );
    let numbers = native.array(Scalar::I128, &[1 << 100, 1 << 100, -1]);
    assert_eq!(
        native.call("i128_total", "[xs [:slice :const :i128] :ret :i128]", &[numbers]),
        "2535301200456458802993406410751N"
    );
    let owned = "[n :usize :ret [:owned [:slice :f80]]]";
    assert_eq!(
        frees(1, || native.call("f80_owned", owned, &[Value::long(3)])),
        "[#f80 0x0 #f80 0x3fff8000000000000000 #f80 0x40008000000000000000]"
    );
}
