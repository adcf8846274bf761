//! What a return obliges: `<symbol>__free` in each of its forms, `<symbol>__next`, and freeing the
//! buffers of a value.

const profile = @import("profile");
const errno = @import("errno.zig");
const evidence = @import("evidence.zig");
const form = @import("form.zig");
const ledger = @import("ledger.zig");
const machine = @import("machine.zig");
const names = @import("names.zig");
const convention = @import("prototype.zig").convention;
const Reach = @import("prototype.zig").Reach;
const register = @import("register.zig");
const sliceAt = @import("argument.zig").sliceAt;
const Event = evidence.Event;
const formOf = form.formOf;

/// What `<symbol>__free` takes.
pub const Kind = enum { none, buffer, structure, optional, stream };

pub fn kindOf(comptime T: type) Kind {
    return switch (formOf(T)) {
        .string, .bytes, .owned => .buffer,
        .owned_struct => .structure,
        .optional => |Child| if (formOf(Child) == .structure) .optional else .none,
        .error_union => |e| if (formOf(e.payload) == .structure) .structure else .none,
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

/// What `<symbol>__free` releases, in the words of docs/evidence.md; null without one.
pub fn spell(comptime T: type) ?[]const u8 {
    return switch (kindOf(T)) {
        .none => null,
        .buffer => "buffer",
        .structure => "struct " ++ names.of(Released(T)),
        .optional => "optional " ++ names.of(Released(T)),
        .stream => "stream " ++ @typeName(formOf(T).stream.item),
    };
}

/// Frees every buffer of a value but those marked borrowed (L-13).
pub fn buffersOf(comptime T: type, value: *const T) void {
    switch (formOf(T)) {
        .structure => inline for (@typeInfo(T).@"struct".fields) |field| {
            if (comptime form.hasBuffers(field.type)) {
                buffersOf(field.type, &@field(value, field.name));
            }
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

/// The C function of `<symbol>__free`, where a return of type `Return` obliges one.
pub fn Free(comptime id: u32, comptime Return: type) type {
    return switch (kindOf(Return)) {
        .none => void,
        .buffer => struct {
            const Child = switch (formOf(Return)) {
                .string, .bytes => u8,
                .owned => |slice| slice.child,
                else => unreachable,
            };

            pub fn call(address: usize, length: usize) callconv(convention) void {
                machine.entered();
                defer errno.leaveAnother();
                witnessBuffer(id, address, length);
                buffer(Child, address, length);
            }
        },
        .structure => struct {
            const S = Released(Return);

            pub fn call(value: *const S) callconv(convention) void {
                machine.entered();
                defer errno.leaveAnother();
                witnessMemory(id, @intFromPtr(value), @sizeOf(S));
                if (comptime form.hasBuffers(S)) buffersOf(S, value);
            }
        },
        .optional => struct {
            const S = Released(Return);

            pub fn call(address: usize) callconv(convention) void {
                machine.entered();
                defer errno.leaveAnother();
                witnessAddress(id, .free, address);
                if (address == 0) return;
                // Only a live block is looked into; the ledger counts the others.
                if (comptime form.hasBuffers(S)) {
                    const live = ledger.elements(S, address, 1) == 1;
                    if (live) buffersOf(S, @ptrFromInt(address));
                }
                ledger.free(S, address, 1);
            }
        },
        .stream => struct {
            pub fn call(address: usize) callconv(convention) void {
                machine.entered();
                defer errno.leaveAnother();
                witnessAddress(id, .free, address);
                if (address == 0) return;
                ledger.free(formOf(Return).stream.iterator, address, 1);
            }
        },
    };
}

/// The C function of `<symbol>__next`, where `Return` is a stream.
pub fn Next(comptime id: u32, comptime Return: type) type {
    if (kindOf(Return) != .stream) return void;
    return struct {
        const Item = formOf(Return).stream.item;
        const Iterator = formOf(Return).stream.iterator;

        pub fn call(address: usize, out: *Item) callconv(convention) register.Register(bool) {
            machine.entered();
            defer errno.leaveAnother();
            witnessAddress(id, .next, address);
            const iterator: ?*Iterator = @ptrFromInt(address);
            const item = if (iterator) |there| there.next() else null;
            if (item) |value| out.* = value;
            if (profile.witness) {
                const place: Reach = .{ .address = @intFromPtr(out), .bytes = @sizeOf(Item) };
                if (evidence.holds()) evidence.hold(&.{place}, &evidence.header().overwritten);
            }
            return register.toRegister(bool, item != null);
        }
    };
}

fn witnessBuffer(id: u32, address: usize, length: usize) void {
    evidence.count();
    if (!profile.witness) return;
    var event = Event.begin(id, .free, 2) orelse return;
    event.address(address);
    event.int(length);
    event.end();
}

fn witnessMemory(id: u32, address: usize, bytes: usize) void {
    evidence.count();
    if (!profile.witness) return;
    var event = Event.begin(id, .free, 1) orelse return;
    event.memory(address, bytes, 0);
    event.end();
}

fn witnessAddress(id: u32, kind: evidence.EventKind, address: usize) void {
    evidence.count();
    if (!profile.witness) return;
    var event = Event.begin(id, kind, 1) orelse return;
    event.address(address);
    event.end();
}
