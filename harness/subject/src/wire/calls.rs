//! Calls through a library at wire level: lowered, made, raised, and what is owned given back once.

use contract::{
    Declarations, FunctionType, HostValue, Lowering, Release, Role, Scalar, Token, Type,
};

use super::line::{Call, Look, Memory, Returned};
use super::lower::{Lent, Lowered, Lowerer};
use super::plan::{ERROR_BYTES, Plan};
use super::raise::{Raiser, Unraised, addresses};
use super::{Stream, Wire, scalars};
use crate::protocol::aggregates::CValue;
use crate::protocol::carriers::{Block, Carrier, CarrierType, Hex};
use crate::{BoundId, CallReply, Called, Outcome, Pull, SubjectFault};

/// What an out-parameter holds before the call: no length, no address and no name is so.
pub(super) const UNWRITTEN: u8 = 0xaa;
const CORRUPT: &str = "corrupt-native-length";

impl Wire {
    /// Makes a call of a contract function.
    pub(super) fn make(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let plan = self.plans.get(function.0).ok_or_else(|| {
            SubjectFault::Adapter("the suite calls a function that it never linked".into())
        })?;
        let handles = &self.tokens.handles;
        let handle = |token: Token| handles.get(usize::try_from(token.0).ok()?).copied();
        let lowered = Lowered::default();
        let made = &self.made;
        let kept =
            |token: Token| made.iter().find(|made| made.kept == token).map(|made| made.address);
        let declarations = &self.declarations;
        let mut lowerer = Lowerer { declarations, handle: &handle, kept: &kept, lowered };
        lowerer.arguments(&plan.signature, arguments).map_err(|_| {
            SubjectFault::Adapter(format!(
                "`{}` does not take these arguments, and refusing them is not for a library at wire \
                 level",
                plan.symbol
            ))
        })?;
        let outs: Vec<(Role, usize)> = plan
            .outs
            .iter()
            .map(|(role, size)| {
                let block = lowerer.block(vec![UNWRITTEN; *size]);
                lowerer.lowered.carriers.push(Carrier::block(block));
                (*role, block)
            })
            .collect();
        let Lowered { carriers, blocks, lent } = lowerer.lowered;
        let looks = plan.looks(&lent, &outs, &blocks, &self.declarations);
        let returned = self.line.invoke(plan.call(carriers, blocks, looks))?;
        let arrays = lent.iter().map(|lent| array(lent, &returned.blocks)).collect();
        if let Some(HostValue::Handle(token)) = plan.consumes.and_then(|at| arguments.get(at)) {
            self.tokens.alive.retain(|_, alive| alive != token);
        }
        let calls = self.calls(function.0, arguments, &returned)?;
        let outcome = self.outcome(function.0, &returned, &outs)?;
        Ok(CallReply { arrays, calls, ..CallReply::of(outcome) })
    }

    /// What a call came to; what is owned is given back, whether or not it could be raised.
    fn outcome(
        &mut self,
        plan: usize,
        returned: &Returned,
        outs: &[(Role, usize)],
    ) -> Result<Outcome, SubjectFault> {
        let Wire { line, declarations, plans, .. } = self;
        let out = |role: Role| outs.iter().find(|(there, _)| *there == role);
        let function = &plans[plan];
        let bytes = |role: Role| match out(role) {
            Some((_, block)) => Ok(&*returned.blocks[*block].0),
            None => Err(SubjectFault::Adapter(format!(
                "the suite passes `{}` no {role:?} to read the result from",
                function.symbol
            ))),
        };
        let word = |role: Role| bytes(role).map(|bytes| scalars::word(bytes) as u64);
        let mut of = &function.signature.returns;
        if let Type::ErrorUnion { of: success, .. } = of {
            match usize::try_from(word(Role::ErrorLength)?) {
                Ok(0) => of = success,
                Ok(length) if length < ERROR_BYTES => {
                    let name = String::from_utf8_lossy(&bytes(Role::ErrorName)?[..length]);
                    return Ok(Outcome::Value(HostValue::Error(name.into_owned())));
                }
                _ => return Ok(Outcome::Failed(CORRUPT.into())),
            }
        }
        if let Type::Stream { .. } = of {
            let iterator = address(function, returned)?;
            self.tokens.streams.push(Stream { plan, iterator, consumed: false });
            let token = Token(self.tokens.streams.len() as u64 - 1);
            return Ok(Outcome::Value(HostValue::Stream(token)));
        }
        if let Type::Handle(name) = of {
            let address = address(function, returned)?;
            let name = name.clone();
            return Ok(Outcome::Value(self.handle(name, address)));
        }
        let mut raiser = Raiser { declarations, memory: &mut Memory { line, is_given: false } };
        let raised = match of {
            Type::Void => Ok(HostValue::Nil),
            Type::ByValue(inner) => {
                // What is a scalar comes as a text, as in a register.
                let text = returned.value.clone().map(CValue::Text);
                let value = returned.structure.as_ref().or(text.as_ref());
                let found = value.and_then(|value| raiser.by_value(inner, value));
                let due = || format!("the members of a {inner}, each as a carrier");
                Ok(found.ok_or_else(|| misfit(&function.symbol, &shown(value), &due()))?)
            }
            Type::Optional(inner) => match address(function, returned)? {
                0 => Ok(HostValue::Nil),
                address => match &**inner {
                    Type::Pointer { of, .. } => raiser.pointee(of, address),
                    inner => raiser.pointee(inner, address),
                },
            },
            _ if out(Role::OutAddress).is_some() => {
                raiser.buffer(of, word(Role::OutAddress)?, word(Role::OutLength)?)
            }
            Type::Owned(inner) | Type::Borrowed(inner) => {
                raiser.item(inner, bytes(Role::OutValue)?)
            }
            _ if out(Role::OutValue).is_some() => raiser.item(of, bytes(Role::OutValue)?),
            Type::Named(name) => raiser.member(name, register(function, returned)?),
            _ => Ok(register(function, returned)?),
        };
        let released = match &function.release {
            Some((release, free)) if !is_loss(&raised) => {
                let mut again = None;
                let (carriers, blocks) = match release {
                    Release::Buffer => {
                        let pair = [word(Role::OutAddress)?, word(Role::OutLength)?];
                        (pair.map(Carrier::word).to_vec(), Vec::new())
                    }
                    Release::Struct(_) => {
                        again = out(Role::OutValue).map(|(_, block)| *block);
                        let block = Block::holding(bytes(Role::OutValue)?.to_vec());
                        (vec![Carrier::block(0)], vec![block])
                    }
                    Release::Optional(_) | Release::Stream(_) => {
                        (vec![Carrier::word(address(function, returned)?)], Vec::new())
                    }
                };
                let symbol = format!("{}__free", function.symbol);
                line.invoke(Call { again, ..freeing(&symbol, *free, carriers, blocks) }).map(drop)
            }
            _ => Ok(()),
        };
        match raised {
            Ok(value) => released.map(|()| Outcome::Value(value)),
            Err(Unraised::Corrupt) => released.map(|()| Outcome::Failed(CORRUPT.into())),
            Err(Unraised::Fault(fault)) => Err(fault),
        }
    }

    /// What each function among the arguments was called with (K-2, K-9). What addresses lead to is looked at now.
    fn calls(
        &mut self,
        plan: usize,
        arguments: &[HostValue],
        returned: &Returned,
    ) -> Result<Vec<Called>, SubjectFault> {
        let Wire { line, declarations, plans, tokens, .. } = self;
        let plan = &plans[plan];
        let mut raiser = Raiser { declarations, memory: &mut Memory { line, is_given: true } };
        let handle = |address: u64| {
            let is_it = |given: &HostValue| match given {
                HostValue::Handle(token) => {
                    tokens.handles.get(token.0 as usize).is_some_and(|known| *known == address)
                }
                _ => false,
            };
            let unknown = HostValue::Handle(Token(u64::MAX));
            arguments.iter().position(is_it).map_or(unknown, HostValue::Same)
        };
        let mut call = |of: &FunctionType, texts: &Vec<String>| {
            let words = Lowering::of(&of.signature(), declarations).parameters.len();
            if texts.len() != words {
                let due = format!("{words} arguments of a callback");
                return Err(misfit(&plan.symbol, &texts.join(" "), &due));
            }
            let mut texts = texts.iter();
            let mut word = |of: Scalar| {
                let text = texts.next().map_or("", String::as_str);
                let due = || format!("as an argument of a callback an {}", of.name());
                scalars::of_text(of, text).ok_or_else(|| misfit(&plan.symbol, text, &due()))
            };
            let value = |of: &Type| match raiser.given(of, &mut word, &handle) {
                Err(Unraised::Corrupt) => Ok(HostValue::Error(CORRUPT.into())),
                Err(Unraised::Fault(fault)) => Err(fault),
                Ok(value) => Ok(value),
            };
            of.arguments.iter().map(value).collect::<Result<Vec<_>, _>>()
        };
        let heard = plan.functions().zip(&returned.calls).map(|((index, of), calls)| {
            let calls = calls.iter().map(|texts| call(of, texts)).collect::<Result<_, _>>()?;
            Ok((index, calls))
        });
        heard.collect()
    }

    /// R-6, C-14: null is nil, and one address of one type is one handle while it is alive.
    fn handle(&mut self, name: String, address: u64) -> HostValue {
        if address == 0 {
            return HostValue::Nil;
        }
        let tokens = &mut self.tokens;
        let token = *tokens.alive.entry((name, address)).or_insert_with(|| {
            tokens.handles.push(address);
            Token(tokens.handles.len() as u64 - 1)
        });
        HostValue::Handle(token)
    }

    /// Fetches an item of a stream; after the last the iterator is freed.
    pub(super) fn fetch(&mut self, token: Token) -> Result<Pull, SubjectFault> {
        let stream = self.stream(token)?;
        if stream.consumed {
            return Ok(Pull::Refused(Some("stream-consumed".into())));
        }
        let plan = &self.plans[stream.plan];
        let (Some(next), Some((Release::Stream(item), _))) = (plan.next, &plan.release) else {
            return Err(SubjectFault::Adapter("this function returns no stream".into()));
        };
        let (symbol, item) = (format!("{}__next", plan.symbol), *item);
        let carriers = vec![Carrier::word(stream.iterator), Carrier::block(0)];
        let blocks = vec![Block::holding(vec![UNWRITTEN; item.size()])];
        let length = item.size();
        let looks = vec![Look { block: 0, length, addresses: Vec::new(), is_out: true }];
        let returned = self.line.invoke(Call {
            symbol: &symbol,
            function: next,
            returns: CarrierType::Bool,
            carriers,
            blocks,
            looks,
            again: None,
        })?;
        match text(&returned, &symbol, Scalar::Bool)? {
            HostValue::Boolean(true) => {
                Ok(Pull::Item(scalars::of_bytes(item, &returned.blocks[0].0)))
            }
            HostValue::Boolean(false) => {
                self.end(token)?;
                Ok(Pull::End)
            }
            // What is no bool is no item either: it is shown as it came.
            other => Ok(Pull::Item(other)),
        }
    }

    /// Frees the iterator of a stream that has not ended.
    pub(super) fn end(&mut self, token: Token) -> Result<(), SubjectFault> {
        let stream = self.stream(token)?;
        let plan = &self.plans[stream.plan];
        let Some((_, free)) = &plan.release else { return Ok(()) };
        if stream.consumed {
            return Ok(());
        }
        self.tokens.streams[token.0 as usize].consumed = true;
        let carriers = vec![Carrier::word(stream.iterator)];
        let symbol = format!("{}__free", plan.symbol);
        self.line.invoke(freeing(&symbol, *free, carriers, Vec::new())).map(drop)
    }

    fn stream(&self, token: Token) -> Result<Stream, SubjectFault> {
        let found = usize::try_from(token.0).ok().and_then(|at| self.tokens.streams.get(at));
        let unknown =
            || SubjectFault::Adapter("the suite asks for a stream that nobody gave".into());
        found.copied().ok_or_else(unknown)
    }
}

impl Plan {
    /// The functions among the arguments, by index.
    fn functions(&self) -> impl Iterator<Item = (usize, &FunctionType)> {
        let arguments = self.signature.arguments.iter().enumerate();
        arguments.filter_map(|(index, argument)| match argument.plain() {
            Some(Type::Function(of)) => Some((index, of)),
            _ => None,
        })
    }

    /// What is looked at once the call is made: lent arrays, and out-parameters.
    fn looks(
        &self,
        lent: &[Lent],
        outs: &[(Role, usize)],
        blocks: &[Block],
        declarations: &Declarations,
    ) -> Vec<Look> {
        let returns = match &self.signature.returns {
            Type::ErrorUnion { of, .. } => of,
            of => of,
        };
        let lent = lent.iter().map(|Lent { block, length, .. }| Look {
            block: *block,
            length: *length,
            addresses: Vec::new(),
            is_out: false,
        });
        let outs = outs.iter().map(|(role, block)| Look {
            block: *block,
            length: blocks[*block].bytes.0.len(),
            addresses: match role {
                Role::OutAddress => vec![0],
                Role::OutValue => addresses(returns, declarations),
                _ => Vec::new(),
            },
            is_out: true,
        });
        lent.chain(outs).filter(|look| look.length > 0).collect()
    }
}

/// A call of a free symbol.
fn freeing(
    symbol: &str,
    function: BoundId,
    carriers: Vec<Carrier>,
    blocks: Vec<Block>,
) -> Call<'_> {
    let (returns, looks) = (CarrierType::Void, Vec::new());
    Call { symbol, function, returns, carriers, blocks, looks, again: None }
}

/// What a lent array holds after the call (C-9).
fn array(lent: &Lent, blocks: &[Hex]) -> (usize, HostValue) {
    let bytes = blocks[lent.block].0[..lent.length].to_vec();
    (lent.argument, HostValue::Array(lent.element, bytes))
}

fn is_loss(raised: &Result<HostValue, Unraised>) -> bool {
    matches!(raised, Err(Unraised::Fault(fault)) if fault.is_loss())
}

/// The host value of the register, before an enum's name for it.
fn register(plan: &Plan, returned: &Returned) -> Result<HostValue, SubjectFault> {
    match plan.returns.scalar() {
        Some(scalar) => text(returned, &plan.symbol, scalar),
        None => address(plan, returned).map(|address| scalars::integer(address.into())),
    }
}

/// The address in the register.
fn address(plan: &Plan, returned: &Returned) -> Result<u64, SubjectFault> {
    let text = returned.value.as_deref().unwrap_or("nothing");
    text.parse().map_err(|_| misfit(&plan.symbol, text, "an address, a decimal number"))
}

fn text(returned: &Returned, symbol: &str, of: Scalar) -> Result<HostValue, SubjectFault> {
    let text = returned.value.as_deref().unwrap_or("nothing");
    scalars::of_text(of, text).ok_or_else(|| misfit(symbol, text, &format!("an {}", of.name())))
}

/// What came for a struct, as the message has it.
fn shown(value: Option<&CValue>) -> String {
    value.and_then(|value| serde_json::to_string(value).ok()).unwrap_or_else(|| "nothing".into())
}

fn misfit(symbol: &str, text: &str, due: &str) -> SubjectFault {
    let text: String = text.chars().take(40).collect();
    SubjectFault::Adapter(format!(
        "it says that `{symbol}` returned `{text}`, where {due} is due (docs/protocol.md, *Carriers*)"
    ))
}
