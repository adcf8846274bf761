//! Calls through libffi.
//!
//! Everything libffi needs to know of a prototype is prepared when a function is bound; a call only
//! lists the addresses of its carriers, which stand in the image in the order of the wire parameters.

#![expect(unsafe_code, reason = "the foreign call")]

use std::ffi::c_void;
use std::mem::MaybeUninit;

use contract::{
    self, Arrangement, Carrier, Class, Declarations, Format, Lowering, Named, Scalar, Width,
};
use system_libffi::{Cif, Form, Type};

use super::{Answer, Callee, Image, RETURNED};

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
    /// Of each carrier whether its place holds it, and not where it is, as of a struct (G-1).
    in_place: Box<[bool]>,
    returns: Returns,
}

/// Where what comes back is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Returns {
    Integer,
    Float,
    /// In memory, which the place of that name in the image leads to.
    Struct,
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
    pub(in crate::call) fn of(
        lowering: &Lowering,
        declarations: &Declarations,
    ) -> Result<Prepared, Unprepared> {
        let carriers = || lowering.parameters.iter().map(|parameter| &parameter.carrier);
        let types = carriers().map(|carrier| argument_type(carrier, declarations));
        let types = types.collect::<Result<Vec<_>, _>>()?;
        let by_value = |of: &Carrier| matches!(of, Carrier::Struct(_) | Carrier::Wide(_));
        let in_place = carriers().map(|carrier| !by_value(carrier)).collect();
        let (result, returns) = match &lowering.returns {
            None => (Form::Scalar(Type::Void), Returns::Integer),
            Some(Carrier::Scalar(scalar)) => {
                let returns = if scalar.is_float() { Returns::Float } else { Returns::Integer };
                (Form::Scalar(scalar_type(*scalar)?), returns)
            }
            Some(Carrier::Struct(name)) => (struct_type(name, declarations)?, Returns::Struct),
            Some(Carrier::Wide(scalar)) => (wide_type(*scalar), Returns::Struct),
            Some(Carrier::Pointer { .. }) => (Form::Scalar(Type::Pointer), Returns::Integer),
        };
        let cif = Cif::of(&types, lowering.fixed, &result).map_err(Unprepared::Libffi)?;
        Ok(Prepared { cif, in_place, returns })
    }
}

/// A struct by its members, which its layout follows from.
fn struct_type(name: &str, declarations: &Declarations) -> Result<Form, Unprepared> {
    let fields = declarations.fields(name).unwrap_or_default();
    let mut members = Vec::with_capacity(fields.len());
    for field in fields {
        member_types(&field.of, declarations, &mut members)?;
    }
    Ok(match declarations.get(name).map(Named::arrangement).unwrap_or_default() {
        Arrangement::InOrder => Form::Struct(members),
        Arrangement::Complex => complex_type(members),
        Arrangement::Packed => Form::Packed(members),
        Arrangement::Union => Form::Union(members),
    })
}

/// A complex number, which is passed as a struct of its parts (psABI 3.2.3; AAPCS64 6.8.2).
fn complex_type(parts: Vec<Form>) -> Form {
    Form::Struct(parts)
}

/// A wide scalar that crosses as itself, alone or as a member (G-7, G-8).
fn wide_type(scalar: Scalar) -> Form {
    if scalar.is_float() { Form::LongDouble } else { Form::Int128 }
}

fn member_types(
    of: &contract::Type,
    declarations: &Declarations,
    members: &mut Vec<Form>,
) -> Result<(), Unprepared> {
    match of {
        contract::Type::Scalar(scalar) if scalar.is_wide() => members.push(wide_type(*scalar)),
        contract::Type::Scalar(scalar) => members.push(Form::Scalar(scalar_type(*scalar)?)),
        contract::Type::Named(name) => match declarations.enumeration(name) {
            Some((backing, _)) => members.push(Form::Scalar(scalar_type(backing)?)),
            None => members.push(struct_type(name, declarations)?),
        },
        // As one member, because those of a union and of a packed struct begin where it does.
        contract::Type::Array { length, of } => {
            let mut elements = Vec::new();
            for _ in 0..*length {
                member_types(of, declarations, &mut elements)?;
            }
            members.push(Form::Struct(elements));
        }
        _ => unreachable!("no other type is a member of what crosses by value (G-1)"),
    }
    Ok(())
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

fn argument_type(carrier: &Carrier, declarations: &Declarations) -> Result<Form, Unprepared> {
    Ok(Form::Scalar(match carrier {
        Carrier::Scalar(scalar) if !scalar.is_float() && WHOLE_WORDS => Type::U64,
        Carrier::Scalar(scalar) => scalar_type(*scalar)?,
        Carrier::Struct(name) => return struct_type(name, declarations),
        Carrier::Wide(scalar) => return Ok(wide_type(*scalar)),
        Carrier::Pointer { .. } => Type::Pointer,
    }))
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
    let listed = addresses.iter_mut().zip(&image.0);
    for ((address, place), in_place) in listed.zip(&prepared.in_place) {
        address.write(if *in_place {
            (&raw const *place).cast_mut().cast()
        } else {
            reached(place)
        });
    }
    let mut place = 0_u64;
    let returned = match prepared.returns {
        Returns::Struct => reached(&image.0[RETURNED as usize]),
        Returns::Integer | Returns::Float => (&raw mut place).cast::<c_void>(),
    };
    // SAFETY: by this function's contract; there is an address for each carrier, of a place at least as
    // large as its type, on a target that has the low end of a word first, and the place returned to
    // holds the widest carrier, or is the room of the struct.
    unsafe { prepared.cif.call(callee.symbol, returned, addresses.as_mut_ptr().cast()) };
    // libffi wrote the low end of the place, an integer extended to a word of its own.
    match prepared.returns {
        Returns::Float => Answer { integer: 0, float: f64::from_bits(place) },
        Returns::Integer | Returns::Struct => Answer { integer: place, float: 0.0 },
    }
}

/// Where the memory is that a place of the image leads to.
fn reached(place: &MaybeUninit<u64>) -> *mut c_void {
    // SAFETY: by the contract of a call's image the place of a struct was filled.
    let address = unsafe { place.assume_init() };
    std::ptr::with_exposed_provenance_mut(address as usize)
}

#[cfg(target_endian = "big")]
compile_error!("carriers are laid out for targets that have the low end of a word first");
