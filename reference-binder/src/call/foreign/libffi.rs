//! Calls through libffi.
//!
//! Everything libffi needs to know of a prototype is prepared when a function is bound; a call only
//! lists the addresses of its carriers, which stand in the image in the order of the wire parameters.

#![expect(unsafe_code, reason = "the foreign call")]

use std::ffi::c_void;
use std::mem::MaybeUninit;

use contract::{Carrier, Class, Format, Lowering, Scalar, Width};
use system_libffi::{Cif, Type};

use super::{Answer, Callee, Image};

/// Carriers of one call at the most: a place is named by a byte.
pub(in crate::call) const MOST: usize = 255;

/// Whether every integer argument takes a whole word wherever it is passed, so that it can be described
/// as a word. It has to be where that is so: libffi copies no more bytes of an argument to the stack
/// than its type has, and leaves dirty what L-21 wants extended. Elsewhere a narrow argument on the
/// stack takes its own size.
const WHOLE_WORDS: bool = cfg!(all(target_arch = "x86_64", unix))
    || cfg!(all(target_arch = "aarch64", not(target_vendor = "apple")));

/// Whether a half is in the low end of what a float is passed and returned in. It is where both are in
/// the vector registers; libffi has no type for a half, so that elsewhere it cannot be called with one.
const HALF_IN_FLOAT: bool = cfg!(all(target_arch = "x86_64", unix));

/// A C prototype, prepared.
#[derive(Debug)]
pub(in crate::call) struct Prepared {
    cif: Cif,
    carriers: usize,
    /// Whether the float register is meant by what was returned.
    returns_float: bool,
}

/// Why a prototype was not prepared.
#[derive(Debug)]
pub(in crate::call) enum Unprepared {
    /// A half, on a target where libffi has no way to pass one.
    Half,
    /// libffi does not make it, or there is none.
    Libffi(system_libffi::Unprepared),
}

impl Prepared {
    pub(in crate::call) fn of(lowering: &Lowering) -> Result<Prepared, Unprepared> {
        let mut types = Vec::with_capacity(lowering.parameters.len());
        for parameter in &lowering.parameters {
            types.push(argument_type(&parameter.carrier)?);
        }
        let (result, returns_float) = match &lowering.returns {
            None => (Type::Void, false),
            Some(Carrier::Scalar(scalar)) => (scalar_type(*scalar)?, scalar.is_float()),
            Some(Carrier::Pointer { .. }) => (Type::Pointer, false),
        };
        let cif = Cif::new(&types, result).map_err(Unprepared::Libffi)?;
        Ok(Prepared { cif, carriers: types.len(), returns_float })
    }
}

/// The C function that a function of the host's is called by, prepared to be answered (K-1).
pub(in crate::call) fn answered(
    arguments: &[Scalar],
    returns: Option<Scalar>,
) -> Result<Cif, Unprepared> {
    let types = arguments.iter().map(|of| scalar_type(*of)).collect::<Result<Vec<_>, _>>()?;
    let result = returns.map_or(Ok(Type::Void), scalar_type)?;
    Cif::new(&types, result).map_err(Unprepared::Libffi)
}

fn argument_type(carrier: &Carrier) -> Result<Type, Unprepared> {
    match carrier {
        Carrier::Scalar(scalar) if !scalar.is_float() && WHOLE_WORDS => Ok(Type::U64),
        Carrier::Scalar(scalar) => scalar_type(*scalar),
        Carrier::Pointer { .. } => Ok(Type::Pointer),
    }
}

fn scalar_type(scalar: Scalar) -> Result<Type, Unprepared> {
    let wide = || unreachable!("a wide scalar crosses through memory (L-3)");
    Ok(match scalar.class() {
        Class::Bool => Type::U8,
        Class::Integer { signed: true, width } => match width {
            Width::Bits8 => Type::I8,
            Width::Bits16 => Type::I16,
            Width::Bits32 => Type::I32,
            Width::Bits64 => Type::I64,
            Width::Bits128 => wide(),
        },
        Class::Integer { signed: false, width } => match width {
            Width::Bits8 => Type::U8,
            Width::Bits16 => Type::U16,
            Width::Bits32 => Type::U32,
            Width::Bits64 => Type::U64,
            Width::Bits128 => wide(),
        },
        Class::Float(Format::F16) if HALF_IN_FLOAT => Type::F32,
        Class::Float(Format::F16) => return Err(Unprepared::Half),
        Class::Float(Format::F32) => Type::F32,
        Class::Float(Format::F64) => Type::F64,
        Class::Float(Format::F80 | Format::F128) => wide(),
    })
}

/// Calls with the carriers of an image, which stand in it in the order of the wire parameters.
///
/// # Safety
/// As [`Callee::call`].
pub(in crate::call) unsafe fn with_libffi(callee: &Callee, image: &Image) -> Answer {
    let Some(prepared) = &callee.prepared else {
        unreachable!("binding chooses libffi only with a prepared prototype");
    };
    let mut addresses = [MaybeUninit::<*mut c_void>::uninit(); MOST];
    for (address, place) in addresses[..prepared.carriers].iter_mut().zip(&image.0) {
        address.write((&raw const *place).cast_mut().cast());
    }
    let mut place = 0_u64;
    let returned = (&raw mut place).cast::<c_void>();
    // SAFETY: by this function's contract; there is an address for each carrier, of a place at least as
    // large as its type, on a target that has the low end of a word first, and the place returned to
    // holds the widest carrier.
    unsafe { prepared.cif.call(callee.symbol, returned, addresses.as_ptr().cast()) };
    // libffi wrote the low end of the place, an integer extended to a word of its own.
    if prepared.returns_float {
        Answer { integer: 0, float: f64::from_bits(place) }
    } else {
        Answer { integer: place, float: 0.0 }
    }
}

#[cfg(target_endian = "big")]
compile_error!("carriers are laid out for targets that have the low end of a word first");
