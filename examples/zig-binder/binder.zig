//! An example: a binder of C functions over scalars, in Zig, as a shared library with the interface of
//! include/boundary_binder.h. It serves what a register holds: integers, floats and bools of up to 64 bits,
//! as many as registers hold; of all other signatures it says that it does not.
//!
//!     zig build-lib -dynamic -lc -OReleaseSafe -Iinclude examples/zig-binder/binder.zig
//!     conform check --binder ./libbinder.so

const std = @import("std");
const c = @cImport(@cInclude("boundary_binder.h"));

const allocator = std.heap.c_allocator;

const Scalar = enum { i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, bool, f16, f32, f64, void };
const types = .{ i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, bool, f16, f32, f64, void };
/// Other scalars of the contract, and what is written as one.
const Other = enum { i128, u128, f80, f128, noreturn, string };

fn isFloat(of: Scalar) bool {
    return of == .f16 or of == .f32 or of == .f64;
}

const Function = struct { symbol: *const anyopaque, arguments: []const Scalar, returns: Scalar };

const Binder = struct {
    library: std.DynLib,
    path: []const u8,
    functions: std.ArrayList(Function) = .empty,
};

// Reading a signature: a flat vector of bindings and scalars (S-1, S-4).

/// What a signature or a call is refused with; each is named as the contract names it.
const Malformed = error{ @"missing-ret", @"extra-ret", @"empty-ret", @"misplaced-ret", @"uneven-signature" };
const BadBinding = error{ @"invalid-binding", @"reserved-binding", @"duplicate-binding" };
const BadType = error{ @"invalid-signature", @"unknown-scalar", @"void-argument", @"noreturn-position" };
const BadCall = error{ arity, @"nil-argument", @"type-mismatch", @"out-of-range" };
const Refused = Malformed || BadBinding || BadType || BadCall;
const Unread = Refused || error{ Unserved, OutOfMemory };

/// A signature as it is read; `form` is the one at fault, where one is.
const Reader = struct {
    form: []const u8,
    scratch: std.mem.Allocator,

    fn read(reader: *Reader, text: []const u8) Unread!Function {
        const words = try reader.split(std.mem.trim(u8, text, gaps));
        var ret: ?usize = null;
        for (words, 0..) |word, at| {
            if (!std.mem.eql(u8, word, ":ret")) continue;
            if (ret != null) return reader.faulty(word, error.@"extra-ret");
            ret = at;
        }
        const place = ret orelse return error.@"missing-ret";
        if (place + 1 == words.len) return reader.faulty(words[place], error.@"empty-ret");
        if (place + 2 < words.len) return reader.faulty(words[place], error.@"misplaced-ret");
        if (place % 2 == 1) return reader.faulty(words[place - 1], error.@"uneven-signature");
        for (0..place / 2) |number| try reader.binding(words, 2 * number);
        const of = try reader.scratch.alloc([]const u8, place / 2 + 1);
        for (of, 0..) |*word, number| {
            word.* = words[@min(2 * number + 1, words.len - 1)];
            if (word.*[0] != ':') return error.Unserved;
            const name = word.*[1..];
            // `::i64` is no keyword of EDN.
            if (name.len > 0 and name[0] == ':') return reader.faulty(word.*, error.@"invalid-signature");
            if (std.meta.stringToEnum(Scalar, name) == null and std.meta.stringToEnum(Other, name) == null)
                return reader.faulty(word.*, error.@"unknown-scalar");
        }
        const read_as = try reader.scratch.alloc(Scalar, of.len);
        for (of, read_as, 1..) |word, *scalar, number| {
            if (std.mem.eql(u8, word, ":noreturn")) return reader.faulty(word, error.@"noreturn-position");
            scalar.* = std.meta.stringToEnum(Scalar, word[1..]) orelse return error.Unserved;
            if (scalar.* == .void and number < of.len) return reader.faulty(word, error.@"void-argument");
        }
        return .{ .symbol = undefined, .arguments = read_as[0 .. of.len - 1], .returns = read_as[of.len - 1] };
    }

    /// The words between the brackets.
    fn split(reader: *Reader, text: []const u8) Unread![]const []const u8 {
        reader.form = text;
        if (text.len < 2 or text[0] != '[' or text[text.len - 1] != ']') return error.Unserved;
        const inside = text[1 .. text.len - 1];
        for (inside) |byte| {
            const is_plain = std.ascii.isAlphanumeric(byte) or std.mem.indexOfScalar(u8, "_-:" ++ gaps, byte) != null;
            if (!is_plain) return error.Unserved;
        }
        var words: std.ArrayList([]const u8) = .empty;
        var all = std.mem.tokenizeAny(u8, inside, gaps);
        while (all.next()) |word| try words.append(reader.scratch, word);
        return words.items;
    }

    fn binding(reader: *Reader, words: []const []const u8, at_word: usize) Unread!void {
        const name = words[at_word];
        const is_name = std.ascii.isAlphabetic(name[0]) or name[0] == '_';
        for ([_][]const u8{ "nil", "true", "false" }) |constant|
            if (std.mem.eql(u8, name, constant)) return reader.faulty(name, error.@"invalid-binding");
        if (!is_name) return reader.faulty(name, error.@"invalid-binding");
        if (std.mem.startsWith(u8, name, "__")) return reader.faulty(name, error.@"reserved-binding");
        for (0..at_word / 2) |earlier|
            if (std.mem.eql(u8, words[2 * earlier], name)) return reader.faulty(name, error.@"duplicate-binding");
    }

    fn faulty(reader: *Reader, form: []const u8, refused: Refused) Refused {
        reader.form = form;
        return refused;
    }
};

const gaps = " \t\r\n,";

// Arguments and results (contract C and R).

/// An argument as its type has it.
fn converted(comptime T: type, value: *const c.bc_value) Refused!T {
    if (value.kind == c.BC_NIL) return error.@"nil-argument";
    if (T == bool) {
        return if (value.kind == c.BC_BOOLEAN) value.as.boolean == 1 else error.@"type-mismatch";
    }
    if (@typeInfo(T) == .float) return switch (value.kind) {
        c.BC_LONG => @floatFromInt(value.as.integer),
        c.BC_DOUBLE => if (T == f64) value.as.number else @floatCast(value.as.number),
        c.BC_BIG => fromBig(T, value),
        c.BC_EXTENDED => fromExtended(T, value),
        else => error.@"type-mismatch",
    };
    switch (value.kind) {
        c.BC_LONG => return std.math.cast(T, value.as.integer) orelse error.@"out-of-range",
        c.BC_BIG => {
            const magnitude = value.as.big.magnitude[0..value.as.big.length];
            const size = std.mem.readVarInt(u64, magnitude[0..@min(magnitude.len, 8)], .little);
            const whole = if (value.as.big.negative == 1) -@as(i128, size) else size;
            if (magnitude.len > 8) return error.@"out-of-range";
            return std.math.cast(T, whole) orelse error.@"out-of-range";
        },
        c.BC_DOUBLE => {
            const number = value.as.number;
            if (!(@abs(number) < 0x1p65) or @trunc(number) != number) return error.@"type-mismatch";
            return std.math.cast(T, @as(i128, @intFromFloat(number))) orelse error.@"type-mismatch";
        },
        else => return error.@"type-mismatch",
    }
}

/// From the highest 64 bits, the lowest of them set where anything is below it, and so rounded once (C-3).
fn fromBig(comptime T: type, value: *const c.bc_value) T {
    var top: u64 = 0;
    var below: u1 = 0;
    var shift: i32 = 0;
    var bit = 8 * value.as.big.length;
    while (bit > 0) {
        bit -= 1;
        const set: u1 = @truncate(value.as.big.magnitude[bit / 8] >> @intCast(bit % 8));
        if (top >> 63 == 1) {
            below |= set;
            shift += 1;
        } else top = top << 1 | set;
    }
    const size: T = @floatCast(std.math.ldexp(@as(f128, @floatFromInt(top | below)), shift));
    return if (value.as.big.negative == 1) -size else size;
}

fn fromExtended(comptime T: type, value: *const c.bc_value) T {
    const bits: u128 = @bitCast(value.as.extended);
    if (value.scalar == c.BC_F128) return narrowed(T, @as(f128, @bitCast(bits)));
    return narrowed(T, @as(f80, @bitCast(@as(u80, @truncate(bits)))));
}

/// Rounded once. Zig 0.16 loses what is below an :f80's last kept bits on the way to a small :f16, so what does not
/// fit a double comes by way of the one next to it that is odd, which rounds as the number itself does.
fn narrowed(comptime T: type, wide: anytype) T {
    const near: f64 = @floatCast(wide);
    if (T != f16) return @floatCast(wide);
    const back: @TypeOf(wide) = near;
    if (back == wide or std.math.isNan(wide) or std.math.isInf(near)) return @floatCast(near);
    const bits: u64 = @bitCast(near);
    return @floatCast(@as(f64, @bitCast((bits - @intFromBool(@abs(back) > @abs(wide))) | 1)));
}

/// Of a returned word only the low bits have meaning (L-21).
fn returned(comptime T: type, word: u64, reply: *c.bc_reply) c.bc_value {
    if (T == void) return c.bc_nil();
    if (T == bool) return c.bc_boolean(@intFromBool(word & 1 == 1));
    const low: std.meta.Int(.unsigned, @bitSizeOf(T)) = @truncate(word);
    const result: T = @bitCast(low);
    if (@typeInfo(T) == .float) return c.bc_double(@bitCast(@as(f64, result)));
    return if (@typeInfo(T).int.signedness == .signed) c.bc_long(result) else c.bc_unsigned(reply, result);
}

// The foreign call. Integers fill the integer registers in order, floats the float registers: one
// prototype with all of them serves every signature, on System V x86-64 and on AArch64.

const Image = struct {
    integers: [6]u64 = @splat(0),
    floats: [8]f64 = @splat(0),
    used: [2]usize = @splat(0),

    fn put(image: *Image, of: Scalar, word: u64) error{Unserved}!void {
        const used = &image.used[@intFromBool(isFloat(of))];
        if (used.* == @as(usize, if (isFloat(of)) 8 else 6)) return error.Unserved;
        if (isFloat(of)) image.floats[used.*] = @bitCast(word) else image.integers[used.*] = word;
        used.* += 1;
    }

    fn call(image: *const Image, comptime R: type, symbol: *const anyopaque) R {
        const Prototype = fn (u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64) callconv(.c) R;
        const function: *const Prototype = @ptrCast(@alignCast(symbol));
        const i = image.integers;
        const f = image.floats;
        return function(i[0], i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]);
    }
};

/// The word of an argument: an integer widened by its sign (L-21), a float's bits.
fn wordOf(comptime T: type, value: T) u64 {
    if (T == bool) return @intFromBool(value);
    if (@typeInfo(T) == .float) return @as(std.meta.Int(.unsigned, @bitSizeOf(T)), @bitCast(value));
    return if (@typeInfo(T).int.signedness == .signed) @bitCast(@as(i64, value)) else value;
}

fn made(function: Function, values: []const c.bc_value, reply: *c.bc_reply) (Refused || error{Unserved})!c.bc_value {
    if (values.len != function.arguments.len) return error.arity;
    var image: Image = .{};
    for (function.arguments, values) |of, *value| switch (of) {
        .void => unreachable,
        inline else => |scalar| {
            const T = types[@intFromEnum(scalar)];
            try image.put(of, wordOf(T, try converted(T, value)));
        },
    };
    const word: u64 = if (isFloat(function.returns))
        @bitCast(image.call(f64, function.symbol))
    else
        image.call(u64, function.symbol);
    switch (function.returns) {
        inline else => |scalar| return returned(types[@intFromEnum(scalar)], word, reply),
    }
}

// The interface.

fn say(reply: *c.bc_reply, status: c.bc_status, comptime format: []const u8, parts: anytype) c.bc_status {
    _ = std.fmt.bufPrintZ(&reply.message, format, parts) catch {};
    return status;
}

fn unread(reader: *const Reader, why: Unread, text: []const u8, reply: *c.bc_reply) c.bc_status {
    if (why == error.Unserved) return say(reply, c.BC_UNSUPPORTED, "only flat vectors of scalars are served", .{});
    if (why == error.OutOfMemory) return say(reply, c.BC_ADAPTER_ERROR, "out of memory", .{});
    reply.code = @errorName(why);
    reply.form = .{ .data = reader.form.ptr, .length = reader.form.len };
    reply.offset = @intCast(@intFromPtr(reader.form.ptr) - @intFromPtr(text.ptr));
    return say(reply, c.BC_REFUSED, "{s}: `{s}`", .{ @errorName(why), reader.form });
}

export fn bc_abi_version() u32 {
    return c.BC_ABI_VERSION;
}

export fn bc_start(library: [*:0]const u8, _: [*:0]const u8, ready: *c.bc_ready) c.bc_status {
    const binder = allocator.create(Binder) catch return c.BC_ADAPTER_ERROR;
    const path = allocator.dupe(u8, std.mem.span(library)) catch return c.BC_ADAPTER_ERROR;
    binder.* = .{ .path = path, .library = std.DynLib.open(path) catch |why| {
        _ = std.fmt.bufPrintZ(&ready.message, "{s}: {s}", .{ path, @errorName(why) }) catch {};
        return c.BC_ADAPTER_ERROR;
    } };
    ready.* = .{ .binder = binder, .name = "zig-binder", .version = "0.1.0", .language = "Zig", .capabilities = "threads" };
    return c.BC_OK;
}

export fn bc_read(_: ?*anyopaque, signature: [*:0]const u8, declarations: [*:0]const u8, reply: *c.bc_reply) c.bc_status {
    if (declarations[0] != 0) return say(reply, c.BC_UNSUPPORTED, "declarations are not read", .{});
    var arena: std.heap.ArenaAllocator = .init(allocator);
    defer arena.deinit();
    var reader: Reader = .{ .form = "", .scratch = arena.allocator() };
    const text = std.mem.span(signature);
    _ = reader.read(text) catch |why| return unread(&reader, why, text, reply);
    return c.BC_OK;
}

export fn bc_bind(binder: *Binder, request: *const c.bc_request, reply: *c.bc_reply) c.bc_status {
    var arena: std.heap.ArenaAllocator = .init(allocator);
    defer arena.deinit();
    var reader: Reader = .{ .form = "", .scratch = arena.allocator() };
    const text = std.mem.span(request.signature);
    const function = reader.read(text) catch |why| return unread(&reader, why, text, reply);
    const symbol = binder.library.lookup(*const anyopaque, std.mem.span(request.symbol)) orelse
        return say(reply, c.BC_UNLINKED, "{s} has no symbol `{s}`", .{ binder.path, request.symbol });
    var image: Image = .{};
    for (function.arguments) |of| image.put(of, 0) catch |why| return unread(&reader, why, text, reply);
    const arguments = allocator.dupe(Scalar, function.arguments) catch return c.BC_ADAPTER_ERROR;
    binder.functions.append(allocator, .{ .symbol = symbol, .arguments = arguments, .returns = function.returns }) catch
        return c.BC_ADAPTER_ERROR;
    reply.function = binder.functions.items.len - 1;
    return c.BC_OK;
}

export fn bc_call(binder: *Binder, function: u64, arguments: [*]const c.bc_value, count: usize, reply: *c.bc_reply) c.bc_status {
    if (function >= binder.functions.items.len) return c.BC_ADAPTER_ERROR;
    reply.value = made(binder.functions.items[function], arguments[0..count], reply) catch |why| {
        reply.code = @errorName(why);
        return c.BC_REFUSED;
    };
    return c.BC_OK;
}

export fn bc_stop(binder: *Binder) void {
    for (binder.functions.items) |function| allocator.free(function.arguments);
    binder.functions.deinit(allocator);
    binder.library.close();
    allocator.free(binder.path);
    allocator.destroy(binder);
}
