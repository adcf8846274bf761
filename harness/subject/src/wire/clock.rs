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
        let owed = loops::checksum(&clocked.left[..run], run as u64);
        let checksum =
            loops::checksum(&clocked.bits, request.count).wrapping_add(checksum.wrapping_sub(owed));
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
