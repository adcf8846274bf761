//! Calls, replies and arrivals as people read them.

use std::ops::RangeInclusive;

use corpus::case::{Arrival, Expect, Expected, Given, Octets, Step};
use subject::evidence::{Event, EventKind, Item};
use subject::{CallReply, Outcome};

pub use contract::notation::{short, value};

/// Bytes shown of longer memory.
const BYTES: usize = 64;
/// Arguments shown of more: of a rest, there may be any number.
const ARGUMENTS: usize = 64;

/// A call as written: `echo_u8(256)`.
pub fn call(function: &str, arguments: &[Given]) -> String {
    format!("{function}({})", given(arguments))
}

/// Arguments as written: `256, $box`.
pub fn given(arguments: &[Given]) -> String {
    let one = |given: &Given| match given {
        Given::Value(value) => short(value),
        Given::Kept(name) => format!("${name}"),
    };
    let mut shown: Vec<_> = arguments.iter().take(ARGUMENTS).map(one).collect();
    if arguments.len() > ARGUMENTS {
        shown.push(format!("… {} in all", arguments.len()));
    }
    shown.join(", ")
}

/// Counts of which each is as good.
pub fn counts(due: &RangeInclusive<u64>) -> String {
    match (due.start(), due.end()) {
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    }
}

/// What must come of a step.
pub fn due(step: &Step) -> String {
    match step.expect {
        Expect::Refuses(_) => format!("refused: {}", step.codes().join(" or ")),
        _ => expect(&step.expect),
    }
}

/// What a case expects.
pub fn expect(expect: &Expect) -> String {
    match expect {
        Expect::Returns(Expected::Exactly(expected)) => value(expected),
        Expect::Returns(Expected::AHandle) => "a handle".into(),
        Expect::Returns(Expected::Same(name)) => format!("the handle ${name}"),
        Expect::Refuses(code) => format!("refused: {code}"),
        Expect::Fails(code) => format!("failed after the call: {code}"),
    }
}

/// What a call came to.
pub fn reply(reply: &CallReply) -> String {
    match &reply.outcome {
        Outcome::Value(observed) => value(observed),
        Outcome::Refused(Some(code)) => format!("refused: {code}"),
        Outcome::Refused(None) => "refused without a code".into(),
        Outcome::Failed(code) => format!("failed after the call: {code}"),
    }
}

/// A carrier as it must arrive.
pub fn arrival(arrival: &Arrival) -> String {
    match arrival {
        Arrival::Integer(scalar, number) => {
            format!("{} {number} / {:#x}", scalar.name(), *number as u64)
        }
        Arrival::Float(scalar, bits) => {
            format!("{} {}", scalar.name(), float(*bits, scalar.size()))
        }
        Arrival::Address => "an address".into(),
        Arrival::At(address) => format!("address {address:#x}"),
        Arrival::Null => "null".into(),
        Arrival::Memory(octets) => memory(octets, octets.len()),
    }
}

/// What arrived at each native call of these events.
pub fn arrived(events: &[Event]) -> Vec<String> {
    let calls = events.iter().filter(|event| event.kind == EventKind::Call);
    calls
        .map(|event| {
            let items: Vec<_> = event.items.iter().map(|carrier| item(carrier, None)).collect();
            if items.is_empty() { "no carrier".to_owned() } else { items.join(", ") }
        })
        .collect()
}

/// A carrier as it arrived. An integer's sign is the expected type's to tell.
pub fn item(item: &Item, beside: Option<&Arrival>) -> String {
    match (item, beside) {
        (Item::Integer(word), Some(Arrival::Integer(scalar, _))) if scalar.is_signed() => {
            format!("{} {} / {word:#x}", scalar.name(), *word as i64)
        }
        (Item::Integer(word), Some(Arrival::Integer(scalar, _))) => {
            format!("{} {word} / {word:#x}", scalar.name())
        }
        (Item::Integer(word), _) => format!("integer {word} / {word:#x}"),
        (Item::Float(bits, size), _) => {
            let name = match size {
                2 => "f16",
                4 => "f32",
                _ => "f64",
            };
            format!("{name} {}", float(*bits, *size))
        }
        (Item::Address(address), _) => format!("address {address:#x}"),
        (Item::Null, _) => "null".into(),
        (Item::Memory(bytes, full), _) => {
            let octets: Octets = bytes.iter().copied().map(Some).collect();
            memory(&octets, *full)
        }
    }
}

fn float(bits: u64, size: usize) -> String {
    let number = match size {
        2 => half::f16::from_bits(bits as u16).to_f64(),
        4 => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits),
    };
    format!("{number:?} / bits {bits:#0width$x}", width = size * 2 + 2)
}

/// `..` is a byte that nobody can know.
fn memory(octets: &[Option<u8>], full: usize) -> String {
    let shown = &octets[..octets.len().min(BYTES)];
    let octet = |octet: &Option<u8>| match octet {
        Some(byte) => format!("{byte:02x}"),
        None => "..".to_owned(),
    };
    let text: Vec<String> = shown.iter().map(octet).collect();
    let more = if full > shown.len() { " …" } else { "" };
    format!("memory of {full} bytes \"{}{more}\"", text.join(" "))
}

#[cfg(test)]
mod tests {
    use contract::Scalar;

    use super::*;

    #[test]
    fn an_unextended_register_shows_beside_what_was_expected() {
        let expected = Arrival::Integer(Scalar::I8, -1);
        assert_eq!(arrival(&expected), "i8 -1 / 0xffffffffffffffff");
        assert_eq!(item(&Item::Integer(0xff), Some(&expected)), "i8 255 / 0xff");
    }
}
