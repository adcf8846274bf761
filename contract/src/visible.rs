//! What of a text can be seen. Names, messages and values come from programs that the suite does not
//! know, and what is not seen can lead a terminal or a reader astray: escape sequences, marks that turn
//! the direction of writing, characters without width.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character shows itself as it is: no control, format or bidirectional character, no
/// separator of lines, no blank but the space, and nothing that Unicode has not assigned.
pub fn is_visible(character: char) -> bool {
    match character {
        ' '..='~' => true,
        // `str::escape_debug` knows what can be printed; a mark that combines is part of the character
        // before it, which is why there is one.
        _ => format!("a{character}").escape_debug().nth(2).is_none(),
    }
}

/// A text whose lines are kept and of which everything else is seen: what is not visible becomes its
/// number, as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    let stays = |character| character == '\n' || is_visible(character);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        if stays(character) {
            shown.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_astray_becomes_its_number() {
        for (given, shown) in [
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\0b\u{7f}\u{9b}31m", "a\\u{0}b\\u{7f}\\u{9b}31m"),
            ("\u{202e}\u{2066}\u{200f}\u{61c}", "\\u{202e}\\u{2066}\\u{200f}\\u{61c}"),
            ("\u{200b}\u{200d}\u{2060}\u{feff}", "\\u{200b}\\u{200d}\\u{2060}\\u{feff}"),
            ("\u{2028}\u{2029}\u{85}\r\t", "\\u{2028}\\u{2029}\\u{85}\\u{d}\\u{9}"),
            ("\u{e0041}\u{fffe}", "\\u{e0041}\\u{fffe}"),
        ] {
            assert_eq!(visible(given), shown);
        }
    }

    #[test]
    fn what_can_be_read_stays_as_it_is() {
        for text in ["it's \"a\\b\"\n  `c`", "naïve – ≤ ✓ 漢字 🦀", "नमस्ते", "e\u{301}", "\u{fffd}"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(shown) if shown == text), "{text}");
        }
        assert_eq!(visible("a\r\nb"), "a\nb");
    }
}
