//! What the suite knows of a function it linked: its signature, what crosses, where results are left,
//! and the symbols its return obliges (contract L as a return).

use contract::{
    Carrier as Lowered, Declarations, Layout, Lowering, Pointee, Release, Role, Signature,
};

use crate::protocol::carriers::CarrierType;
use crate::protocol::messages::Small;

/// A linked function.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) symbol: String,
    pub(super) signature: Signature,
    /// The subject's number for it.
    pub(super) function: Small,
    /// The C type it returns.
    pub(super) returns: CarrierType,
    /// Its out-parameters, in order: what for, and how many bytes.
    pub(super) outs: Vec<(Role, usize)>,
    /// The free symbol it obliges, and what it takes.
    pub(super) release: Option<(Release, Small)>,
    /// The next symbol of a stream.
    pub(super) next: Option<Small>,
    /// Index of the argument it consumes (C-14).
    pub(super) consumes: Option<usize>,
}

/// The C prototype of a symbol.
pub(super) struct Prototype {
    pub(super) symbol: String,
    pub(super) parameters: Vec<CarrierType>,
    pub(super) returns: CarrierType,
}

/// Room for an error's name (L-14).
pub const ERROR_BYTES: usize = 256;

/// The prototype of a function.
pub(super) fn prototype(symbol: &str, lowering: &Lowering) -> Prototype {
    let parameters = lowering.parameters.iter().map(|parameter| carrier(&parameter.carrier));
    Prototype {
        symbol: symbol.to_owned(),
        parameters: parameters.collect(),
        returns: lowering.returns.as_ref().map_or(CarrierType::Void, carrier),
    }
}

/// The prototype of the free symbol that a return obliges.
pub(super) fn release(symbol: &str, release: &Release) -> Prototype {
    let parameters = match release {
        Release::Buffer => vec![word(), word()],
        Release::Struct(_) => vec![CarrierType::Pointer],
        Release::Optional(_) | Release::Stream(_) => vec![word()],
    };
    Prototype { symbol: format!("{symbol}__free"), parameters, returns: CarrierType::Void }
}

/// The prototype of a stream's next symbol (L-16).
pub(super) fn next(symbol: &str) -> Prototype {
    Prototype {
        symbol: format!("{symbol}__next"),
        parameters: vec![word(), CarrierType::Pointer],
        returns: CarrierType::Bool,
    }
}

/// The out-parameters of a lowering, in order, with the bytes each leads to.
pub fn outs(lowering: &Lowering, declarations: &Declarations) -> Vec<(Role, usize)> {
    let size = |role: Role, carrier: &Lowered| match (role, carrier) {
        (Role::ErrorName, _) => Some(ERROR_BYTES),
        (Role::OutAddress | Role::OutLength | Role::ErrorLength, _) => Some(Layout::WORD.size),
        (Role::OutValue, Lowered::Pointer { to, .. }) => Some(pointee(to, declarations)),
        _ => None,
    };
    let parameters = lowering.parameters.iter();
    parameters.filter_map(|p| Some((p.role, size(p.role, &p.carrier)?))).collect()
}

fn pointee(to: &Pointee, declarations: &Declarations) -> usize {
    match to {
        Pointee::Scalar(scalar) | Pointee::Enum { backing: scalar, .. } => scalar.size(),
        Pointee::Struct(name) => {
            declarations.struct_layout(name).map_or(0, |found| found.layout.size)
        }
        // Nothing is returned through memory as an array or behind a handle (S-4).
        Pointee::Array { .. } | Pointee::Opaque(_) => 0,
    }
}

fn carrier(carrier: &Lowered) -> CarrierType {
    match carrier {
        Lowered::Scalar(scalar) => CarrierType::of(*scalar).unwrap_or(CarrierType::Pointer),
        Lowered::Pointer { .. } => CarrierType::Pointer,
    }
}

/// `usize`
fn word() -> CarrierType {
    if Layout::WORD.size == 4 { CarrierType::U32 } else { CarrierType::U64 }
}
