//! The evidence page of docs/evidence.md: attaching it, its counters, and the witness ring.
//!
//! The layout is an interface with another process. Deliberately absent: allocation (ledger.zig)
//! and anything that calls the kernel once the page is attached and the thread is known, but for calls that
//! are held.

const std = @import("std");
const builtin = @import("builtin");
const atomic = @import("atomic.zig");
const profile = @import("profile");
const wary = @import("wary.zig");
const Reach = @import("prototype.zig").Reach;
const libc = @import("libc.zig");
const c = libc.c;

/// Whether this build has a page at all.
pub const present = profile.witness or profile.ledger != .none;

const entry_size = 1024;
const entry_count = 1024;

pub const Header = extern struct {
    magic: u64,
    version: u32,
    entry_size: u32,
    entry_count: u32,
    header_size: u32,
    reserved_24: [40]u8,
    live_blocks: i64,
    live_bytes: i64,
    allocations: u64,
    frees: u64,
    unknown_frees: u64,
    repeated_frees: u64,
    length_mismatches: u64,
    failed_allocations: u64,
    fail_nth: u64,
    mismatches: u64,
    overlaps: u64,
    misaligned_stacks: u64,
    fence_before: u64,
    calls: u64,
    hold: u64,
    held: u64,
    witness_next: u64,
    moved: u64,
    overwritten: u64,
    vector_counts: u64,
    directions: u64,
    modes: u64,
    changed: u64,
    errno_left: u64,
    witness_off: u64,
    errno_entered: u64,
    reserved_272: [4096 - 272]u8,

    const magic_value: u64 = 0x31454741505F4342;

    comptime {
        std.debug.assert(@sizeOf(Header) == 4096);
        std.debug.assert(@offsetOf(Header, "live_blocks") == 64);
        std.debug.assert(@offsetOf(Header, "fail_nth") == 128);
        std.debug.assert(@offsetOf(Header, "mismatches") == 136);
        std.debug.assert(@offsetOf(Header, "fence_before") == 160);
        std.debug.assert(@offsetOf(Header, "calls") == 168);
        std.debug.assert(@offsetOf(Header, "hold") == 176);
        std.debug.assert(@offsetOf(Header, "witness_next") == 192);
        std.debug.assert(@offsetOf(Header, "overwritten") == 208);
        std.debug.assert(@offsetOf(Header, "vector_counts") == 216);
        std.debug.assert(@offsetOf(Header, "changed") == 240);
        std.debug.assert(@offsetOf(Header, "errno_left") == 248);
        std.debug.assert(@offsetOf(Header, "witness_off") == 256);
        std.debug.assert(@offsetOf(Header, "errno_entered") == 264);
    }
};

const Entry = extern struct {
    stamp: u64,
    thread: u64,
    function: u32,
    event: u16,
    items: u16,
    used: u32,
    reserved_28: u32,
    room: [entry_size - 32]u8,

    comptime {
        std.debug.assert(@sizeOf(Entry) == entry_size);
        std.debug.assert(@offsetOf(Entry, "function") == 16);
        std.debug.assert(@offsetOf(Entry, "event") == 20);
        std.debug.assert(@offsetOf(Entry, "items") == 22);
        std.debug.assert(@offsetOf(Entry, "used") == 24);
        std.debug.assert(@offsetOf(Entry, "room") == 32);
    }
};

const ItemHeader = extern struct {
    tag: Tag,
    truncated: u8,
    stored: u16,
    full: u32,

    comptime {
        std.debug.assert(@sizeOf(ItemHeader) == 8);
        std.debug.assert(@offsetOf(ItemHeader, "full") == 4);
    }
};

const Page = extern struct {
    header: Header,
    ring: [entry_count]Entry,

    comptime {
        std.debug.assert(@sizeOf(Page) == 4096 + 1024 * 1024);
    }
};

pub const Tag = enum(u8) { int = 1, float = 2, address = 3, null = 4, memory = 5 };
pub const EventKind = enum(u16) { call = 0, free = 1, next = 2, callback = 3, back = 4 };

var attached: std.atomic.Value(?*Page) = .init(null);
var attaching: c.pthread_mutex_t = .{};
/// Used where no file is named, so that recording has one path.
var private: Page align(4096) = std.mem.zeroes(Page);

/// The header's counters.
pub inline fn header() *Header {
    return &page().header;
}

/// Has who runs a library without a system find its page, and attaches it.
fn bc_evidence() callconv(.c) *Page {
    return page();
}

/// Exports what the library's runner takes evidence by, where nothing can be mapped.
pub fn exportPage() void {
    if (libc.alone and present) @export(&bc_evidence, .{ .name = "bc_evidence" });
}

inline fn page() *Page {
    return attached.load(.acquire) orelse attach();
}

fn attach() *Page {
    @branchHint(.cold);
    _ = c.pthread_mutex_lock(&attaching);
    defer _ = c.pthread_mutex_unlock(&attaching);
    if (attached.load(.acquire)) |there| return there;
    const where = mapNamedFile() orelse &private;
    where.header.version = 1;
    where.header.entry_size = entry_size;
    where.header.entry_count = entry_count;
    where.header.header_size = @sizeOf(Header);
    atomic.store(u64, &where.header.magic, Header.magic_value, .release);
    attached.store(where, .release);
    return where;
}

fn mapNamedFile() ?*Page {
    if (libc.alone) return null;
    const name = c.getenv("BOUNDARY_EVIDENCE") orelse return null;
    const file = c.open(name, .{ .ACCMODE = .RDWR, .CLOEXEC = true });
    if (file < 0) return unusable(name);
    defer _ = c.close(file);
    // A shorter file would map, and kill the process at the first event past its end.
    if (c.lseek(file, 0, c.SEEK.END) != @sizeOf(Page)) return unusable(name);
    const prot: c.PROT = .{ .READ = true, .WRITE = true };
    const address = c.mmap(null, @sizeOf(Page), prot, .{ .TYPE = .SHARED }, file, 0);
    if (address == c.MAP_FAILED) return unusable(name);
    return @ptrCast(@alignCast(address));
}

/// Says so and goes on without: the harness sees that `magic` was never written.
fn unusable(name: [*:0]const u8) ?*Page {
    say("boundary: cannot map the evidence page ");
    say(std.mem.span(name));
    say("\n");
    return null;
}

fn say(text: []const u8) void {
    _ = c.write(2, text.ptr, text.len);
}

pub inline fn add(counter: *u64, amount: u64) void {
    _ = atomic.add(u64, counter, amount, .monotonic);
}

pub inline fn addSigned(counter: *i64, amount: i64) void {
    _ = atomic.add(i64, counter, amount, .monotonic);
}

/// Counts a native call where the build does. Two threads at once may count as one: a locked addition takes
/// longer than most fixtures, and loops on the clock have one thread.
pub inline fn count() void {
    if (!profile.calls) return;
    const calls = &header().calls;
    atomic.store(u64, calls, atomic.load(u64, calls, .monotonic) +% 1, .monotonic);
}

/// A fixture found its redundant argument wrong.
pub fn mismatch() void {
    if (present) add(&header().mismatches, 1);
}

/// Something an out-parameter reaches is reached by another address of the call, too (L-23).
pub fn overlap() void {
    add(&header().overlaps, 1);
}

/// Takes over what the C code of variadic functions counted (W-3), in a word of its own.
pub fn countVectors() void {
    const counted = atomic.exchange(u64, @extern(*u64, .{ .name = "bc_vector_counts" }), 0, .monotonic);
    if (counted != 0) add(&header().vector_counts, counted);
}

/// Events of other calls after which a held call goes on.
const held_events = 64;
/// Times that who waits lets others run, none of which makes a call, before it goes on.
const held_idly = 8192;
/// What a call that was held for nothing takes of `hold`: where nobody calls meanwhile, it is soon over.
const held_in_vain = 2;

/// Whether a call is held. One at a time, so that the others go on.
var holding: std.atomic.Value(bool) = .init(false);
/// Events there were when it began to be.
var held_since: std.atomic.Value(u64) = .init(0);

/// Whether calls are to be held.
pub inline fn holds() bool {
    return atomic.load(u64, &header().hold, .monotonic) != 0;
}

/// Holds a call while others are made, and adds to `counter` where the memory in its reach is not what it was.
pub noinline fn hold(reaches: []const Reach, counter: *u64) void {
    if (libc.alone) return;
    if (holding.swap(true, .acquire)) return giveWay();
    defer holding.store(false, .release);
    held_since.store(events(), .monotonic);
    const before = digest(reaches);
    const cost: u64 = if (othersCalled()) 1 else held_in_vain;
    // Only who holds writes it, but the harness, which does not while there are calls.
    const left = &header().hold;
    atomic.store(u64, left, atomic.load(u64, left, .monotonic) -| cost, .monotonic);
    if (digest(reaches) != before) add(counter, 1);
}

/// Waits until enough calls were made, or nobody makes any.
fn othersCalled() bool {
    const first = events();
    var seen = first;
    var idly: u32 = 0;
    while (seen - first < held_events and idly < held_idly) {
        std.Thread.yield() catch {};
        const now = events();
        idly = if (now == seen) idly + 1 else 0;
        seen = now;
    }
    if (seen == first) return false;
    add(&header().held, 1);
    return true;
}

/// Once enough calls were made while one is held, others wait for it, or all would be made during one.
fn giveWay() void {
    var idly: u32 = 0;
    while (holding.load(.monotonic) and idly < held_idly) : (idly += 1) {
        if (events() -% held_since.load(.monotonic) < held_events) return;
        std.Thread.yield() catch {};
    }
}

fn events() u64 {
    return atomic.load(u64, &header().witness_next, .monotonic);
}

/// FNV-1a over all that is reached.
fn digest(reaches: []const Reach) u64 {
    var hash: std.hash.Fnv1a_64 = .init();
    for (reaches) |reach| {
        if (reach.bytes == 0) continue;
        const first: [*]const u8 = @ptrFromInt(reach.address);
        hash.update(first[0..reach.bytes]);
    }
    return hash.final();
}

/// What a thread keeps between calls. One variable, so that a call looks it up once.
const Thread = struct {
    id: u64 = 0,
    lent: bool = false,
    slot: [16]u8 align(16) = @splat(0),
};

threadlocal var current: Thread = .{};

/// Ends the life of what the thread's last call lent out (L-10): its bytes become a pattern.
pub inline fn recall() void {
    if (!current.lent) return;
    current.lent = false;
    current.slot = @splat(0xA5);
}

/// A copy of `value` that lives until the thread's next call (L-10, L-20).
pub inline fn lend(comptime T: type, value: T) usize {
    comptime std.debug.assert(@sizeOf(T) <= 16 and @alignOf(T) <= 16);
    current.lent = true;
    const place: *T = @ptrCast(&current.slot);
    place.* = value;
    return @intFromPtr(place);
}

inline fn threadId() u64 {
    if (current.id == 0) current.id = askThreadId();
    return current.id;
}

fn askThreadId() u64 {
    @branchHint(.cold);
    switch (builtin.os.tag) {
        .linux => return @intCast(std.os.linux.gettid()),
        .macos => return std.Thread.getCurrentId(),
        .freestanding => return 1,
        else => @compileError("no thread id on " ++ @tagName(builtin.os.tag)),
    }
}

/// The stamp of an entry that a thread is writing.
const being_written: u64 = std.math.maxInt(u64);

/// One event being written: `items` calls of `int`, `float`, … must follow, then `end`.
pub const Event = extern struct {
    entry: *Entry,
    stamp: u64,
    used: u32,

    /// Null where the ring is stopped, or another thread still writes this place.
    /// Not inline, as `memory`: hundreds of copies would be most of the build.
    pub noinline fn begin(function: u32, kind: EventKind, items: u16) ?Event {
        const there = page();
        if (atomic.load(u64, &there.header.witness_off, .monotonic) != 0) return null;
        const sequence = atomic.add(u64, &there.header.witness_next, 1, .monotonic);
        const entry = &there.ring[@intCast(sequence % entry_count)];
        // An exchange, not a store: nothing of the entry may be written before its stamp is gone,
        // and whoever finds it taken was lapped by the ring while another thread slept inside an
        // event.
        const previous = atomic.exchange(u64, &entry.stamp, being_written, .acq_rel);
        if (previous == being_written) return null;
        entry.thread = threadId();
        entry.function = function;
        entry.event = @intFromEnum(kind);
        entry.items = items;
        return .{ .entry = entry, .stamp = sequence + 1, .used = 0 };
    }

    pub inline fn end(event: *Event) void {
        event.entry.used = event.used;
        atomic.store(u64, &event.entry.stamp, event.stamp, .release);
    }

    pub inline fn int(event: *Event, widened: u64) void {
        event.fixed(.int, 8, widened);
    }

    pub inline fn float(event: *Event, size: u16, bits: u64) void {
        event.fixed(.float, size, bits);
    }

    /// A handle or a pointer that is not looked into; null is an item of its own.
    pub inline fn address(event: *Event, value: u64) void {
        if (value == 0) event.nothing() else event.fixed(.address, 8, value);
    }

    pub inline fn nothing(event: *Event) void {
        event.put(.{ .tag = .null, .truncated = 0, .stored = 0, .full = 0 });
    }

    /// The bytes at `from`, cut so that each of the `later` items still finds 16 bytes of room.
    pub noinline fn memory(event: *Event, from: usize, full: usize, later: usize) void {
        const room = event.entry.room.len - event.used - @sizeOf(ItemHeader) - 16 * later;
        const stored = @min(full, room);
        if (profile.wary and !wary.readable(from, stored)) return event.fixed(.address, 8, from);
        event.put(.{
            .tag = .memory,
            .truncated = @intFromBool(stored < full),
            .stored = @intCast(stored),
            .full = std.math.cast(u32, full) orelse std.math.maxInt(u32),
        });
        if (stored == 0) return;
        const source: [*]const u8 = @ptrFromInt(from);
        @memcpy(event.entry.room[event.used..][0..stored], source[0..stored]);
        event.used += @intCast(std.mem.alignForward(usize, stored, 8));
    }

    inline fn fixed(event: *Event, tag: Tag, size: u16, value: u64) void {
        event.put(.{ .tag = tag, .truncated = 0, .stored = size, .full = size });
        std.mem.writeInt(u64, event.entry.room[event.used..][0..8], value, .little);
        event.used += 8;
    }

    inline fn put(event: *Event, item: ItemHeader) void {
        const place: *ItemHeader = @ptrCast(@alignCast(event.entry.room[event.used..][0..8]));
        place.* = item;
        event.used += @sizeOf(ItemHeader);
    }
};
