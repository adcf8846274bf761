//! libffi's descriptions of a prototype's types: its own of scalars, and ours of structs, which are kept here.
//!
//! libffi writes a struct's size and alignment into its description when a prototype is prepared, and reads it
//! afterwards.

use std::ffi::c_ushort;
use std::fmt;

use libffi_sys::{ffi_type, ffi_type_enum_STRUCT};

/// A C type that a carrier has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the C type of its name")]
pub enum Type {
    Void,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    Pointer,
}

impl Type {
    /// Each with the symbol that libffi describes it at, in the order of the variants.
    pub(super) const SYMBOLS: [(Type, &str); 12] = [
        (Type::Void, "ffi_type_void"),
        (Type::U8, "ffi_type_uint8"),
        (Type::I8, "ffi_type_sint8"),
        (Type::U16, "ffi_type_uint16"),
        (Type::I16, "ffi_type_sint16"),
        (Type::U32, "ffi_type_uint32"),
        (Type::I32, "ffi_type_sint32"),
        (Type::U64, "ffi_type_uint64"),
        (Type::I64, "ffi_type_sint64"),
        (Type::F32, "ffi_type_float"),
        (Type::F64, "ffi_type_double"),
        (Type::Pointer, "ffi_type_pointer"),
    ];
}

/// A C type of a prototype.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A scalar, an address or nothing.
    Scalar(Type),
    /// A struct by value, of one member at least. An array in it is its elements as members: libffi has no arrays.
    Struct(Vec<Form>),
}

/// The descriptions of one prototype.
pub(super) struct Described {
    scalars: [*mut ffi_type; Type::SYMBOLS.len()],
    /// On the heap each, so that an address stays good when this moves.
    structs: Vec<Box<[ffi_type]>>,
    lists: Vec<Box<[*mut ffi_type]>>,
}

impl fmt::Debug for Described {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} structs", self.structs.len())
    }
}

impl Described {
    pub(super) fn new(scalars: &[*mut ffi_type; Type::SYMBOLS.len()]) -> Described {
        Described { scalars: *scalars, structs: Vec::new(), lists: Vec::new() }
    }

    /// The description of a type.
    pub(super) fn form(&mut self, of: &Form) -> *mut ffi_type {
        match of {
            Form::Scalar(of) => self.scalars[*of as usize],
            Form::Struct(members) => {
                let elements = self.listed(members, true);
                let type_ = ffi_type_enum_STRUCT as c_ushort;
                // Its size and alignment are for libffi to find.
                let described = ffi_type { size: 0, alignment: 0, type_, elements };
                let mut described: Box<[ffi_type]> = Box::from([described]);
                let address = described.as_mut_ptr();
                self.structs.push(described);
                address
            }
        }
    }

    /// The descriptions of several types, one after another.
    pub(super) fn list(&mut self, of: &[Form]) -> *mut *mut ffi_type {
        self.listed(of, false)
    }

    /// Those of a struct's members end in null.
    fn listed(&mut self, of: &[Form], ends: bool) -> *mut *mut ffi_type {
        let types = of.iter().map(|of| self.form(of)).collect::<Vec<_>>().into_iter();
        let mut list: Box<[_]> = types.chain(ends.then_some(std::ptr::null_mut())).collect();
        let address = list.as_mut_ptr();
        self.lists.push(list);
        address
    }
}
