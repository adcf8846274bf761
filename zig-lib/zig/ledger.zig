//! The memory that fixtures hand out, and the ledger that counts it.
//!
//! With a table, a free of memory that is not live is counted and not performed, and freed blocks
//! are overwritten and kept back for a while, so that neither a repeated free nor a late read can
//! hit a block that has been handed out again. In guard builds every block ends at an inaccessible
//! page, or begins right behind one.

const std = @import("std");
const builtin = @import("builtin");
const atomic = @import("atomic.zig");
const profile = @import("profile");
const evidence = @import("evidence.zig");
const c = @import("libc.zig").c;

pub const Error = error{OutOfMemory};

/// `count` elements, where memory is not short and the harness asked for no failure. No elements
/// are no block: their address is not null and reaches nothing.
pub fn alloc(comptime T: type, count: usize) Error![]T {
    if (count == 0) return &.{};
    const first: [*]T = @ptrFromInt(try allocSized(@sizeOf(T), count));
    return first[0..count];
}

/// As `alloc`, of elements of `size` bytes: their address.
pub fn allocSized(size: usize, count: usize) Error!usize {
    if (count == 0) return @alignOf(c.max_align_t);
    const bytes = std.math.mul(usize, count, size) catch {
        countRefusal();
        return error.OutOfMemory;
    };
    return switch (profile.ledger) {
        .none => take(bytes),
        .counters => counted(bytes),
        .table => blocks.alloc(bytes, count),
    } orelse error.OutOfMemory;
}

/// One value, as `alloc`.
pub fn create(comptime T: type) Error!*T {
    const block = try alloc(T, 1);
    return &block[0];
}

/// Frees what `alloc` handed out. `count` is what the caller says it got.
pub fn free(comptime T: type, address: usize, count: usize) void {
    switch (profile.ledger) {
        .none => if (count != 0) give(address, count * @sizeOf(T)),
        .counters => if (count != 0) {
            const header = evidence.header();
            evidence.add(&header.frees, 1);
            evidence.addSigned(&header.live_blocks, -1);
            evidence.addSigned(&header.live_bytes, -@as(i64, @intCast(count * @sizeOf(T))));
            give(address, count * @sizeOf(T));
        },
        .table => blocks.free(address, count),
    }
}

pub fn destroy(comptime T: type, pointer: ?*T) void {
    free(T, @intFromPtr(pointer), 1);
}

/// A length that no memory could hold, for a block of `count` elements at `address`, whose free
/// must bring it back. Without a table nobody would know the real one, so it is the real one; and
/// no block has no length.
pub fn corruptLength(address: usize, count: usize) usize {
    if (profile.ledger != .table or count == 0) return count;
    const corrupt = std.math.maxInt(usize) / 2;
    blocks.expect(address, corrupt);
    return corrupt;
}

/// Static elements to lend out: themselves, or in guard builds a copy between fences. They are not in the ledger, because nobody frees them.
pub fn fenced(comptime T: type, comptime table: []const T) []const T {
    if (!profile.guard or table.len == 0) return table;
    const Place = struct {
        // Named here, because a type is its own only through what it refers to.
        const original = table;
        var copies: [2]std.atomic.Value(usize) = @splat(.init(0));
    };
    const bytes = table.len * @sizeOf(T);
    const copy = &Place.copies[@intFromBool(fence.before())];
    if (copy.load(.acquire) == 0) {
        const address = fence.take(bytes) orelse return table;
        const fresh: [*]T = @ptrFromInt(address);
        @memcpy(fresh, table);
        const lost = copy.cmpxchgStrong(0, address, .acq_rel, .acquire) != null;
        if (lost) fence.give(address, bytes);
    }
    const first: [*]const T = @ptrFromInt(copy.load(.acquire));
    return first[0..table.len];
}

/// How many elements of `T` the block at `address` really holds; 0 where it is not live. Without a
/// table, the caller's word.
pub fn elements(comptime T: type, address: usize, said: usize) usize {
    return switch (profile.ledger) {
        .none, .counters => said,
        .table => blocks.size(address) / @sizeOf(T),
    };
}

fn countRefusal() void {
    if (profile.ledger != .none) evidence.add(&evidence.header().failed_allocations, 1);
}

fn counted(bytes: usize) ?usize {
    const address = if (failsNow()) null else take(bytes);
    if (address == null) countRefusal() else enter(bytes);
    return address;
}

fn enter(bytes: usize) void {
    const header = evidence.header();
    evidence.add(&header.allocations, 1);
    evidence.addSigned(&header.live_blocks, 1);
    evidence.addSigned(&header.live_bytes, @intCast(bytes));
}

/// Counts `fail_nth` down; true for the allocation it names.
fn failsNow() bool {
    const countdown = &evidence.header().fail_nth;
    if (atomic.load(u64, countdown, .monotonic) == 0) return false;
    return atomic.add(u64, countdown, std.math.maxInt(u64), .monotonic) == 1;
}

fn take(bytes: usize) ?usize {
    if (profile.guard) return fence.take(bytes);
    return @intFromPtr(c.malloc(bytes) orelse return null);
}

fn give(address: usize, bytes: usize) void {
    if (profile.guard) return fence.give(address, bytes);
    c.free(@ptrFromInt(address));
}

/// Gives back what the ledger itself holds when the library is unloaded: whoever looks for leaks then
/// (valgrind) finds only those of others.
fn unload() callconv(.c) void {
    if (profile.ledger == .table) blocks.unload();
}

const on_unload: *const fn () callconv(.c) void = &unload;

/// Has `unload` called.
pub fn exportUnload() void {
    if (builtin.os.tag == .linux) @export(&on_unload, .{
        .name = "bc_on_unload",
        .section = ".fini_array",
        .visibility = .hidden,
    });
}

/// Every block by address. One lock: a call allocates at most a few times, and the bodies are
/// short.
const blocks = struct {
    const State = enum(u8) { unused = 0, live, freed };

    const Block = struct {
        address: usize,
        bytes: usize,
        /// The count that the free must bring.
        count: usize,
        state: State,
        /// Freed, and its memory not yet given back.
        kept: bool,
    };

    const first_capacity = 1 << 14;

    var lock: c.pthread_mutex_t = .{};
    var slots: []Block = &.{};
    var used: usize = 0;
    var late: Late = .{};

    fn alloc(bytes: usize, count: usize) ?usize {
        _ = c.pthread_mutex_lock(&lock);
        defer _ = c.pthread_mutex_unlock(&lock);
        const room = used * 2 < slots.len or makeRoom();
        const taken = if (failsNow() or !room) null else take(bytes);
        const address = taken orelse {
            countRefusal();
            return null;
        };
        const block = find(address);
        if (block.state == .unused) used += 1;
        block.* = .{
            .address = address,
            .bytes = bytes,
            .count = count,
            .state = .live,
            .kept = false,
        };
        enter(bytes);
        return address;
    }

    fn free(address: usize, count: usize) void {
        _ = c.pthread_mutex_lock(&lock);
        defer _ = c.pthread_mutex_unlock(&lock);
        const header = evidence.header();
        const block = known(address) orelse {
            // What was empty has no block: any address is right.
            if (count != 0) evidence.add(&header.unknown_frees, 1);
            return;
        };
        switch (block.state) {
            .unused => unreachable,
            .freed => return evidence.add(&header.repeated_frees, 1),
            .live => {},
        }
        const right = block.count == count;
        evidence.add(if (right) &header.frees else &header.length_mismatches, 1);
        evidence.addSigned(&header.live_blocks, -1);
        evidence.addSigned(&header.live_bytes, -@as(i64, @intCast(block.bytes)));
        block.state = .freed;
        block.kept = true;
        late.keep(block.address, block.bytes);
    }

    fn expect(address: usize, count: usize) void {
        _ = c.pthread_mutex_lock(&lock);
        defer _ = c.pthread_mutex_unlock(&lock);
        const block = known(address) orelse return;
        block.count = count;
    }

    fn size(address: usize) usize {
        _ = c.pthread_mutex_lock(&lock);
        defer _ = c.pthread_mutex_unlock(&lock);
        const block = known(address) orelse return 0;
        return if (block.state == .live) block.bytes else 0;
    }

    fn unload() void {
        _ = c.pthread_mutex_lock(&lock);
        defer _ = c.pthread_mutex_unlock(&lock);
        late.releaseAll();
        if (slots.len != 0) c.free(slots.ptr);
        slots = &.{};
        used = 0;
    }

    fn known(address: usize) ?*Block {
        if (slots.len == 0) return null;
        const block = find(address);
        return if (block.state == .unused) null else block;
    }

    /// The slot of `address`, or the unused one where it would go.
    fn find(address: usize) *Block {
        var at: usize = @intCast((@as(u64, address) *% 0x9E3779B97F4A7C15) >> 32);
        while (true) : (at += 1) {
            const block = &slots[at % slots.len];
            if (block.state == .unused or block.address == address) return block;
        }
    }

    /// Forgets blocks freed long ago; grows where that would not be enough.
    fn makeRoom() bool {
        var needed: usize = 0;
        for (slots) |block| needed += @intFromBool(block.state == .live or block.kept);
        const capacity = if (slots.len == 0)
            first_capacity
        else if (needed * 4 <= slots.len)
            slots.len
        else
            slots.len * 2;
        // Zeros are unused.
        const memory = c.calloc(capacity, @sizeOf(Block)) orelse return false;
        const old = slots;
        slots = @as([*]Block, @ptrCast(@alignCast(memory)))[0..capacity];
        used = 0;
        for (old) |block| {
            if (block.state != .live and !block.kept) continue;
            find(block.address).* = block;
            used += 1;
        }
        if (old.len != 0) c.free(old.ptr);
        return true;
    }

    /// Blocks that are freed but not yet given back, oldest first.
    const Late = struct {
        const Item = struct { address: usize, bytes: usize };
        const most_blocks = 512;
        const most_bytes = 1 << 20;

        ring: [most_blocks]Item = @splat(.{ .address = 0, .bytes = 0 }),
        first: usize = 0,
        len: usize = 0,
        bytes: usize = 0,

        fn keep(self: *Late, address: usize, bytes: usize) void {
            if (self.len == most_blocks) self.release();
            if (profile.guard) fence.shut(address, bytes) else {
                const memory: [*]u8 = @ptrFromInt(address);
                @memset(memory[0..bytes], 0xDD);
            }
            const at = (self.first + self.len) % most_blocks;
            self.ring[at] = .{ .address = address, .bytes = bytes };
            self.len += 1;
            self.bytes += bytes;
            while (self.bytes > most_bytes and self.len > 1) self.release();
        }

        fn releaseAll(self: *Late) void {
            while (self.len > 0) self.release();
        }

        fn release(self: *Late) void {
            const item = self.ring[self.first];
            self.first = (self.first + 1) % most_blocks;
            self.len -= 1;
            self.bytes -= item.bytes;
            find(item.address).kept = false;
            give(item.address, item.bytes);
        }
    };
};

/// Blocks that end at an inaccessible page, or begin right behind one where the harness asked for that.
const fence = struct {
    fn take(bytes: usize) ?usize {
        const page = std.heap.pageSize();
        // There is no such room, nor a number for it with its fences.
        if (bytes > std.math.maxInt(usize) - 3 * page) return null;
        const body = std.mem.alignForward(usize, bytes, page);
        const flags: c.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true };
        const place = c.mmap(null, body + 2 * page, .{}, flags, -1, 0);
        if (place == c.MAP_FAILED) return null;
        const first = @intFromPtr(place) + page;
        const base: *align(std.heap.page_size_min) anyopaque = @ptrFromInt(first);
        if (c.mprotect(base, body, .{ .READ = true, .WRITE = true }) != 0) return null;
        return if (before()) first else first + body - bytes;
    }

    fn shut(address: usize, bytes: usize) void {
        const whole = span(address, bytes);
        _ = c.mprotect(whole.base, whole.bytes, .{});
    }

    fn give(address: usize, bytes: usize) void {
        const whole = span(address, bytes);
        _ = c.munmap(whole.base, whole.bytes);
    }

    fn before() bool {
        return atomic.load(u64, &evidence.header().fence_before, .monotonic) != 0;
    }

    const Span = struct { base: *align(std.heap.page_size_min) anyopaque, bytes: usize };

    fn span(address: usize, bytes: usize) Span {
        const page = std.heap.pageSize();
        const body = std.mem.alignForward(usize, bytes, page);
        // Wherever it stands between its fences, a block begins in the first page of its body.
        const first = std.mem.alignBackward(usize, address, page);
        return .{ .base = @ptrFromInt(first - page), .bytes = body + 2 * page };
    }
};
