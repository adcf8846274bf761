//! The root of a library of functions made from a seed: its functions come from a file that is
//! written beside this one when the library is built. What exports and describes them is the same
//! code as for the fixtures (root.zig).

const evidence = @import("evidence.zig");
const exports = @import("exports.zig");

comptime {
    exports.symbols(exports.of(.{@import("generated.zig")}), &.{});
    evidence.exportPage();
}

pub const panic = @import("panic.zig");
