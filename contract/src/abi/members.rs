//! What a struct by value is made of, as the C ABIs ask for it: its scalars where they lie, how each eightbyte is
//! classified, whether all of it is floats of one kind, and whether it is one scalar.

use crate::declarations::Declarations;
use crate::scalar::{Class, Format, Scalar};
use crate::types::{Arrangement, Layout, Type};

/// More bytes than any of the ABIs passes in registers: four doubles are the most.
const MOST_BYTES: usize = 32;

/// A scalar within a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) scalar: Scalar,
    pub(super) offset: usize,
}

impl Leaf {
    fn end(self) -> usize {
        self.offset + self.scalar.size()
    }
}

/// What is passed by value and is more than a scalar that a register holds.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) layout: Layout,
    /// Its scalars; none are told of what is larger than any register's fill.
    leaves: Vec<Leaf>,
    has_union: bool,
    /// The scalar that is all of it, at no other depth than of structs, unions of one field and arrays of one element.
    pub(super) only: Option<Scalar>,
    /// Whether it is an integer of 128 bits or an extended float itself.
    pub(super) is_wide: bool,
}

/// The class of an eightbyte (System V psABI 3.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eightbyte {
    Integer,
    Sse,
    X87,
    X87Up,
}

impl Members {
    /// Of a type that crosses as itself; `None` for what has no layout.
    pub(super) fn of(of: &Type, declarations: &Declarations) -> Option<Members> {
        let layout = Layout::of(of, declarations)?;
        let mut members = Members {
            layout,
            leaves: Vec::new(),
            has_union: false,
            only: only(of, declarations),
            is_wide: matches!(of, Type::Scalar(_)),
        };
        if layout.size <= MOST_BYTES {
            members.collect(of, 0, declarations)?;
        }
        Some(members)
    }

    fn collect(&mut self, of: &Type, offset: usize, declarations: &Declarations) -> Option<()> {
        match of {
            Type::Scalar(scalar) => self.leaves.push(Leaf { scalar: *scalar, offset }),
            Type::Array { length, of } => {
                let stride = Layout::of(of, declarations)?.size;
                for number in 0..usize::try_from(*length).ok()? {
                    self.collect(of, offset + number * stride, declarations)?;
                }
            }
            Type::Named(name) => {
                if let Some((backing, _)) = declarations.enumeration(name) {
                    self.leaves.push(Leaf { scalar: backing, offset });
                    return Some(());
                }
                self.has_union |= declarations.get(name)?.arrangement() == Arrangement::Union;
                let offsets = declarations.struct_layout(name)?.offsets.iter();
                for (field, at) in declarations.fields(name)?.iter().zip(offsets) {
                    self.collect(&field.of, offset + at, declarations)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The classes of its eightbytes; `None` is MEMORY.
    pub(super) fn eightbytes(&self) -> Option<Vec<Eightbyte>> {
        if self.layout.size > 16 {
            return None;
        }
        let mut classes: Vec<Option<Eightbyte>> = vec![None; self.layout.size.div_ceil(8)];
        for leaf in &self.leaves {
            if !leaf.offset.is_multiple_of(leaf.scalar.alignment()) {
                return None;
            }
            for (at, class) in (leaf.offset / 8..leaf.end().div_ceil(8)).zip(class(leaf.scalar)?) {
                classes[at] = Some(match classes[at] {
                    None => class,
                    Some(before) => merged(before, class)?,
                });
            }
        }
        classes.into_iter().collect()
    }

    /// Whether it is a union in which an integer shares the first eightbyte of an extended float. That is in memory by
    /// the psABI from its revision 0.98 on, and in registers for Clang on macOS, which holds to an earlier one.
    pub(super) fn is_disputed(&self) -> bool {
        let is_torn = |classes: &Vec<Eightbyte>| {
            classes.contains(&Eightbyte::X87Up) && !classes.contains(&Eightbyte::X87)
        };
        self.eightbytes().is_some_and(|classes| is_torn(&classes))
    }

    /// The float that one to four of are all of it (AAPCS64 5.9.5).
    pub(super) fn homogeneous(&self) -> Option<(Scalar, usize)> {
        let first = self.leaves.first()?.scalar;
        let count = self.layout.size / first.size();
        let alike = self.leaves.iter().all(|leaf| leaf.scalar == first);
        (is_float(first) && alike && count <= 4).then_some((first, count))
    }

    /// Its one or two scalars, of which one at least is a float, where each travels in a register of its own by RISC-V's
    /// hardware floating-point convention.
    pub(super) fn flattened(&self) -> Option<&[Leaf]> {
        let floats = self.leaves.iter().filter(|leaf| is_float(leaf.scalar)).count();
        let fits = self.leaves.iter().all(|leaf| leaf.scalar.size() <= 8);
        (matches!(self.leaves.len(), 1 | 2) && floats > 0 && fits && !self.has_union)
            .then_some(&self.leaves)
    }
}

/// Whether a scalar is one that float registers hold.
pub(super) fn is_float(scalar: Scalar) -> bool {
    matches!(scalar.class(), Class::Float(Format::F16 | Format::F32 | Format::F64))
}

fn class(scalar: Scalar) -> Option<Vec<Eightbyte>> {
    Some(match scalar.class() {
        Class::Float(Format::F80) => vec![Eightbyte::X87, Eightbyte::X87Up],
        Class::Float(Format::F128) => return None,
        Class::Float(_) => vec![Eightbyte::Sse],
        Class::Integer { .. } | Class::Bool => vec![Eightbyte::Integer; scalar.size().div_ceil(8)],
    })
}

/// Of two in one eightbyte, both of which are there; `None` is MEMORY.
fn merged(one: Eightbyte, other: Eightbyte) -> Option<Eightbyte> {
    match (one, other) {
        _ if one == other => Some(one),
        (Eightbyte::Integer, _) | (_, Eightbyte::Integer) => Some(Eightbyte::Integer),
        _ => None,
    }
}

/// The scalar that is all of a type, a complex number's two being none.
fn only(of: &Type, declarations: &Declarations) -> Option<Scalar> {
    match of {
        Type::Scalar(scalar) => Some(*scalar),
        Type::Array { length: 1, of } => only(of, declarations),
        Type::Named(name) => match declarations.enumeration(name) {
            Some((backing, _)) => Some(backing),
            None => match declarations.fields(name)? {
                [field] => only(&field.of, declarations),
                _ => None,
            },
        },
        _ => None,
    }
}
