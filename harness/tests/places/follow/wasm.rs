//! WebAssembly.

use super::{Follow, Origin, Value};

impl Follow {
    fn popped(&mut self) -> Value {
        self.stack.pop().unwrap_or_else(|| {
            self.unknown("a value that is not there");
            Value::default()
        })
    }

    pub(super) fn wasm(&mut self, name: &str, rest: &str) {
        let first = rest.split([':', ' ']).next().unwrap_or_default();
        let (kind, action) = name.split_once('.').unwrap_or((name, ""));
        let wide = if kind.ends_with("64") { 8 } else { 4 };
        let bytes = match action.trim_end_matches("_u").trim_end_matches("_s") {
            "load8" | "store8" => 1,
            "load16" | "store16" => 2,
            "load32" | "store32" => 4,
            _ => wide,
        };
        match (kind, action) {
            ("end_function" | "unreachable" | "return", _) => {}
            ("local", "get") => self.stack.push(self.read(first)),
            ("local", "set") => {
                let value = self.popped();
                self.set(first, value);
            }
            ("local", "tee") => {
                let value = self.stack.last().expect("a value").clone();
                self.set(first, value);
            }
            (_, "const") => self.stack.push(Value::constant(first.parse().unwrap_or_default())),
            (
                _,
                "wrap_i64" | "extend_i32_u" | "reinterpret_f32" | "reinterpret_f64"
                | "reinterpret_i32" | "reinterpret_i64",
            ) => {
                let value = self.popped();
                let bytes = if action == "extend_i32_u" || action == "wrap_i64" { 4 } else { wide };
                self.stack.push(value.first(bytes));
            }
            ("global", "get") => self.stack.push(Value::of(&Origin::Pointer)),
            (_, "sub") => {
                let (by, mut value) = (self.popped(), self.popped());
                value.plus -= by.constant.expect("a number");
                self.stack.push(value);
            }
            (_, "add") => {
                let (one, two) = (self.popped(), self.popped());
                let (by, mut value) = if one.constant.is_some() { (one, two) } else { (two, one) };
                value.plus += by.constant.expect("what is added is known");
                self.stack.push(value);
            }
            (_, "shr_u" | "shl") => {
                let (by, value) = (self.popped().constant.expect("a number"), self.popped());
                let bits = if action == "shl" { -by } else { by };
                self.stack.push(value.shifted(bits, wide));
            }
            (_, "and") => {
                let (mask, value) = (self.popped().constant.expect("a number"), self.popped());
                self.stack.push(value.masked(mask));
            }
            (_, "or") => {
                let (one, two) = (self.popped(), self.popped());
                self.stack.push(one.joined(&two));
            }
            (_, load) if load.starts_with("load") => {
                let place = self.popped().address(first.parse().expect("an offset"));
                self.stack.push(self.load(&place, bytes));
            }
            (_, store) if store.starts_with("store") => {
                let (value, base) = (self.popped(), self.popped());
                let place = match first.parse() {
                    Ok(offset) => base.address(offset),
                    Err(_) => (Origin::Symbol, 0),
                };
                self.store(&place, bytes, &value);
            }
            _ => self.unknown(&format!("{name} {rest}")),
        }
    }
}
