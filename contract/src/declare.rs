//! Reading declarations (contract T-8), each form in the precedence of S-4: its shape, then types from
//! left to right, then names, then what fields and members may be.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::declarations::Declarations;
use crate::edn::{self, Node, Value};
use crate::forms::TypeForm;
use crate::layout;
use crate::refusal::{Refusal, RefusalCode};
use crate::rules;
use crate::scalar::Scalar;
use crate::types::{Arrangement, Field, Member, Named, NamedKind, Type};

impl Declarations {
    /// Reads a text of any number of `(defenumz …)`, `(deftypez …)` and `(defrecordz …)` forms (T-8).
    ///
    /// # Errors
    ///
    /// The first form that is malformed or unsupported (S-4).
    ///
    /// ```
    /// use contract::Declarations;
    ///
    /// let declarations = Declarations::read(
    ///     "(defenumz Color {:backing :u8} [red 0 green 1]) (deftypez Dot [at :u16 color Color])",
    /// )?;
    /// let layout = declarations.struct_layout("Dot").expect("a struct");
    /// assert_eq!(layout.offsets, [0, 2]);
    /// # Ok::<(), contract::Refusal>(())
    /// ```
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let mut declarations = Self::new();
        declarations.extend(text)?;
        Ok(declarations)
    }

    /// Adds the declarations of another text, which may use those already here. A refused text adds
    /// nothing.
    ///
    /// # Errors
    ///
    /// As [`Declarations::read`].
    pub fn extend(&mut self, text: &str) -> Result<(), Refusal> {
        let forms = edn::read_all(text)?;
        let before = self.len();
        let declared = forms.iter().try_for_each(|form| declare(form, self));
        if declared.is_err() {
            self.truncate(before);
        }
        declared
    }
}

/// Reads one form and adds what it declares.
fn declare(form: &Node<'_>, declarations: &mut Declarations) -> Result<(), Refusal> {
    let Value::List(parts) = &form.value else { return Err(not_a_declaration(form)) };
    let Some((head, parts)) = parts.split_first() else { return Err(not_a_declaration(form)) };
    match head.symbol() {
        Some("defenumz") => {
            let named = enumeration(form, parts, declarations)?;
            // An enum has no fields, and only a field can keep a type from being added.
            let added = declarations.add(named);
            debug_assert_eq!(added, Ok(()));
            Ok(())
        }
        Some("deftypez") => structure(form, parts, false, declarations),
        Some("defrecordz") => structure(form, parts, true, declarations),
        _ => Err(not_a_declaration(form)),
    }
}

fn not_a_declaration(form: &Node<'_>) -> Refusal {
    let detail = "expected a declaration: (defenumz Name [a 0]), (deftypez Name [x :f64]) or \
                  (defrecordz Name [x :f64])";
    Refusal::new(RefusalCode::InvalidSignature, form, detail)
}

/// Reads the name at the head of `parts`, which must be free; the rest of the parts follows it.
fn new_name<'n, 't>(
    form: &Node<'t>,
    parts: &'n [Node<'t>],
    declarations: &Declarations,
    malformed: RefusalCode,
    taken: RefusalCode,
) -> Result<(&'t str, &'n [Node<'t>]), Refusal> {
    let expected = "expected a symbol after the head: the name to declare";
    let Some((name, rest)) = parts.split_first() else {
        return Err(Refusal::new(malformed, form, expected));
    };
    let Some(symbol) = name.symbol() else {
        return Err(Refusal::new(malformed, name, expected));
    };
    if declarations.get(symbol).is_some() {
        return Err(Refusal::new(taken, name, "this name is declared above; choose another"));
    }
    Ok((symbol, rest))
}

/// The pairs of a field or member vector.
fn pairs<'n, 't>(
    form: &Node<'t>,
    list: Option<&'n Node<'t>>,
    malformed: RefusalCode,
    expected: &str,
) -> Result<Vec<(&'n Node<'t>, &'n Node<'t>)>, Refusal> {
    let list = list.ok_or_else(|| Refusal::new(malformed, form, expected))?;
    let Some(elements) = list.vector() else {
        return Err(Refusal::new(malformed, list, expected));
    };
    let (pairs, rest) = elements.as_chunks::<2>();
    match rest.first() {
        Some(single) => Err(Refusal::new(malformed, single, expected)),
        None => Ok(pairs.iter().map(|[name, of]| (name, of)).collect()),
    }
}

fn structure(
    form: &Node<'_>,
    parts: &[Node<'_>],
    record: bool,
    declarations: &mut Declarations,
) -> Result<(), Refusal> {
    let malformed = RefusalCode::MalformedFields;
    let (name, parts) =
        new_name(form, parts, declarations, malformed, RefusalCode::DuplicateField)?;
    let pairs = pairs(
        form,
        parts.first(),
        malformed,
        "expected a vector of field names and types, a type for every name: [x :f64 y :f64]",
    )?;
    let mut arrangement = Arrangement::InOrder;
    let iterator = match parts.get(1..) {
        None | Some([]) => None,
        Some([options]) if !record => match layout_option(options)? {
            Some(named) => {
                arrangement = named;
                None
            }
            None => Some(iterator_options(options)?),
        },
        Some([extra, ..]) => {
            let detail = "expected nothing here; remove it";
            return Err(Refusal::new(malformed, extra, detail));
        }
    };
    let fields = fields(&pairs, declarations)?;
    suits(arrangement, form, &pairs, &fields, declarations)?;
    let kind = match iterator {
        None => NamedKind::Struct { record, arrangement, fields },
        Some((next, deinit)) => NamedKind::Iterator { fields, next, deinit },
    };
    declarations.add(Named { name: name.to_owned(), kind }).map_err(|field| {
        let detail = "the struct is too large for any memory with this field; shrink it";
        Refusal::new(RefusalCode::UnsupportedField, pairs[field].1, detail)
    })
}

fn fields(
    pairs: &[(&Node<'_>, &Node<'_>)],
    declarations: &Declarations,
) -> Result<Vec<Field>, Refusal> {
    let mut names = HashSet::new();
    for (name, _) in pairs {
        let Some(symbol) = name.symbol() else {
            let detail = "expected a symbol: the field's name";
            return Err(Refusal::new(RefusalCode::BadFieldName, name, detail));
        };
        if !names.insert(symbol) {
            let detail = "this field is declared above; choose another name";
            return Err(Refusal::new(RefusalCode::DuplicateField, name, detail));
        }
    }
    let forms = pairs.iter().map(|(_, of)| TypeForm::read(of)).collect::<Result<Vec<_>, _>>()?;
    for form in &forms {
        form.resolve(declarations, RefusalCode::UnknownField)?;
    }
    for form in &forms {
        rules::field(form, declarations)?;
    }
    let fields = pairs.iter().zip(&forms);
    Ok(fields
        .map(|((name, _), of)| Field { name: name.text.to_owned(), of: of.to_type() })
        .collect())
}

/// The arrangement of `{:layout :union}` (G-4 to G-6); `None` of other options.
fn layout_option(options: &Node<'_>) -> Result<Option<Arrangement>, Refusal> {
    let Some([(key, layout)]) = options.map() else { return Ok(None) };
    if key.keyword() != Some("layout") {
        return Ok(None);
    }
    let named = layout
        .keyword()
        .and_then(|name| Arrangement::NAMED.into_iter().find(|one| one.name() == Some(name)));
    named.map(Some).ok_or_else(|| {
        let detail =
            "a layout is :union, :packed or :complex; without one fields lie as C has them";
        Refusal::new(RefusalCode::MalformedFields, layout, detail)
    })
}

/// Refuses fields that do not suit an arrangement: what does not cross by value, of a union a bool, which not every
/// byte is, and of a complex number all but two floats of one kind.
fn suits(
    arrangement: Arrangement,
    form: &Node<'_>,
    pairs: &[(&Node<'_>, &Node<'_>)],
    fields: &[Field],
    declarations: &Declarations,
) -> Result<(), Refusal> {
    if arrangement == Arrangement::InOrder {
        return Ok(());
    }
    let unsuited = |field: &Field| match arrangement {
        Arrangement::InOrder => false,
        Arrangement::Packed => !layout::crosses(&field.of, declarations),
        Arrangement::Union => {
            !layout::crosses(&field.of, declarations) || holds_bool(&field.of, declarations)
        }
        Arrangement::Complex => {
            !matches!(field.of, Type::Scalar(Scalar::F32 | Scalar::F64)) || field.of != fields[0].of
        }
    };
    let of_two = arrangement == Arrangement::Complex && fields.len() != 2;
    if fields.is_empty() || of_two {
        let detail = "a union or packed struct has one field at least, a complex number two";
        return Err(Refusal::new(RefusalCode::MalformedFields, form, detail));
    }
    match fields.iter().position(unsuited) {
        None => Ok(()),
        Some(at) => {
            let detail = "with a layout a field is a scalar but :f16 and :f128, an enum, or an array or struct of \
                          these, of a union none is or has a :bool; of a complex number both are :f32 or both :f64";
            Err(Refusal::new(RefusalCode::UnsupportedField, pairs[at].1, detail))
        }
    }
}

fn holds_bool(of: &Type, declarations: &Declarations) -> bool {
    match of {
        Type::Scalar(scalar) => *scalar == Scalar::Bool,
        Type::Array { of, .. } => holds_bool(of, declarations),
        Type::Named(name) => {
            let fields = declarations.fields(name).unwrap_or_default();
            fields.iter().any(|field| holds_bool(&field.of, declarations))
        }
        _ => false,
    }
}

/// The native functions of `{:clj-zig/iter {:next "f" :deinit "g"}}`.
fn iterator_options(options: &Node<'_>) -> Result<(String, String), Refusal> {
    let functions = match options.map() {
        Some([(key, functions)]) if key.keyword() == Some("clj-zig/iter") => functions.map(),
        _ => None,
    };
    let text = |wanted: &str| {
        let entries = functions.filter(|entries| entries.len() == 2)?;
        let (_, value) = entries.iter().find(|(key, _)| key.keyword() == Some(wanted))?;
        match &value.value {
            Value::String(function) if !function.is_empty() => Some(function.clone()),
            _ => None,
        }
    };
    text("next").zip(text("deinit")).ok_or_else(|| {
        let detail = "expected the functions of an iterator type: \
                      {:clj-zig/iter {:next \"f\" :deinit \"g\"}}";
        Refusal::new(RefusalCode::MalformedFields, options, detail)
    })
}

fn enumeration(
    form: &Node<'_>,
    parts: &[Node<'_>],
    declarations: &Declarations,
) -> Result<Named, Refusal> {
    let malformed = RefusalCode::MalformedMembers;
    let (name, parts) =
        new_name(form, parts, declarations, malformed, RefusalCode::DuplicateMember)?;
    // The options stand after the members; before them is how they were written once.
    let (before, parts) = match parts.split_first() {
        Some((options, rest)) if options.map().is_some() => (Some(options), rest),
        _ => (None, parts),
    };
    let pairs = pairs(
        form,
        parts.first(),
        malformed,
        "expected a vector of member names and values, a value for every name: [a 0 b 1]",
    )?;
    let (options, extra) = match parts.get(1..) {
        Some([options, rest @ ..]) if before.is_none() && options.map().is_some() => {
            (Some(options), rest.first())
        }
        rest => (before, rest.and_then(<[_]>::first)),
    };
    if let Some(extra) = extra {
        return Err(Refusal::new(malformed, extra, "expected nothing here; remove it"));
    }
    for (member, _) in &pairs {
        if member.symbol().is_none() {
            return Err(Refusal::new(malformed, member, "expected a symbol: the member's name"));
        }
    }
    let backing = options.map_or(Ok(Scalar::I32), backing)?;
    let members = members(&pairs, backing)?;
    Ok(Named { name: name.to_owned(), kind: NamedKind::Enum { backing, members } })
}

fn backing(options: &Node<'_>) -> Result<Scalar, Refusal> {
    let mut backing = Scalar::I32;
    for (key, value) in options.map().unwrap_or_default() {
        if key.keyword() != Some("backing") {
            let detail = "the only option of an enum is :backing; remove this";
            return Err(Refusal::new(RefusalCode::MalformedMembers, key, detail));
        }
        backing = value
            .keyword()
            .and_then(Scalar::from_name)
            .filter(|scalar| scalar.is_integer() && scalar.is_carrier())
            .ok_or_else(|| {
                let detail = "expected an integer of T-1 of at most 64 bits";
                Refusal::new(RefusalCode::BadEnumBacking, value, detail)
            })?;
    }
    Ok(backing)
}

fn members(pairs: &[(&Node<'_>, &Node<'_>)], backing: Scalar) -> Result<Vec<Member>, Refusal> {
    let range = range(backing);
    let mut names = HashSet::new();
    let mut values = HashSet::new();
    let mut members = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let twice = |node, what| {
            let detail = format!("a member above has this {what}; choose another");
            Err(Refusal::new(RefusalCode::DuplicateMember, node, detail))
        };
        if !names.insert(name.text) {
            return twice(name, "name");
        }
        let Value::Integer(integer) = &value.value else {
            let detail = "expected an integer: the member's value";
            return Err(Refusal::new(RefusalCode::NonIntegerMember, value, detail));
        };
        let fitting = i128::try_from(integer).ok().filter(|integer| range.contains(integer));
        let Some(integer) = fitting else {
            let (low, high) = range.clone().into_inner();
            let detail = format!("outside the backing {backing}, which holds {low} to {high}");
            return Err(Refusal::new(RefusalCode::EnumValueOverflow, value, detail));
        };
        if !values.insert(integer) {
            return twice(value, "value");
        }
        members.push(Member { name: name.text.to_owned(), value: integer });
    }
    Ok(members)
}

/// The values an integer of at most 64 bits holds.
fn range(backing: Scalar) -> RangeInclusive<i128> {
    let bits = 8 * backing.size();
    if backing.is_signed() {
        -(1 << (bits - 1))..=(1 << (bits - 1)) - 1
    } else {
        0..=(1 << bits) - 1
    }
}
