//! The shards of a run joined: the report that the whole would have made.
//!
//! Nothing is joined that is not a part of one run. What a report was asked for and by whom it was judged says
//! so, and how many trials there are of all shards together says that none is missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use judge::plan::Shard;
use judge::row::{CaseRow, SomeRow, StaleRow};
use measure::{BenchRow, SHAPES, ScalingRow, series};

use crate::Verdict;
use crate::model::{
    Asked, ClauseRow, Counts, Host, ProgramRow, Report, ShardRow, SubjectInfo, SuiteInfo,
};

/// What keeps reports from being joined.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A run that came to nothing.
    #[error("{name} judged nothing: {why}")]
    Nothing {
        /// The report.
        name: String,
        /// What it says.
        why: String,
    },
    /// A report of a run that was not split.
    #[error("{name} is of a run that was not split: only reports of `--shard K/N` are joined")]
    NoShard {
        /// The report.
        name: String,
    },
    /// Counts that are not those of its trials.
    #[error("{name} does not add up: {why}")]
    Unaccounted {
        /// The report.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Reports of several runs.
    #[error("{name} is of another run than {first}: {what} {found}, and not {wanted}")]
    Mixed {
        /// The report.
        name: String,
        /// The first report.
        first: String,
        /// What differs.
        what: &'static str,
        /// What it is.
        found: String,
        /// What it is in the first.
        wanted: String,
    },
    /// A shard twice.
    #[error("the shard {shard} is there twice, as {first} and as {name}")]
    Doubled {
        /// The shard.
        shard: String,
        /// The report that has it, too.
        first: String,
        /// The report.
        name: String,
    },
    /// Shards that are not there.
    #[error("of {count} shards these are missing: {}", missing.join(", "))]
    Missing {
        /// How many there are to be.
        count: usize,
        /// Those that are not there.
        missing: Vec<String>,
    },
    /// One trial, or one figure, in two shards.
    #[error("{what} is in {first} and in {name}: shards have nothing in common")]
    Overlap {
        /// The trial, or the shape and path.
        what: String,
        /// The report that has it, too.
        first: String,
        /// The report.
        name: String,
    },
}

/// A report with its name, and what it was asked for.
struct Part<'r> {
    name: &'r str,
    report: &'r Report,
    asked: &'r Asked,
    shard: ShardRow,
}

/// The report of the whole, as the command that joins them leaves it.
///
/// # Errors
/// [`MergeError`], the first there is.
pub fn merge(reports: &[(String, Report)], command: String) -> Result<Report, MergeError> {
    let mut parts = reports.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = parts.first() else {
        return Err(MergeError::Missing { count: 1, missing: vec!["1/1".to_owned()] });
    };
    for other in &parts[1..] {
        is_of_the_same_run(first, other)?;
    }
    parts.sort_by_key(|part| part.shard.index);
    are_all_there(&parts)?;
    parts.iter().try_for_each(|part| has_its_share(part))?;
    let trials = |report: &Report| {
        report.cases.iter().map(|case| format!("{}::{}", case.arm, case.id)).collect()
    };
    nothing_is_in_two(&parts, trials)?;
    let shapes = |report: &Report| report.bench.iter().map(|row| row.shape.clone()).collect();
    nothing_is_in_two(&parts, shapes)?;
    Ok(whole(&parts, command))
}

fn part((name, report): &(String, Report)) -> Result<Part<'_>, MergeError> {
    let own = || name.clone();
    if let (0, Some(why)) = (report.counts.planned, &report.suite.cut_short) {
        return Err(MergeError::Nothing { name: own(), why: why.clone() });
    }
    if report.verdict() == Verdict::Unaccounted {
        let why = "its counts or clauses are not those of its trials".to_owned();
        return Err(MergeError::Unaccounted { name: own(), why });
    }
    let asked = report.suite.asked.as_ref();
    let Some((asked, shard)) = asked.and_then(|asked| Some((asked, asked.shard?))) else {
        return Err(MergeError::NoShard { name: own() });
    };
    if !(1..=shard.count).contains(&shard.index) {
        let why = format!("there is no shard {shard}");
        return Err(MergeError::Unaccounted { name: own(), why });
    }
    Ok(Part { name, report, asked, shard })
}

fn is_of_the_same_run(first: &Part<'_>, other: &Part<'_>) -> Result<(), MergeError> {
    let (wanted, found) = (identity(first), identity(other));
    let differs = wanted.into_iter().zip(found).find(|(wanted, found)| wanted != found);
    match differs {
        None => Ok(()),
        Some(((what, wanted), (_, found))) => Err(MergeError::Mixed {
            name: other.name.to_owned(),
            first: first.name.to_owned(),
            what,
            found,
            wanted,
        }),
    }
}

/// What every part of a run has in common.
fn identity(part: &Part<'_>) -> Vec<(&'static str, String)> {
    let SubjectInfo { name, version, language, level, capabilities, dialects, lacks, .. } =
        &part.report.subject;
    let Host { os, arch, cpu, cores: _, rustc, zig } = &part.report.host;
    let SuiteInfo { version: suite, hash, replayed, .. } = &part.report.suite;
    let Asked {
        filters,
        arms,
        without,
        shard: _,
        trials,
        seed,
        strict,
        target,
        under,
        expected,
        effort,
    } = part.asked;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let list = |words: &[String]| match words {
        [] => "none".to_owned(),
        words => words.join(" "),
    };
    let mut rows = vec![
        ("the suite is", suite.clone()),
        ("the corpus is", hash.clone()),
        ("the binder is", format!("{name} {version}")),
        ("it is used from", language.clone()),
        ("its level is", level.name().to_owned()),
        ("its dialects are", list(dialects)),
        ("its capabilities are", list(capabilities)),
        ("it lacks", list(lacks)),
        ("the shards are", part.shard.count.to_string()),
        ("`--filter` is", list(filters)),
        ("`--arm` is", list(arms)),
        ("`--without` is", list(without)),
        ("`--seed` is", seed.map_or("none".to_owned(), |seed| seed.to_string())),
        ("`--strict` is", strict.to_string()),
        ("`--target` is", target.clone()),
        ("the binder ran under", or_none(under)),
        ("the list of known failures has the hash", or_none(expected)),
        ("the measurement is", or_none(effort)),
        ("replayed is", replayed.is_some().to_string()),
        ("trials of all shards together are", trials.to_string()),
        ("the system is", format!("{os} {arch}")),
        ("the compilers are", format!("{rustc}, Zig {zig}")),
    ];
    // A verdict hangs on no processor; a figure does.
    if effort.is_some() {
        rows.push(("the processor that measured is", or_none(cpu)));
    }
    rows
}

/// Missing shards that are named.
const NAMED: usize = 20;

fn are_all_there(parts: &[Part<'_>]) -> Result<(), MergeError> {
    for pair in parts.windows(2) {
        let [one, two] = pair else { continue };
        if one.shard == two.shard {
            let (shard, first) = (one.shard.to_string(), one.name.to_owned());
            return Err(MergeError::Doubled { shard, first, name: two.name.to_owned() });
        }
    }
    let there: HashSet<usize> = parts.iter().map(|part| part.shard.index).collect();
    let count = parts.first().map_or(0, |part| part.shard.count);
    let missing = (1..=count).filter(|index| !there.contains(index));
    let named = missing.map(|index| ShardRow { index, count }.to_string());
    let mut missing: Vec<String> = named.take(NAMED + 1).collect();
    if let Some(last) = missing.get_mut(NAMED) {
        *last = "…".to_owned();
    }
    if missing.is_empty() { Ok(()) } else { Err(MergeError::Missing { count, missing }) }
}

/// That a part has as many trials as are its own of all, and figures where it was to measure.
fn has_its_share(part: &Part<'_>) -> Result<(), MergeError> {
    let ShardRow { index, count } = part.shard;
    let share = (part.asked.trials + count).saturating_sub(index) / count;
    let unaccounted = |why| Err(MergeError::Unaccounted { name: part.name.to_owned(), why });
    if part.report.cases.len() != share {
        let there = part.report.cases.len();
        return unaccounted(format!("it has {there} trials, and {share} are its own"));
    }
    if part.asked.effort.is_some() {
        let is_there = |name: &str| part.report.bench.iter().any(|row| row.shape == name);
        let shard = Some(Shard { index, count });
        let own = Shard::part(shard, SHAPES.iter().map(|shape| shape.name).collect());
        if let Some(missing) = own.into_iter().find(|name| !is_there(name)) {
            return unaccounted(format!("it has no figure of the shape {missing}, nor a reason"));
        }
    }
    Ok(())
}

fn nothing_is_in_two(
    parts: &[Part<'_>],
    names: impl Fn(&Report) -> HashSet<String>,
) -> Result<(), MergeError> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for part in parts {
        for what in names(part.report) {
            if let Some(first) = seen.insert(what.clone(), part.name) {
                let (first, name) = (first.to_owned(), part.name.to_owned());
                return Err(MergeError::Overlap { what, first, name });
            }
        }
    }
    Ok(())
}

fn whole(parts: &[Part<'_>], command: String) -> Report {
    let reports = || parts.iter().map(|part| part.report);
    let first = parts[0].report;
    let cases: Vec<CaseRow> = reports().flat_map(|report| report.cases.clone()).collect();
    let asked = Asked { shard: None, ..parts[0].asked.clone() };
    let cut = parts.iter().filter_map(|part| {
        Some(format!("shard {}: {}", part.shard, part.report.suite.cut_short.as_ref()?))
    });
    let cut_short = joined(cut);
    let is_all = asked.filters.is_empty() && asked.arms.is_empty() && asked.without.is_empty();
    let mut subject = first.subject.clone();
    for hint in parts[1..].iter().flat_map(|part| &part.report.subject.behaves_as) {
        match subject.behaves_as.iter_mut().find(|known| known.dialect == hint.dialect) {
            Some(known) => {
                known.trials += hint.trials;
                known.tried += hint.tried;
            }
            None => subject.behaves_as.push(hint.clone()),
        }
    }
    let ids = first.clauses.iter().map(|clause| &*clause.id);
    Report {
        schema_version: first.schema_version,
        suite: SuiteInfo {
            complete: is_all && cut_short.is_none(),
            cut_short,
            command,
            asked: Some(asked),
            replayed: joined(reports().filter_map(|report| report.suite.replayed.clone())),
            started: reports().map(|report| report.suite.started.clone()).min().unwrap_or_default(),
            seconds: reports().map(|report| report.suite.seconds).sum(),
            ..first.suite.clone()
        },
        host: Host {
            cpu: joined(reports().filter_map(|report| report.host.cpu.clone())),
            cores: reports().map(|report| report.host.cores).min().unwrap_or_default(),
            ..first.host.clone()
        },
        subject,
        counts: Counts::of(cases.iter().map(|case| case.outcome)),
        stale: stale(reports().flat_map(|report| &report.stale)),
        clauses: ClauseRow::rows(ids, &cases),
        bench: bench(reports().flat_map(|report| report.bench.clone()).collect(), &cases),
        scaling: scaling(reports().flat_map(|report| report.scaling.clone()).collect()),
        cases,
        programs: ProgramRow::first(reports().flat_map(|report| report.programs.clone())),
        mutants: Vec::new(),
        unbroken: Vec::new(),
    }
}

/// Texts, each once.
fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    (!all.is_empty()).then(|| all.join("; "))
}

/// The rows of all shapes, in their order. A shape that a trial of another shard says something against is not
/// timed: such rows stand behind the others.
fn bench(mut rows: Vec<BenchRow>, cases: &[CaseRow]) -> Vec<BenchRow> {
    let place = |row: &BenchRow| SHAPES.iter().position(|shape| shape.name == row.shape);
    rows.sort_by_key(place);
    // Of a binder that makes no loops nothing is timed for that reason.
    if rows.iter().all(|row| row.call_ns.is_none() && row.allocations.is_none()) {
        return rows;
    }
    let unsound: HashSet<&str> =
        cases.iter().flat_map(|case| &case.shapes).map(String::as_str).collect();
    let (unsound, mut rows): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| unsound.contains(&*row.shape));
    let mut names: Vec<&str> = unsound.iter().map(|row| &*row.shape).collect();
    names.dedup();
    rows.extend(names.into_iter().map(measure::not_timed));
    rows
}

/// The points of all series, in their order.
fn scaling(mut rows: Vec<ScalingRow>) -> Vec<ScalingRow> {
    rows.sort_by_key(|row| series::points().position(|point| point.shape.name == row.row.shape));
    rows
}

/// The rows of all shards. One of a pattern is told of all its trials at once; what is wrong with an entry
/// itself is told by every shard.
fn stale<'r>(rows: impl Iterator<Item = &'r StaleRow>) -> Vec<StaleRow> {
    let mut whole: Vec<StaleRow> = Vec::new();
    for row in rows {
        let what = |row: &StaleRow| match &row.some {
            Some(some) => some.what.clone(),
            None => row.observed.clone(),
        };
        let same = |known: &&mut StaleRow| {
            (&known.at, &known.entry, &known.expected, what(known))
                == (&row.at, &row.entry, &row.expected, what(row))
        };
        match whole.iter_mut().find(same) {
            None => whole.push(row.clone()),
            Some(known) => {
                if let (Some(all), Some(more)) = (&mut known.some, &row.some) {
                    all.trials.extend(more.trials.iter().cloned());
                    all.trials.sort();
                    known.observed = SomeRow::observed(all);
                }
            }
        }
    }
    // In the order of the list, as one run has them.
    let mut lines: BTreeMap<usize, Vec<StaleRow>> = BTreeMap::new();
    for row in whole {
        let line = row.at.rsplit(':').next().and_then(|line| line.parse().ok());
        lines.entry(line.unwrap_or_default()).or_default().push(row);
    }
    lines.into_values().flatten().collect()
}

#[cfg(test)]
mod tests;
