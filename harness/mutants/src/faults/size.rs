//! Faults of size: what has a length is right as long as it is short.

use super::{Class, Edit, Fault, MEMCHECK};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "slice-length-in-16-bits",
        breaks: "a slice's length is kept in 16 bits",
        clauses: &["L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: "reference-binder/src/call/memory.rs",
                replace: "(array.address().expose_provenance() as u64, array.len() as u64)",
                with: "(array.address().expose_provenance() as u64, array.len() as u64 & 0xffff)",
            },
            Edit {
                file: "reference-binder/src/call/kernels/mod.rs",
                replace: "array.len() as u64",
                with: "array.len() as u64 & 0xffff",
            },
        ],
    },
    Fault {
        name: "slice-length-in-8-bits",
        breaks: "a slice's length is kept in 8 bits",
        clauses: &["L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: "reference-binder/src/call/memory.rs",
                replace: "(array.address().expose_provenance() as u64, array.len() as u64)",
                with: "(array.address().expose_provenance() as u64, array.len() as u64 & 0xff)",
            },
            Edit {
                file: "reference-binder/src/call/kernels/mod.rs",
                replace: "array.len() as u64",
                with: "array.len() as u64 & 0xff",
            },
        ],
    },
    Fault {
        name: "edits-beyond-512-bytes-lost",
        breaks: "an array of more than 512 bytes is copied in and not back",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: "reference-binder/src/call/memory.rs",
                replace: "(array.address().expose_provenance() as u64, array.len() as u64)",
                with: r#"if array.len() * element.size() > 512 {
    let place = self.room(Layout::of_scalar(element), array.len())?;
    array.copy_to(place);
    (exposed(place), array.len() as u64)
} else {
    (array.address().expose_provenance() as u64, array.len() as u64)
}"#,
            },
            Edit {
                file: "reference-binder/src/call/kernels/mod.rs",
                replace: "caller.heap.get(value.object_ref())?",
                with: "caller.heap.get(value.object_ref()).filter(|object| !matches!(object, Object::Array(array) if array.len() * array.element().size() > 512))?",
            },
        ],
    },
    Fault {
        name: "string-cut-at-64-kib",
        breaks: "a string argument is cut at 64 KiB",
        clauses: &["C-8", "C-11", "L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "(exposed(place), bytes.len() as u64)",
            with: "(exposed(place), bytes.len().min(65536) as u64)",
        }],
    },
    Fault {
        name: "string-cut-at-1-mib",
        breaks: "a string argument is cut at 1 MiB",
        clauses: &["C-8", "C-11", "L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "(exposed(place), bytes.len() as u64)",
            with: "(exposed(place), bytes.len().min(1 << 20) as u64)",
        }],
    },
    Fault {
        name: "string-length-in-16-bits",
        breaks: "a string's length is kept in 16 bits",
        clauses: &["C-8", "C-11", "L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "(exposed(place), bytes.len() as u64)",
            with: "(exposed(place), bytes.len() as u64 & 0xffff)",
        }],
    },
    Fault {
        name: "last-struct-dropped-above-256",
        breaks: "of more than 256 structs or enums the last is dropped",
        clauses: &["L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: r#"self.items(item, place, values)?;
        Ok((exposed(place), values.len() as u64))"#,
            with: r#"self.items(item, place, values)?;
let count = values.len() - usize::from(values.len() > 256);
Ok((exposed(place), count as u64))"#,
        }],
    },
    Fault {
        name: "rest-beyond-64-dropped",
        breaks: "of the rest of the arguments 64 cross at most",
        clauses: &["S-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/general.rs",
            replace: "image.put(plan.length_slot, length);",
            with: "image.put(plan.length_slot, length.min(64));",
        }],
    },
    Fault {
        name: "rest-count-in-16-bits",
        breaks: "the rest of the arguments is counted in 16 bits",
        clauses: &["S-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/general.rs",
            replace: "image.put(plan.length_slot, length);",
            with: "image.put(plan.length_slot, length & 0xffff);",
        }],
    },
    Fault {
        name: "array-field-cut-at-512-bytes",
        breaks: "an array in a struct crosses as its first 512 bytes",
        clauses: &["C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "array.copy_to(place);",
            with: r#"let cut = place.len().min(512);
array.copy_to(&mut place[..cut]);"#,
        }],
    },
    Fault {
        name: "returned-bytes-one-short-at-64-ki",
        breaks: "exactly 65,536 bytes come back as one fewer",
        clauses: &["R-10", "L-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/read.rs",
            replace: "std::slice::from_raw_parts(first, length as usize)",
            with: "std::slice::from_raw_parts(first, length as usize - usize::from(length == 65536))",
        }],
    },
    Fault {
        name: "returned-bytes-cut-at-1-mib",
        breaks: "bytes come back cut at 1 MiB",
        clauses: &["R-10", "L-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/read.rs",
            replace: "std::slice::from_raw_parts(first, length as usize)",
            with: "std::slice::from_raw_parts(first, (length as usize).min(1 << 20))",
        }],
    },
    Fault {
        name: "returned-vector-length-in-16-bits",
        breaks: "a returned vector's length is kept in 16 bits",
        clauses: &["R-10", "L-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/read.rs",
            replace: "unsafe { elements(element, first, length, heap) }",
            with: "unsafe { elements(element, first, length & 0xffff, heap) }",
        }],
    },
    Fault {
        name: "returned-struct-wraps-at-1-kib",
        breaks: "fields beyond the first KiB of a struct are read from its beginning",
        clauses: &["R-1", "R-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/read.rs",
            replace: "at.wrapping_add(field.offset)",
            with: "at.wrapping_add(field.offset % 1024)",
        }],
    },
    Fault {
        name: "error-name-cut-at-127",
        breaks: "an error's name is cut at 127 bytes",
        clauses: &["R-7", "L-14"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/take.rs",
            replace: "std::slice::from_raw_parts(outs.error, length as usize)",
            with: "std::slice::from_raw_parts(outs.error, (length as usize).min(127))",
        }],
    },
    Fault {
        name: "third-page-reuses-the-first",
        breaks: "a scope's third page is its first again",
        clauses: &["L-23", "C-12"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/scope.rs",
            replace: "&self.pages[next]",
            with: "&self.pages[if next >= 2 && wanted <= FIRST_PAGE_BYTES { 0 } else { next }]",
        }],
    },
    Fault {
        name: "page-overrun-by-16-bytes",
        breaks: "a page of a scope is used 16 bytes beyond its end",
        clauses: &["C-11", "C-12", "R-10", "L-7"],
        class: Class::Crash,
        arms: &[MEMCHECK],
        edits: &[Edit {
            file: "reference-binder/src/scope/page.rs",
            replace: "self.memory.as_ptr().wrapping_add(self.layout.size())",
            with: "self.memory.as_ptr().wrapping_add(self.layout.size() + 16)",
        }],
    },
    Fault {
        name: "object-numbers-in-16-bits",
        breaks: "objects of a heap are numbered in 16 bits",
        clauses: &["R-10", "L-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/heap.rs",
            replace: "ObjectRef { index, stamp: self.stamp }",
            with: "ObjectRef { index: index & 0xffff, stamp: self.stamp }",
        }],
    },
    Fault {
        name: "libffi-carriers-beyond-32",
        breaks: "libffi is given one address for all carriers from the 32nd on",
        clauses: &["L-22"],
        class: Class::Fail,
        arms: &["compare", "generated"],
        edits: &[Edit {
            file: "reference-binder/src/call/foreign/libffi.rs",
            replace: "(&raw const *place).cast_mut().cast()",
            with: "(&raw const image.0[(((&raw const *place).addr() - image.0.as_ptr().addr()) / 8).min(31)]).cast_mut().cast()",
        }],
    },
    Fault {
        name: "stack-words-beyond-32",
        breaks: "words on the stack beyond 32 are not written",
        clauses: &["L-22"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/foreign/registers.rs",
            replace: "unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w, stack) }",
            with: r#"{
    let mut cut = stack;
    cut.0.iter_mut().skip(32).for_each(|word| *word = Integer::new(0));
    unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w, cut) }
}"#,
        }],
    },
    Fault {
        name: "wire-block-cut-at-64-kib",
        breaks: "a library at wire level fills blocks of memory up to 64 KiB",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "harness/src/served/native.rs",
            replace: "bytes.chunks(16)",
            with: "bytes[..bytes.len().min(65536)].chunks(16)",
        }],
    },
    Fault {
        name: "wire-peek-stops-at-a-page",
        breaks: "a library at wire level reads 4 KiB of what it is asked for, and zeros",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "harness/src/served/native.rs",
            replace: "unsafe { std::slice::from_raw_parts(first, length) }.to_vec()",
            with: r#"{
    let mut bytes = unsafe { std::slice::from_raw_parts(first, length) }.to_vec();
    bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0);
    bytes
}"#,
        }],
    },
    Fault {
        name: "wire-edits-beyond-512-bytes-lost",
        breaks: "a library at wire level gives back what a block of more than 512 bytes held before",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "harness/src/served/wire.rs",
            replace: "rooms.iter().map(|room| Hex(room.bytes())).collect()",
            with: r#"rooms.iter().zip(blocks).map(|(room, given)| {
    Hex(if given.bytes.0.len() > 512 { given.bytes.0.clone() } else { room.bytes() })
}).collect()"#,
        }],
    },
];
