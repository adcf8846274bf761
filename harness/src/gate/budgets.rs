//! The file of budgets: what each shape may cost by exact counts, why, and what it was once.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use contract::bounds;
use corpus::case::error::{Fault, location};
use corpus::case::fields::{Fields, list, text, unexpected, word};
use corpus::case::yaml::{self, Node};
use measure::BenchRow;
use report::ReportError;
use serde::Serialize;

use crate::run;
use crate::valgrind::VALGRIND;

/// The head of the file.
const HEAD: &str = "\
# What calls cost by exact counts, and why they may (docs/measuring.md, The gate). Written by `conform gate --bless
# --reason TEXT`, which keeps what was before.
";
const FIELDS: [&str; 3] = ["subject", "made-with", "budgets"];
const KEY_FIELDS: [&str; 7] = ["arch", "features", "build", "rustc", "zig", "valgrind", "libc"];
const BUDGET_FIELDS: [&str; 8] =
    ["shape", "path", "instructions", "least", "floor", "allocations", "reason", "past"];
const PAST_FIELDS: [&str; 5] = ["instructions", "least", "floor", "allocations", "reason"];

/// The budgets of a binder.
#[derive(Clone, Debug, PartialEq)]
pub struct Budgets {
    /// The binder's name.
    pub subject: String,
    /// What they were counted with.
    pub key: Key,
    /// One a shape and path.
    pub budgets: Vec<Budget>,
}

/// What counts hang on beside the sources: only counts of one key are comparable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The architecture.
    pub arch: String,
    /// The level of its vector instructions, by which a C library chooses its copies.
    pub features: String,
    /// `release`, or `debug`, which no budget is for but in tests.
    pub build: String,
    /// The Rust compiler.
    pub rustc: String,
    /// Zig.
    pub zig: String,
    /// Valgrind.
    pub valgrind: String,
    /// The C library.
    pub libc: String,
}

/// What a shape may cost on a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// The shape.
    pub shape: String,
    /// The path.
    pub path: String,
    /// What it may cost.
    pub cost: Cost,
    /// What it might once, the oldest first.
    pub past: Vec<Cost>,
}

/// Counts of a call, and why they may be so.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Instructions of a call, the most of several counts.
    pub instructions: f64,
    /// The least of them, where that is another.
    pub least: Option<f64>,
    /// Instructions of a direct call.
    pub floor: f64,
    /// Heap allocations of a call.
    pub allocations: f64,
    /// Why.
    pub reason: String,
}

/// What a blessing changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Blessed {
    /// The shape and path.
    pub of: String,
    /// Instructions above the floor in the first budget that it had, if it had one.
    pub first: Option<f64>,
    /// Those of now.
    pub now: f64,
}

impl Key {
    /// What is counted with here.
    pub fn here() -> Key {
        let host = run::host();
        let libc = said("ldd").or_else(|| said("getconf")).unwrap_or_else(|| "unknown".to_owned());
        Key {
            arch: host.arch,
            features: features().to_owned(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
            rustc: host.rustc,
            zig: host.zig,
            valgrind: said(VALGRIND).unwrap_or_else(|| "none".to_owned()),
            libc,
        }
    }

    fn fields(&self) -> [(&'static str, &str); 7] {
        let Key { arch, features, build, rustc, zig, valgrind, libc } = self;
        let values = [arch, features, build, rustc, zig, valgrind, libc];
        std::array::from_fn(|at| (KEY_FIELDS[at], values[at].as_str()))
    }

    /// What differs, for people; nothing where counts are comparable.
    pub fn differs(&self, other: &Key) -> Option<String> {
        let pairs = self.fields().into_iter().zip(other.fields());
        let differ = pairs.filter(|(one, other)| one.1 != other.1);
        let told: Vec<String> =
            differ.map(|((name, was), (_, is))| format!("{name} {was}, here {is}")).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// The first line of a tool's version.
fn said(tool: &str) -> Option<String> {
    let output = Command::new(tool).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

#[cfg(target_arch = "x86_64")]
fn features() -> &'static str {
    if is_x86_feature_detected!("avx512f") {
        "x86-64-v4"
    } else if is_x86_feature_detected!("avx2") {
        "x86-64-v3"
    } else {
        "x86-64"
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> &'static str {
    std::env::consts::ARCH
}

impl Budget {
    fn is_of(&self, row: &BenchRow) -> bool {
        self.shape == row.shape && self.path == row.path
    }

    /// The most of its counts, as a row of a report that was counted and not timed.
    pub fn most(&self) -> BenchRow {
        self.row(self.cost.instructions)
    }

    /// The least of its counts, likewise.
    pub fn least(&self) -> BenchRow {
        self.row(self.cost.least.unwrap_or(self.cost.instructions))
    }

    fn row(&self, instructions: f64) -> BenchRow {
        BenchRow {
            shape: self.shape.clone(),
            path: self.path.clone(),
            instructions: Some(instructions),
            floor_instructions: Some(self.cost.floor),
            allocations: Some(self.cost.allocations),
            ..BenchRow::default()
        }
    }
}

impl Cost {
    fn of(row: &BenchRow, least: Option<&BenchRow>, reason: &str) -> Cost {
        let instructions = row.instructions.unwrap_or_default();
        Cost {
            instructions,
            least: least.and_then(|row| row.instructions).filter(|least| *least != instructions),
            floor: row.floor_instructions.unwrap_or_default(),
            allocations: row.allocations.unwrap_or_default(),
            reason: reason.to_owned(),
        }
    }

    fn above_the_floor(&self) -> f64 {
        self.instructions - self.floor
    }
}

impl Budgets {
    /// None yet.
    pub fn none(subject: &str) -> Budgets {
        Budgets { subject: subject.to_owned(), key: Key::here(), budgets: Vec::new() }
    }

    /// Reads a file of budgets.
    ///
    /// # Errors
    /// File, line and what is wrong there.
    pub fn read(file: &Path) -> Result<Budgets, String> {
        let whole = |why: String| format!("{}: {why}", file.display());
        let bytes =
            bounds::read(file, yaml::MOST_BYTES).map_err(|error| whole(error.to_string()))?;
        let source = String::from_utf8(bytes).map_err(|_| whole("it is not UTF-8".into()))?;
        let root = yaml::parse(&source)
            .map_err(|error| corpus::case::CorpusError::yaml(file, error, &FIELDS).to_string())?;
        let at = |fault: Fault| format!("{}: {}", location(file, fault.mark), fault.problem);
        budgets(&root).map_err(at)
    }

    /// The budget of a row.
    pub fn of(&self, row: &BenchRow) -> Option<&Budget> {
        self.budgets.iter().find(|budget| budget.is_of(row))
    }

    /// Takes counts as budgets from now on, the most and the least of several, with the reason why: of the shapes that
    /// `moved` says cost another thing, and of those that had none. What was before is kept. Where the key is another, every budget is new. Returns what changed.
    pub fn bless(
        &mut self,
        most: &[BenchRow],
        least: &[BenchRow],
        reason: &str,
        moved: impl Fn(&Budget, &BenchRow) -> bool,
    ) -> Vec<Blessed> {
        let here = Key::here();
        let is_same = self.key == here;
        self.key = here;
        let mut changed = Vec::new();
        for row in most {
            let is_it = |least: &&BenchRow| least.shape == row.shape && least.path == row.path;
            let cost = Cost::of(row, least.iter().find(is_it), reason);
            let of = format!("{} {}", row.shape, row.path);
            let now = cost.above_the_floor();
            match self.budgets.iter_mut().find(|budget| budget.is_of(row)) {
                Some(budget) if is_same && !moved(budget, row) => {}
                Some(budget) => {
                    budget.past.push(std::mem::replace(&mut budget.cost, cost));
                    let first = budget.past.first().map(Cost::above_the_floor);
                    changed.push(Blessed { of, first, now });
                }
                None => {
                    let (shape, path) = (row.shape.clone(), row.path.clone());
                    self.budgets.push(Budget { shape, path, cost, past: Vec::new() });
                    changed.push(Blessed { of, first: None, now });
                }
            }
        }
        changed
    }

    /// The budgets that no row is of.
    pub fn without_a_row<'a>(&'a self, rows: &'a [BenchRow]) -> impl Iterator<Item = &'a Budget> {
        self.budgets.iter().filter(|budget| !rows.iter().any(|row| budget.is_of(row)))
    }

    /// The file's text.
    pub fn render(&self) -> String {
        let mut out = String::from(HEAD);
        let _ = writeln!(out, "subject: {}\nmade-with:", quoted(&self.subject));
        for (name, value) in self.key.fields() {
            let _ = writeln!(out, "  {name}: {}", quoted(value));
        }
        out.push_str("budgets:\n");
        for Budget { shape, path, cost, past } in &self.budgets {
            let _ = writeln!(out, "  - shape: {shape}\n    path: {path}");
            self::cost(&mut out, "    ", "    ", cost);
            if !past.is_empty() {
                out.push_str("    past:\n");
                past.iter().for_each(|cost| self::cost(&mut out, "      - ", "        ", cost));
            }
        }
        out
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// What the system said.
    pub fn write(&self, file: &Path) -> Result<(), ReportError> {
        report::write_whole(file, &self.render())
    }
}

fn cost(out: &mut String, first: &str, then: &str, cost: &Cost) {
    let Cost { instructions, least, floor, allocations, reason } = cost;
    let _ = writeln!(out, "{first}instructions: {instructions}");
    if let Some(least) = least {
        let _ = writeln!(out, "{then}least: {least}");
    }
    let _ = writeln!(out, "{then}floor: {floor}\n{then}allocations: {allocations}");
    let _ = writeln!(out, "{then}reason: {}", quoted(reason));
}

/// A string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn budgets(root: &Node) -> Result<Budgets, Fault> {
    let fields = Fields::of(root, "a file of budgets", &FIELDS)?;
    let key = Fields::of(fields.require("made-with")?, "`made-with`", &KEY_FIELDS)?;
    let of_key = |field| Ok(text(key.require(field)?, field)?.to_owned());
    let key = Key {
        arch: of_key("arch")?,
        features: of_key("features")?,
        build: of_key("build")?,
        rustc: of_key("rustc")?,
        zig: of_key("zig")?,
        valgrind: of_key("valgrind")?,
        libc: of_key("libc")?,
    };
    let mut budgets: Vec<Budget> = Vec::new();
    for node in list(fields.require("budgets")?, "`budgets`")? {
        let fields = Fields::of(node, "a budget", &BUDGET_FIELDS)?;
        let shape = fields.require("shape")?;
        let budget = Budget {
            shape: word(shape, "the shape")?.to_owned(),
            path: word(fields.require("path")?, "the path")?.to_owned(),
            cost: read_cost(fields)?,
            past: match fields.get("past") {
                None => Vec::new(),
                Some(past) => {
                    list(past, "`past`")?.iter().map(past_cost).collect::<Result<_, _>>()?
                }
            },
        };
        if budgets.iter().any(|known| known.shape == budget.shape && known.path == budget.path) {
            return unexpected(shape, "the shape", "one that has no budget yet on this path");
        }
        budgets.push(budget);
    }
    let subject = text(fields.require("subject")?, "the subject")?.to_owned();
    Ok(Budgets { subject, key, budgets })
}

fn past_cost(node: &Node) -> Result<Cost, Fault> {
    read_cost(Fields::of(node, "a past budget", &PAST_FIELDS)?)
}

fn read_cost(fields: Fields<'_>) -> Result<Cost, Fault> {
    Ok(Cost {
        instructions: count(fields.require("instructions")?)?,
        least: fields.get("least").map(count).transpose()?,
        floor: count(fields.require("floor")?)?,
        allocations: count(fields.require("allocations")?)?,
        reason: text(fields.require("reason")?, "the reason")?.to_owned(),
    })
}

fn count(node: &Node) -> Result<f64, Fault> {
    match word(node, "a count")?.parse::<f64>() {
        Ok(count) if count.is_finite() && count >= 0.0 => Ok(count),
        _ => unexpected(node, "a count", "a number, 0 or above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(shape: &str, instructions: f64) -> BenchRow {
        BenchRow {
            shape: shape.to_owned(),
            path: "scalar".to_owned(),
            instructions: Some(instructions),
            floor_instructions: Some(12.0),
            allocations: Some(0.0),
            ..BenchRow::default()
        }
    }

    fn moved(was: &Budget, is: &BenchRow) -> bool {
        was.most().instructions != is.instructions
    }

    fn read(text: &str) -> Result<Budgets, String> {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let file = folder.path().join("budgets.yaml");
        std::fs::write(&file, text).expect("it is written");
        Budgets::read(&file).map_err(|error| error.replace(&*folder.path().to_string_lossy(), ""))
    }

    #[test]
    fn a_blessing_keeps_what_was_and_says_how_far_it_drifted() {
        let mut budgets = Budgets::none("reference-binder");
        let rows = [row("scalar-i64", 34.0), row("enum-echo", 50.0)];
        let least = [row("scalar-i64", 34.0), row("enum-echo", 47.0)];
        assert_eq!(budgets.bless(&rows, &least, "first", moved).len(), 2);
        let costs = budgets.budgets.iter().map(|budget| budget.cost.least);
        assert_eq!(costs.collect::<Vec<_>>(), [None, Some(47.0)]);
        let first = budgets.bless(&[row("scalar-i64", 40.0)], &[], "a check \"more\"", moved);
        assert_eq!(first.len(), 1);
        let again =
            budgets.bless(&[row("scalar-i64", 45.0), rows[1].clone()], &[], "another", moved);
        let drift = Blessed { of: "scalar-i64 scalar".into(), first: Some(22.0), now: 33.0 };
        assert_eq!(again, [drift]);
        assert_eq!(budgets.budgets[0].past.len(), 2);
        assert_eq!(budgets.budgets[1].past, []);
        assert_eq!(read(&budgets.render()), Ok(budgets));
    }

    #[test]
    fn another_toolchain_is_told_and_blessed_anew() {
        let mut budgets = Budgets::none("reference-binder");
        budgets.bless(&[row("scalar-i64", 34.0)], &[], "first", moved);
        budgets.key.rustc = "rustc 1.0.0".to_owned();
        let differs = budgets.key.differs(&Key::here()).expect("it differs");
        assert!(differs.starts_with("rustc rustc 1.0.0, here "), "{differs}");
        assert_eq!(
            budgets.bless(&[row("scalar-i64", 34.0)], &[], "another compiler", moved).len(),
            1
        );
        assert_eq!(budgets.key.differs(&Key::here()), None);
    }

    #[test]
    fn a_file_that_is_wrong_says_where() {
        let mut budgets = Budgets::none("reference-binder");
        budgets.bless(&[row("scalar-i64", 34.0)], &[], "first", moved);
        let text = budgets.render();
        for (from, to, said) in [
            ("instructions: 34", "instructions: many", "/budgets.yaml:15:"),
            ("instructions: 34", "instructions: -1", "a number, 0 or above"),
            ("    reason: \"first\"\n", "", "`reason`"),
            ("allocations", "alocations", "closest: `allocations`"),
            ("  zig:", "  gcc:", "made-with"),
            ("budgets:\n", "budgets: none\n", ":"),
        ] {
            let error = read(&text.replacen(from, to, 1)).expect_err(to);
            assert!(error.contains(said), "{to}: {error}");
        }
        let (head, budget) = text.split_once("budgets:\n").expect("there are some");
        let twice = read(&format!("{head}budgets:\n{budget}{budget}")).expect_err("twice");
        assert!(twice.contains("no budget yet"), "{twice}");
    }
}
