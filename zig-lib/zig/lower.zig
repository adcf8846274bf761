//! Contract L at comptime: the C functions that carry a fixture's Zig signature, and what the manifest
//! says of it, from one reading of the function's type.

const std = @import("std");
const profile = @import("profile");
const argument = @import("argument.zig");
const evidence = @import("evidence.zig");
const form = @import("form.zig");
const ledger = @import("ledger.zig");
const names = @import("names.zig");
const register = @import("register.zig");
const releasing = @import("release.zig");
const result = @import("result.zig");
const wrap = @import("wrap.zig");
const Event = evidence.Event;
const formOf = form.formOf;

/// Everything one fixture exports.
pub fn Export(comptime function_id: u32, comptime function_name: []const u8, comptime function: anytype) type {
    const info = @typeInfo(@TypeOf(function)).@"fn";
    const Return = info.return_type.?;
    const Arguments = std.meta.ArgsTuple(@TypeOf(function));

    return struct {
        pub const id = function_id;
        pub const name = function_name;
        pub const release = releasing.kindOf(Return);

        const starts: [info.params.len]usize = blk: {
            var all: [info.params.len]usize = undefined;
            var at: usize = 0;
            for (info.params, &all) |param, *start| {
                start.* = at;
                at += argument.carriers(param.type.?).len;
            }
            break :blk all;
        };

        const wires: []const type = blk: {
            var all: []const type = &.{};
            for (info.params) |param| all = all ++ argument.carriers(param.type.?);
            break :blk all ++ @as([result.outCount(Return)]type, @splat(usize));
        };

        const outs = wires.len - result.outCount(Return);

        /// Its `call` is the C function of the fixture's own symbol.
        pub const Entry = wrap.Entry(wires, result.Register(Return), body);

        inline fn body(values: @Tuple(wires)) result.Register(Return) {
            if (profile.witness) {
                evidence.recall();
                if (Event.begin(id, .call, info.params.len)) |begun| {
                    var event = begun;
                    inline for (info.params, starts, 1..) |param, at, count| {
                        argument.witness(param.type.?, &event, values, at, info.params.len - count);
                    }
                    event.end();
                }
            }
            var arguments: Arguments = undefined;
            inline for (info.params, starts, 0..) |param, at, i| {
                arguments[i] = argument.read(param.type.?, values, at);
            }
            return result.deliver(Return, @call(.auto, function, arguments), values, outs);
        }

        /// The C functions of `<symbol>__free`, by what they take.
        pub const free = switch (release) {
            .none => {},
            .buffer => struct {
                pub fn call(address: usize, length: usize) callconv(.c) void {
                    if (profile.witness) {
                        if (Event.begin(id, .free, 2)) |begun| {
                            var event = begun;
                            event.address(address);
                            event.int(length);
                            event.end();
                        }
                    }
                    const Child = switch (formOf(Return)) {
                        .string, .bytes => u8,
                        .owned => |s| s.child,
                        else => comptime unreachable,
                    };
                    releasing.buffer(Child, address, length);
                }
            },
            .structure => struct {
                fn call(value: *const releasing.Released(Return)) callconv(.c) void {
                    if (profile.witness) {
                        if (Event.begin(id, .free, 1)) |begun| {
                            var event = begun;
                            event.memory(@intFromPtr(value), @sizeOf(releasing.Released(Return)), 0);
                            event.end();
                        }
                    }
                    if (comptime form.hasBuffers(releasing.Released(Return))) releasing.buffersOf(releasing.Released(Return), value);
                }
            },
            .optional => struct {
                fn call(address: usize) callconv(.c) void {
                    witnessAddress(.free, address);
                    if (address == 0) return;
                    const S = releasing.Released(Return);
                    // Only a live block is looked into; the ledger counts the others.
                    if (comptime form.hasBuffers(S)) {
                        if (ledger.elements(S, address, 1) == 1) releasing.buffersOf(S, @ptrFromInt(address));
                    }
                    ledger.free(S, address, 1);
                }
            },
            .stream => struct {
                fn call(address: usize) callconv(.c) void {
                    witnessAddress(.free, address);
                    if (address == 0) return;
                    ledger.free(formOf(Return).stream.iterator, address, 1);
                }
            },
        };

        const next = if (release != .stream) {} else struct {
            const streamed = formOf(Return).stream;

            fn call(address: usize, out: *streamed.item) callconv(.c) register.Register(bool) {
                witnessAddress(.next, address);
                const iterator: *streamed.iterator = @ptrFromInt(address);
                const item = iterator.next() orelse return register.toRegister(bool, false);
                out.* = item;
                return register.toRegister(bool, true);
            }
        };

        fn witnessAddress(comptime kind: evidence.EventKind, address: usize) void {
            if (!profile.witness) return;
            var event = Event.begin(id, kind, 1) orelse return;
            event.address(address);
            event.end();
        }

        /// Exports the fixture's symbols.
        pub fn symbols() void {
            @export(&Entry.call, .{ .name = name });
            if (release != .none) @export(&free.call, .{ .name = name ++ "__free" });
            if (release == .stream) @export(&next.call, .{ .name = name ++ "__next" });
        }

        /// The index of the argument that the fixture consumes.
        pub const consumes: ?usize = blk: {
            var found: ?usize = null;
            for (info.params, 0..) |param, i| {
                if (formOf(param.type.?) != .consumed) continue;
                if (found != null) @compileError(name ++ " consumes two arguments; the manifest has room for one");
                found = i;
            }
            break :blk found;
        };

        pub const params: [info.params.len][]const u8 = blk: {
            var all: [info.params.len][]const u8 = undefined;
            for (info.params, &all) |param, *spelled| spelled.* = form.spell(param.type.?);
            break :blk all;
        };

        pub const returns = form.spell(Return);

        /// The names of the error set, sorted; none for `anyerror`, which may hold any.
        pub const errors: []const []const u8 = switch (formOf(Return)) {
            .error_union => |e| names.ofErrors(e.set),
            else => &.{},
        };
    };
}
