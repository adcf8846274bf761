//! The files the rules look at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is never looked into where there is no git to say what belongs to the project.
const NOT_OURS: [&str; 6] = ["target", ".git", ".zig-cache", "zig-out", "node_modules", "latest"];

/// Written by the suite, and kept as it wrote it: no rule for sources is one for these.
const WRITTEN: &str = "reports/published/";

/// The project's text files by path from the root of the workspace, with `/` between folders.
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, String>,
    /// Paths git tracks; `None` where there is no git checkout.
    pub(crate) tracked: Option<BTreeSet<String>>,
}

impl Tree {
    /// The workspace this test belongs to: what git tracks or would add; without git, every file.
    pub(crate) fn of_the_workspace() -> Tree {
        let root = root();
        let tracked = git_files(&root, &["--cached"]);
        let paths = git_files(&root, &["--cached", "--others", "--exclude-standard"])
            .unwrap_or_else(|| walk(&root));
        let paths = paths.into_iter().filter(|path| !path.starts_with(WRITTEN));
        // A file may be tracked and deleted, or not be text: neither can break a rule for texts.
        let read =
            |path: String| fs::read_to_string(root.join(&path)).ok().map(|text| (path, text));
        let files: BTreeMap<String, String> = paths.filter_map(read).collect();
        assert!(files.contains_key("harness/tests/tidy/tree.rs"), "the wrong folder was listed");
        Tree { files, tracked }
    }

    /// Files made up for a test of a rule.
    pub(crate) fn planted(files: &[(&str, &str)]) -> Tree {
        let files: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Tree { files, tracked: None }
    }

    /// Files whose path begins with `under` and ends with one of the extensions.
    pub(crate) fn texts<'a>(
        &'a self,
        under: &'a str,
        extensions: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .filter(move |(path, _)| path.starts_with(under))
            .filter(|(path, _)| {
                path.rsplit_once('.').is_some_and(|(_, ext)| extensions.contains(&ext))
            })
    }
}

/// The root of the workspace this test belongs to, or of the one that `TIDY_ROOT` names.
pub(crate) fn root() -> PathBuf {
    if let Some(other) = std::env::var_os("TIDY_ROOT") {
        return other.into();
    }
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().expect("the crate is in a workspace").to_owned()
}

fn git_files(root: &Path, options: &[&str]) -> Option<BTreeSet<String>> {
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .arg("ls-files")
        .arg("-z")
        .args(options)
        .current_dir(root)
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let listing = String::from_utf8(output.stdout).ok()?;
    Some(listing.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn walk(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("a folder of the workspace can be read");
        for entry in entries {
            let path = entry.expect("a folder's entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(relative(&path, root));
            }
        }
    }
    found
}

fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).expect("the walk stays below the root");
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[test]
fn without_git_the_walk_finds_what_git_lists() {
    let root = root();
    let walked = walk(&root);
    assert!(walked.contains("harness/tests/tidy/tree.rs"));
    assert!(walked.contains("Cargo.toml"));
    assert!(!walked.iter().any(|path| path.starts_with("target/") || path.starts_with(".git/")));
}
