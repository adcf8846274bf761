//! Structs with buffers, built whole or not at all: what was allocated before a failure is freed
//! (N-4).

const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const patterns = @import("patterns.zig");
const release = @import("release.zig");
const types = @import("types.zig");
const Color = types.Color;
const Packet = types.Packet;
const Person = types.Person;
const Point = types.Point;
const Sheet = types.Sheet;
const String = forms.String;
const Team = types.Team;

/// The bytes that `lent` of every packet reaches.
pub const lent_bytes: []const u8 = &.{ 1, 2, 255 };

pub fn person(name: []const u8, age: u16) ledger.Error!Person {
    return .{ .name = try String.copyOf(name), .age = age };
}

/// Six allocations. `lent` is static whatever `from` lends, because nobody would free a copy.
pub fn packet(from: Packet) ledger.Error!Packet {
    var made = emptyPacket(from.id);
    errdefer release.buffersOf(Packet, &made);
    inline for (.{ "title", "payload", "samples", "counts", "grown", "colors" }) |name| {
        const original = @field(from, name);
        @field(made, name) = try @TypeOf(original).copyOf(original.items());
    }
    return made;
}

/// A packet whose buffers hold `n` elements of their patterns: letters, bytes up from 0, the
/// patterns of patterns.zig, and colours red, green, blue, red, …
pub fn patternPacket(id: u32, n: usize) ledger.Error!Packet {
    var made = emptyPacket(id);
    errdefer release.buffersOf(Packet, &made);
    made.title = try filled(@TypeOf(made.title), u8, n, letter);
    made.payload = try filled(@TypeOf(made.payload), u8, n, low);
    made.samples = try filled(@TypeOf(made.samples), f64, n, Pattern(f64).at);
    made.counts = try filled(@TypeOf(made.counts), i64, n, Pattern(i64).at);
    made.grown = try filled(@TypeOf(made.grown), i16, n, Pattern(i16).at);
    made.colors = try filled(@TypeOf(made.colors), Color, n, colorAt);
    return made;
}

fn emptyPacket(id: u32) Packet {
    return .{
        .id = id,
        .title = .empty,
        .payload = .empty,
        .samples = .empty,
        .counts = .empty,
        .grown = .empty,
        .lent = .lend(lent_bytes),
        .colors = .empty,
    };
}

fn filled(comptime Buffer: type, comptime T: type, n: usize, at: fn (usize) T) ledger.Error!Buffer {
    const block = try ledger.alloc(T, n);
    for (block, 0..) |*x, i| x.* = at(i);
    return .of(block);
}

fn letter(i: usize) u8 {
    return 'a' + @as(u8, @intCast(i % 26));
}

fn low(i: usize) u8 {
    return @truncate(i);
}

fn colorAt(i: usize) Color {
    return @enumFromInt(i % 3);
}

fn Pattern(comptime T: type) type {
    return struct {
        fn at(i: usize) T {
            return patterns.element(T, i);
        }
    };
}

/// `n` structs of `S`, the `i`-th made by `at(from, i)`.
fn all(
    comptime S: type,
    n: usize,
    from: anytype,
    comptime at: fn (@TypeOf(from), usize) ledger.Error!S,
) ledger.Error![]S {
    const block = try ledger.alloc(S, n);
    var done: usize = 0;
    errdefer {
        for (block[0..done]) |*each| release.buffersOf(S, each);
        ledger.free(S, @intFromPtr(block.ptr), block.len);
    }
    for (block, 0..) |*each, i| {
        each.* = try at(from, i);
        done += 1;
    }
    return block;
}

/// Copies of all people.
pub fn people(originals: []const Person) ledger.Error![]Person {
    return all(Person, originals.len, originals, copyAt);
}

fn copyAt(originals: []const Person, i: usize) ledger.Error!Person {
    return person(originals[i].name.items(), originals[i].age);
}

/// `n` people: the name of person `i` is `i` modulo 4 letters, so every fourth is empty; the age is
/// 20 + i.
pub fn patternPeople(n: usize) ledger.Error![]Person {
    return all(Person, n, {}, patternAt);
}

fn patternAt(_: void, i: usize) ledger.Error!Person {
    return person("abc"[0 .. i % 4], @truncate(20 +% i));
}

/// `n` teams; team `i` has `i` members.
pub fn patternTeams(n: usize) ledger.Error![]Team {
    return all(Team, n, {}, teamAt);
}

fn teamAt(_: void, i: usize) ledger.Error!Team {
    return patternTeam(i);
}

/// The points that `path` of every sheet reaches.
pub const path: []const Point = &.{ .{ .x = 1, .y = -1 }, .{ .x = -0.0, .y = 0.5 } };

/// A copy. `path` is static whatever `from` lends, because nobody would free a copy.
pub fn sheet(from: Sheet) ledger.Error!Sheet {
    var made: Sheet = .{ .tag = from.tag, .points = .empty, .people = .empty, .path = .lend(path) };
    errdefer release.buffersOf(Sheet, &made);
    made.points = try @TypeOf(made.points).copyOf(from.points.items());
    made.people = .of(try people(from.people.items()));
    return made;
}

/// A copy, buffers at every depth.
pub fn team(from: Team) ledger.Error!Team {
    const nobody: Person = .{ .name = .empty, .age = 0 };
    var made: Team = .{
        .title = .empty,
        .lead = nobody,
        .pair = .{ nobody, nobody },
        .members = .empty,
    };
    errdefer release.buffersOf(Team, &made);
    made.title = try String.copyOf(from.title.items());
    made.lead = try person(from.lead.name.items(), from.lead.age);
    for (&made.pair, from.pair) |*copy, original| {
        copy.* = try person(original.name.items(), original.age);
    }
    made.members = .of(try people(from.members.items()));
    return made;
}

/// A team of `n` members, and its lead and pair with the ages 1, 2, 3.
pub fn patternTeam(n: usize) ledger.Error!Team {
    const members = try patternPeople(n);
    defer release.buffer(Person, @intFromPtr(members.ptr), members.len);
    return team(.{
        .title = .of("team"),
        .lead = .{ .name = .of("lead"), .age = 1 },
        .pair = .{ .{ .name = .of("left"), .age = 2 }, .{ .name = .of("right"), .age = 3 } },
        .members = .of(members),
    });
}
