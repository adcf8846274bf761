//! What arrived, held against what must arrive.

use contract::abi::{Abi, Strength};
use contract::float::{self, Expected};
use contract::{Declarations, Format, Lowering, Role, Scalar, Signature};
use corpus::case::{Arrival, Step};
use corpus::generated::{self, Place};
use subject::evidence::{Event, EventKind, Item};

/// Whether a carrier arrived as it must.
pub(crate) fn arrived(expected: &Arrival, item: &Item) -> bool {
    match (expected, item) {
        // The register is widened by the type's sign (L-21): the low 64 bits of the number itself.
        (Arrival::Integer(_, number), Item::Integer(word)) => *number as u64 == *word,
        (Arrival::Float(scalar, bits), Item::Float(observed, size)) => {
            *size == scalar.size() && same_float(*scalar, *bits, *observed)
        }
        (Arrival::Address, Item::Address(_)) | (Arrival::Null, Item::Null) => true,
        (Arrival::At(address), Item::Address(observed)) => address == observed,
        // A page keeps the first bytes of a long one, and how many there were.
        (Arrival::Memory(octets), Item::Memory(kept, full)) => {
            let same = |(octet, kept): (&Option<u8>, &u8)| octet.is_none_or(|octet| octet == *kept);
            octets.len() == *full && kept.len() <= *full && octets.iter().zip(kept).all(same)
        }
        _ => false,
    }
}

/// The type of an integer that arrived with its own bits right, whatever stands above them (L-21).
pub(crate) fn own_bits_right(expected: &Arrival, item: &Item) -> Option<Scalar> {
    match (expected, item) {
        (Arrival::Integer(scalar, number), Item::Integer(word)) => {
            (own_bits(*scalar, *number as u64) == own_bits(*scalar, *word)).then_some(*scalar)
        }
        _ => None,
    }
}

/// A register without what stands above the bits of a type.
pub(crate) fn own_bits(of: Scalar, word: u64) -> u64 {
    word << (64 - 8 * of.size().min(8))
}

/// How strictly the subject is held to extending the carrier of this place (L-21).
pub(crate) fn extension(
    abi: Abi,
    signature: &Signature,
    place: usize,
    of: Scalar,
    declarations: &Declarations,
) -> Strength {
    let lowering = Lowering::of(signature, declarations);
    let passed = abi.passed(&lowering);
    // A slice's length is no carrier of its own on the page, and an out-parameter none at all.
    let is_carrier = |role| matches!(role, Role::Value { .. } | Role::Field { .. });
    let carriers = lowering.parameters.iter().zip(passed);
    carriers
        .filter(|(parameter, _)| is_carrier(parameter.role))
        .nth(place)
        .map_or(Strength::Owed, |(_, passed)| abi.extension(passed, of))
}

/// A NaN that was narrowed keeps its sign and need not keep its payload (C-3).
fn same_float(scalar: Scalar, expected: u64, observed: u64) -> bool {
    let Some(format) = scalar.format() else { return false };
    let narrowed = format != Format::F64;
    let nan = |negative| {
        float::matches(format, Expected::Nan { negative }, u128::from(expected)) && narrowed
    };
    let negative = [false, true].into_iter().find(|negative| nan(*negative));
    let due = match negative {
        Some(negative) => Expected::Nan { negative },
        None => Expected::Bits(u128::from(expected)),
    };
    float::matches(format, due, u128::from(observed))
}

/// The first argument of a call that did not arrive as it must, and where it travelled, as far as that is known. What stands
/// above the bits of a narrow integer, which may be nobody's (L-21), counts where nothing else differs.
pub(crate) fn first_place(step: &Step, events: &[Event]) -> Option<(usize, Option<Place>)> {
    let event = events.iter().find(|event| event.kind == EventKind::Call)?;
    let arrives = step.arrives.as_ref()?;
    let number = first(arrives, &event.items)?;
    Some((number, generated::places(&step.function.signature).map(|places| places[number])))
}

fn first(arrives: &[Arrival], items: &[Item]) -> Option<usize> {
    let differs = |(expected, item): (&Arrival, &Item)| !arrived(expected, item);
    let by_more = |(expected, item): (&Arrival, &Item)| {
        differs((expected, item)) && own_bits_right(expected, item).is_none()
    };
    let mut both = arrives.iter().zip(items);
    both.clone().position(by_more).or_else(|| both.position(differs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_arrives_only_with_its_whole_register() {
        let minus_one = Arrival::Integer(Scalar::I8, -1);
        assert!(arrived(&minus_one, &Item::Integer(u64::MAX)));
        assert!(!arrived(&minus_one, &Item::Integer(0xff)));
        assert!(!arrived(&minus_one, &Item::Address(u64::MAX)));
        assert!(arrived(
            &Arrival::Integer(Scalar::U64, u64::MAX as i128),
            &Item::Integer(u64::MAX)
        ));
    }

    #[test]
    fn what_differs_by_more_than_an_extension_differs_first() {
        let arrives = [Arrival::Integer(Scalar::U16, 7), Arrival::Integer(Scalar::I64, 1)];
        let extended = Item::Integer(0xffff_0007);
        assert_eq!(first(&arrives, &[extended.clone(), Item::Integer(2)]), Some(1));
        assert_eq!(first(&arrives, &[extended, Item::Integer(1)]), Some(0));
        assert_eq!(first(&arrives, &[Item::Integer(7), Item::Integer(1)]), None);
    }

    #[test]
    fn memory_arrives_whole_even_where_the_page_cuts_it() {
        let long = Arrival::Memory(known(&[7; 2000]));
        assert!(arrived(&long, &Item::Memory(vec![7; 900], 2000)));
        assert!(!arrived(&long, &Item::Memory(vec![7; 900], 1999)));
        assert!(!arrived(&long, &Item::Memory(vec![8; 900], 2000)));
    }

    #[test]
    fn only_what_can_be_known_of_memory_is_compared() {
        let padded = Arrival::Memory(vec![Some(1), None, Some(3)]);
        assert!(arrived(&padded, &Item::Memory(vec![1, 9, 3], 3)));
        assert!(!arrived(&padded, &Item::Memory(vec![1, 9, 4], 3)));
        assert!(!arrived(&padded, &Item::Memory(vec![1, 9], 2)));
    }

    fn known(bytes: &[u8]) -> corpus::case::Octets {
        bytes.iter().copied().map(Some).collect()
    }
}
