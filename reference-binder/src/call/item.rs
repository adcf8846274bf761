//! What lies in memory on the wire, resolved when a function is bound (contract L-9, L-17 to L-19).
//!
//! A struct's plan is made once for each function, however often its type is named, so that structs
//! that nest structs stay small.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use contract::{Arrangement, Declarations, Layout, NamedKind, Scalar, Type};

use super::dialect::{Dialected, Dialects};
use super::enums::EnumTable;
use super::flat::Flat;
use crate::keyword::Keyword;

/// One thing in memory: an element, a field, or what an out-parameter or pointer reaches.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Scalar(Scalar),
    /// A scalar that a dialect touches.
    Dialected(Dialected),
    Enum(Arc<EnumTable>),
    Struct(Arc<StructPlan>),
    /// Elements in place, as a field.
    Array(Arc<ArrayPlan>),
    /// The address and the length of a buffer (L-17).
    Buffer(Arc<Buffer>),
}

/// `Wire(S)`
#[derive(Debug)]
pub(super) struct StructPlan {
    pub(super) layout: Layout,
    /// Whether some bytes of it are no field's, or not of each value.
    pub(super) padded: bool,
    /// Whether a value has one field, whichever it is, and all are read of what is there (G-4).
    pub(super) union: bool,
    /// The copies of one that is only carrier scalars.
    pub(super) flat: Option<Flat>,
    /// A record's type name.
    pub(super) record: Option<Keyword>,
    /// In the order declared.
    pub(super) fields: Box<[FieldPlan]>,
}

/// `[:array n T]`
#[derive(Debug)]
pub(super) struct ArrayPlan {
    pub(super) layout: Layout,
    pub(super) of: Item,
    pub(super) length: u64,
}

#[derive(Debug)]
pub(super) struct FieldPlan {
    pub(super) key: Keyword,
    pub(super) offset: usize,
    pub(super) size: usize,
    pub(super) item: Item,
}

/// What an address and a length reach.
#[derive(Debug)]
pub(super) enum Buffer {
    /// `:string`
    Text,
    /// `[:bytes [:slice :u8]]`
    Bytes,
    /// A slice: owned, borrowed or plain.
    Row(Item),
}

impl Item {
    /// The scalar it is, whatever dialects make of it.
    pub(super) fn as_scalar(&self) -> Option<Scalar> {
        match self {
            Item::Scalar(scalar) | Item::Dialected(Dialected { scalar, .. }) => Some(*scalar),
            _ => None,
        }
    }

    /// Whether writing one leaves bytes of it as they were.
    pub(super) fn is_padded(&self) -> bool {
        match self {
            Item::Struct(plan) => plan.padded,
            Item::Array(plan) => plan.of.is_padded(),
            Item::Scalar(_) | Item::Dialected(_) | Item::Enum(_) | Item::Buffer(_) => false,
        }
    }

    /// Size and alignment; the size is the stride of a row.
    pub(super) fn layout(&self) -> Layout {
        match self {
            Item::Scalar(scalar) | Item::Dialected(Dialected { scalar, .. }) => {
                Layout::of_scalar(*scalar)
            }
            Item::Enum(table) => Layout::of_scalar(table.backing()),
            Item::Struct(plan) => plan.layout,
            Item::Array(plan) => plan.layout,
            Item::Buffer(_) => Layout::buffer(),
        }
    }
}

/// Makes the items of one function.
pub(super) struct Items<'d> {
    declarations: &'d Declarations,
    dialects: Dialects,
    named: RefCell<HashMap<String, Item>>,
}

impl<'d> Items<'d> {
    pub(super) fn new(declarations: &'d Declarations, dialects: Dialects) -> Items<'d> {
        Items { declarations, dialects, named: RefCell::default() }
    }

    /// The item of a type that lies in memory; `None` for a name that is not declared.
    pub(super) fn item(&self, of: &Type) -> Option<Item> {
        match of {
            Type::Scalar(scalar) => Some(self.scalar(*scalar)),
            Type::Named(name) => self.named(name),
            Type::Array { length, of } => {
                let (of, length) = (self.item(of)?, *length);
                let layout = of.layout().repeated(length)?;
                Some(Item::Array(Arc::new(ArrayPlan { layout, of, length })))
            }
            of => self.buffer(of).map(|buffer| Item::Buffer(Arc::new(buffer))),
        }
    }

    /// The item of a scalar.
    pub(super) fn scalar(&self, scalar: Scalar) -> Item {
        let dialects = self.dialects;
        if dialects.touch_argument(scalar) || dialects.touch_return(scalar) {
            Item::Dialected(Dialected { scalar, dialects })
        } else {
            Item::Scalar(scalar)
        }
    }

    /// What a type that crosses as address and length reaches.
    pub(super) fn buffer(&self, of: &Type) -> Option<Buffer> {
        match of {
            Type::String => Some(Buffer::Text),
            Type::Bytes => Some(Buffer::Bytes),
            Type::Slice { of, .. } => self.item(of).map(Buffer::Row),
            Type::Owned(of) | Type::Borrowed(of) => self.buffer(of),
            _ => None,
        }
    }

    pub(super) fn enum_table(&self, name: &str) -> Option<Arc<EnumTable>> {
        match self.named(name)? {
            Item::Enum(table) => Some(table),
            _ => None,
        }
    }

    fn members(&self, name: &str) -> Option<EnumTable> {
        let (backing, members) = self.declarations.enumeration(name)?;
        Some(EnumTable::new(backing, members))
    }

    fn named(&self, name: &str) -> Option<Item> {
        if let Some(made) = self.named.borrow().get(name) {
            return Some(made.clone());
        }
        let item = match self.members(name) {
            Some(table) => Item::Enum(Arc::new(table)),
            None => Item::Struct(Arc::new(self.structure(name)?)),
        };
        self.named.borrow_mut().insert(name.to_owned(), item.clone());
        Some(item)
    }

    fn structure(&self, name: &str) -> Option<StructPlan> {
        let kind = &self.declarations.get(name)?.kind;
        let layout = self.declarations.struct_layout(name)?;
        let field = |(field, offset): (&contract::Field, &usize)| {
            let item = self.item(&field.of)?;
            let (key, size) = (Keyword::new(&field.name), item.layout().size);
            Some(FieldPlan { key, offset: *offset, size, item })
        };
        let fields = self.declarations.fields(name)?.iter().zip(&layout.offsets).map(field);
        let fields: Box<[FieldPlan]> = fields.collect::<Option<_>>()?;
        let filled: usize = fields.iter().map(|field| field.size).sum();
        let named = self.declarations.get(name)?;
        let union = named.is_union();
        let padded =
            union || filled < layout.layout.size || fields.iter().any(|f| f.item.is_padded());
        let is_record = matches!(kind, NamedKind::Struct { record: true, .. });
        let record = is_record.then(|| Keyword::new(name));
        // Its copies are of aligned places, and of all fields.
        let in_order = !matches!(named.arrangement(), Arrangement::Packed | Arrangement::Union);
        let flat = Flat::of(layout.layout, padded, record, &fields).filter(|_| in_order);
        Some(StructPlan { layout: layout.layout, padded, union, flat, record, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_that_nest_structs_share_their_plans() {
        let mut text = String::from("(deftypez S0 [s :string n :u8])");
        for depth in 1..40 {
            let inner = depth - 1;
            text.push_str(&format!("(deftypez S{depth} [a S{inner} b S{inner}])"));
        }
        let declarations = Declarations::read(&text).expect("valid");
        let items = Items::new(&declarations, Dialects::default());
        let Some(Item::Struct(plan)) = items.item(&Type::Named("S39".into())) else {
            panic!("a struct");
        };
        assert_eq!(plan.layout.size, 24 << 39);
        let [a, b] = &*plan.fields else { panic!("two fields") };
        let (Item::Struct(first), Item::Struct(second)) = (&a.item, &b.item) else {
            panic!("structs");
        };
        assert!(Arc::ptr_eq(first, second));
        assert_eq!(b.offset, 24 << 38);
    }

    #[test]
    fn a_name_that_is_not_declared_is_no_item() {
        let declarations = Declarations::new();
        let items = Items::new(&declarations, Dialects::default());
        assert!(items.item(&Type::Named("Gone".into())).is_none());
        let slice = Type::Slice { constant: true, of: Box::new(Type::Named("Gone".into())) };
        assert!(items.item(&Type::Owned(Box::new(slice))).is_none());
    }
}
