//! The items of a stream that a call returned, fetched one by one and judged as they come.

use contract::{HostValue, Token};
use corpus::case::{Expect, Expected, Step};
use subject::{Dialect, Outcome, Pull};

use crate::describe;
use crate::session::{Session, Stop};

/// Fetches what the step takes, as a vector, and then sees that the stream is consumed.
pub(super) fn fetch(step: &Step, stream: Token, session: &mut Session) -> Result<Outcome, Stop> {
    let call = describe::call(&step.function.symbol, &step.arguments);
    let mut items = Vec::new();
    let mut ended = false;
    // One more than there are: who gives it does not end the stream where it ends.
    let listed = listed(step);
    let most = step.take.unwrap_or(listed.unwrap_or(0) + 1);
    while items.len() < most {
        let before = session.evidence.next();
        let pull = session.subject.next(stream)?;
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
                ended = true;
                break;
            }
            Pull::Refused(code) => return Ok(Outcome::Refused(code)),
        }
    }
    if let (None, Some(listed)) = (step.take, listed) {
        let describe = || (format!("after {listed} items"), "one more item".to_owned());
        session.judgement.check("R-12", format_args!("the end of {call}"), ended, describe);
    }
    let before = session.evidence.next();
    session.subject.close(stream)?;
    let stopped = u64::from(!ended);
    let what = format_args!("native events of stopping {call}");
    let events = session.evidence.next() - before;
    session.judgement.equal("R-12", what, &stopped, &events);
    judge_consumed(&call, stream, session)?;
    Ok(Outcome::Value(HostValue::Vector(items)))
}

/// How many items the case lists.
fn listed(step: &Step) -> Option<usize> {
    match &step.expect {
        Expect::Returns(Expected::Exactly(HostValue::Vector(items))) => Some(items.len()),
        _ => None,
    }
}

/// A second use is refused and reaches nothing native.
fn judge_consumed(call: &str, stream: Token, session: &mut Session) -> Result<(), Stop> {
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
