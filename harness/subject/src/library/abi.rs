//! The types of include/boundary_binder.h, as the suite sees them. The header is the text that counts; a
//! test compiles it and compares every size and offset.

use std::ffi::{c_char, c_void};

use crate::Counters;

/// `BC_ABI_VERSION`
pub(super) const VERSION: u32 = 1;

/// Statuses, by their numbers in the header.
pub(super) mod status {
    pub(crate) const OK: u32 = 0;
    pub(crate) const REFUSED: u32 = 1;
    pub(crate) const FAILED: u32 = 2;
    pub(crate) const UNLINKED: u32 = 3;
    pub(crate) const UNSUPPORTED: u32 = 4;
    pub(crate) const END: u32 = 5;
    pub(crate) const ADAPTER_ERROR: u32 = 6;
}

/// Kinds of values, by their numbers in the header.
pub(super) mod kind {
    pub(crate) const NIL: u32 = 0;
    pub(crate) const BOOLEAN: u32 = 1;
    pub(crate) const LONG: u32 = 2;
    pub(crate) const BIG: u32 = 3;
    pub(crate) const DOUBLE: u32 = 4;
    pub(crate) const EXTENDED: u32 = 5;
    pub(crate) const KEYWORD: u32 = 6;
    pub(crate) const ERROR: u32 = 7;
    pub(crate) const STRING: u32 = 8;
    pub(crate) const BYTES: u32 = 9;
    pub(crate) const ARRAY: u32 = 10;
    pub(crate) const VECTOR: u32 = 11;
    pub(crate) const MAP: u32 = 12;
    pub(crate) const RECORD: u32 = 13;
    pub(crate) const HANDLE: u32 = 14;
    pub(crate) const STREAM: u32 = 15;
    pub(crate) const UTF16: u32 = 16;
    pub(crate) const FUNCTION: u32 = 17;
    pub(crate) const KEPT: u32 = 18;
}

/// `bc_text`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub(super) data: *const u8,
    pub(super) length: usize,
}

/// `bc_value`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) kind: u32,
    pub(super) scalar: u32,
    /// The union `as`, by its words: a number or token in the first; an address and a length in the
    /// first two; in a map's last two the name, in a big integer's third whether it is negative. Addresses
    /// are exposed.
    pub(super) words: [u64; 4],
}

/// `bc_entry`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Text,
    pub(super) value: Value,
}

/// Bytes of a message, its NUL included.
pub(super) const MESSAGE: usize = 1024;

/// `bc_ready`
#[repr(C)]
pub(super) struct ReadyOut {
    pub(super) binder: *mut c_void,
    pub(super) name: *const c_char,
    pub(super) version: *const c_char,
    pub(super) language: *const c_char,
    pub(super) capabilities: *const c_char,
    pub(super) dialects: *const c_char,
    pub(super) message: [u8; MESSAGE],
}

/// `bc_reply`
#[repr(C)]
pub(super) struct Reply {
    pub(super) alloc: extern "C" fn(*mut c_void, usize) -> *mut c_void,
    pub(super) arena: *mut c_void,
    pub(super) value: Value,
    pub(super) function: u64,
    pub(super) path: u32,
    pub(super) type_count: u32,
    pub(super) normal: Text,
    pub(super) types: *const Text,
    pub(super) code: *const c_char,
    pub(super) offset: i64,
    pub(super) form: Text,
    pub(super) message: [u8; MESSAGE],
}

/// `bc_request`
#[repr(C)]
pub(super) struct BindAsk {
    pub(super) symbol: *const c_char,
    pub(super) signature: *const c_char,
    pub(super) library: *const c_char,
    pub(super) consumes: i64,
    pub(super) force_general: u32,
    pub(super) other_engine: u32,
    pub(super) keep_errno: u32,
}

/// The functions of a binder, by their prototypes in the header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Functions {
    pub(super) start: unsafe extern "C" fn(*const c_char, *const c_char, *mut ReadyOut) -> u32,
    pub(super) read:
        unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, *mut Reply) -> u32,
    pub(super) bind: unsafe extern "C" fn(*mut c_void, *const BindAsk, *mut Reply) -> u32,
    pub(super) call: unsafe extern "C" fn(*mut c_void, u64, *const Value, usize, *mut Reply) -> u32,
    pub(super) stop: unsafe extern "C" fn(*mut c_void),
    pub(super) declare: Option<unsafe extern "C" fn(*mut c_void, *const c_char, *mut Reply) -> u32>,
    pub(super) forget: Option<unsafe extern "C" fn(*mut c_void)>,
    pub(super) next: Option<unsafe extern "C" fn(*mut c_void, u64, *mut Reply) -> u32>,
    pub(super) close: Option<unsafe extern "C" fn(*mut c_void, u64, *mut Reply) -> u32>,
    pub(super) counters: Option<unsafe extern "C" fn(*mut c_void, *mut Counters)>,
    pub(super) collect: Option<unsafe extern "C" fn(*mut c_void)>,
    pub(super) make:
        Option<unsafe extern "C" fn(*mut c_void, *const c_char, *const Value, *mut Reply) -> u32>,
    pub(super) release: Option<unsafe extern "C" fn(*mut c_void, u64, *mut Reply) -> u32>,
    pub(super) errno: Option<unsafe extern "C" fn(*mut c_void, *const i32) -> i32>,
}

impl Text {
    pub(super) const NONE: Text = Text { data: std::ptr::null(), length: 0 };

    /// A text of the suite, readable as long as it lives.
    pub(super) fn of(text: &str) -> Text {
        Text { data: text.as_ptr(), length: text.len() }
    }
}

impl Value {
    pub(super) const NIL: Value = Value { kind: kind::NIL, scalar: 0, words: [0; 4] };

    /// A value whose words are a number or token.
    pub(super) const fn word(kind: u32, word: u64) -> Value {
        Value { kind, scalar: 0, words: [word, 0, 0, 0] }
    }

    /// Whether it points nowhere.
    pub(super) fn is_whole(&self) -> bool {
        matches!(
            self.kind,
            kind::NIL | kind::BOOLEAN | kind::LONG | kind::DOUBLE | kind::EXTENDED | kind::HANDLE
        )
    }

    /// A value that is elsewhere.
    pub(super) fn at<T>(kind: u32, data: *const T, length: usize) -> Value {
        let address = data.expose_provenance() as u64;
        Value { kind, scalar: 0, words: [address, length as u64, 0, 0] }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;
    use std::path::Path;
    use std::process::Command;

    use contract::Scalar;

    use super::*;

    /// A program that prints what the header says, one number a line, and the same from here.
    macro_rules! agreed {
        ($($rust:ident = $c:literal { $($field:ident),* })*) => {{
            let mut program = String::new();
            let mut here: Vec<(String, usize)> = Vec::new();
            $(
                program += &format!("    print(sizeof({}));\n", $c);
                here.push((format!("sizeof({})", $c), size_of::<$rust>()));
                $(
                    let field = stringify!($field);
                    program += &format!("    print(offsetof({}, {field}));\n", $c);
                    here.push((format!("{}.{field}", $c), offset_of!($rust, $field)));
                )*
            )*
            (program, here)
        }};
    }

    #[test]
    fn the_header_says_the_same() {
        use super::{Counters, Entry, Reply, Text, Value};
        let (mut program, mut here) = agreed! {
            Text = "bc_text" { data, length }
            Value = "bc_value" { kind, scalar }
            Entry = "bc_entry" { key, value }
            ReadyOut = "bc_ready" {
                binder, name, version, language, capabilities, dialects, message
            }
            Reply = "bc_reply" {
                alloc, arena, value, function, path, type_count, normal, types, code, offset, form,
                message
            }
            BindAsk = "bc_request" {
                symbol, signature, library, consumes, force_general, other_engine, keep_errno
            }
            Counters = "bc_counts" { scopes, scope_bytes, open_scopes }
        };
        let word = |number: usize| offset_of!(Value, words) + 8 * number;
        let members = [
            ("as.integer", 0),
            ("as.bits", 0),
            ("as.token", 0),
            ("as.extended[1]", 1),
            ("as.text.data", 0),
            ("as.text.length", 1),
            ("as.bytes.length", 1),
            ("as.units.count", 1),
            ("as.big.magnitude", 0),
            ("as.big.length", 1),
            ("as.big.negative", 2),
            ("as.array.count", 1),
            ("as.vector.count", 1),
            ("as.map.entries", 0),
            ("as.map.count", 1),
            ("as.map.name.data", 2),
            ("as.map.name.length", 3),
            ("as.function.call", 0),
            ("as.function.context", 1),
        ];
        for (member, number) in members {
            program += &format!("    print(offsetof(bc_value, {member}));\n");
            here.push((member.to_owned(), word(number)));
        }
        for (name, number) in [
            ("BC_ABI_VERSION", VERSION),
            ("BC_ADAPTER_ERROR", status::ADAPTER_ERROR),
            ("BC_END", status::END),
            ("BC_STREAM", kind::STREAM),
            ("BC_UTF16", kind::UTF16),
            ("BC_FUNCTION", kind::FUNCTION),
            ("BC_KEPT", kind::KEPT),
            ("BC_ERROR", kind::ERROR),
            ("BC_ARRAY", kind::ARRAY),
        ] {
            program += &format!("    print({name});\n");
            here.push((name.to_owned(), number as usize));
        }
        for scalar in Scalar::ALL {
            let name = format!("BC_{}", scalar.name().to_uppercase());
            program += &format!("    print({name});\n");
            here.push((name, scalar.header_number() as usize));
        }
        agree(&program, &here);
    }

    /// The table of scalars, by the compiler of C. Not every target has the extended floats.
    #[test]
    fn the_scalars_are_those_of_c() {
        let (mut program, mut here) = (String::new(), Vec::new());
        let extended = |scalar: &Scalar| scalar.is_float() && scalar.is_wide();
        for scalar in Scalar::ALL {
            if extended(&scalar) && !cfg!(target_arch = "x86_64") {
                continue;
            }
            let of = scalar.c_type();
            program += &format!("    print(sizeof({of}));\n    print(_Alignof({of}));\n");
            here.push((format!("sizeof({of})"), scalar.size()));
            here.push((format!("_Alignof({of})"), scalar.alignment()));
            program += &format!("    print(({of})0.5 != 0 && ({of})2 != 1);\n");
            here.push((format!("{of} has fractions"), usize::from(scalar.is_float())));
            program += &format!("    print(({of})-1 < ({of})1);\n");
            let below = scalar.is_float() || scalar.is_signed();
            here.push((format!("{of} goes below 0"), usize::from(below)));
        }
        agree(&program, &here);
    }

    /// That the numbers which a C program prints are these.
    fn agree(program: &str, here: &[(String, usize)]) {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let (source, built) = (folder.path().join("print.c"), folder.path().join("print"));
        let text = format!(
            "#include \"boundary_binder.h\"\n#include <stdbool.h>\n#include <stdio.h>\n\
             #define print(number) printf(\"%zu\\n\", (size_t)(number))\n\
             int main(void) {{\n{program}    return 0;\n}}\n"
        );
        std::fs::write(&source, text).expect("it can be written");
        let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include");
        let mut compiler = Command::new(zig_lib::twin::compiler());
        compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror"]).arg("-I").arg(include);
        let status = compiler.arg(&source).arg("-o").arg(&built).status();
        assert!(status.expect("a C compiler").success(), "the header does not compile");
        let printed = Command::new(built).output().expect("it runs").stdout;
        let printed = String::from_utf8(printed).expect("numbers");
        let there: Vec<usize> =
            printed.lines().map(|line| line.parse().expect("a number")).collect();
        assert_eq!(there.len(), here.len());
        for ((name, here), there) in here.iter().zip(there) {
            assert_eq!(*here, there, "{name}");
        }
    }
}
