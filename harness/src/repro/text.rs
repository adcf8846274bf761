//! C as text: lines and their indentation, literals, comments, and what every program begins with.

use std::fmt::Write;

use contract::visible::visible;
use contract::{Class, Scalar, c_identifier};

/// What every program has: how results and memory are shown.
pub(super) const PRELUDE: &str = r#"#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELPER __attribute__((unused)) static

HELPER void show(const char *what, const void *from, size_t bytes) {
    const unsigned char *first = from;
    printf("  %s, %zu bytes:", what, bytes);
    for (size_t at = 0; at < bytes; at++) printf(" %02x", first[at]);
    printf("\n");
}

/* An address or a length in memory. */
HELPER uintptr_t word(const void *from) {
    uintptr_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* Lets a block hold the address of another. */
HELPER void point(unsigned char *block, size_t offset, const void *to) {
    memcpy(block + offset, &to, sizeof to);
}

/* Elements that the callee says are there, and how many are; a length that is beyond belief is not. */
HELPER size_t show_elements(const char *what, uintptr_t address, size_t length, size_t size) {
    printf("  %s: address %#zx, length %zu\n", what, (size_t)address, (size_t)length);
    if (length == 0 || size == 0) return 0;
    if (address == 0 || length > ((size_t)64 << 20) / size) {
        printf("  which no memory could hold: not read\n");
        return 0;
    }
    show("which holds", (const void *)address, length * size);
    return length;
}

HELPER void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found) return found;
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
}
"#;

/// Bytes of a block in one line.
const IN_A_LINE: usize = 16;

/// Lines, indented.
pub(super) struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    pub(super) fn new(depth: usize) -> Lines {
        Lines { text: String::new(), depth }
    }

    pub(super) fn say(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n("    ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn open(&mut self, line: &str) {
        self.say(line);
        self.depth += 1;
    }

    /// Ends one block and begins the next, in one line.
    pub(super) fn turn(&mut self, line: &str) {
        self.close(line);
        self.depth += 1;
    }

    pub(super) fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.say(line);
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

/// A comment of one line, which nothing in it ends.
pub(super) fn comment(text: &str) -> String {
    let text = text.replace("*/", "* /").replace("/*", "/ *").replace(['\n', '\r'], " ");
    format!("/* {} */", visible(&text))
}

/// What is in braces after an array's name.
pub(super) fn initialiser(bytes: &[u8], lines: &mut Lines, declared: &str) {
    let list = |bytes: &[u8]| {
        let list: Vec<_> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
        list.join(", ")
    };
    match bytes {
        [first, .., _] if bytes.len() > IN_A_LINE && bytes.iter().all(|byte| byte == first) => {
            lines.say(&format!("{declared} = {{[0 ... {}] = 0x{first:02x}}};", bytes.len() - 1));
        }
        _ if bytes.len() <= IN_A_LINE => lines.say(&format!("{declared} = {{{}}};", list(bytes))),
        _ => {
            lines.open(&format!("{declared} = {{"));
            bytes.chunks(IN_A_LINE).for_each(|row| lines.say(&format!("{},", list(row))));
            lines.close("};");
        }
    }
}

/// An integer of a scalar's type, from its decimal text.
pub(super) fn integer_literal(scalar: Scalar, text: &str) -> String {
    match (scalar.class(), text) {
        (Class::Bool, text) => (text != "0").to_string(),
        // C has no literal of the least value: it would be the negation of one that is too large.
        (_, "-9223372036854775808") => "INT64_MIN".to_owned(),
        (Class::Integer { signed: true, .. }, text) => format!("INT64_C({text})"),
        (Class::Integer { signed: false, .. } | Class::Float(_), text) => {
            format!("UINT64_C({text})")
        }
    }
}

/// A line that prints `result`, and one that shows its bytes.
pub(super) fn scalar_shown(scalar: Scalar, result: &str) -> [String; 2] {
    let shown = match scalar.class() {
        Class::Bool => format!("printf(\"  returned %s\\n\", {result} ? \"true\" : \"false\");"),
        Class::Float(_) => format!("printf(\"  returned %.17g\\n\", (double){result});"),
        Class::Integer { signed: true, .. } => {
            format!("printf(\"  returned %lld\\n\", (long long){result});")
        }
        Class::Integer { signed: false, .. } => {
            format!("printf(\"  returned %llu\\n\", (unsigned long long){result});")
        }
    };
    [shown, format!("show(\"returned\", &{result}, sizeof {result});")]
}

/// The variable that holds what a step kept.
pub(super) fn kept_name(name: &str) -> String {
    format!("kept_{}", c_identifier(name))
}

/// A string literal. Octal escapes, because they end after three digits whatever follows.
pub(super) fn c_string(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => {
                literal.push('\\');
                literal.push(byte as char);
            }
            b' '..=b'~' => literal.push(byte as char),
            _ => {
                let _ = write!(literal, "\\{byte:03o}");
            }
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_literal_is_the_text() {
        assert_eq!(c_string("a\"b\\\n1?é"), "\"a\\\"b\\\\\\0121\\?\\303\\251\"");
    }

    #[test]
    fn nothing_ends_a_comment_early() {
        assert_eq!(comment("a */ b /* c\nd"), "/* a * / b / * c d */");
        assert_eq!(comment("a\u{202e}"), "/* a\\u{202e} */");
        assert!(!comment("/*/").trim_start_matches("/*").trim_end_matches("*/").contains("*/"));
    }

    #[test]
    fn the_least_integer_is_no_negated_literal() {
        assert_eq!(integer_literal(Scalar::I8, "-128"), "INT64_C(-128)");
        assert_eq!(integer_literal(Scalar::I64, &i64::MIN.to_string()), "INT64_MIN");
        assert_eq!(
            integer_literal(Scalar::U64, &u64::MAX.to_string()),
            format!("UINT64_C({})", u64::MAX)
        );
        assert_eq!(integer_literal(Scalar::Bool, "1"), "true");
    }

    #[test]
    fn a_block_is_written_in_rows_or_as_a_repeated_byte() {
        let written = |bytes: &[u8]| {
            let mut lines = Lines::new(0);
            initialiser(bytes, &mut lines, "block");
            lines.text()
        };
        assert_eq!(written(&[1, 0xff]), "block = {0x01, 0xff};\n");
        assert_eq!(written(&[7; 1000]), "block = {[0 ... 999] = 0x07};\n");
        let rows: Vec<u8> = (0..17).collect();
        assert_eq!(written(&rows).lines().count(), 4);
    }
}
