//! Builds the C twin of the by-value fixtures with the system's C compiler, once for each compiler and
//! version of the sources. It keeps its evidence with the Zig package's own page and ledger, linked in.
//!
//! The compiler is `$CC`, or `cc`. What it says of itself is part of the artifact's name, because the
//! twin has what its compiler can do: halves need `_Float16`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use interrupt::tool::{self, ToolError};

use crate::cache::{self, CacheError};
use crate::library::{self, BuildError, Key};
use crate::release::{self, LIBRARIES, ReleaseError};

/// Every file of `zig-lib/c`, by its name in that directory.
const SOURCES: &[(&str, &str)] = &[
    ("aggregates.h", include_str!("../c/aggregates.h")),
    ("by_value.h", include_str!("../c/by_value.h")),
    ("classes.h", include_str!("../c/classes.h")),
    ("fixtures.h", include_str!("../c/fixtures.h")),
    ("instruments.h", include_str!("../c/instruments.h")),
    ("told.h", include_str!("../c/told.h")),
    ("twin.c", include_str!("../c/twin.c")),
    ("types.h", include_str!("../c/types.h")),
];

/// Contraction is off because the fixtures round after every operation, whatever the processor can fuse.
const FLAGS: &[&str] = &[
    "-std=c11",
    "-O2",
    "-ffp-contract=off",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-pthread",
];

/// Compiling takes two seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Why there is no twin.
#[derive(Debug, thiserror::Error)]
pub enum TwinError {
    /// The cache directory is unusable.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The binary release is not whole.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The page and the ledger cannot be built.
    #[error(transparent)]
    Instruments(#[from] BuildError),
    /// There is no C compiler, or it did not come to an end.
    #[error("the C compiler `{}` compiled nothing; set CC to another", compiler.display())]
    Tool {
        /// What was started.
        compiler: PathBuf,
        /// What became of it.
        source: ToolError,
    },
    /// The compiler failed.
    #[error("`{}` did not compile the C twin of the fixtures ({status}):\n{stderr}", compiler.display())]
    Compile {
        /// Which compiler.
        compiler: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        stderr: String,
    },
}

/// The C compiler: `$CC`, or `cc`.
#[must_use]
pub fn compiler() -> PathBuf {
    env::var_os("CC").filter(|name| !name.is_empty()).unwrap_or_else(|| OsString::from("cc")).into()
}

/// Where the twin is in a binary release, by whichever compiler.
#[must_use]
pub fn packed() -> String {
    format!("{LIBRARIES}/twin/{}", library::shared("twin"))
}

/// The twin's shared library: from the binary release, the cache, or built now.
///
/// # Errors
///
/// [`TwinError`]; a compile error carries the compiler's words.
pub fn build() -> Result<PathBuf, TwinError> {
    if let Some(release) = release::here()?
        && let Some(twin) = release.file(&packed())?
    {
        return Ok(twin);
    }
    let compiler = compiler();
    let identity = run(&compiler, Command::new(&compiler).arg("--version"))?;
    let instruments = library::build_instruments()?;
    let linked = fs::read(&instruments).map_err(CacheError::io("read", &instruments))?;
    let name = format!("twin-{}", &key(&identity.stdout, &linked)[..32]);
    let target = cache::directory()?.join("libraries").join(name);
    let file = library::shared("twin");
    cache::kept(&target, &file, |directory| compile(&compiler, &instruments, directory, &file))
}

fn compile(
    compiler: &Path,
    instruments: &Path,
    directory: &Path,
    shared: &str,
) -> Result<(), TwinError> {
    for (name, text) in SOURCES {
        let file = directory.join(name);
        fs::write(&file, text).map_err(CacheError::io("write", &file))?;
    }
    let mut command = Command::new(compiler);
    command.args(FLAGS).args(["-o", shared, "twin.c"]).arg(instruments).arg("-lm");
    command.current_dir(directory);
    let output = run(compiler, &mut command)?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(TwinError::Compile { compiler: compiler.to_owned(), status: output.status, stderr })
}

fn run(compiler: &Path, command: &mut Command) -> Result<Output, TwinError> {
    let tool = |source| TwinError::Tool { compiler: compiler.to_owned(), source };
    tool::run(command, LIMIT).map_err(tool)
}

fn key(compiler: &[u8], instruments: &[u8]) -> String {
    let mut key = Key::default();
    key.part(compiler);
    key.part(instruments);
    FLAGS.iter().for_each(|flag| key.part(flag));
    for (name, text) in SOURCES {
        key.part(name);
        key.part(text);
    }
    key.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_directory() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("c");
        let mut found: Vec<_> = fs::read_dir(directory)
            .expect("the sources are there")
            .map(|entry| entry.expect("they can be read").file_name().display().to_string())
            .collect();
        found.sort();
        let listed: Vec<_> = SOURCES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(listed, found);
    }

    #[test]
    fn another_compiler_makes_another_twin_and_other_instruments_do() {
        assert_ne!(key(b"one", b"object"), key(b"another", b"object"));
        assert_ne!(key(b"one", b"object"), key(b"one", b"another"));
    }
}
