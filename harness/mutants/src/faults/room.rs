//! Faults of room: out-parameters too small or shared, reads around a block, a stack that is not aligned.

use super::{Class, Edit, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "error-room-of-240-bytes",
        breaks: "the room of an error's name is 240 bytes, and its length lies behind it",
        clauses: &["L-23"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/take.rs",
            replace: r#"*words = [0; 2];
        self.error = name.as_mut_ptr();
        self.words = words;"#,
            with: r#"let _ = (words, name);
self.error = scope.bytes(240, 8)?.as_mut_ptr();
self.words = scope.place([0; 2])?;"#,
        }],
    },
    Fault {
        name: "error-length-in-the-name-s-room",
        breaks: "the length of an error's name is kept in the last bytes of its room",
        clauses: &["L-23"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/take.rs",
            replace: r#"*words = [0; 2];
        self.error = name.as_mut_ptr();
        self.words = words;"#,
            with: r#"*words = [0; 2];
self.error = name.as_mut_ptr();
self.words = self.error.wrapping_add(240).cast();"#,
        }],
    },
    Fault {
        name: "payload-in-the-error-s-room",
        breaks: "an error's name and the payload share one room, because only one of them is of interest",
        clauses: &["L-23"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: "reference-binder/src/call/take.rs",
                replace: r#"*words = [0; 2];
        self.error = name.as_mut_ptr();
        self.words = words;"#,
                with: r#"let _ = (words, &name);
self.error = scope.bytes(name.len(), 16)?.as_mut_ptr();
self.words = scope.place([0; 2])?;"#,
            },
            Edit {
                file: "reference-binder/src/call/take.rs",
                replace: "self.value = scope.bytes(layout.size, layout.alignment)?.as_mut_ptr();",
                with: r#"self.value = if self.error.is_null() || layout.size as u64 > ERROR_NAME_BYTES {
    scope.bytes(layout.size, layout.alignment)?.as_mut_ptr()
} else {
    self.error
};"#,
            },
        ],
    },
    Fault {
        name: "reads-a-byte-before",
        breaks: "what is returned is copied from a byte before it on",
        clauses: &["R-8"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: "reference-binder/src/call/read.rs",
            replace: "std::slice::from_raw_parts(first, length as usize)",
            with: r#"{
    std::hint::black_box(first.wrapping_sub(1).read_volatile());
    std::slice::from_raw_parts(first, length as usize)
}"#,
        }],
    },
    Fault {
        name: "reads-a-byte-behind",
        breaks: "what is returned is copied to a byte behind it",
        clauses: &["R-8"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: "reference-binder/src/call/read.rs",
            replace: "std::slice::from_raw_parts(first, length as usize)",
            with: r#"{
    std::hint::black_box(first.wrapping_add(length as usize).read_volatile());
    std::slice::from_raw_parts(first, length as usize)
}"#,
        }],
    },
    Fault {
        name: "reads-a-word-before-a-row",
        breaks: "the length of a returned slice is looked for in the word before its elements",
        clauses: &["R-8"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: "reference-binder/src/call/scalars.rs",
            replace: "values.extend((0..length).map(value));",
            with: r#"std::hint::black_box(unsafe { first.wrapping_sub(8).cast::<u64>().read_unaligned() });
values.extend((0..length).map(value));"#,
        }],
    },
    Fault {
        name: "stack-misaligned-in-registers",
        breaks: "calls whose arguments are in registers alone are made with a stack that is not aligned",
        clauses: &["L-24"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: "reference-binder/src/call/foreign/registers.rs",
                replace: "unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w) }",
                with: r#"{
    let [a, b, c, d, e, f, floats @ ..]: [u64; REGISTERS] = unsafe { std::mem::transmute_copy(image) };
    let [p, q, r, s, t, u, v, w] = floats.map(f64::from_bits);
    let (integer, float): (u64, f64);
    unsafe {
        std::arch::asm!(
            "sub rsp, 8", "call {symbol}", "add rsp, 8", symbol = in(reg) callee.symbol.as_ptr(),
            in("rdi") a, in("rsi") b, in("rdx") c, in("rcx") d, in("r8") e, in("r9") f,
            inout("xmm0") p => float, in("xmm1") q, in("xmm2") r, in("xmm3") s, in("xmm4") t,
            in("xmm5") u, in("xmm6") v, in("xmm7") w, lateout("rax") integer, clobber_abi("C"),
        );
    }
    Answer { integer, float }
}"#,
            },
            Edit {
                file: "reference-binder/src/call/foreign/registers.rs",
                replace: "unsafe { function(a, b, c, d, e, f) }",
                with: r#"{
    let (integer, float): (u64, f64);
    let [a, b, c, d, e, f, ..]: [u64; REGISTERS] = unsafe { std::mem::transmute_copy(image) };
    unsafe {
        std::arch::asm!(
            "sub rsp, 8", "call {symbol}", "add rsp, 8", symbol = in(reg) callee.symbol.as_ptr(),
            in("rdi") a, in("rsi") b, in("rdx") c, in("rcx") d, in("r8") e, in("r9") f,
            lateout("xmm0") float, lateout("rax") integer, clobber_abi("C"),
        );
    }
    Answer { integer, float }
}"#,
            },
            Edit {
                file: "reference-binder/src/call/foreign/registers.rs",
                replace: "unsafe { function(a, b, c) }",
                with: r#"{
    let (integer, float): (u64, f64);
    let [a, b, c, ..]: [u64; REGISTERS] = unsafe { std::mem::transmute_copy(image) };
    unsafe {
        std::arch::asm!(
            "sub rsp, 8", "call {symbol}", "add rsp, 8", symbol = in(reg) callee.symbol.as_ptr(),
            in("rdi") a, in("rsi") b, in("rdx") c,
            lateout("xmm0") float, lateout("rax") integer, clobber_abi("C"),
        );
    }
    Answer { integer, float }
}"#,
            },
        ],
    },
    Fault {
        name: "stack-misaligned-with-arguments",
        breaks: "calls with arguments on the stack are made with a stack that is not aligned",
        clauses: &["L-24"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/foreign/registers.rs",
            replace: "unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w, stack) }",
            with: r#"{
    let [a, b, c, d, e, f, floats @ ..]: [u64; REGISTERS] = unsafe { std::mem::transmute_copy(image) };
    let [p, q, r, s, t, u, v, w] = floats.map(f64::from_bits);
    let words = stack.0.as_ptr();
    let (integer, float): (u64, f64);
    unsafe {
        std::arch::asm!(
            "mov r12, rsp", "sub rsp, 8",
            "mov r11, {count}",
            "2:", "push qword ptr [{words} + 8 * r11 - 8]", "dec r11", "jnz 2b",
            "call {symbol}",
            "mov rsp, r12",
            count = in(reg) WORDS, out("r12") _,
            words = in(reg) words, symbol = in(reg) callee.symbol.as_ptr(), out("r11") _,
            in("rdi") a, in("rsi") b, in("rdx") c, in("rcx") d, in("r8") e, in("r9") f,
            inout("xmm0") p => float, in("xmm1") q, in("xmm2") r, in("xmm3") s, in("xmm4") t,
            in("xmm5") u, in("xmm6") v, in("xmm7") w, lateout("rax") integer, clobber_abi("C"),
        );
    }
    Answer { integer, float }
}"#,
        }],
    },
    Fault {
        name: "stack-misaligned-for-a-free",
        breaks: "free symbols of one argument are called with a stack that is not aligned",
        clauses: &["L-24"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/foreign/obliged.rs",
            replace: "unsafe { free(word as usize) }",
            with: r#"unsafe {
    std::arch::asm!(
        "sub rsp, 8", "call {free}", "add rsp, 8", free = in(reg) free, in("rdi") word,
        clobber_abi("C"),
    );
}"#,
        }],
    },
];
