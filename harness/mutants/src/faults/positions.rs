//! Faults of positions: a rule that is kept where it is looked at first, and nowhere else.
use super::{Class, Edit, Fault};

const LOAD: &str = "reference-binder/src/call/load.rs";
const MEMORY: &str = "reference-binder/src/call/memory.rs";
const GATHER: &str = "reference-binder/src/call/gather.rs";
const GENERAL: &str = "reference-binder/src/call/general.rs";

const FIELD: &str = "self.item(&field.item, part(place, field.offset, field.size), value)?;";
const ELEMENT: &str = "self.item(of, nth(row, layout, at), *value)?;";
const REST: &str = "Writer { index, ..self }.item(&plan.element, nth(place, layout, at), *value)?;";
const BINDING: &str = "image.put(plan.slot, by_value(plan, value, heap)?);";
/// In either file.
const BY_VALUE: &str = "image.put(plan.slot, load::by_value(plan, value, heap)?);";
const BESIDE_MEMORY: &str = BY_VALUE;
const KEY: &str = "field(entries, place, *key).ok_or(refuse(CallCode::MissingField))?";

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "field-truncated",
        breaks: "an integer out of range in a struct's field loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: FIELD,
            with: "match (&field.item, value.view()) {
                (Item::Scalar(of), View::Long(long)) if of.is_integer() => {
                    put(part(place, field.offset, field.size), long as u128);
                }
                (item, _) => self.item(item, part(place, field.offset, field.size), value)?,
            }",
        }],
    },
    Fault {
        name: "field-given-a-boolean",
        breaks: "a boolean in a struct's integer field is 0 or 1",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: FIELD,
            with: "match (&field.item, value.view()) {
                (Item::Scalar(of), View::Boolean(given)) if of.is_integer() => {
                    put(part(place, field.offset, field.size), u128::from(given));
                }
                (item, _) => self.item(item, part(place, field.offset, field.size), value)?,
            }",
        }],
    },
    Fault {
        name: "missing-field-of-a-nested-struct-is-zero",
        breaks: "a field that a map within a map lacks is zero",
        clauses: &["C-10"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: FIELD,
            with: "match &field.item {
                Item::Struct(inner) => {
                    let place = part(place, field.offset, field.size);
                    let entries = load::entries(value, self.heap).map_err(refuse)?;
                    for (at, field) in inner.fields.iter().enumerate() {
                        if let Some(value) = load::field(entries, at, field.key) {
                            self.item(&field.item, part(place, field.offset, field.size), value)?;
                        }
                    }
                }
                item => self.item(item, part(place, field.offset, field.size), value)?,
            }",
        }],
    },
    Fault {
        name: "later-elements-unchecked",
        breaks: "of a vector of structs only the first is checked: later ones are truncated",
        clauses: &["C-2", "C-10"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: ELEMENT,
            with: "match of {
                Item::Struct(plan) if at > 0 => {
                    let refuse = |code| CallRefusal::at(code, self.index);
                    let entries = load::entries(*value, self.heap).map_err(refuse)?;
                    for (number, field) in plan.fields.iter().enumerate() {
                        let place = part(nth(row, layout, at), field.offset, field.size);
                        let Some(value) = load::field(entries, number, field.key) else { continue };
                        match (&field.item, value.view()) {
                            (Item::Scalar(of), View::Long(long)) if of.is_integer() => {
                                put(place, long as u128);
                            }
                            (item, _) => self.item(item, place, value)?,
                        }
                    }
                }
                _ => self.item(of, nth(row, layout, at), *value)?,
            }",
        }],
    },
    Fault {
        name: "enum-within-a-value-unchecked",
        breaks: "a keyword of no member, in a field or an element, is the number 0",
        clauses: &["C-6"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: "return self.refuse(CallCode::UnknownEnumMember)",
            with: "()",
        }],
    },
    Fault {
        name: "bool-within-a-value-takes-numbers",
        breaks: "a number in a bool field, or an optional bool, is its lowest bit",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: LOAD,
            replace: "boolean(index, value).map(u128::from)",
            with: "match value.view() {
                View::Long(long) => Ok(long as u128 & 1),
                _ => boolean(index, value).map(u128::from),
            }",
        }],
    },
    Fault {
        name: "optional-truncated",
        breaks: "an integer out of range in an optional loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.make(memory, value)",
            with: "match (&**memory, value.view()) {
                (Memory::Item(Item::Scalar(of)), View::Long(long)) if of.is_integer() => {
                    let place = self.room(Layout::of_scalar(*of), 1)?;
                    put(place, long as u128);
                    Ok((exposed(place), 1))
                }
                _ => self.make(memory, value),
            }",
        }],
    },
    Fault {
        name: "rest-truncated",
        breaks: "an integer out of range among the rest values loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: REST,
            with: "match (plan.element.as_scalar(), value.view()) {
                (Some(of), View::Long(long)) if of.is_integer() => {
                    put(nth(place, layout, at), long as u128);
                }
                _ => Writer { index, ..self }.item(&plan.element, nth(place, layout, at), *value)?,
            }",
        }],
    },
    Fault {
        name: "nil-among-the-rest-is-zero",
        breaks: "nil among the rest values, after the first of them, is zero",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: REST,
            with: "if at == 0 || !value.is(Tag::Nil) {
                Writer { index, ..self }.item(&plan.element, nth(place, layout, at), *value)?;
            }",
        }],
    },
    Fault {
        name: "destructured-truncated",
        breaks: "an integer out of range in a destructured map loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: LOAD,
            replace: BINDING,
            with: "image.put(plan.slot, match (by_value(plan, value, heap), value.view()) {
                (Err(_), View::Long(long)) => long as u64,
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "later-binding-missing-is-zero",
        breaks: "a key that a destructured map lacks is zero, but for the first two bindings",
        clauses: &["C-10", "S-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: LOAD,
            replace: KEY,
            with: "match field(entries, place, *key) {
                None if place > 1 => Value::long(0),
                found => found.ok_or(refuse(CallCode::MissingField))?,
            }",
        }],
    },
    Fault {
        name: "field-of-16-bits-truncated",
        breaks: "an integer out of range in a 16-bit field loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: MEMORY,
            replace: FIELD,
            with: "match (&field.item, value.view()) {
                (Item::Scalar(of), View::Long(long)) if of.is_integer() && of.size() == 2 => {
                    put(part(place, field.offset, field.size), long as u128);
                }
                (item, _) => self.item(item, part(place, field.offset, field.size), value)?,
            }",
        }],
    },
    Fault {
        name: "float-field-takes-booleans",
        breaks: "a boolean in a float field is 0 or 1",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: MEMORY,
            replace: FIELD,
            with: "match (&field.item, value.view()) {
                (Item::Scalar(of), View::Boolean(given)) if of.is_float() => {
                    let number = Value::double(f64::from(u8::from(given)));
                    self.item(&field.item, part(place, field.offset, field.size), number)?;
                }
                (item, _) => self.item(item, part(place, field.offset, field.size), value)?,
            }",
        }],
    },
    Fault {
        name: "optional-of-32-bits-truncated",
        breaks: "an integer out of range in an optional of 32 bits loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.make(memory, value)",
            with: "match (&**memory, value.view()) {
                (Memory::Item(Item::Scalar(of)), View::Long(long))
                    if of.is_integer() && of.size() == 4 =>
                {
                    let place = self.room(Layout::of_scalar(*of), 1)?;
                    put(place, long as u128);
                    Ok((exposed(place), 1))
                }
                _ => self.make(memory, value),
            }",
        }],
    },
    Fault {
        name: "optional-pointer-of-any-length",
        breaks: "a pointer in an optional takes an array of any length",
        clauses: &["C-8"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.make(memory, value)",
            with: "match &**memory {
                Memory::Lent(element, _) => self.lend(*element, Extent::Any, value),
                _ => self.make(memory, value),
            }",
        }],
    },
    Fault {
        name: "unsigned-rest-truncated",
        breaks: "a negative number among unsigned rest values keeps its bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: MEMORY,
            replace: REST,
            with: "match (plan.element.as_scalar(), value.view()) {
                (Some(of), View::Long(long)) if of.is_integer() && !of.is_signed() => {
                    put(nth(place, layout, at), long as u128);
                }
                _ => Writer { index, ..self }.item(&plan.element, nth(place, layout, at), *value)?,
            }",
        }],
    },
    Fault {
        name: "nil-beside-memory-is-zero",
        breaks: "nil is zero for a number after a slice, string or struct",
        clauses: &["C-4", "C-6", "C-7"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: GENERAL,
            replace: BESIDE_MEMORY,
            with: "image.put(plan.slot, match (
                load::by_value(plan, value, heap), value.view(),
            ) {
                (Err(_), crate::value::View::Nil) if plan.index > 0 => 0,
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "wrong-kinds-in-a-map-are-zero",
        breaks: "a text for a number in a destructured map is zero",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: LOAD,
            replace: BINDING,
            with: "image.put(plan.slot, match (by_value(plan, value, heap), value.view()) {
                (Err(_), View::Object(_)) => 0,
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "eighth-binding-dropped",
        breaks: "of a destructured argument's bindings only seven cross",
        clauses: &["S-2", "C-1", "C-3", "L-21"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: BINDING,
            with: "if place < 7 {
                image.put(plan.slot, by_value(plan, value, heap)?);
            }",
        }],
    },
    Fault {
        name: "stack-argument-truncated",
        breaks: "an integer out of range that goes on the stack loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: GATHER,
            replace: BY_VALUE,
            with: "image.put(plan.slot, match (
                load::by_value(plan, value, heap), value.view(),
            ) {
                (Err(_), crate::value::View::Long(long)) if plan.slot >= 14 => long as u64,
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "nil-for-a-late-argument-is-zero",
        breaks: "nil is zero for the ninth argument and later ones",
        clauses: &["C-4", "C-6"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: GATHER,
            replace: BY_VALUE,
            with: "image.put(plan.slot, match (
                load::by_value(plan, value, heap), value.view(),
            ) {
                (Err(_), crate::value::View::Nil) if plan.index >= 8 => 0,
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "fifth-argument-takes-booleans",
        breaks: "a boolean is 0 or 1 for a number that is the fifth argument or a later one",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: GATHER,
            replace: BY_VALUE,
            with: "image.put(plan.slot, match (
                load::by_value(plan, value, heap), value.view(),
            ) {
                (Err(_), crate::value::View::Boolean(given)) if plan.index >= 4 => u64::from(given),
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "carrier-beside-memory-truncated",
        breaks: "an integer out of range after a slice, string or struct loses its upper bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["positions", "refusal"],
        edits: &[Edit {
            file: GENERAL,
            replace: BESIDE_MEMORY,
            with: "image.put(plan.slot, match (
                load::by_value(plan, value, heap), value.view(),
            ) {
                (Err(_), crate::value::View::Long(long)) if plan.index > 0 => long as u64,
                (word, _) => word?,
            });",
        }],
    },
    Fault {
        name: "small-neighbours-swapped",
        breaks: "two words beside each other change places where both are small",
        clauses: &["L-1", "L-21", "L-22", "C-1"],
        class: Class::Fail,
        arms: &["generated", "round-trip"],
        edits: &[Edit {
            file: GATHER,
            replace: "close_consumed(function, arguments)",
            with: "{
                let words = unsafe { &mut *std::ptr::from_mut(image).cast::<[u64; 256]>() };
                if words[0] != words[1] && words[0] < 16 && words[1] < 16 {
                    words.swap(0, 1);
                }
                close_consumed(function, arguments)
            }",
        }],
    },
    Fault {
        name: "small-on-the-stack-swapped",
        breaks: "two words beside each other on the stack change places where both are small",
        clauses: &["L-1", "L-21", "L-22", "C-1"],
        class: Class::Fail,
        arms: &["generated", "round-trip"],
        edits: &[Edit {
            file: GATHER,
            replace: "close_consumed(function, arguments)",
            with: "{
                let words = unsafe { &mut *std::ptr::from_mut(image).cast::<[u64; 256]>() };
                if words[14] < 32 && (1..32).contains(&words[15]) {
                    words.swap(14, 15);
                }
                close_consumed(function, arguments)
            }",
        }],
    },
    Fault {
        name: "equal-neighbours-cross-once",
        breaks: "a word on the stack that equals the one before it is left out",
        clauses: &["L-1", "L-21", "L-22", "C-1"],
        class: Class::Fail,
        arms: &["generated", "round-trip"],
        edits: &[Edit {
            file: GATHER,
            replace: "close_consumed(function, arguments)",
            with: "{
                let words = unsafe { &mut *std::ptr::from_mut(image).cast::<[u64; 256]>() };
                if words[14] == words[15] && words[15] == words[16] {
                    words[16] = 0;
                }
                close_consumed(function, arguments)
            }",
        }],
    },
];
