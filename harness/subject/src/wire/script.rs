//! What a library did when it was asked call by call, as a script that it runs by itself. Where an argument
//! is an address that an earlier call gave, the script says which, because the next run has another.

use contract::Scalar;

use super::calls::UNWRITTEN;
use super::line::{Event, Look, Returned};
use crate::BoundId;
use crate::protocol::carriers::{Block, Callback, Carrier, CarrierType, float_bits};
use crate::protocol::scripts::{Left, LoopArgument, LoopStep};

/// No address is below this, and many a length is.
const LEAST_ADDRESS: u64 = 1 << 16;
/// Words of an out-parameter that count on the clock.
const COUNTED: usize = 2;

/// A script, as it is written.
#[derive(Default)]
pub(super) struct Written {
    pub(super) blocks: Vec<Block>,
    pub(super) steps: Vec<LoopStep>,
    /// What is looked at after a run.
    pub(super) pieces: Vec<Piece>,
    /// What counts on the clock, and what it should come to.
    pub(super) bits: Vec<(Left, u64)>,
    /// What functions of the host's stand in its arguments: their addresses are put in once they are made.
    pub(super) functions: Vec<Place>,
    /// Addresses that were given, the last one last.
    given: Vec<(u64, Left)>,
}

/// A function of the host's among a script's arguments.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) step: usize,
    pub(super) argument: usize,
    pub(super) callback: Callback,
}

/// A piece of a script's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// In the script.
    pub(super) block: usize,
    pub(super) offset: usize,
    pub(super) length: usize,
    /// The event that left it, and of a call which of its blocks.
    pub(super) event: usize,
    pub(super) of: Option<usize>,
}

impl Written {
    /// The script of what was noted, a step for each event. Memory that was read is copied by `copier`; without
    /// one it is not looked at.
    pub(super) fn of(events: &[Event], copier: Option<BoundId>) -> Written {
        let mut written = Written::default();
        let mut last = Vec::new();
        for (number, event) in events.iter().enumerate() {
            match event {
                Event::Called { function, returns, carriers, blocks, looks, again, returned } => {
                    let places = match again.and_then(|block| last.get(block).copied()) {
                        Some(block) => vec![block],
                        None => written.lay(blocks),
                    };
                    let step = written.steps.len();
                    let functions = carriers.iter().enumerate().filter_map(|(argument, one)| {
                        let Carrier::Callback { callback } = one else { return None };
                        Some(Place { step, argument, callback: callback.clone() })
                    });
                    written.functions.extend(functions);
                    let arguments =
                        carriers.iter().map(|carrier| written.argument(carrier, &places)).collect();
                    written.steps.push(LoopStep { function: *function, arguments });
                    written.came(number, *returns, returned, looks, &places);
                    last = places;
                }
                Event::Peeked { is_given: true, .. } => {}
                Event::Peeked { address, bytes, addresses, .. } => {
                    let Some(function) = copier else { continue };
                    let places = written.lay(&[Block::holding(vec![UNWRITTEN; bytes.len()])]);
                    let arguments = vec![
                        LoopArgument::Block { block: places[0].into() },
                        written.argument(&Carrier::word(*address), &[]),
                        LoopArgument::Text(bytes.len().to_string()),
                    ];
                    written.steps.push(LoopStep { function, arguments });
                    written.look(places[0], bytes, addresses, (number, None));
                }
            }
        }
        written
    }

    /// Adds the blocks of a call; where they are now.
    fn lay(&mut self, blocks: &[Block]) -> Vec<usize> {
        let first = self.blocks.len();
        for block in blocks {
            let pointer =
                |(offset, to): &(_, crate::numbers::Small)| (*offset, (first + to.index()).into());
            let pointers = block.pointers.iter().map(pointer).collect();
            self.blocks.push(Block { bytes: block.bytes.clone(), pointers });
        }
        (first..self.blocks.len()).collect()
    }

    fn argument(&self, carrier: &Carrier, places: &[usize]) -> LoopArgument {
        match carrier {
            Carrier::Block { block } => LoopArgument::Block { block: places[block.index()].into() },
            Carrier::Callback { .. } => LoopArgument::Text("0".to_owned()),
            Carrier::Argument { .. } | Carrier::Members(_) => {
                unreachable!("scripts with structs by value are not left to the library")
            }
            Carrier::Text(text) => {
                let given = text.parse().ok().and_then(|address: u64| {
                    self.given.iter().rev().find(|(given, _)| *given == address)
                });
                given.map_or_else(
                    || LoopArgument::Text(text.clone()),
                    |(_, left)| LoopArgument::Left(*left),
                )
            }
        }
    }

    /// Notes what a call left.
    fn came(
        &mut self,
        event: usize,
        returns: CarrierType,
        returned: &Returned,
        looks: &[Look],
        places: &[usize],
    ) {
        let step = Left::result(self.steps.len() - 1);
        let value = returned.value.as_deref().unwrap_or_default();
        if returns == CarrierType::Pointer {
            self.give(value.parse().unwrap_or(0), step);
        }
        if self.steps.len() == 1 && returns != CarrierType::Void {
            self.bits.push((step, bits(returns, value)));
        }
        for look in looks {
            let (block, bytes) = (places[look.block], &*returned.blocks[look.block].0);
            if look.is_out {
                let words = (0..look.length).step_by(size()).take(COUNTED);
                let words = words.filter(|offset| offset + size() <= look.length);
                for offset in words.filter(|offset| !look.addresses.contains(offset)) {
                    self.bits.push((Left::word(block, offset), word(bytes, offset)));
                }
            }
            self.look(block, &bytes[..look.length], &look.addresses, (event, Some(look.block)));
        }
    }

    /// Has a block looked at, but for the addresses in it.
    fn look(
        &mut self,
        block: usize,
        bytes: &[u8],
        addresses: &[usize],
        (event, of): (usize, Option<usize>),
    ) {
        let mut from = 0;
        for end in addresses.iter().copied().chain([bytes.len()]) {
            if from < end {
                self.pieces.push(Piece { block, offset: from, length: end - from, event, of });
            }
            from = end + size();
        }
        for at in addresses {
            self.give(word(bytes, *at), Left::word(block, *at));
        }
    }

    fn give(&mut self, address: u64, left: Left) {
        if address >= LEAST_ADDRESS {
            self.given.push((address, left));
        }
    }
}

/// The bytes of an address or a length.
fn size() -> usize {
    Scalar::Usize.size()
}

/// A word of memory as a number.
fn word(bytes: &[u8], at: usize) -> u64 {
    super::scalars::word(&bytes[at..at + size()]) as u64
}

/// What a carrier counts as on the clock (docs/protocol.md, *Loops at wire level*).
fn bits(of: CarrierType, text: &str) -> u64 {
    match of.scalar() {
        Some(scalar) if scalar.is_float() => float_bits(scalar, text).unwrap_or(0),
        Some(_) => text.parse::<i128>().unwrap_or(0) as u64,
        None => u64::from(text != "0"),
    }
}
