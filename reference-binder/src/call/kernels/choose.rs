//! Which kernel a function is bound to.

use super::super::Kernel;
use super::super::item::Item;
use super::super::plan::{ArgumentPlan, CarrierPlan, Extent, Load, Memory, ReturnPlan, Step};
use super::{
    Boolean, Double, Integer, Lent, Member, OtherFloat, OtherWord, Resource, Return, Signed,
    Single, Unsigned, UnsignedWord, Void, Word, consume, kernel0, kernel1, kernel2, kernel3,
    kernel4, records,
};

/// The most arguments that any kernel takes.
const MOST: usize = 4;

/// The kernel of a function whose carriers are all in registers; none where its classes are rare.
pub(in crate::call) fn choose(
    steps: &[Step],
    returns: &ReturnPlan,
    consumes: bool,
) -> Option<Kernel> {
    let mut classes = [Class::Other; MOST];
    let classes = classes.get_mut(..steps.len())?;
    for (class, step) in classes.iter_mut().zip(steps) {
        *class = Class::of(&step.plan);
    }
    let classes: &[Class] = classes;
    let is_record = |class: &Class| matches!(class, Class::Record);
    if matches!(returns, ReturnPlan::Memory(_)) || classes.iter().any(is_record) {
        return if consumes { None } else { records::choose(classes, returns) };
    }
    if consumes {
        return match (returns, classes) {
            (ReturnPlan::Void, [Class::Resource]) => Some(consume::<Void>),
            (ReturnPlan::Signed(0), [Class::Resource]) => Some(consume::<Signed<0>>),
            (ReturnPlan::Signed(32), [Class::Resource]) => Some(consume::<Signed<32>>),
            _ => None,
        };
    }
    macro_rules! by_class {
        ($choose:ident, $($pattern:pat => $class:ty,)*) => {
            match returns {
                $($pattern => $choose::<$class>(classes),)*
                _ => None,
            }
        };
    }
    match classes.len() {
        ..2 => by_class! { up_to_one,
            ReturnPlan::Void => Void,
            ReturnPlan::Signed(0) => Signed<0>,
            ReturnPlan::Signed(32) => Signed<32>,
            ReturnPlan::Signed(48) => Signed<48>,
            ReturnPlan::Signed(_) => Signed<56>,
            ReturnPlan::Unsigned(0) => Unsigned<0>,
            ReturnPlan::Unsigned(32) => Unsigned<32>,
            ReturnPlan::Unsigned(48) => Unsigned<48>,
            ReturnPlan::Unsigned(_) => Unsigned<56>,
            ReturnPlan::Boolean => Boolean,
            ReturnPlan::F64 => Double,
            ReturnPlan::F32 => Single,
            ReturnPlan::Enum(_) => Member,
            ReturnPlan::Handle(_) => Resource,
            ReturnPlan::F16 | ReturnPlan::Dialected(_) => OtherFloat,
        },
        2 | 3 => by_class! { two_or_three,
            ReturnPlan::Void => Void,
            ReturnPlan::Signed(0) => Signed<0>,
            ReturnPlan::Signed(32) => Signed<32>,
            ReturnPlan::F64 => Double,
            ReturnPlan::F32 | ReturnPlan::F16 | ReturnPlan::Dialected(_) => OtherFloat,
            ReturnPlan::Signed(_) | ReturnPlan::Unsigned(_) | ReturnPlan::Boolean
                | ReturnPlan::Enum(_) | ReturnPlan::Handle(_) => OtherWord,
        },
        4 => by_class! { four,
            ReturnPlan::Void => Void,
            ReturnPlan::Signed(0) => Signed<0>,
            ReturnPlan::F64 => Double,
            ReturnPlan::Signed(_) | ReturnPlan::Unsigned(_) | ReturnPlan::Boolean
                | ReturnPlan::Enum(_) | ReturnPlan::Handle(_) => OtherWord,
        },
        _ => None,
    }
}

/// A kernel with the class of one argument, of those classes that are listed.
macro_rules! with_class {
    ($argument:expr, $class:ident in [$($of:ident),*] => $kernel:expr) => {
        match $argument {
            $(
                Class::$of => {
                    type $class = $of;
                    $kernel
                }
            )*
            _ => return None,
        }
    };
}

/// The class of an argument.
#[derive(Clone, Copy)]
pub(super) enum Class {
    Word,
    Integer,
    UnsignedWord,
    Boolean,
    Double,
    Single,
    Member,
    Resource,
    Lent,
    Record,
    Other,
}

impl Class {
    fn of(argument: &ArgumentPlan) -> Class {
        let load = match argument {
            ArgumentPlan::Carrier(CarrierPlan { load, .. }) => load,
            ArgumentPlan::Memory {
                memory: Memory::Lent(_, Extent::Any),
                length_slot: Some(_),
                ..
            } => {
                return Class::Lent;
            }
            ArgumentPlan::Memory {
                memory: Memory::Item(Item::Struct(plan)),
                length_slot: None,
                ..
            } if plan.flat.is_some() => return Class::Record,
            _ => return Class::Other,
        };
        match load {
            Load::Integer(scalar) if scalar.size() < 8 => Class::Integer,
            Load::Integer(scalar) if scalar.is_signed() => Class::Word,
            Load::Integer(_) => Class::UnsignedWord,
            Load::Boolean => Class::Boolean,
            Load::F64 => Class::Double,
            Load::F32 => Class::Single,
            Load::Enum(_) => Class::Member,
            Load::Handle(_) => Class::Resource,
            Load::F16 | Load::Dialected(_) => Class::Other,
        }
    }
}

fn up_to_one<R: Return>(classes: &[Class]) -> Option<Kernel> {
    Some(match classes {
        [] => kernel0::<R>,
        [a] => with_class!(a, A in
            [Word, Integer, UnsignedWord, Boolean, Double, Single, Member, Resource, Lent]
            => kernel1::<A, R>),
        _ => return None,
    })
}

/// With more arguments, those classes that are common there.
fn two_or_three<R: Return>(classes: &[Class]) -> Option<Kernel> {
    Some(match classes {
        [a, b] => with_class!(a, A in [Word, Integer, Double, Member, Resource, Lent] =>
            with_class!(b, B in [Word, Integer, Double, Member, Resource, Lent] =>
            kernel2::<A, B, R>)),
        [a, b, c] => with_class!(a, A in [Word, Integer, Double, Resource, Lent] =>
            with_class!(b, B in [Word, Integer, Double, Lent] =>
            with_class!(c, C in [Word, Integer, Double] => kernel3::<A, B, C, R>))),
        _ => return None,
    })
}

fn four<R: Return>(classes: &[Class]) -> Option<Kernel> {
    Some(match classes {
        [a, b, c, d] => with_class!(a, A in [Word, Integer, Double] =>
            with_class!(b, B in [Word, Integer, Double] =>
            with_class!(c, C in [Word, Integer, Double] =>
            with_class!(d, D in [Word, Integer, Double] => kernel4::<A, B, C, D, R>)))),
        _ => return None,
    })
}
