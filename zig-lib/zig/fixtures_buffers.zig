//! Structs with buffers of their own: arguments, owned and borrowed returns, slices (L-13, L-17,
//! L-19).
//!
//! Where memory is short a return has zeros and empty buffers, and what was allocated is freed
//! (N-4).

const std = @import("std");
const builders = @import("builders.zig");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");
const Borrowed = forms.Borrowed;
const Owned = forms.Owned;
const Packet = types.Packet;
const Person = types.Person;
const Sheet = types.Sheet;
const String = forms.String;
const Team = types.Team;

fn owned(made: anytype) Owned(@typeInfo(@TypeOf(made)).error_union.payload) {
    return .{ .value = made catch std.mem.zeroes(@typeInfo(@TypeOf(made)).error_union.payload) };
}

pub fn make_person(name: String, age: u16) Owned(Person) {
    return owned(builders.person(name.items(), age));
}

pub fn copy_person(p: Person) Owned(Person) {
    return owned(builders.person(p.name.items(), p.age));
}

/// A name of no bytes at an address that reaches nothing; the age is 1.
pub fn nameless_person() Owned(Person) {
    return .{ .value = .{
        .name = .{ .address = std.math.maxInt(usize), .length = 0 },
        .age = 1,
    } };
}

/// A name that is not UTF-8 (61 FF 62); the age is 2.
pub fn malformed_person() Owned(Person) {
    return owned(builders.person("a\xFFb", 2));
}

/// "real", with a length that no memory could hold (R-11); the age is 3.
pub fn corrupt_person() Owned(Person) {
    var made = owned(builders.person("real", 3));
    const name = &made.value.name;
    name.length = ledger.corruptLength(name.address, name.length);
    return made;
}

/// "lent", 4; nobody frees it.
pub fn borrowed_person() Borrowed(Person) {
    return .{ .value = .{ .name = .lend("lent"), .age = 4 } };
}

/// Age plus 1000 times the bytes of the name.
pub fn person_number(p: Person) u64 {
    return p.age + @as(u64, 1000) * p.name.items().len;
}

/// FNV-1a, 64 bits, of the name: depends on every byte.
pub fn person_hash(p: Person) u64 {
    return std.hash.Fnv1a_64.hash(p.name.items());
}

/// Buffers of `n` elements each, as of builders.zig.
pub fn make_packet(id: u32, n: usize) Owned(Packet) {
    return owned(builders.patternPacket(id, n));
}

/// A copy; `lent` is 1, 2, 255 whatever it was.
pub fn copy_packet(p: Packet) Owned(Packet) {
    return owned(builders.packet(p));
}

/// Every buffer borrowed; nobody frees it.
pub fn borrowed_packet() Borrowed(Packet) {
    return .{ .value = .{
        .id = 9,
        .title = .lend("lent"),
        .payload = .lend(&.{ 0, 255 }),
        .samples = .lend(&.{ -0.0, 1.5 }),
        .counts = .lend(&.{ -1, 0, 1 }),
        .grown = .lend(&.{7}),
        .lent = .lend(builders.lent_bytes),
        .colors = .lend(&.{ .blue, @enumFromInt(255) }),
    } };
}

/// A hash of every buffer in order, chained by 31, wrapping: FNV-1a, 64 bits, of its bytes.
pub fn packet_hash(p: Packet) u64 {
    var hash: u64 = p.id;
    inline for (@typeInfo(Packet).@"struct".fields) |field| {
        if (field.type == u32) continue;
        const bytes = std.mem.sliceAsBytes(@field(p, field.name).items());
        hash = hash *% 31 +% std.hash.Fnv1a_64.hash(bytes);
    }
    return hash;
}

/// A copy; `path` is (1, -1), (-0.0, 0.5) whatever it was.
pub fn copy_sheet(s: Sheet) Owned(Sheet) {
    return owned(builders.sheet(s));
}

/// The tag, plus 10 times x + 2y of all points and of the path, plus 1000 times the ages.
pub fn sheet_number(s: Sheet) f64 {
    var total: f64 = @floatFromInt(s.tag);
    for (s.points.items()) |p| total += 10 * (p.x + 2 * p.y);
    for (s.path.items()) |p| total += 10 * (p.x + 2 * p.y);
    for (s.people.items()) |p| total += 1000 * @as(f64, @floatFromInt(p.age));
    return total;
}

pub fn make_team(n: usize) Owned(Team) {
    return owned(builders.patternTeam(n));
}

pub fn copy_team(t: Team) Owned(Team) {
    return owned(builders.team(t));
}

/// The ages of all plus 1000 times the bytes of all names and of the title.
pub fn team_number(t: Team) u64 {
    var total: u64 = 1000 * t.title.items().len + person_number(t.lead);
    for (t.pair) |each| total += person_number(each);
    return total + people_number(t.members.items());
}

/// The sum of `person_number`, each times its place, counted from 1.
pub fn people_number(people: []const Person) u64 {
    var total: u64 = 0;
    for (people, 1..) |each, place| total +%= person_number(each) *% place;
    return total;
}

/// `n` people as of builders.zig: the free symbol frees their names, then the block.
pub fn owned_people(n: usize) Owned([]Person) {
    return .of(builders.patternPeople(n) catch return .empty);
}

/// A copy of each.
pub fn copy_people(people: []const Person) Owned([]Person) {
    return .of(builders.people(people) catch return .empty);
}

/// `n` teams; team `i` has `i` members.
pub fn owned_teams(n: usize) Owned([]Team) {
    return .of(builders.patternTeams(n) catch return .empty);
}

/// One person, "real" and 5, with a length that no memory could hold; as `corrupt_length_i64s`. The
/// free symbol frees the name too.
pub fn corrupt_people() Owned([]Person) {
    const original: [1]Person = .{.{ .name = .of("real"), .age = 5 }};
    const block = builders.people(&original) catch return .empty;
    var made: Owned([]Person) = .of(block);
    made.length = ledger.corruptLength(made.address, made.length);
    return made;
}
