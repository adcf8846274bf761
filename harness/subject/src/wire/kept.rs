//! Function objects of the host's at wire level (K-7, K-8): the library makes an address of one, and the suite passes that.

use contract::{FunctionType, HostValue, Scalar, Token};

use super::lower::prototype;
use super::{Wire, scalars};
use crate::SubjectFault;
use crate::numbers::Decimal;
use crate::protocol::carriers::{Callback, CallbackAnswer, CarrierType};
use crate::protocol::conversation::Conversation;
use crate::protocol::convert::OtherAnswer;
use crate::protocol::messages::{Reply, Request, Told};

/// A function object that the library made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) kept: Token,
    pub(super) address: u64,
    /// What it is called with.
    types: Vec<Scalar>,
}

/// Has the library make one; its number and address.
fn made(conversation: &mut Conversation, request: Request) -> Result<(Token, u64), SubjectFault> {
    conversation.ask(request, "`make-address`", |reply| match reply {
        Reply::Made { kept, address: Some(Decimal(address)) } if address != 0 => {
            Ok((Token(kept.0), address))
        }
        _ => Err(OtherAnswer),
    })
}

/// Has the library make one that answers as a callback of one answer ([`contract::Answer::is_one`]), and notes nothing.
pub(super) fn plain(
    conversation: &mut Conversation,
    callback: &Callback,
) -> Result<(Token, u64), SubjectFault> {
    let Callback { parameters, returns, answers } = callback;
    let answers = match answers.first() {
        Some(CallbackAnswer::Returns(text)) => vec![text.clone()],
        _ => {
            return Err(SubjectFault::Adapter("the suite loops a function of many answers".into()));
        }
    };
    let (parameters, returns) = (parameters.clone(), *returns);
    made(conversation, Request::MakeAddress { parameters, returns, answers, plain: true })
}

impl Wire {
    /// Has the library make one; its number.
    pub(super) fn make_address(
        &mut self,
        of: &FunctionType,
        answers: &[HostValue],
        plain: bool,
    ) -> Result<Token, SubjectFault> {
        let unlowered =
            || SubjectFault::Adapter("the suite makes a function of no carriers".into());
        let (parameters, returns) = prototype(of, &self.declarations).map_err(|_| unlowered())?;
        let answer = |value: &HostValue| match returns.scalar() {
            None => Ok(None),
            Some(of) => scalars::text(of, value).map(Some).ok_or_else(unlowered),
        };
        let answers = answers.iter().map(answer).collect::<Result<_, _>>()?;
        let types = parameters.iter().copied().filter_map(CarrierType::scalar).collect();
        let request = Request::MakeAddress { parameters, returns, answers, plain };
        let (kept, address) = made(&mut self.line.conversation, request)?;
        self.made.retain(|made| made.kept != kept);
        self.made.push(Made { kept, address, types });
        Ok(kept)
    }

    /// What one was called with.
    pub(super) fn hear(&mut self, kept: Token) -> Result<Vec<Vec<HostValue>>, SubjectFault> {
        let found = self.made.iter().find(|made| made.kept == kept);
        let types = found.map(|made| made.types.clone()).unwrap_or_default();
        let value = |(of, told): (&Scalar, Told)| match told {
            Told::Carrier(text) => scalars::of_text(*of, &text).ok_or(OtherAnswer),
            Told::Value(_) => Err(OtherAnswer),
        };
        let call = |call: Vec<Told>| {
            if call.len() != types.len() {
                return Err(OtherAnswer);
            }
            types.iter().zip(call).map(value).collect::<Result<Vec<_>, _>>()
        };
        let request = Request::Heard { kept: Decimal(kept.0) };
        self.line.conversation.ask(request, "`heard`", |reply| match reply {
            Reply::Heard { calls } => calls.into_iter().map(call).collect(),
            _ => Err(OtherAnswer),
        })
    }
}
