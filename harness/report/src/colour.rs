//! Whether what people read is coloured. Colour says nothing that a word does not say, too.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// Whether the summary is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Escape sequences of ANSI terminals.
    Ansi,
    /// Plain text.
    None,
}

// What ANSI terminals call the styles.
pub(crate) const GOOD: &str = "1;32";
pub(crate) const BAD: &str = "1;31";
pub(crate) const DOUBTFUL: &str = "33";
pub(crate) const FAINT: &str = "2";

impl Colour {
    /// Coloured where standard output is a terminal that shows colours and its user has not asked for none, and
    /// where its user has asked for it.
    pub fn of_stdout() -> Colour {
        Colour::of(io::stdout().is_terminal(), |name| env::var_os(name))
    }

    /// `NO_COLOR` (<https://no-color.org>) comes before `CLICOLOR_FORCE` and `CLICOLOR`
    /// (<https://bixense.com/clicolors>), and those before what the terminal is.
    fn of(terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Colour {
        let value = |name| variable(name).filter(|value| !value.is_empty());
        let is_zero = |value: OsString| value == "0";
        let forced = value("CLICOLOR_FORCE").is_some_and(|value| !is_zero(value));
        let is_dumb = value("TERM").is_none_or(|term| term == "dumb");
        let unwanted = value("CLICOLOR").is_some_and(is_zero);
        let shown = forced || (terminal && !is_dumb && !unwanted);
        if shown && value("NO_COLOR").is_none() { Colour::Ansi } else { Colour::None }
    }

    pub(crate) fn paint(self, style: &str, text: &str) -> String {
        match self {
            Colour::Ansi => format!("\x1b[{style}m{text}\x1b[0m"),
            Colour::None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_none_has_none_and_who_wants_some_has_some() {
        let coloured = |terminal, set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(known, _)| *known == name);
            Colour::of(terminal, |name| value(name).map(|(_, value)| value.into())) == Colour::Ansi
        };
        let xterm = ("TERM", "xterm-256color");
        assert!(coloured(true, &[xterm]) && coloured(true, &[xterm, ("NO_COLOR", "")]));
        assert!(!coloured(false, &[xterm]), "a pipe");
        assert!(!coloured(true, &[xterm, ("NO_COLOR", "1")]));
        assert!(!coloured(true, &[("TERM", "dumb")]) && !coloured(true, &[]));
        assert!(!coloured(true, &[xterm, ("CLICOLOR", "0")]));
        assert!(coloured(false, &[("CLICOLOR_FORCE", "1")]), "asked for");
        assert!(!coloured(false, &[xterm, ("CLICOLOR_FORCE", "0")]));
        assert!(!coloured(true, &[xterm, ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }
}
