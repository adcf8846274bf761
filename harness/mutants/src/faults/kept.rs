//! Faults of functions of the host's that the library keeps.

use super::{Class, Edit, Fault};

const KEPT: &str = "reference-binder/src/call/kept.rs";
const WIRE: &str = "harness/src/served/kept.rs";
const SERVER: &str = "harness/src/served/wire.rs";
const INSERT: &str = "table.insert(number, Arc::new(made));";
const REMOVE: &str = "table.remove(&self.0)";
const ENDED: &str = "made.map(drop).ok_or(CallCode::HandleClosed)";
const PUT: &[&str] = &["kept"];

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "kept-ends-with-the-call",
        breaks: "an object ends when the call returns that it is given to",
        clauses: &["K-8"],
        class: Class::Refuse,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: "Ok(made)",
            with: "{
                let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
                std::mem::forget(table.remove(&kept.0));
                Ok(made)
            }",
        }],
    },
    Fault {
        name: "kept-collected",
        breaks: "an object is taken when the next is made: the binder holds nothing of it",
        clauses: &["K-8"],
        class: Class::Refuse,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: INSERT,
            with: "if let Some(eldest) = table.keys().min().copied() {
                std::mem::forget(table.remove(&eldest));
            }
            table.insert(number, Arc::new(made));",
        }],
    },
    Fault {
        name: "kept-257th-is-the-first",
        breaks: "the table has room for 256: the next takes the place of the first",
        clauses: &["K-7"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: INSERT,
            with: "{
                std::mem::forget(table.insert(number % 256, Arc::new(made)));
                return Ok(KeptFunction(number % 256));
            }",
        }],
    },
    Fault {
        name: "kept-another-is-released",
        breaks: "the eldest of the others is released in place of the one that is meant",
        clauses: &["K-8"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: REMOVE,
            with: "{
                let others = table.keys().filter(|number| **number != self.0).min().copied();
                let made = table.remove(&others.unwrap_or(self.0));
                std::mem::forget(made.clone());
                made
            }",
        }],
    },
    Fault {
        name: "kept-all-are-released",
        breaks: "releasing one releases all",
        clauses: &["K-8"],
        class: Class::Refuse,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: REMOVE,
            with: "{
                let made = table.remove(&self.0);
                table.drain().for_each(std::mem::forget);
                made
            }",
        }],
    },
    Fault {
        name: "kept-not-released",
        breaks: "what is released lives on, and is given to calls",
        clauses: &["K-8"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit { file: KEPT, replace: REMOVE, with: "table.get(&self.0).cloned()" }],
    },
    Fault {
        name: "kept-released-twice",
        breaks: "nobody is told that what is released was released before",
        clauses: &["K-8"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit { file: KEPT, replace: ENDED, with: "{ drop(made); Ok(()) }" }],
    },
    Fault {
        name: "kept-leaks-when-released",
        breaks: "what was made for an object is never freed",
        clauses: &["K-8"],
        class: Class::Leak,
        arms: &["released"],
        edits: &[Edit {
            file: KEPT,
            replace: ENDED,
            with: "made.map(std::mem::forget).ok_or(CallCode::HandleClosed)",
        }],
    },
    Fault {
        name: "kept-function-leaks-when-released",
        breaks: "the host's function is held for ever, though its C function is freed",
        clauses: &["K-8"],
        class: Class::Leak,
        arms: &["released"],
        edits: &[Edit {
            file: KEPT,
            replace: REMOVE,
            with: "{
                let made = table.remove(&self.0);
                std::mem::forget(made.as_ref().map(|made| made.data().host.clone()));
                made
            }",
        }],
    },
    Fault {
        name: "kept-function-of-the-first",
        breaks: "every object calls the host's function that the first was made of",
        clauses: &["K-7", "K-6"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: "self.host.call(&mut Running { data: self, caller }, values)",
            with: "{
                static FIRST: std::sync::OnceLock<HostFunction> = std::sync::OnceLock::new();
                let first = FIRST.get_or_init(|| self.host.clone()).clone();
                first.call(&mut Running { data: self, caller }, values)
            }",
        }],
    },
    Fault {
        name: "kept-on-another-thread-unanswered",
        breaks: "a call on a thread that is not the host's gets zero, and nobody is called",
        clauses: &["K-6"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: "unsafe { callbacks::word(&self.plan, arguments, call) }",
            with: "if std::thread::current().name() == Some(\"main\") {
                unsafe { callbacks::word(&self.plan, arguments, call) }
            } else {
                Ok(0)
            }",
        }],
    },
    Fault {
        name: "kept-result-lost",
        breaks: "what a kept function returns is zero to the callee",
        clauses: &["K-7", "K-6"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit { file: KEPT, replace: "word.unwrap_or(0)", with: "word.map_or(0, |_| 0)" }],
    },
    Fault {
        name: "kept-of-another-type-taken",
        breaks: "an object is taken whatever its type is",
        clauses: &["K-7", "C-4"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit { file: KEPT, replace: "made.data().of != *of", with: "false" }],
    },
    Fault {
        name: "kept-nil-is-a-mismatch",
        breaks: "nil for an object is refused as what is none",
        clauses: &["K-7", "C-4"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit {
            file: KEPT,
            replace: "refuse(CallCode::NilArgument)",
            with: "refuse(CallCode::TypeMismatch)",
        }],
    },
    Fault {
        name: "wire-kept-answers-the-first",
        breaks: "every call of a kept function gets what the first got",
        clauses: &["K-7", "K-6"],
        class: Class::Fail,
        arms: PUT,
        edits: &[Edit {
            file: WIRE,
            replace: "data.answers.get(calls.len())",
            with: "data.answers.first()",
        }],
    },
    Fault {
        name: "wire-kept-leaks-when-released",
        breaks: "what was made for a kept function is never freed",
        clauses: &["K-8"],
        class: Class::Leak,
        arms: &["released"],
        edits: &[Edit {
            file: SERVER,
            replace: "self.kept.0.remove(&kept.0)",
            with: "{ crate::faults::leak(256); self.kept.0.remove(&kept.0) }",
        }],
    },
];
