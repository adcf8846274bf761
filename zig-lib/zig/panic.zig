//! What a failed safety check does: one line on standard error, then `abort`; without a system, a trap. The root file makes
//! it the program's, because the stack-trace machinery of the default would be most of the build.

const libc = @import("libc.zig");

pub fn call(message: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    if (libc.alone) @trap();
    const prefix = "boundary fixture: ";
    _ = libc.c.write(2, prefix, prefix.len);
    _ = libc.c.write(2, message.ptr, message.len);
    _ = libc.c.write(2, "\n", 1);
    libc.c.abort();
}

fn stop(comptime message: []const u8) fn () noreturn {
    return struct {
        fn stopped() noreturn {
            call(message, null);
        }
    }.stopped;
}

pub fn sentinelMismatch(_: anytype, _: anytype) noreturn {
    call("sentinel mismatch", null);
}

pub fn unwrapError(_: anyerror) noreturn {
    call("attempt to unwrap error", null);
}

pub fn outOfBounds(_: usize, _: usize) noreturn {
    call("index out of bounds", null);
}

pub fn startGreaterThanEnd(_: usize, _: usize) noreturn {
    call("start index is larger than end index", null);
}

pub fn inactiveUnionField(_: anytype, _: anytype) noreturn {
    call("access of inactive union field", null);
}

pub fn sliceCastLenRemainder(_: usize) noreturn {
    call("slice length does not divide exactly into destination elements", null);
}

pub const reachedUnreachable = stop("reached unreachable code");
pub const unwrapNull = stop("attempt to use null value");
pub const castToNull = stop("cast causes pointer to be null");
pub const incorrectAlignment = stop("incorrect alignment");
pub const invalidErrorCode = stop("invalid error code");
pub const integerOutOfBounds = stop("integer does not fit in destination type");
pub const integerOverflow = stop("integer overflow");
pub const shlOverflow = stop("left shift overflowed bits");
pub const shrOverflow = stop("right shift overflowed bits");
pub const divideByZero = stop("division by zero");
pub const exactDivisionRemainder = stop("exact division produced remainder");
pub const integerPartOutOfBounds = stop("integer part of floating point value out of bounds");
pub const corruptSwitch = stop("switch on corrupt value");
pub const shiftRhsTooBig = stop("shift amount is greater than the type size");
pub const invalidEnumValue = stop("invalid enum value");
pub const forLenMismatch = stop("for loop over objects with non-equal lengths");
pub const copyLenMismatch = stop("source and destination have non-equal lengths");
pub const memcpyAlias = stop("@memcpy arguments alias");
pub const noreturnReturned = stop("'noreturn' function returned");
