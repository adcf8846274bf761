//! Faults of what C libraries' signatures look like: strings that end before a NUL, lengths that other arguments say,
//! and what goes in and comes out (Z-1 to Z-6).

use super::{Class, Edit, Fault};

const MEMORY: &str = "reference-binder/src/call/memory.rs";
const READ: &str = "reference-binder/src/call/read.rs";
const TAKE: &str = "reference-binder/src/call/take.rs";
const TOLD: &str = "reference-binder/src/call/told.rs";
const PLANNER: &str = "reference-binder/src/call/planner.rs";
const GENERAL: &str = "reference-binder/src/call/general.rs";
const SERVED: &str = "harness/src/served/reference/mod.rs";

/// Where every carrier is in its place.
const FILLED: &str = "outs(&scope, &mut image)";
const HAS_NUL: &str = "bytes.contains(&0)";
const LOOKS_FOR_NUL: &str = "most.is_none_or(|most| length < most) && byte(length) != 0";
const RESULTS: &str = "Ok(heap.keep(Object::Vector(all)))";

/// What is filled in for lengths that arguments tell, where a condition holds.
macro_rules! lengths_are {
    ($where:literal, $length:literal) => {
        concat!(
            "{ for step in &function.steps {
                let is_told = !function.told.counts.is_empty() && ",
            $where,
            ";
                if let (true, ArgumentPlan::Memory { length_slot: Some(slot), .. }) = (is_told, &step.plan) {
                    let length = unsafe { image.get(*slot) };
                    image.put(*slot, ",
            $length,
            ");
                }
            }
            outs(&scope, &mut image) }"
        )
    };
}

/// One of what is to be refused.
const fn served(
    name: &'static str,
    breaks: &'static str,
    clauses: &'static [&'static str],
    edits: &'static [Edit],
) -> Fault {
    Fault { arms: &["refusal"], ..Fault::shown(name, breaks, clauses, edits) }
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault::shown(
        "cstring-without-a-nul",
        "no NUL stands behind a C string that is given",
        &["Z-1"],
        &[Edit { file: MEMORY, replace: "end.fill(0);", with: "end.fill(b'!');" }],
    ),
    Fault::shown(
        "cstring-ends-one-early",
        "the NUL stands in the place of a C string's last byte",
        &["Z-1"],
        &[Edit {
            file: MEMORY,
            replace: "text.copy_from_slice(bytes);",
            with: "text.copy_from_slice(bytes); if let Some(last) = text.last_mut() { *last = 0; }",
        }],
    ),
    served(
        "nul-inside-let-through",
        "a C string with a NUL inside crosses, and the callee sees its beginning",
        &["Z-1"],
        &[Edit { file: MEMORY, replace: HAS_NUL, with: "false" }],
    ),
    served(
        "nul-at-the-end-let-through",
        "a C string whose last byte is a NUL crosses without it",
        &["Z-1"],
        &[Edit {
            file: MEMORY,
            replace: HAS_NUL,
            with: "bytes.strip_suffix(&[0]).unwrap_or(bytes).contains(&0)",
        }],
    ),
    served(
        "nul-looked-for-in-the-first-bytes",
        "a NUL behind the first 64 bytes of a C string is let through",
        &["Z-1"],
        &[Edit {
            file: MEMORY,
            replace: HAS_NUL,
            with: "bytes[..bytes.len().min(64)].contains(&0)",
        }],
    ),
    Fault {
        name: "cstring-leaks-its-copy",
        breaks: "the copy of every C string that is given stays in memory",
        clauses: &["N-5"],
        class: Class::Leak,
        arms: &["memory"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.room(Layout::of_scalar(Scalar::U8), bytes.len() + 1)?",
            with: "{ crate::faults::leak(256); self.room(Layout::of_scalar(Scalar::U8), bytes.len() + 1)? }",
        }],
    },
    Fault::shown(
        "bound-not-looked-at",
        "a C string that is returned is read to its NUL, whatever its bound",
        &["Z-2"],
        &[Edit {
            file: READ,
            replace: LOOKS_FOR_NUL,
            with: "byte(length) != 0",
        }],
    ),
    Fault::shown(
        "bound-of-one-more",
        "of a C string with a bound one byte more is read",
        &["Z-2"],
        &[Edit {
            file: READ,
            replace: LOOKS_FOR_NUL,
            with: "most.is_none_or(|most| length <= most) && byte(length) != 0",
        }],
    ),
    Fault {
        name: "byte-behind-the-bound-touched",
        breaks: "of a C string with a bound the byte behind it is looked at, and left out",
        clauses: &["Z-2"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: READ,
            replace: LOOKS_FOR_NUL,
            with: "0 != unsafe { first.wrapping_add(length as usize).read_volatile() }
                && most.is_none_or(|most| length < most)",
        }],
    },
    Fault {
        name: "cstring-read-in-words",
        breaks: "of a C string that is returned eight bytes at a time are looked at, beyond its NUL",
        clauses: &["Z-2"],
        class: Class::Crash,
        arms: &["guard"],
        edits: &[Edit {
            file: READ,
            replace: LOOKS_FOR_NUL,
            with: "most.is_none_or(|most| length < most) && {
                let word: [u8; 8] =
                    unsafe { first.wrapping_add(length as usize / 8 * 8).cast::<[u8; 8]>().read_volatile() };
                word[length as usize % 8] != 0
            }",
        }],
    },
    Fault::shown(
        "cstring-through-latin-1",
        "a C string that is returned is read a character a byte",
        &["Z-2", "R-10"],
        &[Edit {
            file: READ,
            replace: "heap.keep_text(|copy| unsafe { read_text(address, length, copy) })",
            with: "heap.keep_text(|text| {
                text.extend(unsafe { bytes(address, length) }?.iter().map(|byte| char::from(*byte)));
                Ok(())
            })",
        }],
    ),
    Fault {
        name: "null-cstring-read",
        breaks: "null for a C string is read as if there were one",
        clauses: &["Z-2", "R-6"],
        class: Class::Crash,
        arms: &["round-trip"],
        edits: &[Edit { file: TAKE, replace: "answer.integer == 0", with: "false" }],
    },
    Fault::shown(
        "length-in-bytes",
        "the length that is filled in counts bytes, not elements",
        &["Z-3"],
        &[Edit {
            file: GENERAL,
            replace: FILLED,
            with: lengths_are!("true", "length * 2"),
        }],
    ),
    Fault {
        arms: &["generated"],
        ..Fault::shown(
            "length-one-short-in-a-crowd",
            "the length that is filled in is one less where eight arguments or more are given",
            &["Z-3"],
            &[Edit {
                file: GENERAL,
                replace: FILLED,
                with: lengths_are!("function.steps.len() >= 8", "length.saturating_sub(1)"),
            }],
        )
    },
    Fault {
        arms: &["generated"],
        ..Fault::shown(
            "cstring-of-9-bytes-without-a-nul",
            "no NUL stands behind a C string of nine bytes that is given",
            &["Z-1"],
            &[Edit {
                file: MEMORY,
                replace: "end.fill(0);",
                with: "end.fill(if bytes.len() == 9 { b'!' } else { 0 });",
            }],
        )
    },
    Fault::shown(
        "length-of-the-other-array",
        "of two lengths each is filled in with the other's",
        &["Z-3"],
        &[Edit {
            file: PLANNER,
            replace: "signature.lengths.iter().position(|length| length.binding == binding)",
            with: "signature.lengths.iter().rev().position(|length| length.binding == binding)",
        }],
    ),
    served(
        "length-narrowed",
        "of more elements than the length's type holds the low bits are passed",
        &["Z-3"],
        &[Edit { file: TOLD, replace: "!Bounds::of(self.scalar).hold(length as u64)", with: "false" }],
    ),
    served(
        "lengths-not-compared",
        "of several arrays with one length the last one's is passed",
        &["Z-3"],
        &[Edit { file: TOLD, replace: "*agreed.get_or_insert(length) != length", with: "false" }],
    ),
    served(
        "longer-arrays-cut",
        "of several arrays with one length those that are longer than the first are cut",
        &["Z-3"],
        &[Edit {
            file: TOLD,
            replace: "*agreed.get_or_insert(length) != length",
            with: "*agreed.get_or_insert(length) > length",
        }],
    ),
    Fault::shown(
        "counted-return-one-short",
        "the last of the elements that come back is missing",
        &["Z-4"],
        &[Edit {
            file: TOLD,
            replace: "read::row(item, address, length, heap)",
            with: "read::row(item, address, length.saturating_sub(1), heap)",
        }],
    ),
    Fault::shown(
        "counted-return-in-bytes",
        "what counts a return's elements is taken for bytes",
        &["Z-4"],
        &[Edit {
            file: TOLD,
            replace: "read::row(item, address, length, heap)",
            with: "read::row(item, address, length / item.layout().size as u64, heap)",
        }],
    ),
    Fault::shown(
        "null-counted-is-empty",
        "null for counted elements comes back as none of them",
        &["Z-4", "R-6"],
        &[Edit {
            file: TOLD,
            replace: "return Ok(Value::NIL);",
            with: "return Ok(heap.keep(Object::Vector(Vec::new())));",
        }],
    ),
    Fault::shown(
        "fewer-than-none-counted",
        "a number of elements below 0 loses its sign",
        &["Z-4", "R-11"],
        &[Edit {
            file: TOLD,
            replace: "u64::try_from((word << spare) as i64 >> spare)",
            with: "Ok::<u64, std::num::TryFromIntError>(((word << spare) as i64 >> spare).unsigned_abs())",
        }],
    ),
    Fault::shown(
        "in-out-as-it-went-in",
        "what went in comes out as it was",
        &["Z-6"],
        &[Edit {
            file: SERVED,
            replace: "reply(result, (&values, raised), caller, &mut |handle| tokens.of(handle))",
            with: "{
                let mut reply = reply(result, (&values, raised), caller, &mut |handle| tokens.of(handle));
                let is_in_out = |of: &&contract::Argument| {
                    matches!(&of.kind, contract::ArgumentKind::Plain(contract::Type::InOut(_)))
                };
                let all = function.signature().arguments.iter();
                let given = all.zip(arguments).filter(|(of, _)| is_in_out(of)).map(|(_, given)| given);
                if let Outcome::Value(HostValue::Vector(parts)) = &mut reply.outcome
                    && function.signature().has(|of| matches!(of, contract::Type::InOut(_)))
                {
                    for (part, given) in parts[1..].iter_mut().zip(given) {
                        *part = given.clone();
                    }
                }
                reply
            }",
        }],
    ),
    Fault::shown(
        "error-comes-back-alone",
        "what went in does not come out where the call returned an error",
        &["Z-6"],
        &[Edit {
            file: TOLD,
            replace: "function.told.backs.is_empty()",
            with: "{
                let failed = match returned.view() {
                    View::Object(object) => matches!(heap.get(object), Some(Object::Error(_))),
                    _ => false,
                };
                failed || function.told.backs.is_empty()
            }",
        }],
    ),
    Fault::shown(
        "in-outs-in-reverse",
        "several that went in come out in the other order",
        &["Z-6"],
        &[Edit { file: TOLD, replace: RESULTS, with: "{ all[1..].reverse(); Ok(heap.keep(Object::Vector(all))) }" }],
    ),
    Fault::shown(
        "return-behind-what-comes-out",
        "the return comes last, behind what went in",
        &["Z-6"],
        &[Edit { file: TOLD, replace: RESULTS, with: "{ all.rotate_left(1); Ok(heap.keep(Object::Vector(all))) }" }],
    ),
    Fault::shown(
        "void-left-out",
        "where nothing is returned what went in comes out without a nil before it",
        &["Z-6"],
        &[Edit {
            file: TOLD,
            replace: RESULTS,
            with: "{
                if matches!(all[0].view(), View::Nil) {
                    all.remove(0);
                }
                Ok(heap.keep(Object::Vector(all)))
            }",
        }],
    ),
    Fault::shown(
        "in-out-goes-in-as-zero",
        "the callee finds zeros where something goes in",
        &["Z-5"],
        &[Edit {
            file: GENERAL,
            replace: FILLED,
            with: "{ for (step, given) in function.steps.iter().zip(&function.signature.arguments) {
                if let (
                    ArgumentPlan::Memory { slot, .. },
                    contract::ArgumentKind::Plain(contract::Type::InOut(_)),
                ) = (&step.plan, &given.kind)
                {
                    let address = unsafe { image.get(*slot) };
                    let place: *mut u8 = std::ptr::with_exposed_provenance_mut(address as usize);
                    unsafe { place.write(0) };
                }
            }
            outs(&scope, &mut image) }",
        }],
    ),
];
