//! Which binder a run judges, from what people write.

use super::protocol::{Launch, Limits, Program};
use super::reference::ReferenceBinder;
use super::{Dialect, Subject};
use crate::recording::Tape;
use std::path::PathBuf;

/// The binder of a run.
#[derive(Clone, Debug)]
pub enum Binder {
    /// The reference binder, in this process.
    Reference {
        /// The dialects it is asked for.
        dialects: Vec<Dialect>,
    },
    /// A program that speaks the protocol.
    Program(Launch),
}

/// What names no binder.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BinderError {
    /// Nothing is written.
    #[error("the binder is empty: write `reference` or a command that speaks docs/protocol.md")]
    Empty,
    /// A quote is not closed.
    #[error("the binder `{0}` has a quote that is not closed")]
    Quotes(String),
    /// A dialect asked of another binder.
    #[error(
        "a dialect is asked of the reference binder alone: `{0}` declares its own when it starts"
    )]
    Dialect(String),
    /// A recording of a binder that nothing is said to in lines.
    #[error(
        "the reference binder is judged in this process, and a recording is of a conversation: record \
         it as `--binder 'conform serve'`, with its dialects behind `serve`"
    )]
    InProcess,
    /// A shared library.
    #[error(
        "the binder `{0}` is a shared library, which this version cannot judge: write a program \
         around it that speaks docs/protocol.md, and name its command"
    )]
    Library(String),
}

impl Binder {
    /// The binder a text names: `reference`, or a command line split into words as a shell does.
    /// `dialects` are asked of the reference binder; `guardian` is the program that guards the process
    /// of any other (see [`Launch`]).
    ///
    /// # Errors
    /// [`BinderError`].
    pub fn named(
        text: &str,
        dialects: &[Dialect],
        guardian: Option<PathBuf>,
        limits: Limits,
    ) -> Result<Binder, BinderError> {
        if text.trim() == "reference" {
            return Ok(Binder::Reference { dialects: dialects.to_vec() });
        }
        let words = shell_words::split(text).map_err(|_| BinderError::Quotes(text.to_owned()))?;
        match &*words {
            [] => Err(BinderError::Empty),
            _ if !dialects.is_empty() => Err(BinderError::Dialect(text.to_owned())),
            [library] if library.ends_with(".so") => Err(BinderError::Library(library.clone())),
            _ => Ok(Binder::Program(Launch { words, guardian, limits, tape: None })),
        }
    }

    /// A subject, not started yet.
    pub fn subject(&self) -> Box<dyn Subject> {
        match self {
            Binder::Reference { dialects } => Box::new(ReferenceBinder::with_dialects(dialects)),
            Binder::Program(launch) => Box::new(Program::new(launch.clone())),
        }
    }

    /// The same binder, recorded.
    ///
    /// # Errors
    /// [`BinderError::InProcess`] for the reference binder, with which nothing is said in lines.
    pub fn recorded(self, tape: Tape) -> Result<Binder, BinderError> {
        match self {
            Binder::Reference { .. } => Err(BinderError::InProcess),
            Binder::Program(launch) => Ok(Binder::Program(Launch { tape: Some(tape), ..launch })),
        }
    }

    /// What a command line that judges it says more than one that judges the reference binder: options,
    /// each after a space.
    pub fn option(&self) -> String {
        match self {
            Binder::Reference { dialects } => {
                dialects.iter().map(|dialect| format!(" --dialect {}", dialect.name())).collect()
            }
            Binder::Program(launch) => {
                let words = shell_words::join(&launch.words);
                format!(" --binder {}", shell_words::quote(&words))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>, BinderError> {
        Binder::named(text, &[], None, Limits::default()).map(|binder| match binder {
            Binder::Reference { .. } => vec!["(reference)".to_owned()],
            Binder::Program(launch) => launch.words,
        })
    }

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        assert_eq!(words("reference"), Ok(vec!["(reference)".to_owned()]));
        let split = ["python3", "my binder.py", "--a=b c", ""].map(str::to_owned).to_vec();
        assert_eq!(words("python3 'my binder.py' --a=\"b c\" ''"), Ok(split));
        assert_eq!(words("  "), Err(BinderError::Empty));
        assert_eq!(words("a 'b"), Err(BinderError::Quotes("a 'b".into())));
        assert_eq!(words("./binder.so"), Err(BinderError::Library("./binder.so".into())));
    }
}
