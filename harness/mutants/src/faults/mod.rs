//! The faults, a file a family. A new one is an entry of its family's table; a new family is a file here, its
//! `mod` and a line in [`FAMILIES`].

mod aggregates;
mod binding;
mod by_value;
mod callbacks;
mod calling;
mod collections;
mod errno;
mod errors;
mod first_use;
mod floats;
mod heat;
mod integers;
mod kept;
mod library;
mod lifetime;
mod long_calls;
mod machine;
mod measure;
mod memory;
mod numbers;
mod paths;
mod positions;
mod room;
mod signatures;
mod size;
mod state;
mod structs;
mod text;
mod told;
mod variadics;
mod wire;

/// In place of an arm: a short measurement, the binder in a process of its own.
pub const BENCH: &str = "bench";
/// The same, the binder in the process that measures, as the reference binder is.
pub const BENCH_IN_PROCESS: &str = "bench-in-process";
/// In place of an arm: trials of [`MEMCHECKED`] under valgrind, where there is one. What is written behind a
/// binder's own block is otherwise seen by chance.
pub const MEMCHECK: &str = "memcheck";
/// The trials under valgrind.
pub const MEMCHECKED: &str = "round-trip::sizes::small-strings-behind-one-that-leaves-little";

/// A binder that breaks one rule.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it, for people.
    pub breaks: &'static str,
    /// The clauses it breaks, one of which the trial that catches it must blame; none where it lies of its
    /// cost alone.
    pub clauses: &'static [&'static str],
    /// How that trial fails.
    pub class: Class,
    /// The arms that must catch it; among them, where its figures are not to be believed, [`BENCH`] and
    /// [`BENCH_IN_PROCESS`], and where it writes behind its own memory, [`MEMCHECK`].
    pub arms: &'static [&'static str],
    /// Where it is in the sources.
    pub edits: &'static [Edit],
}

impl Fault {
    /// One that a case shows as it is: something else comes of its round trip.
    const fn shown(
        name: &'static str,
        breaks: &'static str,
        clauses: &'static [&'static str],
        edits: &'static [Edit],
    ) -> Fault {
        Fault { name, breaks, clauses, class: Class::Fail, arms: &["round-trip"], edits }
    }
}

/// Words of a source, and what stands there instead.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// The file, from the root of the workspace.
    pub file: &'static str,
    /// An expression, or whole statements, which stands there once.
    pub replace: &'static str,
    /// What stands there while the fault is on.
    pub with: &'static str,
}

/// The classes of failures (docs/known-failures.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What was observed is not what was expected.
    Fail,
    /// It refused what it should have served.
    Refuse,
    /// Its process ended.
    Crash,
    /// It did not answer in time.
    Timeout,
    /// Something is held that was to be given back.
    Leak,
}

/// Every family, and its faults.
pub const FAMILIES: &[(&str, &[Fault])] = &[
    ("aggregates", aggregates::FAULTS),
    ("binding", binding::FAULTS),
    ("by-value", by_value::FAULTS),
    ("callbacks", callbacks::FAULTS),
    ("calling", calling::FAULTS),
    ("collections", collections::FAULTS),
    ("errno", errno::FAULTS),
    ("errors", errors::FAULTS),
    ("first-use", first_use::FAULTS),
    ("floats", floats::FAULTS),
    ("heat", heat::FAULTS),
    ("integers", integers::FAULTS),
    ("kept", kept::FAULTS),
    ("library", library::FAULTS),
    ("lifetime", lifetime::FAULTS),
    ("long-calls", long_calls::FAULTS),
    ("machine", machine::FAULTS),
    ("measure", measure::FAULTS),
    ("memory", memory::FAULTS),
    ("numbers", numbers::FAULTS),
    ("paths", paths::FAULTS),
    ("positions", positions::FAULTS),
    ("room", room::FAULTS),
    ("signatures", signatures::FAULTS),
    ("size", size::FAULTS),
    ("state", state::FAULTS),
    ("structs", structs::FAULTS),
    ("text", text::FAULTS),
    ("told", told::FAULTS),
    ("variadics", variadics::FAULTS),
    ("wire", wire::FAULTS),
];

/// Every fault; its place here is the number of its switch.
pub fn all() -> Vec<&'static Fault> {
    FAMILIES.iter().flat_map(|(_, faults)| faults.iter()).collect()
}

/// The number of a fault's switch.
pub fn number(name: &str) -> Option<usize> {
    all().iter().position(|fault| fault.name == name)
}

impl Fault {
    /// Whether it is a fault of a library at wire level, and not of a binder.
    pub fn is_at_wire(&self) -> bool {
        let wire = [
            "harness/src/served/answered.rs",
            "harness/src/served/kept.rs",
            "harness/src/served/looped.rs",
            "harness/src/served/members.rs",
            "harness/src/served/native.rs",
            "harness/src/served/wire.rs",
        ];
        self.edits.iter().all(|edit| wire.contains(&edit.file))
    }
}

impl Class {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Fail => "fail",
            Class::Refuse => "refuse",
            Class::Crash => "crash",
            Class::Timeout => "timeout",
            Class::Leak => "leak",
        }
    }
}
