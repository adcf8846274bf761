//! Loops of the suite's own libraries at wire level: scripts made ready, run over and over, and tallied.

use std::sync::Barrier;
use std::time::Instant;

use subject::numbers::Small;
use subject::protocol::carriers::{Block, CarrierType, Hex};
use subject::protocol::messages::Reply;
use subject::protocol::scripts::{ClockScript, Left, LoopArgument, LoopScript, LoopStep, Ran};
use subject::{BenchReply, SubjectFault, Tally};

use super::wire::{cannot, text, word};

/// Who makes the calls of loops, and has the memory of their blocks.
pub(super) trait Calls {
    /// A function that was linked.
    type Function;
    /// The memory of a block.
    type Room;

    /// The types of a function's parameters and of what it returns.
    fn prototype(function: &Self::Function) -> (&[CarrierType], CarrierType);

    /// The memory of blocks, and where it is.
    fn lay_out(&mut self, blocks: &[Block]) -> Result<(Vec<Self::Room>, Vec<u64>), SubjectFault>;

    /// Has memory hold these bytes, as many as it is long.
    fn fill(&mut self, room: &mut Self::Room, bytes: &[u8]) -> Result<(), SubjectFault>;

    /// The bytes from a place to another, where they are within; all without.
    fn piece(&self, room: &Self::Room, within: Option<(usize, usize)>) -> Option<Vec<u8>>;

    /// The word at an offset, where it is within.
    fn word(&self, room: &Self::Room, offset: usize) -> Option<u64>;

    /// Calls with words that the harness made the same call with before, or that led to as much.
    fn call(&mut self, function: &Self::Function, words: &[u64]) -> Result<u64, SubjectFault>;
}

/// An argument, made ready.
enum Word {
    Is(u64),
    Left(From),
}

/// What earlier steps leave.
#[derive(Clone, Copy)]
enum From {
    Result(usize),
    Memory(usize, usize),
}

struct Step<'a, C: Calls> {
    function: &'a C::Function,
    words: Vec<Word>,
}

/// A script with memory of its own.
struct Ready<'a, C: Calls> {
    rooms: Vec<C::Room>,
    /// What the memory holds before a run.
    filled: Vec<Vec<u8>>,
    steps: Vec<Step<'a, C>>,
    results: Vec<u64>,
    given: Vec<u64>,
}

impl<'a, C: Calls> Ready<'a, C> {
    fn of(
        calls: &mut C,
        functions: &'a [C::Function],
        blocks: &[Block],
        steps: &[LoopStep],
    ) -> Result<Ready<'a, C>, SubjectFault> {
        let (rooms, addresses) = calls.lay_out(blocks)?;
        let steps = steps.iter().map(|step| Step::of(functions, step, &addresses));
        let filled = rooms.iter().map(|room| calls.piece(room, None).ok_or_else(gone));
        let filled = filled.collect::<Result<_, _>>()?;
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let results = vec![0; steps.len()];
        Ok(Ready { rooms, filled, steps, results, given: Vec::new() })
    }

    fn fill(&mut self, calls: &mut C) -> Result<(), SubjectFault> {
        let mut filled = self.rooms.iter_mut().zip(&self.filled);
        filled.try_for_each(|(room, bytes)| calls.fill(room, bytes))
    }

    fn run(&mut self, calls: &mut C) -> Result<(), SubjectFault> {
        for (number, step) in self.steps.iter().enumerate() {
            self.given.clear();
            for word in &step.words {
                self.given.push(match word {
                    Word::Is(word) => *word,
                    Word::Left(left) => {
                        left_in(calls, &self.rooms, &self.results[..number], *left)?
                    }
                });
            }
            self.results[number] = calls.call(step.function, &self.given)?;
        }
        Ok(())
    }

    fn values(&self) -> Vec<Option<String>> {
        let value = |(step, result): (&Step<'_, C>, &u64)| match C::prototype(step.function).1 {
            CarrierType::Pointer => Some(u8::from(*result != 0).to_string()),
            returns => text(returns, *result),
        };
        self.steps.iter().zip(&self.results).map(value).collect()
    }
}

fn gone() -> SubjectFault {
    cannot("a block is gone")
}

impl<'a, C: Calls> Step<'a, C> {
    fn of(
        functions: &'a [C::Function],
        step: &LoopStep,
        addresses: &[u64],
    ) -> Result<Step<'a, C>, SubjectFault> {
        let function = functions.get(step.function.0);
        let function =
            function.ok_or_else(|| cannot("asked to call a function it never linked"))?;
        let (parameters, _) = C::prototype(function);
        if step.arguments.len() != parameters.len() {
            return Err(cannot("an argument is due for each parameter"));
        }
        let argument = |(argument, of): (&LoopArgument, &CarrierType)| match argument {
            LoopArgument::Text(text) => {
                let none = || {
                    cannot(format!("`{text}` is no {} (docs/protocol.md, *Carriers*)", of.name()))
                };
                word(*of, text).map(Word::Is).ok_or_else(none)
            }
            LoopArgument::Block { block } => {
                let address = addresses.get(block.index()).copied();
                address.map(Word::Is).ok_or_else(|| cannot("there is no such block"))
            }
            LoopArgument::Left(left) => Ok(Word::Left(place(*left))),
        };
        let words = step.arguments.iter().zip(parameters).map(argument);
        Ok(Step { function, words: words.collect::<Result<_, _>>()? })
    }
}

fn place(left: Left) -> From {
    match left {
        Left::Result { result } => From::Result(result.index()),
        Left::Word { word: (block, offset) } => From::Memory(block.index(), offset.index()),
    }
}

fn left_in<C: Calls>(
    calls: &C,
    rooms: &[C::Room],
    results: &[u64],
    left: From,
) -> Result<u64, SubjectFault> {
    let found = match left {
        From::Result(step) => results.get(step).copied(),
        From::Memory(block, offset) => rooms.get(block).and_then(|room| calls.word(room, offset)),
    };
    found.ok_or_else(|| cannot("asked for what no step left"))
}

/// Answers `loop`. Each thread makes its calls by what `caller` gives it.
pub(super) fn repeat<C: Calls>(
    caller: impl Fn() -> C + Sync,
    functions: &[C::Function],
    scripts: &[LoopScript],
    (rounds, threads): (u64, usize),
) -> Result<Reply, SubjectFault>
where
    C::Function: Sync,
{
    if threads == 1 {
        return alone(&mut caller(), functions, scripts, rounds);
    }
    if scripts.is_empty() || threads == 0 {
        return Err(cannot("asked to repeat nothing"));
    }
    let barrier = Barrier::new(threads);
    let one = |thread: usize| {
        let calls = &mut caller();
        let ready = all_ready(calls, functions, scripts);
        barrier.wait();
        on_a_thread(calls, scripts, ready?, (rounds, thread))
    };
    let came: Vec<_> = std::thread::scope(|scope| {
        let one = &one;
        let all: Vec<_> = (0..threads).map(|thread| scope.spawn(move || one(thread))).collect();
        let joined = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(cannot("a calling thread panicked")))
        };
        all.into_iter().map(joined).collect()
    });
    let mut total = vec![Vec::new(); scripts.len()];
    for tallies in came {
        for (into, tally) in total.iter_mut().zip(tallies?) {
            tally.into_iter().for_each(|ran| count(into, ran));
        }
    }
    Ok(Reply::Looped { scripts: total })
}

/// Answers `loop` on the calling thread.
pub(super) fn alone<C: Calls>(
    calls: &mut C,
    functions: &[C::Function],
    scripts: &[LoopScript],
    rounds: u64,
) -> Result<Reply, SubjectFault> {
    if scripts.is_empty() {
        return Err(cannot("asked to repeat nothing"));
    }
    let ready = all_ready(calls, functions, scripts)?;
    Ok(Reply::Looped { scripts: on_a_thread(calls, scripts, ready, (rounds, 0))? })
}

fn all_ready<'a, C: Calls>(
    calls: &mut C,
    functions: &'a [C::Function],
    scripts: &[LoopScript],
) -> Result<Vec<Ready<'a, C>>, SubjectFault> {
    let ready =
        scripts.iter().map(|script| Ready::of(calls, functions, &script.blocks, &script.steps));
    ready.collect()
}

fn on_a_thread<C: Calls>(
    calls: &mut C,
    scripts: &[LoopScript],
    mut ready: Vec<Ready<'_, C>>,
    (rounds, thread): (u64, usize),
) -> Result<Vec<Vec<Ran>>, SubjectFault> {
    let mut tallies = vec![Vec::new(); scripts.len()];
    for round in 0..rounds {
        let number = ((round + thread as u64) % scripts.len() as u64) as usize;
        let script = &mut ready[number];
        script.fill(calls)?;
        script.run(calls)?;
        let piece = |(block, offset, length): &(Small, Small, Small)| {
            let within = Some((offset.index(), offset.index() + length.index()));
            let room = script.rooms.get(block.index());
            let piece = room.and_then(|room| calls.piece(room, within));
            piece.map(Hex).ok_or_else(|| cannot("asked to show what is beyond its block"))
        };
        let shown = scripts[number].show.iter().map(piece).collect::<Result<_, _>>()?;
        let ran = Ran { values: script.values(), shown, times: 1_u64.into() };
        count(&mut tallies[number], ran);
    }
    Ok(tallies)
}

fn count(tally: &mut Vec<Ran>, ran: Ran) {
    let is_same = |known: &&mut Ran| known.values == ran.values && known.shown == ran.shown;
    let add = |known: &mut Ran| known.times = (known.times.get() + ran.times.get()).into();
    if let Some(known) = tally.iter_mut().find(is_same) {
        add(known);
    } else if tally.len() < Tally::MOST {
        tally.push(ran);
    } else if let Some(last) = tally.last_mut() {
        add(last);
    }
}

/// Answers `clock`.
pub(super) fn clock<C: Calls>(
    calls: &mut C,
    functions: &[C::Function],
    rows: &[ClockScript],
    count: u64,
) -> Result<Reply, SubjectFault> {
    if rows.is_empty() {
        return Err(cannot("asked to time no rows"));
    }
    let ready = rows.iter().map(|row| Ready::of(calls, functions, &row.blocks, &row.steps));
    let mut ready = ready.collect::<Result<Vec<_>, _>>()?;
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..count {
        ready[at].run(calls)?;
        at = if at + 1 == ready.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    let mut checksum = 0_u64;
    for (ready, row) in ready.iter().zip(rows).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        let mut sum = 0_u64;
        for left in &row.bits {
            sum = sum.wrapping_add(bits(calls, ready, *left)?);
        }
        checksum = checksum.wrapping_mul(31).wrapping_add(sum);
    }
    Ok(Reply::Benched(BenchReply { elapsed_ns, checksum }))
}

fn bits<C: Calls>(calls: &C, ready: &Ready<'_, C>, left: Left) -> Result<u64, SubjectFault> {
    let word = left_in(calls, &ready.rooms, &ready.results, place(left))?;
    let From::Result(step) = place(left) else { return Ok(word) };
    Ok(match C::prototype(ready.steps[step].function).1 {
        CarrierType::Pointer => u64::from(word != 0),
        returns => super::wire::narrowed(returns, word),
    })
}
