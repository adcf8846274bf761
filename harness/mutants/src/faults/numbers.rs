//! Faults of numbers: rounding twice, NaNs that are lost on the way, padding that C keeps.
use super::{Class, Edit, Fault};

const LOAD: &str = "reference-binder/src/call/load.rs";
const FLOAT: &str = "reference-binder/src/float.rs";
const EXACT: &str = "reference-binder/src/exact.rs";
const FLAT: &str = "reference-binder/src/call/flat.rs";
const SCALARS: &str = "reference-binder/src/call/scalars.rs";

const ROUNDED: &str = "Ok(exact.to_bits(format) as u64)";
const EXTENDED: &str = "Ok(number(value, heap)?.to_bits(format))";
const BITS: &str = "Exact::of_bits(*bits, Format::of(format))";
const NARROWED: &str = "format.pack(negative, format.exponent_mask(), integer_bit | kept | quiet)";

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "half-of-an-integer-through-single",
        breaks: "an integer or extended float for an :f16 is rounded to an :f32 on the way",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: ROUNDED,
            with: "Ok(match format == F16 {
                true => Exact::of_bits(exact.to_bits(F32), F32).to_bits(F16) as u64,
                false => exact.to_bits(format) as u64,
            })",
        }],
    },
    Fault {
        name: "half-of-an-extended-through-double",
        breaks: "an extended float for an :f16 is rounded to a double on the way",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: ROUNDED,
            with: "Ok(match (format == F16, value.view()) {
                (true, View::Object(_)) => {
                    Exact::of_bits(exact.to_bits(F64), F64).to_bits(F16) as u64
                }
                _ => exact.to_bits(format) as u64,
            })",
        }],
    },
    Fault {
        name: "single-of-an-extended-through-double",
        breaks: "an :f80 or :f128 for a narrower float is rounded to a double on the way",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: BITS,
            with: "Exact::of_bits(Exact::of_bits(*bits, Format::of(format)).to_bits(F64), F64)",
        }],
    },
    Fault {
        name: "quad-through-f80",
        breaks: "an :f128 for a narrower float is rounded to an :f80 on the way",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: BITS,
            with: "Exact::of_bits(Exact::of_bits(*bits, Format::of(format)).to_bits(F80), F80)",
        }],
    },
    Fault {
        name: "f80-of-a-long-through-double",
        breaks: "a long for an :f80 or :f128 is made a double on the way",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: EXTENDED,
            with: "match value.view() {
                View::Long(long) => {
                    Ok(Exact::of_bits(u128::from((long as f64).to_bits()), F64).to_bits(format))
                }
                _ => Ok(number(value, heap)?.to_bits(format)),
            }",
        }],
    },
    Fault {
        name: "f80-of-a-big-integer-through-double",
        breaks: "a big integer for an :f80 or :f128 is made a double on the way",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: EXTENDED,
            with: "match value.view() {
                View::Object(_) | View::Unsigned(_) => {
                    let exact = number(value, heap)?;
                    Ok(Exact::of_bits(exact.to_bits(F64), F64).to_bits(format))
                }
                _ => Ok(number(value, heap)?.to_bits(format)),
            }",
        }],
    },
    Fault {
        name: "big-integers-lose-their-tail",
        breaks: "of a big integer beyond 128 bits the lower ones do not count in rounding",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: EXACT,
            replace: "magnitude.trailing_zeros().is_some_and(|zeros| zeros < dropped)",
            with: "false",
        }],
    },
    Fault {
        name: "big-integers-lose-the-tail-of-64-bits",
        breaks: "of a big integer's tail beyond 128 bits only 64 bits count in rounding",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: EXACT,
            replace: "magnitude.trailing_zeros().is_some_and(|zeros| zeros < dropped)",
            with: "magnitude.trailing_zeros().is_some_and(|zeros| {
                zeros < dropped && zeros + 64 >= dropped
            })",
        }],
    },
    Fault {
        name: "payload-lost-in-single-is-infinity",
        breaks: "a NaN whose payload an :f32 has no bits for becomes infinity",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "(bits >> 63 << 31) as u32 | 0x7fc0_0000",
            with: "(bits >> 63 << 31) as u32 | 0x7f80_0000 | (bits >> 29) as u32 & 0x0040_0000",
        }],
    },
    Fault {
        name: "payload-lost-in-half-is-infinity",
        breaks: "a NaN whose payload an :f16 has no bits for becomes infinity",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "0x200 | (fraction >> 42) as u16",
            with: "(fraction >> 42) as u16",
        }],
    },
    Fault {
        name: "payload-lost-of-an-extended-is-infinity",
        breaks: "a NaN of an extended float whose payload the narrower has no bits for becomes infinity",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: EXACT,
            replace: NARROWED,
            with: "format.pack(negative, format.exponent_mask(), integer_bit | kept)",
        }],
    },
    Fault {
        name: "nan-of-an-extended-loses-its-sign",
        breaks: "a NaN of an extended float loses its sign in another format",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: EXACT,
            replace: NARROWED,
            with: "format.pack(false, format.exponent_mask(), integer_bit | kept | quiet)",
        }],
    },
    Fault {
        name: "signalling-nan-quieted-in-memory",
        breaks: "a signalling NaN that comes back in a field, item or optional is quiet",
        clauses: &["R-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: SCALARS,
                replace: "Value::double_bits(read!(u64))",
                with: "{
                let bits = read!(u64);
                Value::double_bits(if f64::from_bits(bits).is_nan() { bits | 1 << 51 } else { bits })
            }",
            },
            Edit {
                file: FLAT,
                replace: "unsafe { at.cast::<u64>().read_unaligned() }",
                with: "{
                let bits = unsafe { at.cast::<u64>().read_unaligned() };
                let is_nan = tag == Tag::Double && f64::from_bits(bits).is_nan();
                if is_nan { bits | 1 << 51 } else { bits }
            }",
            },
        ],
    },
    Fault {
        name: "signalling-nan-quieted-in-elements",
        breaks: "a signalling NaN that comes back in a slice is quiet",
        clauses: &["R-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: SCALARS,
            replace: "each!(u64, Value::double_bits)",
            with: "each!(u64, |word: u64| {
                Value::double_bits(if f64::from_bits(word).is_nan() { word | 1 << 51 } else { word })
            })",
        }],
    },
    Fault {
        name: "signalling-nan-quieted-beside-memory",
        breaks: "a signalling NaN given where a struct, slice or optional is given too is quiet",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/general.rs",
            replace: "image.put(step.slot, word);",
            with: "let is_double = value.is(crate::value::Tag::Double);
                let nan = is_double && f64::from_bits(word).is_nan();
                image.put(step.slot, if nan { word | 1 << 51 } else { word });",
        }],
    },
    Fault {
        name: "signalling-nan-quieted-on-the-stack",
        breaks: "a signalling NaN that goes on the stack is quiet",
        clauses: &["L-22", "C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/gather.rs",
            replace: "image.put(step.slot, word)",
            with: "{
                let is_double = value.is(crate::value::Tag::Double);
                let nan = is_double && f64::from_bits(word).is_nan();
                image.put(step.slot, if nan && step.slot >= 14 { word | 1 << 51 } else { word })
            }",
        }],
    },
    Fault {
        name: "signalling-nan-quieted-in-a-destructured-map",
        breaks: "a signalling NaN in a destructured map is quiet",
        clauses: &["S-2", "C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: "image.put(plan.slot, by_value(plan, value, heap)?);",
            with: "let word = by_value(plan, value, heap)?;
                let nan = matches!(plan.load, Load::F64) && f64::from_bits(word).is_nan();
                image.put(plan.slot, if nan { word | 1 << 51 } else { word });",
        }],
    },
    Fault {
        name: "signalling-nan-quieted-in-a-field",
        breaks: "a signalling NaN given in a struct's field, an optional or among the rest is quiet",
        clauses: &["C-3", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/memory.rs",
            replace: "write(place, value.bits().to_le_bytes())",
            with: "{
                let (word, nan) = (value.bits(), f64::from_bits(value.bits()).is_nan());
                write(place, if nan { word | 1 << 51 } else { word }.to_le_bytes())
            }",
        }],
    },
    Fault {
        name: "subnormals-of-extended-are-zero",
        breaks: "what only a subnormal of the narrower float is near becomes zero",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: EXACT,
            replace: "format.pack(negative, 0, rounded)",
            with: "format.pack(negative, 0, 0)",
        }],
    },
    Fault {
        name: "field-in-the-tail-of-a-nested-struct",
        breaks: "a field after a nested struct begins in that struct's tail padding",
        clauses: &["L-18", "L-9", "C-1"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: "reference-binder/src/call/item.rs",
            replace: "Some(FieldPlan { key, offset: *offset, size, item })",
            with: "{
                let (mut at, mut end) = (0_usize, 0_usize);
                for each in self.declarations.fields(name)? {
                    let item = self.item(&each.of)?;
                    at = end.next_multiple_of(item.layout().alignment);
                    end = at + match &item {
                        Item::Struct(inner) => {
                            inner.fields.last().map_or(0, |last| last.offset + last.size)
                        }
                        item => item.layout().size,
                    };
                    if each.name == field.name {
                        break;
                    }
                }
                Some(FieldPlan { key, offset: at.min(*offset), size, item })
            }",
        }],
    },
];
