//! The shape of a signature (contract S-1 to S-3, W-1), first in S-4's precedence: where `:ret`, `&` and `...`
//! stand, that bindings and types pair up, and what a binding may be. Types are not looked into.

use std::collections::HashSet;

use crate::edn::Node;
use crate::refusal::{Refusal, RefusalCode};

/// The most bindings one destructured argument may have (S-2).
const MOST_BINDINGS: usize = 8;

/// A signature taken apart, its types unread.
pub(super) struct Shape<'n, 't> {
    pub(super) arguments: Vec<Pair<'n, 't>>,
    /// How many of them stand before `...`, where it is there (W-1).
    pub(super) fixed: Option<usize>,
    pub(super) returns: &'n Node<'t>,
}

/// A binding and the form paired with it.
pub(super) struct Pair<'n, 't> {
    pub(super) binding: &'n Node<'t>,
    pub(super) of: &'n Node<'t>,
    /// Whether `&` stands before it (S-3).
    pub(super) rest: bool,
}

impl<'n, 't> Shape<'n, 't> {
    pub(super) fn read(signature: &'n Node<'t>) -> Result<Self, Refusal> {
        let Some(forms) = signature.vector() else {
            let detail = "expected a vector: [x :i64 :ret :i64]";
            return Err(Refusal::new(RefusalCode::InvalidSignature, signature, detail));
        };
        let (forms, returns) = split_return(signature, forms)?;
        let arguments = pair(forms)?;
        if is_rest_marker(returns) {
            return Err(misplaced_rest(returns));
        }
        let fixed = fixed(forms)?;
        let mut seen = HashSet::new();
        for argument in &arguments {
            check_binding(argument, &mut seen)?;
        }
        Ok(Shape { arguments, fixed, returns })
    }
}

/// The forms before `:ret`, and the one after it.
fn split_return<'n, 't>(
    signature: &Node<'t>,
    forms: &'n [Node<'t>],
) -> Result<(&'n [Node<'t>], &'n Node<'t>), Refusal> {
    let mut markers = forms.iter().enumerate().filter(|(_, form)| form.keyword() == Some("ret"));
    let Some((at, marker)) = markers.next() else {
        let detail =
            "expected :ret and the return type at the end; add :ret :void to return nothing";
        return Err(Refusal::new(RefusalCode::MissingRet, signature, detail));
    };
    if let Some((_, extra)) = markers.next() {
        let detail = "a signature has one :ret; remove this one";
        return Err(Refusal::new(RefusalCode::ExtraRet, extra, detail));
    }
    match &forms[at + 1..] {
        [] => {
            let detail = "expected the return type after it; write :ret :void to return nothing";
            Err(Refusal::new(RefusalCode::EmptyRet, marker, detail))
        }
        [returns] => Ok((&forms[..at], returns)),
        [_, ..] => {
            let detail = "only the return type may follow; move :ret and its type to the end";
            Err(Refusal::new(RefusalCode::MisplacedRet, marker, detail))
        }
    }
}

/// Pairs bindings with their types.
fn pair<'n, 't>(forms: &'n [Node<'t>]) -> Result<Vec<Pair<'n, 't>>, Refusal> {
    let marker_place = forms.len().checked_sub(3);
    // `&` and `...` belong to no pair, so they are left out when looking for a form without a partner; the forms
    // before a well-placed `&` and after it have to pair up on their own.
    let (before, last) = match marker_place.map(|place| forms.split_at(place)) {
        Some((before, [marker, last @ ..])) if is_rest_marker(marker) => (before, last),
        _ => (forms, &[][..]),
    };
    let plain: Vec<_> =
        before.iter().filter(|form| !is_rest_marker(form) && !is_ellipsis(form)).collect();
    let (pairs, single) = plain.as_chunks::<2>();
    if let [binding] = single {
        let detail = "expected a binding and a type; this form has no partner";
        return Err(Refusal::new(RefusalCode::UnevenSignature, binding, detail));
    }
    if let Some(marker) = before.iter().chain(last).find(|form| is_rest_marker(form)) {
        return Err(misplaced_rest(marker));
    }
    let mut arguments: Vec<_> =
        pairs.iter().map(|[binding, of]| Pair { binding, of, rest: false }).collect();
    if let [binding, of] = last {
        arguments.push(Pair { binding, of, rest: true });
    }
    Ok(arguments)
}

/// How many pairs stand before `...`: one at least, and none is of a rest argument.
fn fixed(forms: &[Node<'_>]) -> Result<Option<usize>, Refusal> {
    let mut marks = forms.iter().enumerate().filter(|(_, form)| is_ellipsis(form));
    let Some((at, mark)) = marks.next() else { return Ok(None) };
    if let Some((_, again)) = marks.next() {
        return Err(misplaced_ellipsis(again));
    }
    if at == 0 || at % 2 == 1 || forms.iter().any(is_rest_marker) {
        return Err(misplaced_ellipsis(mark));
    }
    Ok(Some(at / 2))
}

fn is_ellipsis(form: &Node<'_>) -> bool {
    form.symbol() == Some("...")
}

fn misplaced_ellipsis(mark: &Node<'_>) -> Refusal {
    let detail = "... stands once, after a binding and its type, in a signature without &: \
                  [n :i64 ... x :f64 :ret :i64]";
    Refusal::new(RefusalCode::MisplacedEllipsis, mark, detail)
}

fn is_rest_marker(form: &Node<'_>) -> bool {
    form.symbol() == Some("&")
}

fn misplaced_rest(marker: &Node<'_>) -> Refusal {
    let detail = "& stands only before the last binding and its type: [& rest :i64 :ret :void]";
    Refusal::new(RefusalCode::MisplacedRest, marker, detail)
}

fn check_binding<'t>(argument: &Pair<'_, 't>, seen: &mut HashSet<&'t str>) -> Result<(), Refusal> {
    let binding = argument.binding;
    let invalid = |node, detail| Err(Refusal::new(RefusalCode::InvalidBinding, node, detail));
    if let Some(name) = binding.symbol() {
        return check_name(binding, name, seen);
    }
    let Some(entries) = binding.map() else {
        return invalid(binding, "expected a symbol, or a map of symbols to keys: {a :x b :y}");
    };
    if argument.rest {
        return invalid(binding, "a rest argument is bound to one symbol");
    }
    for (index, (local, key)) in entries.iter().enumerate() {
        let Some(name) = local.symbol() else {
            return invalid(local, "expected a symbol: a destructuring map is {symbol :key}");
        };
        if key.keyword().is_none() {
            return invalid(key, "expected a keyword: a destructuring map is {symbol :key}");
        }
        if index == MOST_BINDINGS {
            return invalid(local, "at most eight bindings are destructured from one argument");
        }
        check_name(local, name, seen)?;
    }
    Ok(())
}

fn check_name<'t>(
    node: &Node<'t>,
    name: &'t str,
    seen: &mut HashSet<&'t str>,
) -> Result<(), Refusal> {
    if is_rest_marker(node) {
        return Err(misplaced_rest(node));
    }
    if is_ellipsis(node) {
        return Err(misplaced_ellipsis(node));
    }
    if name.starts_with("__") {
        let detail = "names that begin with __ are kept for generated code; rename it";
        return Err(Refusal::new(RefusalCode::ReservedBinding, node, detail));
    }
    if !seen.insert(name) {
        let detail = "this binding is used above; rename one";
        return Err(Refusal::new(RefusalCode::DuplicateBinding, node, detail));
    }
    Ok(())
}
