//! Rows of calls on the library's own clock. Nothing is raised there: each row is made once call by call,
//! which gives what it counts as and what is left in registers and memory; of the timed rows the latter is asked
//! for, and where it is the same, they came to the same.

use super::Wire;
use super::script::Written;
use crate::protocol::convert;
use crate::protocol::messages::Request;
use crate::protocol::scripts::ClockScript;
use crate::{BenchReply, BenchRequest, Own, Script, SubjectFault, loops};

/// Rows that were made once.
pub(super) struct Clocked {
    setup: Script,
    rows: Vec<Script>,
    written: Vec<ClockScript>,
    /// What each row counts as (docs/evidence.md, *Shapes*).
    bits: Vec<u64>,
    /// What each row leaves counts as.
    left: Vec<u64>,
}

impl Wire {
    /// Has the library time rows.
    pub(super) fn timed(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        let same =
            |clocked: &Clocked| clocked.setup == *request.setup && clocked.rows == request.rows;
        let clocked = match self.clocked.take().filter(same) {
            Some(clocked) => clocked,
            None => self.clocked(request)?,
        };
        let rows = clocked.written.clone();
        let asked = Request::Clock { rows, count: request.count.into() };
        let BenchReply { elapsed_ns, checksum } =
            self.line.conversation.ask(asked, "`clock`", convert::bench_reply)?;
        // What was not left as it should is told by as much in what the rows count as.
        let run = clocked.left.len().min(usize::try_from(request.count).unwrap_or(usize::MAX));
        let owed = fold(&clocked.left[..run], run as u64);
        let checksum = fold(&clocked.bits, request.count).wrapping_add(checksum.wrapping_sub(owed));
        self.clocked = Some(clocked);
        Ok(BenchReply { elapsed_ns, checksum })
    }

    /// Makes the setup, and each row once after it.
    fn clocked(&mut self, request: &BenchRequest<'_>) -> Result<Clocked, SubjectFault> {
        let BenchRequest { setup, rows, keywords, .. } = request;
        let results = loops::once(&mut Own(self), setup, keywords)?;
        let mut clocked = Clocked {
            setup: (*setup).clone(),
            rows: rows.to_vec(),
            written: Vec::new(),
            bits: Vec::new(),
            left: Vec::new(),
        };
        for row in *rows {
            let (bits, events) =
                self.noting(|wire| loops::row(&mut Own(wire), row, &results, keywords))?;
            let Written { blocks, steps, bits: left, .. } = Written::of(&events, None);
            clocked.bits.push(bits);
            clocked.left.push(left.iter().fold(0, |sum, (_, bits)| sum.wrapping_add(*bits)));
            let bits = left.into_iter().map(|(left, _)| left).collect();
            clocked.written.push(ClockScript { blocks, steps, bits });
        }
        Ok(clocked)
    }
}

/// The checksum of so many rows in turn. Its cost must not grow with their number, because it is made while
/// the suite's clock runs.
fn fold(rows: &[u64], count: u64) -> u64 {
    let one = |rows: &[u64]| {
        rows.iter().fold((1, 0), |(by, plus): (u64, u64), bits| {
            (by.wrapping_mul(31), plus.wrapping_mul(31).wrapping_add(*bits))
        })
    };
    let after = |first: (u64, u64), then: (u64, u64)| {
        (first.0.wrapping_mul(then.0), first.1.wrapping_mul(then.0).wrapping_add(then.1))
    };
    if rows.is_empty() {
        return 0;
    }
    let (mut turns, rest) = (count / rows.len() as u64, (count % rows.len() as u64) as usize);
    let (mut whole, mut power) = ((1, 0), one(rows));
    while turns > 0 {
        if turns % 2 == 1 {
            whole = after(whole, power);
        }
        power = after(power, power);
        turns /= 2;
    }
    after(whole, one(&rows[..rest])).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_of_many_rows_is_that_of_one_after_the_other() {
        let rows = [3, 1 << 63, u64::MAX, 7, 0];
        for count in [0, 1, 4, 5, 6, 17, 1000, 1003] {
            let bits = (0..count).map(|at| rows[at % rows.len()]);
            let slowly = bits.fold(0_u64, |sum, bits| sum.wrapping_mul(31).wrapping_add(bits));
            assert_eq!(fold(&rows, count as u64), slowly, "{count}");
        }
    }
}
