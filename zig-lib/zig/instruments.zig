//! The page and the ledger as C functions, for a library of fixtures in another language: the C twin
//! is linked with an object made of this file. `c/instruments.h` declares and describes them.

const std = @import("std");
const evidence = @import("evidence.zig");
const ledger = @import("ledger.zig");
const Event = evidence.Event;

const functions = struct {
    pub fn event_begin(event: *Event, function: u32, kind: evidence.EventKind, items: u16) callconv(.c) bool {
        event.* = Event.begin(function, kind, items) orelse return false;
        return true;
    }

    pub fn event_int(event: *Event, widened: u64) callconv(.c) void {
        event.int(widened);
    }

    pub fn event_float(event: *Event, value: [*]const u8, size: u16) callconv(.c) void {
        var bits: u64 = 0;
        @memcpy(std.mem.asBytes(&bits)[0..size], value[0..size]);
        event.float(size, bits);
    }

    pub fn event_address(event: *Event, value: u64) callconv(.c) void {
        event.address(value);
    }

    pub fn event_memory(event: *Event, from: usize, full: usize, later: usize) callconv(.c) void {
        event.memory(from, full, later);
    }

    pub fn event_end(event: *Event) callconv(.c) void {
        event.end();
    }

    pub fn evidence_mismatch() callconv(.c) void {
        evidence.mismatch();
    }

    pub fn ledger_alloc(size: usize, count: usize) callconv(.c) ?*anyopaque {
        return @ptrFromInt(ledger.allocSized(size, count) catch return null);
    }

    pub fn ledger_free(address: usize, count: usize) callconv(.c) void {
        // The ledger's table knows how large the elements were.
        ledger.free(u8, address, count);
    }

    pub fn ledger_corrupt_length(address: usize, count: usize) callconv(.c) usize {
        return ledger.corruptLength(address, count);
    }
};

comptime {
    // Hidden, because each library has its own and none is another's.
    for (@typeInfo(functions).@"struct".decls) |declaration| @export(
        &@field(functions, declaration.name),
        .{ .name = declaration.name, .visibility = .hidden },
    );
    ledger.exportUnload();
}

pub const panic = @import("panic.zig");
