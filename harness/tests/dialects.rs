//! Dialects (contract D): the whole corpus under each of them and under all, and what makes a faulty one
//! red.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use contract::RefusalCode;
use contract::{HostValue, Token};
use corpus::case::{Body, Corpus, Expect, Expected, Given};
use harness::run;
use harness::served::reference::ReferenceBinder;
use judge::arm;
use judge::dialect;
use judge::plan::{self, Selection, Trial};
use judge::row::TrialOutcome;
use judge::session::Session;
use judge::verdict::Verdict;
use subject::{
    BindReply, BindRequest, BoundId, CallReply, Counters, Dialect, Outcome, Pull, ReadReply,
    ReadRequest, Ready, StartRequest, Subject, SubjectFault,
};
use zig_lib::library::{self, Profile};

fn corpus() -> Arc<Corpus> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    run::load(&folder).expect("the corpus is read")
}

/// The quick arms: what an arm that repeats would find, these find.
const QUICK: &[&str] = &["round-trip", "refusal", "binding", "paths"];

/// Held by whoever judges: the page is named to the library through the environment.
static PAGE: Mutex<()> = Mutex::new(());

fn judged(
    arms: &[&str],
    corpus: &Arc<Corpus>,
    subject: impl Subject + 'static,
) -> Vec<(String, Verdict)> {
    let arms = arms.iter().map(|arm| (*arm).to_owned()).collect();
    let selection = Selection { arms, ..Selection::default() };
    let trials = plan::select(corpus, &selection).expect("trials");
    let subject = Box::new(subject);
    let library = library::build(Profile::Checked).expect("the fixtures build");
    let _page = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut session = Session::open(corpus.clone(), &library, subject).expect("a session");
    let verdict = |trial: Trial| {
        let verdict = arm::judge(trial.arm, &trial.cases, &mut session);
        (trial.name(), verdict)
    };
    trials.into_iter().map(verdict).collect()
}

/// The trials that a binder fails by the quick arms.
fn failed(corpus: &Arc<Corpus>, liar: Liar) -> Vec<String> {
    named(&judged(QUICK, corpus, liar), TrialOutcome::Failed)
}

fn named(verdicts: &[(String, Verdict)], outcome: TrialOutcome) -> Vec<String> {
    let of = verdicts.iter().filter(|(_, verdict)| verdict.outcome() == outcome);
    of.map(|(name, verdict)| format!("{name}: {verdict:?}")).collect()
}

/// A binder that says other dialects of itself than it has, and may spoil its replies.
struct Liar {
    binder: ReferenceBinder,
    declared: Vec<Dialect>,
    spoil: fn(&[HostValue], &mut CallReply),
    spoil_reading: fn(&mut ReadReply),
}

impl Liar {
    fn new(has: &[Dialect], declared: &[Dialect]) -> Liar {
        let binder = ReferenceBinder::with_dialects(has);
        Liar { binder, declared: declared.to_vec(), spoil: |_, _| {}, spoil_reading: |_| {} }
    }
}

impl Subject for Liar {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let ready = self.binder.start(request)?;
        Ok(Ready { dialects: self.declared.clone(), ..ready })
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let mut reply = self.binder.read(request)?;
        (self.spoil_reading)(&mut reply);
        Ok(reply)
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        self.binder.bind(request)
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let mut reply = self.binder.call(function, arguments)?;
        (self.spoil)(arguments, &mut reply);
        Ok(reply)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        self.binder.next(stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        self.binder.close(stream)
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.binder.forget()
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        self.binder.counters()
    }
}

/// The dialects that some case shows at work: one that is neither declared nor had is red.
fn shown(corpus: &Corpus) -> Vec<Dialect> {
    let returns = |wanted: fn(&HostValue) -> bool| {
        let cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
        cases.into_iter().any(|case| match &case.body {
            Body::Calls(steps) => steps.iter().any(|step| match &step.expect {
                Expect::Returns(Expected::Exactly(value)) => wanted(value),
                _ => false,
            }),
            _ => false,
        })
    };
    let functions = || corpus.functions.values().map(|function| &function.signature);
    let mut shown = Dialect::ALL.to_vec();
    let wide = functions().any(|signature| {
        ["i128", "u128"].iter().any(|wide| signature.to_string().ends_with(&format!("{wide}]")))
    });
    shown.retain(|dialect| match dialect {
        Dialect::Big128 => wide,
        Dialect::ErrorAsKeyword => returns(|value| matches!(value, HostValue::Error(_))),
        _ => true,
    });
    shown
}

/// Cases that no binder can be held to under some dialect, each with the reason.
const UNSAID: &[(&str, &str)] = &[
    ("error-unions::number-for-whether-to-fail", "hosts disagree on the truth of zero"),
    ("streams::negative-count", "wrapped, the stream has more items than can be fetched"),
    ("wide-scalars::f80-significand-of-nan-payload", "the bits of a NaN come back as an integer"),
    ("wide-scalars::f80-exponent-of-nan-payload", "the bits of a NaN come back as an integer"),
    ("wide-scalars::f128-high-half-of-nan-payload", "the bits of a NaN come back as an integer"),
    ("wide-scalars::f128-low-half-of-nan-payload", "the bits of a NaN come back as an integer"),
];

#[test]
fn the_corpus_holds_under_every_dialect() {
    let corpus = corpus();
    let alone = Dialect::ALL.iter().map(|dialect| vec![*dialect]);
    for dialects in alone.chain([Dialect::ALL.to_vec()]) {
        let verdicts = judged(QUICK, &corpus, ReferenceBinder::with_dialects(&dialects));
        for outcome in [TrialOutcome::Failed, TrialOutcome::Error, TrialOutcome::Skipped] {
            let bad = named(&verdicts, outcome);
            assert!(bad.is_empty(), "under {dialects:?}:\n{}", bad.join("\n"));
        }
        let gated = verdicts.iter().filter(|(_, verdict)| verdict.outcome() == TrialOutcome::Gated);
        for (name, _) in gated.clone() {
            let known = UNSAID.iter().any(|(case, _)| name.ends_with(case));
            assert!(known, "under {dialects:?} nobody says what comes of {name}");
        }
        if dialects.len() > 1 {
            let gated: Vec<_> = gated.map(|(name, _)| name).collect();
            for (case, why) in UNSAID {
                let is = gated.iter().any(|name| name.ends_with(case));
                assert!(is, "{case} is judged by now: take it out of UNSAID ({why})");
            }
        }
    }
}

#[test]
fn a_dialect_that_is_not_declared_is_red() {
    let corpus = corpus();
    for dialect in shown(&corpus) {
        let verdicts = judged(QUICK, &corpus, Liar::new(&[dialect], &[]));
        let failed = named(&verdicts, TrialOutcome::Failed);
        assert!(!failed.is_empty(), "{dialect:?} went unnoticed");
        // It is found where it works, and nowhere else.
        assert!(failed.len() < verdicts.len() / 2, "{dialect:?}: {}", failed.len());
    }
}

/// D-5 and D-6 allow a deviation and do not ask for it; the others say what must come instead.
#[test]
fn a_dialect_that_is_declared_and_not_spoken_is_red() {
    let corpus = corpus();
    for dialect in shown(&corpus) {
        let failed = failed(&corpus, Liar::new(&[], &[dialect]));
        let may = matches!(dialect, Dialect::RawRefusals | Dialect::CanonicalNan);
        assert_eq!(failed.is_empty(), may, "{dialect:?}: {failed:?}");
    }
}

/// A binder that wraps, but by way of 32 bits: what needs more arrives otherwise than it must.
#[test]
fn a_wrong_wrap_is_red() {
    let corpus = corpus();
    let mut liar = Liar::new(&[Dialect::Wraps], &[Dialect::Wraps]);
    liar.spoil = |arguments, reply| {
        let beyond = |value: &HostValue| matches!(value, HostValue::Big(_));
        if let Outcome::Value(HostValue::Long(value)) = &mut reply.outcome
            && arguments.iter().any(beyond)
        {
            *value = i64::from(*value as i32 ^ 1);
        }
    };
    assert!(!failed(&corpus, liar).is_empty());
}

/// A refusal without a code that made a native call, or a code that is wrong, is no raw refusal.
#[test]
fn a_raw_refusal_must_still_refuse() {
    let corpus = corpus();
    let mut liar = Liar::new(&[], &[Dialect::RawRefusals]);
    liar.spoil = |_, reply| {
        if let Outcome::Refused(Some(code)) = &mut reply.outcome {
            "arity".clone_into(code);
        }
    };
    assert!(!failed(&corpus, liar).is_empty(), "wrong codes went unnoticed");
    let mut liar = Liar::new(&[], &[Dialect::RawRefusals]);
    liar.spoil = |_, reply| {
        if matches!(reply.outcome, Outcome::Value(_)) {
            reply.outcome = Outcome::Refused(None);
        }
    };
    assert!(!failed(&corpus, liar).is_empty(), "calls that were made passed for refusals");
}

/// A reader that accepts what it should refuse, or says another code, is red in every arm that reads.
#[test]
fn a_reader_that_errs_is_red() {
    let corpus = corpus();
    let accepts: fn(&mut ReadReply) = |reply| *reply = ReadReply::Accepted(None);
    let errs: fn(&mut ReadReply) = |reply| {
        if let ReadReply::Refused(refusal) = reply
            && refusal.code == Some(RefusalCode::UnsupportedStreamArgument)
        {
            refusal.code = Some(RefusalCode::UnsupportedStream);
        }
    };
    for spoil_reading in [accepts, errs] {
        let liar = Liar { spoil_reading, ..Liar::new(&[], &[]) };
        let verdicts = judged(&["refusal", "malformed"], &corpus, liar);
        let failed = named(&verdicts, TrialOutcome::Failed);
        for arm in ["refusal::", "malformed::"] {
            assert!(failed.iter().any(|name| name.starts_with(arm)), "{arm} saw nothing");
        }
    }
}

/// D-6 frees the bits of a NaN, not the NaN.
#[test]
fn a_nan_that_became_a_number_is_red() {
    let corpus = corpus();
    let mut liar = Liar::new(&[Dialect::CanonicalNan], &[Dialect::CanonicalNan]);
    liar.spoil = |_, reply| {
        if let Outcome::Value(HostValue::Double(bits)) = &mut reply.outcome
            && f64::from_bits(*bits).is_nan()
        {
            *bits = f64::INFINITY.to_bits();
        }
    };
    assert!(!failed(&corpus, liar).is_empty());
}

/// The law by which returns are derived: what an `echo_…` function takes, it returns. Checked where the
/// two are written alike, as integers are.
#[test]
fn echo_functions_return_their_argument() {
    let corpus = corpus();
    let mut checked = 0;
    for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
        let Body::Calls(steps) = &case.body else { continue };
        for step in steps.iter().filter(|step| dialect::echoes(&step.function)) {
            let ([Given::Value(given)], Expect::Returns(Expected::Exactly(returned))) =
                (&*step.arguments, &step.expect)
            else {
                continue;
            };
            if let (Some(given), Some(returned)) = (given.as_integer(), returned.as_integer()) {
                assert_eq!(given, returned, "{}", case.name());
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "{checked}");
}

/// What neither a rule nor the case says is gated, never passed.
#[test]
fn what_nobody_says_is_gated() {
    let corpus = corpus();
    let case = corpus.case("call-refusals::third-argument").expect("a case");
    let Body::Calls(steps) = &case.body else { panic!("a call") };
    let mut bare = (**case).clone();
    let unsaid = steps.iter().map(|step| {
        let under = Vec::new();
        corpus::case::Step { under, ..step.clone() }
    });
    bare.body = Body::Calls(unsaid.collect());
    let bare = Arc::new(bare);
    let reason = dialect::case_under(&bare, &[Dialect::Wraps], &corpus.declarations);
    let reason = reason.expect_err("what `mix` returns is not said");
    assert!(reason.contains("mix") && reason.contains("third-argument"), "{reason}");
    assert!(dialect::case_under(&bare, &[Dialect::Truthy], &corpus.declarations).is_ok());
    assert!(dialect::case_under(case, &[Dialect::Wraps], &corpus.declarations).is_ok());
}
