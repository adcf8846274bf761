//! Loops of the suite's own library at wire level: scripts made ready, run over and over, and tallied.
//!
//! One of the modules that may use `unsafe`: it calls by prototypes and with words that it is told, as the
//! call by call does.

#![expect(unsafe_code, reason = "calls what the harness tells it to")]

use std::sync::Barrier;
use std::time::Instant;

use subject::protocol::carriers::{Block, CarrierType, Hex};
use subject::protocol::messages::Reply;
use subject::protocol::scripts::{ClockScript, Left, LoopArgument, LoopScript, LoopStep, Ran};
use subject::{BenchReply, SubjectFault, Tally};

use super::native::{Native, Room};
use super::wire::{cannot, lay_out, text, word};

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

struct Step<'a> {
    native: &'a Native,
    words: Vec<Word>,
}

/// A script with memory of its own.
struct Ready<'a> {
    rooms: Vec<Room>,
    /// What the memory holds before a run.
    filled: Vec<Vec<u8>>,
    steps: Vec<Step<'a>>,
    results: Vec<u64>,
    given: Vec<u64>,
}

impl<'a> Ready<'a> {
    fn of(
        functions: &'a [Native],
        blocks: &[Block],
        steps: &[LoopStep],
    ) -> Result<Ready<'a>, SubjectFault> {
        let (rooms, addresses) = lay_out(blocks)?;
        let steps = steps.iter().map(|step| Step::of(functions, step, &addresses));
        let filled = rooms.iter().map(Room::bytes).collect();
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let results = vec![0; steps.len()];
        Ok(Ready { rooms, filled, steps, results, given: Vec::new() })
    }

    fn fill(&mut self) {
        for (room, bytes) in self.rooms.iter_mut().zip(&self.filled) {
            room.fill(bytes);
        }
    }

    fn run(&mut self) -> Result<(), SubjectFault> {
        for (number, step) in self.steps.iter().enumerate() {
            self.given.clear();
            for word in &step.words {
                self.given.push(match word {
                    Word::Is(word) => *word,
                    Word::Left(left) => left_in(&self.rooms, &self.results[..number], *left)?,
                });
            }
            // SAFETY: the harness made this call once by the same prototype, with words that led to as much; the
            // memory they lead to is the script's own, or what its earlier steps gave.
            self.results[number] = unsafe { step.native.call(&self.given) };
        }
        Ok(())
    }

    fn values(&self) -> Vec<Option<String>> {
        let value = |(step, result): (&Step<'_>, &u64)| match step.native.returns {
            CarrierType::Pointer => Some(u8::from(*result != 0).to_string()),
            returns => text(returns, *result),
        };
        self.steps.iter().zip(&self.results).map(value).collect()
    }
}

impl<'a> Step<'a> {
    fn of(
        functions: &'a [Native],
        step: &LoopStep,
        addresses: &[u64],
    ) -> Result<Step<'a>, SubjectFault> {
        let native = functions.get(step.function.0);
        let native = native.ok_or_else(|| cannot("asked to call a function it never linked"))?;
        if step.arguments.len() != native.parameters.len() {
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
        let words = step.arguments.iter().zip(&native.parameters).map(argument);
        Ok(Step { native, words: words.collect::<Result<_, _>>()? })
    }
}

fn place(left: Left) -> From {
    match left {
        Left::Result { result } => From::Result(result.index()),
        Left::Word { word: (block, offset) } => From::Memory(block.index(), offset.index()),
    }
}

fn left_in(rooms: &[Room], results: &[u64], left: From) -> Result<u64, SubjectFault> {
    let found = match left {
        From::Result(step) => results.get(step).copied(),
        From::Memory(block, offset) => rooms.get(block).and_then(|room| room.word(offset)),
    };
    found.ok_or_else(|| cannot("asked for what no step left"))
}

/// Answers `loop`.
pub(super) fn repeat(
    functions: &[Native],
    scripts: &[LoopScript],
    rounds: u64,
    threads: usize,
) -> Result<Reply, SubjectFault> {
    if scripts.is_empty() || threads == 0 {
        return Err(cannot("asked to repeat nothing"));
    }
    let barrier = Barrier::new(threads);
    let one = |thread: usize| {
        let ready =
            scripts.iter().map(|script| Ready::of(functions, &script.blocks, &script.steps));
        let ready = ready.collect::<Result<Vec<_>, _>>();
        barrier.wait();
        on_a_thread(scripts, ready?, rounds, thread)
    };
    let mut total = vec![Vec::new(); scripts.len()];
    let came: Vec<_> = if threads == 1 {
        vec![one(0)]
    } else {
        std::thread::scope(|scope| {
            let one = &one;
            let all: Vec<_> = (0..threads).map(|thread| scope.spawn(move || one(thread))).collect();
            let joined = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| Err(cannot("a calling thread panicked")))
            };
            all.into_iter().map(joined).collect()
        })
    };
    for tallies in came {
        for (into, tally) in total.iter_mut().zip(tallies?) {
            tally.into_iter().for_each(|ran| count(into, ran));
        }
    }
    Ok(Reply::Looped { scripts: total })
}

fn on_a_thread(
    scripts: &[LoopScript],
    mut ready: Vec<Ready<'_>>,
    rounds: u64,
    thread: usize,
) -> Result<Vec<Vec<Ran>>, SubjectFault> {
    let mut tallies = vec![Vec::new(); scripts.len()];
    for round in 0..rounds {
        let number = ((round + thread as u64) % scripts.len() as u64) as usize;
        let script = &mut ready[number];
        script.fill();
        script.run()?;
        let piece =
            |(block, offset, length): &(_, _, _)| shown(&script.rooms, *block, *offset, *length);
        let shown = scripts[number].show.iter().map(piece).collect::<Result<_, _>>()?;
        let ran = Ran { values: script.values(), shown, times: 1_u64.into() };
        count(&mut tallies[number], ran);
    }
    Ok(tallies)
}

fn shown(
    rooms: &[Room],
    block: subject::numbers::Small,
    offset: subject::numbers::Small,
    length: subject::numbers::Small,
) -> Result<Hex, SubjectFault> {
    let end = offset.index() + length.index();
    let piece = rooms.get(block.index()).and_then(|room| room.piece(offset.index(), end));
    piece.map(Hex).ok_or_else(|| cannot("asked to show what is beyond its block"))
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
pub(super) fn clock(
    functions: &[Native],
    rows: &[ClockScript],
    count: u64,
) -> Result<Reply, SubjectFault> {
    if rows.is_empty() {
        return Err(cannot("asked to time no rows"));
    }
    let ready = rows.iter().map(|row| Ready::of(functions, &row.blocks, &row.steps));
    let mut ready = ready.collect::<Result<Vec<_>, _>>()?;
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..count {
        ready[at].run()?;
        at = if at + 1 == ready.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    let mut checksum = 0_u64;
    for (ready, row) in ready.iter().zip(rows).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        let mut sum = 0_u64;
        for left in &row.bits {
            sum = sum.wrapping_add(bits(ready, *left)?);
        }
        checksum = checksum.wrapping_mul(31).wrapping_add(sum);
    }
    Ok(Reply::Benched(BenchReply { elapsed_ns, checksum }))
}

fn bits(ready: &Ready<'_>, left: Left) -> Result<u64, SubjectFault> {
    let word = left_in(&ready.rooms, &ready.results, place(left))?;
    let From::Result(step) = place(left) else { return Ok(word) };
    Ok(match ready.steps[step].native.returns {
        CarrierType::Pointer => u64::from(word != 0),
        returns => super::wire::narrowed(returns, word),
    })
}
