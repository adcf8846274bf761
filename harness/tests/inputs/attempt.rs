//! A row made in a folder of its own, and held against what is asked of it and of every run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::row::Row;

/// Names a row's processes by what they inherit: a process may leave its group, not its environment.
const MARK: &str = "INPUTS_ROW";
/// The most that may be said on standard error.
const SAID_BYTES: usize = 16 << 10;
/// What no user wants to see: a fault of the program instead of the user's own.
const NEVER: [&str; 5] =
    ["panicked", "RUST_BACKTRACE", "stack backtrace", "Bus error", "Segmentation fault"];
/// Gives up what lets the superuser read and write what the modes forbid.
const PLAIN: &str = "plain() { if [ \"$(id -u)\" = 0 ]; then \
     setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"; else \"$@\"; fi; }\n";

/// Where the program is, and what of the machine every row sees.
pub(crate) struct Bench {
    /// The folder of `conform`.
    pub(crate) programs: &'static Path,
    /// The command of the adapter.
    pub(crate) adapter: String,
    /// The trial that it passes.
    pub(crate) one: &'static str,
}

/// What came of a row.
struct Seen {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The reports that people read.
    pages: Vec<(String, String)>,
}

impl Bench {
    /// Makes a row; what is wrong with what came is the error.
    pub(crate) fn attempt(&self, row: &Row) -> Result<(), String> {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let outcome = self.seen(row, scratch.path());
        // So that the folder can be removed.
        let _ = Command::new("chmod").args(["-R", "u+rwX"]).arg(scratch.path()).status();
        outcome
    }

    fn seen(&self, row: &Row, scratch: &Path) -> Result<(), String> {
        let io = |error: std::io::Error| format!("the row could not be made: {error}");
        let folder = scratch.join("work");
        let temporary = scratch.join("temporary");
        fs::create_dir(&folder).map_err(io)?;
        fs::create_dir(&temporary).map_err(io)?;
        for (name, text) in &row.files {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap_or(&folder)).map_err(io)?;
            fs::write(file, text).map_err(io)?;
        }
        let mut setup = self.shell(&row.setup, scratch, "setup").map_err(io)?;
        let made = setup.wait().map_err(io)?;
        if !made.success() {
            let said = fs::read(scratch.join("setup.stderr")).unwrap_or_default();
            return Err(format!("its setup failed: {}", String::from_utf8_lossy(&said)));
        }
        let before = names(&folder);
        let mut run = self.shell(&row.run, scratch, "run").map_err(io)?;
        let status = ended(&mut run, Duration::from_secs(row.limit_s)).map_err(io)?;
        let left = processes_left(scratch);
        let seen = status.map(|status| {
            let read = |name: &str| fs::read(scratch.join(name)).unwrap_or_default();
            Seen {
                status,
                stdout: read("run.stdout"),
                stderr: read("run.stderr"),
                pages: pages(&folder),
            }
        });
        let Some(seen) = seen else {
            return Err(format!("it had not ended after {} s", row.limit_s));
        };
        let mut wrong = seen.wrong(row);
        if left > 0 {
            wrong.push(format!("{left} of its processes still ran two seconds after it"));
        }
        let allowed = |name: &String| name == "reports" || row.leaves.contains(name);
        let new: Vec<String> =
            names(&folder).difference(&before).filter(|name| !allowed(name)).cloned().collect();
        if !new.is_empty() {
            wrong.push(format!("it left {} behind", new.join(", ")));
        }
        let temporary = names(&temporary);
        if !temporary.is_empty() {
            wrong.push(format!("it left {temporary:?} in the temporary folder"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let cut = |bytes: &[u8]| {
            String::from_utf8_lossy(&bytes[..bytes.len().min(1500)]).escape_debug().to_string()
        };
        Err(format!(
            "{}\n  run: {}\n  {}\n  stdout: {}\n  stderr: {}",
            wrong.join("\n"),
            row.run.trim(),
            seen.status,
            cut(&seen.stdout).replace("\\n", "\n    "),
            cut(&seen.stderr).replace("\\n", "\n    ")
        ))
    }

    fn shell(&self, script: &str, scratch: &Path, what: &str) -> std::io::Result<Child> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.programs.to_owned()).chain(std::env::split_paths(&path));
        Command::new("sh")
            .arg("-c")
            .arg(format!("{PLAIN}{script}"))
            .current_dir(scratch.join("work"))
            .env("PATH", std::env::join_paths(folders).map_err(std::io::Error::other)?)
            .env("BINDER", &self.adapter)
            .env("ONE", self.one)
            .env("TMPDIR", scratch.join("temporary"))
            .env(MARK, scratch)
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(File::create(scratch.join(format!("{what}.stdout")))?)
            .stderr(File::create(scratch.join(format!("{what}.stderr")))?)
            .process_group(0)
            .spawn()
    }
}

impl Seen {
    fn wrong(&self, row: &Row) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.status.code() != Some(row.code) {
            wrong.push(format!("{} where exit code {} is wanted", self.status, row.code));
        }
        let stderr = String::from_utf8_lossy(&self.stderr);
        let said = format!("{}{stderr}", String::from_utf8_lossy(&self.stdout));
        // What is said is broken where the terminal ends.
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_said = |part: &&String| part.split('|').any(|word| flat.contains(word));
        for part in row.says.iter().filter(|part| !is_said(part)) {
            wrong.push(format!("it does not say {part:?}"));
        }
        if self.stderr.len() > SAID_BYTES {
            wrong.push(format!("it says {} bytes on standard error", self.stderr.len()));
        }
        if stderr.contains(".rs:") {
            wrong.push("it names a line of its own source".to_owned());
        }
        for line in stderr.lines().filter(|line| line.starts_with("error")) {
            let parts: Vec<&str> = line.split(": ").collect();
            if let Some(twice) = parts.windows(2).find(|pair| pair[0] == pair[1]) {
                wrong.push(format!("it says {:?} twice", twice[0]));
            }
        }
        let texts = self.pages.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        for (place, text) in texts.chain([("the terminal", said.as_str())]) {
            for part in NEVER.into_iter().chain(row.never.iter().map(String::as_str)) {
                if text.contains(part) {
                    wrong.push(format!("{part:?} stands on {place}"));
                }
            }
            if let Some(found) = text.chars().find(|c| is_unfit(*c)) {
                wrong.push(format!("{found:?} stands on {place}"));
            }
        }
        wrong
    }
}

/// Whether a character does something to a terminal, or to the order of what stands there.
fn is_unfit(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The reports that people read, or that are shown to them.
fn pages(folder: &Path) -> Vec<(String, String)> {
    let name = |name: &&str| folder.join("reports/latest").join(name).is_file();
    ["report.md", "junit.xml"]
        .into_iter()
        .filter(name)
        .filter_map(|name| {
            let bytes = fs::read(folder.join("reports/latest").join(name)).ok()?;
            Some((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Waits for a process; where it takes too long, its group is killed.
fn ended(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let clock = Instant::now();
    while clock.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    child.wait()?;
    Ok(None)
}

/// How many processes of a row are still there after two seconds. They are killed.
fn processes_left(scratch: &Path) -> usize {
    let clock = Instant::now();
    loop {
        let left = processes(scratch);
        if left.is_empty() {
            return 0;
        }
        if clock.elapsed() > Duration::from_secs(2) {
            for pid in &left {
                let _ = kill_process(*pid, Signal::KILL);
            }
            return left.len();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn processes(scratch: &Path) -> Vec<Pid> {
    let mark = format!("{MARK}={}\0", scratch.display()).into_bytes();
    let is_ours = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|window| window == mark)
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(is_ours)
        .filter_map(Pid::from_raw)
        .collect()
}
