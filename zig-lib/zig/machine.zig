//! The state of the processor at the boundary (L-24, M-1 to M-3): what a native call comes with, what a function of the
//! host's comes back with, and what the library leaves in registers that are its own to change. On x86-64 alone, and but
//! for the stack on Linux.

const std = @import("std");
const builtin = @import("builtin");
const evidence = @import("evidence.zig");
const profile = @import("profile");

const seen = profile.witness and builtin.cpu.arch == .x86_64 and builtin.os.tag == .linux;

/// The control words of both floating-point units.
const Modes = struct {
    sse: u32,
    x87: u16,

    /// What a process begins with (System V psABI, *Initial Process State*): every exception masked, rounding to nearest,
    /// denormal numbers as they are, and on the x87 the whole significand.
    const first: Modes = .{ .sse = 0x1F80, .x87 = 0x037F };
    /// The bits of MXCSR that control; the others say what happened.
    const controls: u32 = 0xFFC0;

    inline fn read() Modes {
        var sse: u32 = undefined;
        var x87: u16 = undefined;
        asm volatile (
            \\stmxcsr (%[sse])
            \\fnstcw (%[x87])
            :
            : [sse] "r" (&sse),
              [x87] "r" (&x87),
            : .{ .memory = true });
        return .{ .sse = sse & controls, .x87 = x87 };
    }

    fn write(modes: Modes) void {
        asm volatile (
            \\ldmxcsr (%[sse])
            \\fldcw (%[x87])
            :
            : [sse] "r" (&modes.sse),
              [x87] "r" (&modes.x87),
            : .{ .memory = true });
    }
};

/// Whether string instructions would go backwards; from then on they go forwards.
inline fn wentBackwards() bool {
    const flags = asm volatile (
        \\pushfq
        \\popq %[flags]
        \\cld
        : [flags] "=r" (-> u64),
        :
        : .{ .memory = true });
    return flags & 1 << 10 != 0;
}

/// Counts a call that comes with another state than L-24, M-1 and M-2 say. The stack is looked at in the C function's own
/// frame, which is one because it is asked for.
pub inline fn entered() void {
    if (profile.witness and builtin.cpu.arch == .x86_64 and @frameAddress() % 16 != 0) {
        evidence.add(&evidence.header().misaligned_stacks, 1);
    }
    if (seen) looked();
}

/// Not inline: a thousand copies would be one in each fixture.
noinline fn looked() void {
    if (wentBackwards()) evidence.add(&evidence.header().directions, 1);
    const modes = Modes.read();
    if (modes.sse != Modes.first.sse or modes.x87 != Modes.first.x87) {
        evidence.add(&evidence.header().modes, 1);
    }
}

/// Leaves a pattern in the registers that a callee may change, other than those of what it returns, which comes after.
pub noinline fn scatter() void {
    if (!seen) return;
    asm volatile (
        \\movabsq $0xA5A5A5A5A5A5A5A5, %%rax
        \\movq %%rax, %%rcx
        \\movq %%rax, %%rdx
        \\movq %%rax, %%rsi
        \\movq %%rax, %%rdi
        \\movq %%rax, %%r8
        \\movq %%rax, %%r9
        \\movq %%rax, %%r10
        \\movq %%rax, %%r11
        \\movq %%rax, %%xmm0
        \\punpcklqdq %%xmm0, %%xmm0
        \\movaps %%xmm0, %%xmm1
        \\movaps %%xmm0, %%xmm2
        \\movaps %%xmm0, %%xmm3
        \\movaps %%xmm0, %%xmm4
        \\movaps %%xmm0, %%xmm5
        \\movaps %%xmm0, %%xmm6
        \\movaps %%xmm0, %%xmm7
        \\movaps %%xmm0, %%xmm8
        \\movaps %%xmm0, %%xmm9
        \\movaps %%xmm0, %%xmm10
        \\movaps %%xmm0, %%xmm11
        \\movaps %%xmm0, %%xmm12
        \\movaps %%xmm0, %%xmm13
        \\movaps %%xmm0, %%xmm14
        \\movaps %%xmm0, %%xmm15
        ::: .{
            .rax = true,
            .rcx = true,
            .rdx = true,
            .rsi = true,
            .rdi = true,
            .r8 = true,
            .r9 = true,
            .r10 = true,
            .r11 = true,
            .xmm0 = true,
            .xmm1 = true,
            .xmm2 = true,
            .xmm3 = true,
            .xmm4 = true,
            .xmm5 = true,
            .xmm6 = true,
            .xmm7 = true,
            .xmm8 = true,
            .xmm9 = true,
            .xmm10 = true,
            .xmm11 = true,
            .xmm12 = true,
            .xmm13 = true,
            .xmm14 = true,
            .xmm15 = true,
        });
}

/// A call of a function of the host's that is looked at, while it lasts. `bc_guarded` knows the places of its fields.
const Guard = extern struct {
    function: usize,
    back: usize = 0,
    preserved: [6]u64 = @splat(0),
    changed: u64 = 0,
    outer: ?*Guard,

    comptime {
        std.debug.assert(@offsetOf(Guard, "back") == 8);
        std.debug.assert(@offsetOf(Guard, "preserved") == 16);
        std.debug.assert(@offsetOf(Guard, "changed") == 64);
    }
};

threadlocal var innermost: ?*Guard = null;

fn bc_guard() callconv(.c) ?*Guard {
    return innermost;
}

/// Calls a function of the host's, and counts where it comes back with another state than M-1 and M-3 say. What it
/// changed is then put back.
pub inline fn guarded(comptime Native: type, address: usize, words: anytype) @typeInfo(Native).@"fn".return_type.? {
    if (!seen) return @call(.auto, @as(*const Native, @ptrFromInt(address)), words);
    const before = Modes.read();
    var guard: Guard = .{ .function = address, .outer = innermost };
    innermost = &guard;
    const through = @extern(*const Native, .{ .name = "bc_guarded" });
    const word = @call(.never_inline, through, words);
    if (wentBackwards()) evidence.add(&evidence.header().directions, 1);
    innermost = guard.outer;
    const after = Modes.read();
    if (guard.changed != 0 or after.sse != before.sse or after.x87 != before.x87) {
        evidence.add(&evidence.header().changed, 1);
        before.write();
    }
    return word;
}

comptime {
    if (seen) @export(&bc_guard, .{ .name = "bc_guard", .visibility = .hidden });
    // Takes the arguments as they are, wherever they are: its return address is put aside, so that those on the stack are
    // where the function looks for them.
    if (seen) asm (
        \\.pushsection .text
        \\.hidden bc_guarded
        \\.globl bc_guarded
        \\.type bc_guarded, @function
        \\bc_guarded:
        \\    pushq %rdi
        \\    pushq %rsi
        \\    pushq %rdx
        \\    pushq %rcx
        \\    pushq %r8
        \\    pushq %r9
        \\    pushq %rax
        \\    subq $128, %rsp
        \\    movaps %xmm0, (%rsp)
        \\    movaps %xmm1, 16(%rsp)
        \\    movaps %xmm2, 32(%rsp)
        \\    movaps %xmm3, 48(%rsp)
        \\    movaps %xmm4, 64(%rsp)
        \\    movaps %xmm5, 80(%rsp)
        \\    movaps %xmm6, 96(%rsp)
        \\    movaps %xmm7, 112(%rsp)
        \\    call bc_guard
        \\    movq %rax, %r11
        \\    movaps (%rsp), %xmm0
        \\    movaps 16(%rsp), %xmm1
        \\    movaps 32(%rsp), %xmm2
        \\    movaps 48(%rsp), %xmm3
        \\    movaps 64(%rsp), %xmm4
        \\    movaps 80(%rsp), %xmm5
        \\    movaps 96(%rsp), %xmm6
        \\    movaps 112(%rsp), %xmm7
        \\    addq $128, %rsp
        \\    popq %rax
        \\    popq %r9
        \\    popq %r8
        \\    popq %rcx
        \\    popq %rdx
        \\    popq %rsi
        \\    popq %rdi
        \\    popq 8(%r11)
        \\    movq %rbx, 16(%r11)
        \\    movq %rbp, 24(%r11)
        \\    movq %r12, 32(%r11)
        \\    movq %r13, 40(%r11)
        \\    movq %r14, 48(%r11)
        \\    movq %r15, 56(%r11)
        \\    movq $-0x5A5A5A01, %rbx
        \\    movq $-0x5A5A5A02, %rbp
        \\    movq $-0x5A5A5A03, %r12
        \\    movq $-0x5A5A5A04, %r13
        \\    movq $-0x5A5A5A05, %r14
        \\    movq $-0x5A5A5A06, %r15
        \\    call *(%r11)
        \\    pushq %rax
        \\    pushq %rdx
        \\    subq $32, %rsp
        \\    movaps %xmm0, (%rsp)
        \\    movaps %xmm1, 16(%rsp)
        \\    call bc_guard
        \\    movq %rax, %r11
        \\    movaps (%rsp), %xmm0
        \\    movaps 16(%rsp), %xmm1
        \\    addq $32, %rsp
        \\    popq %rdx
        \\    popq %rax
        \\    cmpq $-0x5A5A5A01, %rbx
        \\    jne 1f
        \\    cmpq $-0x5A5A5A02, %rbp
        \\    jne 1f
        \\    cmpq $-0x5A5A5A03, %r12
        \\    jne 1f
        \\    cmpq $-0x5A5A5A04, %r13
        \\    jne 1f
        \\    cmpq $-0x5A5A5A05, %r14
        \\    jne 1f
        \\    cmpq $-0x5A5A5A06, %r15
        \\    je 2f
        \\1:  incq 64(%r11)
        \\2:  movq 16(%r11), %rbx
        \\    movq 24(%r11), %rbp
        \\    movq 32(%r11), %r12
        \\    movq 40(%r11), %r13
        \\    movq 48(%r11), %r14
        \\    movq 56(%r11), %r15
        \\    pushq 8(%r11)
        \\    ret
        \\.size bc_guarded, . - bc_guarded
        \\.popsection
    );
}
