//! The items of a stream that a call returned, fetched one by one and judged as they come.

use contract::{HostValue, Token, Type};
use corpus::case::{Case, Expect, Expected, Step};
use subject::{CallReply, Dialect, Outcome, Pull};

use super::calls;
use crate::blame;
use crate::describe;
use crate::session::{Route, Session, Stop};

/// A stream that is read.
pub(super) struct Reading {
    step: Step,
    call: String,
    stream: Token,
    items: Vec<HostValue>,
    ended: bool,
}

impl Reading {
    /// Whether a step returns a stream.
    pub(super) fn is_of(step: &Step) -> bool {
        matches!(step.function.signature.returns, Type::Stream { .. }) && !step.is_refused()
    }

    /// Of the stream that a step's call returned.
    pub(super) fn of(step: &Step, stream: Token) -> Reading {
        let call = describe::call(&step.function.symbol, &step.arguments);
        Reading { step: step.clone(), call, stream, items: Vec::new(), ended: false }
    }

    /// Fetches an item, or, where all that are wanted were fetched, stops the stream and judges what they
    /// were; whether there is more to do.
    pub(super) fn go_on(&mut self, session: &mut Session) -> Result<bool, Stop> {
        if self.wants_more() {
            if let Some(refused) = self.fetch(session)? {
                self.judge(refused, session);
                return Ok(false);
            }
            return Ok(true);
        }
        let outcome = self.stop(session)?;
        self.judge(outcome, session);
        Ok(false)
    }

    fn judge(&self, outcome: Outcome, session: &mut Session) {
        let cited = session.judgement.cited.clone();
        let declarations = &session.corpus.declarations;
        let reply = CallReply::of(outcome);
        let blame = || blame::reply(&self.step, &reply.outcome, &cited, declarations);
        let judgement = &mut session.judgement;
        calls::judge_reply(&self.step, &reply, &|_| None, declarations, blame, judgement);
        session.judgement.saw(self.call.clone(), []);
    }

    /// One more than there are: who gives it does not end the stream where it ends.
    fn wants_more(&self) -> bool {
        let most = self.step.take.unwrap_or(listed(&self.step).unwrap_or(0) + 1);
        !self.ended && self.items.len() < most
    }

    /// Fetches one item, or finds the end; what the stream was refused with, where it was.
    fn fetch(&mut self, session: &mut Session) -> Result<Option<Outcome>, Stop> {
        let Reading { call, items, .. } = self;
        let before = session.evidence.next();
        let pull = session.subject.next(self.stream)?;
        let events = session.evidence.next() - before;
        match pull {
            Pull::Item(item) => {
                let what = format_args!("native events of fetching item {} of {call}", items.len());
                session.judgement.equal("R-12", what, &1, &events);
                items.push(item);
            }
            Pull::End => {
                let what = format_args!("native events of finding the end of {call}");
                session.judgement.equal("R-12", what, &2, &events);
                self.ended = true;
            }
            Pull::Refused(code) => return Ok(Some(Outcome::Refused(code))),
        }
        Ok(None)
    }

    /// Stops the stream, and sees that it is consumed; its items as a vector.
    fn stop(&mut self, session: &mut Session) -> Result<Outcome, Stop> {
        let Reading { step, call, stream, items, ended } = self;
        if let (None, Some(listed)) = (step.take, listed(step)) {
            let describe = || (format!("after {listed} items"), "one more item".to_owned());
            session.judgement.check("R-12", format_args!("the end of {call}"), *ended, describe);
        }
        let before = session.evidence.next();
        session.subject.close(*stream)?;
        let stopped = u64::from(!*ended);
        let what = format_args!("native events of stopping {call}");
        let events = session.evidence.next() - before;
        session.judgement.equal("R-12", what, &stopped, &events);
        judge_consumed(call, *stream, session)?;
        Ok(Outcome::Value(HostValue::Vector(std::mem::take(items))))
    }
}

/// Fetches what the step takes, as a vector, and then sees that the stream is consumed.
pub(super) fn fetch(step: &Step, stream: Token, session: &mut Session) -> Result<Outcome, Stop> {
    let mut reading = Reading::of(step, stream);
    while reading.wants_more() {
        if let Some(refused) = reading.fetch(session)? {
            return Ok(refused);
        }
    }
    reading.stop(session)
}

/// How many items the case lists.
fn listed(step: &Step) -> Option<usize> {
    items(step).map(<[HostValue]>::len)
}

/// The items the case lists.
pub(super) fn items(step: &Step) -> Option<&[HostValue]> {
    match &step.expect {
        Expect::Returns(Expected::Exactly(HostValue::Vector(items))) => Some(items),
        _ => None,
    }
}

/// The stream that a step's call returns; none, and a difference, where it returns another thing.
pub(super) fn opened(step: &Step, session: &mut Session) -> Result<Option<Token>, Stop> {
    let function = session.bind(&step.function, Route::BySignature)?.function;
    let reply = session.subject.call(function, &step.values())?;
    let call = describe::call(&step.function.symbol, &step.arguments);
    session.judgement.saw(call.clone(), []);
    if let Outcome::Value(HostValue::Stream(token)) = reply.outcome {
        return Ok(Some(token));
    }
    let describe = || ("a stream".to_owned(), describe::reply(&reply));
    session.judgement.check("R-12", format_args!("result of {call}"), false, describe);
    Ok(None)
}

/// The step of a case that only reads a stream, of one item at least, to its end.
pub(super) fn reads_all(case: &Case) -> Option<&Step> {
    let [step] = case.steps() else { return None };
    let reads = Reading::is_of(step) && step.take.is_none() && !case.is_large();
    (reads && listed(step).is_some_and(|items| items > 0)).then_some(step)
}

/// A second use is refused and reaches nothing native.
pub(super) fn judge_consumed(call: &str, stream: Token, session: &mut Session) -> Result<(), Stop> {
    let before = session.evidence.next();
    let again = session.subject.next(stream)?;
    let holds = again == Pull::Refused(Some("stream-consumed".into()))
        || again == Pull::Refused(None) && session.ready.dialects.contains(&Dialect::RawRefusals);
    let describe = || {
        let observed = match &again {
            Pull::Item(item) => describe::value(item),
            Pull::End => "the end again".into(),
            Pull::Refused(code) => code.clone().unwrap_or("refused without a code".into()),
        };
        ("refused: stream-consumed".into(), observed)
    };
    session.judgement.check("R-12", format_args!("second use of {call}"), holds, describe);
    session.subject.close(stream)?;
    let what = format_args!("native events of the second use of {call}");
    let events = session.evidence.next() - before;
    session.judgement.equal("R-12", what, &0, &events);
    Ok(())
}
