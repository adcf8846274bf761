//! The Zig that builds the fixtures: `$ZIG`, the `zig` on `PATH` with the pinned version, or the PyPI
//! package `ziglang` of that version, installed once into the cache directory.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use interrupt::tool::{self, ToolError};

use crate::ZIG_VERSION;
use crate::cache::{self, CacheError};

/// Zig says its version in some milliseconds.
const VERSION_LIMIT: Duration = Duration::from_secs(8);
/// For 100 MB by a slow line.
const INSTALL_LIMIT: Duration = Duration::from_secs(1800);

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
    /// There is no `python3`, or it did not come to an end.
    #[error("python3 -m pip: {0}")]
    Python(ToolError),
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
        return match is_pinned(&path, VERSION_LIMIT) {
            Ok(()) => Ok(Toolchain { path, origin: Origin::Variable, passed_over: None }),
            Err(version) => Err(ToolchainError::Variable { path, version }),
        };
    }
    let mut passed_over = None;
    if let Some(path) = on_path() {
        match is_pinned(&path, VERSION_LIMIT) {
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
fn is_pinned(zig: &Path, limit: Duration) -> Result<(), String> {
    let output = tool::run(Command::new(zig).arg("version"), limit)
        .map_err(|error| format!("unknown ({error})"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = stderr.lines().next().map_or_else(String::new, |line| format!(", {line}"));
        return Err(format!("unknown ({}{said})", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim();
    if version == ZIG_VERSION {
        return Ok(());
    }
    // A version is a word; what says more is no Zig.
    Err(version.lines().next().unwrap_or("unknown").chars().take(40).collect())
}

fn on_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(executable()))
        .find(|candidate| candidate.is_file())
}

/// The `zig` of the PyPI package in the cache, installed now where it is not there yet, or not whole.
fn package() -> Result<PathBuf, PackageError> {
    let target = cache::directory()?.join(format!("zig-{ZIG_VERSION}"));
    let zig = Path::new("ziglang").join(executable());
    cache::whole(&target, is_whole, |directory| {
        eprintln!(
            "boundary: fetching Zig {ZIG_VERSION} (PyPI package ziglang, about 100 MB) into {}",
            target.display()
        );
        install(directory)?;
        is_pinned(&directory.join(&zig), VERSION_LIMIT).map_err(PackageError::Version)
    })?;
    Ok(target.join(zig))
}

/// Whether every file that the installer wrote down has the size it wrote down, and the executable runs.
/// Hashes are there, too, and cost a second of every build for what nobody has seen happen.
fn is_whole(directory: &Path) -> bool {
    let zig = Path::new("ziglang").join(executable());
    let record = directory.join(format!("ziglang-{ZIG_VERSION}.dist-info")).join("RECORD");
    let Ok(record) = fs::read_to_string(record) else { return false };
    let mut names_zig = false;
    // PATH,HASH,SIZE, of which the record itself has no more than its path.
    let as_written = record.lines().all(|line| {
        let mut parts = line.rsplitn(3, ',');
        let (Some(size), Some(_), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let path = Path::new(path.trim_matches('"'));
        names_zig |= path == zig;
        // The installer puts scripts elsewhere than it says.
        if size.is_empty() || path.starts_with("..") {
            return true;
        }
        let there = fs::metadata(directory.join(path));
        there.is_ok_and(|there| Ok(there.len()) == size.parse())
    });
    as_written && names_zig && is_pinned(&directory.join(zig), VERSION_LIMIT).is_ok()
}

fn executable() -> String {
    format!("zig{}", env::consts::EXE_SUFFIX)
}

fn install(target: &Path) -> Result<(), PackageError> {
    let mut command = Command::new("python3");
    command
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--no-compile", "--only-binary=:all:", "--target"])
        .arg(target)
        .arg(format!("ziglang=={ZIG_VERSION}"))
        // Distributions whose pip refuses to touch the system's packages, or installs for the user by
        // default, would refuse this too, although a target directory of our own is neither. Variables,
        // because an old pip does not know the options.
        .env("PIP_BREAK_SYSTEM_PACKAGES", "1")
        .env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0");
    let output = tool::run(&mut command, INSTALL_LIMIT).map_err(PackageError::Python)?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    // Warnings follow the error that matters.
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let said = lines().rfind(|line| line.starts_with("ERROR")).or_else(|| lines().next_back());
    Err(PackageError::Pip(said.map_or_else(|| output.status.to_string(), str::to_owned)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn script(file: &Path, text: &str) {
        let folder = file.parent().expect("it is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(file, format!("#!/bin/sh\n{text}\n")).expect("a file can be written");
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("it is made a program");
    }

    #[test]
    fn what_is_no_zig_of_the_version_says_what_it_is_and_does_not_hang() {
        let root = env::temp_dir().join(format!("boundary-toolchain-{}", std::process::id()));
        let zig = root.join("zig");
        let pinned = |text: &str| {
            script(&zig, text);
            is_pinned(&zig, Duration::from_millis(500))
        };
        assert_eq!(pinned(&format!("echo {ZIG_VERSION}")), Ok(()));
        assert_eq!(pinned("echo 0.1.2"), Err("0.1.2".to_owned()));
        assert_eq!(pinned("yes | head -c 9000 | tr -d '\\n'").map_err(|said| said.len()), Err(40));
        let hung = pinned("sleep 60").expect_err("it hangs");
        assert!(hung.contains("did not end within 0.5 s"), "{hung}");
        fs::remove_dir_all(root).expect("it can be removed");
    }

    #[test]
    fn a_package_is_whole_by_what_its_installer_wrote_down() {
        let root = env::temp_dir().join(format!("boundary-package-{}", std::process::id()));
        let (zig, std) = (root.join("ziglang").join(executable()), root.join("ziglang/std,2.zig"));
        let record = root.join(format!("ziglang-{ZIG_VERSION}.dist-info/RECORD"));
        script(&zig, &format!("echo {ZIG_VERSION}"));
        let size = fs::metadata(&zig).expect("it is there").len();
        let text = format!(
            "../../bin/zig,sha256=x,9\nziglang/{},sha256=x,{size}\n\"ziglang/std,2.zig\",sha256=x,3\n\
             ziglang-{ZIG_VERSION}.dist-info/RECORD,,\n",
            executable()
        );
        fs::create_dir_all(record.parent().expect("a folder")).expect("a folder can be made");
        let restore = || {
            fs::write(&record, &text).expect("it can be written");
            fs::write(&std, "abc").expect("it can be written");
            script(&zig, &format!("echo {ZIG_VERSION}"));
            assert!(is_whole(&root));
        };
        restore();
        fs::write(&std, "ab").expect("it can be cut");
        assert!(!is_whole(&root));
        restore();
        fs::remove_file(&std).expect("it can be removed");
        assert!(!is_whole(&root));
        restore();
        fs::write(&zig, vec![0; size as usize]).expect("it can be zeroed");
        assert!(!is_whole(&root));
        for broken in ["", "ziglang/std,2.zig,sha256=x,3\n", &text[..text.len() / 3]] {
            restore();
            fs::write(&record, broken).expect("it can be cut");
            assert!(!is_whole(&root), "{broken:?}");
        }
        fs::remove_dir_all(root).expect("it can be removed");
    }
}
