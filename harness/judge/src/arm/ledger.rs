//! Judging the ledger of the evidence page: what fixtures hold, how it was freed, and in what state calls crossed.

use subject::evidence::Ledger;

use crate::verdict::Judgement;

/// A counter of the ledger that stands still while all is well: the clause it is of, what it counts, and where it is.
type Counter = (&'static str, &'static str, fn(Ledger) -> u64);

const FREES: [Counter; 3] = [
    ("N-3", "frees of unknown memory", |ledger| ledger.unknown_frees),
    ("N-3", "repeated frees", |ledger| ledger.repeated_frees),
    ("N-3", "frees with a wrong length", |ledger| ledger.length_mismatches),
];

const CROSSINGS: [Counter; 5] = [
    ("L-23", "out-parameters that reach what another address reaches", |ledger| ledger.overlaps),
    ("L-24", "native calls with a stack of another alignment", |ledger| ledger.misaligned_stacks),
    ("W-3", "variadic calls with a wrong number of vector registers", |ledger| {
        ledger.vector_counts
    }),
    ("M-1", "times string instructions were left going backwards", |ledger| ledger.directions),
    ("M-3", "callbacks that changed a register the ABI has them preserve", |ledger| ledger.changed),
];

/// Judges that everything freed was there to be freed, once and whole.
pub(super) fn judge_frees(by: &str, before: Ledger, after: Ledger, judgement: &mut Judgement) {
    judge_still(&FREES, by, (before, after), judgement);
}

/// Judges that out-parameters had their rooms to themselves, and the processor the state that the ABI lays down.
pub(super) fn judge_room(within: &str, before: Ledger, after: Ledger, judgement: &mut Judgement) {
    judge_still(&CROSSINGS, within, (before, after), judgement);
    let modes = after.modes - before.modes;
    if modes != 0 {
        let what = format_args!("native calls with other floating-point modes{within}");
        judgement.risk("M-2", what, (0.to_string(), modes.to_string()));
    }
}

fn judge_still(
    counters: &[Counter],
    within: &str,
    (before, after): (Ledger, Ledger),
    judgement: &mut Judgement,
) {
    for (clause, what, of) in counters {
        let counted = of(after) - of(before);
        judgement.equal(*clause, format_args!("{what}{within}"), &0, &counted);
    }
}

/// Judges that the fixtures hold what they held before.
pub(super) fn judge_live(
    clause: &'static str,
    when: &str,
    before: Ledger,
    after: Ledger,
    judgement: &mut Judgement,
) {
    let blocks = format_args!("live blocks {when}");
    judgement.held(clause, blocks, before.live_blocks, after.live_blocks);
    let bytes = format_args!("live bytes {when}");
    judgement.held(clause, bytes, before.live_bytes, after.live_bytes);
}
