//! What the suite knows of a function it linked: its signature, what crosses, where results are left,
//! and the symbols its return obliges (contract L as a return).

use contract::{
    Arrangement, Carrier as Lowered, Declarations, Layout, Lowering, Named, Parameter, Pointee,
    Release, Role, Scalar, Signature, Type,
};

use crate::BoundId;
use crate::numbers::Small;
use crate::protocol::aggregates::{ValueType, WideType};
use crate::protocol::carriers::CarrierType;

/// A linked function.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) symbol: String,
    pub(super) signature: Signature,
    /// The subject's number for it.
    pub(super) function: BoundId,
    /// The carrier it returns; nothing of a struct by value.
    pub(super) returns: CarrierType,
    /// Its out-parameters, in order: what for, and how many bytes.
    pub(super) outs: Vec<(Role, usize)>,
    /// The free symbol it obliges, and what it takes.
    pub(super) release: Option<(Release, BoundId)>,
    /// The next symbol of a stream.
    pub(super) next: Option<BoundId>,
    /// Index of the argument it consumes (C-14).
    pub(super) consumes: Option<usize>,
}

/// The C prototype of a symbol.
pub(super) struct Prototype {
    pub(super) symbol: String,
    pub(super) parameters: Vec<ValueType>,
    /// Of a variadic function, how many of them it names (W-1).
    pub(super) fixed: Option<usize>,
    pub(super) returns: ValueType,
    /// Whether what its calls leave in `errno` is kept (M-4).
    pub(super) errno: bool,
}

/// Room for an error's name (L-14).
pub const ERROR_BYTES: usize = 256;

/// The prototype of a function.
pub(super) fn prototype(
    symbol: &str,
    lowering: &Lowering,
    declarations: &Declarations,
) -> Result<Prototype, Unlowered> {
    let of = |crosses: &Lowered| carrier(crosses, declarations);
    let parameters = lowering.parameters.iter().map(|parameter| of(&parameter.carrier));
    Ok(Prototype {
        symbol: symbol.to_owned(),
        parameters: parameters.collect::<Result<_, _>>()?,
        fixed: lowering.fixed,
        returns: lowering.returns.as_ref().map_or(Ok(CarrierType::Void.into()), of)?,
        errno: false,
    })
}

/// The prototype of the free symbol that a return obliges.
pub(super) fn release(symbol: &str, release: &Release) -> Prototype {
    let parameters = match release {
        Release::Buffer => vec![word(), word()],
        Release::Struct(_) => vec![CarrierType::Pointer.into()],
        Release::Optional(_) | Release::Stream(_) => vec![word()],
    };
    let symbol = format!("{symbol}__free");
    Prototype { symbol, parameters, fixed: None, returns: CarrierType::Void.into(), errno: false }
}

/// The prototype of a stream's next symbol (L-16).
pub(super) fn next(symbol: &str) -> Prototype {
    Prototype {
        symbol: format!("{symbol}__next"),
        parameters: vec![word(), CarrierType::Pointer.into()],
        fixed: None,
        returns: CarrierType::Bool.into(),
        errno: false,
    }
}

/// A lowering that the suite cannot pass on, or not with these declarations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlowered {
    /// Nobody says how large it is.
    #[error("the suite does not know what {0:?} leads to")]
    NoSize(Role),
    /// It is larger than what one call may move.
    #[error("{role:?} leads to {size} bytes, more than the suite passes in one call")]
    TooLarge {
        /// The out-parameter.
        role: Role,
        /// What its type takes.
        size: usize,
    },
    /// A wide scalar that C compilers do not pass alike.
    #[error("{0} does not cross by value")]
    ByValue(Scalar),
    /// No member of a struct that crosses by value (G-1).
    #[error("{0} is no member of what crosses by value")]
    NoMember(String),
}

/// Bytes that one out-parameter leads to at the most: many times what any fixture gives.
const MOST: usize = 64 << 20;

/// The out-parameters of a lowering, in order, with the bytes each leads to.
///
/// # Errors
/// [`Unlowered`], for one whose size the declarations do not give or no call moves.
pub fn outs(
    lowering: &Lowering,
    declarations: &Declarations,
) -> Result<Vec<(Role, usize)>, Unlowered> {
    let size = |parameter: &Parameter| match (parameter.role, &parameter.carrier) {
        (Role::Value { .. } | Role::Length { .. } | Role::Count { .. } | Role::Field { .. }, _) => {
            None
        }
        (Role::ErrorName, _) => Some(Ok(ERROR_BYTES)),
        (Role::OutAddress | Role::OutLength | Role::ErrorLength, _) => {
            Some(Ok(Layout::word().size))
        }
        (role @ Role::OutValue, Lowered::Pointer { to, .. }) => {
            Some(pointee(to, declarations).map_or(Err(Unlowered::NoSize(role)), |of| Ok(of.size)))
        }
        (role @ Role::OutValue, Lowered::Scalar(_) | Lowered::Struct(_) | Lowered::Wide(_)) => {
            Some(Err(Unlowered::NoSize(role)))
        }
    };
    let outs = lowering.parameters.iter().filter_map(|one| Some((one.role, size(one)?)));
    outs.map(|(role, size)| match size? {
        size if size > MOST => Err(Unlowered::TooLarge { role, size }),
        size => Ok((role, size)),
    })
    .collect()
}

/// How what an address leads to lies in memory.
fn pointee(to: &Pointee, declarations: &Declarations) -> Option<Layout> {
    match to {
        Pointee::Scalar(scalar) | Pointee::Enum { backing: scalar, .. } => {
            Some(Layout::of_scalar(*scalar))
        }
        Pointee::Struct(name) => Some(declarations.struct_layout(name)?.layout),
        Pointee::Array { length, of } => pointee(of, declarations)?.repeated(*length),
        Pointee::Opaque(_) | Pointee::Function { .. } => None,
    }
}

fn carrier(carrier: &Lowered, declarations: &Declarations) -> Result<ValueType, Unlowered> {
    match carrier {
        Lowered::Scalar(of) | Lowered::Wide(of) => scalar(*of),
        Lowered::Struct(name) => structure(name, declarations),
        Lowered::Pointer { .. } => Ok(CarrierType::Pointer.into()),
    }
}

fn scalar(of: Scalar) -> Result<ValueType, Unlowered> {
    let carrier = CarrierType::of(of).map(ValueType::Carrier);
    carrier.or_else(|| WideType::of(of).map(ValueType::Wide)).ok_or(Unlowered::ByValue(of))
}

/// A struct by its members (G-1).
fn structure(name: &str, declarations: &Declarations) -> Result<ValueType, Unlowered> {
    let fields = declarations.fields(name).ok_or_else(|| Unlowered::NoMember(name.to_owned()))?;
    let members = fields.iter().map(|field| member(&field.of, declarations));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    let arrangement = declarations.get(name).map(Named::arrangement).unwrap_or_default();
    Ok(match (arrangement, &*members) {
        (Arrangement::InOrder, _) => ValueType::Struct { members },
        (Arrangement::Packed, _) => ValueType::Packed { members },
        (Arrangement::Union, _) => ValueType::Union { members },
        (Arrangement::Complex, [ValueType::Carrier(part), ..]) => {
            ValueType::Complex { complex: *part }
        }
        (Arrangement::Complex, _) => return Err(Unlowered::NoMember(name.to_owned())),
    })
}

fn member(of: &Type, declarations: &Declarations) -> Result<ValueType, Unlowered> {
    match of {
        Type::Scalar(of) => scalar(*of),
        Type::Named(name) => match declarations.enumeration(name) {
            Some((backing, _)) => scalar(backing),
            None => structure(name, declarations),
        },
        Type::Array { length, of } => {
            let array = (Small::from(*length as usize), Box::new(member(of, declarations)?));
            Ok(ValueType::Array { array })
        }
        of => Err(Unlowered::NoMember(of.to_string())),
    }
}

/// `usize`
fn word() -> ValueType {
    if Layout::word().size == 4 { CarrierType::U32.into() } else { CarrierType::U64.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_size_and_what_does_not_cross_is_an_error() {
        let text =
            "(deftypez Point [x :f64 y :f64]) (deftypez Huge [a [:array 1099511627776 :u8]])";
        let declared = Declarations::read(text).expect("valid");
        let lower = |text| {
            let signature = Signature::read(text, &declared).expect(text);
            Lowering::of(&signature, &declared)
        };
        let point = lower("[:ret Point]");
        assert_eq!(outs(&point, &declared), Ok(vec![(Role::OutValue, 16)]));
        let unknown = outs(&point, &Declarations::new());
        assert_eq!(unknown, Err(Unlowered::NoSize(Role::OutValue)));
        let huge = Unlowered::TooLarge { role: Role::OutValue, size: 1 << 40 };
        assert_eq!(outs(&lower("[:ret Huge]"), &declared), Err(huge));
        let mut wide = lower("[x :i64 :ret :i64]");
        wide.parameters[0].carrier = Lowered::Wide(Scalar::F128);
        let found = prototype("f", &wide, &declared).map(|found| found.parameters);
        assert_eq!(found, Err(Unlowered::ByValue(Scalar::F128)));
    }
}
