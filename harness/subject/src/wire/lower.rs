//! Host values to carriers and to memory of a call (contract L as an argument, C-1, C-3, C-8 to C-11).
//!
//! Every buffer, every struct and every out-parameter is a block of its own, so that a callee that
//! writes past one does not reach the next.

use contract::{
    Answer, ArgumentKind, Carrier as Crosses, Declarations, FunctionType, Lowering, NamedKind,
    Scalar, Signature, Type,
};
use contract::{HostValue, Token};

use super::scalars;
use crate::protocol::aggregates::CValue;
use crate::protocol::carriers::{Block, Callback, CallbackAnswer, Carrier, CarrierType, Hex};

/// What crosses for the arguments of a call.
#[derive(Debug, Default)]
pub struct Lowered {
    /// One a wire parameter, in order.
    pub carriers: Vec<Carrier>,
    /// The memory they lead to.
    pub blocks: Vec<Block>,
    /// Typed arrays, which the callee may write to.
    pub lent: Vec<Lent>,
}

/// A typed array in a block.
#[derive(Debug, PartialEq, Eq)]
pub struct Lent {
    /// Index of the argument it was given as.
    pub argument: usize,
    pub element: Scalar,
    pub block: usize,
    /// How many bytes of the block it is.
    pub length: usize,
}

/// A value its parameter does not take: what a binder refuses, and the suite does not lower.
#[derive(Debug, PartialEq, Eq)]
pub struct NotTaken;

/// Lowers arguments.
pub struct Lowerer<'a> {
    /// The named types.
    pub declarations: &'a Declarations,
    /// The address behind a handle's token.
    pub handle: &'a dyn Fn(Token) -> Option<u64>,
    /// The address of a function object by its token.
    pub kept: &'a dyn Fn(Token) -> Option<u64>,
    /// What has been lowered so far.
    pub lowered: Lowered,
}

impl Lowerer<'_> {
    /// Lowers the arguments of a call, in order. The out-parameters are not among them.
    ///
    /// # Errors
    /// [`NotTaken`] for arguments that the contract refuses.
    pub fn arguments(
        &mut self,
        signature: &Signature,
        values: &[HostValue],
    ) -> Result<(), NotTaken> {
        let mut left = values.iter().enumerate();
        for argument in &signature.arguments {
            match &argument.kind {
                ArgumentKind::Plain(Type::Function(of)) => {
                    let (_, value) = left.next().ok_or(NotTaken)?;
                    let own = self.lowered.carriers.len();
                    let callback = self.callback(signature, of, (value, values), own)?;
                    self.lowered.carriers.push(Carrier::Callback { callback });
                }
                ArgumentKind::Plain(of) => {
                    let (index, value) = left.next().ok_or(NotTaken)?;
                    self.plain(index, of, value)?;
                }
                ArgumentKind::Destructured(fields) => {
                    let (_, value) = left.next().ok_or(NotTaken)?;
                    for (key, of) in fields {
                        let text = scalars::text(*of, field(value, key)?).ok_or(NotTaken)?;
                        self.lowered.carriers.push(Carrier::Text(text));
                    }
                }
                ArgumentKind::Rest(of) => {
                    let mut bytes = Vec::new();
                    let mut count = 0;
                    for (_, value) in left.by_ref() {
                        bytes.extend(scalars::bytes(*of, value).ok_or(NotTaken)?);
                        count += 1;
                    }
                    let block = self.block(bytes);
                    self.pair(block, count);
                }
            }
        }
        if left.next().is_some() { Err(NotTaken) } else { Ok(()) }
    }

    /// A block of memory; its index. One of no bytes has one, so that it has an address.
    pub(super) fn block(&mut self, mut bytes: Vec<u8>) -> usize {
        if bytes.is_empty() {
            bytes.push(0);
        }
        self.lowered.blocks.push(Block::holding(bytes));
        self.lowered.blocks.len() - 1
    }

    fn pair(&mut self, block: usize, length: usize) {
        self.lowered.carriers.push(Carrier::block(block));
        self.lowered.carriers.push(Carrier::word(length as u64));
    }

    fn plain(&mut self, index: usize, of: &Type, value: &HostValue) -> Result<(), NotTaken> {
        let carrier = match of {
            Type::Scalar(of) if of.is_carrier() => {
                Carrier::Text(scalars::text(*of, value).ok_or(NotTaken)?)
            }
            Type::Named(name) if let Some((backing, number)) = self.member(name, value)? => {
                let number = scalars::integer(number.into());
                Carrier::Text(scalars::text(backing, &number).ok_or(NotTaken)?)
            }
            Type::Scalar(_) | Type::Named(_) => self.one(of, value)?,
            Type::Slice { of, .. } => {
                let (block, count) = self.row(index, of, value)?;
                self.pair(block, count);
                return Ok(());
            }
            Type::String => {
                let bytes = text(value)?.to_vec();
                let length = bytes.len();
                let block = self.block(bytes);
                self.pair(block, length);
                return Ok(());
            }
            Type::Array { of, .. } | Type::Pointer { of, .. } => {
                Carrier::block(self.row(index, of, value)?.0)
            }
            Type::Optional(_) if *value == HostValue::Nil => Carrier::word(0),
            Type::Optional(inner) => match &**inner {
                Type::Pointer { of, .. } => Carrier::block(self.row(index, of, value)?.0),
                inner => self.one(inner, value)?,
            },
            Type::ByValue(of) => match self.member_of(of, value)? {
                CValue::Members(members) => Carrier::Members(members),
                CValue::Text(text) => Carrier::Text(text),
                CValue::Unset => return Err(NotTaken),
            },
            Type::Kept(_) => match value {
                HostValue::Kept(token) => Carrier::word((self.kept)(*token).ok_or(NotTaken)?),
                _ => return Err(NotTaken),
            },
            Type::Handle(_) => match value {
                HostValue::Handle(token) => Carrier::word((self.handle)(*token).ok_or(NotTaken)?),
                _ => return Err(NotTaken),
            },
            Type::Void
            | Type::NoReturn
            | Type::Bytes
            | Type::ErrorUnion { .. }
            | Type::Owned(_)
            | Type::Borrowed(_)
            | Type::Stream { .. }
            | Type::CString { .. }
            | Type::Counted { .. }
            | Type::InOut(_)
            | Type::Results(_)
            | Type::Function(_) => return Err(NotTaken),
        };
        self.lowered.carriers.push(carrier);
        Ok(())
    }

    /// A member of a struct by value, or the struct itself (G-1).
    fn member_of(&self, of: &Type, value: &HostValue) -> Result<CValue, NotTaken> {
        let text = |of: Scalar, value: &HostValue| {
            scalars::text(of, value).map(CValue::Text).ok_or(NotTaken)
        };
        match (of, value) {
            (Type::Scalar(of), value) => text(*of, value),
            (Type::Named(name), value) => match self.member(name, value)? {
                Some((backing, number)) => text(backing, &scalars::integer(number.into())),
                None => {
                    let named = self.declarations.get(name).ok_or(NotTaken)?;
                    let union = named.is_union();
                    let members = named.fields().ok_or(NotTaken)?.iter().map(|of| {
                        match field(value, &of.name) {
                            Err(NotTaken) if union => Ok(CValue::Unset),
                            value => self.member_of(&of.of, value?),
                        }
                    });
                    let members = members.collect::<Result<Vec<_>, _>>()?;
                    let set = members.iter().filter(|one| **one != CValue::Unset).count();
                    if union && set != 1 {
                        return Err(NotTaken);
                    }
                    Ok(CValue::Members(members))
                }
            },
            (Type::Array { length, of }, HostValue::Vector(values))
                if values.len() as u64 == *length =>
            {
                let members = values.iter().map(|value| self.member_of(of, value));
                Ok(CValue::Members(members.collect::<Result<_, _>>()?))
            }
            (Type::Array { length, of }, HostValue::Array(element, there))
                if **of == Type::Scalar(*element)
                    && there.len() as u64 == length * element.size() as u64 =>
            {
                let each = there.chunks(element.size());
                let members = each.map(|bytes| text(*element, &scalars::of_bytes(*element, bytes)));
                Ok(CValue::Members(members.collect::<Result<_, _>>()?))
            }
            _ => Err(NotTaken),
        }
    }

    /// A value in a block of its own, whose address crosses (L-3, L-9, L-20).
    fn one(&mut self, of: &Type, value: &HostValue) -> Result<Carrier, NotTaken> {
        let block = self.block(Vec::new());
        let mut bytes = Vec::new();
        self.item(of, value, block, &mut bytes)?;
        self.fill(block, bytes);
        Ok(Carrier::block(block))
    }

    /// Elements one after another in a block; its index, and how many they are (C-8).
    fn row(
        &mut self,
        index: usize,
        of: &Type,
        value: &HostValue,
    ) -> Result<(usize, usize), NotTaken> {
        let block = self.block(Vec::new());
        match (of, value) {
            (Type::Scalar(of), HostValue::Array(element, bytes)) if of == element => {
                let (element, length) = (*element, bytes.len());
                self.fill(block, bytes.clone());
                self.lowered.lent.push(Lent { argument: index, element, block, length });
                Ok((block, length / element.size()))
            }
            (_, HostValue::Vector(values)) => {
                let mut bytes = Vec::new();
                for value in values {
                    self.item(of, value, block, &mut bytes)?;
                }
                self.fill(block, bytes);
                Ok((block, values.len()))
            }
            _ => Err(NotTaken),
        }
    }

    fn fill(&mut self, block: usize, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.lowered.blocks[block].bytes = Hex(bytes);
        }
    }

    /// Appends an item to what a block holds: a scalar, an enum, `Wire(S)`, an array, or the address
    /// and length of a buffer (L-9, L-17 to L-19).
    fn item(
        &mut self,
        of: &Type,
        value: &HostValue,
        block: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(), NotTaken> {
        match of {
            Type::Scalar(of) => bytes.extend(scalars::bytes(*of, value).ok_or(NotTaken)?),
            Type::Named(name) => match self.member(name, value)? {
                Some((backing, number)) => {
                    bytes.extend(&number.to_le_bytes()[..backing.size()]);
                }
                None => self.structure(name, value, block, bytes)?,
            },
            Type::Array { length, of } => match (&**of, value) {
                (Type::Scalar(of), HostValue::Array(element, there))
                    if of == element && there.len() as u64 == length * of.size() as u64 =>
                {
                    bytes.extend(there);
                }
                (of, HostValue::Vector(values)) if values.len() as u64 == *length => {
                    for value in values {
                        self.item(of, value, block, bytes)?;
                    }
                }
                _ => return Err(NotTaken),
            },
            Type::String => self.buffer(text(value)?, block, bytes),
            Type::Bytes => match value {
                HostValue::Bytes(there) => self.buffer(there, block, bytes),
                _ => return Err(NotTaken),
            },
            Type::Slice { of, .. } => {
                // An array within a map is not lent: nobody looks for edits there (C-9).
                let (row, count) = self.row(usize::MAX, of, value)?;
                self.lowered.lent.retain(|lent| lent.argument != usize::MAX);
                self.point(row, count, block, bytes);
            }
            Type::Owned(of) | Type::Borrowed(of) => self.item(of, value, block, bytes)?,
            _ => return Err(NotTaken),
        }
        Ok(())
    }

    fn buffer(&mut self, there: &[u8], block: usize, bytes: &mut Vec<u8>) {
        let buffer = self.block(there.to_vec());
        self.point(buffer, there.len(), block, bytes);
    }

    /// Appends a buffer's address, which the adapter fills in, and its length.
    fn point(&mut self, buffer: usize, count: usize, block: usize, bytes: &mut Vec<u8>) {
        let word = Scalar::Usize.size();
        self.lowered.blocks[block].pointers.push((bytes.len().into(), buffer.into()));
        bytes.extend(std::iter::repeat_n(0, word));
        bytes.extend(&(count as u64).to_le_bytes()[..word]);
    }

    fn structure(
        &mut self,
        name: &str,
        value: &HostValue,
        block: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(), NotTaken> {
        let declarations = self.declarations;
        let layout = declarations.struct_layout(name).ok_or(NotTaken)?;
        let fields = declarations.fields(name).ok_or(NotTaken)?;
        let start = bytes.len();
        for (of, offset) in fields.iter().zip(&layout.offsets) {
            bytes.resize(start + offset, 0);
            self.item(&of.of, field(value, &of.name)?, block, bytes)?;
        }
        bytes.resize(start + layout.layout.size, 0);
        Ok(())
    }

    /// A function by its C types and answers; `own` is the wire parameter it crosses as (K-1). `all` are the arguments of the
    /// call, among which are the handles that it gives (K-9).
    fn callback(
        &self,
        signature: &Signature,
        of: &FunctionType,
        (value, all): (&HostValue, &[HostValue]),
        own: usize,
    ) -> Result<Callback, NotTaken> {
        let HostValue::Function(answers) = value else { return Err(NotTaken) };
        let (parameters, returns) = prototype(of, self.declarations)?;
        let text = |value: &HostValue| match (&*of.returns, value) {
            (Type::Void, _) => Ok(None),
            (Type::Scalar(of), value) => scalars::text(*of, value).ok_or(NotTaken).map(Some),
            (Type::Named(name), value) => {
                let (_, number) = self.member(name, value)?.ok_or(NotTaken)?;
                Ok(Some(number.to_string()))
            }
            (Type::Handle(_), HostValue::Same(argument)) => match all.get(*argument) {
                Some(HostValue::Handle(token)) => {
                    (self.handle)(*token).ok_or(NotTaken).map(|address| Some(address.to_string()))
                }
                _ => Err(NotTaken),
            },
            _ => Err(NotTaken),
        };
        let answer = |answer: &Answer| match answer {
            Answer::Returns(value) => text(value).map(CallbackAnswer::Returns),
            Answer::Again(values) => again(signature, values, own),
            Answer::Raises(_) => Err(NotTaken),
        };
        let answers = answers.iter().map(answer).collect::<Result<_, _>>()?;
        Ok(Callback { parameters, returns, answers })
    }

    /// The backing and number of an enum's member; `None` where the name is no enum's (C-6).
    fn member(&self, name: &str, value: &HostValue) -> Result<Option<(Scalar, i128)>, NotTaken> {
        let Some(NamedKind::Enum { backing, members }) =
            self.declarations.get(name).map(|named| &named.kind)
        else {
            return Ok(None);
        };
        let HostValue::Keyword(keyword) = value else { return Err(NotTaken) };
        let member = members.iter().find(|member| member.name == *keyword).ok_or(NotTaken)?;
        Ok(Some((*backing, member.value)))
    }
}

/// The C types that a function of the host's takes, and the one that it gives (K-1, K-9).
pub(super) fn prototype(
    of: &FunctionType,
    declarations: &Declarations,
) -> Result<(Vec<CarrierType>, CarrierType), NotTaken> {
    let lowering = Lowering::of(&of.signature(), declarations);
    let of_type = |of: &Crosses| match of {
        Crosses::Scalar(of) => CarrierType::of(*of).ok_or(NotTaken),
        Crosses::Pointer { .. } => Ok(CarrierType::Pointer),
        Crosses::Struct(_) | Crosses::Wide(_) => Err(NotTaken),
    };
    let parameters = lowering.parameters.iter().map(|one| of_type(&one.carrier));
    let returns = lowering.returns.as_ref().map_or(Ok(CarrierType::Void), of_type)?;
    Ok((parameters.collect::<Result<_, _>>()?, returns))
}

/// The arguments of a call within a callback: carriers by value, and the function itself.
fn again(
    signature: &Signature,
    values: &[HostValue],
    own: usize,
) -> Result<CallbackAnswer, NotTaken> {
    let carrier =
        |(argument, value): (&contract::Argument, &HostValue)| match (&argument.kind, value) {
            (ArgumentKind::Plain(Type::Function(_)), HostValue::Same(_)) => {
                Ok(Carrier::Argument { argument: own.into() })
            }
            (ArgumentKind::Plain(Type::Scalar(of)), value) if of.is_carrier() => {
                scalars::text(*of, value).map(Carrier::Text).ok_or(NotTaken)
            }
            _ => Err(NotTaken),
        };
    let again = signature.arguments.iter().zip(values).map(carrier);
    Ok(CallbackAnswer::Again { again: again.collect::<Result<_, _>>()? })
}

/// The value under a key (C-10).
fn field<'v>(value: &'v HostValue, key: &str) -> Result<&'v HostValue, NotTaken> {
    value.field(key).filter(|found| **found != HostValue::Nil).ok_or(NotTaken)
}

/// C-11
fn text(value: &HostValue) -> Result<&[u8], NotTaken> {
    match value {
        HostValue::Text(text) => Ok(text.as_bytes()),
        HostValue::Bytes(bytes) => Ok(bytes),
        _ => Err(NotTaken),
    }
}
