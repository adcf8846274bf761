//! Faults of text and bytes: what well-meaning code does to white space, marks, NULs and odd characters, and
//! what is no UTF-8.

use super::{Class, Edit, Fault};

const MEMORY: &str = "reference-binder/src/call/memory.rs";
const VALUES: &str = "harness/src/served/reference/values.rs";
const READ: &str = "reference-binder/src/call/read.rs";
const DECODED: &str = "reference-binder/src/call/text.rs";

const GIVEN: &str = "self.copy(text.as_bytes())";
const TAKEN: &str = "unsafe { read_text(address, length, text) }";

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "text-trimmed",
        breaks: "white space at the ends of a text does not cross",
        clauses: &["C-11", "L-7", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: MEMORY, replace: GIVEN, with: "self.copy(text.trim().as_bytes())" }],
    },
    Fault {
        name: "line-ends-made-one",
        breaks: "a text's CR LF crosses as LF",
        clauses: &["C-11", "L-7", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: GIVEN,
            with: r#"self.copy(text.replace("\r\n", "\n").as_bytes())"#,
        }],
    },
    Fault {
        name: "byte-order-mark-not-sent",
        breaks: "a byte-order mark at a text's beginning does not cross",
        clauses: &["C-11", "L-7", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: GIVEN,
            with: r#"self.copy(text.trim_start_matches('\u{feff}').as_bytes())"#,
        }],
    },
    Fault {
        name: "trailing-nul-not-sent",
        breaks: "a NUL at a text's end does not cross",
        clauses: &["C-11", "L-7", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: GIVEN,
            with: r#"self.copy(text.strip_suffix('\0').unwrap_or(text).as_bytes())"#,
        }],
    },
    Fault {
        name: "text-composed",
        breaks: "a letter and its combining mark cross as one character",
        clauses: &["C-11", "L-7", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: GIVEN,
            with: r#"self.copy(text.replace("e\u{301}", "é").replace('\u{212b}', "Å").as_bytes())"#,
        }],
    },
    Fault {
        name: "non-characters-not-sent",
        breaks: "a code point that is no character crosses as U+FFFD",
        clauses: &["C-11", "L-7", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: GIVEN,
            with: r#"self.copy(
                text.replace(|c: char| c as u32 & 0xfffe == 0xfffe, "\u{fffd}").as_bytes(),
            )"#,
        }],
    },
    Fault {
        name: "field-given-up-to-a-nul",
        breaks: "of a string in a struct's field what follows a NUL does not cross",
        clauses: &["C-11", "L-17", "C-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.buffer(buffer, value)?",
            with: "{
                let (address, length) = self.buffer(buffer, value)?;
                let given = match value.view() {
                    View::Object(object) => self.heap.get(object),
                    _ => None,
                };
                match given {
                    Some(Object::Text(text)) => {
                        (address, text.find('\\0').map_or(length, |at| at as u64))
                    }
                    _ => (address, length),
                }
            }",
        }],
    },
    Fault {
        name: "returned-text-trimmed",
        breaks: "white space at a returned text's end is lost",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: "{
                unsafe { read_text(address, length, text) }?;
                *text = text.trim_end().to_owned();
                Ok(())
            }",
        }],
    },
    Fault {
        name: "returned-line-ends-made-one",
        breaks: "a returned text's CR LF becomes LF",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: r#"{
                unsafe { read_text(address, length, text) }?;
                *text = text.replace("\r\n", "\n");
                Ok(())
            }"#,
        }],
    },
    Fault {
        name: "returned-trailing-nul-lost",
        breaks: "a NUL at a returned text's end is lost",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: r#"{
                unsafe { read_text(address, length, text) }?;
                *text = text.trim_end_matches('\0').to_owned();
                Ok(())
            }"#,
        }],
    },
    Fault {
        name: "returned-byte-order-mark-lost",
        breaks: "a byte-order mark at a returned text's beginning is lost",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: r#"{
                unsafe { read_text(address, length, text) }?;
                *text = text.trim_start_matches('\u{feff}').to_owned();
                Ok(())
            }"#,
        }],
    },
    Fault {
        name: "returned-text-composed",
        breaks: "a returned letter and its combining mark become one character",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: r#"{
                unsafe { read_text(address, length, text) }?;
                *text = text.replace("e\u{301}", "é");
                Ok(())
            }"#,
        }],
    },
    Fault {
        name: "returned-non-characters-replaced",
        breaks: "a returned code point that is no character becomes U+FFFD",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: r#"{
                unsafe { read_text(address, length, text) }?;
                *text = text.replace(|c: char| matches!(c, '\u{fdd0}'..='\u{fdef}'), "\u{fffd}");
                Ok(())
            }"#,
        }],
    },
    Fault {
        name: "returned-field-up-to-a-nul",
        breaks: "of a string in a returned struct what follows a NUL is lost",
        clauses: &["R-10", "L-17"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: "unsafe { buffer(kind, address as u64, length as u64, heap) }",
            with: r#"{
                let value = unsafe { buffer(kind, address as u64, length as u64, heap) }?;
                let cut = match value.view() {
                    crate::value::View::Object(object) => match heap.get(object) {
                        Some(Object::Text(text)) => text.split('\0').next().map(str::to_owned),
                        _ => None,
                    },
                    _ => None,
                };
                Ok(cut.map_or(value, |text| heap.keep(Object::Text(text))))
            }"#,
        }],
    },
    Fault {
        name: "lone-surrogates-replaced-undeclared",
        breaks: "text with a lone surrogate is sent with U+FFFD by who declares to refuse it",
        clauses: &["C-11"],
        class: Class::Fail,
        arms: &["surrogates"],
        edits: &[Edit {
            file: VALUES,
            replace: "Object::Unencodable(units.clone())",
            with: "Object::Text(String::from_utf16_lossy(units))",
        }],
    },
    Fault {
        name: "lone-surrogate-at-the-end-cut",
        breaks: "a lone surrogate at the end of a text is dropped",
        clauses: &["C-11"],
        class: Class::Fail,
        arms: &["surrogates"],
        edits: &[Edit {
            file: VALUES,
            replace: "Object::Unencodable(units.clone())",
            with: "match String::from_utf16(&units[..units.len() - 1]) {
                Ok(text) => Object::Text(text),
                Err(_) => Object::Unencodable(units.clone()),
            }",
        }],
    },
    Fault {
        name: "malformed-utf8-is-a-question-mark",
        breaks: "a malformed sequence comes back as a question mark",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: DECODED,
            replace: "text.push(char::REPLACEMENT_CHARACTER)",
            with: "text.push('?')",
        }],
    },
    Fault {
        name: "only-the-first-bytes-are-looked-at",
        breaks: "a short string is ASCII where its first bytes are, and the last lose their eighth bit",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit { file: DECODED, replace: "(word(first) | word(last))", with: "word(first)" },
            Edit { file: DECODED, replace: "*last", with: "last.map(|byte| byte & 0x7f)" },
        ],
    },
    Fault {
        name: "malformed-utf8-is-latin-1",
        breaks: "malformed UTF-8 is read as Latin-1",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: DECODED,
            replace: "text.push(char::REPLACEMENT_CHARACTER)",
            with: "text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)))",
        }],
    },
    Fault {
        name: "returned-string-ends-at-nul",
        breaks: "a returned string ends at its first NUL",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: TAKEN,
            with: r"{
                unsafe { read_text(address, length, text) }?;
                text.truncate(text.find('\0').unwrap_or(text.len()));
                Ok(())
            }",
        }],
    },
    Fault {
        name: "given-string-ends-at-nul",
        breaks: "a string argument ends at its first NUL",
        clauses: &["C-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.copy(text.as_bytes())",
            with: r"self.copy(text.split('\0').next().unwrap_or_default().as_bytes())",
        }],
    },
    Fault {
        name: "given-string-is-latin-1",
        breaks: "a string argument crosses as Latin-1",
        clauses: &["C-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.copy(text.as_bytes())",
            with: "self.copy(&text.chars().map(|character| character as u8).collect::<Vec<u8>>())",
        }],
    },
    Fault {
        name: "returned-bytes-are-text",
        breaks: "returned bytes come back as text",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: "heap.keep_bytes(|bytes| unsafe { read_bytes(address, length, bytes) })",
            with: "heap.keep_text(|text| text::decode(unsafe { bytes(address, length) }?, text))",
        }],
    },
];
