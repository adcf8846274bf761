//! A failing signature made small: arguments dropped, types made plain, for as long as it still fails.
//!
//! Candidates are tried many at a time, because building a library costs more than calling it: a round
//! takes the smallest that fails, and the next goes on from there.

use std::collections::BTreeSet;

use contract::{Scalar, Type};

use super::{ARGUMENTS, Made, carriers, counted_by, is_float, stacked};

/// Rounds at the most. Every round makes a signature smaller, so that few reach it.
const ROUNDS: usize = 12;

/// A failing signature and what it was made small to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest that still failed.
    pub made: Made,
    /// Signatures that were tried on the way.
    pub tried: usize,
}

/// Says which of some signatures fail.
pub type Fail<'a, E> = dyn FnMut(&[Made]) -> Result<Vec<bool>, E> + 'a;

/// Makes a failing signature small. `fail` says which of some signatures fail.
///
/// # Errors
/// Whatever `fail` cannot go on for.
pub fn shrink<E>(made: &Made, fail: &mut Fail<'_, E>) -> Result<Shrunk, E> {
    let mut shrunk = Shrunk { made: made.clone(), tried: 0 };
    for _ in 0..ROUNDS {
        let candidates = smaller(&shrunk.made);
        if candidates.is_empty() {
            break;
        }
        shrunk.tried += candidates.len();
        let failed = fail(&candidates)?;
        let failing = candidates.into_iter().zip(failed).filter(|(_, failed)| *failed);
        match failing.map(|(candidate, _)| candidate).min_by_key(Made::weight) {
            Some(smallest) => shrunk.made = smallest,
            None => break,
        }
    }
    Ok(shrunk)
}

/// Whether a signature has what makes a smaller one fail: its arguments in their order, an `:i64` or
/// `:f64` standing for any carrier that travels as it does, and the order of what is in registers
/// meaning nothing.
pub fn contains(larger: &Made, smaller: &Made) -> bool {
    let (larger, smaller) = (&larger.settled().unnamed(), &smaller.settled().unnamed());
    let mut wanted = smaller.arguments.iter().peekable();
    for of in &larger.arguments {
        if wanted.next_if(|wanted| *wanted == of).is_none() {
            plain(of).iter().for_each(|plain| _ = wanted.next_if(|wanted| *wanted == plain));
        }
    }
    let returned =
        smaller.returns == larger.returns || plain(&larger.returns) == [smaller.returns.clone()];
    wanted.peek().is_none() && (smaller.returns == Type::Void || returned)
}

/// The plainest types that travel as this one: a slice as two integers, void as nothing.
fn plain(of: &Type) -> Vec<Type> {
    let scalar = match of {
        Type::Void => return Vec::new(),
        of if is_float(of) => Scalar::F64,
        _ => Scalar::I64,
    };
    vec![Type::Scalar(scalar); carriers(of)]
}

impl Made {
    /// What shrinking makes less: carriers first, then types that are not plain, then the return, then
    /// changes from one register file to the other.
    pub fn weight(&self) -> (usize, usize, usize, usize) {
        let odd = |of: &Type| usize::from(plain(of) != [of.clone()]);
        let returned = match &self.returns {
            Type::Void => 0,
            of => 1 + odd(of) + usize::from(self.echoes.is_some()),
        };
        let given = |of: &Type| match of {
            Type::Function(of) => of.arguments.iter().map(carriers).sum(),
            _ => 0,
        };
        let words = self.arguments.iter().map(|of| carriers(of) + given(of)).sum();
        let changes =
            self.arguments.windows(2).filter(|pair| is_float(&pair[0]) != is_float(&pair[1]));
        (words, self.arguments.iter().map(odd).sum(), returned, changes.count())
    }

    /// With only the arguments that are kept. What echoed one that is not comes from nowhere.
    fn keeping(&self, kept: impl Fn(usize) -> bool) -> Made {
        let numbers: Vec<usize> = (0..self.arguments.len()).filter(|at| kept(*at)).collect();
        Made {
            arguments: numbers.iter().map(|at| self.arguments[*at].clone()).collect(),
            returns: self.returns.clone(),
            echoes: self.echoes.and_then(|echoed| numbers.iter().position(|at| *at == echoed)),
        }
        .renumbered(|old| numbers.iter().position(|at| *at == old))
    }

    /// With arrays counted by the arguments that theirs have become. One whose length is gone, or is no integer, is an
    /// address like any other, and as a return nothing; nor is an array returned that is gone.
    fn renumbered(mut self, new: impl Fn(usize) -> Option<usize>) -> Made {
        let counts = |arguments: &[Type], of: &Type| {
            let at = new(counted_by(of)?)?;
            let is_integer =
                matches!(arguments[at], Type::Scalar(of) if of.is_integer() && !of.is_wide());
            is_integer.then(|| super::name(at))
        };
        let whole = self.arguments.clone();
        let renamed = |of: &mut Type, otherwise: Type| {
            if counted_by(of).is_none() {
                return;
            }
            match (counts(&whole, of), &mut *of) {
                (Some(name), Type::Counted { length, .. }) => *length = name,
                _ => *of = otherwise,
            }
        };
        self.arguments.iter_mut().for_each(|of| renamed(of, Type::Scalar(Scalar::I64)));
        renamed(&mut self.returns, Type::Void);
        let is_gone = |made: &Made| match made.echoes {
            Some(echoed) => super::echoed(&made.arguments[echoed]) != made.returns,
            None => counted_by(&made.returns).is_some(),
        };
        if is_gone(&self) {
            (self.returns, self.echoes) = (Type::Void, None);
        }
        self
    }

    /// With all arrays counted by the same: what they are told apart by without their names.
    fn unnamed(mut self) -> Made {
        for of in self.arguments.iter_mut().chain([&mut self.returns]) {
            if let Type::Counted { length, .. } = of {
                length.clear();
            }
        }
        self
    }

    /// With plain types for all arguments but those kept.
    fn plain_but(&self, kept: impl Fn(usize) -> bool) -> Made {
        let mut made = Made { arguments: Vec::new(), ..self.clone() };
        let mut starts = Vec::new();
        for (at, of) in self.arguments.iter().enumerate() {
            starts.push(made.arguments.len());
            if self.echoes == Some(at) {
                made.echoes = Some(made.arguments.len());
            }
            made.arguments.extend(if kept(at) { vec![of.clone()] } else { plain(of) });
        }
        if let Some(echoed) = made.echoes {
            made.returns = super::echoed(&made.arguments[echoed]);
        }
        made.renumbered(|old| starts.get(old).copied())
    }

    /// With functions of the host's that are given only those of their arguments that are kept.
    fn told_less(&self, kept: impl Fn(usize) -> bool) -> Made {
        let mut made = self.clone();
        for of in &mut made.arguments {
            if let Type::Function(of) = of {
                let mut number = 0..;
                of.arguments.retain(|_| number.next().is_some_and(&kept));
            }
        }
        made
    }

    /// With the integers in registers first, then the floats there, then what is on the stack: the same
    /// call, and easier to read.
    fn settled(&self) -> Made {
        let stacked = stacked(&self.arguments);
        let mut order: Vec<usize> = (0..self.arguments.len()).collect();
        order.sort_by_key(|at| (stacked[*at], !stacked[*at] && is_float(&self.arguments[*at])));
        Made {
            arguments: order.iter().map(|at| self.arguments[*at].clone()).collect(),
            returns: self.returns.clone(),
            echoes: self.echoes.and_then(|echoed| order.iter().position(|at| *at == echoed)),
        }
        .renumbered(|old| order.iter().position(|at| *at == old))
    }

    fn returning(&self, returns: Type) -> Made {
        Made { arguments: self.arguments.clone(), returns, echoes: None }
    }
}

/// Signatures smaller than one that fails: bold steps and small ones, each once.
fn smaller(made: &Made) -> Vec<Made> {
    let count = made.arguments.len();
    let mut all = Vec::new();
    // One argument kept as it is, plain ones before it, and nothing after.
    for last in 0..count {
        let prefix = made.keeping(|at| at <= last).returning(Type::Void);
        all.push(prefix.plain_but(|_| false));
        all.push(prefix.plain_but(|at| at == last));
        // The same with what fills one register file only.
        for file in [Scalar::I64, Scalar::F64] {
            let fills = |at: usize| plain(&prefix.arguments[at]).contains(&Type::Scalar(file));
            let filled = prefix.keeping(|at| at == last || fills(at));
            let last = filled.arguments.len() - 1;
            all.push(filled.plain_but(|_| false));
            all.push(filled.plain_but(|at| at == last));
        }
        all.push(made.keeping(|at| at <= last));
        all.push(made.plain_but(|at| at == last));
        all.push(made.plain_but(|at| at != last));
    }
    all.push(made.plain_but(|_| false));
    all.push(made.plain_but(|_| false).returning(Type::Void));
    let mut length = count;
    while length > 0 {
        for start in (0..count).step_by(length.div_ceil(2)) {
            let without = made.keeping(|at| at < start || at >= start + length);
            all.push(without.plain_but(|_| false));
            all.push(without);
        }
        length /= 2;
    }
    let given = made.arguments.iter().map(|of| match of {
        Type::Function(of) => of.arguments.len(),
        _ => 0,
    });
    let mut length = given.max().unwrap_or(0);
    while length > 0 {
        for start in (0..ARGUMENTS).step_by(length.div_ceil(2)) {
            all.push(made.told_less(|at| at < start || at >= start + length));
        }
        length /= 2;
    }
    all.push(made.returning(Type::Void));
    all.push(made.returning(made.returns.clone()));
    all.extend(plain(&made.returns).into_iter().map(|plain| made.returning(plain)));
    let settled: Vec<Made> = all.iter().chain([made]).map(Made::settled).collect();
    all.extend(settled);
    let mut seen = BTreeSet::new();
    all.retain(|candidate| {
        let text = (candidate.text(), candidate.echoes);
        candidate.weight() < made.weight() && seen.insert(text)
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::{DECLARATIONS, signatures};

    fn made(text: &str) -> Made {
        let signature = contract::Signature::read(text, &DECLARATIONS);
        let signature = signature.expect("a valid signature");
        let of = |argument: &contract::Argument| {
            Type::read(&argument.form, &DECLARATIONS).expect("a valid type")
        };
        Made {
            arguments: signature.arguments.iter().map(of).collect(),
            returns: signature.returns.clone(),
            echoes: None,
        }
    }

    #[test]
    fn what_a_function_is_given_becomes_less_too() {
        let of = made("[a :i32 f [:fn [:i64 :f32 :i8 :u16 :f64] :u8] b :f64 :ret :u8]");
        let narrow = |made: &Made| {
            made.arguments.iter().any(|of| {
                matches!(of, Type::Function(of)
                if of.arguments.contains(&Type::Scalar(Scalar::I8)))
            })
        };
        assert_eq!(smallest(&of, narrow).0, "[a0 [:fn [:i8] :u8] :ret :void]");
    }

    fn smallest(of: &Made, fails: impl Fn(&Made) -> bool) -> (String, usize) {
        let mut rounds = 0;
        let mut fail = |candidates: &[Made]| {
            rounds += 1;
            Ok::<_, ()>(candidates.iter().map(&fails).collect())
        };
        let shrunk = shrink(of, &mut fail).expect("it cannot go wrong");
        (shrunk.made.text(), rounds)
    }

    fn integers(made: &Made) -> usize {
        let plain = made.arguments.iter().flat_map(plain);
        plain.filter(|of| *of == Type::Scalar(Scalar::I64)).count()
    }

    #[test]
    fn faults_shrink_to_what_they_need() {
        let i8_late = |made: &Made| {
            let before = |at: usize| made.keeping(|other| other < at);
            let is = |at: usize| made.arguments[at] == Type::Scalar(Scalar::I8);
            (0..made.arguments.len()).any(|at| is(at) && integers(&before(at)) > 5)
        };
        let f16 = |made: &Made| made.arguments.contains(&Type::Scalar(Scalar::F16));
        let mut tried = 0;
        for of in signatures(3) {
            if integers(&of) > 6 {
                let (text, rounds) = smallest(&of, |made| integers(made) > 6);
                let least = "[a0 :i64 a1 :i64 a2 :i64 a3 :i64 a4 :i64 a5 :i64 a6 :i64 :ret :void]";
                assert_eq!(text, least);
                assert!(rounds <= 8, "{rounds}");
                tried += 1;
            }
            if i8_late(&of) {
                let (text, _) = smallest(&of, i8_late);
                assert!(text.ends_with("a5 :i64 a6 :i8 :ret :void]"), "{text}");
            }
            if f16(&of) {
                assert_eq!(smallest(&of, f16).0, "[a0 :f16 :ret :void]");
            }
        }
        assert!(tried > 50);
    }

    #[test]
    fn what_is_in_registers_settles_and_the_stack_keeps_its_order() {
        let floats = ":f64 ".repeat(9);
        let forms = format!(":i8 {floats}:i64 :i64 [:slice :u8] :u8 Color :f32 :i16");
        let forms = forms.replace("[:slice :u8]", "[:slice;:u8]");
        let form = |(at, form): (usize, &str)| format!("a{at} {}", form.replace(';', " "));
        let text: Vec<_> = forms.split(' ').enumerate().map(form).collect();
        let settled = made(&format!("[{} :ret :void]", text.join(" "))).settled();
        let forms: Vec<_> = settled.arguments.iter().map(ToString::to_string).collect();
        let expected =
            format!(":i8 :i64 :i64 [:slice;:u8] :u8 {}:f64 Color :f32 :i16", ":f64 ".repeat(8));
        assert_eq!(forms.join(" ").replace("[:slice :u8]", "[:slice;:u8]"), expected);
    }

    #[test]
    fn an_array_keeps_what_counts_it() {
        let all = "[n :u8 a :f64 xs [:counted n :i16] s [:cstring] ys [:counted n :const :f32] :ret :i64]";
        let of = renamed(all);
        let counted =
            |made: &Made| made.arguments.iter().any(|of| of.to_string().ends_with(" :i16]"));
        assert_eq!(smallest(&of, counted).0, "[a0 :i64 a1 [:counted a0 :i16] :ret :void]");
        let text = |made: &Made| made.arguments.contains(&Type::CString { most: None });
        assert_eq!(smallest(&of, text).0, "[a0 [:cstring] :ret :void]");
        for candidate in smaller(&of) {
            assert!(
                contract::Signature::read(&candidate.text(), &DECLARATIONS).is_ok(),
                "{}",
                candidate.text()
            );
        }
        assert!(contains(&of, &renamed("[n :i64 xs [:counted n :i16] :ret :void]")));
        assert!(!contains(&of, &renamed("[n :i64 xs [:counted n :i8] :ret :void]")));
    }

    /// A signature whose arguments are named by their numbers.
    fn renamed(text: &str) -> Made {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let names: Vec<String> = ["n", "a", "xs", "s", "ys"].map(str::to_owned).into();
        let mut order: Vec<String> = Vec::new();
        for word in &words {
            let bare = word.trim_start_matches('[');
            if names.iter().any(|name| name == bare) && !order.iter().any(|one| one == bare) {
                order.push(bare.to_owned());
            }
        }
        for word in &mut words {
            let bare = word.trim_start_matches('[').to_owned();
            if let Some(at) = order.iter().position(|one| *one == bare) {
                *word = word.replace(&bare, &super::super::name(at));
            }
        }
        let text = words.join(" ");
        let of = |form: &str| Type::read(form, &DECLARATIONS).expect("a valid type");
        let signature = contract::Signature::read(&text, &DECLARATIONS).expect("valid");
        let pairs = signature.pairs().map(|pair| match pair {
            contract::Pair::Argument(_, argument) => of(&argument.form),
            contract::Pair::Length(_, length) => of(&length.form),
        });
        Made { arguments: pairs.collect(), returns: of(&signature.return_form), echoes: None }
    }

    #[test]
    fn a_return_that_fails_is_kept() {
        let of = made("[a0 :i8 a1 [:slice :u8] a2 Point :ret Color]");
        let color = |made: &Made| made.returns == Type::Named("Color".into());
        assert_eq!(smallest(&of, color).0, "[:ret Color]");
    }

    #[test]
    fn a_larger_signature_contains_what_travels_alike() {
        let larger = made("[a0 :i8 a1 :f32 a2 [:slice :u8] a3 Point :ret Color]");
        for (smaller, holds) in [
            ("[a0 :i64 a1 :i64 :ret :void]", true),
            ("[a0 :i64 a1 :i64 a2 :i64 a3 :i64 :ret :void]", true),
            ("[a0 :i64 a1 :i64 a2 :i64 a3 :i64 a4 :i64 :ret :void]", false),
            ("[a0 :i64 a1 :f64 :ret :void]", true),
            ("[a0 :f64 a1 :f64 :ret :void]", false),
            ("[a0 Point a1 :i64 :ret :void]", false),
            ("[a0 :i8 :ret :i64]", true),
            ("[a0 :i16 :ret :void]", false),
        ] {
            assert_eq!(contains(&larger, &made(smaller)), holds, "{smaller}");
        }
    }
}
