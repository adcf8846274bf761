//! RISC-V of 64 bits.

use super::{Follow, Origin, Value};

impl Follow {
    pub(super) fn risc_v(&mut self, name: &str, read: &[&str]) {
        let bytes = match name {
            "lb" | "lbu" | "sb" => 1,
            "lh" | "lhu" | "sh" => 2,
            "lw" | "lwu" | "sw" | "flw" | "fsw" => 4,
            _ => 8,
        };
        let place = |follow: &Follow, operand: &str| {
            let (before, base) =
                operand.strip_suffix(')').expect("memory").rsplit_once('(').expect("a base");
            follow.read(base).address(before.parse().unwrap_or_default())
        };
        let number = |word: &str| word.parse::<i64>().expect("a number");
        match (name, read) {
            ("ret" | "nop" | "unimp", _) => {}
            ("call" | "tail", ["memcpy"]) => self.copied(["a0", "a1", "a2"]),
            ("lui" | "auipc", [into, _]) => self.set(into, Value::of(&Origin::Symbol)),
            ("li", [into, by]) => self.set(into, Value::constant(number(by))),
            ("lb" | "lbu" | "lh" | "lhu" | "lw" | "lwu" | "ld" | "flw" | "fld", [into, from]) => {
                let value = self.load(&place(self, from), bytes);
                self.set(into, value);
            }
            ("sb" | "sh" | "sw" | "sd" | "fsw" | "fsd", [from, into]) => {
                let (value, into) = (self.read(from), place(self, into));
                self.store(&into, bytes, &value);
            }
            ("mv" | "fmv.x.d" | "fmv.d.x" | "fmv.d", [into, from]) => {
                self.set(into, self.read(from))
            }
            ("fmv.x.w" | "fmv.w.x" | "fmv.s", [into, from]) => {
                self.set(into, self.read(from).first(4))
            }
            ("zext.b", [into, from]) => self.set(into, self.read(from).first(1)),
            ("andi", [into, from, mask]) => {
                let value = self.read(from).masked(number(mask));
                self.set(into, value);
            }
            ("addi", [into, from, by]) => {
                let mut value = self.read(from);
                value.plus += by.parse::<i64>().unwrap_or_default();
                self.set(into, value);
            }
            ("srli" | "slli" | "srliw", [into, from, by]) => {
                let bits = if name == "slli" { -number(by) } else { number(by) };
                let bytes = if name == "srliw" { 4 } else { 8 };
                self.set(into, self.read(from).shifted(bits, bytes));
            }
            ("or", [into, one, two]) => {
                let value = self.read(one).first(8).joined(&self.read(two).first(8));
                self.set(into, value);
            }
            _ => self.unknown(&format!("{name} {}", read.join(", "))),
        }
    }
}
