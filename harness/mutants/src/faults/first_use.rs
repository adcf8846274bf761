//! Faults of first use: what is made ready at the first call, or shared while it is made, by several threads
//! at once and without a lock.

use super::{Class, Edit, Fault};

const CALL: &str = "reference-binder/src/call/mod.rs";
const BINDS: &str = "harness/src/served/reference/binds.rs";
const LIBRARY: &str = "reference-binder/src/library.rs";
const MISSING: &str = "symbol.map_err(|_| missing())?";
const BOUND: &str = "library.bind(&request.symbol, &signature, self.declarations, options)";
const KERNEL: &str = "(self.kernel)(arguments, self, caller).into_result()";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "first-call-unlocked",
        breaks: "who calls a function while another thread makes its first call gets nil",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["first-use"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static READY: std::sync::Mutex<std::collections::BTreeMap<usize, bool>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let key = self.callee.symbol.as_ptr() as usize;
                let state = READY.lock().unwrap().get(&key).copied();
                match state {
                    None => {
                        READY.lock().unwrap().insert(key, false);
                        // What it takes to make a stub.
                        std::thread::sleep(std::time::Duration::from_micros(50));
                        READY.lock().unwrap().insert(key, true);
                    }
                    Some(true) => {}
                    Some(false) => return Ok(Value::NIL),
                }
                (self.kernel)(arguments, self, caller).into_result()
            "#,
        }],
    },
    Fault {
        name: "process-made-ready-unlocked",
        breaks: "who calls anything while another thread makes the process's first call is refused",
        clauses: &["N-1"],
        class: Class::Refuse,
        arms: &["first-use"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static STATE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
                use std::sync::atomic::Ordering::SeqCst;
                match STATE.compare_exchange(0, 1, SeqCst, SeqCst) {
                    Ok(_) => {
                        std::thread::sleep(std::time::Duration::from_micros(50));
                        STATE.store(2, SeqCst);
                    }
                    Err(1) => {
                        return Err(CallRefusal::new(crate::refusal::CallCode::OutOfMemory));
                    }
                    Err(_) => {}
                }
                (self.kernel)(arguments, self, caller).into_result()
            "#,
        }],
    },
    Fault {
        name: "refusal-code-kept-in-a-global",
        breaks: "a refusal's code passes through a variable that all threads share",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["first-use", "threads"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                use std::sync::atomic::Ordering::SeqCst;
                (self.kernel)(arguments, self, caller).into_result().map_err(|refusal| {
                    LAST.store(refusal.bits(), SeqCst);
                    std::thread::yield_now();
                    CallRefusal::from_bits(LAST.load(SeqCst))
                })
            "#,
        }],
    },
    Fault {
        name: "first-text-in-a-shared-buffer",
        breaks: "while the first text of the process is encoded, other threads' texts are taken for empty",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["first-use"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "self.copy(text.as_bytes())",
            with: r#"
                static STATE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
                use std::sync::atomic::Ordering::SeqCst;
                match STATE.compare_exchange(0, 1, SeqCst, SeqCst) {
                    Ok(_) => {
                        std::thread::sleep(std::time::Duration::from_micros(50));
                        STATE.store(2, SeqCst);
                        self.copy(text.as_bytes())
                    }
                    Err(1) => self.copy(&[]),
                    Err(_) => self.copy(text.as_bytes()),
                }
            "#,
        }],
    },
    Fault {
        name: "first-result-shared",
        breaks: "the first calls of a function that run at once all get the result of the last of them",
        clauses: &["N-1", "N-2"],
        class: Class::Fail,
        arms: &["first-use"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static FIRST: std::sync::Mutex<std::collections::BTreeMap<usize, (u32, i64)>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let key = self as *const Function as usize;
                let result = (self.kernel)(arguments, self, caller).into_result();
                let Ok(crate::value::View::Long(long)) = result.map(|value| value.view()) else {
                    return result;
                };
                let times = {
                    let mut first = FIRST.lock().unwrap();
                    let entry = first.entry(key).or_default();
                    *entry = (entry.0 + 1, long);
                    entry.0
                };
                if times > 4 {
                    return result;
                }
                std::thread::sleep(std::time::Duration::from_micros(50));
                Ok(Value::long(FIRST.lock().unwrap()[&key].1))
            "#,
        }],
    },
    Fault {
        name: "first-enum-table-half-made",
        breaks: "who names an enum's member while another thread reads the table for the first time is refused",
        clauses: &["N-1"],
        class: Class::Refuse,
        arms: &["first-use"],
        edits: &[
            Edit {
                file: "reference-binder/src/call/enums.rs",
                replace: "(id & self.places) as usize",
                with: r#"
                static STATE: std::sync::Mutex<std::collections::BTreeMap<usize, bool>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let key = self.by_keyword.as_ptr() as usize;
                let state = STATE.lock().unwrap().get(&key).copied();
                match state {
                    None => {
                        STATE.lock().unwrap().insert(key, false);
                        std::thread::sleep(std::time::Duration::from_micros(50));
                        STATE.lock().unwrap().insert(key, true);
                    }
                    Some(false) => return None,
                    Some(true) => {}
                }
                (id & self.places) as usize
            "#,
            },
            Edit {
                file: "reference-binder/src/call/enums.rs",
                replace: "self.further_number(keyword)",
                with: "None",
            },
        ],
    },
    Fault {
        name: "symbol-table-half-made",
        breaks: "who asks for a symbol while another thread looks it up for the first time does not find it",
        clauses: &["N-1"],
        class: Class::Refuse,
        arms: &["first-bind"],
        edits: &[Edit {
            file: LIBRARY,
            replace: MISSING,
            with: r#"{
                static LOOKED_UP: std::sync::Mutex<std::collections::BTreeMap<String, bool>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let known = LOOKED_UP.lock().unwrap().get(name).copied();
                match known {
                    None => {
                        LOOKED_UP.lock().unwrap().insert(name.to_owned(), false);
                        std::thread::sleep(std::time::Duration::from_micros(50));
                        LOOKED_UP.lock().unwrap().insert(name.to_owned(), true);
                    }
                    Some(false) => return Err(missing()),
                    Some(true) => {}
                }
                symbol.map_err(|_| missing())?
            }"#,
        }],
    },
    Fault {
        name: "missing-symbol-kept-in-a-global",
        breaks: "which symbol is missing passes through a variable that all threads share",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["first-bind"],
        edits: &[Edit {
            file: LIBRARY,
            replace: MISSING,
            with: r#"symbol.map_err(|_| {
                static LAST: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());
                *LAST.lock().unwrap() = name.to_owned();
                std::thread::sleep(std::time::Duration::from_micros(20));
                LibraryError::MissingSymbol {
                    path: self.0.path.clone(),
                    symbol: LAST.lock().unwrap().clone(),
                    needed_for: needed_for.to_owned(),
                }
            })?"#,
        }],
    },
    Fault {
        name: "signature-code-kept-in-a-global",
        breaks: "why a signature is refused passes through a variable that all threads share",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["first-bind"],
        edits: &[Edit {
            file: BINDS,
            replace: "BindReply::Refused(described(refusal, raw))",
            with: r#"{
                static LAST: std::sync::Mutex<Option<Refusal>> = std::sync::Mutex::new(None);
                *LAST.lock().unwrap() = Some(refusal.clone());
                std::thread::sleep(std::time::Duration::from_micros(20));
                let last = LAST.lock().unwrap().clone();
                BindReply::Refused(described(last.unwrap_or(refusal), raw))
            }"#,
        }],
    },
    Fault {
        name: "signature-kept-by-symbol",
        breaks: "a function is bound by the signature that was read last of its symbol, whichever thread read it",
        clauses: &["N-1"],
        class: Class::Refuse,
        arms: &["first-bind"],
        edits: &[Edit {
            file: BINDS,
            replace: BOUND,
            with: r#"{
                static LAST: std::sync::Mutex<std::collections::BTreeMap<String, Signature>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                LAST.lock().unwrap().insert(request.symbol.clone(), signature.clone());
                std::thread::sleep(std::time::Duration::from_micros(50));
                let last = LAST.lock().unwrap()[&request.symbol].clone();
                library.bind(&request.symbol, &last, self.declarations, options)
            }"#,
        }],
    },
    Fault {
        name: "declarations-for-one-thread",
        breaks: "who binds while another thread does finds no named types",
        clauses: &["N-1"],
        class: Class::Refuse,
        arms: &["first-bind"],
        edits: &[Edit {
            file: BINDS,
            replace: BOUND,
            with: r#"{
                static TAKEN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
                use std::sync::atomic::Ordering::SeqCst;
                if TAKEN.swap(true, SeqCst) {
                    library.bind(&request.symbol, &signature, &Declarations::default(), options)
                } else {
                    std::thread::sleep(std::time::Duration::from_micros(50));
                    let bound = library.bind(&request.symbol, &signature, self.declarations, options);
                    TAKEN.store(false, SeqCst);
                    bound
                }
            }"#,
        }],
    },
];
