//! libffi's descriptions of a prototype's types: its own of scalars, and ours of structs, which are kept here.
//!
//! libffi writes a struct's size and alignment into its description when a prototype is prepared, and reads it
//! afterwards.

use std::ffi::c_ushort;
use std::fmt;

use libffi_sys::{FFI_TYPE_LONGDOUBLE, ffi_type, ffi_type_enum_STRUCT};

use super::eightbytes::{self, Travels, WIDE};
use super::form::{Form, Type};

/// More bytes than libffi passes in registers of whatever kind.
const LARGE: usize = 40;

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
            Form::Struct(members) if of.is_plain() => {
                let elements = self.listed(members, true);
                // Its size and alignment are for libffi to find.
                self.structure((0, 0), elements)
            }
            of => self.by_registers(of),
        }
    }

    /// What libffi has no type for: a struct that is as large, as aligned and in the same registers. libffi lays out only
    /// what has no size yet (`initialize_aggregate`), and classifies by members (`classify_argument`, x86/ffi64.c).
    fn by_registers(&mut self, of: &Form) -> *mut ffi_type {
        let (size, alignment) = eightbytes::layout(of);
        let members = match eightbytes::travels(of) {
            // A struct of one as itself: as an argument it is in memory all the same, and libffi looks for what comes back
            // of a struct in integer registers, though it is on the x87 stack.
            Travels::Extended => {
                let type_ = FFI_TYPE_LONGDOUBLE;
                let elements = std::ptr::null_mut();
                return self.kept(ffi_type {
                    size: WIDE,
                    alignment: WIDE as c_ushort,
                    type_,
                    elements,
                });
            }
            // A member of more than 32 bytes is in memory, and so is what it is a member of.
            Travels::Memory => {
                let byte = self.listed(&[Form::Scalar(Type::U8)], true);
                let large = self.structure((LARGE, 1), byte);
                let mut list: Box<[_]> = Box::from([large, std::ptr::null_mut()]);
                let address = list.as_mut_ptr();
                self.lists.push(list);
                return self.structure((size, alignment), address);
            }
            Travels::Registers(parts) => {
                let part = |(at, is_float): (usize, bool)| {
                    Form::Scalar(if is_float { eightbytes::float_of(size, at) } else { Type::U64 })
                };
                parts.into_iter().enumerate().map(part).collect::<Vec<_>>()
            }
        };
        let elements = self.listed(&members, true);
        self.structure((size, alignment), elements)
    }

    fn structure(
        &mut self,
        (size, alignment): (usize, usize),
        elements: *mut *mut ffi_type,
    ) -> *mut ffi_type {
        let type_ = ffi_type_enum_STRUCT as c_ushort;
        self.kept(ffi_type { size, alignment: alignment as c_ushort, type_, elements })
    }

    fn kept(&mut self, described: ffi_type) -> *mut ffi_type {
        let mut described: Box<[ffi_type]> = Box::from([described]);
        let address = described.as_mut_ptr();
        self.structs.push(described);
        address
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
