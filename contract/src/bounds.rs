//! How much of a foreign text is read, and how much of it is shown: a file, a number, an error's quote.
//!
//! Who reads what others wrote reads it through here, so that no text takes the machine's memory, an
//! hour, or a screen. Deliberately absent: what may stand in such a text.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Take};
use std::path::Path;

use num_bigint::{BigInt, BigUint, Sign};

/// The most digits an integer may have. An integer type holds 39, but an integer is given for a float,
/// too, and the greatest of 128 bits has 4,933.
pub const INTEGER_DIGITS: usize = 5_000;

/// Characters quoted of a text, at the most.
const QUOTED: usize = 200;

/// Characters of a message that is shown whole: twice what is kept of one that is not.
const MESSAGE: usize = 1_000;

/// Opens a file to be read to its end, which is at most `most` bytes away.
///
/// # Errors
///
/// As the system's, where it is no regular file (a device has no end, a pipe may have no writer), and
/// where it is larger.
pub fn open(path: &Path, most: u64) -> io::Result<Take<File>> {
    let refuse = |kind, message: String| Err(io::Error::new(kind, message));
    // Before it is opened: a pipe without a writer would wait for one.
    if !fs::metadata(path)?.is_file() {
        return refuse(
            ErrorKind::InvalidInput,
            "it is a directory, a device or a pipe; give a regular file".to_owned(),
        );
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        let message = format!("it has {length} bytes, and {most} are the most that is read");
        return refuse(ErrorKind::FileTooLarge, message);
    }
    // It may grow while it is read.
    Ok(file.take(most))
}

/// A whole file of at most `most` bytes.
///
/// # Errors
///
/// As [`open`], and the system's.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, most)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The integer of a sign, or none, and digits of a radix; none where that is no integer, or has more than
/// [`INTEGER_DIGITS`], zeros before the first other digit not counted.
pub fn integer(text: &str, radix: u32) -> Option<BigInt> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (Sign::Minus, digits),
        None => (Sign::Plus, text),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits if digits.len() > INTEGER_DIGITS => return None,
        digits => digits,
    };
    Some(BigInt::from_biguint(sign, BigUint::parse_bytes(digits.as_bytes(), radix)?))
}

/// A text as a message quotes it: its first 200 characters, and how many there were.
pub fn quoted(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(QUOTED) {
        None => text.into(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()).into(),
    }
}

/// A message as it is shown: where what it quotes made it long, without its middle, and with how much that
/// was.
pub fn message(text: &str) -> Cow<'_, str> {
    if text.char_indices().nth(MESSAGE).is_none() {
        return text.into();
    }
    let end = text.char_indices().nth(MESSAGE / 4).map_or(text.len(), |(at, _)| at);
    let begin = text.char_indices().nth_back(MESSAGE / 4 - 1).map_or(0, |(at, _)| at);
    let left_out = text[end..begin].chars().count();
    format!("{} … ({left_out} characters left out) … {}", &text[..end], &text[begin..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_as_many_digits_as_any_type_has_use_for() {
        assert_eq!(integer("-0042", 10), Some(BigInt::from(-42)));
        assert_eq!(integer("ff", 16), Some(BigInt::from(255)));
        assert_eq!(integer("-0", 10), Some(BigInt::ZERO));
        let longest = "9".repeat(INTEGER_DIGITS);
        assert_eq!(integer(&longest, 10).map(|number| number.to_string()), Some(longest.clone()));
        let zeros = "0".repeat(1 << 20);
        assert_eq!(integer(&format!("{zeros}7"), 10), Some(BigInt::from(7)));
        for wrong in ["", "-", "+1", "--1", "1_0", "a", "٣"] {
            assert_eq!(integer(wrong, 10), None, "{wrong}");
        }
        assert_eq!(integer(&format!("{longest}9"), 10), None);
        assert_eq!(integer(&format!("-{zeros}{longest}0"), 10), None);
    }

    #[test]
    fn what_is_quoted_says_how_much_there_was() {
        let text = "ä".repeat(QUOTED);
        assert_eq!(quoted(&text), text);
        assert_eq!(quoted(&format!("{text}b")), format!("{text}… (201 characters)"));
        let text = "ä".repeat(MESSAGE);
        assert_eq!(message(&text), text);
        let long = message(&format!("found `{}` here", "ä".repeat(100_000))).into_owned();
        assert!(long.starts_with("found `ä") && long.ends_with("ä` here"), "{long}");
        assert!(long.contains("(99513 characters left out)"), "{long}");
        assert!(long.chars().count() < MESSAGE);
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_nothing_else_is() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let length = fs::metadata(&own).expect("it is there").len();
        assert_eq!(read(&own, length).expect("it fits").len() as u64, length);
        let error = read(&own, length - 1).expect_err("it is too long");
        assert_eq!(error.kind(), ErrorKind::FileTooLarge, "{error}");
        for path in ["/dev/zero", env!("CARGO_MANIFEST_DIR")] {
            let error = read(Path::new(path), 1 << 10).expect_err(path);
            assert!(error.to_string().contains("regular file"), "{path}: {error}");
        }
    }
}
