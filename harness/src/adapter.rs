//! Folders of adapters: a program that holds a binder, and in `adapter.yaml` how it is judged. Beside it stand a
//! README.md and, where anything is known to fail, `known-failures.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use corpus::case::error::Fault;
use corpus::case::fields::{Fields, list, text, word};
use corpus::case::yaml::{self, Node};
use judge::dialect::FORMS;
use judge::row::{CaseRow, Reason, TrialOutcome};
use report::Report;
use subject::Capability;

/// What `adapter.yaml` says.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// `wire` or `contract`.
    pub level: String,
    /// The words that start it, in its folder.
    pub command: Vec<String>,
    /// Words of a command that succeeds where it can run.
    pub needs: Vec<String>,
    /// The arms it is judged by; all, where none is named.
    pub arms: Vec<String>,
    /// Parts of the only reasons why a trial that it owes is not judged.
    pub gated: Vec<String>,
    /// Options of `conform check` beside those, limits and restarts say; none where it is left out.
    pub options: Vec<String>,
}

const FIELDS: [&str; 6] = ["level", "command", "needs", "arms", "gated", "options"];

/// The known failures of a folder, in it.
const KNOWN: &str = "known-failures.yaml";

/// The folders of adapters in a folder, by name. A folder without `adapter.yaml` is none.
///
/// # Errors
/// What the system said of the folder.
pub fn folders(of: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", of.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(of).map_err(said)? {
        let path = entry.map_err(said)?.path();
        if path.join("adapter.yaml").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

impl Manifest {
    /// Reads `adapter.yaml` of a folder.
    ///
    /// # Errors
    /// File, line and what is wrong there.
    pub fn read(folder: &Path) -> Result<Manifest, String> {
        let file = folder.join("adapter.yaml");
        let said = |problem: String| format!("{}: {problem}", file.display());
        let source = fs::read_to_string(&file).map_err(|error| said(error.to_string()))?;
        let root = yaml::parse(&source).map_err(|error| said(format!("{error:?}")))?;
        let at = |fault: Fault| said(format!("line {}: {}", fault.mark.line, fault.problem));
        manifest(&root).map_err(at)
    }

    /// Why what it needs is not here, where it is not.
    pub fn lacking(&self, folder: &Path) -> Option<String> {
        let (program, arguments) = self.needs.split_first()?;
        let told = match Command::new(program).args(arguments).current_dir(folder).output() {
            Ok(output) if output.status.success() => return None,
            Ok(output) => output.status.to_string(),
            Err(error) => error.to_string(),
        };
        Some(format!("`{}` does not work here: {told}", shell_words::join(&self.needs)))
    }

    /// The command that judges it, as `conform`: what is left to be said is where the report goes.
    pub fn check(&self, folder: &Path, conform: &Path) -> Command {
        let mut command = Command::new(conform);
        command.current_dir(folder).arg("check");
        command.args(["--binder", &shell_words::join(&self.command)]);
        command.args(self.arms.iter().flat_map(|arm| ["--arm", arm])).args(&self.options);
        if folder.join(KNOWN).is_file() {
            command.args(["--expected", KNOWN]);
        }
        command
    }

    /// The command of a process that measures it, as `conform`: what is left to be said is the work.
    pub fn measure(&self, folder: &Path, conform: &Path) -> Command {
        let mut command = Command::new(conform);
        command.current_dir(folder);
        command.args(["--binder", &shell_words::join(&self.command)]).args(&self.options);
        command
    }

    /// Whether it is a program of another machine, which is judged here and neither measured nor published: its binder is
    /// called what the same is called on this one.
    pub fn is_of_another_machine(&self) -> bool {
        self.options.iter().any(|option| option == "--target")
    }

    /// What is wrong with a report of it in which nothing failed: a library that serves less than it did is gated,
    /// which no list of known failures sees.
    pub fn complaints(&self, report: &Report) -> Vec<String> {
        let mut wrong = Vec::new();
        let level = report.subject.level.name();
        if level != self.level {
            wrong.push(format!(
                "adapter.yaml says that its level is {}, itself {level}",
                self.level
            ));
        }
        // What is the suite's own at its level, or nobody can say under its dialects, tells nothing of it.
        let told = |row: &&CaseRow| {
            row.outcome == TrialOutcome::Gated
                && !matches!(row.reason, Some(Reason::NotOwed | Reason::NotKnown))
        };
        for row in report.cases.iter().filter(told) {
            let reason = row.observed.as_deref().unwrap_or_default();
            // What a binder need not have (K, G, W, M-4) is no less than it served.
            let errno = [Capability::Errno, Capability::SetErrno];
            let is_of_a_form =
                FORMS.iter().chain(&errno).any(|one| reason.contains(&format!("`{}`", one.name())));
            if !is_of_a_form && !self.gated.iter().any(|known| reason.contains(known)) {
                wrong.push(format!("{}::{} is gated: {reason}", row.arm, row.id));
            }
        }
        let is_part = report.suite.asked.as_ref().is_some_and(|asked| asked.shard.is_some());
        let few = if is_part { FEW } else { 1 };
        for arm in &self.arms {
            let rows: Vec<&CaseRow> = report.cases.iter().filter(|row| row.arm == *arm).collect();
            if rows.len() >= few && !rows.iter().any(|row| row.outcome.ran()) {
                wrong.push(format!("no trial of {arm} ran"));
            }
        }
        wrong
    }
}

/// Of an arm with fewer trials a shard may have none that a library serves.
const FEW: usize = 8;

fn manifest(root: &Node) -> Result<Manifest, Fault> {
    let fields = Fields::of(root, "an adapter's manifest", &FIELDS)?;
    let texts = |field| -> Result<Vec<String>, Fault> {
        list(fields.require(field)?, field)?
            .iter()
            .map(|node| Ok(text(node, field)?.to_owned()))
            .collect()
    };
    Ok(Manifest {
        level: word(fields.require("level")?, "the level")?.to_owned(),
        command: texts("command")?,
        needs: texts("needs")?,
        arms: texts("arms")?,
        gated: texts("gated")?,
        options: if fields.get("options").is_some() { texts("options")? } else { Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapters() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("adapters")
    }

    #[test]
    fn the_page_s_example_is_one() {
        let page = fs::read_to_string(adapters().join("README.md")).unwrap();
        let (_, example) = page.split_once("```yaml\n").expect("an example");
        let (example, _) = example.split_once("```").expect("its end");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("adapter.yaml"), example).unwrap();
        let manifest = Manifest::read(folder.path()).unwrap();
        assert_eq!(manifest.level, "wire");
        for arm in &manifest.arms {
            assert!(judge::arm::named(arm).is_some(), "{arm}");
        }
        assert!(FIELDS.iter().all(|field| example.contains(&format!("{field}:"))), "{example}");
    }

    /// What was compiled of other sources than those that are there cannot run here.
    #[test]
    fn stale_classes_are_none() {
        for (name, folder, changed) in [
            ("jna", "jna", "jdk-ffm/Wire.java"),
            ("jna", "jna", "jna/install"),
            ("jnr", "jnr", "jnr/Jnr.java"),
            ("jdk-ffm", "jdk-ffm", "jdk-ffm/Ffm.java"),
            ("jdk-ffm-arguments", "jdk-ffm", "jdk-ffm/Loops.java"),
        ] {
            let scratch = tempfile::tempdir().unwrap();
            for one in ["jdk-ffm", "jdk-ffm-arguments", "jna", "jnr"] {
                let to = scratch.path().join(one);
                fs::create_dir_all(to.join("classes")).unwrap();
                for entry in fs::read_dir(adapters().join(one)).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_file() {
                        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
                    }
                }
            }
            let made = scratch.path().join(folder);
            // As the last line of `install` notes what it compiled.
            let install = fs::read_to_string(made.join("install")).unwrap();
            let note = install.lines().find(|line| line.trim().starts_with("sha256sum install"));
            let note = note.expect("it notes its sources");
            let adapter = scratch.path().join(name);
            let manifest = Manifest::read(&adapter).unwrap();
            assert!(manifest.lacking(&adapter).is_some(), "{name}: nothing is compiled");
            let noted = Command::new("sh").args(["-c", note]).current_dir(&made).status().unwrap();
            assert!(noted.success());
            assert_eq!(manifest.lacking(&adapter), None, "{name}");
            let changed = scratch.path().join(changed);
            let text = fs::read_to_string(&changed).unwrap();
            fs::write(&changed, format!("{text}\n")).unwrap();
            assert!(manifest.lacking(&adapter).is_some(), "{name}: {}", changed.display());
        }
    }
}
