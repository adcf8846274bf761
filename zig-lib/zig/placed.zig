//! Functions that return the one argument of theirs that crosses as itself (G-1), by where it stands among others.

const ByValue = @import("forms.zig").ByValue;

pub fn pass(comptime S: type) fn (ByValue(S)) ByValue(S) {
    return struct {
        fn call(s: ByValue(S)) ByValue(S) {
            return s;
        }
    }.call;
}

/// One integer register is left, none where the struct returns through memory.
pub fn afterFiveWords(comptime S: type) fn (i64, i64, i64, i64, i64, ByValue(S), i64, f64) ByValue(S) {
    return struct {
        fn call(_: i64, _: i64, _: i64, _: i64, _: i64, s: ByValue(S), _: i64, _: f64) ByValue(S) {
            return s;
        }
    }.call;
}

pub fn afterSixWords(comptime S: type) fn (i64, i64, i64, i64, i64, i64, ByValue(S), i64, f64) ByValue(S) {
    return struct {
        fn call(_: i64, _: i64, _: i64, _: i64, _: i64, _: i64, s: ByValue(S), _: i64, _: f64) ByValue(S) {
            return s;
        }
    }.call;
}

pub fn afterSevenDoubles(comptime S: type) fn (f64, f64, f64, f64, f64, f64, f64, ByValue(S), f64, i64) ByValue(S) {
    return struct {
        fn call(_: f64, _: f64, _: f64, _: f64, _: f64, _: f64, _: f64, s: ByValue(S), _: f64, _: i64) ByValue(S) {
            return s;
        }
    }.call;
}

pub fn afterEightDoubles(comptime S: type) fn (f64, f64, f64, f64, f64, f64, f64, f64, ByValue(S), f64, i64) ByValue(S) {
    return struct {
        fn call(
            _: f64,
            _: f64,
            _: f64,
            _: f64,
            _: f64,
            _: f64,
            _: f64,
            _: f64,
            s: ByValue(S),
            _: f64,
            _: i64,
        ) ByValue(S) {
            return s;
        }
    }.call;
}

/// Both files are full.
pub fn afterBoth(comptime S: type) fn (
    i64,
    f64,
    i64,
    f64,
    i64,
    f64,
    i64,
    f64,
    i64,
    f64,
    i64,
    f64,
    f64,
    f64,
    ByValue(S),
    i64,
    f64,
) ByValue(S) {
    return struct {
        fn call(
            _: i64,
            _: f64,
            _: i64,
            _: f64,
            _: i64,
            _: f64,
            _: i64,
            _: f64,
            _: i64,
            _: f64,
            _: i64,
            _: f64,
            _: f64,
            _: f64,
            s: ByValue(S),
            _: i64,
            _: f64,
        ) ByValue(S) {
            return s;
        }
    }.call;
}

/// One integer register is left, and the first float register is another argument's.
pub fn afterDoubleAndFiveWords(comptime S: type) fn (f64, i64, i64, i64, i64, i64, ByValue(S), f64) ByValue(S) {
    return struct {
        fn call(_: f64, _: i64, _: i64, _: i64, _: i64, _: i64, s: ByValue(S), _: f64) ByValue(S) {
            return s;
        }
    }.call;
}

/// No register is left, and one word is on the stack.
pub fn afterSevenWords(comptime S: type) fn (i64, i64, i64, i64, i64, i64, i64, ByValue(S), i64, f64) ByValue(S) {
    return struct {
        fn call(_: i64, _: i64, _: i64, _: i64, _: i64, _: i64, _: i64, s: ByValue(S), _: i64, _: f64) ByValue(S) {
            return s;
        }
    }.call;
}
