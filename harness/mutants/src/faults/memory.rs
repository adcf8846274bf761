//! Faults of the binder's own memory: what is taken for a call, a refusal, a stream or a binding and never
//! given back. The fixtures are none the wiser.

use super::{Class, Edit, Fault};

const CALL: &str = "reference-binder/src/call/mod.rs";
const TAKE: &str = "reference-binder/src/call/take.rs";
const STREAM: &str = "reference-binder/src/call/stream.rs";
const SERVED: &str = "harness/src/served/reference/mod.rs";
const REPEAT: &str = "harness/src/served/reference/repeat.rs";
const KERNEL: &str = "(self.kernel)(arguments, self, caller).into_result()";

/// A fault that only the arm `memory` can see.
const fn leaking(name: &'static str, breaks: &'static str, edits: &'static [Edit]) -> Fault {
    Fault { name, breaks, clauses: &["N-5"], class: Class::Leak, arms: &["memory"], edits }
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    leaking(
        "text-leaks-256-bytes",
        "every string argument leaves 256 bytes behind",
        &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "self.room(Layout::of_scalar(Scalar::U8), bytes.len())?",
            with: "crate::faults::leak(256); self.room(Layout::of_scalar(Scalar::U8), bytes.len())?",
        }],
    ),
    leaking(
        "refusal-leaks-4-kib",
        "every refused call leaves 4 KiB behind",
        &[Edit {
            file: CALL,
            replace: KERNEL,
            with: "(self.kernel)(arguments, self, caller).into_result().inspect_err(|_| crate::faults::leak(4096))",
        }],
    ),
    leaking(
        "call-leaks-64-bytes",
        "every call leaves 64 bytes behind",
        &[Edit {
            file: CALL,
            replace: KERNEL,
            with: "crate::faults::leak(64); (self.kernel)(arguments, self, caller).into_result()",
        }],
    ),
    leaking(
        "tenth-call-leaks-a-kib",
        "every tenth call leaves a KiB behind",
        &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                if CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 10 == 0 {
                    crate::faults::leak(1024);
                }
                (self.kernel)(arguments, self, caller).into_result()
            "#,
        }],
    ),
    leaking(
        "error-name-leaks",
        "the name of every error stays in memory",
        &[Edit {
            file: TAKE,
            replace: "text::decode(name, text)",
            with: "{ crate::faults::leak(ERROR_NAME_BYTES as usize); text::decode(name, text) }",
        }],
    ),
    leaking(
        "returned-buffer-leaks-its-copy",
        "every returned buffer leaves 256 bytes behind",
        &[Edit {
            file: TAKE,
            replace: "unsafe { read::buffer(buffer, address, length, heap) }",
            with: "crate::faults::leak(256); unsafe { read::buffer(buffer, address, length, heap) }",
        }],
    ),
    leaking(
        "stream-leaks-its-state",
        "every stream leaves 256 bytes behind, whether it is read or not",
        &[Edit {
            file: STREAM,
            replace: "NativeIterator { plan: plan.clone(), iterator }",
            with: "crate::faults::leak(256); NativeIterator { plan: plan.clone(), iterator }",
        }],
    ),
    leaking(
        "unread-stream-leaks",
        "a stream that is stopped before its end leaves 512 bytes behind",
        &[Edit {
            file: STREAM,
            replace: "self.stream(stream).map(Stream::close).map_err(CallRefusal::new)",
            with: "let stream = self.stream(stream).map_err(CallRefusal::new)?; \
                   if stream.is_open() { crate::faults::leak(512); } stream.close(); Ok(())",
        }],
    ),
    leaking(
        "reading-a-signature-leaks",
        "every signature that is read leaves a KiB behind",
        &[Edit {
            file: SERVED,
            replace: "self.declarations.clone()",
            with: "crate::faults::leak(1024); self.declarations.clone()",
        }],
    ),
    leaking(
        "missing-symbol-leaks",
        "every symbol that is not found leaves a KiB behind",
        &[Edit {
            file: "reference-binder/src/library.rs",
            replace: "symbol.map_err(|_| missing())?",
            with: "symbol.map_err(|_| { crate::faults::leak(1024); missing() })?",
        }],
    ),
    leaking(
        "loop-leaks-128-bytes",
        "an adapter's loop leaves 128 bytes behind each time it runs a script",
        &[Edit {
            file: REPEAT,
            replace: "results.clear();",
            with: "crate::faults::leak(128); results.clear();",
        }],
    ),
];
