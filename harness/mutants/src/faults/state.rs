//! Faults of state: what is kept between calls, or by too narrow a key.

use super::{Class, Edit, Fault};

const ADAPTER: &str = "harness/src/served/reference/mod.rs";
const ENUMS: &str = "reference-binder/src/call/enums.rs";
const ITEM: &str = "reference-binder/src/call/item.rs";
const ITERATOR: &str = "reference-binder/src/call/stream.rs";

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
            replace: "function.call(caller, &values)",
            with: r#"{
                static SEEN: std::sync::Mutex<Option<HashMap<String, Value>>> = std::sync::Mutex::new(None);
                let key = format!("{:p} {values:?}", function);
                let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let seen = seen.get_or_insert_default();
                match seen.get(&key) {
                    Some(value) => Ok(*value),
                    None => {
                        let result = function.call(caller, &values);
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
        edits: &[Edit {
            file: ENUMS,
            replace: "self.by_keyword.get(at)?",
            with: "self.by_keyword.get(at & 0xff)?",
        }],
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
];
