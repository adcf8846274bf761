//! `conform release`: this program, its corpus, its pages and every library that the default commands call,
//! in one archive for machines without a toolchain.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use corpus::generated;
use serde_json::Value;
use zig_lib::library::{self, Artifact, Profile, Target};
use zig_lib::release::{self, LIBRARIES, NAME, PROGRAM, VERSION};
use zig_lib::twin;

use super::choice::judge_words_of;
use super::output::say;
use super::{Common, exit};

/// Where archives go.
const OUT: &str = "target/release-archive";
/// What is packed of the sources as it is, and as what.
const FILES: &[(&str, &str)] = &[
    ("docs/without-a-toolchain.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("docs", "docs"),
    ("include", "include"),
    ("reports/report.schema.json", "docs/report.schema.json"),
    ("spec-cases", "spec-cases"),
];
/// Whoever unpacks it gets the same, whoever packed it, and when.
const TAR: &[&str] = &[
    "--sort=name",
    "--format=ustar",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=u=rwX,go=rX",
];
/// For the longest of the tools.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) fn run(common: &Common) -> anyhow::Result<u8> {
    let sources = sources("a release is packed")?;
    let out = common.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let (version, arch, os) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH, std::env::consts::OS);
    let name = format!("{NAME}-{version}-{arch}-{os}");
    let scratch = tempfile::tempdir_in(&out).context("cannot make a scratch folder")?;
    let folder = scratch.path().join(&name);
    fs::create_dir(&folder).context("cannot make a scratch folder")?;
    for (from, to) in FILES {
        copy(&sources.join(from), &folder.join(to))?;
    }
    strip(&std::env::current_exe()?, &folder.join(PROGRAM))?;
    pack_libraries(&folder)?;
    write(&folder.join("THIRD-PARTY"), &third_parties(&sources)?)?;
    write(&folder.join(VERSION), &format!("{NAME} {version} {arch}-{os}\n"))?;
    release::seal(&folder)?;
    let archive = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    tar.args(TAR).arg("-C").arg(scratch.path()).arg("-czf").arg(scratch.path().join(&archive));
    tool(tar.arg(&name))?;
    let path = out.join(&archive);
    fs::rename(scratch.path().join(&archive), &path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    say(&report::whole(&format!("packed    {}", path.display())));
    Ok(exit::FINE)
}

/// The checkout that this program was built in, for what is done there alone.
pub(super) fn sources(what: &str) -> anyhow::Result<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    ensure!(
        sources.join("Cargo.toml").is_file(),
        "{what} of the suite's sources, which are not at {}: do this in a checkout",
        sources.display()
    );
    Ok(sources)
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
        for entry in
            fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?
        {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Copies a program or a library without its debug information, which is four fifths of the one and tells
/// of folders of this machine.
fn strip(from: &Path, to: &Path) -> anyhow::Result<()> {
    tool(Command::new("strip").arg("--strip-debug").arg("-o").arg(to).arg(from)).map(drop)
}

/// Every library that is called where no other seed is named.
fn pack_libraries(folder: &Path) -> anyhow::Result<()> {
    for target in Target::ALL.iter().copied() {
        judge_words_of(target);
        let signatures = generated::signatures(generated::SEED);
        let (zig, c) = (generated::source(&signatures), generated::by_value(&signatures));
        let judged = |profile: &Profile| match profile {
            Profile::Checked => true,
            Profile::Guard => !target.is_wasm(),
            Profile::Wary => false,
            _ => target == Target::Host,
        };
        let profiles: Vec<_> = Profile::ALL.iter().copied().filter(judged).collect();
        let mut built = library::build_all(target, &profiles)?;
        built.push(library::build_generated(target, Profile::Wary, &zig, &c)?);
        built.iter().try_for_each(|artifact| pack_library(artifact, folder))?;
    }
    let to = folder.join(twin::packed());
    fs::create_dir_all(to.parent().unwrap_or(folder))?;
    copy(&twin::build()?, &to)
}

fn pack_library(artifact: &Artifact, folder: &Path) -> anyhow::Result<()> {
    let from = &artifact.path;
    // By the name of its folder in the cache it is looked for.
    let kept = from.parent().and_then(Path::parent).context("a library is in no folder")?;
    let to = folder.join(LIBRARIES).join(from.strip_prefix(kept)?);
    fs::create_dir_all(to.parent().unwrap_or(folder))?;
    if artifact.profile == Profile::Race { strip(from, &to) } else { copy(from, &to) }
}

/// What the licences of others ask to be handed on, each text once.
fn third_parties(sources: &Path) -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = tool(Command::new(cargo).current_dir(sources).args([
        "metadata",
        "--format-version=1",
        "--locked",
    ]))?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let mut of_texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        // What has no source is the workspace's.
        if package["source"].is_null() {
            continue;
        }
        let text = |field: &str| package[field].as_str().unwrap_or_default();
        let name = format!("{} {} ({})", text("name"), text("version"), text("license"));
        let folder =
            Path::new(text("manifest_path")).parent().context("a crate is in no folder")?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let file = entry.file_name().to_string_lossy().to_ascii_uppercase();
            let is_licence = ["LICEN", "COPYING", "NOTICE", "COPYRIGHT"];
            if is_licence.iter().any(|begin| file.starts_with(begin)) && entry.path().is_file() {
                of_texts.entry(fs::read_to_string(entry.path())?).or_default().push(name.clone());
            }
        }
    }
    let mut page = format!(
        "`{PROGRAM}` is made of its own sources and of parts of these crates and of the Rust standard \
         library (MIT OR Apache-2.0); the libraries in `{LIBRARIES}` have parts of the standard library of \
         Zig (MIT) and of LLVM's compiler-rt (Apache-2.0 WITH LLVM-exception).\n"
    );
    for (text, mut names) in of_texts {
        names.sort();
        names.dedup();
        page += &format!("\n{}\n{}\n\n{}\n", "=".repeat(80), names.join("\n"), text.trim_end());
    }
    Ok(page)
}

/// What a tool writes to its standard output.
fn tool(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = interrupt::tool::run(command, LIMIT)
        .map_err(|error| anyhow::anyhow!("{name}, which packing needs: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed ({}): {}", output.status, said.trim_end());
    Ok(output.stdout)
}
