//! From types to plans: how each argument and the return of a signature is converted, and where its
//! carriers go.

use contract::{
    Argument, ArgumentKind, Class, Declarations, Format, Lowering, Reach, Release, Role, Scalar,
    Type, Width,
};

use super::bind::BindError;
use super::dialect::{Dialected, Dialects};
use super::item::Items;
use super::places::Places;
use super::plan::{
    ArgumentPlan, Bounds, Extent, Load, Memory, RestPlan, ReturnPlan, Returned, StreamPlan, Symbol,
    spare_bits,
};
use crate::handle::HandleType;
use crate::keyword::Keyword;
use crate::library::Library;

/// Makes the plans of one function.
pub(super) struct Planner<'a> {
    symbol: &'a str,
    lowering: &'a Lowering,
    places: &'a Places,
    items: Items<'a>,
    dialects: Dialects,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        symbol: &'a str,
        lowering: &'a Lowering,
        places: &'a Places,
        declarations: &'a Declarations,
        dialects: Dialects,
    ) -> Planner<'a> {
        let items = Items::new(declarations, dialects);
        Planner { symbol, lowering, places, items, dialects }
    }

    /// The plans of the arguments that are always there.
    pub(super) fn arguments(
        &self,
        arguments: &[Argument],
    ) -> Result<Box<[ArgumentPlan]>, BindError> {
        let mut plans = Vec::with_capacity(arguments.len());
        for (argument, of) in arguments.iter().enumerate() {
            let load = match &of.kind {
                ArgumentKind::Plain(kind) => {
                    self.load(kind).ok_or_else(|| self.undeclared(&of.form))?
                }
                ArgumentKind::Destructured(fields) => self.fields(argument, fields),
                ArgumentKind::Rest(_) => continue,
            };
            plans.push(ArgumentPlan {
                index: index(argument),
                slot: self.slot(Role::Value { argument }).unwrap_or_default(),
                length_slot: self.slot(Role::Length { argument }),
                load,
            });
        }
        Ok(plans.into())
    }

    /// The plan of the trailing variadic argument (S-3).
    pub(super) fn rest(&self, arguments: &[Argument]) -> Option<RestPlan> {
        let argument = arguments.len().checked_sub(1)?;
        let ArgumentKind::Rest(element) = arguments[argument].kind else { return None };
        Some(RestPlan {
            element: self.items.scalar(element),
            slot: self.slot(Role::Value { argument })?,
            length_slot: self.slot(Role::Length { argument })?,
        })
    }

    /// S-2: a plan for each binding, with its key.
    fn fields(&self, argument: usize, fields: &[(String, Scalar)]) -> Load {
        let plan = |(field, (key, scalar)): (usize, &(String, Scalar))| {
            let plan = ArgumentPlan {
                index: index(argument),
                slot: self.slot(Role::Field { argument, field }).unwrap_or_default(),
                length_slot: None,
                load: self.carrier(*scalar),
            };
            (Keyword::new(key), plan)
        };
        Load::Fields(fields.iter().enumerate().map(plan).collect())
    }

    /// `None` for a name that is not declared.
    fn load(&self, kind: &Type) -> Option<Load> {
        Some(match kind {
            Type::Scalar(scalar) if scalar.is_carrier() => self.carrier(*scalar),
            Type::Handle(name) => Load::Handle(HandleType::named(name)),
            Type::Named(name) => match self.items.enum_table(name) {
                Some(table) => Load::Enum(table),
                None => Load::Memory(self.memory(kind)?),
            },
            kind => Load::Memory(self.memory(kind)?),
        })
    }

    fn memory(&self, kind: &Type) -> Option<Memory> {
        Some(match kind {
            Type::String => Memory::Text,
            Type::Slice { of, .. } | Type::Pointer { reach: Reach::Many, of, .. } => {
                self.collection(of, Extent::Any)?
            }
            Type::Pointer { reach: Reach::One, of, .. } => self.collection(of, Extent::One)?,
            Type::Array { length, of } => self.collection(of, Extent::Exactly(*length))?,
            Type::Optional(of) => Memory::Optional(Box::new(self.memory(of)?)),
            kind => Memory::Item(self.items.item(kind)?),
        })
    }

    /// C-8: scalars come in a typed array, structs and enums in a vector.
    fn collection(&self, of: &Type, extent: Extent) -> Option<Memory> {
        Some(match of {
            Type::Scalar(scalar) => Memory::Lent(*scalar, extent),
            of => Memory::Row(self.items.item(of)?, extent),
        })
    }

    pub(super) fn returns(&self, kind: &Type, library: &Library) -> Result<ReturnPlan, BindError> {
        let obliged = |suffix: &str, verb: &str| {
            let symbol = format!("{}__{suffix}", self.symbol);
            library.symbol(&symbol, &format!("{verb} what {kind} returns"))
        };
        let free = match &self.lowering.release {
            Some(_) => Some(obliged("free", "frees")?),
            None => None,
        };
        let plan = match (&self.lowering.release, kind) {
            (Some(Release::Stream(item)), _) => {
                let (next, item) = (obliged("next", "fetches from")?, *item);
                free.map(|free| {
                    let library = library.clone();
                    let item = Dialected { scalar: item, dialects: self.dialects };
                    memory(Returned::Stream(StreamPlan { item, next, free, library }))
                })
            }
            (_, Type::ErrorUnion { of, .. }) => self.fallible(of, free),
            (_, Type::Optional(of)) => {
                let of = if let Type::Pointer { of, .. } = &**of { of } else { of };
                self.items.item(of).map(|item| memory(Returned::Optional { item, free }))
            }
            (_, kind) => self.register(kind).or_else(|| self.through_memory(kind, free)),
        };
        plan.ok_or_else(|| self.undeclared(&kind.to_string()))
    }

    /// L-14
    fn fallible(&self, of: &Type, free: Option<Symbol>) -> Option<ReturnPlan> {
        let slots = [self.slot(Role::ErrorName)?, self.slot(Role::ErrorLength)?];
        let payload = self.register(of).or_else(|| self.through_memory(of, free))?;
        let keyword = self.dialects.error_as_keyword;
        Some(memory(Returned::Fallible { slots, payload, keyword }))
    }

    /// What comes back in a register and is all there is (L-1, L-2, L-4, L-5, L-15).
    fn register(&self, kind: &Type) -> Option<ReturnPlan> {
        Some(match kind {
            Type::Void => ReturnPlan::Void,
            // Beside wide integers, which come through memory, floats are all that a dialect touches.
            Type::Scalar(scalar) if scalar.is_carrier() && self.dialects.touch_return(*scalar) => {
                ReturnPlan::Dialected(Dialected { scalar: *scalar, dialects: self.dialects })
            }
            Type::Scalar(scalar) => match scalar.class() {
                Class::Bool => ReturnPlan::Boolean,
                Class::Float(Format::F16) => ReturnPlan::F16,
                Class::Float(Format::F32) => ReturnPlan::F32,
                Class::Float(Format::F64) => ReturnPlan::F64,
                Class::Integer { width: Width::Bits128, .. }
                | Class::Float(Format::F80 | Format::F128) => return None,
                Class::Integer { signed: true, width } => ReturnPlan::Signed(64 - width.bits()),
                Class::Integer { signed: false, width } => ReturnPlan::Unsigned(64 - width.bits()),
            },
            Type::Named(name) => {
                let table = self.items.enum_table(name)?;
                let spare = spare_bits(table.backing());
                ReturnPlan::Enum(table, spare)
            }
            Type::Handle(name) => ReturnPlan::Handle(HandleType::named(name)),
            _ => return None,
        })
    }

    /// What comes back through out-parameters (L-3, L-9, L-11 to L-13).
    fn through_memory(&self, kind: &Type, free: Option<Symbol>) -> Option<ReturnPlan> {
        let kind = match kind {
            Type::Owned(of) | Type::Borrowed(of) => of,
            kind => kind,
        };
        if let Some(buffer) = self.items.buffer(kind) {
            let slots = [self.slot(Role::OutAddress)?, self.slot(Role::OutLength)?];
            return Some(memory(Returned::Buffer { buffer, slots, free }));
        }
        let slot = self.slot(Role::OutValue)?;
        Some(memory(Returned::Item { item: self.items.item(kind)?, slot, free }))
    }

    /// The place of the wire parameter with this role, where the signature has one.
    fn slot(&self, role: Role) -> Option<u8> {
        let at = self.lowering.parameters.iter().position(|parameter| parameter.role == role)?;
        Some(self.places.slots[at])
    }

    fn carrier(&self, scalar: Scalar) -> Load {
        if self.dialects.touch_argument(scalar) {
            return Load::Dialected(Dialected { scalar, dialects: self.dialects });
        }
        match scalar.class() {
            Class::Bool => Load::Boolean,
            Class::Float(Format::F16) => Load::F16,
            Class::Float(Format::F32) => Load::F32,
            Class::Float(Format::F64) => Load::F64,
            Class::Integer { width: Width::Bits128, .. }
            | Class::Float(Format::F80 | Format::F128) => {
                unreachable!("a wide scalar crosses through memory (L-3)")
            }
            Class::Integer { .. } => Load::Integer(scalar, Bounds::of(scalar)),
        }
    }

    fn undeclared(&self, form: &str) -> BindError {
        BindError::Undeclared { symbol: self.symbol.to_owned(), form: form.to_owned() }
    }
}

fn memory(returned: Returned) -> ReturnPlan {
    ReturnPlan::Memory(Box::new(returned))
}

/// An argument's index as refusals carry it. One that no byte holds belongs to a call with more arguments
/// than places.
fn index(argument: usize) -> u8 {
    argument.min(254) as u8
}
