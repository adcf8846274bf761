//! Prototypes of what is called, and the structs they lead to. Nothing is linked: they give the types of
//! the symbols that are looked up, and let a reader see what lies where.

use std::collections::{BTreeSet, HashMap};

use contract::{
    Arrangement, Carrier, Declarations, Field, Lowering, Named, NamedKind, Pointee, Type,
    c_identifier,
};
use corpus::case::Step;

use super::text::Lines;

/// What is declared before `main`.
pub(super) struct Types<'a> {
    declarations: &'a Declarations,
    lines: Lines,
    tags: BTreeSet<String>,
    /// What the prototypes of a symbol are called, by their text.
    prototypes: HashMap<String, Vec<String>>,
}

impl<'a> Types<'a> {
    pub(super) fn new(declarations: &'a Declarations) -> Types<'a> {
        let (tags, prototypes) = (BTreeSet::new(), HashMap::new());
        Types { declarations, lines: Lines::new(0), tags, prototypes }
    }

    pub(super) fn text(self) -> String {
        self.lines.text()
    }

    /// The prototypes of a function and of what it obliges; the name they have in the program, which is
    /// the symbol unless that is bound by several signatures.
    pub(super) fn declare(&mut self, step: &Step, lowering: &Lowering) -> String {
        let function = &step.function;
        let pointees = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        for carrier in pointees.chain(&lowering.returns) {
            match carrier {
                Carrier::Pointer { to, .. } => self.pointee(to),
                Carrier::Struct(name) => self.structure(name),
                Carrier::Scalar(_) | Carrier::Wide(_) => {}
            }
        }
        let text = lowering.prototype(&function.symbol, &function.signature);
        let known = self.prototypes.entry(function.symbol.clone()).or_default();
        let found = known.iter().position(|known| *known == text);
        let index = found.unwrap_or(known.len());
        let name = match index {
            0 => function.symbol.clone(),
            other => format!("{}_{}", function.symbol, other + 1),
        };
        if found.is_none() {
            known.push(text);
            let prototypes = lowering.prototype(&name, &function.signature);
            prototypes.lines().for_each(|line| self.lines.say(line));
        }
        name
    }

    fn pointee(&mut self, to: &Pointee) {
        match to {
            Pointee::Struct(name) => self.structure(name),
            Pointee::Array { of, .. } => self.pointee(of),
            Pointee::Opaque(name) => {
                let tag = c_identifier(name);
                if self.tags.insert(tag.clone()) {
                    self.lines.say(&format!("struct {tag};"));
                }
            }
            Pointee::Function { arguments, returns } => {
                for carrier in arguments.iter().chain(returns.as_deref()) {
                    if let Carrier::Pointer { to, .. } = carrier {
                        self.pointee(to);
                    }
                }
            }
            Pointee::Scalar(_) | Pointee::Enum { .. } => {}
        }
    }

    /// `Wire(S)` (L-9), after the structs within it.
    fn structure(&mut self, name: &str) {
        let declarations = self.declarations;
        let tag = c_identifier(name);
        let (Some(fields), Some(layout)) =
            (declarations.fields(name), declarations.struct_layout(name))
        else {
            return;
        };
        if !self.tags.insert(tag.clone()) {
            return;
        }
        fields.iter().for_each(|field| self.within(&field.of));
        // A union is a member of the struct, without a name; a complex number is passed as a struct of its parts.
        let arrangement = declarations.get(name).map(Named::arrangement).unwrap_or_default();
        let packed =
            if arrangement == Arrangement::Packed { "__attribute__((packed)) " } else { "" };
        let is_union = arrangement == Arrangement::Union;
        self.lines.open(&format!("struct {packed}{tag} {{"));
        if is_union {
            self.lines.open("union {");
        }
        for (field, name) in fields.iter().zip(member_names(fields)) {
            let declared = self.field(&field.of, name);
            self.lines.say(&format!("{declared};"));
        }
        if is_union {
            self.lines.close("};");
        }
        self.lines.close("};");
        let size = layout.layout.size;
        self.lines.say(&format!("_Static_assert(sizeof(struct {tag}) == {size}, \"{tag}\");"));
    }

    fn within(&mut self, of: &Type) {
        match of {
            // An enum has no fields, and is passed over.
            Type::Named(name) => self.structure(name),
            Type::Array { of, .. } => self.within(of),
            _ => {}
        }
    }

    fn field(&self, of: &Type, name: String) -> String {
        match of {
            Type::Scalar(scalar) => format!("{} {name}", scalar.c_type()),
            Type::Array { length, of } => self.field(of, format!("{name}[{length}]")),
            Type::Named(named) => match self.declarations.get(named).map(|named| &named.kind) {
                Some(NamedKind::Enum { backing, .. }) => format!("{} {name}", backing.c_type()),
                _ => format!("struct {} {name}", c_identifier(named)),
            },
            // Every other field is an address and a length (L-17).
            _ => format!("struct {{ uintptr_t ptr; size_t len; }} {name}"),
        }
    }
}

/// The members' names in C, which are different ones.
pub(super) fn member_names(fields: &[Field]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let names = fields.iter().enumerate().map(|(index, field)| {
        let name = c_identifier(&field.name);
        if taken.insert(name.clone()) { name } else { format!("{name}_{index}") }
    });
    names.collect()
}
