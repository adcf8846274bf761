//! Another build of a binder, to hold costs against.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use interrupt::tool;

use crate::binder::Binder;

/// For a build from nothing on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(3600);
/// For a tool that only looks.
const LIMIT: Duration = Duration::from_secs(120);

/// Another build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// What it was asked for as, and what that is.
    pub name: String,
    /// The words that start it as a program that speaks the protocol.
    pub words: Vec<String>,
    /// The `conform` that has it as its reference binder, and can count what it does.
    pub conform: Option<PathBuf>,
}

/// Finds what costs are held against: for the reference binder a `conform` executable, or a git revision of the sources,
/// which is built; for another binder a command or a library, as `--binder` takes it. `sources` says where the sources
/// are, or why there are none.
///
/// # Errors
/// What is wrong, and what to do.
pub fn find(
    against: &str,
    head: &Binder,
    server: &Path,
    sources: &dyn Fn() -> Result<PathBuf, String>,
) -> Result<Base, String> {
    if !head.is_reference() {
        let limits = head.launch().map(|launch| launch.limits).unwrap_or_default();
        let base =
            Binder::named(against, &[], server, limits).map_err(|error| error.to_string())?;
        let words = base.launch().map(|launch| launch.words.clone()).unwrap_or_default();
        return Ok(Base { name: against.to_owned(), words, conform: None });
    }
    let path = Path::new(against);
    if path.is_file() {
        let path = std::path::absolute(path).map_err(|error| format!("{against}: {error}"))?;
        return Ok(conform(against.to_owned(), path));
    }
    let sources =
        sources().map_err(|why| format!("`{against}` is no executable here, and {why}"))?;
    let hash = revision(against, &sources)?;
    let short = &hash[..hash.len().min(12)];
    let name =
        if hash.starts_with(against) { short.to_owned() } else { format!("{against}, {short}") };
    Ok(conform(name, build(&hash, &sources)?))
}

fn conform(name: String, path: PathBuf) -> Base {
    let words = vec![path.display().to_string(), "serve".to_owned()];
    Base { name, words, conform: Some(path) }
}

/// Whether two commands are one: word by word the same, or files of the same bytes.
pub fn is_same(one: &[String], other: &[String]) -> bool {
    let same = |(one, other): (&String, &String)| one == other || is_same_file(one, other);
    one.len() == other.len() && one.iter().zip(other).all(same)
}

fn is_same_file(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|path| fs::read(path).ok());
    one.is_some() && one == other
}

fn revision(against: &str, sources: &Path) -> Result<String, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(sources).args(["rev-parse", "--verify", "--quiet", "--end-of-options"]);
    git.arg(format!("{against}^{{commit}}"));
    match tool::run(&mut git, LIMIT) {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(_) => Err(format!(
            "`{against}` is no executable here and no revision of {}: name one of these with --against",
            sources.display()
        )),
        Err(error) => Err(format!("git says nothing of `{against}`: {error}")),
    }
}

/// Builds a revision as this program was built, beside its own builds. One that is there is not built again.
fn build(hash: &str, sources: &Path) -> Result<PathBuf, String> {
    let folder = sources.join("target/gate");
    let (tree, program) = (folder.join(hash), folder.join(format!("conform-{hash}")));
    if program.is_file() {
        return Ok(program);
    }
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    // What a build that was stopped left is not the revision.
    if tree.exists() {
        fs::remove_dir_all(&tree).map_err(said)?;
    }
    fs::create_dir_all(&tree).map_err(said)?;
    let archive = folder.join(format!("{hash}.tar"));
    let mut git = Command::new("git");
    git.arg("-C").arg(sources).arg("archive").arg("--output").arg(&archive).arg(hash);
    done(&mut git, "the revision is not packed", LIMIT)?;
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&archive).arg("-C").arg(&tree);
    done(&mut tar, "the revision is not unpacked", LIMIT)?;
    fs::remove_file(&archive).map_err(said)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&tree).args([
        "build",
        "--release",
        "--locked",
        "-p",
        "harness",
        "--bin",
        "conform",
    ]);
    // One folder for all revisions: what they share is built once.
    cargo.arg("--target-dir").arg(folder.join("build")).stdin(Stdio::null());
    done(&mut cargo, "the revision is not built", BUILD_LIMIT)?;
    // A copy that was broken off is not the program.
    let copy = program.with_extension("partial");
    fs::copy(folder.join("build/release/conform"), &copy).map_err(said)?;
    fs::rename(&copy, &program).map_err(said)?;
    Ok(program)
}

fn done(command: &mut Command, what: &str, limit: Duration) -> Result<(), String> {
    let output = tool::run(command, limit).map_err(|error| format!("{what}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().take(5).collect::<Vec<_>>();
    let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
    Err(format!("{what}: `{}` {}: {last}", command.get_program().display(), output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_copy_is_the_same_and_a_byte_more_is_not() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("it is written");
            path.display().to_string()
        };
        let [one, copy, other] = [file("one", "a"), file("copy", "a"), file("other", "ab")];
        assert!(is_same(&[one.clone(), "serve".into()], &[copy, "serve".into()]));
        assert!(!is_same(&[one.clone(), "serve".into()], &[other, "serve".into()]));
        assert!(!is_same(&[one], &words("gone")));
        assert!(is_same(&words("python3 mine.py"), &words("python3 mine.py")));
        assert!(!is_same(&words("python3 mine.py"), &words("python3")));
    }

    #[test]
    fn what_is_neither_a_file_nor_a_revision_says_so() {
        let sources = || Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let server = Path::new("conform");
        let head = Binder::named("reference", &[], server, Default::default()).expect("it is one");
        let error = find("no-such-revision", &head, server, &sources).expect_err("it is none");
        assert!(error.contains("`no-such-revision`"), "{error}");
        let none = || Err("there are no sources".to_owned());
        let error = find("HEAD", &head, server, &none).expect_err("there is nothing to build");
        assert!(error.contains("`HEAD`") && error.contains("there are no sources"), "{error}");
        let head = Binder::named("./mine", &[], server, Default::default()).expect("it is one");
        let base = find("./theirs --fast", &head, server, &sources).expect("it is a command");
        assert_eq!(base.words, words("./theirs --fast"));
    }
}
