//! What calls of a library are made over: the conversation with it, which is noted where a script is to be
//! looped, or what was noted, with what a loop came to in its place.

use super::plan::{Plan, Prototype};
use super::raise::Peek;
use super::{Linked, call_of};
use crate::numbers::{Decimal, Small};
use crate::protocol::aggregates::CValue;
use crate::protocol::carriers::{Block, Carrier, CarrierType, Hex};
use crate::protocol::conversation::Conversation;
use crate::protocol::convert::{self, OtherAnswer};
use crate::protocol::messages::{Reply, Request};
use crate::{BoundId, SubjectFault};

/// Bytes asked for at once, so that no answer is longer than a line may be.
const PEEKED: usize = 1 << 20;

/// A native call to make.
pub(super) struct Call<'a> {
    pub(super) symbol: &'a str,
    pub(super) function: BoundId,
    pub(super) returns: CarrierType,
    pub(super) carriers: Vec<Carrier>,
    pub(super) blocks: Vec<Block>,
    /// What of the blocks is looked at afterwards.
    pub(super) looks: Vec<Look>,
    /// The block of the call before that its only block is: a struct to be freed.
    pub(super) again: Option<usize>,
}

/// A block that is looked at once the call is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) block: usize,
    /// How many bytes of it.
    pub(super) length: usize,
    /// Where addresses stand in it.
    pub(super) addresses: Vec<usize>,
    /// Whether it is an out-parameter.
    pub(super) is_out: bool,
}

/// What the library answered.
#[derive(Clone, Debug)]
pub(super) struct Returned {
    /// Of the register, or nothing from `void`.
    pub(super) value: Option<String>,
    /// Of a struct by value, its members.
    pub(super) structure: Option<CValue>,
    pub(super) blocks: Vec<Hex>,
    /// Of each callback among the arguments what it was called with.
    pub(super) calls: Vec<Vec<Vec<String>>>,
}

/// Something that a call of a contract function made of the library.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Called {
        function: BoundId,
        returns: CarrierType,
        carriers: Vec<Carrier>,
        blocks: Vec<Block>,
        looks: Vec<Look>,
        again: Option<usize>,
        returned: Returned,
    },
    /// Memory was read, with addresses at some places; of what a function of the host's was given it is read once and
    /// not in a loop.
    Peeked { address: u64, bytes: Vec<u8>, addresses: Vec<usize>, is_given: bool },
}

impl Event {
    /// Whether a loop does it too.
    pub(super) fn is_step(&self) -> bool {
        !matches!(self, Event::Peeked { is_given: true, .. })
    }
}

enum Mode {
    Live,
    /// Live, and noted.
    Noted(Vec<Event>),
    /// From what was noted, and the first that was not taken yet.
    Played(Vec<Event>, usize),
}

/// The other end, or what was noted of it.
pub(super) struct Line {
    pub(super) conversation: Conversation,
    mode: Mode,
}

impl Line {
    pub(super) fn new(conversation: Conversation) -> Line {
        Line { conversation, mode: Mode::Live }
    }

    /// Runs `work`, and gives what it made of the library.
    pub(super) fn note(&mut self) {
        self.mode = Mode::Noted(Vec::new());
    }

    /// From now on the library is not asked: `events` are what it does.
    pub(super) fn play(&mut self, events: Vec<Event>) {
        self.mode = Mode::Played(events, 0);
    }

    /// Back to the library; what was noted.
    pub(super) fn go_live(&mut self) -> Vec<Event> {
        match std::mem::replace(&mut self.mode, Mode::Live) {
            Mode::Noted(events) => events,
            Mode::Live | Mode::Played(..) => Vec::new(),
        }
    }

    pub(super) fn invoke(&mut self, call: Call<'_>) -> Result<Returned, SubjectFault> {
        let Call { symbol, function, returns, carriers, blocks, looks, again } = call;
        if let Mode::Played(events, at) = &mut self.mode {
            let next =
                events.iter().enumerate().skip(*at).find_map(|(number, event)| match event {
                    Event::Called { function: made, returned, .. } if *made == function => {
                        Some((number + 1, returned.clone()))
                    }
                    Event::Called { .. } | Event::Peeked { .. } => None,
                });
            let (next, returned) = next.ok_or_else(|| {
                SubjectFault::Adapter(format!("`{symbol}` was not called when it was made once"))
            })?;
            *at = next;
            return Ok(returned);
        }
        let sizes: Vec<usize> = blocks.iter().map(|block| block.bytes.0.len()).collect();
        let fit =
            |blocks: &[Hex]| blocks.iter().map(|Hex(bytes)| bytes.len()).eq(sizes.iter().copied());
        let is_callback = |carrier: &&Carrier| matches!(carrier, Carrier::Callback { .. });
        let callbacks = carriers.iter().filter(is_callback).count();
        let request =
            Request::Invoke { function, arguments: carriers.clone(), blocks: blocks.clone() };
        let returned = self.conversation.ask(request, &call_of(symbol), |reply| match reply {
            Reply::Returned { value, blocks, calls }
                if fit(&blocks) && calls.len() == callbacks =>
            {
                let (value, structure) = match value {
                    Some(CValue::Text(text)) => (Some(text), None),
                    other => (None, other),
                };
                Ok(Returned { value, structure, blocks, calls })
            }
            _ => Err(OtherAnswer),
        })?;
        if let Mode::Noted(events) = &mut self.mode {
            let returned = returned.clone();
            events.push(Event::Called {
                function,
                returns,
                carriers,
                blocks,
                looks,
                again,
                returned,
            });
        }
        Ok(returned)
    }

    pub(super) fn link(
        &mut self,
        prototype: Prototype,
        library: Option<&str>,
    ) -> Result<Linked, SubjectFault> {
        let what = format!("`link` of `{}`", prototype.symbol);
        let Prototype { symbol, parameters, fixed, returns, errno } = prototype;
        let (fixed, library) = (fixed.map(Small::from), library.map(str::to_owned));
        let request = Request::Link { symbol, parameters, fixed, returns, library, errno };
        self.conversation.ask(request, &what, |reply| match reply {
            Reply::Bound { function, path: None } => Ok(Linked::Bound(function)),
            Reply::Unlinked { .. } | Reply::Unsupported { .. } => {
                convert::bind_reply(reply).map(Linked::Not)
            }
            _ => Err(OtherAnswer),
        })
    }
}

/// Memory of the other end; of what a function of the host's was given, or of what a call left.
pub(super) struct Memory<'a> {
    pub(super) line: &'a mut Line,
    pub(super) is_given: bool,
}

impl Peek for Memory<'_> {
    fn peek(
        &mut self,
        address: u64,
        length: usize,
        addresses: Vec<usize>,
    ) -> Result<Vec<u8>, SubjectFault> {
        let Memory { line, is_given } = self;
        if let Mode::Played(events, at) = &line.mode {
            // What is longer than it was ends in nothing: it is not what it should be, and is seen so.
            let mut bytes = events[*at..]
                .iter()
                .find_map(|event| match event {
                    Event::Peeked { address: there, bytes, .. } if *there == address => {
                        Some(bytes.clone())
                    }
                    Event::Called { .. } | Event::Peeked { .. } => None,
                })
                .unwrap_or_default();
            bytes.resize(length, 0);
            return Ok(bytes);
        }
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let piece = PEEKED.min(length - bytes.len());
            let from = address + bytes.len() as u64;
            let request = Request::Peek { address: Decimal(from), length: piece.into() };
            let what = format!("`peek` of {piece} bytes at {from:#x}");
            bytes.extend(line.conversation.ask(request, &what, |reply| match reply {
                Reply::Memory { bytes: Hex(bytes) } if bytes.len() == piece => Ok(bytes),
                _ => Err(OtherAnswer),
            })?);
        }
        if let Mode::Noted(events) = &mut line.mode {
            let (bytes, is_given) = (bytes.clone(), *is_given);
            events.push(Event::Peeked { address, bytes, addresses, is_given });
        }
        Ok(bytes)
    }
}

impl Plan {
    /// A call of the function itself.
    pub(super) fn call<'a>(
        &'a self,
        carriers: Vec<Carrier>,
        blocks: Vec<Block>,
        looks: Vec<Look>,
    ) -> Call<'a> {
        let Plan { symbol, function, returns, .. } = self;
        Call {
            symbol,
            function: *function,
            returns: *returns,
            carriers,
            blocks,
            looks,
            again: None,
        }
    }
}
