//! One event of the evidence page: what the fixture library writes of each call (docs/evidence.md).

use serde::{Deserialize, Serialize};

/// Where in an entry its items begin.
const ITEMS_AT: usize = 32;

/// One thing the native side saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The operating system's thread id.
    pub thread: u64,
    /// The function's id in the manifest.
    pub function: u32,
    /// What was called.
    pub kind: EventKind,
    /// The carriers that arrived.
    pub items: Vec<Item>,
}

/// Which of a function's symbols was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// The function itself.
    Call,
    /// Its free symbol.
    Free,
    /// Its next symbol.
    Next,
    /// A function of the host's, by the fixture: which parameter that is, then what it is given (K-2).
    Callback,
    /// What came back of one: which parameter that is, then the result where there is one.
    Back,
}

/// One carrier as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// An integer register, widened (L-21).
    Integer(u64),
    /// A float's bits and its size in bytes.
    Float(u64, usize),
    /// A non-null address.
    Address(u64),
    /// Null.
    Null,
    /// The bytes an address reaches, and how many there were where not all were kept.
    Memory(Vec<u8>, usize),
}

/// The event of a finished entry.
///
/// # Errors
/// What is not as the page's documentation says.
pub(crate) fn read(entry: &[u8]) -> Result<Event, &'static str> {
    let kind = match half(entry, 20) {
        0 => EventKind::Call,
        1 => EventKind::Free,
        2 => EventKind::Next,
        3 => EventKind::Callback,
        4 => EventKind::Back,
        _ => return Err("unknown event"),
    };
    let used = quarter(entry, 24) as usize;
    let items = entry.get(ITEMS_AT..ITEMS_AT + used).ok_or("items too long")?;
    Ok(Event {
        thread: eight(entry, 8),
        function: quarter(entry, 16),
        kind,
        items: read_items(items, usize::from(half(entry, 22)))?,
    })
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

fn quarter(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn read_items(mut bytes: &[u8], count: usize) -> Result<Vec<Item>, &'static str> {
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        let (header, rest) = bytes.split_at_checked(8).ok_or("an item's header is cut")?;
        let stored = usize::from(half(header, 2));
        let payload = rest.get(..stored).ok_or("an item is cut")?;
        let mut word = [0; 8];
        let low = stored.min(8);
        word[..low].copy_from_slice(&payload[..low]);
        items.push(match header[0] {
            1 => Item::Integer(u64::from_le_bytes(word)),
            2 => Item::Float(u64::from_le_bytes(word), stored),
            3 => Item::Address(u64::from_le_bytes(word)),
            4 => Item::Null,
            5 => Item::Memory(payload.to_vec(), quarter(header, 4) as usize),
            _ => return Err("unknown tag"),
        });
        bytes = rest.get(stored.next_multiple_of(8)..).ok_or("an item's padding is cut")?;
    }
    if bytes.is_empty() { Ok(items) } else { Err("bytes after the last item") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_whole_or_not_at_all() {
        let mut bytes = vec![1, 0, 8, 0, 8, 0, 0, 0];
        bytes.extend(0xfedc_u64.to_le_bytes());
        bytes.extend([2, 0, 4, 0, 4, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
        bytes.extend([4, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([5, 1, 3, 0, 9, 0, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0]);
        let expected = vec![
            Item::Integer(0xfedc),
            Item::Float(0x0403_0201, 4),
            Item::Null,
            Item::Memory(vec![7, 8, 9], 9),
        ];
        assert_eq!(read_items(&bytes, 4), Ok(expected));
        assert!(read_items(&bytes, 3).is_err(), "an item nobody counted");
        for cut in 0..bytes.len() {
            assert!(read_items(&bytes[..cut], 4).is_err());
        }
    }
}
