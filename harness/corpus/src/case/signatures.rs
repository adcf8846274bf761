//! Cases that only read a signature: refused with a code at a form, or accepted with its normalised
//! form (contract S-4, T-9).

use contract::RefusalCode;

use super::error::{Fault, Problem, closest};
use super::fields::{Fields, edn, list, text, unexpected, word};
use super::yaml::{Content, Node};
use super::{SignatureCase, SignatureExpect};

/// Reads the signature, the declarations before it, and what must come of reading them.
pub(super) fn signature_case(fields: Fields<'_>) -> Result<SignatureCase, Fault> {
    let signature = edn(fields.require("signature")?, "`signature`")?.to_owned();
    let declarations = match fields.get("types") {
        Some(node) => types(node)?,
        None => String::new(),
    };
    let texts = Texts { signature: &signature, declarations: &declarations };
    let normal = fields.get("normal").map(normal).transpose()?.unwrap_or_default();
    let expect = match fields.one_of(&["refuses", "accepts"])? {
        Some(("refuses", node)) => {
            fields.exclude("refuses", &["normal"])?;
            refused(node, fields.require("at")?, texts)?
        }
        Some((_, node)) => {
            fields.exclude("accepts", &["at"])?;
            SignatureExpect::Accepted { normalised: normalised(node)? }
        }
        None => refused(fields.require("refuses")?, fields.require("at")?, texts)?,
    };
    Ok(SignatureCase { text: signature, declarations, expect, normal })
}

fn types(node: &Node) -> Result<String, Fault> {
    let texts: Result<Vec<&str>, Fault> =
        list(node, "`types`")?.iter().map(|item| edn(item, "a declaration")).collect();
    Ok(texts?.join("\n"))
}

fn normal(node: &Node) -> Result<Vec<String>, Fault> {
    let read = |item| edn(item, "a normal form").map(str::to_owned);
    list(node, "`normal`")?.iter().map(read).collect()
}

fn normalised(node: &Node) -> Result<Option<String>, Fault> {
    match &node.content {
        Content::Scalar { text, quoted: false } if text == "true" => Ok(None),
        Content::Scalar { text, quoted: true } => Ok(Some(text.clone())),
        _ => unexpected(node, "`accepts`", "true, or the normalised form as EDN in quotes"),
    }
}

/// The texts a refused form can stand in.
#[derive(Clone, Copy)]
struct Texts<'a> {
    signature: &'a str,
    declarations: &'a str,
}

fn refused(refuses: &Node, at: &Node, texts: Texts<'_>) -> Result<SignatureExpect, Fault> {
    let code = code(refuses)?;
    let (form, offset) = match &at.content {
        Content::Map(_) => located(at, texts)?,
        _ => found(at, texts)?,
    };
    Ok(SignatureExpect::Refused { code, form, offset })
}

fn code(node: &Node) -> Result<RefusalCode, Fault> {
    let found = word(node, "a code")?;
    found.parse().map_err(|_| {
        let names = RefusalCode::ALL.iter().map(|code| code.as_str());
        let problem = Problem::UnknownCode {
            what: "refused signature",
            found: found.to_owned(),
            expected: "one of the table under S-4".to_owned(),
            closest: closest(found, names).map(str::to_owned),
        };
        Fault::new(node.mark, problem)
    })
}

/// A form that stands once in all the texts.
fn found(at: &Node, texts: Texts<'_>) -> Result<(String, usize), Fault> {
    let form = text(at, "`at`")?;
    let places =
        |text: &str| -> Vec<usize> { text.match_indices(form).map(|(offset, _)| offset).collect() };
    let mut found = places(texts.signature);
    found.extend(places(texts.declarations));
    match found.as_slice() {
        [offset] => Ok((form.to_owned(), *offset)),
        [] => Err(Fault::new(at.mark, absent(form, texts))),
        several => {
            let times = several.len();
            let problem =
                Problem::FormRepeated { form: form.to_owned(), times, text: texts.describe() };
            Err(Fault::new(at.mark, problem))
        }
    }
}

/// A form at an offset of the signature, or of the declarations where `in: types` says so.
fn located(at: &Node, texts: Texts<'_>) -> Result<(String, usize), Fault> {
    let fields = Fields::of(at, "`at`", &["form", "offset", "in"])?;
    let form = fields.require("form")?.text().unwrap_or_default();
    let offset_node = fields.require("offset")?;
    let offset = offset_node.plain().and_then(|text| text.parse::<usize>().ok());
    let Some(offset) = offset else {
        return unexpected(offset_node, "`offset`", "a number of bytes");
    };
    let text = match fields.get("in") {
        None => texts.signature,
        Some(node) => match word(node, "`in`")? {
            "types" => texts.declarations,
            _ => return unexpected(node, "`in`", "types, or no `in` for the signature"),
        },
    };
    if text.get(offset..).is_some_and(|rest| rest.starts_with(form)) {
        return Ok((form.to_owned(), offset));
    }
    let (form, text) = (form.to_owned(), format!("{text:?}"));
    Err(Fault::new(at.mark, Problem::FormElsewhere { form, offset, text }))
}

fn absent(form: &str, texts: Texts<'_>) -> Problem {
    Problem::FormAbsent { form: form.to_owned(), text: texts.describe() }
}

impl Texts<'_> {
    fn describe(self) -> String {
        match self.declarations {
            "" => format!("{:?}", self.signature),
            types => format!("{:?} or its types {types:?}", self.signature),
        }
    }
}
