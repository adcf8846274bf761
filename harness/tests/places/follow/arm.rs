//! 64-bit Arm.

use super::{Byte, Follow, Origin, Value};

impl Follow {
    /// Of Arm: the place of an operand, the pointer being moved where it says so.
    fn arm_address(&mut self, operand: &str, behind: Option<&&str>) -> Byte {
        let inner = operand.trim_end_matches('!').trim_start_matches('[').trim_end_matches(']');
        let (base, offset) = inner.split_once(',').unwrap_or((inner, "#0"));
        let whole = self.whole(base.trim());
        let offset = offset.trim().trim_start_matches('#').parse().unwrap_or_default();
        let place = self.read(&whole).address(offset);
        if operand.ends_with('!') {
            self.moved(&whole, offset);
        } else if let Some(by) = behind {
            self.moved(&whole, by.trim_start_matches('#').parse().expect("a number"));
        }
        place
    }

    pub(super) fn arm(&mut self, name: &str, read: &[&str]) {
        let bytes_of = |word: &str| match word.chars().next() {
            Some('w' | 's') => 4,
            Some('q') => 16,
            Some('h') => 2,
            Some('v') => 16,
            _ => 8,
        };
        let number = |word: &str| -> i64 {
            let word = word.trim_start_matches('#');
            let (word, radix) = word.strip_prefix("0x").map_or((word, 10), |word| (word, 16));
            u64::from_str_radix(word, radix).expect("a number") as i64
        };
        let own = |word: &str| bytes_of(word);
        match (name, read) {
            ("ret" | "nop" | "brk" | "hint", _) => {}
            ("adrp", [into, _]) => self.set(&self.whole(into), Value::of(&Origin::Symbol)),
            ("ldp", [one, two, from, rest @ ..]) => {
                let place = self.arm_address(from, rest.first());
                let bytes = own(one);
                let (first, second) = (
                    self.load(&place, bytes),
                    self.load(&(place.0.clone(), place.1 + bytes as i64), bytes),
                );
                self.set(&self.whole(one), first);
                self.set(&self.whole(two), second);
            }
            ("stp", [one, two, into, rest @ ..]) => {
                let (first, second) = (self.read(&self.whole(one)), self.read(&self.whole(two)));
                // Moved before, where it is.
                let place = self.arm_address(into, rest.first());
                let bytes = own(one);
                self.store(&place, bytes, &first);
                self.store(&(place.0.clone(), place.1 + bytes as i64), bytes, &second);
            }
            (
                "ldr" | "ldur" | "ldrb" | "ldurb" | "ldrh" | "ldurh" | "ldrsb" | "ldrsw",
                [into, from, rest @ ..],
            ) => {
                // What a variable's address is read from is the variable.
                let symbol = self.arm_address(from, rest.first());
                if symbol.0 == Origin::Symbol {
                    return self.set(&self.whole(into), Value::of(&Origin::Symbol));
                }
                let bytes = match name.chars().last() {
                    Some('b') => 1,
                    Some('h') => 2,
                    _ => own(into),
                };
                self.set(&self.whole(into), self.load(&symbol, bytes));
            }
            ("str" | "stur" | "strb" | "sturb" | "strh" | "sturh", [from, into, rest @ ..]) => {
                let value = self.read(&self.whole(from));
                let place = self.arm_address(into, rest.first());
                let bytes = match name.chars().last() {
                    Some('b') => 1,
                    Some('h') => 2,
                    _ => own(from),
                };
                self.store(&place, bytes, &value);
            }
            ("mov" | "fmov", [into, from]) if from.starts_with('#') => {
                self.set(&self.whole(into), Value::constant(number(from)));
            }
            ("mov" | "fmov" | "umov", [into, from]) => {
                let lane = from.split_once('[').map_or(0, |(_, lane)| {
                    lane.trim_end_matches(']').parse::<i64>().expect("a number")
                });
                let width = match from.split_once('.').map(|(_, kind)| kind.chars().next()) {
                    Some(Some('b')) => 1,
                    Some(Some('h')) => 2,
                    Some(Some('s')) => 4,
                    Some(Some('d')) => 8,
                    _ => own(from),
                };
                let bits = 8 * lane * width as i64;
                let value = self.read(&self.whole(from));
                let kept = if bits == 0 {
                    value.first(width)
                } else {
                    value.shifted(bits, 16).first(width)
                };
                match into.split_once('[') {
                    None => self.set(&self.whole(into), kept),
                    Some((_, lane)) => {
                        let lane: i64 = lane.trim_end_matches(']').parse().expect("a number");
                        let at = usize::try_from(lane).expect("a lane") * width;
                        let mut whole = self.read(&self.whole(into));
                        whole.bytes[at..at + width].clone_from_slice(&kept.bytes[..width]);
                        self.set(&self.whole(into), whole);
                    }
                }
            }
            ("add" | "sub", [into, from, by]) => {
                let mut value = self.read(&self.whole(from));
                let by = if by.starts_with('#') { number(by) } else { 0 };
                value.plus += if name == "add" { by } else { -by };
                self.set(&self.whole(into), value);
            }
            ("lsr" | "lsl" | "asr", [into, from, by]) => {
                let bits = if name == "lsl" { -number(by) } else { number(by) };
                let value = self.read(&self.whole(from)).shifted(bits, own(from));
                self.set(&self.whole(into), value);
            }
            ("ubfx", [into, from, by, width]) => {
                let value = self.read(&self.whole(from)).shifted(number(by), own(from));
                let width = usize::try_from(number(width)).expect("a width").div_ceil(8);
                self.set(&self.whole(into), value.first(width));
            }
            ("extr", [into, high, low, by]) => {
                let bytes = own(into) as i64;
                let (high, low) = (self.read(&self.whole(high)), self.read(&self.whole(low)));
                let low = low.shifted(number(by), bytes as usize);
                let high = high.shifted(number(by) - 8 * bytes, bytes as usize);
                self.set(&self.whole(into), low.joined(&high));
            }
            ("bfi", [into, from, by, width]) => {
                let (by, width) = (number(by) as usize / 8, number(width) as usize / 8);
                let mut value = self.read(&self.whole(into));
                let given = self.read(&self.whole(from));
                value.bytes[by..by + width].clone_from_slice(&given.bytes[..width]);
                self.set(&self.whole(into), value);
            }
            ("and", [into, from, mask]) => {
                let value = self.read(&self.whole(from)).masked(number(mask));
                self.set(&self.whole(into), value);
            }
            ("orr", [into, one, two, rest @ ..]) => {
                let bits = rest.first().map_or(0, |rest| number(rest.trim_start_matches("lsl ")));
                let bytes = own(into);
                let two = self.read(&self.whole(two)).shifted(-bits, bytes);
                let one = self.read(&self.whole(one)).first(bytes);
                self.set(&self.whole(into), one.joined(&two));
            }
            _ => self.unknown(&format!("{name} {}", read.join(", "))),
        }
    }
}
