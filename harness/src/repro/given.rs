//! The arguments of a call: carriers as variables of their C type, memory as blocks of bytes.

use contract::{ArgumentKind, Carrier as Lowered, Role, Type, c_identifier};
use corpus::case::Given;
use judge::describe;
use subject::protocol::aggregates::CValue;
use subject::protocol::carriers::{Block, Carrier};
use subject::wire::{self, ERROR_BYTES, Unlowered};

use super::Call;
use super::text::{Lines, comment, initialiser, kept_name};
use super::written::{assign, assign_members};

impl Call<'_> {
    /// Declares what is passed; the words that pass it, in order.
    pub(super) fn given(
        &self,
        lowered: &wire::Lowered,
        functions: &mut Lines,
        main: &mut Lines,
    ) -> Vec<String> {
        self.blocks(lowered, main);
        let carriers = lowered.carriers.iter().zip(&self.lowering.parameters).enumerate();
        let words = carriers.map(|(index, (carrier, parameter))| {
            let name = format!("a{index}");
            match (carrier, &parameter.carrier, parameter.role) {
                (Carrier::Block { block }, ..) => format!("(void *)block{}", block.index()),
                (Carrier::Callback { callback }, _, role) => {
                    main.say(&comment(&self.described(role)));
                    self.answered(index, callback, main, functions);
                    self.answering(index)
                }
                (Carrier::Members(members), Lowered::Struct(of), role) => {
                    main.say(&comment(&self.described(role)));
                    main.say(&format!("struct {} {name};", c_identifier(of)));
                    main.say(&format!("memset(&{name}, 0, sizeof {name});"));
                    let value = CValue::Members(members.clone());
                    let of = Type::Named(of.clone());
                    assign_members(&of, &name, &value, self.declarations, main);
                    main.say(&format!("show(\"passes the struct\", &{name}, sizeof {name});"));
                    name
                }
                (Carrier::Argument { .. } | Carrier::Members(_), ..)
                | (_, Lowered::Struct(_), _)
                | (_, Lowered::Wide(_), Role::Length { .. }) => {
                    unreachable!("a struct is given as its members, and nothing else as them")
                }
                (Carrier::Text(_), Lowered::Pointer { .. }, role) => match self.keeper(role) {
                    Some(kept) => kept_name(kept),
                    // Of an address, null alone is known before the call.
                    None => "NULL".to_owned(),
                },
                (Carrier::Text(text), Lowered::Scalar(_), Role::Length { .. }) => text.clone(),
                (Carrier::Text(text), Lowered::Scalar(scalar) | Lowered::Wide(scalar), role) => {
                    main.say(&comment(&self.described(role)));
                    let of = scalar.c_type();
                    main.say(&format!("{of} {name};"));
                    assign(*scalar, &name, text, main);
                    let scalar = scalar.name();
                    main.say(&format!("show(\"passes {scalar}\", &{name}, sizeof {name});"));
                    name
                }
            }
        });
        words.collect()
    }

    /// Memory, each block with what it is for, and the addresses between blocks.
    fn blocks(&self, lowered: &wire::Lowered, main: &mut Lines) {
        for (index, block) in lowered.blocks.iter().enumerate() {
            main.say(&comment(&self.purpose(index, lowered)));
            let Block { bytes, .. } = block;
            let declared =
                format!("static _Alignas(16) unsigned char block{index}[{}]", bytes.0.len());
            initialiser(&bytes.0, main, &declared);
        }
        for (index, block) in lowered.blocks.iter().enumerate() {
            for (offset, to) in &block.pointers {
                main.say(&format!("point(block{index}, {}, block{});", offset.index(), to.index()));
            }
        }
        for index in 0..lowered.blocks.len() {
            main.say(&format!("show(\"passes block{index}\", block{index}, sizeof block{index});"));
        }
    }

    fn purpose(&self, index: usize, lowered: &wire::Lowered) -> String {
        let crosses = |carrier: &Carrier| *carrier == Carrier::block(index);
        if let Some(at) = lowered.carriers.iter().position(crosses) {
            return self.described(self.lowering.parameters[at].role);
        }
        let leads = lowered.blocks.iter().enumerate().find_map(|(from, block)| {
            let found = block.pointers.iter().find(|(_, to)| to.index() == index);
            found.map(|(offset, _)| (from, offset.index()))
        });
        match leads {
            Some((from, offset)) => format!("what block{from} leads to at byte {offset}"),
            None => "nothing leads here".to_owned(),
        }
    }

    /// An argument as the signature and the case write it.
    fn described(&self, role: Role) -> String {
        let (Role::Value { argument } | Role::Length { argument } | Role::Field { argument, .. }) =
            role
        else {
            return "a result".to_owned();
        };
        let declared = &self.step.function.signature.arguments[argument];
        let mut given = self.step.arguments.get(argument..).unwrap_or_default();
        // A rest argument is all that is left (S-3).
        if !matches!(declared.kind, ArgumentKind::Rest(_)) {
            given = given.get(..1).unwrap_or_default();
        }
        let given = describe::given(given);
        format!("argument {argument}, {} {}: {given}", declared.binding, declared.form)
    }

    /// The name of the kept result that a parameter is given.
    fn keeper(&self, role: Role) -> Option<&str> {
        let Role::Value { argument } = role else { return None };
        match self.step.arguments.get(argument) {
            Some(Given::Kept(name)) => Some(name),
            _ => None,
        }
    }

    /// Declares the out-parameters, filled with what no result is; the words that pass them.
    pub(super) fn outs(&self, main: &mut Lines) -> Result<Vec<String>, Unlowered> {
        let outs = wire::outs(&self.lowering, self.declarations)?;
        let words = outs.into_iter().map(|(role, size)| match role {
            Role::OutAddress => unwritten("uintptr_t", "ptr", main),
            Role::OutLength => unwritten("size_t", "len", main),
            Role::ErrorLength => unwritten("size_t", "errlen", main),
            Role::ErrorName => {
                main.say(&format!("unsigned char err[{ERROR_BYTES}];"));
                main.say("memset(err, 0xaa, sizeof err);");
                "err".to_owned()
            }
            _ => {
                let size = size.max(1);
                main.say(&format!("_Alignas(16) unsigned char ret[{size}];"));
                main.say("memset(ret, 0xaa, sizeof ret);");
                "(void *)ret".to_owned()
            }
        });
        Ok(words.collect())
    }
}

fn unwritten(of: &str, name: &str, main: &mut Lines) -> String {
    main.say(&format!("{of} {name} = ({of})UINT64_C(0xaaaaaaaaaaaaaaaa);"));
    format!("&{name}")
}
