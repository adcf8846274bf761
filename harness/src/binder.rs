//! Which binder a run judges, from what people write, and where it runs.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use contract::Dialect;
use object::elf::{DF_1_PIE, DT_FLAGS_1, ET_DYN, FileHeader64, PT_INTERP};
use object::macho::{MH_BUNDLE, MH_DYLIB, MachHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::read::macho::MachHeader;
use object::{Endianness, FileKind, ReadCache, ReadRef};
use subject::Subject;
use subject::library::LibraryBinder;
use subject::program::Program;
use subject::protocol::{Launch, Limits};
use subject::recording::Tape;
use zig_lib::library::Target;

use crate::served::reference::ReferenceBinder;

/// The binder of a run.
#[derive(Clone, Debug)]
pub enum Binder {
    /// In this process, where a debugger finds it and where its crash is the suite's.
    Here(Own),
    /// In a process of its own.
    Apart {
        /// What speaks the protocol there.
        speaker: Speaker,
        /// How the process is started.
        launch: Launch,
    },
}

/// What speaks the protocol in a process of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// A program, itself.
    Program,
    /// The suite, for a binder that it could have in its own process.
    For(Own),
    /// The suite's own library at wire level, which calls what is built for a target.
    Wire(Target),
}

/// A binder that the suite can have in its own process, and so can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// The reference binder, and the dialects it is asked for.
    Reference(Vec<Dialect>),
    /// A shared library with the C interface of include/boundary_binder.h, as written.
    Library(String),
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
    /// A program is another process.
    #[error(
        "the binder `{0}` is a program, which cannot run in this process: leave `--in-process`"
    )]
    NotInProcess(String),
    /// A recording of a binder that nothing is said to in lines.
    #[error(
        "a recording is of a conversation, and none is held in one process: leave `--in-process`"
    )]
    InProcess,
}

impl Binder {
    /// The binder a text names: `reference`, a shared library, or a command line split into words as a
    /// shell does. `dialects` are asked of the reference binder; `server` is the program that serves it,
    /// or a library, and that guards the process of every binder (see [`Launch`]).
    ///
    /// # Errors
    /// [`BinderError`].
    pub fn named(
        text: &str,
        dialects: &[Dialect],
        server: &Path,
        limits: Limits,
    ) -> Result<Binder, BinderError> {
        let launch = |words| {
            let guardian = Some(server.to_owned());
            Launch { words, guardian, limits, ..Launch::default() }
        };
        let served = |own, options: Vec<String>| {
            let words = [server.display().to_string(), "serve".into()].into_iter().chain(options);
            Binder::Apart { speaker: Speaker::For(own), launch: launch(words.collect()) }
        };
        if text.trim() == "reference" {
            let options = dialects.iter().map(|dialect| format!("--dialect={}", dialect.name()));
            return Ok(served(Own::Reference(dialects.to_vec()), options.collect()));
        }
        let words = shell_words::split(text).map_err(|_| BinderError::Quotes(text.to_owned()))?;
        match &*words {
            [] => Err(BinderError::Empty),
            _ if !dialects.is_empty() => Err(BinderError::Dialect(text.to_owned())),
            [path] if is_library(path) => {
                let options = vec!["--binder".into(), shell_words::quote(path).into_owned()];
                Ok(served(Own::Library(path.clone()), options))
            }
            _ => Ok(Binder::Apart { speaker: Speaker::Program, launch: launch(words) }),
        }
    }

    /// The suite's own library at wire level, on what is built for a target.
    pub fn wire(target: Target, server: &Path, limits: Limits) -> Binder {
        let words = ["serve", "--level", "wire", "--target", target.name()].map(str::to_owned);
        let words = [server.display().to_string()].into_iter().chain(words).collect();
        let launch =
            Launch { words, guardian: Some(server.to_owned()), limits, ..Launch::default() };
        Binder::Apart { speaker: Speaker::Wire(target), launch }
    }

    /// What was recorded of a binder, in place of its process.
    pub fn replayed(words: Vec<String>, limits: Limits, tape: Tape) -> Binder {
        let launch = Launch { words, limits, tape: Some(tape), ..Launch::default() };
        Binder::Apart { speaker: Speaker::Program, launch }
    }

    /// The same binder in this process.
    ///
    /// # Errors
    /// [`BinderError::NotInProcess`] for a program.
    pub fn here(self) -> Result<Binder, BinderError> {
        match self {
            Binder::Apart { speaker: Speaker::Program | Speaker::Wire(_), launch } => {
                Err(BinderError::NotInProcess(shell_words::join(launch.words)))
            }
            Binder::Here(own) | Binder::Apart { speaker: Speaker::For(own), .. } => {
                Ok(Binder::Here(own))
            }
        }
    }

    /// A subject, not started yet.
    pub fn subject(&self) -> Box<dyn Subject> {
        match self {
            Binder::Here(Own::Reference(dialects)) => {
                Box::new(ReferenceBinder::with_dialects(dialects))
            }
            Binder::Here(Own::Library(path)) => Box::new(LibraryBinder::new(path.into())),
            Binder::Apart { launch, .. } => Box::new(Program::new(launch.clone())),
        }
    }

    /// The binder to serve by the protocol: what would only be served again is in this process.
    pub fn served(self) -> Binder {
        match self {
            Binder::Apart { speaker: Speaker::For(own), .. } => Binder::Here(own),
            other => other,
        }
    }

    /// The binder to time: the reference binder is in the process that has the clock, because its calls
    /// are shorter than any conversation.
    pub fn timed(self) -> Binder {
        if self.is_reference() { self.served() } else { self }
    }

    /// How its process is started; `None` for one in this process.
    pub fn launch(&self) -> Option<&Launch> {
        match self {
            Binder::Here(_) => None,
            Binder::Apart { launch, .. } => Some(launch),
        }
    }

    /// Whether it is the suite's own, built to be judged under any tool.
    pub fn is_reference(&self) -> bool {
        matches!(
            self,
            Binder::Here(Own::Reference(_))
                | Binder::Apart { speaker: Speaker::For(Own::Reference(_)), .. }
        )
    }

    /// The same binder with these variables in its environment, where that is its own.
    #[must_use]
    pub fn with_env(mut self, env: Vec<(String, OsString)>) -> Binder {
        if let Binder::Apart { launch, .. } = &mut self {
            launch.env = env;
        }
        self
    }

    /// The same binder, its process under a tool that has these words and takes so many times as long.
    #[must_use]
    pub fn under(mut self, mut tool: Vec<String>, slower: u32) -> Binder {
        if let Binder::Apart { launch, .. } = &mut self {
            tool.append(&mut launch.words);
            launch.words = tool;
            let Limits { start, call, bench, stop, memory_bytes: _ } = &mut launch.limits;
            [start, call, bench, stop].into_iter().for_each(|limit| *limit *= slower);
        }
        self
    }

    /// The same binder, recorded.
    ///
    /// # Errors
    /// [`BinderError::InProcess`] for one with which nothing is said in lines.
    pub fn recorded(mut self, tape: Tape) -> Result<Binder, BinderError> {
        match &mut self {
            Binder::Here(_) => return Err(BinderError::InProcess),
            Binder::Apart { launch, .. } => launch.tape = Some(tape),
        }
        Ok(self)
    }

    /// What a command line that judges it says more than one that judges the reference binder: options,
    /// each after a space.
    pub fn option(&self) -> String {
        let named = |word: &str| format!(" --binder {}", shell_words::quote(word));
        let of_own = |own: &Own| match own {
            Own::Reference(dialects) => {
                dialects.iter().map(|dialect| format!(" --dialect {}", dialect.name())).collect()
            }
            Own::Library(path) => named(&shell_words::quote(path)),
        };
        match self {
            Binder::Here(own) => of_own(own) + " --in-process",
            Binder::Apart { speaker: Speaker::For(own), .. } => of_own(own),
            // The target says it.
            Binder::Apart { speaker: Speaker::Wire(_), .. } => String::new(),
            Binder::Apart { speaker: Speaker::Program, launch } => {
                named(&shell_words::join(&launch.words))
            }
        }
    }
}

/// Whether a word names a shared library: its file says so, or, where that says nothing, its name.
fn is_library(word: &str) -> bool {
    content(Path::new(word)).unwrap_or_else(|| {
        // With a version, as in `libm.so.6`.
        let name = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        [".so", ".dylib", ".dll"].iter().any(|ending| name.ends_with(ending))
    })
}

/// Whether a file is a shared library, and no program; `None` where its form does not tell.
fn content(path: &Path) -> Option<bool> {
    // A pipe would be waited for.
    let file = path.is_file().then(|| File::open(path).ok()).flatten()?;
    let data = ReadCache::new(file);
    match FileKind::parse(&data).ok()? {
        FileKind::Elf64 => elf(FileHeader64::<Endianness>::parse(&data).ok()?, &data),
        FileKind::MachO64 => {
            let header = MachHeader64::<Endianness>::parse(&data, 0).ok()?;
            let kind = header.filetype(header.endian().ok()?);
            Some(matches!(kind, MH_DYLIB | MH_BUNDLE))
        }
        _ => None,
    }
}

/// A program that may lie anywhere is of the same type as a library, and says that it is one by an
/// interpreter or, without, by a flag. A library may have an interpreter too, as glibc has; then its name
/// tells.
fn elf<'d>(header: &FileHeader64<Endianness>, data: impl ReadRef<'d>) -> Option<bool> {
    let endian = header.endian().ok()?;
    if header.e_type(endian) != ET_DYN {
        return Some(false);
    }
    for segment in header.program_headers(endian, data).ok()? {
        if segment.p_type(endian) == PT_INTERP {
            return None;
        }
        let entries = segment.dynamic(endian, data).ok().flatten().unwrap_or_default();
        let mut flags = entries.iter().filter(|entry| entry.d_tag(endian) == DT_FLAGS_1);
        if flags.any(|entry| entry.d_val(endian) & DF_1_PIE.0 != 0) {
            return Some(false);
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn words(text: &str) -> Result<Vec<String>, BinderError> {
        let binder = Binder::named(text, &[], Path::new("conform"), Limits::default())?;
        Ok(binder.launch().expect("it has a process").words.clone())
    }

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        assert_eq!(words("reference"), Ok(["conform", "serve"].map(str::to_owned).to_vec()));
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
    }

    #[test]
    fn a_library_is_known_by_its_file_and_else_by_its_name() {
        for name in ["libm.so.6", "./libx.so.1.2.3", "x.dylib", "gone.dll"] {
            assert!(is_library(name), "{name}");
        }
        for name in ["python3", "so.6", "x.so.py", "./run.sh"] {
            assert!(!is_library(name), "{name}");
        }
        let folder = tempfile::tempdir().expect("a scratch folder");
        let made = |name: &str, options: &[&str]| {
            let (source, made) = (folder.path().join("x.c"), folder.path().join(name));
            std::fs::write(&source, "int main(void) { return 0; }").expect("a scratch file");
            let mut compiler = Command::new("cc");
            let compiled = compiler.args(options).arg(&source).arg("-o").arg(&made).status();
            assert!(compiled.is_ok_and(|status| status.success()), "`cc` compiles it");
            is_library(made.to_str().expect("a name in text"))
        };
        assert!(made("plain", &["-shared", "-fPIC"]), "a library without a library's name");
        assert!(!made("program", &[]), "a program");
        std::fs::write(folder.path().join("script.so"), "#!/bin/sh\n").expect("a scratch file");
        assert!(is_library(folder.path().join("script.so").to_str().expect("text")));
        if cfg!(target_os = "linux") {
            assert!(!made("static.so", &["-static-pie", "-fPIE"]), "a program that stands alone");
        }
    }

    #[test]
    fn a_program_has_no_place_in_this_process() {
        let here = |text: &str| {
            let named = Binder::named(text, &[], Path::new("conform"), Limits::default());
            named.and_then(Binder::here).map(|binder| binder.option())
        };
        assert_eq!(here("reference"), Ok(" --in-process".to_owned()));
        assert_eq!(here("./b.so"), Ok(" --binder ./b.so --in-process".to_owned()));
        assert_eq!(here("python3 b.py"), Err(BinderError::NotInProcess("python3 b.py".into())));
    }
}
