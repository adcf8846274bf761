//! Faults of state: what is kept between calls, or by too narrow a key.

use super::{Class, Edit, Fault};

const ADAPTER: &str = "harness/src/served/reference/mod.rs";
const ENUMS: &str = "reference-binder/src/call/enums.rs";
const HEAP: &str = "reference-binder/src/heap.rs";
const ITEM: &str = "reference-binder/src/call/item.rs";
const ITERATOR: &str = "reference-binder/src/call/stream.rs";

const SAME: &str = "same(*other, &values)?";

/// What another argument is, copied.
const SAME_IS_A_COPY: Edit = Edit {
    file: ADAPTER,
    replace: SAME,
    with: r#"match same(*other, &values)?.view() {
        reference_binder::value::View::Object(object) => match caller.heap.get(object) {
            Some(reference_binder::heap::Object::Array(array)) => {
                let array = array.clone();
                caller.heap.keep(reference_binder::heap::Object::Array(array))
            }
            _ => Value::NIL,
        },
        _ => Value::NIL,
    }"#,
};

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "replies-cached",
        breaks: "equal arguments are answered with what the function returned before",
        clauses: &["R-1", "R-2", "R-3", "R-4", "R-5", "R-6", "N-2", "N-1"],
        class: Class::Fail,
        arms: &["programs", "paths"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "played::call(function, caller, &values)",
            with: r#"{
                static SEEN: std::sync::Mutex<Option<HashMap<String, Value>>> = std::sync::Mutex::new(None);
                let key = format!("{:p} {values:?}", function);
                let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let seen = seen.get_or_insert_default();
                match seen.get(&key) {
                    Some(value) => Ok(*value),
                    None => {
                        let result = played::call(function, caller, &values);
                        if let Ok(value) = result && !matches!(value.view(), reference_binder::value::View::Object(_)) {
                            seen.insert(key, value);
                        }
                        result
                    }
                }
            }"#,
        }],
    },
    Fault {
        name: "streams-read-the-last",
        breaks: "of several streams all read the one opened last",
        clauses: &["R-12", "R-1", "R-2"],
        class: Class::Fail,
        arms: &["programs"],
        edits: &[
            Edit {
                file: ITERATOR,
                replace: "NativeIterator { plan: plan.clone(), iterator }",
                with: "{ crate::faults::kept().store(iterator, std::sync::atomic::Ordering::Relaxed); NativeIterator { plan: plan.clone(), iterator } }",
            },
            Edit {
                file: ITERATOR,
                replace: "unsafe { foreign::fetch(self.plan.next, self.iterator, (&raw mut out).cast()) }",
                with: "unsafe { foreign::fetch(self.plan.next, crate::faults::kept().load(std::sync::atomic::Ordering::Relaxed), (&raw mut out).cast()) }",
            },
        ],
    },
    Fault {
        name: "enums-by-their-names",
        breaks: "enums with the same members' names have the numbers of the first",
        clauses: &["L-5", "R-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ITEM,
            replace: "Some(EnumTable::new(backing, members))",
            with: r"{
            static SEEN: std::sync::Mutex<Option<HashMap<Vec<String>, EnumTable>>> = std::sync::Mutex::new(None);
            let mut names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
            names.sort();
            let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let table = seen.get_or_insert_default().entry(names).or_insert_with(|| EnumTable::new(backing, members));
            Some(table.clone())
        }",
        }],
    },
    Fault {
        name: "enum-index-in-a-byte",
        breaks: "the members of an enum are looked up by a byte",
        clauses: &["C-6"],
        class: Class::Refuse,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: ENUMS,
                replace: "self.by_keyword.get_unchecked(at)",
                with: "self.by_keyword.get_unchecked(at & 0xff)",
            },
            Edit { file: ENUMS, replace: "self.further_number(keyword)", with: "None" },
        ],
    },
    Fault {
        name: "arrays-by-their-element",
        breaks: "array fields of one element type have the length of the first",
        clauses: &["C-8", "R-10", "L-8"],
        class: Class::Refuse,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ITEM,
            replace: "Some(Item::Array(Arc::new(ArrayPlan { layout, of, length })))",
            with: r#"{
                    static SEEN: std::sync::Mutex<Option<HashMap<String, u64>>> = std::sync::Mutex::new(None);
                    let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    let first = seen.get_or_insert_default().entry(format!("{of:?}")).or_insert(length);
                    Some(Item::Array(Arc::new(ArrayPlan { layout, of, length: *first })))
                }"#,
        }],
    },
    Fault {
        name: "one-array-copied-back-in-turn",
        breaks: "an array that is two arguments is copied for each, and both copies are written back in turn",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["one-array"],
        edits: &[
            SAME_IS_A_COPY,
            Edit {
                file: ADAPTER,
                replace: "reply(result, (&values, raised), caller, &mut |handle| tokens.of(handle))",
                with: r#"{
                    use reference_binder::heap::Object;
                    use reference_binder::value::View;
                    for (argument, value) in arguments.iter().zip(&values) {
                        if let HostValue::Same(other) = argument
                            && let (View::Object(from), View::Object(to)) = (value.view(), values[*other].view())
                            && let Some(Object::Array(array)) = caller.heap.get(from)
                        {
                            let array = array.clone();
                            *caller.heap.get_mut(to).unwrap() = Object::Array(array);
                        }
                    }
                    reply(result, (&values, raised), caller, &mut |handle| tokens.of(handle))
                }"#,
            },
        ],
    },
    Fault {
        name: "one-array-copied-back-once",
        breaks: "of an array that is two arguments the second is a copy, and what is written to it is lost",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["one-array"],
        edits: &[SAME_IS_A_COPY],
    },
    Fault {
        name: "one-array-moved-out",
        breaks: "an array that is an argument already arrives as zeros the second time",
        clauses: &["C-8", "C-9"],
        class: Class::Fail,
        arms: &["one-array"],
        edits: &[Edit {
            file: ADAPTER,
            replace: SAME,
            with: r#"match same(*other, &values)?.view() {
        reference_binder::value::View::Object(object) => match caller.heap.get(object) {
            Some(reference_binder::heap::Object::Array(array)) => {
                let array = reference_binder::heap::Array::zeroed(array.element(), array.len());
                caller.heap.keep(reference_binder::heap::Object::Array(array))
            }
            _ => Value::NIL,
        },
        _ => Value::NIL,
    }"#,
        }],
    },
    Fault {
        name: "one-array-detached",
        breaks: "an array that is an argument already arrives empty the second time",
        clauses: &["C-8", "C-9", "L-7"],
        class: Class::Fail,
        arms: &["one-array"],
        edits: &[Edit {
            file: ADAPTER,
            replace: SAME,
            with: r#"match same(*other, &values)?.view() {
        reference_binder::value::View::Object(object) => match caller.heap.get(object) {
            Some(reference_binder::heap::Object::Array(array)) => {
                let array = reference_binder::heap::Array::zeroed(array.element(), 0);
                caller.heap.keep(reference_binder::heap::Object::Array(array))
            }
            _ => Value::NIL,
        },
        _ => Value::NIL,
    }"#,
        }],
    },
    Fault {
        name: "one-array-refused",
        breaks: "an array that is lent to the callee already is refused",
        clauses: &["C-8", "C-9"],
        class: Class::Refuse,
        arms: &["one-array"],
        edits: &[Edit {
            file: ADAPTER,
            replace: SAME,
            with: "{ same(*other, &values)?; Value::NIL }",
        }],
    },
    Fault {
        name: "view-offset-ignored",
        breaks: "a view is read and written from the start of its array",
        clauses: &["C-8", "C-9"],
        class: Class::Fail,
        arms: &["views"],
        edits: &[Edit {
            file: HEAP,
            replace: "self.words.as_ptr().cast_mut().cast::<u8>().wrapping_add(self.offset)",
            with: r#"self.words.as_ptr().cast_mut().cast::<u8>()"#,
        }],
    },
    Fault {
        name: "view-offset-in-bytes",
        breaks: "the offset of a view counts bytes where it should count elements",
        clauses: &["C-8", "C-9"],
        class: Class::Fail,
        arms: &["views"],
        edits: &[Edit {
            file: HEAP,
            replace: "array.offset = first * element.size();",
            with: r#"array.offset = first;"#,
        }],
    },
    Fault {
        name: "view-as-long-as-its-array",
        breaks: "a view is as long as from its first element to the end of its array",
        clauses: &["L-7", "C-8", "C-9"],
        class: Class::Fail,
        arms: &["views"],
        edits: &[Edit {
            file: HEAP,
            replace: "array.length = count;",
            with: r#"array.length -= first;"#,
        }],
    },
    Fault {
        name: "view-edits-lost",
        breaks: "a view with an offset is copied, and what is written to the copy is lost",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["views"],
        edits: &[Edit {
            file: HEAP,
            replace: "self.words.as_ptr().cast_mut().cast::<u8>().wrapping_add(self.offset)",
            with: r#"if self.offset > 0 { self.to_bytes().leak().as_mut_ptr() } else { self.words.as_ptr().cast_mut().cast::<u8>().wrapping_add(self.offset) }"#,
        }],
    },
    Fault {
        name: "view-written-back-to-the-start",
        breaks: "what a view shows is written to the start of its array after the call",
        clauses: &["C-8", "C-9"],
        class: Class::Fail,
        arms: &["views"],
        edits: &[Edit {
            file: HEAP,
            replace: "bytes.take(self.whole).collect()",
            with: r#"{ let mut whole: Vec<u8> = bytes.take(self.whole).collect(); let seen = self.to_bytes(); whole[..seen.len()].copy_from_slice(&seen); whole }"#,
        }],
    },
];
