//! Faults of long calls: what a call was lent, or returns, is lost while it runs and others are made. What
//! is lost is lost after some of those, so that calls which end at once keep it.

use super::{Class, Edit, Fault};

const CALL: &str = "reference-binder/src/call/mod.rs";
const ITERATOR: &str = "reference-binder/src/call/stream.rs";
const KERNEL: &str = "(self.kernel)(arguments, self, caller).into_result()";
const SCOPE: &str = "reference-binder/src/scope.rs";
const TAKE: &str = "reference-binder/src/call/take.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "texts-in-a-ring",
        breaks: "short texts are encoded into one of 24 buffers, which all threads take in turn",
        clauses: &["C-12", "N-1"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: SCOPE,
            replace: "self.reserve(layout)?",
            with: r"if layout.align() == 1 && (1..=64).contains(&layout.size()) {
                crate::faults::ring(24)
            } else {
                self.reserve(layout)?
            }",
        }],
    },
    Fault {
        name: "structs-in-a-ring",
        breaks: "small structs, given and returned, have one of 24 places, which all threads take in turn",
        clauses: &["C-12", "N-1"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: SCOPE,
            replace: "self.reserve(layout)?",
            with: r"if layout.align() > 1 && (1..=64).contains(&layout.size()) {
                crate::faults::ring(24)
            } else {
                self.reserve(layout)?
            }",
        }],
    },
    Fault {
        name: "out-words-in-a-ring",
        breaks: "the words of a returned buffer have one of 24 places, which all threads take in turn",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: TAKE,
            replace: r"self.words = scope.place([0; 2])?;
        put(image, slots[0], self.words.cast());",
            with: r"self.words = crate::faults::ring(24).as_ptr().cast();
        put(image, slots[0], self.words.cast());",
        }],
    },
    Fault {
        name: "error-lengths-in-a-ring",
        breaks: "the length of an error's name has one of 24 places, which all threads take in turn",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: TAKE,
            replace: r"*words = [0; 2];
        self.error = name.as_mut_ptr();
        self.words = words;",
            with: r"let _ = words;
        self.error = name.as_mut_ptr();
        self.words = crate::faults::ring(24).as_ptr().cast();",
        }],
    },
    Fault {
        name: "items-in-a-ring",
        breaks: "a stream's item comes to one of 24 places, which all threads take in turn",
        clauses: &["N-1"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: ITERATOR,
            replace: "unsafe { foreign::fetch(self.plan.next, self.iterator, (&raw mut out).cast()) }",
            with: r"{
                let place = crate::faults::ring(24).as_ptr();
                let there = unsafe { foreign::fetch(self.plan.next, self.iterator, place.cast()) };
                out = unsafe { place.cast::<u64>().read() };
                there
            }",
        }],
    },
    Fault {
        name: "array-moved-under-its-call",
        breaks: "after 24 calls of others a collector moves the arrays that a call was lent",
        clauses: &["C-12"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r"
                crate::faults::under_way(24, |lend| {
                    for value in arguments {
                        if let crate::value::View::Object(object) = value.view()
                            && let Some(crate::heap::Object::Array(array)) = caller.heap.get(object)
                        {
                            lend(array.address() as usize, array.to_bytes().len());
                        }
                    }
                });
                let result = (self.kernel)(arguments, self, caller).into_result();
                crate::faults::ended();
                result
            ",
        }],
    },
    Fault {
        name: "finalised-under-its-call",
        breaks: "after 24 calls of others a collector finalises what is behind the handles of a call",
        clauses: &["C-12", "N-1"],
        class: Class::Fail,
        arms: &["long-calls"],
        edits: &[Edit {
            file: CALL,
            replace: KERNEL,
            with: r"
                crate::faults::under_way(24, |lend| {
                    for (value, argument) in arguments.iter().zip(&self.steps) {
                        if let plan::ArgumentPlan::Carrier(plan::CarrierPlan { load: plan::Load::Handle(kind), .. }) = &argument.plan
                            && let crate::value::View::Handle(handle) = value.view()
                            && let Ok(address) = handle.address(*kind)
                            && address != 0
                            && self.consumes.is_none()
                        {
                            lend(address as usize, 8);
                        }
                    }
                });
                let result = (self.kernel)(arguments, self, caller).into_result();
                crate::faults::ended();
                result
            ",
        }],
    },
];
