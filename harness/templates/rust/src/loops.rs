//! Calls over and over (docs/protocol.md): `loop` and `clock`.

use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use serde_json::{Value, json};

use crate::wire::{
    self, Answer, Failure, Linked, Passed, Room, call_of, hex, index, lay_out, list, text,
};
use crate::structs::Form;

/// A word of a call.
enum Word {
    Is(Passed),
    /// What a step returned.
    Result(usize),
    /// What a block holds at an offset.
    Memory(usize, usize),
}

/// A script that was made ready.
struct Script {
    rooms: Vec<Room>,
    steps: Vec<(&'static Linked, Vec<Word>)>,
    results: Vec<Room>,
}

/// Outcomes of a script's runs, and how often each came.
type Tally = Vec<(Value, u64)>;

/// What an earlier step leaves, where the carrier is that.
fn left(carrier: &Value, rooms: &[Room], steps: usize) -> Result<Option<Word>, String> {
    if let Some(step) = carrier.get("result") {
        let step = Some(index(step)?).filter(|step| *step < steps);
        return Ok(Some(Word::Result(step.ok_or("there is no such step")?)));
    }
    let Some(word) = carrier.get("word") else { return Ok(None) };
    let (block, offset) = (index(&word[0])?, index(&word[1])?);
    let room = rooms.get(block).filter(|room| offset + 8 <= room.filled.len());
    room.ok_or("there is no such word")?;
    Ok(Some(Word::Memory(block, offset)))
}

impl Script {
    fn of(functions: &[&'static Linked], script: &Value) -> Result<Script, Failure> {
        let rooms = lay_out(list(script, "blocks"))?;
        let (mut steps, mut results) = (Vec::new(), Vec::new());
        for step in list(script, "steps") {
            let function = functions.get(index(&step["function"])?).copied();
            let function = function.ok_or("it linked no such function")?;
            let word = |(of, carrier): (&Form, &Value)| match left(carrier, &rooms, steps.len())? {
                Some(word) => Ok(word),
                None => Passed::of((of, carrier), &rooms).map(Word::Is),
            };
            let words: Result<_, Failure> =
                function.arguments(list(step, "arguments"))?.map(word).collect();
            steps.push((function, words?));
            results.push(function.returns.room());
        }
        Ok(Script { rooms, steps, results })
    }

    fn word(&self, word: &Word) -> u64 {
        match word {
            Word::Is(passed) => passed.word(),
            Word::Result(step) => self.results[*step].word(0),
            Word::Memory(block, offset) => self.rooms[*block].word(*offset),
        }
    }

    fn run(&mut self) {
        for number in 0..self.steps.len() {
            let (function, words) = &self.steps[number];
            let words: Vec<u64> = words.iter().map(|word| self.word(word)).collect();
            call_of(function, &words, &mut self.results[number]);
        }
    }

    /// What the last run came to.
    fn ran(&self, show: &[Value]) -> Result<Value, String> {
        let value = |((function, _), result): (&(&Linked, _), &Room)| {
            let returns = &function.returns;
            if returns.name == "pointer" {
                return u8::from(result.word(0) != 0).to_string().into();
            }
            returns.said(&result.bytes(0, returns.size))
        };
        let values: Vec<_> = self.steps.iter().zip(&self.results).map(value).collect();
        let mut shown = Vec::new();
        for piece in show {
            let room = self.rooms.get(index(&piece[0])?).ok_or("there is no such block")?;
            shown.push(hex(&room.bytes(index(&piece[1])?, index(&piece[2])?)));
        }
        Ok(json!({"values": values, "shown": shown}))
    }

    /// What counts on the clock.
    fn bits(&self, one: &Value) -> Result<u64, String> {
        let left = left(one, &self.rooms, self.steps.len())?;
        let left = left.ok_or("it is no result and no word")?;
        let word = self.word(&left);
        let Word::Result(step) = left else { return Ok(word) };
        Ok(match &*self.steps[step].0.returns.name {
            "pointer" => u64::from(word != 0),
            "f32" => u64::from(word as u32),
            "f64" => word,
            of => text(of, word).map_or(Ok(0), |text| wire::word(of, &text))?,
        })
    }
}

fn count(tally: &mut Tally, ran: Value, times: u64) {
    match tally.iter().position(|(known, _)| *known == ran) {
        Some(known) => tally[known].1 += times,
        None if tally.len() < 16 => tally.push((ran, times)),
        None => tally[15].1 += times,
    }
}

/// Runs scripts in turn, on one thread or on several.
pub(crate) fn repeat(functions: &[&'static Linked], request: &Value) -> Answer {
    let scripts = list(request, "scripts");
    let (rounds, threads) = (index(&request["rounds"])?, index(&request["threads"])?);
    let begin = Barrier::new(threads);
    let one = |thread: usize| {
        let prepared = scripts.iter().map(|script| Script::of(functions, script));
        let prepared: Result<Vec<_>, _> = prepared.collect();
        begin.wait();
        let (mut prepared, mut tallies) = (prepared?, vec![Tally::new(); scripts.len()]);
        for turn in thread..thread + rounds {
            let number = turn % scripts.len();
            let script = &mut prepared[number];
            script.rooms.iter_mut().for_each(Room::fill);
            script.run();
            count(&mut tallies[number], script.ran(list(&scripts[number], "show"))?, 1);
        }
        Ok::<_, Failure>(tallies)
    };
    let mut total = vec![Tally::new(); scripts.len()];
    let came = if threads == 1 {
        vec![one(0)]
    } else {
        // On none that answers requests: what calls leave in `errno` there is a thread's own.
        thread::scope(|scope| {
            let one = &one;
            let all: Vec<_> = (0..threads).map(|thread| scope.spawn(move || one(thread))).collect();
            let came = |thread: ScopedJoinHandle<_>| {
                thread.join().unwrap_or_else(|_| Err("a thread has panicked".into()))
            };
            all.into_iter().map(came).collect()
        })
    };
    for tallies in came {
        for (total, tally) in total.iter_mut().zip(tallies?) {
            tally.into_iter().for_each(|(ran, times)| count(total, ran, times));
        }
    }
    let counted = |(mut ran, times): (Value, u64)| {
        ran["times"] = times.into();
        ran
    };
    let said = |tally: Tally| tally.into_iter().map(counted).collect();
    let scripts: Vec<Vec<Value>> = total.into_iter().map(said).collect();
    Ok(json!({"is": "looped", "scripts": scripts}))
}

/// Runs rows in turn, timed.
pub(crate) fn clock(functions: &[&'static Linked], request: &Value) -> Answer {
    let rows = list(request, "rows");
    let mut prepared = Vec::new();
    for row in rows {
        prepared.push(Script::of(functions, row)?);
    }
    let (times, mut at) = (index(&request["count"])?, 0);
    let begun = Instant::now();
    for _ in 0..times {
        prepared[at].run();
        at = if at + 1 == prepared.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = begun.elapsed().as_nanos() as u64;
    let mut checksum = 0_u64;
    for (row, script) in rows.iter().zip(&prepared).take(times) {
        let mut sum = 0_u64;
        for one in list(row, "bits") {
            sum = sum.wrapping_add(script.bits(one)?);
        }
        checksum = checksum.wrapping_mul(31).wrapping_add(sum);
    }
    let checksum = checksum.to_string();
    Ok(json!({"is": "benched", "elapsed_ns": elapsed_ns, "checksum": checksum}))
}
