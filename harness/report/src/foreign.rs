//! Text that the suite did not write, on its way to people: what a binder says of itself, its messages,
//! its standard error, the values it gave, names of files. Every rendering is made from a report that
//! went through here whole, so that no place of it can forget to; a field that is added does not compile
//! until it is named here.

use contract::bounds;
use contract::visible::visible;
use judge::row::{CaseRow, HintRow, KnownRow, RiskRow, SomeRow, StaleRow};
use measure::{BenchRow, ScalingRow};

use crate::model::{
    Asked, ClauseRow, Host, MutantArmRow, MutantRow, ProgramRow, Report, SubjectInfo, SuiteInfo,
    UnbrokenRow,
};

/// Bytes of a text that `report.json` holds.
const KEPT_BYTES: usize = 64 << 10;

/// A text for a terminal, and for whatever else shows characters as they are: what cannot be seen
/// becomes its number, and a long line loses its middle, with how much that was.
pub fn shown(text: &str) -> String {
    let text = visible(text);
    let lines: Vec<_> = text.split('\n').map(bounds::message).collect();
    lines.join("\n")
}

/// As [`shown`], and whole: for what is to be copied.
pub fn whole(text: &str) -> String {
    visible(text).into_owned()
}

/// A text that is kept, cut where nobody reads any more.
fn bounded(text: &mut String) {
    if text.len() > KEPT_BYTES {
        let at = text.floor_char_boundary(KEPT_BYTES);
        let left_out = text.len() - at;
        text.truncate(at);
        text.push_str(&format!("… (bytes left out: {left_out})"));
    }
}

impl Report {
    /// The report with every text as people are shown it.
    pub(crate) fn for_people(&self) -> Report {
        let mut report = self.clone();
        report.each_text(&mut |text, use_| {
            *text = match use_ {
                Use::Read => shown(text),
                Use::Copied => whole(text),
            }
        });
        report
    }

    /// The report with every text as `report.json` keeps it.
    pub(crate) fn kept(&self) -> Report {
        let mut report = self.in_order();
        report.each_text(&mut |text, _| bounded(text));
        report
    }

    /// Every text of the report, with what it is for.
    pub(crate) fn each_text(&mut self, each: &mut dyn FnMut(&mut String, Use)) {
        let Report {
            schema_version: _,
            suite,
            host,
            subject,
            counts: _,
            cases,
            stale,
            clauses,
            programs,
            bench,
            scaling,
            mutants,
            unbroken,
        } = self;
        let SuiteInfo {
            version,
            hash,
            complete: _,
            cut_short,
            command,
            asked,
            replayed,
            repeat,
            started,
            seconds: _,
        } = suite;
        asked.iter_mut().for_each(|asked| texts_of_asked(asked, each));
        read(each, [version, hash, started].into_iter().chain(cut_short).chain(replayed));
        each(command, Use::Copied);
        repeat.values_mut().for_each(|command| each(command, Use::Copied));
        let Host { os, arch, cpu, cores: _, rustc, zig } = host;
        read(each, [os, arch, rustc, zig].into_iter().chain(cpu));
        let SubjectInfo {
            name,
            version,
            language,
            level: _,
            capabilities,
            dialects,
            lacks,
            works_undeclared,
            behaves_as,
        } = subject;
        let lists = [capabilities, dialects, lacks, works_undeclared].into_iter().flatten();
        read(each, [name, version, language].into_iter().chain(lists));
        for HintRow { dialect, trials: _, tried: _, example } in behaves_as {
            read(each, [dialect, example]);
        }
        cases.iter_mut().for_each(|case| texts_of_case(case, each));
        for StaleRow { at, entry, expected, observed, action, some } in stale {
            read(each, [at, entry, expected, observed, action]);
            if let Some(SomeRow { what, of: _, trials }) = some {
                read(each, std::iter::once(what).chain(trials));
            }
        }
        for ClauseRow { id, cases: _, ran: _, passed: _, outcome: _ } in clauses {
            read(each, [id]);
        }
        for ProgramRow { case, c } in programs {
            read(each, [case]);
            each(c, Use::Copied);
        }
        bench.iter_mut().for_each(|row| texts_of_bench(row, each));
        for ScalingRow { series, at: _, row } in scaling {
            read(each, [series]);
            texts_of_bench(row, each);
        }
        for MutantRow {
            name,
            clause,
            caught_by,
            outcome: _,
            family,
            breaks,
            clauses,
            class: _,
            arms,
        } in mutants
        {
            let arms =
                arms.iter_mut().map(|MutantArmRow { arm, ran: _, failed: _, caught: _ }| arm);
            let own = [name, clause, family, breaks].into_iter().chain(caught_by);
            read(each, own.chain(clauses).chain(arms));
        }
        for UnbrokenRow { clause, proof } in unbroken {
            read(each, [clause, proof]);
        }
    }
}

/// What a text is for.
#[derive(Clone, Copy)]
pub(crate) enum Use {
    /// To be read.
    Read,
    /// A command: cut, it would be another.
    Copied,
}

fn read<'t>(
    each: &mut dyn FnMut(&mut String, Use),
    texts: impl IntoIterator<Item = &'t mut String>,
) {
    texts.into_iter().for_each(|text| each(text, Use::Read));
}

fn texts_of_asked(asked: &mut Asked, each: &mut dyn FnMut(&mut String, Use)) {
    let Asked {
        filters,
        arms,
        without,
        shard: _,
        trials: _,
        seed: _,
        strict: _,
        target,
        under,
        expected,
        effort,
    } = asked;
    let lists = [filters, arms, without].into_iter().flatten();
    read(each, lists.chain([target]).chain([under, expected, effort].into_iter().flatten()));
}

fn texts_of_case(row: &mut CaseRow, each: &mut dyn FnMut(&mut String, Use)) {
    let CaseRow {
        id,
        arm,
        clauses,
        outcome: _,
        path,
        class: _,
        broken,
        known,
        calls,
        expected,
        reason: _,
        observed,
        arrived,
        risks,
        shapes,
        repro,
        ms: _,
    } = row;
    let texts = [path, calls, expected, observed, arrived].into_iter().flatten();
    read(each, [id, arm].into_iter().chain(clauses).chain(broken).chain(shapes).chain(texts));
    each(repro, Use::Copied);
    if let Some(KnownRow { at, fault, reason, upstream, runs: _ }) = known {
        read(each, [at, fault, reason].into_iter().chain(upstream));
    }
    for RiskRow { clause, what, expected, observed } in risks {
        read(each, [clause, what, expected, observed]);
    }
}

fn texts_of_bench(row: &mut BenchRow, each: &mut dyn FnMut(&mut String, Use)) {
    let BenchRow {
        shape,
        path,
        floor_ns: _,
        call_ns: _,
        bind_ns: _,
        cold_ns: _,
        first_ns: _,
        ratio: _,
        ratio_low: _,
        ratio_high: _,
        instructions: _,
        floor_instructions: _,
        allocations: _,
        allocated_bytes: _,
        resident_bytes: _,
        native_allocations: _,
        samples: _,
        valid_share: _,
        verdict: _,
        reason,
    } = row;
    read(each, [shape, path].into_iter().chain(reason));
}

#[cfg(test)]
mod tests;
