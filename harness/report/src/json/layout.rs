//! How the text of `report.json` is laid out: each field of the report on a line of its own, and of each list a
//! row a line, so that what reads lines can read rows.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Breaks the lines of the report and of its lists, and of nothing below them.
#[derive(Debug, Default)]
pub(super) struct RowsOnLines {
    depth: usize,
}

/// The depth of the report's fields, and that of the rows in its lists.
const FIELDS: usize = 1;
const ROWS: usize = 2;

impl RowsOnLines {
    /// Before the next value of a list or an object.
    fn begin<W: ?Sized + Write>(&self, out: &mut W, first: bool, of: usize) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth == of { out.write_all(b"\n") } else { Ok(()) }
    }
}

impl Formatter for RowsOnLines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.begin(out, first, ROWS)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let of_rows = self.depth == ROWS;
        self.depth -= 1;
        out.write_all(if of_rows { b"\n]" } else { b"]" })
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.begin(out, first, FIELDS)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let of_report = self.depth == FIELDS;
        self.depth -= 1;
        out.write_all(if of_report { b"\n}" } else { b"}" })
    }
}
