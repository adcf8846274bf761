//! Enums as arguments and returns, at every backing (L-5, R-5).

const types = @import("types.zig");
const Color = types.Color;
const Level = types.Level;

pub const echo_color = echo(types.Color);
pub const color_from = from(types.Color);
pub const color_number = number(types.Color);
pub const echo_level = echo(types.Level);
pub const level_from = from(types.Level);
pub const level_number = number(types.Level);
pub const echo_port = echo(types.Port);
pub const port_from = from(types.Port);
pub const port_number = number(types.Port);
pub const echo_offset = echo(types.Offset);
pub const offset_from = from(types.Offset);
pub const offset_number = number(types.Offset);
pub const echo_status = echo(types.Status);
pub const status_from = from(types.Status);
pub const status_number = number(types.Status);
pub const echo_code = echo(types.Code);
pub const code_from = from(types.Code);
pub const code_number = number(types.Code);
pub const echo_tick = echo(types.Tick);
pub const tick_from = from(types.Tick);
pub const tick_number = number(types.Tick);
pub const echo_mask = echo(types.Mask);
pub const mask_from = from(types.Mask);
pub const mask_number = number(types.Mask);

/// The next colour after `c` where `l` is high, otherwise `c`. Blue and what has no member go to red.
pub fn pick(c: Color, l: Level) Color {
    if (l != .high) return c;
    return switch (c) {
        .red => .green,
        .green => .blue,
        .blue, _ => .red,
    };
}

fn echo(comptime E: type) fn (E) E {
    return struct {
        fn call(e: E) E {
            return e;
        }
    }.call;
}

/// Any raw value, with or without a member.
fn from(comptime E: type) fn (@typeInfo(E).@"enum".tag_type) E {
    return struct {
        fn call(n: @typeInfo(E).@"enum".tag_type) E {
            return @enumFromInt(n);
        }
    }.call;
}

fn number(comptime E: type) fn (E) @typeInfo(E).@"enum".tag_type {
    return struct {
        fn call(e: E) @typeInfo(E).@"enum".tag_type {
            return @intFromEnum(e);
        }
    }.call;
}
