//! Scripts run over and over through a library at wire level, one call after the other: the suite's own
//! loop, because the library has none.

use super::Wire;
use crate::subject::{
    CallReply, Outcome, Pull, RepeatReply, RepeatRequest, Script, ScriptArgument, Subject,
    SubjectFault, Tally,
};
use crate::value::{HostValue, Token};

impl Wire {
    /// Runs the scripts in turn on one thread.
    pub(super) fn make_again(
        &mut self,
        request: &RepeatRequest<'_>,
    ) -> Result<RepeatReply, SubjectFault> {
        if request.threads != 1 || request.scripts.is_empty() {
            return Err(SubjectFault::Adapter(
                "a library at wire level is called on one thread, by scripts".into(),
            ));
        }
        let tallies = |script: &Script| vec![Tally::default(); script.steps.len()];
        let mut scripts: Vec<Vec<Tally>> = request.scripts.iter().map(tallies).collect();
        for round in 0..request.rounds {
            let script = request.script(0, round);
            self.run(&request.scripts[script], &mut scripts[script])?;
            self.forget()?;
        }
        Ok(RepeatReply { scripts })
    }

    fn run(&mut self, script: &Script, tallies: &mut [Tally]) -> Result<(), SubjectFault> {
        let mut results: Vec<HostValue> = Vec::with_capacity(script.steps.len());
        for (step, tally) in script.steps.iter().zip(tallies) {
            let argument = |argument: &ScriptArgument| match argument {
                ScriptArgument::Value(value) => value.clone(),
                ScriptArgument::Result(from) => {
                    results.get(*from).cloned().unwrap_or(HostValue::Nil)
                }
            };
            let arguments: Vec<HostValue> = step.arguments.iter().map(argument).collect();
            let CallReply { mut outcome, arrays } = self.make(step.function, &arguments)?;
            if let Outcome::Value(HostValue::Stream(token)) = outcome {
                outcome = self.all_of(token, step.take)?;
            }
            results.push(match &outcome {
                Outcome::Value(value) => value.clone(),
                Outcome::Refused(_) | Outcome::Failed(_) => HostValue::Nil,
            });
            if let Outcome::Value(handle @ HostValue::Handle(_)) = &mut outcome {
                // Named after the step that first gave it.
                let first = results.iter().position(|result| result == handle);
                *handle = HostValue::Handle(Token(first.unwrap_or_default() as u64));
            }
            tally.count(CallReply { outcome, arrays }, 1);
        }
        Ok(())
    }

    /// The items of a stream, which is stopped where not all are asked for.
    fn all_of(&mut self, stream: Token, take: Option<usize>) -> Result<Outcome, SubjectFault> {
        let mut items = Vec::new();
        while take.is_none_or(|take| items.len() < take) {
            match self.fetch(stream)? {
                Pull::Item(item) => items.push(item),
                Pull::End => break,
                Pull::Refused(code) => return Ok(Outcome::Refused(code)),
            }
        }
        self.end(stream)?;
        Ok(Outcome::Value(HostValue::Vector(items)))
    }
}
