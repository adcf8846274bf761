//! Builds the fixture library, once for each profile, version of the sources and target.
//!
//! An artifact's directory is named by the hash of everything that goes into it, and holds the hash of
//! what came out: finding it costs no process and no toolchain, and what is not as it was built is built
//! anew. Processes that want the same artifact wait for the one that builds it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::Duration;

use interrupt::tool::{self, ToolError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strum::{IntoStaticStr, VariantArray};

use crate::ZIG_VERSION;
use crate::cache::{self, CacheError};
use crate::release::{self, LIBRARIES, ReleaseError};
use crate::sources::{C_SOURCES, SOURCES};
use crate::toolchain::{self, Toolchain, ToolchainError};

/// A build takes half a minute on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(600);

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Profile {
    /// Safe mode, every call leaves evidence: for judging.
    Checked,
    /// As checked, and every block ends at an inaccessible page: for finding overreads.
    Guard,
    /// Fast mode, no evidence, the plain C allocator: for floors.
    Bench,
    /// As bench, with the ledger's totals and a count of calls: for allocation counts and replays.
    Counted,
    /// As checked, under the thread sanitiser. It must be preloaded, not opened.
    Race,
    /// As checked, and every address is tried before it is used: for signatures from a seed, where a
    /// wrong word must be seen and not died of.
    Wary,
}

impl Profile {
    /// Every profile.
    pub const ALL: &[Profile] = Profile::VARIANTS;

    /// The name in the manifest's `build` and of the profile's file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether events are written (profiles/*.zig).
    fn has_witness(self) -> bool {
        !matches!(self, Self::Bench | Self::Counted)
    }

    fn flags(self) -> Vec<&'static str> {
        // Wide enough for honest floors, narrow enough for valgrind, which knows no AVX-512.
        let fast_cpu =
            if cfg!(target_arch = "x86_64") { "-mcpu=x86_64_v3" } else { "-mcpu=baseline" };
        match self {
            Self::Checked | Self::Guard => vec!["-O", "ReleaseSafe", "-fstrip", "-mcpu=baseline"],
            // Built for a seed and thrown away: what counts is how long the compiler takes.
            Self::Wary => vec!["-O", "Debug", "-fllvm", "-fstrip", "-mcpu=baseline"],
            Self::Bench | Self::Counted => vec!["-O", "ReleaseFast", "-fstrip", fast_cpu],
            // Debug information stays: a race report without lines is of no use.
            Self::Race => vec!["-O", "ReleaseSafe", "-fsanitize-thread", fast_cpu],
        }
    }
}

/// The machine that a library is built for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// This program's own.
    #[default]
    Host,
    /// WebAssembly with memory of 64 bits, a module that stands alone.
    Wasm64,
    /// WebAssembly with memory of 32 bits, likewise.
    Wasm32,
    /// Linux on 64-bit Arm with glibc, for programs of that machine, emulated or not.
    Aarch64Linux,
}

impl Target {
    /// Every target.
    pub const ALL: &[Target] = Target::VARIANTS;

    /// Its name on command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// As Zig names it. The host is named rather than native, so that Zig uses the C library stubs it brings and
    /// needs no compiler of the system's.
    fn triple(self) -> String {
        let abi = match (self, env::consts::OS, cfg!(target_env = "musl")) {
            (Target::Wasm64 | Target::Wasm32, ..) => {
                return format!("{}-freestanding", self.name());
            }
            (Target::Aarch64Linux, ..) => return "aarch64-linux-gnu".to_owned(),
            (Target::Host, "macos", _) => "none",
            (Target::Host, _, true) => "musl",
            (Target::Host, _, false) => "gnu",
        };
        format!("{}-{}-{abi}", env::consts::ARCH, env::consts::OS)
    }

    /// Whether it is a module of WebAssembly, which has no threads, no pages that can be made inaccessible, and no
    /// way out of its memory.
    #[must_use]
    pub fn is_wasm(self) -> bool {
        matches!(self, Target::Wasm64 | Target::Wasm32)
    }
}

/// A built library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The shared library or the module, an absolute path.
    pub path: PathBuf,
    /// What it is for.
    pub profile: Profile,
    /// What it runs on.
    pub target: Target,
    /// The Zig that built it just now; `None` where it was in the cache or was packed with this program.
    pub built_by: Option<Toolchain>,
}

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no Zig to build it with.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// The cache directory is unusable.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Zig cannot be started, or did not come to an end.
    #[error("{toolchain} built nothing")]
    Tool {
        /// Which Zig.
        toolchain: Toolchain,
        /// What became of it.
        source: ToolError,
    },
    /// Zig failed.
    #[error("the {} build of the fixtures failed ({status}):\n{stderr}", profile.name())]
    Compile {
        /// Which build.
        profile: Profile,
        /// How Zig ended.
        status: ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// The binary release is not whole.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The binary release has other libraries, and this one could not be built.
    #[error("the library is not among those of this binary release, and cannot be built here: {0}")]
    NotPacked(Box<BuildError>),
}

/// The library built for `profile`: from the binary release, the cache, or built now with the Zig of [`toolchain::find`].
///
/// # Errors
///
/// [`BuildError`]; a compile error carries the compiler's words.
pub fn build(profile: Profile) -> Result<Artifact, BuildError> {
    build_for(Target::Host, profile)
}

/// As [`build`], for a target.
///
/// # Errors
///
/// As [`build`].
pub fn build_for(target: Target, profile: Profile) -> Result<Artifact, BuildError> {
    Recipe { target, profile, product: Product::Fixtures }.build()
}

/// A library of the functions of one Zig file in place of the fixtures: every public function there is
/// exported by the same layer, and described in the manifest. It measures nothing. `in_c` has the C functions of those
/// that pass structs by value.
///
/// # Errors
///
/// As [`build`].
pub fn build_generated(
    target: Target,
    profile: Profile,
    source: &str,
    in_c: &str,
) -> Result<Artifact, BuildError> {
    Recipe { target, profile, product: Product::Generated(source, in_c) }.build()
}

/// The page and the ledger as an object file, to link with fixtures in another language.
pub(crate) fn build_instruments() -> Result<PathBuf, BuildError> {
    let recipe =
        Recipe { target: Target::Host, profile: Profile::Checked, product: Product::Instruments };
    recipe.build().map(|artifact| artifact.path)
}

/// What the package is built into.
#[derive(Clone, Copy)]
enum Product<'a> {
    Fixtures,
    /// With the texts of `generated.zig` and `generated.c`.
    Generated(&'a str, &'a str),
    Instruments,
}

/// All that tells one artifact from another.
struct Recipe<'a> {
    target: Target,
    profile: Profile,
    product: Product<'a>,
}

impl Recipe<'_> {
    fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let generated = match self.product {
            Product::Generated(zig, c) => vec![("generated.zig", zig), ("generated.c", c)],
            Product::Fixtures | Product::Instruments => Vec::new(),
        };
        SOURCES.iter().copied().chain(C_SOURCES.iter().copied()).chain(generated)
    }

    /// What is compiled as C: structs that cross as themselves (G-1), and what is variadic (W-1).
    fn compiled(&self) -> &'static [&'static str] {
        match self.product {
            Product::Fixtures => &["aggregates.c", "by_value.c", "variadics.c"],
            Product::Generated(..) => &["generated.c"],
            Product::Instruments => &[],
        }
    }

    /// The name of its folder in the cache. It says nothing of what the library is for, so that a binder,
    /// which is told the path, cannot go by that.
    fn name(&self) -> String {
        key(self)[..32].to_owned()
    }

    fn file_name(&self) -> String {
        match self.product {
            Product::Fixtures | Product::Generated(..) if self.target.is_wasm() => {
                "boundary.wasm".to_owned()
            }
            Product::Fixtures | Product::Generated(..) if self.target == Target::Aarch64Linux => {
                "libboundary.so".to_owned()
            }
            Product::Fixtures | Product::Generated(..) => shared("boundary"),
            Product::Instruments => "instruments.o".to_owned(),
        }
    }

    fn build(&self) -> Result<Artifact, BuildError> {
        let Some(release) = release::here()? else { return self.build_here() };
        match release.file(&format!("{LIBRARIES}/{}/{}", self.name(), self.file_name()))? {
            Some(path) => Ok(self.artifact(path, None)),
            None => self.build_here().map_err(|error| BuildError::NotPacked(Box::new(error))),
        }
    }

    fn build_here(&self) -> Result<Artifact, BuildError> {
        let cache = cache::directory()?;
        let target = cache.join("libraries").join(self.name());
        let mut built_by = None;
        let path = cache::kept(&target, &self.file_name(), |directory| {
            compile(self, built_by.insert(toolchain::find()?), directory, &cache)
        })?;
        Ok(self.artifact(path, built_by))
    }

    fn artifact(&self, path: PathBuf, built_by: Option<Toolchain>) -> Artifact {
        Artifact { path, profile: self.profile, target: self.target, built_by }
    }
}

/// The file name of a shared library.
pub(crate) fn shared(name: &str) -> String {
    format!("{}{name}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX)
}

/// The libraries of several profiles for a target, in their order, built side by side.
///
/// # Errors
///
/// The first error in the order of `profiles`, as [`build`].
pub fn build_all(target: Target, profiles: &[Profile]) -> Result<Vec<Artifact>, BuildError> {
    thread::scope(|scope| {
        let begin = |&profile: &Profile| {
            (
                profile,
                thread::Builder::new().spawn_scoped(scope, move || build_for(target, profile)),
            )
        };
        let builds: Vec<_> = profiles.iter().map(begin).collect();
        builds
            .into_iter()
            .map(|(profile, begun)| match begun {
                Ok(begun) => begun.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // The system has no thread to give: this one builds it.
                Err(_) => build_for(target, profile),
            })
            .collect()
    })
}

fn compile(
    recipe: &Recipe<'_>,
    toolchain: &Toolchain,
    directory: &Path,
    cache: &Path,
) -> Result<(), BuildError> {
    for (name, text) in recipe.sources() {
        let file = directory.join("zig").join(name);
        let parent = file.parent().unwrap_or(directory);
        fs::create_dir_all(parent).map_err(CacheError::io("create", parent))?;
        fs::write(&file, text).map_err(CacheError::io("write", &file))?;
    }
    let mut command = Command::new(&toolchain.path);
    command
        .args(arguments(recipe))
        .arg("--cache-dir")
        .arg(cache.join("zig-cache"))
        .arg("--global-cache-dir")
        .arg(cache.join("zig-cache"))
        .arg(format!("-femit-bin={}", directory.join(recipe.file_name()).display()))
        .current_dir(directory.join("zig"));
    let output = tool::run(&mut command, BUILD_LIMIT)
        .map_err(|source| BuildError::Tool { toolchain: toolchain.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(BuildError::Compile { profile: recipe.profile, status: output.status, stderr })
}

/// The compiler's arguments but those that name directories.
fn arguments(recipe: &Recipe<'_>) -> Vec<String> {
    let profile = recipe.profile;
    let root = match recipe.product {
        Product::Fixtures => "root.zig",
        Product::Generated(..) => "signatures.zig",
        Product::Instruments => "instruments.zig",
    };
    let kind: &[&str] = match recipe.product {
        Product::Instruments => &["build-obj", "-fPIC", "-lc"],
        // A module that needs no loader, and exports what is exported.
        _ if recipe.target.is_wasm() => &["build-exe", "-fno-entry", "-rdynamic"],
        _ => &["build-lib", "-dynamic", "-lc"],
    };
    let mut all: Vec<String> = kind.iter().map(|word| (*word).to_owned()).collect();
    all.extend(["--name", "boundary", "-target"].map(str::to_owned));
    all.push(recipe.target.triple());
    all.extend(profile.flags().into_iter().map(str::to_owned));
    for file in recipe.compiled() {
        let witness = if profile.has_witness() { "-DWITNESS=1" } else { "-DWITNESS=0" };
        let flags = ["-cflags", "-std=c11", "-O2", "-fno-sanitize=all", witness, "--", file];
        all.extend(flags.map(str::to_owned));
    }
    all.extend(["--dep", "profile"].map(str::to_owned));
    all.push(format!("-Mroot={root}"));
    all.push(format!("-Mprofile=profiles/{}.zig", profile.name()));
    all
}

/// The hash of all that goes into a build, in hexadecimal.
fn key(recipe: &Recipe<'_>) -> String {
    let mut key = Key::default();
    key.part(ZIG_VERSION);
    arguments(recipe).iter().for_each(|argument| key.part(argument));
    for (name, text) in recipe.sources() {
        key.part(name);
        key.part(text);
    }
    key.finish()
}

/// Names an artifact by what goes into it.
#[derive(Default)]
pub(crate) struct Key(Sha256);

impl Key {
    pub(crate) fn part(&mut self, part: impl AsRef<[u8]>) {
        // With its length, so that no two lists of parts run together into the same bytes.
        self.0.update((part.as_ref().len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(crate) fn finish(self) -> String {
        cache::hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_have_keys_and_files_of_their_own() {
        let of = |product| {
            let all = Profile::ALL
                .iter()
                .flat_map(|profile| Target::ALL.iter().map(|target| (*target, *profile)));
            all.map(move |(target, profile)| key(&Recipe { target, profile, product }))
        };
        let products = [
            Product::Fixtures,
            Product::Generated("", ""),
            Product::Generated("a", ""),
            Product::Instruments,
        ];
        let keys: std::collections::HashSet<_> = products.into_iter().flat_map(of).collect();
        assert_eq!(keys.len(), products.len() * Profile::ALL.len() * Target::ALL.len());
        for profile in Profile::ALL {
            let file = format!("profiles/{}.zig", profile.name());
            let text = SOURCES.iter().find(|(name, _)| *name == file).map(|(_, text)| text);
            let line = format!("pub const name = \"{}\";", profile.name());
            assert!(text.is_some_and(|text| text.contains(&line)), "{file}");
        }
    }
}
