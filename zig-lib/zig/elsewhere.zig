//! Calls of a function of the host's on threads that the host knows nothing of (K-6).

const libc = @import("libc.zig").c;

/// Calls a function of the host's on a thread that begins here and ends before this returns; on this one where there is no
/// other, as in a module.
pub fn elsewhere(f: anytype, arguments: anytype) @TypeOf(f.call(arguments)) {
    const Errand = struct {
        f: @TypeOf(f),
        arguments: @TypeOf(arguments),
        back: @TypeOf(f.call(arguments)) = undefined,

        fn run(place: ?*anyopaque) callconv(.c) ?*anyopaque {
            const errand: *@This() = @ptrCast(@alignCast(place));
            errand.back = errand.f.call(errand.arguments);
            return null;
        }
    };
    var errand: Errand = .{ .f = f, .arguments = arguments };
    var thread: libc.pthread_t = undefined;
    if (libc.pthread_create(&thread, null, Errand.run, &errand) == .SUCCESS) {
        _ = libc.pthread_join(thread, null);
    } else {
        _ = Errand.run(&errand);
    }
    return errand.back;
}
