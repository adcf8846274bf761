//! What a call obliges the binder to besides the call itself (L-11 to L-16, R-8, R-12).

use std::ops::RangeInclusive;

use contract::HostValue;
use contract::{ArgumentKind, Declarations, Signature, Type};

use crate::case::{Expect, Expected, Step};

/// Native calls that follow a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obliged {
    /// Calls of its free symbol: how many at least and at most.
    pub frees: RangeInclusive<u64>,
    /// Calls of its next symbol.
    pub nexts: u64,
}

impl Obliged {
    const NOTHING: Obliged = Obliged { frees: 0..=0, nexts: 0 };

    /// Both together.
    pub fn events(&self) -> RangeInclusive<u64> {
        self.frees.start() + self.nexts..=self.frees.end() + self.nexts
    }
}

/// What a step obliges, if it comes to what it must. A refused call obliges nothing.
pub fn obliged(step: &Step, declarations: &Declarations) -> Obliged {
    let frees = |owed: bool| Obliged { frees: u64::from(owed)..=u64::from(owed), nexts: 0 };
    let returned = match &step.expect {
        Expect::Refuses(_) => return Obliged::NOTHING,
        Expect::Returns(Expected::Exactly(value)) => Some(value),
        Expect::Returns(_) | Expect::Fails(_) => None,
    };
    // Of a call with arguments that come back the first part is what it returned (Z-6).
    let returned = match (&step.function.signature.returns, returned) {
        (Type::Results(_), Some(HostValue::Vector(parts))) => parts.first(),
        (_, returned) => returned,
    };
    match step.function.signature.declared_return() {
        Type::Owned(_) | Type::Bytes | Type::String => frees(true),
        Type::Optional(of) if !is_struct(of, declarations) => Obliged::NOTHING,
        // Of null there is nothing to free, and the free symbol accepts it (L-20).
        Type::Optional(_) if returned == Some(&HostValue::Nil) => {
            Obliged { frees: 0..=1, nexts: 0 }
        }
        Type::Optional(_) => frees(true),
        Type::ErrorUnion { of, .. } => {
            let failed = matches!(returned, Some(HostValue::Error(_)));
            // Of a struct without buffers there is nothing to free, and the free symbol does nothing.
            let least = u64::from(!failed && has_buffers(of, declarations));
            let most = u64::from(!failed && is_struct(of, declarations));
            Obliged { frees: least..=most, nexts: 0 }
        }
        Type::Stream { .. } => {
            let items = match returned {
                Some(HostValue::Vector(items)) => items.len() as u64,
                _ => 0,
            };
            // The end is learnt by asking once more.
            Obliged { frees: 1..=1, nexts: items + u64::from(step.take.is_none()) }
        }
        _ => Obliged::NOTHING,
    }
}

/// Whether the native side's memory is touched at all: what the leak arm looks at.
pub fn touches_memory(signature: &Signature) -> bool {
    let plain = |kind: &Type| {
        matches!(kind, Type::Scalar(_) | Type::Void | Type::Named(_) | Type::ByValue(_))
    };
    let arguments = signature.arguments.iter().all(|argument| match &argument.kind {
        ArgumentKind::Plain(kind) => plain(kind),
        ArgumentKind::Rest(_) => false,
        ArgumentKind::Destructured(_) => true,
    });
    !arguments || !plain(&signature.returns)
}

fn is_struct(of: &Type, declarations: &Declarations) -> bool {
    matches!(of, Type::Named(name) if declarations.fields(name).is_some())
}

fn has_buffers(of: &Type, declarations: &Declarations) -> bool {
    matches!(of, Type::Named(name) if declarations.has_buffers(name))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::case::{Function, Location};

    fn count(returns: &str, expect: HostValue, take: Option<usize>) -> (RangeInclusive<u64>, u64) {
        let declarations = Declarations::read(
            "(deftypez Point [x :f64]) (deftypez Name [text :string]) (defenumz Hue [red 0])
             (deftypez Ticks [at :i64] {:clj-zig/iter {:next \"n\" :deinit \"d\"}})",
        )
        .unwrap();
        let text = format!("[:ret {returns}]");
        let signature = Signature::read(&text, &declarations).unwrap();
        let at = Location { file: PathBuf::new(), line: 1, column: 1 };
        let function = Function {
            name: "f".into(),
            symbol: "f".into(),
            text,
            signature,
            consumes: None,
            shared: false,
            at: at.clone(),
        };
        let step = Step {
            function: Arc::new(function),
            arguments: Vec::new(),
            keep: None,
            expect: Expect::Returns(Expected::Exactly(expect)),
            arrives: None,
            changes: Vec::new(),
            calls: Vec::new(),
            one_array: Vec::new(),
            take,
            under: Vec::new(),
            leeway: Default::default(),
            at,
        };
        let obliged = obliged(&step, &declarations);
        (obliged.frees, obliged.nexts)
    }

    #[test]
    fn what_is_owned_is_freed_and_nothing_else() {
        let value = || HostValue::Long(1);
        for owed in [
            ":string",
            "[:bytes [:slice :u8]]",
            "[:owned [:slice :u8]]",
            "[:owned Point]",
            "[:optional Point]",
            "[:error-union E Name]",
        ] {
            assert_eq!(count(owed, value(), None), (1..=1, 0), "{owed}");
        }
        for free in [
            ":i8",
            ":i128",
            "Point",
            "[:borrowed [:slice :u8]]",
            "[:borrowed Name]",
            "[:optional :i8]",
            "[:optional [:ptr :i8]]",
            "[:error-union E :i8]",
            "[:error-union E Hue]",
            "[:handle Box]",
        ] {
            assert_eq!(count(free, value(), None), (0..=0, 0), "{free}");
        }
    }

    #[test]
    fn the_outcome_decides_where_it_must() {
        let error = || HostValue::Error("E".into());
        assert_eq!(count("[:error-union E Name]", error(), None), (0..=0, 0));
        assert_eq!(count("[:error-union E Point]", error(), None), (0..=0, 0));
        assert_eq!(count("[:error-union E Point]", HostValue::Long(1), None), (0..=1, 0));
        assert_eq!(count("[:optional Name]", HostValue::Nil, None), (0..=1, 0));
        let items = || HostValue::Vector(vec![HostValue::Long(1), HostValue::Long(2)]);
        assert_eq!(count("[:stream :i64 of Ticks]", items(), None), (1..=1, 3));
        assert_eq!(count("[:stream :i64 of Ticks]", items(), Some(2)), (1..=1, 2));
        assert_eq!(
            count("[:stream :i64 of Ticks]", HostValue::Vector(vec![]), Some(0)),
            (1..=1, 0)
        );
    }
}
