//! Laws that hold for every text: no input panics, a refusal points at what it names, rendering and
//! reading are inverse, and what is valid lowers.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::edn::{self, Position};
use crate::{
    ArgumentKind, Declarations, FunctionType, Lowering, Reach, Refusal, Scalar, Signature, Type,
};

const DECLARED: &str = "
    (defenumz Color {:backing :u8} [red 0 green 1])
    (deftypez Point [x :f64 y :f64])
    (defrecordz Named [name :string at Point])
    (deftypez Counter [next :u64] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})";

fn declared() -> Declarations {
    Declarations::read(DECLARED).expect("valid declarations")
}

/// Any well-formed type, whether or not it may stand anywhere.
fn any_type() -> impl Strategy<Value = Type> {
    let name = || "[a-zA-Zα*!_?][a-zA-Z0-9*+!_?<>=-]{3,6}(/x)?";
    let leaf = prop_oneof![
        select(&Scalar::ALL[..]).prop_map(Type::Scalar),
        select(vec![Type::Void, Type::NoReturn, Type::String, Type::Bytes]),
        select(vec!["Color", "Point", "Named", "Counter"])
            .prop_map(|name| Type::Named(name.to_owned())),
        name()
            .prop_filter("a symbol", |name| !matches!(name.as_str(), "true" | "false"))
            .prop_map(Type::Handle),
    ];
    leaf.prop_recursive(6, 6, 1, move |inner| {
        let of = || inner.clone().prop_map(Box::new);
        let reach = select(vec![Reach::One, Reach::Many]);
        prop_oneof![
            (reach, any::<bool>(), of()).prop_map(|(reach, constant, of)| Type::Pointer {
                reach,
                constant,
                of
            }),
            (any::<bool>(), of()).prop_map(|(constant, of)| Type::Slice { constant, of }),
            (any::<u64>(), of()).prop_map(|(length, of)| Type::Array { length, of }),
            of().prop_map(Type::Optional),
            (select(vec!["anyerror", "io/Error"]), of())
                .prop_map(|(error, of)| Type::ErrorUnion { error: error.to_owned(), of }),
            of().prop_map(Type::Owned),
            of().prop_map(Type::Borrowed),
            of().prop_map(Type::ByValue),
            of().prop_map(Type::InOut),
            option::of(1_u64..).prop_map(|most| Type::CString { most }),
            (any::<bool>(), of()).prop_map(|(constant, of)| Type::Counted {
                length: "n".to_owned(),
                constant,
                of
            }),
            of().prop_map(|of| Type::Stream { of, iterator: "Counter".to_owned() }),
            (vec(inner.clone(), 0..3), of()).prop_map(|(arguments, returns)| Type::Function(
                FunctionType { arguments, returns }
            )),
            (vec(inner.clone(), 0..3), of())
                .prop_map(|(arguments, returns)| Type::Kept(FunctionType { arguments, returns })),
        ]
    })
}

/// Forms of valid arguments, and what is written before them.
fn argument() -> impl Strategy<Value = &'static str> {
    select(vec![
        ":i8",
        ":u64",
        ":f16",
        ":i128",
        ":f80",
        ":bool",
        ":string",
        "Color",
        "Named",
        "[:ptr :u8]",
        "[:manyptr :const :f128]",
        "[:slice :i64]",
        "[:slice, :const Named]",
        "[:array 4 Color]",
        "[:optional [:manyptr :u8]]",
        "[:optional :f64]",
        "[:optional Point]",
        "[:handle Box]",
        "[:fn [:i8 :f64] :bool]",
        "[:fn [] :void]",
        "[:by-value Point]",
        "[:cstring]",
        "[:optional [:cstring]]",
        "[:in-out :u8]",
        "[:in-out Point]",
    ])
}

fn returned() -> impl Strategy<Value = &'static str> {
    select(vec![
        ":void",
        ":u8",
        ":f80",
        "Color",
        "Point",
        ":string",
        "[:bytes [:slice :u8]]",
        "[:owned [:slice Named]]",
        "[:borrowed Named]",
        "[:optional [:ptr :u8]]",
        "[:optional Named]",
        "[:error-union E ; why\n :i64]",
        "[:error-union E Named]",
        "[:handle Box]",
        "[:by-value, Point]",
        "[:cstring 7]",
        "[:optional [:cstring]]",
        "[:stream :bool of Counter]",
    ])
}

/// The text of a valid signature.
fn valid_signature() -> impl Strategy<Value = String> {
    let destructured = select(vec!["", "{p :x q :y r :x} {:x :f64 :y :u8 :z :string}", "{} {}"]);
    let rest = select(vec!["", "& more :f32", "&, more :bool"]);
    let plain = (vec(argument(), 0..10), destructured, rest, returned()).prop_map(
        |(arguments, destructured, rest, returned)| {
            let plain = arguments.iter().enumerate().map(|(n, form)| format!("a{n} {form}"));
            let arguments = plain.collect::<Vec<_>>().join(" ");
            format!("[{arguments} {destructured} {rest} :ret {returned}]")
        },
    );
    prop_oneof![3 => plain, 1 => variadic_signature()]
}

/// That of a variadic function.
fn variadic_signature() -> impl Strategy<Value = String> {
    let variable = select(vec![
        ":u32",
        ":f64, ",
        "[:ptr :u8]",
        "[:optional [:manyptr :f16]]",
        "[:handle Box]",
    ]);
    let returned = select(vec![":void", ":i8", ":f32"]);
    (vec(argument(), 1..4), vec(variable, 0..10), returned).prop_map(
        |(fixed, variable, returned)| {
            let mut pairs: Vec<String> = fixed
                .iter()
                .chain(&variable)
                .enumerate()
                .map(|(n, form)| format!("a{n} {form}"))
                .collect();
            pairs.insert(fixed.len(), "...".to_owned());
            format!("[{} :ret {returned}]", pairs.join(" "))
        },
    )
}

/// One edit of a text: a stretch of characters replaced.
#[derive(Clone, Debug)]
struct Edit {
    at: Index,
    removed: usize,
    added: &'static str,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let added = select(vec![
        "",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "\"",
        ":",
        "&",
        "#_",
        "#{",
        ";",
        "\n",
        "\\",
        "/",
        "é",
        " :ret ",
        " ... ",
        " x ",
        " 1 ",
        " nil ",
        " :noreturn ",
        " :void ",
        " Point ",
        "__",
        "\u{0}",
        "😀",
    ]);
    let edit = (any::<Index>(), 0..4_usize, added).prop_map(|(at, removed, added)| Edit {
        at,
        removed,
        added,
    });
    prop::collection::vec(edit, 1..4)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for edit in edits {
        let start = edit.at.index(characters.len() + 1);
        let end = (start + edit.removed).min(characters.len());
        characters.splice(start..end, edit.added.chars());
    }
    characters.into_iter().collect()
}

/// Asserts that a refusal's form stands where it says, and that line and column agree with the
/// offset.
fn points_at_its_form(text: &str, refusal: &Refusal) {
    let Position { offset, line, column } = refusal.position;
    assert!(text[offset..].starts_with(&refusal.form), "{refusal} in {text:?}");
    let before = &text[..offset];
    assert_eq!(line, 1 + before.matches('\n').count());
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    assert_eq!(column, 1 + before[line_start..].chars().count());
    assert!(!refusal.detail.is_empty());
}

/// Reads a text every way there is.
fn read_every_way(text: &str) {
    let declared = declared();
    match Signature::read(text, &declared) {
        Err(refusal) => points_at_its_form(text, &refusal),
        Ok(signature) => lowers(&signature, &declared),
    }
    let others = [Type::read(text, &declared).err(), Declarations::read(text).err()];
    for refusal in others.iter().flatten() {
        points_at_its_form(text, refusal);
    }
}

/// What holds of every valid signature's lowering.
fn lowers(signature: &Signature, declared: &Declarations) {
    let lowering = Lowering::of(signature, declared);
    let carriers = signature.arguments.iter().map(|argument| match &argument.kind {
        ArgumentKind::Plain(Type::Slice { .. } | Type::String) | ArgumentKind::Rest(_) => 2,
        ArgumentKind::Plain(_) => 1,
        ArgumentKind::Destructured(fields) => fields.len(),
    });
    assert!(lowering.parameters.len() >= carriers.sum());
    let prototype = lowering.prototype("f", signature);
    let named = lowering.fixed.map_or(lowering.parameters.len(), |fixed| fixed + 1);
    let parameters = prototype.lines().next().expect("a line").matches(", ").count() + 1;
    let within = signature.arguments.iter().map(|argument| match &argument.kind {
        ArgumentKind::Plain(Type::Function(of) | Type::Kept(of)) => {
            of.arguments.len().saturating_sub(1)
        }
        _ => 0,
    });
    let due = named.max(1) + within.sum::<usize>();
    assert_eq!(parameters, due, "{prototype}");
    assert_eq!(edn::read_all(&signature.normalised()).map(|forms| forms.len()), Ok(1));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 256 },
        ..ProptestConfig::default()
    })]

    #[test]
    fn rendering_a_type_and_reading_it_is_the_identity(of in any_type()) {
        prop_assert_eq!(Type::read(&of.to_string(), &declared()), Ok(of.clone()));
        prop_assert!(edn::read_one(&of.normalised()).is_ok());
    }

    #[test]
    fn rendering_a_signature_and_reading_it_is_the_identity(text in valid_signature()) {
        let declared = declared();
        let signature = Signature::read(&text, &declared)
            .map_err(|refusal| TestCaseError::fail(format!("{text}: {refusal}")))?;
        prop_assert_eq!(Signature::read(&signature.to_string(), &declared), Ok(signature.clone()));
        lowers(&signature, &declared);
    }

    #[test]
    fn arbitrary_text_is_read_or_refused(text in any::<String>()) {
        read_every_way(&text);
    }

    #[test]
    fn text_of_edn_characters_is_read_or_refused(
        text in "[ \n,;:&#_{}()\\[\\]\"\\\\/+.0-9a-fnuNrtx'é-]{0,40}",
    ) {
        read_every_way(&text);
    }

    #[test]
    fn mutated_signatures_are_read_or_refused(text in valid_signature(), edits in edits()) {
        read_every_way(&edited(&text, &edits));
    }

    #[test]
    fn mutated_declarations_are_read_or_refused(edits in edits()) {
        read_every_way(&edited(DECLARED, &edits));
    }

    #[test]
    fn nodes_stand_where_they_say(text in valid_signature()) {
        let node = edn::read_one(&text).expect("valid");
        for inner in node.vector().expect("a vector") {
            prop_assert!(text[inner.position.offset..].starts_with(inner.text));
        }
    }
}
