//! x86-64, as AT&T spells it.

use super::{Byte, Follow, Origin, Value};

impl Follow {
    fn x86_address(&self, operand: &str) -> Option<Byte> {
        let (before, inside) = operand.strip_suffix(')')?.split_once('(')?;
        if inside == "%rip" {
            return Some((Origin::Symbol, 0));
        }
        let (base, None) = (inside, inside.find(',')) else { panic!("an index: {operand}") };
        let offset = if before.is_empty() { 0 } else { before.parse().expect("a number") };
        Some(self.read(&self.whole(base)).address(offset))
    }

    fn x86_read(&self, operand: &str, bytes: usize) -> Value {
        if let Some(number) = operand.strip_prefix('$') {
            return Value::constant(number.parse().unwrap_or_default());
        }
        if let Some(letter @ ('a' | 'b' | 'c' | 'd')) =
            operand.strip_prefix('%').and_then(|name| name.strip_suffix('h')?.chars().next())
        {
            return self.read(&format!("r{letter}x")).shifted(8, 2).first(1);
        }
        match self.x86_address(operand) {
            Some(place) => self.load(&place, bytes),
            None => self.read(&self.whole(operand)).first(bytes),
        }
    }

    pub(super) fn x86(&mut self, name: &str, read: &[&str]) {
        let suffix = |name: &str| match name.chars().last() {
            Some('b') => 1,
            Some('w') => 2,
            Some('l') => 4,
            _ => 8,
        };
        let bytes = match name {
            "movd" | "movss" => 4,
            "movq" | "movsd" | "movabsq" | "movlps" | "movhps" | "movlpd" | "movhpd" => 8,
            "movaps" | "movups" | "movapd" | "movupd" | "movdqa" | "movdqu" => 16,
            "movzbl" | "movsbl" | "movzbw" => 1,
            "movzwl" | "movswl" => 2,
            _ => suffix(name),
        };
        match (name, read) {
            ("retq" | "ud2" | "nop" | "fldz", _) => {}
            ("leaq", [from, into]) => {
                let (offset, base) = from.trim_end_matches(')').split_once('(').expect("both");
                let mut value = self.read(&self.whole(base));
                value.plus += offset.parse::<i64>().unwrap_or_default();
                self.set(&self.whole(into), value);
            }
            ("pushq", [_]) => self.moved("rsp", -8),
            ("popq", [_]) => self.moved("rsp", 8),
            ("subq", [by, "%rsp"]) => self.moved("rsp", -by[1..].parse::<i64>().expect("a number")),
            ("addq", [by, "%rsp"]) => self.moved("rsp", by[1..].parse().expect("a number")),
            ("fldt", [from]) => self.set("st0", self.x86_read(from, 10)),
            ("fstpt", [into]) => {
                let place = self.x86_address(into).expect("memory");
                self.store(&place, 10, &self.read("st0"));
            }
            ("movhps" | "movhpd", [from, into]) if into.starts_with('%') => {
                let low = self.read(&self.whole(into)).first(8);
                let high = self.x86_read(from, 8).shifted(-64, 16);
                self.set(&self.whole(into), low.joined(&high));
            }
            ("punpcklqdq" | "unpcklpd" | "movlhps", [from, into]) => {
                let low = self.read(&self.whole(into)).first(8);
                let high = self.x86_read(from, 8).shifted(-64, 16);
                self.set(&self.whole(into), low.joined(&high));
            }
            ("pextrw", [lane, from, into]) => {
                let lane: i64 = lane[1..].parse().expect("a number");
                let value = self.x86_read(from, 16).shifted(16 * lane, 16).first(2);
                self.set(&self.whole(into), value);
            }
            ("shrl" | "shrq" | "shlq" | "shll" | "shrb" | "shrw", [by, into]) => {
                let bits: i64 = by[1..].parse().expect("a number");
                let bits = if name.starts_with("shl") { -bits } else { bits };
                let value = self.x86_read(into, bytes).shifted(bits, bytes);
                self.set(&self.whole(into), value);
            }
            ("andl" | "andb" | "andq", [mask, into]) => {
                let mask = mask[1..].parse().expect("a number");
                let value = self.x86_read(into, bytes).masked(mask);
                self.set(&self.whole(into), value);
            }
            ("orq" | "orl", [from, into]) => {
                let value = self.x86_read(into, bytes).joined(&self.x86_read(from, bytes));
                self.set(&self.whole(into), value);
            }
            ("xorl" | "xorps", [one, two]) if one == two => {
                self.set(&self.whole(two), Value::default())
            }
            (name, [from, into]) if name.starts_with("mov") => {
                let value = self.x86_read(from, bytes);
                match self.x86_address(into) {
                    Some(place) => self.store(&place, bytes, &value),
                    None if matches!(bytes, 1 | 2) && !name.starts_with("movz") => {
                        let mut whole = self.read(&self.whole(into));
                        whole.bytes[..bytes].clone_from_slice(&value.bytes[..bytes]);
                        self.set(&self.whole(into), whole);
                    }
                    None => self.set(&self.whole(into), value),
                }
            }
            _ => self.unknown(&format!("{name} {}", read.join(", "))),
        }
    }
}
