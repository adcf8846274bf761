//! Plants the faults: copies the sources of the reference binder and of what serves it, each fault's edits
//! made in them behind a switch.

#[path = "src/faults/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of the library")]
mod faults;
#[path = "src/plant.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of the library")]
mod plant;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The sources, from the root of the workspace: the folder, and the module it becomes.
const SOURCES: [(&str, &str); 2] =
    [("reference-binder/src", "lib.rs"), ("harness/src/served", "mod.rs")];

/// The copies are held to the lints where they stand.
const ALLOWED: &str = "#[allow(warnings, clippy::all, unsafe_code, clippy::undocumented_unsafe_blocks, \
                       clippy::multiple_unsafe_ops_per_block, clippy::missing_safety_doc, \
                       clippy::allow_attributes_without_reason, clippy::wildcard_imports, \
                       clippy::enum_glob_use, clippy::disallowed_methods, reason = \"copies\")]";

fn main() {
    if let Err(error) = build() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut roots = String::new();
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    for ((folder, first), module) in SOURCES.into_iter().zip(["binder", "served"]) {
        // What an earlier build copied may have another name now.
        if out.join(folder).exists() {
            fs::remove_dir_all(out.join(folder))?;
        }
        copy(&root, Path::new(folder), &out, &mut files, &mut wrong)?;
        let first = out.join(folder).join(first);
        roots.push_str(&format!("{ALLOWED}\n#[path = {first:?}]\nmod {module};\n"));
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    for fault in faults::all() {
        for edit in fault.edits.iter().filter(|edit| !files.contains(&edit.file.to_owned())) {
            wrong.push(format!(
                "the fault `{}` edits {}, which is not there",
                fault.name, edit.file
            ));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    fs::write(out.join("planted.rs"), roots)?;
    Ok(())
}

/// Copies the Rust files of a folder, with the faults planted: their names, and what is wrong with faults.
fn copy(
    root: &Path,
    folder: &Path,
    out: &Path,
    files: &mut Vec<String>,
    wrong: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(out.join(folder))?;
    for entry in fs::read_dir(root.join(folder))? {
        let path = folder.join(entry?.file_name());
        if root.join(&path).is_dir() {
            copy(root, &path, out, files, wrong)?;
            continue;
        }
        let name = path.to_str().ok_or("a file's name is not text")?.to_owned();
        let text = fs::read_to_string(root.join(&path))?;
        match plant::plant(&name, &text, &faults::all()) {
            Ok(planted) => fs::write(out.join(&path), plant::moved(&planted))?,
            Err(errors) => wrong.push(errors),
        }
        files.push(name);
    }
    Ok(())
}
