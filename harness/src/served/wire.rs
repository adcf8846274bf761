//! A library at wire level of the suite's own, so that the level itself is judged: it links, invokes and
//! peeks as it is told, and knows nothing of signatures.
//!
//! One of the modules that may use `unsafe`: what it is told is the harness's word, which a program that does
//! as it is told, as any FFI library does, cannot check.

#![expect(unsafe_code, reason = "loads, calls and reads what the harness tells it to")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use contract::Scalar;
use reference_binder::Library;
use subject::numbers::{Decimal, Small};
use subject::protocol::aggregates::{CValue, ValueType};
use subject::protocol::carriers::{Block, Carrier, CarrierType, Hex, float_bits, float_text};
use subject::protocol::messages::{Reply, Request};
use subject::protocol::{Answers, hello};
use subject::{BoundId, Capability, Level, Ready, StartRequest, SubjectFault, locked};

use super::answered::Answered;
use super::kept::Made;
use super::looped::{self, Calls};
use super::members;
use super::native::{self, Native, Prototype, Room};

/// The suite's own library at wire level.
#[derive(Debug, Default)]
pub struct WireServer {
    library: Option<Library>,
    functions: Vec<Native>,
    /// The function objects that are made and not released, by number, and the next number.
    kept: (HashMap<u64, Made>, u64),
    /// The memory of the last call.
    rooms: Vec<Room>,
}

/// The most that is read at once (docs/protocol.md).
pub(super) const PEEKED: u64 = 1 << 20;

pub(super) fn cannot(message: impl Into<String>) -> SubjectFault {
    SubjectFault::Adapter(message.into())
}

impl Answers for WireServer {
    fn obey(&mut self, request: Request) -> Result<Reply, SubjectFault> {
        Ok(match request {
            Request::Hello { protocol, library, declarations, held, .. } => {
                hello(protocol, library, declarations, held, |request| self.start(request))?
            }
            Request::Link { symbol, parameters, fixed, returns, library, errno } => {
                let fixed = fixed.map(Small::index);
                let prototype = Prototype { parameters, fixed, returns, errno };
                self.link(&symbol, prototype, library.as_deref())?
            }
            Request::Invoke { function, arguments, blocks } => {
                self.invoke(function, &arguments, &blocks)?
            }
            Request::MakeAddress { parameters, returns, answers, plain } => {
                let made = Made::new(parameters, returns, &answers, plain)?;
                let (alive, number) = &mut self.kept;
                let (kept, address) = (Decimal(*number), Some(Decimal(made.address())));
                alive.insert(*number, made);
                *number += 1;
                Reply::Made { kept, address }
            }
            Request::Heard { kept } => {
                let made = self.kept.0.get(&kept.0);
                made.ok_or_else(|| cannot("asked for a function object it never made"))?.heard()
            }
            Request::Release { kept } => {
                let made = self.kept.0.remove(&kept.0);
                made.ok_or_else(|| {
                    cannot("asked to release what is none of its function objects")
                })?;
                Reply::Done {}
            }
            Request::Peek { address, length } => {
                if address.0 == 0 || length.get() == 0 || length.get() > PEEKED {
                    return Err(cannot(format!("cannot read {length:?} at {address:?}")));
                }
                // SAFETY: the library under judgement gave this address and a length that reaches as far,
                // and no call is under way.
                let bytes = unsafe { native::peek(address.0, length.index()) };
                Reply::Memory { bytes: Hex(bytes) }
            }
            Request::Loop { scripts, rounds, threads, collect: false } => {
                let times = (rounds.get(), threads.index());
                looped::repeat(|| Here, &self.functions, &scripts, times)?
            }
            Request::Loop { .. } => return Err(cannot("there is no collector here")),
            Request::Clock { rows, count } => {
                looped::clock(&mut Here, &self.functions, &rows, count.get())?
            }
            Request::Errno { set } => {
                let kept = native::ERRNO.get();
                if let Some(bits) = set {
                    native::ERRNO.set((bits.get() as u32).cast_signed());
                }
                Reply::Errno { value: u64::from(kept.cast_unsigned()).into() }
            }
            Request::Stop {} => Reply::Done {},
            _ => return Err(cannot("it is of wire level, and this of contract level")),
        })
    }
}

impl WireServer {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        system_libffi::available().map_err(|missing| cannot(missing.to_string()))?;
        // SAFETY: who runs the harness names this library as the one to judge or to judge with.
        let library = unsafe { Library::open(&request.library) };
        self.library = Some(library.map_err(|error| cannot(error.to_string()))?);
        let mut capabilities = vec![
            Capability::Loops,
            Capability::Threads,
            Capability::Libraries,
            Capability::NoCollector,
            Capability::Callbacks,
            Capability::CallbackTypes,
            Capability::ForeignThreads,
            Capability::KeptCallbacks,
            Capability::ByValue,
            Capability::Complex,
            Capability::Variadics,
            Capability::Errno,
            Capability::SetErrno,
        ];
        capabilities.extend(super::CLASSIFIED);
        Ok(Ready {
            name: "libffi".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            language: "Rust".into(),
            level: Level::Wire,
            capabilities,
            dialects: Vec::new(),
            lacks: Vec::new(),
        })
    }

    fn link(
        &mut self,
        symbol: &str,
        prototype: Prototype,
        library: Option<&str>,
    ) -> Result<Reply, SubjectFault> {
        let library = match (library, &self.library) {
            // SAFETY: as in `start`, of another library of the same suite.
            (Some(path), _) => unsafe { Library::open(Path::new(path)) },
            (None, Some(library)) => Ok(library.clone()),
            (None, None) => return Err(cannot("asked to link before `hello`")),
        };
        let found = library.and_then(|library| {
            let symbol = library.symbol(symbol, "is to be linked")?;
            Ok((library, symbol))
        });
        let (library, symbol) = match found {
            Ok(found) => found,
            Err(error) => return Ok(Reply::Unlinked { message: error.to_string() }),
        };
        Ok(match Native::new(&library, symbol, prototype) {
            Ok(native) => {
                self.functions.push(native);
                Reply::Bound { function: BoundId(self.functions.len() - 1), path: None }
            }
            Err(message) => Reply::Unsupported { message },
        })
    }

    fn invoke(
        &mut self,
        function: BoundId,
        arguments: &[Carrier],
        blocks: &[Block],
    ) -> Result<Reply, SubjectFault> {
        let native = self.functions.get(function.0);
        let native = native.ok_or_else(|| cannot("asked to call a function it never linked"))?;
        if arguments.len() != native.parameters.len() {
            let (given, due) = (arguments.len(), native.parameters.len());
            return Err(cannot(format!("{given} arguments for {due} parameters")));
        }
        let (rooms, addresses) = lay_out(blocks)?;
        let known = Mutex::default();
        let answered = arguments.iter().filter_map(|argument| match argument {
            Carrier::Callback { callback } => Some(Answered::new(callback, native, &known)),
            _ => None,
        });
        let answered = answered.collect::<Result<Vec<_>, _>>()?;
        let closures = answered.iter().map(Answered::closure).collect::<Result<Vec<_>, _>>()?;
        let mut made = closures.iter();
        let mut structs = Vec::new();
        let words = arguments
            .iter()
            .zip(native.parameters.iter().zip(&native.prototype.parameters))
            .map(|(argument, (of, whole))| match argument {
                Carrier::Block { block } => address(&addresses, *block),
                Carrier::Text(text) if whole.carrier().is_none() => {
                    let mut room = structure(whole, &CValue::Text(text.clone()))?;
                    let address = room.address();
                    structs.push(room);
                    Ok(address)
                }
                Carrier::Members(values) => {
                    let mut room = structure(whole, &CValue::Members(values.clone()))?;
                    // Its memory is on the heap, and stays where it is.
                    let address = room.address();
                    structs.push(room);
                    Ok(address)
                }
                Carrier::Text(text) => word(*of, text).ok_or_else(|| {
                    cannot(format!("`{text}` is no {} (docs/protocol.md, *Carriers*)", of.name()))
                }),
                Carrier::Callback { .. } => {
                    let closure = made.next().ok_or_else(|| cannot("a callback was not made"))?;
                    Ok(closure.code().expose_provenance() as u64)
                }
                Carrier::Argument { .. } => Err(cannot("only `again` names arguments of the call")),
            })
            .collect::<Result<Vec<u64>, _>>()?;
        locked(&known).clone_from(&words);
        let returns = &native.prototype.returns;
        let value = if returns.carrier().is_some() {
            // SAFETY: the harness lowered a signature that it compared with the library's manifest to the prototype
            // it linked and to these words, one for each parameter; blocks live until the next call, structs until
            // this one returns.
            let word = unsafe { native.call(&words) };
            text(native.returns, word).map(CValue::Text)
        } else {
            let size = size_of_struct(returns)?;
            let mut place = Room::holding(&vec![0; size.max(size_of::<u64>())]);
            // SAFETY: as above, and the place has room for the struct.
            unsafe { native.call_into(&words, place.place()) };
            Some(members::read(returns, &place.bytes()[..size]))
        };
        drop((closures, structs));
        let calls = answered.into_iter().map(Answered::calls).collect::<Result<_, _>>()?;
        let blocks = rooms.iter().map(|room| Hex(room.bytes())).collect();
        self.rooms = rooms;
        Ok(Reply::Returned { value, blocks, calls })
    }
}

/// Calls of loops, in this process and its memory.
struct Here;

impl Calls for Here {
    type Function = Native;
    type Room = Room;

    fn prototype(function: &Native) -> (&[CarrierType], CarrierType) {
        (&function.parameters, function.returns)
    }

    fn lay_out(&mut self, blocks: &[Block]) -> Result<(Vec<Room>, Vec<u64>), SubjectFault> {
        lay_out(blocks)
    }

    fn fill(&mut self, room: &mut Room, bytes: &[u8]) -> Result<(), SubjectFault> {
        room.fill(bytes);
        Ok(())
    }

    fn piece(&self, room: &Room, within: Option<(usize, usize)>) -> Option<Vec<u8>> {
        within.map_or_else(|| Some(room.bytes()), |(from, to)| room.piece(from, to))
    }

    fn word(&self, room: &Room, offset: usize) -> Option<u64> {
        room.word(offset)
    }

    fn call(&mut self, function: &Native, words: &[u64]) -> Result<u64, SubjectFault> {
        // SAFETY: the harness made this call once by the same prototype, with words that led to as much; the memory
        // they lead to is the script's own, or what its earlier steps gave.
        Ok(unsafe { function.call(words) })
    }
}

fn size_of_struct(of: &ValueType) -> Result<usize, SubjectFault> {
    members::layout(of)
        .map(|layout| layout.size)
        .ok_or_else(|| cannot("no memory holds such a struct"))
}

/// The memory of a struct by value.
fn structure(of: &ValueType, value: &CValue) -> Result<Room, SubjectFault> {
    let mut bytes = vec![0; size_of_struct(of)?];
    let written = members::write(of, value, &mut bytes);
    written.ok_or_else(|| cannot("the members are none of the struct's (docs/protocol.md)"))?;
    Ok(Room::holding(&bytes))
}

/// The memory of blocks, and where it is.
pub(super) fn lay_out(blocks: &[Block]) -> Result<(Vec<Room>, Vec<u64>), SubjectFault> {
    let mut rooms: Vec<Room> = blocks.iter().map(|block| Room::holding(&block.bytes.0)).collect();
    let addresses: Vec<u64> = rooms.iter_mut().map(Room::address).collect();
    for (block, room) in blocks.iter().zip(&mut rooms) {
        for (offset, to) in &block.pointers {
            if !room.patch(offset.index(), address(&addresses, *to)?) {
                return Err(cannot(format!("offset {} is beyond its block", offset.get())));
            }
        }
    }
    Ok((rooms, addresses))
}

pub(super) fn address(addresses: &[u64], block: Small) -> Result<u64, SubjectFault> {
    let found = addresses.get(block.index()).copied();
    found.ok_or_else(|| cannot(format!("there is no block {}", block.get())))
}

/// A carrier's register: an integer extended by its type's sign (L-21), a float's bits in the low end.
pub(super) fn word(of: CarrierType, text: &str) -> Option<u64> {
    match (of, of.scalar()) {
        (CarrierType::Bool, _) => match text {
            "0" => Some(0),
            "1" => Some(1),
            _ => None,
        },
        (_, Some(scalar)) if scalar.is_float() => float_bits(scalar, text),
        (_, Some(scalar)) => {
            let number: i128 = text.parse().ok()?;
            (extended(scalar, number as u64) == number).then_some(number as u64)
        }
        (_, None) => text.parse().ok(),
    }
}

/// What came back: of a narrow type the low bits alone mean anything (L-21).
pub(super) fn text(of: CarrierType, word: u64) -> Option<String> {
    match (of, of.scalar()) {
        (CarrierType::Void, _) => None,
        (_, Some(scalar)) if scalar.is_float() => {
            let unused = 64 - 8 * scalar.size() as u32;
            Some(float_text(scalar, word << unused >> unused))
        }
        (_, Some(scalar)) => Some(extended(scalar, word).to_string()),
        (_, None) => Some(word.to_string()),
    }
}

/// What came back, as 64 bits: of an integer extended by its type's sign, of a float its own.
pub(super) fn narrowed(of: CarrierType, word: u64) -> u64 {
    match of.scalar() {
        Some(scalar) if scalar.is_float() => {
            let unused = 64 - 8 * scalar.size() as u32;
            word << unused >> unused
        }
        Some(scalar) => extended(scalar, word) as u64,
        None => word,
    }
}

/// The number that the low bits of a word are.
fn extended(of: Scalar, word: u64) -> i128 {
    let unused = 64 - 8 * of.size() as u32;
    if of.is_signed() {
        i128::from((word << unused) as i64 >> unused)
    } else {
        i128::from(word << unused >> unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_holds_the_whole_extended_value() {
        assert_eq!(word(CarrierType::I8, "-1"), Some(u64::MAX));
        assert_eq!(word(CarrierType::U8, "255"), Some(255));
        assert_eq!(word(CarrierType::U64, "18446744073709551615"), Some(u64::MAX));
        assert_eq!(word(CarrierType::F32, "bf800000"), Some(0xbf80_0000));
        assert_eq!(word(CarrierType::Pointer, "140737488355327"), Some((1 << 47) - 1));
        for (of, wrong) in [
            (CarrierType::I8, "128"),
            (CarrierType::U8, "-1"),
            (CarrierType::Bool, "2"),
            (CarrierType::Bool, "true"),
            (CarrierType::F32, "1.0"),
            (CarrierType::Pointer, "-1"),
            (CarrierType::Void, ""),
        ] {
            assert_eq!(word(of, wrong), None, "{of:?} {wrong}");
        }
    }

    #[test]
    fn only_the_low_bits_of_what_came_back_mean_anything() {
        let garbage = 0xdead_beef_dead_be80;
        assert_eq!(text(CarrierType::I8, garbage).as_deref(), Some("-128"));
        assert_eq!(text(CarrierType::U8, garbage).as_deref(), Some("128"));
        assert_eq!(text(CarrierType::F16, garbage).as_deref(), Some("be80"));
        assert_eq!(text(CarrierType::U64, u64::MAX), Some(u64::MAX.to_string()));
        assert_eq!(text(CarrierType::Void, garbage), None);
    }
}
