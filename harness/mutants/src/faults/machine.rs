//! Faults of what a binder leaves the processor in.

use super::{Class, Edit, Fault};

const REGISTERS: &str = "reference-binder/src/call/foreign/registers.rs";
const OBLIGED: &str = "reference-binder/src/call/foreign/obliged.rs";
const CALLBACKS: &str = "reference-binder/src/call/callbacks.rs";
const FREE: &str = "unsafe { free(address as usize, length as usize) }";

/// Calls of three words are made behind an instruction, and another puts right what that did.
macro_rules! call_behind {
    ($before:literal, $after:literal) => {
        &[Edit {
            file: REGISTERS,
            replace: "unsafe { function(a, b, c) }",
            with: concat!(
                "{ unsafe { std::arch::asm!(",
                $before,
                ") }; let answer = unsafe { function(a, b, c) }; unsafe { std::arch::asm!(",
                $after,
                ") }; answer }"
            ),
        }]
    };
}

/// Functions of the host's are called by code that ends in some instructions of its own.
macro_rules! callback_ends_in {
    ($($instruction:literal),+) => {
        &[Edit {
            file: CALLBACKS,
            replace: "one.plan.cif.closure(answer, data)",
            with: concat!(
                "one.plan.cif.closure({
    #[unsafe(naked)]
    unsafe extern \"C\" fn through(_: *mut c_void, _: *mut c_void, _: *mut *mut c_void, _: *mut c_void) {
        std::arch::naked_asm!(\"push rax\", \"call {real}\", ",
                $("\"", $instruction, "\", ",)+
                "\"pop rcx\", \"ret\", real = sym answer)
    }
    through
}, data)"
            ),
        }]
    };
}

/// The code that native callers are given, of the last function of a call, changes a register when that function is done.
macro_rules! code_ends_in {
    ($instruction:literal) => {
        &[Edit {
            file: CALLBACKS,
            replace: "closure.code().expose_provenance() as i64",
            with: concat!(
                "{
    static CODE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    CODE.store(closure.code().expose_provenance(), std::sync::atomic::Ordering::SeqCst);
    #[unsafe(naked)]
    unsafe extern \"C\" fn through() {
        std::arch::naked_asm!(\"push rax\", \"call qword ptr [rip + {code}]\", \"",
                $instruction,
                "\", \"pop rcx\", \"ret\", code = sym CODE)
    }
    (through as unsafe extern \"C\" fn() as *const ()).expose_provenance() as i64
}"
            ),
        }]
    };
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "direction-set-for-a-call",
        breaks: "calls of three words come with the direction flag set",
        clauses: &["M-1"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: call_behind!("\"std\"", "\"cld\""),
    },
    Fault {
        name: "direction-set-for-a-free",
        breaks: "free symbols of an address and a length come with the direction flag set",
        clauses: &["M-1"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: OBLIGED,
            replace: FREE,
            with: "{ unsafe { std::arch::asm!(\"std\") }; unsafe { free(address as usize, length as usize) } }",
        }],
    },
    Fault {
        name: "direction-set-by-a-callback",
        breaks: "a function of the host's comes back with the direction flag set",
        clauses: &["M-1"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: callback_ends_in!("std"),
    },
    Fault {
        name: "rounding-up-for-a-call",
        breaks: "calls of three words round upwards",
        clauses: &["M-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: call_behind!(
            "\"ldmxcsr [{}]\", in(reg) &0x5f80_u32",
            "\"ldmxcsr [{}]\", in(reg) &0x1f80_u32"
        ),
    },
    Fault {
        name: "denormals-flushed-for-a-call",
        breaks: "calls of three words take denormal numbers for zero and give zero in their place",
        clauses: &["M-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: call_behind!(
            "\"ldmxcsr [{}]\", in(reg) &0x9fc0_u32",
            "\"ldmxcsr [{}]\", in(reg) &0x1f80_u32"
        ),
    },
    Fault {
        name: "exceptions-unmasked-for-a-call",
        breaks: "calls of three words trap where an operation is invalid",
        clauses: &["M-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: call_behind!(
            "\"ldmxcsr [{}]\", in(reg) &0x1f00_u32",
            "\"ldmxcsr [{}]\", in(reg) &0x1f80_u32"
        ),
    },
    Fault {
        name: "x87-of-doubles-for-a-call",
        breaks: "calls of three words come with an x87 that rounds to the significand of a double",
        clauses: &["M-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: call_behind!(
            "\"fldcw [{}]\", in(reg) &0x027f_u16",
            "\"fldcw [{}]\", in(reg) &0x037f_u16"
        ),
    },
    Fault {
        name: "rounding-left-by-a-callback",
        breaks: "a function of the host's comes back with another rounding",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: callback_ends_in!("mov dword ptr [rsp], 0x5f80", "ldmxcsr [rsp]"),
    },
    Fault {
        name: "x87-left-by-a-callback",
        breaks: "a function of the host's comes back with another x87 control word",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: callback_ends_in!("mov dword ptr [rsp], 0x027f", "fldcw [rsp]"),
    },
    Fault {
        name: "rbx-changed-by-a-callback",
        breaks: "a function of the host's comes back with another rbx",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: code_ends_in!("mov ebx, 1"),
    },
    Fault {
        name: "rbp-changed-by-a-callback",
        breaks: "a function of the host's comes back with another rbp",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: code_ends_in!("inc rbp"),
    },
    Fault {
        name: "r12-changed-by-a-callback",
        breaks: "a function of the host's comes back with another r12",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: code_ends_in!("xor r12d, r12d"),
    },
    Fault {
        name: "r13-changed-by-a-callback",
        breaks: "a function of the host's comes back with another r13",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: code_ends_in!("mov r13, rsp"),
    },
    Fault {
        name: "r14-changed-by-a-callback",
        breaks: "a function of the host's comes back with the upper half of r14 gone",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: code_ends_in!("mov r14d, r14d"),
    },
    Fault {
        name: "r15-changed-by-a-callback",
        breaks: "a function of the host's comes back with another r15",
        clauses: &["M-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: code_ends_in!("not r15"),
    },
];
