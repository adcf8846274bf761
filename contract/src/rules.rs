//! Which types may stand where: the rules of contract S-4's table for arguments, returns, fields and
//! destructured or rest elements. Types are read and names resolved before these are asked.

use crate::callback_rules::function;
use crate::declarations::Declarations;
use crate::edn::Node;
use crate::forms::{Leaf, Shape, TypeForm, Wrap};
use crate::kind::{Kind, handle};
use crate::refusal::{Refusal, RefusalCode};
use crate::scalar::Scalar;
use crate::types::{Layout, NamedKind, Reach};

/// Refuses what may not be an ordinary argument.
pub(super) fn argument(
    form: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    refuse_noreturn(form)?;
    let refused = |code, detail: &str| Err(Refusal::new(code, form.node, detail));
    match &form.shape {
        Shape::Leaf(Leaf::Void) => {
            refused(RefusalCode::VoidArgument, "void is a return only; remove the argument")
        }
        Shape::Leaf(Leaf::Handle(_)) => handle(form),
        Shape::Leaf(Leaf::Function(parts, kept)) => function(form, parts, *kept, declarations),
        Shape::Leaf(Leaf::CString { most: Some(_) }) => bounded(form),
        Shape::Leaf(_) => Ok(()),
        Shape::Wrap(Wrap::Counted { .. }, of) => counted_element(form, of, declarations),
        Shape::Wrap(Wrap::InOut, of) => in_out(form, of, declarations),
        Shape::Wrap(Wrap::Pointer { .. }, of) => pointer_element(of, declarations),
        Shape::Wrap(Wrap::Slice { constant }, of) => {
            element(of, declarations)?;
            if !constant && !Kind::of(of, declarations).is_scalar() {
                return refused(
                    RefusalCode::MutableStructSlice,
                    "edits of structs and enums do not reach the host; make it [:slice :const T]",
                );
            }
            Ok(())
        }
        Shape::Wrap(Wrap::Array { .. }, of) => {
            element(of, declarations)?;
            array_fits(form, declarations)
        }
        Shape::Wrap(Wrap::Optional, of) => optional_argument(form, of, declarations),
        Shape::Wrap(Wrap::ErrorUnion { .. }, _) => {
            refused(RefusalCode::UnsupportedErrorUnion, "an error union is a return only")
        }
        Shape::Wrap(Wrap::Owned | Wrap::Borrowed, _) => refused(
            RefusalCode::UnsupportedOwnership,
            "owned and borrowed are for returns; an argument is always the caller's",
        ),
        Shape::Wrap(Wrap::ByValue, of) => by_value(form, of, declarations),
        Shape::Wrap(Wrap::Bytes, _) => refused(
            RefusalCode::UnsupportedBytes,
            "bytes are a return only; take [:slice :const :u8]",
        ),
        Shape::Wrap(Wrap::Stream { .. }, _) => {
            refused(RefusalCode::UnsupportedStreamArgument, "a stream is a return only")
        }
    }
}

fn optional_argument(
    form: &TypeForm<'_, '_>,
    of: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    match (&of.shape, Kind::of(of, declarations)) {
        (_, Kind::Carrier | Kind::Struct { buffers: false }) => Ok(()),
        (_, Kind::Struct { buffers: true }) => Err(Refusal::new(
            RefusalCode::UnsupportedBufferOptional,
            form.node,
            "an optional argument cannot be a struct with buffer fields; take the struct itself",
        )),
        (Shape::Wrap(Wrap::Pointer { .. }, of), _) => pointer_element(of, declarations),
        (Shape::Leaf(Leaf::CString { most }), _) => match most {
            None => Ok(()),
            Some(_) => bounded(of),
        },
        _ => Err(Refusal::new(
            RefusalCode::UnsupportedOptional,
            form.node,
            "an optional argument is over a pointer, many-pointer, C string, scalar of at most 64 bits, \
             or struct",
        )),
    }
}

/// Refuses what may not be returned.
pub(super) fn returns(form: &TypeForm<'_, '_>, declarations: &Declarations) -> Result<(), Refusal> {
    refuse_noreturn(form)?;
    let refused = |code, detail: &str| Err(Refusal::new(code, form.node, detail));
    match &form.shape {
        Shape::Leaf(Leaf::Named(_)) => match Kind::of(form, declarations) {
            Kind::Struct { buffers: true } => refused(
                RefusalCode::UnsupportedBufferStructReturn,
                "nobody would free its buffer fields; return [:owned S] or [:borrowed S]",
            ),
            _ => Ok(()),
        },
        Shape::Leaf(Leaf::Handle(_)) => handle(form),
        Shape::Leaf(Leaf::Function(..)) => refused(
            RefusalCode::UnsupportedFunction,
            "a function is an argument only: the library has none to give",
        ),
        Shape::Leaf(_) => Ok(()),
        Shape::Wrap(Wrap::Pointer { .. } | Wrap::Slice { .. } | Wrap::Array { .. }, _) => refused(
            RefusalCode::UnsupportedReturnKind,
            "a bare slice, array or pointer has no owner; return [:owned [:slice T]] or \
             [:borrowed [:slice T]]",
        ),
        Shape::Wrap(Wrap::Optional, of) => optional_return(form, of, declarations),
        Shape::Wrap(Wrap::ErrorUnion { .. }, of) => match Kind::of(of, declarations) {
            Kind::Other if !matches!(of.shape, Shape::Leaf(Leaf::Void)) => refused(
                RefusalCode::UnsupportedErrorUnion,
                "an error union is over a scalar, :void, enum or struct",
            ),
            _ => Ok(()),
        },
        Shape::Wrap(Wrap::Owned | Wrap::Borrowed, of) => match Kind::of(of, declarations) {
            Kind::Struct { .. } => Ok(()),
            _ => owned_slice(form, of, declarations),
        },
        Shape::Wrap(Wrap::ByValue, of) => by_value(form, of, declarations),
        Shape::Wrap(Wrap::Counted { .. }, of) => counted_element(form, of, declarations),
        Shape::Wrap(Wrap::InOut, _) => {
            refused(RefusalCode::UnsupportedInOut, "what goes in and comes out is an argument")
        }
        Shape::Wrap(Wrap::Bytes, of) => bytes(form, of),
        Shape::Wrap(Wrap::Stream { name, .. }, of) => {
            let iterates = declarations
                .get(name)
                .is_some_and(|named| matches!(named.kind, NamedKind::Iterator { .. }));
            match Kind::of(of, declarations) {
                Kind::Carrier if iterates => Ok(()),
                _ => refused(
                    RefusalCode::UnsupportedStream,
                    "a stream is over a scalar of at most 64 bits, of a type declared with \
                     :clj-zig/iter",
                ),
            }
        }
    }
}

fn optional_return(
    form: &TypeForm<'_, '_>,
    of: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    match (&of.shape, Kind::of(of, declarations)) {
        (_, Kind::Carrier | Kind::Struct { .. }) => Ok(()),
        (Shape::Wrap(Wrap::Pointer { reach: Reach::One, .. }, of), _) => {
            pointer_element(of, declarations)
        }
        (Shape::Leaf(Leaf::CString { .. }), _) => Ok(()),
        _ => Err(Refusal::new(
            RefusalCode::UnsupportedOptional,
            form.node,
            "an optional return is over a pointer, C string, scalar of at most 64 bits, or struct",
        )),
    }
}

/// Refuses what a struct cannot hold (T-8).
pub(super) fn field(form: &TypeForm<'_, '_>, declarations: &Declarations) -> Result<(), Refusal> {
    refuse_noreturn(form)?;
    let unsupported = || {
        let detail = "a field is a scalar, enum, struct, array, :string, [:bytes [:slice :u8]], or \
                      a slice, plain, owned or borrowed";
        Err(Refusal::new(RefusalCode::UnsupportedField, form.node, detail))
    };
    match &form.shape {
        Shape::Leaf(Leaf::Scalar(_) | Leaf::String | Leaf::Named(_)) => Ok(()),
        Shape::Leaf(
            Leaf::Void
            | Leaf::NoReturn
            | Leaf::Handle(_)
            | Leaf::Function(..)
            | Leaf::CString { .. },
        ) => unsupported(),
        Shape::Wrap(Wrap::Slice { .. }, of) => element(of, declarations),
        Shape::Wrap(Wrap::Array { .. }, of) => {
            element(of, declarations)?;
            array_fits(form, declarations)
        }
        Shape::Wrap(Wrap::Bytes, of) => bytes(form, of),
        Shape::Wrap(Wrap::Owned | Wrap::Borrowed, of) => match Kind::of(of, declarations) {
            // L-17 makes an owned or borrowed field an address and a length; a struct has none.
            Kind::Struct { .. } => unsupported(),
            _ => owned_slice(form, of, declarations),
        },
        Shape::Wrap(
            Wrap::Pointer { .. }
            | Wrap::Optional
            | Wrap::ErrorUnion { .. }
            | Wrap::ByValue
            | Wrap::Counted { .. }
            | Wrap::InOut
            | Wrap::Stream { .. },
            _,
        ) => unsupported(),
    }
}

/// The element of a rest argument (S-3).
pub(super) fn rest_element(form: &TypeForm<'_, '_>) -> Result<Scalar, Refusal> {
    refuse_noreturn(form)?;
    let detail = "a rest argument is of a scalar of at most 64 bits, :f16, :f32, :f64 or :bool";
    carrier(form)
        .ok_or_else(|| Refusal::new(RefusalCode::UnsupportedRestElement, form.node, detail))
}

/// A destructured binding's type in the field map (S-2).
pub(super) fn destructured_field(form: &TypeForm<'_, '_>) -> Result<Scalar, Refusal> {
    refuse_noreturn(form)?;
    let detail = "a destructured field is a scalar of at most 64 bits, :f16, :f32, :f64 or :bool";
    carrier(form).ok_or_else(|| Refusal::new(RefusalCode::UnsupportedField, form.node, detail))
}

/// Refuses what no place could hold and [`TypeForm::to_type`] could not say.
pub(super) fn representable(form: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    for form in form.chain() {
        match &form.shape {
            Shape::Leaf(Leaf::Handle(_)) => handle(form)?,
            Shape::Wrap(Wrap::Bytes, of) => bytes(form, of)?,
            Shape::Leaf(Leaf::Function(parts, _)) => parts.iter().try_for_each(representable)?,
            _ => {}
        }
    }
    Ok(())
}

fn carrier(form: &TypeForm<'_, '_>) -> Option<Scalar> {
    match form.shape {
        Shape::Leaf(Leaf::Scalar(scalar)) => scalar.is_carrier().then_some(scalar),
        _ => None,
    }
}

/// What crosses as itself: a wide scalar that C has (G-7, G-8), or a struct all of whose members, at every depth, are
/// scalars that C compilers pass alike (G-1).
fn by_value(
    form: &TypeForm<'_, '_>,
    of: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    if let Shape::Leaf(Leaf::Scalar(scalar)) = of.shape
        && scalar.is_wide()
        && scalar != Scalar::F128
    {
        return Ok(());
    }
    if let Shape::Leaf(Leaf::Named(name)) = of.shape
        && matches!(declarations.get(name).map(|named| &named.kind), Some(NamedKind::Struct { .. }))
        && declarations.by_value(name)
    {
        return Ok(());
    }
    let detail = "by value crosses a struct of scalars but :f16 and :f128, of enums, and of arrays and structs of \
                  these, with one member at least and no empty one; or :i128, :u128 or :f80 itself";
    Err(Refusal::new(RefusalCode::UnsupportedByValue, form.node, detail))
}

/// Who gives a string has it whole: a bound is for who reads what it was given (Z-2).
fn bounded(form: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    let detail = "a bound is for what is returned; take [:cstring]";
    Err(Refusal::new(RefusalCode::UnsupportedCstring, form.node, detail))
}

fn counted_element(
    form: &TypeForm<'_, '_>,
    of: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    if Kind::of(of, declarations).is_scalar() {
        return Ok(());
    }
    let detail = "what is counted is scalars";
    Err(Refusal::new(RefusalCode::UnsupportedCounted, form.node, detail))
}

/// Z-5
fn in_out(
    form: &TypeForm<'_, '_>,
    of: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    match Kind::of(of, declarations) {
        Kind::Carrier | Kind::Struct { buffers: false } => Ok(()),
        _ => {
            let detail = "what goes in and comes out is a scalar of at most 64 bits, :f16, :f32, :f64, :bool or a \
                          struct without buffer fields";
            Err(Refusal::new(RefusalCode::UnsupportedInOut, form.node, detail))
        }
    }
}

/// Refuses what counts nothing: an argument that `[:counted n T]` names is an integer, or as what a return counts by one
/// that comes back (Z-3, Z-4).
pub(super) fn counts(
    form: &TypeForm<'_, '_>,
    by: Option<&TypeForm<'_, '_>>,
    returned: bool,
) -> Result<(), Refusal> {
    let Shape::Wrap(Wrap::Counted { length, .. }, _) = form.shape else { return Ok(()) };
    let inner = match by.map(|by| &by.shape) {
        Some(Shape::Wrap(Wrap::InOut, of)) if returned => Some(&**of),
        _ => by,
    };
    if inner.and_then(carrier).is_some_and(Scalar::is_integer) {
        return Ok(());
    }
    let detail = "what counts is an argument of an integer type, in a signature without ...";
    Err(Refusal::new(RefusalCode::UnsupportedCounted, length, detail))
}

/// What a variable argument is: a scalar that C's default argument promotions leave as it is, or an address (W-1).
pub(super) fn variable(form: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    let is_address = match &form.shape {
        Shape::Leaf(Leaf::Handle(_)) | Shape::Wrap(Wrap::Pointer { .. }, _) => true,
        Shape::Wrap(Wrap::Optional, of) => matches!(of.shape, Shape::Wrap(Wrap::Pointer { .. }, _)),
        _ => false,
    };
    let is_promoted =
        carrier(form).is_some_and(|scalar| scalar.size() >= if scalar.is_float() { 8 } else { 4 });
    if is_address || is_promoted { Ok(()) } else { Err(no_variable(form.node)) }
}

pub(super) fn no_variable(form: &Node<'_>) -> Refusal {
    let detail = "behind ... stands what C's promotions leave as it is, :i32 :u32 :i64 :u64 :isize :usize or :f64, a \
                  pointer, an optional one or a handle: name what the callee takes, :i32 for :i8 and :f64 for :f32";
    Refusal::new(RefusalCode::UnsupportedVariadic, form, detail)
}

/// What a variadic function returns: nothing that would need a parameter behind `...` (W-1).
pub(super) fn variadic_return(form: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    if carrier(form).is_some() || matches!(form.shape, Shape::Leaf(Leaf::Void)) {
        return Ok(());
    }
    let detail =
        "a variadic function returns a scalar of at most 64 bits, :f16, :f32, :f64, :bool or :void";
    Err(Refusal::new(RefusalCode::UnsupportedVariadic, form.node, detail))
}

/// `:noreturn` is refused wherever it stands, before any rule on what surrounds it.
fn refuse_noreturn(form: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    for inner in form.chain() {
        if let Shape::Leaf(Leaf::Function(parts, _)) = &inner.shape {
            parts.iter().try_for_each(refuse_noreturn)?;
        }
        if matches!(inner.shape, Shape::Leaf(Leaf::NoReturn)) {
            let detail = "a callable signature has no place for :noreturn; use :void";
            return Err(Refusal::new(RefusalCode::NoreturnPosition, inner.node, detail));
        }
    }
    Ok(())
}

fn pointer_element(of: &TypeForm<'_, '_>, declarations: &Declarations) -> Result<(), Refusal> {
    if Kind::of(of, declarations).is_scalar() {
        return Ok(());
    }
    let detail = "a pointer is to a scalar; pass a struct as itself and several values as a slice";
    Err(Refusal::new(RefusalCode::UnsupportedElement, of.node, detail))
}

fn element(of: &TypeForm<'_, '_>, declarations: &Declarations) -> Result<(), Refusal> {
    match Kind::of(of, declarations) {
        Kind::Other => {
            let detail = "an element is a scalar, an enum or a struct";
            Err(Refusal::new(RefusalCode::UnsupportedElement, of.node, detail))
        }
        _ => Ok(()),
    }
}

fn array_fits(form: &TypeForm<'_, '_>, declarations: &Declarations) -> Result<(), Refusal> {
    if Layout::of(&form.to_type(), declarations).is_some() {
        return Ok(());
    }
    let detail = "no memory could hold an array of this length; shorten it";
    Err(Refusal::new(RefusalCode::MalformedCompound, form.node, detail))
}

/// What is owned or borrowed and is no struct: a slice of scalars, enums or structs.
fn owned_slice(
    form: &TypeForm<'_, '_>,
    of: &TypeForm<'_, '_>,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    let element = match &of.shape {
        Shape::Wrap(Wrap::Slice { .. }, element) => Kind::of(element, declarations),
        _ => Kind::Other,
    };
    let borrowed = matches!(form.shape, Shape::Wrap(Wrap::Borrowed, _));
    match element {
        Kind::Other => Err(Refusal::new(
            RefusalCode::UnsupportedOwnership,
            form.node,
            "owned and borrowed are over a slice of scalars, enums or structs, or over a struct",
        )),
        Kind::Struct { buffers: true } if borrowed => Err(Refusal::new(
            RefusalCode::UnsupportedBorrowedBufferSlice,
            form.node,
            "nobody would free the elements' buffer fields; return [:owned [:slice S]]",
        )),
        _ => Ok(()),
    }
}

fn bytes(form: &TypeForm<'_, '_>, of: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    if let Shape::Wrap(Wrap::Slice { constant: false }, element) = &of.shape
        && carrier(element) == Some(Scalar::U8)
    {
        return Ok(());
    }
    let detail = "bytes are written [:bytes [:slice :u8]]";
    Err(Refusal::new(RefusalCode::UnsupportedBytes, form.node, detail))
}
