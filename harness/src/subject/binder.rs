//! Which binder a run judges, from what people write.

use super::library::LibraryBinder;
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
    /// A shared library with the C interface of include/boundary_binder.h.
    Library {
        /// The library, as written.
        path: String,
        /// How this program is started again to serve it, in a process that may die.
        launch: Launch,
    },
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
    /// A shared library, and no program to load it.
    #[error("the binder `{0}` is a shared library, and there is no program to load it in")]
    NoServer(String),
    /// A recording of a binder that nothing is said to in lines.
    #[error(
        "the reference binder is judged in this process, and a recording is of a conversation: record \
         it as `--binder 'conform serve'`, with its dialects behind `serve`"
    )]
    InProcess,
}

impl Binder {
    /// The binder a text names: `reference`, a shared library, or a command line split into words as a
    /// shell does. `dialects` are asked of the reference binder; `guardian` is the program that guards
    /// the process of any other (see [`Launch`]), and that serves a library.
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
            [path] if is_library(path) => {
                let server = guardian.clone().ok_or_else(|| BinderError::NoServer(path.clone()))?;
                let server = server.display().to_string();
                let words = vec![
                    server,
                    "serve".into(),
                    "--binder".into(),
                    shell_words::quote(path).into_owned(),
                ];
                let launch = Launch { words, guardian, limits, tape: None };
                Ok(Binder::Library { path: path.clone(), launch })
            }
            _ => Ok(Binder::Program(Launch { words, guardian, limits, tape: None })),
        }
    }

    /// A subject, not started yet.
    pub fn subject(&self) -> Box<dyn Subject> {
        match self {
            Binder::Reference { dialects } => Box::new(ReferenceBinder::with_dialects(dialects)),
            Binder::Program(launch) | Binder::Library { launch, .. } => {
                Box::new(Program::new(launch.clone()))
            }
        }
    }

    /// The subject to serve by the protocol: a library's is loaded into this process.
    pub fn served(&self) -> Box<dyn Subject> {
        match self {
            Binder::Library { path, .. } => Box::new(LibraryBinder::new(path.into())),
            Binder::Reference { .. } | Binder::Program(_) => self.subject(),
        }
    }

    /// Whether it has a process of its own.
    pub fn is_foreign(&self) -> bool {
        !matches!(self, Binder::Reference { .. })
    }

    /// The same binder, recorded.
    ///
    /// # Errors
    /// [`BinderError::InProcess`] for the reference binder, with which nothing is said in lines.
    pub fn recorded(self, tape: Tape) -> Result<Binder, BinderError> {
        match self {
            Binder::Reference { .. } => Err(BinderError::InProcess),
            Binder::Program(launch) => Ok(Binder::Program(Launch { tape: Some(tape), ..launch })),
            Binder::Library { path, launch } => {
                Ok(Binder::Library { path, launch: Launch { tape: Some(tape), ..launch } })
            }
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
            Binder::Library { path, .. } => {
                let word = shell_words::quote(path).into_owned();
                format!(" --binder {}", shell_words::quote(&word))
            }
        }
    }
}

fn is_library(word: &str) -> bool {
    [".so", ".dylib", ".dll"].iter().any(|ending| word.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>, BinderError> {
        let this = Some(PathBuf::from("conform"));
        Binder::named(text, &[], this, Limits::default()).map(|binder| match binder {
            Binder::Reference { .. } => vec!["(reference)".to_owned()],
            Binder::Program(launch) | Binder::Library { launch, .. } => launch.words,
        })
    }

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        assert_eq!(words("reference"), Ok(vec!["(reference)".to_owned()]));
        let split = ["python3", "my binder.py", "--a=b c", ""].map(str::to_owned).to_vec();
        assert_eq!(words("python3 'my binder.py' --a=\"b c\" ''"), Ok(split));
        assert_eq!(words("  "), Err(BinderError::Empty));
        assert_eq!(words("a 'b"), Err(BinderError::Quotes("a 'b".into())));
    }

    #[test]
    fn a_library_is_served_by_this_program() {
        let served =
            |path: &str| Ok(["conform", "serve", "--binder", path].map(str::to_owned).to_vec());
        assert_eq!(words("./binder.so"), served("./binder.so"));
        assert_eq!(words("'my binder.so'"), served("'my binder.so'"));
        assert_eq!(words("./binder.so --fast").map(|words| words.len()), Ok(2));
        let unserved = Binder::named("./binder.so", &[], None, Limits::default());
        assert_eq!(unserved.err(), Some(BinderError::NoServer("./binder.so".into())));
    }
}
