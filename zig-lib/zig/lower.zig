//! Contract L at comptime: the C functions that carry a fixture's Zig signature, and what the
//! manifest says of it, from one reading of the function's type.

const std = @import("std");
const profile = @import("profile");
const argument = @import("argument.zig");
const errno = @import("errno.zig");
const evidence = @import("evidence.zig");
const form = @import("form.zig");
const machine = @import("machine.zig");
const names = @import("names.zig");
const prototype = @import("prototype.zig");
const release = @import("release.zig");
const result = @import("result.zig");
const wrap = @import("wrap.zig");
const Event = evidence.Event;
const formOf = form.formOf;

/// Everything one fixture exports. Of one that is variadic in C, `named` of its parameters stand before the `...` (W-1).
pub fn Export(
    comptime function_id: u32,
    comptime function_name: []const u8,
    comptime function: anytype,
    comptime named: ?usize,
) type {
    const info = @typeInfo(@TypeOf(function)).@"fn";
    const Return = info.return_type.?;
    const Arguments = std.meta.ArgsTuple(@TypeOf(function));

    return struct {
        pub const id = function_id;
        pub const name = function_name;
        pub const frees = release.kindOf(Return) != .none;
        pub const streams = release.kindOf(Return) == .stream;
        pub const fixed = named;

        /// Where each argument's carriers start.
        const starts: [info.params.len]usize = blk: {
            var all: [info.params.len]usize = undefined;
            var at: usize = 0;
            for (info.params, &all) |param, *start| {
                start.* = at;
                at += argument.carriers(param.type.?).len;
            }
            break :blk all;
        };

        /// The wire parameters: the arguments' carriers, then the out-parameters.
        const wires: []const type = blk: {
            var all: []const type = &.{};
            for (info.params) |param| {
                for (argument.carriers(param.type.?)) |Carrier| all = all ++ .{prototype.Wire(Carrier)};
            }
            for (result.outs(Return)) |out| all = all ++ .{prototype.Wire(out.of)};
            break :blk all;
        };

        /// How many items of the witness there are from a parameter on.
        fn later(comptime from: usize) comptime_int {
            var items = 0;
            for (info.params[from..]) |param| {
                if (argument.witnessed(param.type.?)) items += 1;
            }
            return items;
        }

        /// Where the out-parameters start.
        const outs = wires.len - result.outs(Return).len;

        /// Its `call` is the C function of the fixture's own symbol.
        pub const Entry = wrap.Entry(wires, result.Register(Return), body);

        inline fn body(values: @Tuple(wires)) result.Register(Return) {
            @setEvalBranchQuota(10_000);
            errno.entered();
            evidence.count();
            if (profile.witness) {
                machine.entered();
                if (fixed != null) evidence.countVectors();
                evidence.recall();
                if (Event.begin(id, .call, later(0))) |begun| {
                    var event = begun;
                    inline for (info.params, starts, 1..) |param, at, count| {
                        argument.witness(param.type.?, &event, values, at, later(count));
                    }
                    event.end();
                }
            }
            // What leads nowhere is in the witness by now; nothing more can be made of the call.
            if (profile.wary) {
                inline for (info.params, starts) |param, at| {
                    if (!argument.usable(param.type.?, values, at)) {
                        return std.mem.zeroes(result.Register(Return));
                    }
                }
                if (!result.usable(Return, values, outs)) {
                    return std.mem.zeroes(result.Register(Return));
                }
            }
            if (profile.witness) {
                if (!apart(values)) evidence.overlap();
                if (evidence.holds()) evidence.hold(reaches(values)[0..info.params.len], &evidence.header().moved);
            }
            var arguments: Arguments = undefined;
            inline for (info.params, starts, 0..) |param, at, i| {
                arguments[i] = argument.read(param.type.?, values, at);
                if (comptime formOf(param.type.?) == .callback) {
                    arguments[i].function = id;
                    arguments[i].place = i;
                }
            }
            const returned = result.deliver(Return, @call(.auto, function, arguments), values, outs);
            if (profile.witness) {
                if (evidence.holds()) evidence.hold(reaches(values)[info.params.len..], &evidence.header().overwritten);
                errno.leave();
                machine.scatter();
            }
            return returned;
        }

        /// What the addresses of a call lead to: the arguments', then the out-parameters'.
        inline fn reaches(values: @Tuple(wires)) [info.params.len + wires.len - outs]prototype.Reach {
            @setEvalBranchQuota(10_000);
            var all: [info.params.len + wires.len - outs]prototype.Reach = undefined;
            inline for (info.params, starts, 0..) |param, at, place| {
                all[place] = argument.reach(param.type.?, values, at);
            }
            const rooms = comptime result.outs(Return);
            inline for (rooms, 0..) |out, i| {
                all[info.params.len + i] = .{ .address = values[outs + i], .bytes = out.room() };
            }
            return all;
        }

        /// Whether no out-parameter reaches what another address of the call reaches (L-23).
        inline fn apart(values: @Tuple(wires)) bool {
            if (outs == wires.len) return true;
            const all = reaches(values);
            for (all[info.params.len..], info.params.len..) |out, place| {
                for (all[0..place]) |other| {
                    if (out.meets(other)) return false;
                }
            }
            return true;
        }

        /// Their `call` is the C function of `<symbol>__free` and of `<symbol>__next`.
        pub const free = release.Free(id, Return);
        pub const next = release.Next(id, Return);

        /// Whether a struct crosses as itself. The C function of the fixture's own symbol is then compiled as C
        /// (by_value.c), and hands on where each struct lies, and where the one that returns is to lie.
        const by_value: bool = blk: {
            for (info.params) |param| if (formOf(param.type.?) == .by_value) break :blk true;
            break :blk returns_value;
        };
        const returns_value = formOf(Return) == .by_value;

        /// What the C function of that symbol hands on to, where it is none of Zig's: of a variadic one, too
        /// (variadics.c).
        const behind = if (by_value) "__by_address" else if (fixed != null) "__fixed" else "";

        /// Exports the fixture's symbols.
        pub fn symbols() void {
            @export(&Entry.call, .{ .name = name ++ behind });
            if (frees) @export(&free.call, .{ .name = name ++ "__free" });
            if (streams) @export(&next.call, .{ .name = name ++ "__next" });
        }

        /// The index of the argument that the fixture consumes.
        pub const consumes: ?usize = blk: {
            var found: ?usize = null;
            for (info.params, 0..) |param, i| {
                if (formOf(param.type.?) != .consumed) continue;
                if (found != null) @compileError(name ++ " consumes two arguments, which has no form");
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

        /// The wire parameters in the manifest's words, each after what it is for.
        pub const wire: [if (returns_value) outs else wires.len][]const u8 = blk: {
            var all: [if (returns_value) outs else wires.len][]const u8 = undefined;
            for (info.params, starts, 0..) |param, start, i| {
                for (argument.carriers(param.type.?), start.., 0..) |Carrier, at, part| {
                    const role = prototype.decimal(i) ++ if (part == 0) " " else ".len ";
                    all[at] = role ++ prototype.spell(Carrier);
                }
            }
            if (!returns_value) for (result.outs(Return), outs..) |out, at| {
                all[at] = out.role ++ " " ++ prototype.spell(out.of);
            };
            break :blk all;
        };

        pub const register = prototype.spell(result.Returned(Return));

        /// What the free symbol releases; null without one.
        pub const released = release.spell(Return);

        /// The first path that serves every parameter and the return (P-1 to P-3).
        pub const path: prototype.Path = blk: {
            var widest: prototype.Path = if (fixed == null) pathOf(Return) else .general;
            for (info.params) |param| widest = @enumFromInt(@max(
                @intFromEnum(widest),
                @intFromEnum(pathOf(param.type.?)),
            ));
            break :blk widest;
        };

        /// The names of the error set, sorted; none for `anyerror`, which may hold any.
        pub const errors: []const []const u8 = switch (formOf(Return)) {
            .error_union => |e| names.ofErrors(e.set),
            else => &.{},
        };
    };
}

fn pathOf(comptime T: type) prototype.Path {
    return switch (formOf(T)) {
        // A length is of no path: what it counts is of the general one (Z-3).
        .void, .integer, .boolean, .float, .length => .scalar,
        .enumeration, .handle, .consumed => .@"enum-and-handle",
        .wide,
        .structure,
        .pointer,
        .array,
        .slice,
        .string,
        .bytes,
        .optional,
        .error_union,
        .owned,
        .borrowed,
        .owned_struct,
        .borrowed_struct,
        .by_value,
        .stream,
        .callback,
        .cstring,
        .counted,
        .in_out,
        => .general,
    };
}
