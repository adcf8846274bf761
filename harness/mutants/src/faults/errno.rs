//! Faults of what is kept of `errno`, and set in it.

use super::{Class, Edit, Fault};

const ADAPTER: &str = "harness/src/served/reference/mod.rs";
const BIND: &str = "reference-binder/src/call/bind.rs";
const ERRNO: &str = "reference-binder/src/errno.rs";
const FOREIGN: &str = "reference-binder/src/call/foreign/mod.rs";
const GATHER: &str = "reference-binder/src/call/gather.rs";
const GENERAL: &str = "reference-binder/src/call/general.rs";
const NATIVE: &str = "harness/src/served/native.rs";
const OBLIGED: &str = "reference-binder/src/call/foreign/obliged.rs";

const CALL: &str = "unsafe { function.callee.call(&image) }";
const WITHOUT: &str =
    "unsafe { function.callee.within.unwrap_or(function.callee.invoke)(&function.callee, &image) }";
const KEEP: &str = "KEPT.set(left)";
const SET: &str = "set_errno(Errno(last()));";

/// A fault of what is kept.
const fn kept(name: &'static str, breaks: &'static str, edits: &'static [Edit]) -> Fault {
    Fault { name, breaks, clauses: &["M-4"], class: Class::Fail, arms: &["errno"], edits }
}

/// A fault of what is set.
const fn set(name: &'static str, breaks: &'static str, edits: &'static [Edit]) -> Fault {
    Fault { name, breaks, clauses: &["M-5"], class: Class::Fail, arms: &["set-errno"], edits }
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    kept(
        "errno-is-none",
        "what is kept of errno is 0",
        &[Edit { file: ERRNO, replace: KEEP, with: "KEPT.set(0)" }],
    ),
    kept(
        "errno-in-a-byte",
        "the low byte of errno is kept",
        &[Edit { file: ERRNO, replace: KEEP, with: "KEPT.set(left & 0xff)" }],
    ),
    kept(
        "errno-of-the-process",
        "what is kept of errno is what any thread's last call left",
        &[
            Edit {
                file: ERRNO,
                replace: KEEP,
                with: "unsafe { std::env::set_var(\"KEPT_ERRNO\", left.to_string()) }",
            },
            Edit {
                file: ERRNO,
                replace: "KEPT.get()",
                with: "std::env::var(\"KEPT_ERRNO\").ok().and_then(|kept| kept.parse().ok()).unwrap_or(0)",
            },
        ],
    ),
    kept(
        "errno-when-asked",
        "errno is looked at when the host asks for it",
        &[Edit { file: ADAPTER, replace: "errno::last()", with: "::errno::errno().0" }],
    ),
    kept(
        "errno-after-frees",
        "errno is kept once what a call returned is taken and freed",
        &[Edit {
            file: GENERAL,
            replace: "take(answer, outs, &image, heap)",
            with: "{
                let value = take(answer, outs, &image, heap);
                if function.callee.within.is_some() {
                    crate::errno::set(::errno::errno().0);
                }
                value
            }",
        }],
    ),
    kept(
        "errno-of-frees",
        "the free symbol's errno is kept, too",
        &[Edit {
            file: OBLIGED,
            replace: "unsafe { free(address as usize, length as usize) }",
            with: "crate::errno::around(|| unsafe { free(address as usize, length as usize) })",
        }],
    ),
    kept(
        "errno-not-on-the-general-path",
        "errno is not kept on the general path",
        &[Edit { file: GENERAL, replace: CALL, with: WITHOUT }],
    ),
    kept(
        "errno-on-the-general-path-alone",
        "errno is not kept of functions of carriers by value",
        &[Edit { file: GATHER, replace: CALL, with: WITHOUT }],
    ),
    kept(
        "errno-not-by-libffi",
        "errno is not kept around calls that libffi makes",
        &[Edit {
            file: FOREIGN,
            replace: "Callee { symbol, invoke: keeping_errno, within: Some(invoke), prepared }",
            with: "if prepared.is_some() {
                Callee { symbol, invoke, within: None, prepared }
            } else {
                Callee { symbol, invoke: keeping_errno, within: Some(invoke), prepared }
            }",
        }],
    ),
    kept(
        "errno-not-of-void",
        "errno is not kept of functions that return nothing",
        &[Edit {
            file: BIND,
            replace: "Callee::new(address, places.invoke, prepared, options.errno)",
            with: "Callee::new(address, places.invoke, prepared, options.errno && !matches!(returns, ReturnPlan::Void))",
        }],
    ),
    kept(
        "errno-of-all",
        "errno is kept of functions that are not bound to keep it, too",
        &[Edit {
            file: FOREIGN,
            replace: "Callee { symbol, invoke, within: None, prepared }",
            with: "Callee { symbol, invoke: keeping_errno, within: Some(invoke), prepared }",
        }],
    ),
    set(
        "errno-not-set",
        "errno is left as it is before a call",
        &[Edit { file: ERRNO, replace: SET, with: "" }],
    ),
    set(
        "errno-cleared",
        "errno is 0 when a function is entered",
        &[Edit { file: ERRNO, replace: SET, with: "set_errno(Errno(0));" }],
    ),
    set(
        "errno-set-in-16-bits",
        "16 bits of what the host sets are in errno",
        &[Edit { file: ERRNO, replace: SET, with: "set_errno(Errno(last() & 0xffff));" }],
    ),
    kept(
        "wire-errno-in-a-byte",
        "the low byte of errno is kept",
        &[Edit { file: NATIVE, replace: "ERRNO.set(left)", with: "ERRNO.set(left & 0xff)" }],
    ),
    kept(
        "wire-errno-of-all",
        "errno is kept of every function that is called",
        &[Edit { file: NATIVE, replace: "!self.prototype.errno", with: "false" }],
    ),
    set(
        "wire-errno-not-set",
        "errno is left as it is before a call",
        &[Edit { file: NATIVE, replace: "set_errno(Errno(ERRNO.get()));", with: "" }],
    ),
];
