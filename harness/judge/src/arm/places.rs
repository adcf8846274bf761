//! Places of refused calls: which argument a refusal says is at fault, of who declares that it says so (C-13).
//!
//! What is at fault follows from the types: an argument that its parameter does not take. Where several are,
//! any of them may be named, because the contract has no order among arguments.

use contract::{ArgumentKind, CallCode, Declarations, Type};
use corpus::case::{Expect, Given, Step, fits};
use subject::{CallReply, Outcome};

use crate::describe;
use crate::verdict::Judgement;

/// Judges the place of a refusal whose code is right.
pub(super) fn judge(
    step: &Step,
    reply: &CallReply,
    declarations: &Declarations,
    judgement: &mut Judgement,
) {
    // D-5: without a code nothing else is known either.
    let (true, Outcome::Refused(Some(_))) = (judgement.places, &reply.outcome) else { return };
    let due = due(step, declarations);
    if due.is_empty() {
        return;
    }
    let call = describe::call(&step.function.symbol, &step.arguments);
    let holds = reply.argument.is_some_and(|argument| due.contains(&argument));
    let describe = || {
        let due: Vec<String> = due.iter().map(usize::to_string).collect();
        let observed = reply.argument.map_or("none".to_owned(), |argument| argument.to_string());
        (due.join(" or "), observed)
    };
    let what = format_args!("index of the argument that {call} is refused for");
    judgement.check("C-13", what, holds, describe);
}

/// The indices of which a refusal may name any; none of a call that no argument is at fault of. A rest value
/// may be named as the first of them, too: to a binder all of them may be one argument (S-3).
fn due(step: &Step, declarations: &Declarations) -> Vec<usize> {
    let Expect::Refuses(code) = &step.expect else { return Vec::new() };
    if *code == CallCode::Arity.as_str() {
        return Vec::new();
    }
    let parameters = &step.function.signature.arguments;
    let rest = parameters.iter().position(|one| matches!(one.kind, ArgumentKind::Rest(_)));
    let fits = |index: usize, given: &Given| {
        let parameter = parameters.get(index).or(parameters.last());
        match (given, parameter) {
            (Given::Value(value), Some(parameter)) => {
                fits::argument(value, &parameter.kind, declarations).is_ok()
            }
            _ => true,
        }
    };
    let given = || step.arguments.iter().enumerate();
    let is_closed = *code == CallCode::HandleClosed.as_str();
    let mut due: Vec<usize> = match is_closed {
        true => Vec::new(),
        false => given().filter(|(at, one)| !fits(*at, one)).map(|(at, _)| at).collect(),
    };
    // Arrays that one number does not count are each what its parameter takes (Z-3).
    if due.is_empty() {
        let counted = |index: &usize| {
            let parameter = parameters.get(*index).map(|one| &one.kind);
            matches!(parameter, Some(ArgumentKind::Plain(Type::Counted { .. })))
        };
        due = given().map(|(at, _)| at).filter(counted).collect();
    }
    // What is wrong with none of the values is so with a handle that an earlier step kept.
    if due.is_empty() {
        due = given().filter(|(_, one)| matches!(one, Given::Kept(_))).map(|(at, _)| at).collect();
    }
    if let Some(first) = rest.filter(|first| due.iter().any(|at| at > first)) {
        due.push(first);
        due.sort_unstable();
        due.dedup();
    }
    due
}

#[cfg(test)]
mod tests {
    use contract::HostValue;

    use super::super::shipped;
    use super::*;

    fn steps() -> (Vec<(String, Step)>, Declarations) {
        let corpus = shipped();
        let cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
        let refused = cases.flat_map(|case| {
            let steps = case.steps().iter().filter(|step| step.is_refused());
            steps.map(|step| (case.name(), step.clone()))
        });
        (refused.collect(), corpus.declarations.clone())
    }

    #[test]
    fn of_every_refusal_but_of_arity_it_is_known_what_is_at_fault() {
        let (steps, declarations) = steps();
        let none = |step: &Step| step.expect == Expect::Refuses("arity".into());
        for (name, step) in &steps {
            assert_eq!(due(step, &declarations).is_empty(), none(step), "{name}");
        }
        assert!(steps.len() > 100);
    }

    #[test]
    fn any_of_several_arguments_at_fault_may_be_named_and_no_other() {
        let (steps, declarations) = steps();
        let mix = steps.iter().find(|(name, _)| name == "argument-places::first-and-last-of-mix");
        let step = &mix.expect("such a case").1;
        let held = |argument: Option<usize>, code: Option<&str>, places| {
            let outcome = Outcome::Refused(code.map(str::to_owned));
            let reply = CallReply { argument, ..CallReply::of(outcome) };
            let mut judgement = Judgement::default();
            judgement.places = places;
            judge(step, &reply, &declarations, &mut judgement);
            judgement.holds()
        };
        let code = Some("nil-argument");
        let named = [None, Some(0), Some(1), Some(2), Some(3), Some(4)];
        let due = [false, true, false, false, true, false];
        assert_eq!(named.map(|argument| held(argument, code, true)), due);
        // Nothing is asked of who does not say it, and of a refusal without a code.
        assert!(held(None, code, false) && held(Some(1), code, false) && held(None, None, true));
        assert_eq!(step.arguments[1], Given::Value(HostValue::double(0.5)));
    }

    #[test]
    fn a_rest_value_is_named_by_its_own_place_or_the_first_ones() {
        let (steps, declarations) = steps();
        let rest = steps.iter().find(|(name, _)| name == "argument-places::third-rest-value");
        assert_eq!(due(&rest.expect("such a case").1, &declarations), [1, 3]);
    }
}
