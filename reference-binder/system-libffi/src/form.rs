//! C types of prototypes.

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
    /// A packed struct by value, likewise. This and those below on System V x86-64 alone.
    Packed(Vec<Form>),
    /// A union by value, likewise.
    Union(Vec<Form>),
    /// An integer of 128 bits.
    Int128,
    /// The x87's extended float.
    LongDouble,
}

impl Form {
    /// Whether libffi has it: all that is in it are structs and scalars of its own.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Form::Scalar(_) => true,
            Form::Struct(members) => members.iter().all(Form::is_plain),
            Form::Packed(_) | Form::Union(_) | Form::Int128 | Form::LongDouble => false,
        }
    }
}
