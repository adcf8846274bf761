//! The Zig that builds the fixtures: `$ZIG`, the `zig` on `PATH` with the pinned version, or the PyPI
//! package `ziglang` of that version, installed once into the cache directory.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ZIG_VERSION;
use crate::cache::{self, CacheError};

/// A Zig of the pinned version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// The `zig` executable.
    pub path: PathBuf,
    /// Where it was found.
    pub origin: Origin,
    /// A `zig` on `PATH` that was not taken.
    pub passed_over: Option<PassedOver>,
}

/// The three places a toolchain comes from, in the order they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The variable `ZIG` names it.
    Variable,
    /// It is `zig` on `PATH`.
    Path,
    /// The PyPI package, in the cache directory.
    Package,
}

/// A `zig` on `PATH` whose version is not the pinned one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The executable.
    pub path: PathBuf,
    /// What `zig version` answered, or that it did not.
    pub version: String,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Variable => "named by ZIG",
            Origin::Path => "on PATH",
            Origin::Package => "the cached PyPI package",
        };
        write!(f, "Zig {ZIG_VERSION}, {origin}: {}", self.path.display())?;
        match &self.passed_over {
            Some(other) => write!(f, " (passed over {other})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, version {}", self.path.display(), self.version)
    }
}

/// Why there is no toolchain.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    /// `ZIG` is set, so nothing else is tried, and it names no usable Zig.
    #[error("ZIG names {}, version {version}; the fixtures need {ZIG_VERSION}", path.display())]
    Variable {
        /// What the variable says.
        path: PathBuf,
        /// What `zig version` answered, or that it did not.
        version: String,
    },
    /// None of the three ways led to one.
    #[error(
        "no Zig {ZIG_VERSION}: set ZIG to its executable, or put it on PATH as zig{}, or let \
         python3 -m pip install the PyPI package ziglang=={ZIG_VERSION} (tried: {package})",
        passed_over.as_ref().map(|other| format!(" (found {other})")).unwrap_or_default()
    )]
    None {
        /// The `zig` on `PATH` of another version.
        passed_over: Option<PassedOver>,
        /// Why the package could not be had.
        package: PackageError,
    },
}

/// Why the PyPI package could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The cache directory is unusable.
    #[error("{0}")]
    Cache(#[from] CacheError),
    /// There is no `python3`, or it cannot be started.
    #[error("python3 cannot be started: {0}")]
    Python(std::io::Error),
    /// `pip` failed; its last line of standard error.
    #[error("pip: {0}")]
    Pip(String),
    /// The package was installed and its `zig` is not the pinned one.
    #[error("the installed zig answers {0}")]
    Version(String),
}

/// Finds a Zig of the pinned version, and fetches it where it must. A toolchain in the cache is taken
/// without the network and without Python.
///
/// # Errors
///
/// [`ToolchainError::Variable`] where `ZIG` names something else, [`ToolchainError::None`] where all
/// three ways fail.
pub fn find() -> Result<Toolchain, ToolchainError> {
    if let Some(path) = env::var_os("ZIG").filter(|value| !value.is_empty()).map(PathBuf::from) {
        // The compiler is started in another folder. A bare name is looked up on `PATH`.
        let is_bare = path.components().count() == 1 && !path.has_root();
        let path = if is_bare { path } else { std::path::absolute(&path).unwrap_or(path) };
        return match is_pinned(&path) {
            Ok(()) => Ok(Toolchain { path, origin: Origin::Variable, passed_over: None }),
            Err(version) => Err(ToolchainError::Variable { path, version }),
        };
    }
    let mut passed_over = None;
    if let Some(path) = on_path() {
        match is_pinned(&path) {
            Ok(()) => return Ok(Toolchain { path, origin: Origin::Path, passed_over }),
            Err(version) => passed_over = Some(PassedOver { path, version }),
        }
    }
    match package() {
        Ok(path) => Ok(Toolchain { path, origin: Origin::Package, passed_over }),
        Err(package) => Err(ToolchainError::None { passed_over, package }),
    }
}

/// Whether it is of the pinned version; otherwise what `zig version` answers, or why there is no answer.
fn is_pinned(zig: &Path) -> Result<(), String> {
    let output = Command::new(zig)
        .arg("version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("unknown ({error})"))?;
    if !output.status.success() {
        return Err(format!("unknown ({})", output.status));
    }
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if version == ZIG_VERSION { Ok(()) } else { Err(version) }
}

fn on_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(executable()))
        .find(|candidate| candidate.is_file())
}

/// The `zig` of the PyPI package in the cache, installed now where it is not there yet.
fn package() -> Result<PathBuf, PackageError> {
    let target = cache::directory()?.join(format!("zig-{ZIG_VERSION}"));
    let zig = Path::new("ziglang").join(executable());
    cache::kept(&target, &zig, |directory| {
        eprintln!(
            "boundary: fetching Zig {ZIG_VERSION} (PyPI package ziglang, about 100 MB) into {}",
            target.display()
        );
        install(directory)?;
        is_pinned(&directory.join(&zig)).map_err(PackageError::Version)
    })
}

fn executable() -> String {
    format!("zig{}", env::consts::EXE_SUFFIX)
}

fn install(target: &Path) -> Result<(), PackageError> {
    let output = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--no-compile", "--only-binary=:all:", "--target"])
        .arg(target)
        .arg(format!("ziglang=={ZIG_VERSION}"))
        // Distributions whose pip refuses to touch the system's packages, or installs for the user by
        // default, would refuse this too, although a target directory of our own is neither. Variables,
        // because an old pip does not know the options.
        .env("PIP_BREAK_SYSTEM_PACKAGES", "1")
        .env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(PackageError::Python)?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    // Warnings follow the error that matters.
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let said = lines().rfind(|line| line.starts_with("ERROR")).or_else(|| lines().next_back());
    Err(PackageError::Pip(said.map_or_else(|| output.status.to_string(), str::to_owned)))
}
