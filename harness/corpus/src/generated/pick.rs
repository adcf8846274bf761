//! One of several, by a draw.

use contract::{Scalar, Type};

use crate::seed::Draw;

pub(super) fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

/// One of all the scalars of a kind.
pub(super) fn scalar(fits: impl Fn(Scalar) -> bool, random: &mut Draw) -> Type {
    let mut all: Vec<Scalar> = Scalar::ALL.into_iter().filter(|of| fits(*of)).collect();
    // A seed draws by place: the signed ones come first, wherever the table has them.
    all.sort_by_key(|of| !of.is_signed());
    Type::Scalar(one(&all, random))
}

pub(super) fn one<T: Copy>(of: &[T], random: &mut Draw) -> T {
    of[random.below(of.len())]
}
