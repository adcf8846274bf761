//! EDN: forms, types, declarations and signatures.

use std::sync::LazyLock;

use contract::edn::{self, Node, Value};
use contract::{Declarations, Lowering, Named, NamedKind, Position, Refusal, Signature, Type};

/// What a signature or type may name.
const TYPES: &str = "
    (defenumz Color {:backing :u8} [red 0 green 1])
    (deftypez Point [x :f64 y :f64])
    (defrecordz Named [name :string at Point])
    (deftypez Counter [next :u64] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})";

/// Reads a text in every way there is. Where it has a line `---`, what is before that are declarations, and
/// what follows is read with them.
pub fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    forms(text);
    static DECLARED: LazyLock<Declarations> =
        LazyLock::new(|| Declarations::read(TYPES).expect("they are valid"));
    let read;
    let (declared, text) = match text.split_once("\n---\n") {
        None => (&*DECLARED, text),
        Some((declarations, text)) => {
            let Some(declared) = declare(declarations) else { return };
            read = declared;
            (&read, text)
        }
    };
    declare(text);
    if let Some(of) = accepted(text, Type::read(text, declared)) {
        assert_eq!(Type::read(&of.to_string(), declared).as_ref(), Ok(&of), "{of}");
        assert_eq!(edn::read_all(&of.normalised()).map(|forms| forms.len()), Ok(1), "{of}");
    }
    if let Some(signature) = accepted(text, Signature::read(text, declared)) {
        let written = signature.to_string();
        assert_eq!(Signature::read(&written, declared).as_ref(), Ok(&signature), "{written}");
        let normal = signature.normalised();
        assert_eq!(edn::read_all(&normal).map(|forms| forms.len()), Ok(1), "{normal}");
        let lowering = Lowering::of(&signature, declared);
        assert!(lowering.parameters.len() >= signature.arguments.len() || has_empty(&signature));
        let prototype = lowering.prototype("f", &signature);
        assert!(!prototype.is_empty());
    }
}

/// An argument that destructures nothing crosses as nothing.
fn has_empty(signature: &Signature) -> bool {
    let empty = |kind: &contract::ArgumentKind| matches!(kind, contract::ArgumentKind::Destructured(keys) if keys.is_empty());
    signature.arguments.iter().any(|argument| empty(&argument.kind))
}

/// What was accepted; of what was refused, that the refusal stands where it says.
fn accepted<T>(text: &str, read: Result<T, Refusal>) -> Option<T> {
    read.map_err(|refusal| {
        stands(text, refusal.position, &refusal.form);
        assert!(!refusal.detail.is_empty());
        refusal.to_string()
    })
    .ok()
}

fn stands(text: &str, position: Position, form: &str) {
    let Position { offset, line, column } = position;
    assert!(text[offset..].starts_with(form), "{form:?} is not at {offset}");
    let before = &text[..offset];
    assert_eq!(line, 1 + before.matches('\n').count());
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    assert_eq!(column, 1 + before[line_start..].chars().count());
}

fn forms(text: &str) {
    let nodes = match edn::read_all(text) {
        Ok(nodes) => nodes,
        Err(error) => return stands(text, error.position, &error.text),
    };
    let mut left: Vec<&Node<'_>> = nodes.iter().collect();
    while let Some(node) = left.pop() {
        stands_whole(text, node);
        match &node.value {
            Value::Vector(nodes) | Value::List(nodes) | Value::Set(nodes) => left.extend(nodes),
            Value::Map(entries) => {
                left.extend(entries.iter().flat_map(|(key, value)| [key, value]));
            }
            _ => {}
        }
    }
    // Each form, read alone, is what it was among the others.
    for node in &nodes {
        assert_eq!(edn::read_one(node.text).as_ref(), Ok(node), "{}", node.text);
    }
}

fn stands_whole(text: &str, node: &Node<'_>) {
    assert!(text[node.position.offset..].starts_with(node.text), "{}", node.text);
    assert!(!node.text.is_empty());
}

/// Declarations, written and read again where they are accepted.
fn declare(text: &str) -> Option<Declarations> {
    let declared = accepted(text, Declarations::read(text))?;
    let written: String = declared.iter().map(written).collect();
    let again = Declarations::read(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert!(again.iter().eq(declared.iter()), "{written}");
    for named in declared.iter() {
        let (one, other) = (declared.struct_layout(&named.name), again.struct_layout(&named.name));
        assert_eq!(one, other);
    }
    Some(declared)
}

fn written(named: &Named) -> String {
    let fields = |fields: &[contract::Field]| {
        let fields = fields.iter().map(|field| format!("{} {}", field.name, field.of));
        fields.collect::<Vec<_>>().join(" ")
    };
    let name = &named.name;
    match &named.kind {
        NamedKind::Enum { backing, members } => {
            let members = members.iter().map(|member| format!("{} {}", member.name, member.value));
            let members = members.collect::<Vec<_>>().join(" ");
            format!("(defenumz {name} {{:backing {backing}}} [{members}])\n")
        }
        NamedKind::Struct { record, arrangement, fields: of } => {
            let head = if *record { "defrecordz" } else { "deftypez" };
            let layout = arrangement.name();
            let layout = layout.map_or_else(String::new, |name| format!(" {{:layout :{name}}}"));
            format!("({head} {name} [{}]{layout})\n", fields(of))
        }
        NamedKind::Iterator { fields: of, next, deinit } => {
            let quoted = |text: &str| {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"");
                format!("\"{text}\"")
            };
            let (of, next, deinit) = (fields(of), quoted(next), quoted(deinit));
            format!(
                "(deftypez {name} [{of}] {{:clj-zig/iter {{:next {next} :deinit {deinit}}}}})\n"
            )
        }
    }
}
