//! `conform explain`: what a signature lowers to, how a declared type lies in memory, what a clause says,
//! what a case does.

use std::fmt::Write;

use anyhow::bail;
use clap::Args;
use contract::abi::{Abi, Passed, Strength, Travel};
use contract::clause;
use contract::{
    ArgumentKind, Carrier, Declarations, Layout, Lowering, Named, NamedKind, Refusal, Release,
    Role, Signature,
};
use corpus::case::{Body, Case, Corpus, KeptStep, Made, SignatureExpect, Step};
use harness::proof;
use judge::arm::{ARMS, Gather};
use judge::{describe, plan};

use super::exit;
use super::output::say;

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A signature such as '[x :u64 :ret :u64]', a declaration such as '(deftypez P [x :f64])' or the name
    /// of one of the corpus, a clause such as R-2, or a case such as scalars::echo-i8-min
    what: String,
    /// Declarations in EDN that a signature needs beyond those of the corpus
    #[arg(long, value_name = "EDN", default_value = "")]
    types: String,
    /// The native symbol, for the prototype
    #[arg(long, default_value = "f", value_parser = symbol)]
    symbol: String,
}

/// A machine by its name, and its C ABI.
type Target = (&'static str, Abi);

fn symbol(word: &str) -> Result<String, String> {
    let begins = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(word.to_owned());
    }
    Err("a symbol is what C can name: letters, digits and `_`, no digit first".to_owned())
}

pub(super) fn run(
    explain: &Explain,
    target: Option<Target>,
    corpus: &Corpus,
) -> anyhow::Result<u8> {
    let what = explain.what.trim();
    let is_signature = what.starts_with('[') || corpus.functions.contains_key(what);
    if let Some((target, _)) = target.filter(|_| !is_signature) {
        bail!(
            "`{what}` has no places on {target}: `--target` says where the parameters of a signature (which begins with \
             `[`) or of a function of the corpus are passed"
        );
    }
    let text = if what.starts_with('[') {
        signature(explain, what, target, corpus)?
    } else if what.starts_with('(') {
        declared(explain, what, corpus)?
    } else if let Some(named) = corpus.declarations.get(what) {
        declaration(named, &corpus.declarations)
    } else if let Some(found) = clause::find(what) {
        clause_text(found, corpus)
    } else if let Some(case) = corpus.case(what) {
        case_text(case)
    } else if let Some(function) = corpus.functions.get(what) {
        let named = Explain { symbol: what.to_owned(), types: String::new(), what: String::new() };
        signature(&named, &function.text, target, corpus)?
    } else {
        bail!(
            "`{what}` is neither a signature (which begins with `[`), nor a declaration (with `(`), nor a \
             clause, a case (`suite::case`), a function or a type of the corpus; `conform list` names the \
             cases"
        );
    };
    // It is what was asked for, so it is not cut.
    say(report::whole(&text).trim_end());
    Ok(exit::FINE)
}

fn signature(
    explain: &Explain,
    text: &str,
    target: Option<Target>,
    corpus: &Corpus,
) -> anyhow::Result<String> {
    let mut declarations = corpus.declarations.clone();
    declarations.extend(&explain.types)?;
    let signature = Signature::read(text, &declarations)?;
    let lowering = Lowering::of(&signature, &declarations);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "signature    {signature}");
    let _ = writeln!(out, "normal form  {}", signature.normalised());
    for argument in &signature.arguments {
        if let ArgumentKind::Plain(kind) = &argument.kind {
            let _ = writeln!(out, "type         {} {}", argument.binding, kind.normalised());
        }
    }
    let _ = writeln!(out, "type         :ret {}", signature.returns.normalised());
    let _ = writeln!(out, "path         {}", lowering.path.name());
    for (number, line) in lowering.prototype(&explain.symbol, &signature).lines().enumerate() {
        let label = if number == 0 { "C prototype" } else { "" };
        let _ = writeln!(out, "{label:<12} {line}");
    }
    let _ = writeln!(out, "returned by  {}", returned_by(&lowering));
    let _ = writeln!(out, "freed by     {}", freed_by(&lowering, &explain.symbol));
    if let Some(target) = target {
        out.push_str(&placed(target, &lowering, &signature, &declarations));
    }
    Ok(out)
}

/// Where the wire parameters are on a target.
fn placed(
    (target, abi): Target,
    lowering: &Lowering,
    signature: &Signature,
    declarations: &Declarations,
) -> String {
    let mut out = format!("target       {target}\n");
    let names = lowering.names(signature);
    let widest = names.iter().map(String::len).max().unwrap_or(0);
    let travels = abi.travels(lowering, declarations);
    for ((name, parameter), travel) in names.iter().zip(&lowering.parameters).zip(travels) {
        let passed = Passed::of(match &travel {
            Some(Travel::Parts(parts)) => parts.first().map(|part| part.place),
            Some(Travel::Behind(_)) | None => None,
        });
        let place = travel.map_or_else(|| "not known".to_owned(), |travel| travel.to_string());
        let extended = match &parameter.carrier {
            Carrier::Scalar(scalar) if scalar.size() < 4 && !scalar.is_float() => {
                match abi.extension(passed, *scalar) {
                    Strength::Owed => ", extended to 32 bits: owed",
                    Strength::DeFacto => ", extended to 32 bits: de facto",
                    Strength::NotOwed => ", extended to 32 bits: not owed",
                }
            }
            _ => "",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "passed       {name:<widest$}  {place}{extended}");
    }
    if lowering.returns.is_some() {
        let travel = abi.returned(lowering, declarations);
        let back = match (&travel, abi.gives_back()) {
            (Some(Travel::Behind(_)), Some(register)) => format!(", and comes back in {register}"),
            _ => String::new(),
        };
        let travel = travel.map_or_else(|| "not known".to_owned(), |travel| travel.to_string());
        let _ = writeln!(out, "returned in  {travel}{back}");
    }
    out
}

/// The types that a text declares. It may name those of the corpus, or declare them anew.
fn declared(explain: &Explain, text: &str, corpus: &Corpus) -> anyhow::Result<String> {
    let read = |mut declarations: Declarations| {
        declarations.extend(&explain.types)?;
        let before = declarations.len();
        declarations.extend(text)?;
        Ok::<_, Refusal>((declarations, before))
    };
    let (declarations, before) = read(Declarations::new())
        .or_else(|refusal| read(corpus.declarations.clone()).map_err(|_| refusal))?;
    let types = declarations.iter().skip(before);
    let texts: Vec<String> = types.map(|named| declaration(named, &declarations)).collect();
    Ok(texts.join("\n"))
}

fn declaration(named: &Named, declarations: &Declarations) -> String {
    let name = &named.name;
    let mut out = String::new();
    // Writing to a string cannot fail.
    match &named.kind {
        NamedKind::Enum { backing, members } => {
            let _ = writeln!(out, "enum         {name}, {backing}, {} bytes", backing.size());
            for member in members {
                let _ = writeln!(out, "member       {} {}", member.name, member.value);
            }
            return out;
        }
        NamedKind::Struct { record: false, arrangement, .. } => {
            let layout =
                arrangement.name().map_or_else(String::new, |layout| format!(", {layout}"));
            let _ = write!(out, "struct       {name}{layout}");
        }
        NamedKind::Struct { record: true, .. } => drop(write!(out, "record       {name}")),
        NamedKind::Iterator { .. } => drop(write!(out, "iterator     {name}")),
    }
    if let Some(laid) = declarations.struct_layout(name) {
        let Layout { size, alignment } = laid.layout;
        let _ = writeln!(out, ", {size} bytes, alignment {alignment}");
        for (field, offset) in named.fields().unwrap_or_default().iter().zip(&laid.offsets) {
            let size = Layout::of(&field.of, declarations).map_or(0, |layout| layout.size);
            let _ = writeln!(out, "at {offset:<9} {} {}, {size} bytes", field.name, field.of);
        }
    }
    if let NamedKind::Iterator { next, deinit, .. } = &named.kind {
        let _ = writeln!(out, "next         {next}\ndeinit       {deinit}");
    }
    out
}

fn returned_by(lowering: &Lowering) -> String {
    let out = |role: &Role| match role {
        Role::OutAddress => Some("an out-parameter for the address"),
        Role::OutLength => Some("one for the length"),
        Role::ErrorName => Some("a buffer of 256 bytes for the error's name"),
        Role::ErrorLength => Some("its length, 0 on success"),
        Role::OutValue => Some("an out-parameter for the value"),
        Role::Value { .. } | Role::Length { .. } | Role::Count { .. } | Role::Field { .. } => None,
    };
    let register = lowering.returns.as_ref().map(|_| "the register");
    let outs = lowering.parameters.iter().filter_map(|parameter| out(&parameter.role));
    let all: Vec<_> = register.into_iter().chain(outs).collect();
    if all.is_empty() { "nothing: it is void".to_owned() } else { all.join(", ") }
}

fn freed_by(lowering: &Lowering, symbol: &str) -> String {
    match &lowering.release {
        None => "nobody: the return obliges no free".to_owned(),
        Some(Release::Buffer) => {
            format!("the binder, calling {symbol}__free once with the address and length")
        }
        Some(Release::Struct(name)) => {
            format!("the binder, calling {symbol}__free once with the {name} (on success)")
        }
        Some(Release::Optional(_)) => {
            format!("the binder, calling {symbol}__free once with the pointer, null included")
        }
        Some(Release::Stream(_)) => format!(
            "the binder, calling {symbol}__free once with the iterator; items come by {symbol}__next"
        ),
    }
}

fn clause_text(found: &clause::Clause, corpus: &Corpus) -> String {
    let trials = plan::all(corpus);
    let citing: Vec<_> = trials
        .iter()
        .filter(|trial| trial.clauses().contains(&found.id))
        .map(plan::Trial::name)
        .collect();
    let marks = [
        found.wire.then(|| "owed at wire level too".to_owned()),
        found.capability.as_ref().map(|name| format!("where `{name}` is declared")),
        found.reference_only.then(|| "observable on the reference binder only".to_owned()),
    ];
    let marks: Vec<_> = marks.into_iter().flatten().collect();
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join("; ")) };
    let mut out =
        format!("{}{marks}\n\n{}\n\n{} trials cite it", found.id, found.text, citing.len());
    for name in citing.iter().take(20) {
        let _ = write!(out, "\n  {name}");
    }
    if citing.len() > 20 {
        let _ = write!(out, "\n  … conform list --clauses --format json has them all");
    }
    for proof in proof::of(&found.id) {
        let _ = write!(out, "\nproved by the test {}: {}", proof.name(), proof.shows);
    }
    out
}

fn case_text(case: &Case) -> String {
    let mut out = format!("{}  ({})\n", case.name(), case.at);
    let _ = writeln!(out, "clauses    {}", case.clauses.join(" "));
    if let Some(note) = &case.note {
        let _ = writeln!(out, "why        {note}");
    }
    match &case.body {
        Body::Calls(steps) => steps.iter().for_each(|step| describe_step(step, &mut out)),
        Body::Kept(steps) => steps.iter().for_each(|step| describe_kept(step, &mut out)),
        Body::Binding(binding) => {
            let _ = writeln!(out, "binds      {} to {}", binding.symbol, binding.text);
            let _ = writeln!(out, "expected   not linked, naming {}", binding.lacks);
        }
        Body::Property(property) => {
            let _ = writeln!(out, "calls      {}", property.function.symbol);
            let _ = writeln!(out, "  of       {}", property.function.text);
            let _ = writeln!(out, "law        {}", property.law.name());
        }
        Body::Signature(signature) => {
            let _ = writeln!(out, "reads      {}", signature.text);
            let expected = match &signature.expect {
                SignatureExpect::Refused { code, form, offset } => {
                    format!("refused: {code}, at `{form}`, byte {offset}")
                }
                SignatureExpect::Accepted { normalised: Some(normalised) } => {
                    format!("accepted as {normalised}")
                }
                SignatureExpect::Accepted { normalised: None } => "accepted".to_owned(),
            };
            let _ = writeln!(out, "expected   {expected}");
        }
    }
    for arm in ARMS.iter().filter(|arm| arm.applies(case) && arm.about().gathers == Gather::Nothing)
    {
        let _ = writeln!(
            out,
            "repeat     conform check --filter {}::{}",
            arm.about().name,
            case.name()
        );
    }
    out
}

fn describe_kept(step: &KeptStep, out: &mut String) {
    let _ = match step {
        KeptStep::Make(Made { name, of, answers }) => {
            let answers: Vec<String> = answers.iter().map(describe::short).collect();
            let of = contract::Type::Kept(of.clone());
            writeln!(out, "makes      ${name}, {of}, which returns {}", answers.join(", "))
        }
        KeptStep::Call { step, heard } => {
            describe_step(step, out);
            heard.iter().try_for_each(|(name, arguments)| {
                let arguments: Vec<String> = arguments.iter().map(describe::short).collect();
                writeln!(out, "  heard    ${name} ({})", arguments.join(", "))
            })
        }
        KeptStep::Release { name, refuses: None } => writeln!(out, "releases   ${name}"),
        KeptStep::Release { name, refuses: Some(code) } => {
            writeln!(out, "releases   ${name}\n  expected refused: {code}")
        }
        KeptStep::Collect => writeln!(out, "collects"),
    };
}

fn describe_step(step: &Step, out: &mut String) {
    let kept = step.keep.as_ref().map(|name| format!(", kept as ${name}")).unwrap_or_default();
    let call = describe::call(&step.function.symbol, &step.arguments);
    let _ = writeln!(out, "calls      {call}{kept}");
    let _ = writeln!(out, "  of       {}", step.function.text);
    let _ = writeln!(out, "  expected {}", describe::due(step));
    for arrival in step.arrives.iter().flatten() {
        let _ = writeln!(out, "  arrives  {}", describe::arrival(arrival));
    }
    for (argument, array) in &step.changes {
        let _ = writeln!(out, "  changes  argument {argument} to {}", describe::short(array));
    }
}
