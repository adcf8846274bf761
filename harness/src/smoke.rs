//! Does a binder's adapter work at all? A few requests one after the other, each of another kind, so that
//! who writes an adapter sees how far it gets, and a broken adapter is told from a failing binder.

use std::fmt;

use contract::{HostValue, Scalar, Signature};
use corpus::case::{Function, Location};
use judge::describe;
use judge::session::{Route, Session, Stop};
use subject::evidence::{Event, EventKind};
use subject::{Blame, CallReply, Dialect, Level, Outcome, ReadReply, SubjectFault};

/// One request, or a few that belong together.
pub struct Step {
    /// What it tries, for people.
    pub name: &'static str,
    /// Whether it is the suite's own doing at wire level, and so tried at contract level only.
    contract_only: bool,
    run: fn(&mut Session) -> Result<(), Trouble>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The binder answered, and wrongly.
    Wrong {
        /// What it must be.
        expected: String,
        /// What it was.
        observed: String,
    },
    /// The binder does not serve what the step needs, and says so.
    Unserved(String),
    /// The binder died or hung.
    Died(SubjectFault),
    /// The adapter did not keep to the protocol, or said that it cannot do what it must.
    Broken(SubjectFault),
    /// The suite itself could not go on.
    Suite(String),
}

/// The steps after the start that a subject of a level is put to, in order.
pub fn steps(level: Level) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().filter(move |step| level == Level::Contract || !step.contract_only)
}

const STEPS: &[Step] = &[
    Step { name: "reads a signature", contract_only: true, run: reads },
    Step { name: "refuses a malformed signature", contract_only: true, run: refuses },
    Step { name: "binds a function", contract_only: false, run: binds },
    Step { name: "calls with an integer", contract_only: false, run: calls_with_an_integer },
    Step { name: "calls with an unsigned big", contract_only: false, run: calls_with_a_big },
    Step { name: "keeps the sign of a narrow NaN", contract_only: false, run: keeps_a_nan_s_sign },
    Step { name: "refuses a string for an integer", contract_only: true, run: refuses_a_string },
    Step { name: "copies an array back", contract_only: false, run: copies_back },
    Step { name: "makes, uses and frees a handle", contract_only: false, run: cycles_a_handle },
    Step {
        name: "carries an address above 2^63",
        contract_only: false,
        run: carries_a_high_address,
    },
    Step { name: "keeps what it lends a call", contract_only: false, run: keeps_what_it_lends },
    Step {
        name: "copies and frees an owned return",
        contract_only: false,
        run: frees_what_is_owned,
    },
    Step { name: "stops in time", contract_only: false, run: stops },
];

impl Step {
    /// Makes the step's requests.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn run(&self, session: &mut Session) -> Result<(), Trouble> {
        (self.run)(session)
    }
}

impl Trouble {
    /// Whether no later step can be made.
    pub fn ends_it(&self) -> bool {
        match self {
            Trouble::Died(fault) | Trouble::Broken(fault) => fault.is_loss(),
            Trouble::Wrong { .. } | Trouble::Unserved(_) | Trouble::Suite(_) => false,
        }
    }

    /// Whether it is the binder's own, and not the adapter's or the suite's.
    pub fn is_the_binder_s(&self) -> bool {
        matches!(self, Trouble::Wrong { .. } | Trouble::Died(_))
    }
}

impl From<SubjectFault> for Trouble {
    fn from(fault: SubjectFault) -> Trouble {
        match fault.blame() {
            Blame::Binder => Trouble::Died(fault),
            Blame::Adapter => Trouble::Broken(fault),
        }
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Trouble {
        match stop {
            Stop::Fault(fault) => fault.into(),
            Stop::Unbound { message, .. } => wrong("bound", message),
            Stop::Gated(_, reason) | Stop::Skipped(reason) => Trouble::Unserved(reason),
            Stop::Corpus(reason) => Trouble::Suite(reason),
            Stop::Evidence(error) => Trouble::Suite(error.to_string()),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Wrong { expected, observed } => {
                write!(out, "expected {expected}\nobserved {observed}")
            }
            Trouble::Died(fault) | Trouble::Broken(fault) => fault.fmt(out),
            Trouble::Unserved(message) | Trouble::Suite(message) => out.write_str(message),
        }
    }
}

fn wrong(expected: impl Into<String>, observed: impl Into<String>) -> Trouble {
    Trouble::Wrong { expected: expected.into(), observed: observed.into() }
}

fn holds(is: bool, trouble: impl FnOnce() -> Trouble) -> Result<(), Trouble> {
    if is { Ok(()) } else { Err(trouble()) }
}

/// A call, and what the fixtures saw of it.
fn call(
    session: &mut Session,
    symbol: &str,
    arguments: &[HostValue],
) -> Result<(CallReply, Vec<Event>), Trouble> {
    let declared = session.corpus.functions.get(symbol).cloned().ok_or_else(|| {
        Trouble::Suite(format!("the corpus declares no `{symbol}`, which this step calls"))
    })?;
    call_declared(session, &declared, arguments)
}

/// A call of a symbol by a signature that is not the corpus's.
fn call_as(
    session: &mut Session,
    symbol: &str,
    text: &str,
    arguments: &[HostValue],
) -> Result<CallReply, Trouble> {
    let signature = Signature::read(text, &session.corpus.declarations)
        .map_err(|refusal| Trouble::Suite(refusal.to_string()))?;
    let declared = Function {
        name: format!("{symbol} as {text}"),
        symbol: symbol.to_owned(),
        text: text.to_owned(),
        signature,
        consumes: None,
        shared: false,
        at: Location { file: file!().into(), line: 1, column: 1 },
    };
    call_declared(session, &declared, arguments).map(|(reply, _)| reply)
}

fn call_declared(
    session: &mut Session,
    declared: &Function,
    arguments: &[HostValue],
) -> Result<(CallReply, Vec<Event>), Trouble> {
    let function = session.bind(declared, Route::BySignature)?.function;
    let first = session.evidence.next();
    let reply = session.subject.call(function, arguments)?;
    let events = session.evidence.since(first).map_err(Stop::Evidence)?;
    Ok((reply, events))
}

fn returns(
    session: &mut Session,
    symbol: &str,
    arguments: &[HostValue],
    expected: &HostValue,
) -> Result<Vec<Event>, Trouble> {
    let (reply, events) = call(session, symbol, arguments)?;
    let is = matches!(&reply.outcome, Outcome::Value(value) if value == expected);
    holds(is, || wrong(describe::value(expected), describe::reply(&reply)))?;
    Ok(events)
}

fn reads(session: &mut Session) -> Result<(), Trouble> {
    match session.read("[x :u64 & rest :i64 :ret [:owned [:slice :u8]]]", "")? {
        ReadReply::Accepted(_) => Ok(()),
        ReadReply::Refused(refusal) => {
            Err(wrong("accepted", format!("refused: {}", refusal.message)))
        }
        ReadReply::Unsupported(message) => Err(Trouble::Unserved(message)),
    }
}

fn refuses(session: &mut Session) -> Result<(), Trouble> {
    let expected = "refused: unknown-scalar";
    let raw = session.ready.dialects.contains(&Dialect::RawRefusals);
    match session.read("[x :i65 :ret :void]", "")? {
        ReadReply::Accepted(_) => Err(wrong(expected, "accepted")),
        ReadReply::Refused(refusal) => match refusal.code {
            Some(code) if code.as_str() == "unknown-scalar" => Ok(()),
            None if raw => Ok(()),
            Some(code) => Err(wrong(expected, format!("refused: {}", code.as_str()))),
            None => Err(wrong(expected, format!("refused without a code: {}", refusal.message))),
        },
        ReadReply::Unsupported(message) => Err(Trouble::Unserved(message)),
    }
}

fn binds(session: &mut Session) -> Result<(), Trouble> {
    for symbol in ["echo_i64", "echo_u64"] {
        if let Some(declared) = session.corpus.functions.get(symbol).cloned() {
            session.bind(&declared, Route::BySignature)?;
        }
    }
    Ok(())
}

fn calls_with_an_integer(session: &mut Session) -> Result<(), Trouble> {
    let value = HostValue::Long(-7);
    let events = returns(session, "echo_i64", std::slice::from_ref(&value), &value)?;
    let calls = events.len();
    holds(calls == 1, || wrong("1 native call", format!("{calls} native calls")))
}

fn calls_with_a_big(session: &mut Session) -> Result<(), Trouble> {
    let value = HostValue::Big(u64::MAX.into());
    returns(session, "echo_u64", std::slice::from_ref(&value), &value).map(drop)
}

/// A host that has only doubles, or one NaN, loses it; so does one whose library widens by hand.
fn keeps_a_nan_s_sign(session: &mut Session) -> Result<(), Trouble> {
    let value = HostValue::Double(0xfff8 << 48);
    let any = session.ready.dialects.contains(&Dialect::CanonicalNan);
    for symbol in ["echo_f32", "echo_f16"] {
        let reply = match call(session, symbol, std::slice::from_ref(&value)) {
            Ok((reply, _)) => reply,
            // Many libraries have no halves.
            Err(Trouble::Unserved(_)) if symbol == "echo_f16" => return Ok(()),
            Err(trouble) => return Err(trouble),
        };
        let is = match &reply.outcome {
            Outcome::Value(HostValue::Double(bits)) if any => f64::from_bits(*bits).is_nan(),
            Outcome::Value(observed) => *observed == value,
            Outcome::Refused(_) | Outcome::Failed(_) => false,
        };
        holds(is, || {
            let call = |what: String| format!("{what} from {symbol}");
            wrong(call(describe::value(&value)), call(describe::reply(&reply)))
        })?;
    }
    Ok(())
}

fn refuses_a_string(session: &mut Session) -> Result<(), Trouble> {
    let expected = "refused: type-mismatch, and no native call";
    let (reply, events) = call(session, "echo_i64", &[HostValue::Text("seven".into())])?;
    let raw = session.ready.dialects.contains(&Dialect::RawRefusals);
    let is = match &reply.outcome {
        Outcome::Refused(Some(code)) => code == "type-mismatch",
        Outcome::Refused(None) => raw,
        Outcome::Value(_) | Outcome::Failed(_) => false,
    };
    let made = if events.is_empty() { "" } else { ", after a native call" };
    holds(is && events.is_empty(), || wrong(expected, format!("{}{made}", describe::reply(&reply))))
}

fn copies_back(session: &mut Session) -> Result<(), Trouble> {
    let array = |elements: [i64; 3]| {
        HostValue::Array(Scalar::I64, elements.into_iter().flat_map(i64::to_le_bytes).collect())
    };
    let (reply, _) = call(session, "reverse_i64s", &[array([1, 2, 3])])?;
    let expected = array([3, 2, 1]);
    let is = matches!(&*reply.arrays, [(0, array)] if *array == expected);
    holds(is, || {
        let after: Vec<_> = reply.arrays.iter().map(|(_, array)| describe::short(array)).collect();
        let after = if after.is_empty() { describe::reply(&reply) } else { after.join(", ") };
        wrong(format!("the array is {} afterwards", describe::short(&expected)), after)
    })
}

fn cycles_a_handle(session: &mut Session) -> Result<(), Trouble> {
    let before = session.evidence.ledger().live_blocks;
    let (reply, _) = call(session, "box", &[HostValue::Long(7)])?;
    let Outcome::Value(handle @ HostValue::Handle(_)) = reply.outcome else {
        return Err(wrong("a handle", describe::reply(&reply)));
    };
    returns(session, "box_get", std::slice::from_ref(&handle), &HostValue::Long(7))?;
    returns(session, "free_box", &[handle], &HostValue::Nil)?;
    session.subject.forget()?;
    let left = session.evidence.ledger().live_blocks - before;
    holds(left == 0, || wrong("nothing is left", format!("{left} blocks are")))
}

/// A host whose integers are signed shows the upper half of addresses as negative. Nothing is there to be
/// read: the word goes through a handle, to and fro.
fn carries_a_high_address(session: &mut Session) -> Result<(), Trouble> {
    let address = HostValue::Big((u64::MAX << 47).into());
    let to = "[address :usize :ret [:handle Box]]";
    let reply = call_as(session, "echo_usize", to, std::slice::from_ref(&address))?;
    let Outcome::Value(handle @ HostValue::Handle(_)) = reply.outcome else {
        return Err(wrong("a handle", describe::reply(&reply)));
    };
    let from = "[handle [:handle Box] :ret :usize]";
    let reply = call_as(session, "echo_usize", from, &[handle])?;
    let is = matches!(&reply.outcome, Outcome::Value(value) if *value == address);
    holds(is, || wrong(describe::value(&address), describe::reply(&reply)))?;
    Ok(session.subject.forget()?)
}

/// Enough memory in enough pieces for a host that collects garbage to do so between filling the first and
/// making the call.
const PIECES: u8 = 250;
const PIECE_BYTES: usize = 8192;

/// What a call is given has to be there until it is made, and what it returned a pointer to until that was
/// read.
fn keeps_what_it_lends(session: &mut Session) -> Result<(), Trouble> {
    let lent = HostValue::Array(Scalar::I64, 0x0123_4567_89ab_cdef_i64.to_le_bytes().to_vec());
    let signature = "[p [:ptr :const :i64] :ret [:optional [:ptr :const :i64]]]";
    let reply = call_as(session, "echo_usize", signature, &[lent])?;
    let expected = HostValue::Long(0x0123_4567_89ab_cdef);
    let is = matches!(&reply.outcome, Outcome::Value(value) if *value == expected);
    holds(is, || {
        wrong(
            format!("{} in the memory that the call was lent", describe::value(&expected)),
            describe::reply(&reply),
        )
    })?;
    let person = |number: u8| {
        let name = char::from(b'a' + number % 26).to_string().repeat(PIECE_BYTES);
        let fields = vec![
            ("name".to_owned(), HostValue::Text(name)),
            ("age".to_owned(), HostValue::Long(number.into())),
        ];
        HostValue::Record("Person".to_owned(), fields)
    };
    let people: Vec<HostValue> = (0..PIECES).map(person).collect();
    let (reply, _) = call(session, "copy_people", &[HostValue::Vector(people.clone())])?;
    let Outcome::Value(HostValue::Vector(copies)) = &reply.outcome else {
        return Err(wrong(format!("{PIECES} records"), describe::reply(&reply)));
    };
    let field = |value: &HostValue, key| value.field(key).cloned();
    let same = |(one, other): (&HostValue, &HostValue)| {
        ["name", "age"].iter().all(|key| field(one, key) == field(other, key))
    };
    let whole = people.iter().zip(copies).take_while(|pair| same(*pair)).count();
    holds(whole == people.len() && copies.len() == whole, || {
        let observed = format!("{} came, the first {whole} as they were", copies.len());
        wrong(format!("copies of {PIECES} records with {PIECE_BYTES} bytes each"), observed)
    })
}

fn frees_what_is_owned(session: &mut Session) -> Result<(), Trouble> {
    let (reply, events) = call(session, "owned_i64s", &[HostValue::Long(3)])?;
    let is = matches!(&reply.outcome, Outcome::Value(HostValue::Vector(items)) if items.len() == 3);
    holds(is, || wrong("a vector of 3 integers", describe::reply(&reply)))?;
    let frees = events.iter().filter(|event| event.kind == EventKind::Free).count();
    holds(frees == 1, || wrong("its free symbol called once", format!("{frees} calls of it")))
}

fn stops(session: &mut Session) -> Result<(), Trouble> {
    session.subject.stop().map_err(Trouble::from)
}
