//! Text on lines of 80 columns behind labels, as terminals count columns: a wide character is two.

use unicode_width::UnicodeWidthChar;

/// Columns of a line.
pub(crate) const COLUMNS: usize = 80;
/// Columns between the cells of a table.
pub(crate) const GAP: usize = 2;
/// Columns of a label.
pub(crate) const LABEL: usize = 10;

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(character: char) -> usize {
    character.width().unwrap_or_default()
}

/// A line, without what stands unseen at its end.
pub(crate) fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Words on lines of 80 columns behind a label.
pub(crate) fn push_wrapped(out: &mut String, label: &str, text: &str) {
    for line in wrapped(label, text) {
        push(out, &line);
    }
}

/// The lines of [`push_wrapped`]: each begins with the label or as many spaces. A word that is longer than a line
/// goes on in the next.
pub(crate) fn wrapped(label: &str, text: &str) -> Vec<String> {
    let mut lines = vec![format!("{label:<LABEL$}")];
    let mut columns = LABEL;
    let room = COLUMNS - LABEL;
    for word in text.split([' ', '\n']).flat_map(|word| pieces(word, room)) {
        let length = width(&word);
        if columns > LABEL && columns + length > COLUMNS {
            lines.push(" ".repeat(LABEL));
            columns = LABEL;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&word);
            line.push(' ');
        }
        columns += length + 1;
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// A text in pieces of at most so many columns; one, empty, of an empty text.
pub(crate) fn pieces(text: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut columns = 0;
    for character in text.chars() {
        let more = columns_of(character);
        if columns + more > room && columns > 0 {
            pieces.push(String::new());
            columns = 0;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
        columns += more;
    }
    pieces
}

/// A text on one line of at most so many columns: what is cut ends with an ellipsis.
pub(crate) fn shortened(text: &str, room: usize) -> String {
    let text = text.replace('\n', " ");
    if width(&text) <= room {
        return text;
    }
    let mut short = pieces(&text, room.saturating_sub(1)).swap_remove(0);
    short.push('…');
    short
}

/// Rows under their heads, cells flush left where `left` says so and flush right elsewhere, two columns apart. The
/// first cell of a row gives way where the rest needs the room.
pub(crate) fn table(
    heads: &[&str],
    rows: &[impl AsRef<[String]>],
    left: impl Fn(usize) -> bool,
) -> Vec<String> {
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let rows = || std::iter::once(&*heads).chain(rows.iter().map(AsRef::as_ref));
    let mut widths = vec![0; heads.len()];
    for row in rows() {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let rest: usize = widths[1..].iter().map(|width| width + GAP).sum();
    widths[0] = widths[0].min(COLUMNS.saturating_sub(rest).max(8));
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(index, (cell, &widest))| {
            let cell = shortened(cell, widest);
            // A text that was cut can be wider than its parts: what joined two characters is gone.
            let gap = " ".repeat(widest.saturating_sub(width(&cell)));
            if left(index) { cell + &gap } else { gap + &cell }
        });
        padded.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    rows().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_are_two_columns() {
        let lines = wrapped("label", &"語".repeat(71));
        assert_eq!(lines.iter().map(|line| width(line)).collect::<Vec<_>>(), [80, 80, 12]);
        assert_eq!(shortened("語語語", 5), "語語…");
        assert_eq!(shortened("語語", 4), "語語");
        assert_eq!(shortened("a\nb", 4), "a b");
    }

    #[test]
    fn a_word_longer_than_a_line_goes_on_in_the_next() {
        let lines = wrapped("label", &format!("a {} b", "x".repeat(75)));
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| width(line) <= COLUMNS), "{lines:?}");
        assert_eq!(lines.concat().matches('x').count(), 75);
    }

    #[test]
    fn the_first_cell_gives_way() {
        let rows = [["a".repeat(90), "1".to_owned()], ["b".to_owned(), "22".to_owned()]];
        let lines = table(&["name", "figure"], &rows, |index| index == 0);
        assert_eq!(width(&lines[1]), COLUMNS);
        assert!(lines[1].ends_with("…       1") && lines[2].ends_with("22"), "{lines:?}");
    }
}
