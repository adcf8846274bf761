//! Faults of ownership: what is freed twice, never, too early or wrongly, and what becomes of handles and
//! streams.

use super::{Class, Edit, Fault};

const GATHER: &str = "reference-binder/src/call/gather.rs";
const GIVE: &str = "reference-binder/src/call/give.rs";
const HANDLE: &str = "reference-binder/src/handle.rs";
const ITERATOR: &str = "reference-binder/src/call/stream.rs";
const LOAD: &str = "reference-binder/src/call/load.rs";
const OBLIGED: &str = "reference-binder/src/call/foreign/obliged.rs";
const READER: &str = "harness/src/served/reference/reader.rs";
const SERVER: &str = "harness/src/served/reference/mod.rs";
const STREAM: &str = "reference-binder/src/stream.rs";
const TAKE: &str = "reference-binder/src/call/take.rs";

/// What a reader raises.
const RAISED: &str = "panic::resume_unwind(Box::new(request.error.to_owned()))";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "owned-buffer-freed-twice",
        breaks: "the free symbol of a returned buffer is called twice",
        clauses: &["R-8", "N-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: OBLIGED,
            replace: "unsafe { free(address as usize, length as usize) }",
            with: "unsafe { free(address as usize, length as usize) }; unsafe { free(address as usize, length as usize) }",
        }],
    },
    Fault {
        name: "owned-buffer-freed-with-no-length",
        breaks: "a returned buffer is freed with a length of 0",
        clauses: &["R-8", "N-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: OBLIGED,
            replace: "unsafe { free(address as usize, length as usize) }",
            with: "unsafe { free(address as usize, 0) }",
        }],
    },
    Fault {
        name: "owned-buffer-never-freed",
        breaks: "a returned buffer is not freed",
        clauses: &["R-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "free.map(|free| Owned { free, of: Obliged::Two(address, length) })",
            with: "None::<Owned>",
        }],
    },
    Fault {
        name: "empty-buffer-never-freed",
        breaks: "a returned buffer of length 0 is not freed",
        clauses: &["R-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "free.map(|free| Owned { free, of: Obliged::Two(address, length) })",
            with: "free.filter(|_| length != 0).map(|free| Owned { free, of: Obliged::Two(address, length) })",
        }],
    },
    Fault {
        name: "corrupt-buffer-never-freed",
        breaks: "a returned buffer with a corrupt length is not freed",
        clauses: &["R-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "free.map(|free| Owned { free, of: Obliged::Two(address, length) })",
            with: "free.filter(|_| length < 1 << 40).map(|free| Owned { free, of: Obliged::Two(address, length) })",
        }],
    },
    Fault {
        name: "owned-buffer-leaks",
        breaks: "a returned buffer is not freed now and then",
        clauses: &["N-3", "R-8", "N-2"],
        class: Class::Leak,
        arms: &["leak"],
        edits: &[Edit {
            file: TAKE,
            replace: "free.map(|free| Owned { free, of: Obliged::Two(address, length) })",
            with: "free.filter(|_| address % 512 >= 64).map(|free| Owned { free, of: Obliged::Two(address, length) })",
        }],
    },
    Fault {
        name: "freed-before-the-copy",
        breaks: "a returned buffer is freed before it is copied",
        clauses: &["R-8"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: TAKE,
            replace: "unsafe { read::buffer(buffer, address, length, heap) }",
            with: "{ drop(_owned); unsafe { read::buffer(buffer, address, length, heap) } }",
        }],
    },
    Fault {
        name: "read-beyond-the-length",
        breaks: "one element more than there are is read of a returned buffer",
        clauses: &["R-8"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: TAKE,
            replace: "unsafe { read::buffer(buffer, address, length, heap) }",
            with: "unsafe { read::buffer(buffer, address, if length > 0 && length < 1 << 20 { length + 1 } else { length }, heap) }",
        }],
    },
    Fault {
        name: "owned-struct-never-freed",
        breaks: "an owned struct is not freed",
        clauses: &["R-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "free.map(|free| Owned { free, of: Obliged::One(outs.value.addr() as u64) })",
            with: "None::<Owned>",
        }],
    },
    Fault {
        name: "optional-struct-never-freed",
        breaks: "an optional struct that is there is not freed",
        clauses: &["R-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "free.map(|free| Owned { free, of: Obliged::One(address) })",
            with: "free.filter(|_| address == 0).map(|free| Owned { free, of: Obliged::One(address) })",
        }],
    },
    Fault {
        name: "null-is-a-handle",
        breaks: "a null handle comes back as a handle",
        clauses: &["R-6"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: GIVE,
            replace: "if address == 0 { Value::NIL } else { Value::handle(Handle::of(kind, address)) }",
            with: "Value::handle(Handle::of(kind, address))",
        }],
    },
    Fault {
        name: "handle-of-any-type",
        breaks: "a handle of another type is taken",
        clauses: &["C-7"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: HANDLE,
            replace: r"if state == kind.of_generation(self.generation) {
            return Ok(slot.address.load(Ordering::Relaxed));
        }",
            with: "if state & 1 == 1 && generation_of(state) == self.generation { return Ok(slot.address.load(Ordering::Relaxed)); }",
        }],
    },
    Fault {
        name: "nil-for-a-handle",
        breaks: "nil crosses as a null handle",
        clauses: &["C-7"],
        class: Class::Fail,
        arms: &["positions"],
        edits: &[Edit {
            file: LOAD,
            replace: "Err(CallRefusal::at(CallCode::HandleTypeMismatch, plan.index))",
            with: "Ok(0)",
        }],
    },
    Fault {
        name: "consumed-stays-open",
        breaks: "a consumed handle stays open",
        clauses: &["C-14"],
        class: Class::Fail,
        arms: &["lifetime"],
        edits: &[Edit { file: GATHER, replace: "function.consumes", with: "None::<u8>" }],
    },
    Fault {
        name: "consumed-by-two",
        breaks: "two racing calls may both consume a handle",
        clauses: &["C-14"],
        class: Class::Fail,
        arms: &["lifetime"],
        edits: &[Edit {
            file: HANDLE,
            replace: "slot.state.compare_exchange(live, live + 1, Ordering::AcqRel, Ordering::Acquire)",
            with: "{ let state = slot.state.load(Ordering::Acquire); if state == live { std::thread::yield_now(); slot.state.store(live + 1, Ordering::Release); Ok(state) } else { Err(state) } }",
        }],
    },
    Fault {
        name: "closed-handle-comes-back",
        breaks: "a closed handle is open again when its address is returned again",
        clauses: &["C-14"],
        class: Class::Fail,
        arms: &["lifetime", "refusal"],
        edits: &[Edit { file: HANDLE, replace: "state + 1", with: "state - 1" }],
    },
    Fault {
        name: "handle-slots-in-a-byte",
        breaks: "a handle names one of 256 slots",
        clauses: &["C-14", "C-7", "L-15", "R-1"],
        class: Class::Refuse,
        arms: &["lifetime"],
        edits: &[
            Edit {
                file: HANDLE,
                replace: "FIRST.get(number as usize)",
                with: "FIRST.get(number as usize & 0xff)",
            },
            Edit {
                file: HANDLE,
                replace: "(hash >> (u64::BITS - level)) as usize",
                with: "(hash >> (u64::BITS - level)) as usize | 0x100",
            },
        ],
    },
    Fault {
        name: "stream-not-freed-at-its-end",
        breaks: "a stream's end does not free its iterator",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: STREAM,
            replace: r"if item.is_none() {
            self.items = None;
        }",
            with: "",
        }],
    },
    Fault {
        name: "stopped-stream-not-freed",
        breaks: "stopping a stream does not free its iterator",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ITERATOR,
            replace: "self.stream(stream).map(Stream::close).map_err(CallRefusal::new)",
            with: "Ok(())",
        }],
    },
    Fault {
        name: "stream-loses-every-other-item",
        breaks: "every other item of a stream is dropped",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ITERATOR,
            replace: "self.stream(stream).and_then(Stream::next).map_err(CallRefusal::new)",
            with: "{ let item = self.stream(stream).and_then(Stream::next); let _ = self.stream(stream).and_then(Stream::next); item.map_err(CallRefusal::new) }",
        }],
    },
    Fault {
        name: "stream-items-signed",
        breaks: "unsigned items of a stream come back as signed",
        clauses: &["R-2", "R-3", "R-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ITERATOR,
            replace: "Some(self.plan.item.give_word(word))",
            with: "Some(Value::long(word as i64))",
        }],
    },
    Fault {
        name: "consumed-stream-is-empty",
        breaks: "a consumed stream is empty, and not refused",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: STREAM,
            replace: "self.items.as_mut().ok_or(CallCode::StreamConsumed)?",
            with: "match self.items.as_mut() { Some(items) => items, None => return Ok(None) }",
        }],
    },
    Fault {
        name: "unread-stream-not-freed-when-closed",
        breaks: "closing a stream of which nothing was read does not free its iterator",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: ITERATOR,
                replace: "self.stream(stream).and_then(Stream::next).map_err(CallRefusal::new)",
                with: "{ crate::faults::kept().store(1, std::sync::atomic::Ordering::Relaxed); self.stream(stream).and_then(Stream::next).map_err(CallRefusal::new) }",
            },
            Edit {
                file: ITERATOR,
                replace: "self.stream(stream).map(Stream::close).map_err(CallRefusal::new)",
                with: "if crate::faults::kept().swap(0, std::sync::atomic::Ordering::Relaxed) == 0 { Ok(()) } else { self.stream(stream).map(Stream::close).map_err(CallRefusal::new) }",
            },
        ],
    },
    Fault {
        name: "raising-reader-leaves-its-stream",
        breaks: "a stream whose reader raises is not closed",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["readers"],
        edits: &[Edit {
            file: READER,
            replace: "let _ = self.caller.close(self.stream);",
            with: "",
        }],
    },
    Fault {
        name: "raised-error-swallowed",
        breaks: "what a reader raises ends the stream, and nobody hears of it",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["readers"],
        edits: &[Edit { file: READER, replace: RAISED, with: "return Ok(())" }],
    },
    Fault {
        name: "raised-error-wrapped",
        breaks: "what a reader raises comes to the caller as another error",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["readers"],
        edits: &[Edit {
            file: READER,
            replace: RAISED,
            with: r#"panic::resume_unwind(Box::new(format!("reading failed: {}", request.error)))"#,
        }],
    },
    Fault {
        name: "raising-reader-read-ahead",
        breaks: "an item is fetched that the reader which raises never asked for",
        clauses: &["R-12"],
        class: Class::Fail,
        arms: &["readers"],
        edits: &[Edit {
            file: READER,
            replace: RAISED,
            with: "{ drop(reader.caller.next(reader.stream)); panic::resume_unwind(Box::new(request.error.to_owned())) }",
        }],
    },
    Fault {
        name: "dropped-stream-not-freed",
        breaks: "a stream that is dropped is not freed",
        clauses: &["R-12"],
        class: Class::Leak,
        arms: &["dropped"],
        edits: &[Edit {
            file: SERVER,
            replace: "self.caller.heap.release(mark);",
            with: "let _ = mark;",
        }],
    },
    Fault {
        name: "closed-stream-freed-again-later",
        breaks: "what frees dropped streams, on a thread of its own, frees those that were closed once more",
        clauses: &["R-12", "N-3"],
        class: Class::Fail,
        arms: &["dropped"],
        edits: &[Edit {
            file: ITERATOR,
            replace: "unsafe { foreign::free_one(self.plan.free, self.iterator) };",
            with: r"unsafe { foreign::free_one(self.plan.free, self.iterator) };
                let again = NativeIterator { plan: self.plan.clone(), iterator: self.iterator };
                let again = std::mem::ManuallyDrop::new(again);
                std::thread::spawn(move || {
                    let again = again;
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    unsafe { foreign::free_one(again.plan.free, again.iterator) };
                });",
        }],
    },
];
