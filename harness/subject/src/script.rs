//! Loops of calls: what is repeated, raced and timed, and what comes of it.

use contract::HostValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::{BindReply, BindRequest, BoundId, CallReply};
use crate::numbers::{Decimal, Small};

/// Calls, later ones with results of earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Script {
    /// The calls, in order.
    pub steps: Vec<ScriptStep>,
}

/// One call of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Step")]
pub struct ScriptStep {
    /// The function, as `bound` named it.
    pub function: BoundId,
    /// Its arguments.
    pub arguments: Vec<ScriptArgument>,
    /// Where it returns a stream: the items to fetch before it is stopped; null fetches all. The reply
    /// is the vector of them.
    #[serde(default)]
    #[schemars(with = "Option<Small>")]
    pub take: Option<usize>,
}

/// An argument of a script's call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Argument")]
pub enum ScriptArgument {
    /// A value; arrays are made anew for each call.
    Value(HostValue),
    /// What the step of this index gave.
    Result(#[serde(with = "Small")] usize),
}

/// Scripts to repeat.
#[derive(Clone, Debug)]
pub struct RepeatRequest<'a> {
    /// The scripts, taken in turn.
    pub scripts: &'a [Script],
    /// Scripts each thread runs.
    pub rounds: u64,
    /// Threads that run at once; each starts with another script. 1 is the calling thread alone.
    pub threads: usize,
    /// Whether a further thread runs the host's collector over and over, from before the first call until
    /// after the last. Only asked of a subject that declares `threads` and `collect`.
    pub collect: bool,
    /// Whether at wire level one object that lives as long as the loop may stand for a function; else each call is given a
    /// function of its own (K-5), and made by itself.
    pub stand_ins: bool,
}

/// What repeated scripts came to: by script and step, each distinct reply and how often it came. A
/// handle's token is the index of the step that first gave it within its run of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatReply {
    /// `scripts[script][step]`
    pub scripts: Vec<Vec<Tally>>,
}

/// Distinct replies and how often each came. After [`Tally::MOST`] different ones, what is different
/// again counts as the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the order first seen.
    pub replies: Vec<(CallReply, u64)>,
}

/// Calls that several threads make at the same moment.
#[derive(Clone, Copy, Debug)]
pub struct RaceRequest<'a> {
    /// The function.
    pub function: BoundId,
    /// Rows of arguments: each thread makes the call of a row once, and waits for the others before it
    /// does.
    pub rows: &'a [Vec<HostValue>],
    /// Threads, none of which is the one the subject is otherwise called on.
    pub threads: usize,
}

/// What racing calls came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceReply {
    /// `rows[row][thread]`
    pub rows: Vec<Vec<CallReply>>,
}

/// A function to bind, and a call of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BindAndCall {
    /// The function.
    pub bind: BindRequest,
    /// The arguments of the call, which is made where it is bound.
    pub arguments: Vec<HostValue>,
}

/// Functions that several threads bind, and call, at the same moment.
#[derive(Clone, Copy, Debug)]
pub struct BindRaceRequest<'a> {
    /// `rows[row][thread]`, all rows as long: each thread binds and calls what a row has for it, and waits for
    /// the others before it does.
    pub rows: &'a [Vec<BindAndCall>],
}

/// What racing binds came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindRaceReply {
    /// `rows[row][thread]`: what binding came to, and where it is bound, the call.
    pub rows: Vec<Vec<(BindReply, Option<CallReply>)>>,
}

/// A loop of calls.
#[derive(Clone, Debug)]
pub struct BenchRequest<'a> {
    /// Run once before the clock; its results are arguments of the rows.
    pub setup: &'a Script,
    /// Rows of calls, taken in turn; a row's results are forgotten when it ends. `Result(i)` counts on
    /// from the setup's steps.
    pub rows: &'a [Script],
    /// Rows to run.
    pub count: u64,
    /// Which of the places its loop is compiled at, 0 to 2, for one that the suite has in its own process.
    pub placement: u32,
    /// The number each keyword counts as in the checksum.
    pub keywords: &'a [(String, u64)],
}

/// What a loop of calls came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct BenchReply {
    /// Nanoseconds for all rows.
    #[serde(with = "Small")]
    pub elapsed_ns: u64,
    /// The checksum of docs/evidence.md over the result of each row's first call.
    #[serde(with = "Decimal")]
    pub checksum: u64,
}

impl RepeatRequest<'_> {
    /// The script a thread's `round`-th run takes.
    pub fn script(&self, thread: usize, round: u64) -> usize {
        ((round + thread as u64) % self.scripts.len() as u64) as usize
    }

    /// How often a script is run by all threads together.
    pub fn runs(&self, script: usize) -> u64 {
        let scripts = self.scripts.len() as u64;
        (0..self.threads as u64)
            .map(|thread| {
                let first = (script as u64 + scripts - thread % scripts) % scripts;
                (self.rounds + scripts - 1 - first) / scripts
            })
            .sum()
    }
}

impl Tally {
    /// Different replies that are kept apart.
    pub const MOST: usize = 16;

    /// Counts a reply.
    pub fn count(&mut self, reply: CallReply, times: u64) {
        if let Some((_, seen)) = self.replies.iter_mut().find(|(known, _)| *known == reply) {
            *seen += times;
        } else if self.replies.len() < Tally::MOST {
            self.replies.push((reply, times));
        } else if let Some((_, seen)) = self.replies.last_mut() {
            *seen += times;
        }
    }

    /// Adds another tally of the same step.
    pub fn merge(&mut self, other: Tally) {
        for (reply, times) in other.replies {
            self.count(reply, times);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_counts_what_script_hands_out() {
        for (scripts, rounds, threads) in [(1, 10, 1), (3, 10, 1), (3, 10, 4), (5, 3, 4), (7, 1, 9)]
        {
            let all = vec![Script { steps: Vec::new() }; scripts];
            let request =
                RepeatRequest { scripts: &all, rounds, threads, collect: false, stand_ins: false };
            let mut counted = vec![0; scripts];
            for thread in 0..threads {
                for round in 0..rounds {
                    counted[request.script(thread, round)] += 1;
                }
            }
            let said: Vec<u64> = (0..scripts).map(|script| request.runs(script)).collect();
            assert_eq!(said, counted);
        }
    }
}
