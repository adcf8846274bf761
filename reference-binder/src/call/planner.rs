//! From types to plans: how each argument and the return of a signature is converted, and where its
//! carriers go.

use contract::{
    Argument, ArgumentKind, Class, Declarations, Format, FunctionType, Lowering, Reach, Release,
    Role, Scalar, Signature, Type, Width,
};

use super::bind::{BindError, unprepared};
use super::callbacks::{CallbackPlan, Given};
use super::dialect::{Dialected, Dialects};
use super::foreign;
use super::item::{Item, Items};
use super::places::Places;
use super::plan::{
    ArgumentPlan, CarrierPlan, Extent, Load, Memory, RestPlan, ReturnPlan, Returned, Step,
    StreamPlan, Symbol,
};
use super::told::{BackPlan, CountPlan, CountedBy, ToldPlan};
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

    /// The steps of the arguments that are always there.
    pub(super) fn steps(&self, signature: &Signature) -> Result<Box<[Step]>, BindError> {
        let arguments = &signature.arguments;
        let mut steps = Vec::with_capacity(arguments.len());
        for (argument, of) in arguments.iter().enumerate() {
            steps.push(Step::of(match &of.kind {
                ArgumentKind::Plain(kind) => self.plain(signature, argument, kind)?,
                ArgumentKind::Destructured(fields) => self.fields(argument, fields)?,
                ArgumentKind::Rest(_) => continue,
            }));
        }
        Ok(steps.into())
    }

    /// The plan of the trailing variadic argument (S-3).
    pub(super) fn rest(&self, arguments: &[Argument]) -> Result<Option<RestPlan>, BindError> {
        let Some((argument, Argument { kind: ArgumentKind::Rest(element), .. })) =
            arguments.iter().enumerate().next_back()
        else {
            return Ok(None);
        };
        Ok(Some(RestPlan {
            element: self.items.scalar(*element),
            slot: self.slot(Role::Value { argument })?,
            length_slot: self.slot(Role::Length { argument })?,
        }))
    }

    /// The plans of the arguments that are functions of the host's (K-1).
    pub(super) fn callbacks(
        &self,
        arguments: &[Argument],
    ) -> Result<Box<[CallbackPlan]>, BindError> {
        let functions =
            arguments.iter().enumerate().filter_map(|(argument, of)| match of.plain() {
                Some(Type::Function(of)) => Some((index(argument), of)),
                _ => None,
            });
        functions.map(|(index, of)| self.callback(index, of)).collect()
    }

    /// How a function of the host's of a type is called.
    pub(super) fn callback(&self, index: u8, of: &FunctionType) -> Result<CallbackPlan, BindError> {
        let given = |of: &Type| self.given(of).ok_or_else(|| self.undeclared(&of.to_string()));
        let arguments = of.arguments.iter().map(given).collect::<Result<Box<[_]>, BindError>>()?;
        let returned = match &*of.returns {
            Type::Void => None,
            returns => {
                let (scalar, load) =
                    self.word(returns).ok_or_else(|| self.undeclared(&returns.to_string()))?;
                Some((scalar, CarrierPlan::new(index, 0, load)))
            }
        };
        let words: Vec<Scalar> = arguments.iter().flat_map(Given::words).copied().collect();
        let (scalar, returns) = returned.unzip();
        let cif = foreign::answered(&words, scalar).map_err(|why| unprepared(self.symbol, why))?;
        Ok(CallbackPlan { index, arguments, returns, cif })
    }

    /// How a function of the host's is given what its C function is (K-2, K-9); `None` for a name that is not declared.
    fn given(&self, of: &Type) -> Option<Given> {
        Some(match of {
            Type::Pointer { of, .. } => Given::There(self.items.item(of)?),
            of if let Some(buffer) = self.items.buffer(of) => Given::Row(buffer),
            of => Given::Word(self.word(of)?.0, self.register(of)?),
        })
    }

    /// What crosses in a word: its scalar, and how values become that.
    fn word(&self, of: &Type) -> Option<(Scalar, Load)> {
        Some(match of {
            Type::Scalar(scalar) if scalar.is_carrier() => (*scalar, self.carrier(*scalar)),
            Type::Handle(name) => (Scalar::Usize, Load::Handle(HandleType::named(name))),
            Type::Named(name) => {
                let table = self.items.enum_table(name)?;
                (table.backing(), Load::Enum(table))
            }
            _ => return None,
        })
    }

    /// The arguments that are function objects of the host's, with their types (K-7).
    pub(super) fn kept(&self, arguments: &[Argument]) -> Box<[(u8, FunctionType)]> {
        let objects = arguments.iter().enumerate().filter_map(|(argument, of)| match of.plain() {
            Some(Type::Kept(of)) => Some((index(argument), of.clone())),
            _ => None,
        });
        objects.collect()
    }

    /// S-2: a plan for each binding, with its key.
    fn fields(
        &self,
        argument: usize,
        fields: &[(String, Scalar)],
    ) -> Result<ArgumentPlan, BindError> {
        let index = index(argument);
        let plan = |(field, (key, scalar)): (usize, &(String, Scalar))| {
            let slot = self.slot(Role::Field { argument, field })?;
            Ok((Keyword::new(key), CarrierPlan::new(index, slot, self.carrier(*scalar))))
        };
        let fields = fields.iter().enumerate().map(plan).collect::<Result<_, BindError>>()?;
        Ok(ArgumentPlan::Fields { index, fields })
    }

    fn plain(
        &self,
        signature: &Signature,
        argument: usize,
        kind: &Type,
    ) -> Result<ArgumentPlan, BindError> {
        let form = &signature.arguments[argument].form;
        let (index, slot) = (index(argument), self.slot(Role::Value { argument })?);
        let carrier = |load| ArgumentPlan::Carrier(CarrierPlan::new(index, slot, load));
        Ok(match kind {
            // Its address, which stands in its place by then.
            Type::Function(_) | Type::Kept(_) => carrier(Load::Integer(Scalar::Usize)),
            kind if let Some((_, load)) = self.word(kind) => carrier(load),
            kind => {
                let memory = self.memory(kind).ok_or_else(|| self.undeclared(form))?;
                let length_slot = match kind {
                    Type::Slice { .. } | Type::String => {
                        Some(self.slot(Role::Length { argument })?)
                    }
                    Type::Counted { length, .. } => Some(self.count(signature, length)?),
                    _ => None,
                };
                ArgumentPlan::Memory { index, slot, length_slot, memory }
            }
        })
    }

    /// `None` for a name that is not declared.
    fn memory(&self, kind: &Type) -> Option<Memory> {
        Some(match kind {
            Type::String => Memory::Text,
            Type::Slice { of, .. } | Type::Pointer { reach: Reach::Many, of, .. } => {
                self.collection(of, Extent::Any)?
            }
            Type::Pointer { reach: Reach::One, of, .. } => self.collection(of, Extent::One)?,
            Type::Array { length, of } => self.collection(of, Extent::Exactly(*length))?,
            Type::Optional(of) => Memory::Optional(Box::new(self.memory(of)?)),
            Type::CString { .. } => Memory::CString,
            // How many there are is put where that argument stands (Z-3).
            Type::Counted { of, .. } => self.collection(of, Extent::Any)?,
            // A copy in the scope, which is what comes back (Z-5).
            Type::InOut(of) => Memory::Item(self.items.item(of)?),
            // What is in memory is what crosses, and not where it is (G-1).
            Type::ByValue(of) => Memory::Item(self.items.item(of)?),
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

    /// The place of the length with this binding (Z-3).
    fn count(&self, signature: &Signature, binding: &str) -> Result<u8, BindError> {
        let found = signature.lengths.iter().position(|length| length.binding == binding);
        self.slot(Role::Count { length: found.unwrap_or(usize::MAX) })
    }

    /// What arguments tell of one another, and which of them come back (Z-3, Z-6).
    pub(super) fn told(&self, signature: &Signature) -> Result<ToldPlan, BindError> {
        let counts = signature.lengths.iter().map(|length| CountPlan {
            scalar: length.scalar,
            arrays: signature.counted_by(length).map(index).collect(),
        });
        let backs =
            signature.arguments.iter().enumerate().filter_map(|(argument, of)| match of.plain() {
                Some(Type::InOut(of)) => Some((argument, &**of)),
                _ => None,
            });
        let back = |(argument, of): (usize, &Type)| {
            Ok(BackPlan { slot: self.slot(Role::Value { argument })?, item: self.item(of)? })
        };
        let backs = backs.map(back).collect::<Result<_, BindError>>()?;
        Ok(ToldPlan { counts: counts.collect(), backs })
    }

    /// Where the number of a return's elements is (Z-4).
    fn counted_by(&self, signature: &Signature, binding: &str) -> Result<CountedBy, BindError> {
        if let Some(length) = signature.lengths.iter().find(|length| length.binding == binding) {
            let slot = self.count(signature, binding)?;
            return Ok(CountedBy { scalar: length.scalar, slot, behind: false });
        }
        let arguments = signature.arguments.iter().enumerate();
        let mut named = arguments.filter(|(_, argument)| argument.binding == binding);
        let found = named.find_map(|(argument, of)| match of.plain()? {
            Type::Scalar(scalar) => Some((argument, *scalar, false)),
            Type::InOut(of) => match **of {
                Type::Scalar(scalar) => Some((argument, scalar, true)),
                _ => None,
            },
            _ => None,
        });
        let (argument, scalar, behind) = found.ok_or_else(|| self.undeclared(binding))?;
        Ok(CountedBy { scalar, slot: self.slot(Role::Value { argument })?, behind })
    }

    pub(super) fn returns(
        &self,
        signature: &Signature,
        library: &Library,
    ) -> Result<ReturnPlan, BindError> {
        let kind = signature.declared_return();
        let obliged = |suffix: &str, verb: &str| {
            let symbol = format!("{}__{suffix}", self.symbol);
            library.symbol(&symbol, &format!("{verb} what {kind} returns"))
        };
        if let Some(Release::Stream(item)) = self.lowering.release {
            let (free, next) = (obliged("free", "frees")?, obliged("next", "fetches from")?);
            let item = Dialected { scalar: item, dialects: self.dialects };
            let library = library.clone();
            return Ok(memory(Returned::Stream(StreamPlan { item, next, free, library })));
        }
        let release = self.lowering.release.as_ref();
        let free = release.map(|_| obliged("free", "frees")).transpose()?;
        match kind {
            Type::ErrorUnion { of, .. } => self.fallible(of, free),
            Type::CString { most } => Ok(memory(Returned::CString { most: *most })),
            Type::Counted { length, of, .. } => {
                let by = self.counted_by(signature, length)?;
                Ok(memory(Returned::Counted { item: self.item(of)?, by }))
            }
            Type::Optional(of) if let Type::CString { most } = **of => {
                Ok(memory(Returned::CString { most }))
            }
            Type::Optional(of) => {
                let of = if let Type::Pointer { of, .. } = &**of { of } else { of };
                Ok(memory(Returned::Optional { item: self.item(of)?, free }))
            }
            kind => self.value(kind, free),
        }
    }

    /// L-14
    fn fallible(&self, of: &Type, free: Option<Symbol>) -> Result<ReturnPlan, BindError> {
        let slots = [self.slot(Role::ErrorName)?, self.slot(Role::ErrorLength)?];
        let payload = self.value(of, free)?;
        let keyword = self.dialects.error_as_keyword;
        Ok(memory(Returned::Fallible { slots, payload, keyword }))
    }

    fn value(&self, kind: &Type, free: Option<Symbol>) -> Result<ReturnPlan, BindError> {
        self.register(kind).map_or_else(|| self.through_memory(kind, free), Ok)
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
            Type::Named(name) => ReturnPlan::Enum(self.items.enum_table(name)?),
            Type::Handle(name) => ReturnPlan::Handle(HandleType::named(name)),
            _ => return None,
        })
    }

    /// What comes back through out-parameters (L-3, L-9, L-11 to L-13).
    fn through_memory(&self, kind: &Type, free: Option<Symbol>) -> Result<ReturnPlan, BindError> {
        let kind = match kind {
            Type::Owned(of) | Type::Borrowed(of) => of,
            kind => kind,
        };
        if let Some(buffer) = self.items.buffer(kind) {
            let slots = [self.slot(Role::OutAddress)?, self.slot(Role::OutLength)?];
            return Ok(memory(Returned::Buffer { buffer, slots, free }));
        }
        let (of, slot) = match kind {
            Type::ByValue(of) => (&**of, foreign::RETURNED),
            kind => (kind, self.slot(Role::OutValue)?),
        };
        Ok(memory(Returned::Item { item: self.item(of)?, slot, free }))
    }

    fn item(&self, of: &Type) -> Result<Item, BindError> {
        self.items.item(of).ok_or_else(|| self.undeclared(&of.to_string()))
    }

    /// The place of the wire parameter with this role.
    fn slot(&self, role: Role) -> Result<u8, BindError> {
        let mut parameters = self.lowering.parameters.iter().zip(&self.places.slots);
        let found = parameters.find(|(parameter, _)| parameter.role == role);
        found.map(|(_, slot)| *slot).ok_or_else(|| BindError::Unplaced {
            symbol: self.symbol.to_owned(),
            role: format!("{role:?}"),
        })
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
            Class::Integer { .. } => Load::Integer(scalar),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::EngineChoice;
    use contract::Signature;

    /// Nothing crosses in register 0 because nobody knows where it goes.
    #[test]
    fn an_argument_without_a_place_is_an_error() {
        let none = Declarations::new();
        let signature = |text| Signature::read(text, &none).expect("valid");
        let lowering = Lowering::of(&signature("[:ret :void]"), &none);
        let places = Places::of(&lowering, EngineChoice::ByTarget).expect("places");
        let planner = Planner::new("f", &lowering, &places, &none, Dialects::NONE);
        for text in [
            "[x :i64 :ret :void]",
            "[{a :x} {:x :i64} :ret :void]",
            "[xs [:slice :i64] :ret :void]",
        ] {
            assert!(planner.steps(&signature(text)).is_err(), "{text}");
        }
    }
}
