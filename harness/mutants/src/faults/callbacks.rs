//! Faults of functions of the host's.

use super::{Class, Edit, Fault};

const CALLBACKS: &str = "reference-binder/src/call/callbacks.rs";
const RESULT: &str = "result.cast::<u64>().write(word)";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "callback-on-another-thread-unanswered",
        breaks: "a call on a thread that is not the host's gets zero, and nobody is called",
        clauses: &["K-6"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "caller.heap.mark()",
            with: "if std::thread::current().name() != Some(\"main\") {
                return Ok(0);
            }
            caller.heap.mark()",
        }],
    },
    Fault {
        name: "raised-on-another-thread-forgotten",
        breaks: "what a function raises on a thread that is not the host's is never told",
        clauses: &["K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "let _ = self.failure.set(failure);",
            with: "if std::thread::current().name() == Some(\"main\") {
                let _ = self.failure.set(failure);
            }",
        }],
    },
    Fault {
        name: "callback-arguments-as-longs",
        breaks: "what a function is given is the word that came, whatever its type",
        clauses: &["K-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "give::resolved(plan, word, word)",
            with: "{ let _ = plan; Value::long(word as i64) }",
        }],
    },
    Fault {
        name: "callback-arguments-end-with-the-registers",
        breaks: "every argument of a function from the eighth on is the eighth",
        clauses: &["K-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "arguments.wrapping_add(number)",
            with: "arguments.wrapping_add(number.min(7))",
        }],
    },
    Fault {
        name: "callback-result-lost",
        breaks: "the callee gets zero of whatever a function gives",
        clauses: &["K-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: CALLBACKS, replace: RESULT, with: "result.cast::<u64>().write(0)" }],
    },
    Fault {
        name: "callback-result-in-32-bits",
        breaks: "the callee gets the low half of what a function gives",
        clauses: &["K-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: RESULT,
            with: "result.cast::<u64>().write(word & 0xffff_ffff)",
        }],
    },
    Fault {
        name: "first-function-for-all",
        breaks: "of two functions the first is called for both",
        clauses: &["K-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "(&raw const **one).cast::<c_void>()",
            with: "(&raw const *lent[0]).cast::<c_void>()",
        }],
    },
    Fault {
        name: "called-after-it-raised",
        breaks: "a function that raised is called again in the same call",
        clauses: &["K-2", "K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: CALLBACKS, replace: "self.failure.get().is_some()", with: "false" }],
    },
    Fault {
        name: "raised-is-swallowed",
        breaks: "a call whose function raised comes back as if it had not",
        clauses: &["K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "lent.into_iter().find_map(|one| one.failure.into_inner())",
            with: "None::<Failure>",
        }],
    },
    Fault {
        name: "raised-is-another-error",
        breaks: "who called hears of an error that is not the function's own",
        clauses: &["K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "caller.raised = Some(raised);",
            with: "let Raised(text) = raised; caller.raised = Some(Raised(format!(\"error: {text}\")));",
        }],
    },
    Fault {
        name: "unfit-result-is-an-error",
        breaks: "a function that gives what its type does not take is one that raised",
        clauses: &["K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "Failure::Unfit(CallCode::CallbackResult)",
            with: "Failure::Unfit(CallCode::CallbackRaised)",
        }],
    },
    Fault {
        name: "nil-is-no-function",
        breaks: "nil for a function is refused as any other value",
        clauses: &["K-1"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "refuse(CallCode::NilArgument)",
            with: "refuse(CallCode::TypeMismatch)",
        }],
    },
    Fault {
        name: "functions-are-kept",
        breaks: "what is made of a function is never released",
        clauses: &["N-5"],
        class: Class::Leak,
        arms: &["memory"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "drop(closures);",
            with: "std::mem::forget(closures);",
        }],
    },
    Fault {
        name: "called-again-with-the-first-argument",
        breaks: "a call that a function makes gets its first argument alone",
        clauses: &["K-3", "K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "self.lent.function.call(self.caller, arguments)",
            with: "self.lent.function.call(self.caller, &arguments[..1])",
        }],
    },
    Fault {
        name: "callback-enum-is-its-number",
        breaks: "a function is given the number of an enum",
        clauses: &["K-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "give::resolved(plan, word, word)",
            with: "match plan {
                ReturnPlan::Enum(_) => Value::long(word as i64),
                plan => give::resolved(plan, word, word),
            }",
        }],
    },
    Fault {
        name: "callback-slice-without-its-last",
        breaks: "a function is given a slice without its last element",
        clauses: &["K-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "read::buffer(buffer, address, length, heap)",
            with: "read::buffer(buffer, address, length.saturating_sub(1), heap)",
        }],
    },
    Fault {
        name: "callback-length-takes-no-word",
        breaks: "a slice that a function is given has one element, and its length is the next argument",
        clauses: &["K-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "(word(Scalar::Usize), word(Scalar::Usize))",
            with: "(word(Scalar::Usize), 1)",
        }],
    },
    Fault {
        name: "callback-pointer-is-an-address",
        breaks: "a function is given an address in place of what stands there",
        clauses: &["K-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "unsafe { read::item(item, at, heap) }",
            with: "{ let _ = (item, &heap); Ok(Value::long(at.expose_provenance() as i64)) }",
        }],
    },
    Fault {
        name: "callback-gives-any-handle",
        breaks: "a function gives handles of another type than its own",
        clauses: &["K-9", "K-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/planner.rs",
            replace: "Some((scalar, CarrierPlan::new(index, 0, load)))",
            with: "{
                let load = match load {
                    Load::Handle(_) => Load::Handle(HandleType::named(\"Counter\")),
                    load => load,
                };
                Some((scalar, CarrierPlan::new(index, 0, load)))
            }",
        }],
    },
    Fault {
        name: "callback-unfit-enum-is-zero",
        breaks: "where a function gives no member of its enum the call goes on with zero",
        clauses: &["K-4", "K-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: CALLBACKS,
            replace: "load::by_value(plan, value, &caller.heap)",
            with:
                "load::by_value(plan, value, &caller.heap).or_else(|refusal| match refusal.code() {
                CallCode::UnknownEnumMember => Ok(0),
                _ => Err(refusal),
            })",
        }],
    },
];
