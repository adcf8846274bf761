//! Releasing what a call returned: what `<symbol>__free` takes, and freeing the buffers of a value.

const form = @import("form.zig");
const ledger = @import("ledger.zig");
const sliceAt = @import("argument.zig").sliceAt;
const formOf = form.formOf;

/// What `<symbol>__free` takes.
pub const Kind = enum { none, buffer, structure, optional, stream };

pub fn kindOf(comptime T: type) Kind {
    return switch (formOf(T)) {
        .string, .bytes, .owned => .buffer,
        .owned_struct => .structure,
        .optional => |Child| if (formOf(Child) == .structure) .optional else .none,
        .error_union => |e| if (form.hasBuffers(e.payload)) .structure else .none,
        .stream => .stream,
        else => .none,
    };
}

/// The struct that a `structure` or `optional` release frees.
pub fn Released(comptime T: type) type {
    return switch (formOf(T)) {
        .owned_struct => |S| S,
        .optional => |Child| Child,
        .error_union => |e| e.payload,
        else => comptime unreachable,
    };
}

/// Frees every buffer of a value but those marked borrowed (L-13).
pub fn buffersOf(comptime T: type, value: *const T) void {
    switch (formOf(T)) {
        .structure => inline for (@typeInfo(T).@"struct".fields) |field| {
            if (comptime form.hasBuffers(field.type)) buffersOf(field.type, &@field(value, field.name));
        },
        .array => |a| if (comptime form.hasBuffers(a.child)) {
            for (value) |*element| buffersOf(a.child, element);
        },
        .string, .bytes => buffer(u8, value.address, value.length),
        .slice, .owned => |s| buffer(s.child, value.address, value.length),
        .borrowed => {},
        else => comptime unreachable,
    }
}

/// Frees a buffer, and before it what its elements hold (L-19).
pub fn buffer(comptime T: type, address: usize, length: usize) void {
    if (comptime form.hasBuffers(T)) {
        // The block's own count, because the caller's may be wrong and is counted as such.
        const count = if (length == 0) 0 else ledger.elements(T, address, length);
        for (sliceAt(T, address, count)) |*element| buffersOf(T, element);
    }
    ledger.free(T, address, length);
}
