//! Faults of heat: what a binder that compiles as it runs, or remembers what it saw, gets wrong only once a
//! function has been called often.

use super::{Class, Edit, Fault};

const CALL: &str = "reference-binder/src/call/mod.rs";
const GIVE: &str = "reference-binder/src/call/give.rs";
const LOAD: &str = "reference-binder/src/call/load.rs";
const PLAN: &str = "reference-binder/src/call/plan.rs";
const WIRE: &str = "harness/src/served/wire.rs";
const LOOPED: &str = "harness/src/served/looped.rs";
const KERNEL: &str = "(self.kernel)(arguments, self, caller).into_result()";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "out-of-range-truncated-when-hot",
        breaks: "after 1,000 calls of a function an integer out of range crosses as its low bits",
        clauses: &["C-2", "N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static SEEN: std::sync::Mutex<std::collections::BTreeMap<usize, u64>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let hot = {
                    let mut seen = SEEN.lock().unwrap();
                    let times = seen.entry(self.callee.symbol.as_ptr() as usize).or_default();
                    *times += 1;
                    *times > 1_000
                };
                let mut arguments = arguments.to_vec();
                match (self.kernel)(&arguments, self, caller).into_result() {
                    Err(refusal) if hot && refusal.code() == crate::refusal::CallCode::OutOfRange => {
                        let argument = refusal.argument().and_then(|at| arguments.get_mut(at));
                        match argument.map(|value| (value.view(), value)) {
                            Some((crate::value::View::Long(long), value)) => {
                                *value = Value::long(long & 0x7f);
                                (self.kernel)(&arguments, self, caller).into_result()
                            }
                            _ => Err(refusal),
                        }
                    }
                    result => result,
                }
            "#,
        }],
    },
    Fault {
        name: "refusal-becomes-nil-when-hot",
        breaks: "after 1,000 calls of a function its refusals come back as nil",
        clauses: &["C-2", "C-4", "N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static SEEN: std::sync::Mutex<std::collections::BTreeMap<usize, u64>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let hot = {
                    let mut seen = SEEN.lock().unwrap();
                    let times = seen.entry(self.callee.symbol.as_ptr() as usize).or_default();
                    *times += 1;
                    *times > 1_000
                };
                let result = (self.kernel)(arguments, self, caller).into_result();
                if hot && result.is_err() { Ok(Value::NIL) } else { result }
            "#,
        }],
    },
    Fault {
        name: "refusal-without-its-check-when-hot",
        breaks: "after 5,000 calls a boolean parameter takes whatever it is given",
        clauses: &["C-4", "N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[
            Edit {
                file: CALL,
                replace: KERNEL,
                with: "crate::faults::hot(0); (self.kernel)(arguments, self, caller).into_result()",
            },
            Edit {
                file: LOAD,
                replace: "Err(CallRefusal::at(CallCode::TypeMismatch, index))",
                with: "if crate::faults::hot(5_000) { Ok(1) } \
                       else { Err(CallRefusal::at(CallCode::TypeMismatch, index)) }",
            },
        ],
    },
    Fault {
        name: "unsigned-turns-negative-when-hot",
        breaks: "after 5,000 returns an unsigned integer is taken for a signed one",
        clauses: &["R-2", "N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[Edit {
            file: GIVE,
            replace: "Value::unsigned(extend(false, spare, register))",
            with: "if crate::faults::hot(5_000) { Value::long(extend(true, spare, register) as i64) } \
                   else { Value::unsigned(extend(false, spare, register)) }",
        }],
    },
    Fault {
        name: "double-loses-its-last-bits-when-hot",
        breaks: "after 5,000 double arguments they are kept in 32 bits on the way",
        clauses: &["C-3", "N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[Edit {
            file: PLAN,
            replace: "(value.is(self.tag) && self.bounds.hold(value.bits())).then_some(value.bits())",
            with: "(value.is(self.tag) && self.bounds.hold(value.bits())).then(|| \
                   if value.is(Tag::Double) && crate::faults::hot(5_000) { \
                   f64::from(f64::from_bits(value.bits()) as f32).to_bits() } \
                   else { value.bits() })",
        }],
    },
    Fault {
        name: "hot-call-answers-what-it-last-did",
        breaks: "after 2,000 calls of a function it is called no more: what it last gave is given again",
        clauses: &["N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r#"
                static LAST: std::sync::Mutex<std::collections::BTreeMap<usize, (u64, Option<i64>)>> =
                    std::sync::Mutex::new(std::collections::BTreeMap::new());
                let key = self.callee.symbol.as_ptr() as usize;
                let mut all = LAST.lock().unwrap();
                let (times, last) = all.entry(key).or_default();
                *times += 1;
                if let (true, Some(last)) = (*times > 2_000, *last) {
                    return Ok(Value::long(last));
                }
                let result = (self.kernel)(arguments, self, caller).into_result();
                *last = match result.map(|value| value.view()) {
                    Ok(crate::value::View::Long(long)) => Some(long),
                    _ => None,
                };
                result
            "#,
        }],
    },
    Fault {
        name: "extra-arguments-unseen-when-hot",
        breaks: "after 5,000 calls a call with an argument too many is made without it",
        clauses: &["C-5", "N-2"],
        class: Class::Fail,
        arms: &["heat", "volume"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: "let hot = crate::faults::hot(5_000); \
                   let most = if hot && self.rest.is_none() { self.steps.len() } else { usize::MAX }; \
                   let given = &arguments[..arguments.len().min(most)]; \
                   (self.kernel)(given, self, caller).into_result()",
        }],
    },
    Fault {
        name: "wire-unsigned-turns-negative-when-hot",
        breaks: "after 8,000 calls of one function a u32 that comes back is taken for an i32",
        clauses: &["R-2", "N-2"],
        class: Class::Fail,
        arms: &["heat"],
        edits: &[
            Edit {
                file: WIRE,
                replace: "text(native.returns, word)",
                with: r#"
                    if native.returns == CarrierType::U32 && crate::faults::hot(8_000) {
                        text(CarrierType::I32, word)
                    } else {
                        text(native.returns, word)
                    }
                "#,
            },
            Edit {
                file: LOOPED,
                replace: "text(returns, *result)",
                with: r#"
                if returns == CarrierType::U32 && crate::faults::hot(8_000) {
                    text(CarrierType::I32, *result)
                } else {
                    text(returns, *result)
                }
            "#,
            },
        ],
    },
    Fault {
        name: "wire-argument-stale-when-hot",
        breaks: "after 8,000 calls of one function an i64 argument is not loaded anew",
        clauses: &["C-1", "N-2"],
        class: Class::Fail,
        arms: &["heat"],
        edits: &[
            Edit {
                file: WIRE,
                replace: "native.call(&words)",
                with: r#"
                    {
                        static FIRST: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
                        let mut words = words.clone();
                        if native.parameters == [CarrierType::I64]
                            && native.returns == CarrierType::I64
                            && crate::faults::hot(8_000)
                        {
                            words[0] = *FIRST.get_or_init(|| words[0]);
                        }
                        native.call(&words)
                    }
                "#,
            },
            Edit {
                file: LOOPED,
                replace: "calls.call(step.function, &self.given)?",
                with: r#"
                {
                    if C::prototype(step.function) == (&[CarrierType::I64][..], CarrierType::I64) {
                        crate::faults::hot(8_000);
                    }
                    calls.call(step.function, &self.given)?
                }
            "#,
            },
        ],
    },
    Fault {
        name: "wire-float-narrowed-when-hot",
        breaks: "after 8,000 calls of one function a double that comes back is kept in 32 bits on the way",
        clauses: &["R-3", "N-2"],
        class: Class::Fail,
        arms: &["heat"],
        edits: &[
            Edit {
                file: WIRE,
                replace: "text(native.returns, word)",
                with: r#"
                    if native.returns == CarrierType::F64 && crate::faults::hot(8_000) {
                        text(native.returns, f64::from(f64::from_bits(word) as f32).to_bits())
                    } else {
                        text(native.returns, word)
                    }
                "#,
            },
            Edit {
                file: LOOPED,
                replace: "text(returns, *result)",
                with: r#"
                if returns == CarrierType::F64 && crate::faults::hot(8_000) {
                    text(returns, f64::from(f64::from_bits(*result) as f32).to_bits())
                } else {
                    text(returns, *result)
                }
            "#,
            },
        ],
    },
];
