//! Calls over and over (docs/protocol.md): `loop` and `clock`.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use super::{Answer, Linked, Room, call, hex, index, lay_out, list, text, word};

/// A word of a call.
pub(crate) enum Word {
    Is(u64),
    /// What a step returned.
    Result(usize),
    /// What a block holds at an offset.
    Memory(usize, usize),
}

/// A script that was made ready.
struct Script<'f> {
    rooms: Vec<Room>,
    steps: Vec<(&'f Linked, Vec<Word>)>,
    results: Vec<u64>,
}

/// Outcomes of a script's runs, and how often each came.
type Tally = Vec<(Value, u64)>;

/// The words of a call.
pub(crate) fn words(
    function: &Linked,
    call: &Value,
    addresses: &[u64],
) -> Result<Vec<Word>, String> {
    let carriers = list(call, "arguments");
    if carriers.len() != function.parameters.len() {
        return Err("an argument is due for each parameter".into());
    }
    let one = |(carrier, of): (&Value, &String)| match carrier.as_str() {
        Some(text) => word(of, text).map(Word::Is),
        None if carrier.get("block").is_some() => {
            let address = addresses.get(index(&carrier["block"])?).copied();
            address.map(Word::Is).ok_or_else(|| "there is no such block".into())
        }
        None => left(carrier),
    };
    carriers.iter().zip(&function.parameters).map(one).collect()
}

/// What an earlier step leaves.
fn left(carrier: &Value) -> Result<Word, String> {
    if carrier.get("result").is_some() {
        return index(&carrier["result"]).map(Word::Result);
    }
    Ok(Word::Memory(index(&carrier["word"][0])?, index(&carrier["word"][1])?))
}

impl<'f> Script<'f> {
    fn of(functions: &'f [Linked], script: &Value) -> Result<Script<'f>, String> {
        let (rooms, addresses) = lay_out(list(script, "blocks"))?;
        let mut steps = Vec::new();
        for step in list(script, "steps") {
            let function = functions.get(index(&step["function"])?);
            let function = function.ok_or("it linked no such function")?;
            steps.push((function, words(function, step, &addresses)?));
        }
        Ok(Script { rooms, results: vec![0; steps.len()], steps })
    }

    fn word(&self, word: &Word) -> u64 {
        match word {
            Word::Is(word) => *word,
            Word::Result(step) => self.results[*step],
            Word::Memory(block, offset) => self.rooms[*block].word(*offset),
        }
    }

    fn run(&mut self) {
        for number in 0..self.steps.len() {
            let (function, words) = &self.steps[number];
            let words: Vec<u64> = words.iter().map(|word| self.word(word)).collect();
            self.results[number] = call(function, &words);
        }
    }

    /// What the last run came to.
    fn ran(&self, show: &[Value]) -> Result<Value, String> {
        let value = |((function, _), result): (&(&Linked, _), &u64)| match &*function.returns {
            "pointer" => Some(u8::from(*result != 0).to_string()),
            returns => text(returns, *result),
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
        let left = left(one)?;
        let word = self.word(&left);
        let Word::Result(step) = left else { return Ok(word) };
        Ok(match &*self.steps[step].0.returns {
            "pointer" => u64::from(word != 0),
            "f32" => u64::from(word as u32),
            "f64" => word,
            of => text(of, word).map_or(Ok(0), |text| self::word(of, &text))?,
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
pub(crate) fn repeat(functions: &[Linked], request: &Value) -> Answer {
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
        Ok::<_, String>(tallies)
    };
    let mut total = vec![Tally::new(); scripts.len()];
    let came: Vec<_> = thread::scope(|scope| {
        let one = &one;
        let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || one(thread))).collect();
        let joined = others.into_iter().map(|thread| thread.join().expect("it does not panic"));
        std::iter::once(one(0)).chain(joined).collect()
    });
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
pub(crate) fn clock(functions: &[Linked], request: &Value) -> Answer {
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
