//! Typed views: the types of a bound function said in Rust, compared with its signature once, and called
//! directly from then on.
//!
//! One of the modules that may use `unsafe`: it calls native code with what the compiler has checked.

#![expect(
    unsafe_code,
    reason = "calls native code by a prototype that was compared with its signature"
)]

mod types;

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use contract::{Scalar, Type};

use super::Function;
use super::item::Item;
use super::plan::{self, CarrierPlan, Extent, Load, Memory, Returned};

/// A bound function with the types of its arguments and its return. A call of it is a direct call.
///
/// ```no_run
/// # use contract::{Declarations, Signature};
/// # use reference_binder::{BindOptions, Library};
/// reference_binder::native! {
///     /// A point.
///     pub struct Point { x: f64, y: f64 }
/// }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = std::path::Path::new("libgeometry.so");
/// let declarations = Declarations::read("(deftypez Point [x :f64 y :f64])")?;
/// let text = "[point Point by :f64 :ret Point]";
/// let signature = Signature::read(text, &declarations)?;
/// // SAFETY: `scale` is `void scale(const struct Point *, double, struct Point *)`.
/// let scale = unsafe {
///     Library::open(path)?.bind("scale", &signature, &declarations, BindOptions::default())?
/// };
/// let scale = scale.typed::<(&Point, f64), Point>()?;
/// let twice = scale.call((&Point { x: 1.0, y: 2.0 }, 2.0));
/// assert_eq!(twice.x, 2.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Typed<'f, A, R> {
    symbol: NonNull<c_void>,
    /// Keeps the library loaded.
    function: PhantomData<&'f Function>,
    types: PhantomData<fn(A) -> R>,
}

// SAFETY: it is the address of code that a function which is `Sync` keeps loaded.
unsafe impl<A, R> Send for Typed<'_, A, R> {}
// SAFETY: as above.
unsafe impl<A, R> Sync for Typed<'_, A, R> {}

/// Why a function has no typed view of those types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// It takes another number of arguments.
    #[error("it takes {takes} arguments, not {given}")]
    Arity {
        /// How many it takes.
        takes: usize,
        /// How many types were given.
        given: usize,
    },
    /// The type of an argument is not what the signature says, or has no view.
    #[error("its argument {0} is of another type")]
    Argument(usize),
    /// The same of the return.
    #[error("its return is of another type")]
    Return,
    /// It closes handles, may be unloaded or keeps `errno`, which each call has to see to.
    #[error("each call of it does what a direct call does not")]
    Checked,
    /// Its slices do not all fit where a pair of words goes as its words do.
    #[error("its slices do not fit into registers on this target")]
    Registers,
}

impl Function {
    /// The function with these types: those of its arguments as a tuple, and that of its return.
    ///
    /// A scalar is the Rust scalar of its name, a struct one of [`native!`](crate::native), an argument by
    /// reference; `[:slice :const T]` is `&[T]`, and `[:slice T]` is `&mut [T]`.
    ///
    /// # Errors
    /// [`TypedError`] where that is not what the signature says.
    pub fn typed<A: Arguments, R: Return>(&self) -> Result<Typed<'_, A, R>, TypedError> {
        let keeps_errno = self.callee.within.is_some();
        if self.consumes.is_some() || self.library.is_closable() || keeps_errno {
            return Err(TypedError::Checked);
        }
        let takes = self.signature.arguments.len();
        if takes != A::COUNT || self.rest.is_some() {
            return Err(TypedError::Arity { takes, given: A::COUNT });
        }
        A::check(self)?;
        if !R::is(ReturnPlan(&self.returns, &self.signature.returns)) {
            return Err(TypedError::Return);
        }
        Ok(Typed { symbol: self.callee.symbol, function: PhantomData, types: PhantomData })
    }
}

impl<A: Arguments, R: Return> Typed<'_, A, R> {
    /// Calls the function.
    #[inline(always)]
    pub fn call(&self, arguments: A::Of<'_>) -> R {
        // SAFETY: binding vouched for the symbol's prototype, `typed` found that these types lower to
        // it, and the library is loaded for as long as the function is borrowed.
        unsafe { R::call::<A>(self.symbol, arguments) }
    }
}

/// What a type is in the memory of C.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A scalar.
    Scalar(Scalar),
    /// A struct: size and alignment in bytes, and of each field its name, offset and shape.
    Struct(usize, usize, &'static [(&'static str, usize, Shape)]),
}

impl Shape {
    fn is(&self, item: &Item) -> bool {
        match (self, item) {
            (Shape::Scalar(of), Item::Scalar(scalar)) => of == scalar,
            (Shape::Scalar(of), Item::Enum(table)) => *of == table.backing(),
            (Shape::Struct(size, alignment, fields), Item::Struct(plan)) => {
                (*size, *alignment) == (plan.layout.size, plan.layout.alignment)
                    && fields.len() == plan.fields.len()
                    && fields.iter().zip(&plan.fields).all(|((name, offset, shape), field)| {
                        *name == field.key.name()
                            && *offset == field.offset
                            && shape.is(&field.item)
                    })
            }
            _ => false,
        }
    }
}

/// A type that lies in memory as it does in C. [`native!`](crate::native) makes structs of this kind.
///
/// # Safety
/// The type has that shape, and whatever bits C may leave there are a value of it.
pub unsafe trait Native: Copy + 'static {
    /// What it is.
    const SHAPE: Shape;
}

/// How a function converts an argument.
#[derive(Clone, Copy, Debug)]
pub struct ArgumentPlan<'f>(&'f plan::ArgumentPlan, &'f Type);

/// How a function converts its return.
#[derive(Clone, Copy, Debug)]
pub struct ReturnPlan<'f>(&'f plan::ReturnPlan, &'f Type);

impl<'f> ArgumentPlan<'f> {
    fn load(self) -> Option<&'f Load> {
        match self.0 {
            plan::ArgumentPlan::Carrier(CarrierPlan { load, .. }) => Some(load),
            _ => None,
        }
    }

    fn memory(self) -> Option<&'f Memory> {
        match self.0 {
            plan::ArgumentPlan::Memory { memory, .. } => Some(memory),
            _ => None,
        }
    }

    fn is_slice(self, shape: Shape, is_constant: bool) -> bool {
        let elements = match self.memory() {
            Some(Memory::Lent(scalar, Extent::Any)) => shape.is(&Item::Scalar(*scalar)),
            Some(Memory::Row(item, Extent::Any)) => shape.is(item),
            _ => false,
        };
        elements && matches!(self.1, Type::Slice { constant, .. } if *constant == is_constant)
    }
}

/// A carrier, or two that go where a struct of both goes.
///
/// # Safety
/// Where a function's argument is this, what it takes on the wire is the carrier.
pub unsafe trait Argument {
    /// What a call takes.
    type Of<'a>;
    /// What is passed.
    type Carrier: Copy;
    /// Integer registers that takes.
    const INTEGERS: usize;

    /// Whether an argument of a function is this.
    fn is(argument: ArgumentPlan<'_>) -> bool;
    /// What is passed.
    fn carrier(given: Self::Of<'_>) -> Self::Carrier;
}

/// What comes back.
///
/// # Safety
/// Where a function returns this, a call made as it says gives it.
pub unsafe trait Return: Sized {
    /// Whether a function returns this.
    fn is(returns: ReturnPlan<'_>) -> bool;

    /// Calls a function that does.
    ///
    /// # Safety
    /// The symbol has the prototype that these types lower to, and the code is loaded.
    unsafe fn call<A: Arguments>(symbol: NonNull<c_void>, arguments: A::Of<'_>) -> Self;
}

/// A tuple of arguments.
///
/// # Safety
/// Where a function's arguments are these, a call made as it says passes them.
pub unsafe trait Arguments {
    /// What a call takes.
    type Of<'a>;
    /// How many.
    const COUNT: usize;

    /// Compares them with a function's.
    ///
    /// # Errors
    /// [`TypedError`] by the first that is another.
    fn check(function: &Function) -> Result<(), TypedError>;

    /// Calls a function that takes them.
    ///
    /// # Safety
    /// As [`Return::call`], where `R` is what comes back in a register, or nothing.
    unsafe fn call<R>(symbol: NonNull<c_void>, arguments: Self::Of<'_>) -> R;

    /// The same with the address of an out-parameter behind them.
    ///
    /// # Safety
    /// As [`Return::call`]; the address is of a place for what is returned.
    unsafe fn call_out(symbol: NonNull<c_void>, arguments: Self::Of<'_>, out: *mut c_void);
}

/// Whether a function returns such a struct through an out-parameter, and nothing of it is to be freed.
#[doc(hidden)]
pub fn returns_struct<T: Native>(returns: ReturnPlan<'_>) -> bool {
    match returns.0 {
        plan::ReturnPlan::Memory(returned) => match &**returned {
            Returned::Item { item, free: None, .. } => T::SHAPE.is(item),
            _ => false,
        },
        _ => false,
    }
}

/// Calls a function that does.
///
/// # Safety
/// As [`Return::call`].
#[doc(hidden)]
#[inline(always)]
pub unsafe fn call_for_struct<T: Native, A: Arguments>(
    symbol: NonNull<c_void>,
    arguments: A::Of<'_>,
) -> T {
    let mut out = MaybeUninit::<T>::uninit();
    // SAFETY: by this function's contract, and the place is one for a struct of this shape.
    unsafe { A::call_out(symbol, arguments, out.as_mut_ptr().cast()) };
    // SAFETY: the callee wrote the struct (L-9).
    unsafe { out.assume_init() }
}

/// Declares structs as C lays them out, for [`Typed`] views: of scalars, and of structs declared so.
#[macro_export]
macro_rules! native {
    ($($(#[$about:meta])* $see:vis struct $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => { $(
        $(#[$about])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq)]
        $see struct $name {
            $(#[doc = concat!("`", stringify!($field), "`")] $see $field: $kind),*
        }

        // SAFETY: it is `repr(C)`, and its fields are all native.
        #[allow(unsafe_code, reason = "the fields are all native")]
        unsafe impl $crate::typed::Native for $name {
            const SHAPE: $crate::typed::Shape = $crate::typed::Shape::Struct(
                size_of::<$name>(),
                align_of::<$name>(),
                &[$((
                    stringify!($field),
                    ::std::mem::offset_of!($name, $field),
                    <$kind as $crate::typed::Native>::SHAPE,
                )),*],
            );
        }

        // SAFETY: a struct comes back through an out-parameter (L-9).
        #[allow(unsafe_code, reason = "passes on what its caller vouches for")]
        unsafe impl $crate::typed::Return for $name {
            fn is(returns: $crate::typed::ReturnPlan<'_>) -> bool {
                $crate::typed::returns_struct::<$name>(returns)
            }

            #[inline(always)]
            unsafe fn call<A: $crate::typed::Arguments>(
                symbol: ::std::ptr::NonNull<::std::ffi::c_void>,
                arguments: A::Of<'_>,
            ) -> $name {
                // SAFETY: by this function's contract.
                unsafe { $crate::typed::call_for_struct::<$name, A>(symbol, arguments) }
            }
        }
    )* };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::EngineChoice;
    use crate::call::dialect::Dialects;
    use crate::call::places::Places;
    use crate::call::planner::Planner;
    use contract::{ArgumentKind, Declarations, Lowering, Signature};

    crate::native! {
        struct Inner { a: u8, b: i32 }
        struct Outer { inner: Inner, x: f64 }
        struct Swapped { x: f64, inner: Inner }
        struct Renamed { inside: Inner, x: f64 }
        struct Narrow { inner: Inner, x: f32 }
    }

    const TYPES: &str = "
        (defenumz Color {:backing :i32} [red 0])
        (deftypez Inner [a :u8 b Color])
        (deftypez Outer [inner Inner x :f64])";

    /// Whether an argument of a form is of a type.
    fn is<A: Argument>(form: &str) -> bool {
        let declarations = Declarations::read(TYPES).expect("valid");
        let signature = Signature::read(&format!("[x {form} :ret :void]"), &declarations);
        let signature = signature.expect("valid");
        let lowering = Lowering::of(&signature, &declarations);
        let places = Places::of(&lowering, EngineChoice::ByTarget).expect("places");
        let planner = Planner::new("f", &lowering, &places, &declarations, Dialects::NONE);
        let steps = planner.steps(&signature).expect("steps");
        let ArgumentKind::Plain(kind) = &signature.arguments[0].kind else { panic!("plain") };
        A::is(ArgumentPlan(&steps[0].plan, kind))
    }

    #[test]
    fn a_type_is_only_the_one_the_signature_names() {
        assert!(is::<i64>(":i64") && is::<u8>(":u8") && is::<f32>(":f32"));
        assert!(!is::<u64>(":i64") && !is::<i64>(":i32") && !is::<i64>(":isize"));
        assert!(!is::<f64>(":f32") && !is::<u8>(":bool") && !is::<i32>("Color"));
        assert!(is::<bool>(":bool") && !is::<bool>(":u8"));
        assert!(is::<&[f64]>("[:slice :const :f64]") && is::<&mut [f64]>("[:slice :f64]"));
        assert!(!is::<&[f64]>("[:slice :f64]") && !is::<&mut [f64]>("[:slice :const :f64]"));
        assert!(!is::<&[f64]>("[:slice :const :f32]") && !is::<&[f64]>("[:ptr :const :f64]"));
        assert!(is::<&[Inner]>("[:slice :const Inner]") && !is::<&[u8]>("[:slice :const Inner]"));
    }

    #[test]
    fn a_struct_is_only_one_of_its_layout_and_names() {
        assert!(is::<&Outer>("Outer") && is::<&Inner>("Inner"));
        assert!(!is::<&Outer>("Inner") && !is::<&Swapped>("Outer"));
        assert!(!is::<&Renamed>("Outer") && !is::<&Narrow>("Outer"));
    }
}
