//! Scripts that the library runs over and over by itself. Each is made once call by call, which tells what
//! there is to look at; what a run then came to is raised as if it had been asked call by call, too.

use contract::{Scalar, Token};

use super::line::Event;
use super::plan::Prototype;
use super::script::{Piece, Place, Written};
use super::{Linked, Wire, kept};
use crate::protocol::aggregates::ValueType;
use crate::protocol::carriers::{CarrierType, Hex};
use crate::protocol::convert::OtherAnswer;
use crate::protocol::messages::{Reply, Request};
use crate::protocol::scripts::{LoopArgument, LoopScript, Ran};
use crate::{
    BoundId, CallReply, Outcome, Own, RepeatReply, RepeatRequest, Script, Subject, SubjectFault,
    Tally, loops,
};

/// A script that was made once.
pub(super) struct Rehearsed {
    script: Script,
    events: Vec<Event>,
    written: LoopScript,
    pieces: Vec<Piece>,
    functions: Vec<Place>,
}

/// What a run is told to have come to in which the library was called otherwise than when it was made once.
const OTHERWISE: &str = "other-calls-than-when-made-once";

impl Wire {
    /// Makes each script once, unless they are those made last.
    pub(super) fn make_ready(&mut self, scripts: &[Script]) -> Result<(), SubjectFault> {
        if self.rehearsed.iter().map(|rehearsed| &rehearsed.script).eq(scripts) {
            return Ok(());
        }
        self.rehearsed.clear();
        let copier = self.copier()?;
        for script in scripts {
            let (_, events) = self.noting(|wire| wire.once(script))?;
            let Written { blocks, steps, pieces, functions, .. } =
                Written::of(&events, Some(copier));
            let show = pieces
                .iter()
                .map(|piece| (piece.block.into(), piece.offset.into(), piece.length.into()))
                .collect();
            let (script, written) = (script.clone(), LoopScript { blocks, steps, show });
            self.rehearsed.push(Rehearsed { script, events, written, pieces, functions });
        }
        Ok(())
    }

    /// Does `work`, and gives what it made of the library.
    pub(super) fn noting<T>(
        &mut self,
        work: impl FnOnce(&mut Wire) -> Result<T, SubjectFault>,
    ) -> Result<(T, Vec<Event>), SubjectFault> {
        self.line.note();
        let came = work(self);
        let events = self.line.go_live();
        came.map(|came| (came, events))
    }

    /// One run of a script, the tokens of which nobody sees.
    fn once(&mut self, script: &Script) -> Result<Vec<Tally>, SubjectFault> {
        let scripts = std::slice::from_ref(script);
        let request =
            RepeatRequest { scripts, rounds: 1, threads: 1, collect: false, stand_ins: false };
        let tokens = std::mem::take(&mut self.tokens);
        let came = loops::repeat(&mut Own(self), &request, 0);
        self.tokens = tokens;
        Ok(came?.swap_remove(0))
    }

    fn copier(&mut self) -> Result<BoundId, SubjectFault> {
        if let Some(copier) = self.copier {
            return Ok(copier);
        }
        let word = CarrierType::of(Scalar::Usize).unwrap_or(CarrierType::U64);
        let prototype = Prototype {
            symbol: "bc_copy".to_owned(),
            parameters: [CarrierType::Pointer, word, word].map(ValueType::Carrier).to_vec(),
            fixed: None,
            returns: CarrierType::Void.into(),
            errno: false,
        };
        match self.line.link(prototype, None)? {
            Linked::Bound(function) => {
                self.copier = Some(function);
                Ok(function)
            }
            Linked::Not(reply) => {
                let message = format!("`bc_copy` was not linked: {reply:?}");
                Err(SubjectFault::Unsupported { request: "`link` of `bc_copy`".into(), message })
            }
        }
    }

    /// Has the library repeat scripts. For functions of the host's stand objects that live as long as the loop: they answer
    /// always the same, and note nothing.
    pub(super) fn looped(
        &mut self,
        request: &RepeatRequest<'_>,
    ) -> Result<RepeatReply, SubjectFault> {
        self.make_ready(request.scripts)?;
        let mut made = Vec::new();
        let came = self.given(&mut made).and_then(|written| self.ran(request, written));
        let released = made.into_iter().try_for_each(|kept| self.release(kept).map(drop));
        // What went wrong first is what is told: of a library that died nothing can be released.
        came.and_then(|reply| released.map(|()| reply))
    }

    /// The scripts with addresses of function objects in them, which `made` lists.
    fn given(&mut self, made: &mut Vec<Token>) -> Result<Vec<LoopScript>, SubjectFault> {
        let Wire { rehearsed, line, .. } = self;
        let mut scripts = Vec::with_capacity(rehearsed.len());
        for Rehearsed { written, functions, .. } in rehearsed {
            let mut script = written.clone();
            for Place { step, argument, callback } in functions {
                let (kept, address) = kept::plain(&mut line.conversation, callback)?;
                made.push(kept);
                script.steps[*step].arguments[*argument] = LoopArgument::Text(address.to_string());
            }
            scripts.push(script);
        }
        Ok(scripts)
    }

    fn ran(
        &mut self,
        request: &RepeatRequest<'_>,
        written: Vec<LoopScript>,
    ) -> Result<RepeatReply, SubjectFault> {
        let fit = |scripts: &[Vec<Ran>]| {
            scripts.len() == self.rehearsed.len()
                && scripts.iter().zip(&self.rehearsed).all(|(runs, of)| {
                    runs.len() <= Tally::MOST && runs.iter().all(|ran| of.fits(ran))
                })
        };
        let what = format!("`loop` of {}", self.names(request.scripts));
        let asked = Request::Loop {
            scripts: written,
            rounds: request.rounds.into(),
            threads: request.threads.into(),
            collect: request.collect,
        };
        let came = self.line.conversation.ask(asked, &what, |reply| match reply {
            Reply::Looped { scripts } if fit(&scripts) => Ok(scripts),
            _ => Err(OtherAnswer),
        })?;
        let mut scripts = Vec::with_capacity(came.len());
        for (number, runs) in came.into_iter().enumerate() {
            let steps = request.scripts[number].steps.len();
            let mut tallies = vec![Tally::default(); steps];
            for ran in runs {
                let times = ran.times.get();
                let replies = self.raised(number, &ran);
                for (tally, reply) in tallies.iter_mut().zip(replies) {
                    tally.count(reply, times);
                }
            }
            scripts.push(tallies);
        }
        Ok(RepeatReply { scripts })
    }

    fn names(&self, scripts: &[Script]) -> String {
        let steps = scripts.iter().flat_map(|script| &script.steps);
        let mut names: Vec<&str> = steps
            .filter_map(|step| self.plans.get(step.function.0))
            .map(|plan| &*plan.symbol)
            .collect();
        names.sort_unstable();
        names.dedup();
        format!("`{}`", names.join("`, `"))
    }

    /// What a run came to, a reply for each step.
    fn raised(&mut self, number: usize, ran: &Ran) -> Vec<CallReply> {
        let rehearsed = &self.rehearsed[number];
        let script = rehearsed.script.clone();
        self.line.play(rehearsed.with(ran));
        let came = self.once(&script);
        self.line.go_live();
        let otherwise = || CallReply::of(Outcome::Failed(OTHERWISE.into()));
        match came {
            Ok(tallies) => {
                let one = |tally: Tally| tally.replies.into_iter().next();
                let reply = |tally| one(tally).map_or_else(otherwise, |(reply, _)| reply);
                tallies.into_iter().map(reply).collect()
            }
            Err(_) => script.steps.iter().map(|_| otherwise()).collect(),
        }
    }
}

impl Rehearsed {
    /// Whether a run is said as it must be.
    fn fits(&self, ran: &Ran) -> bool {
        let value = |(event, value): (&Event, &Option<String>)| match event {
            Event::Peeked { .. } => value.is_none(),
            Event::Called { returns: CarrierType::Void, .. } => value.is_none(),
            Event::Called { returns: CarrierType::Pointer, .. } => {
                matches!(value.as_deref(), Some("0" | "1"))
            }
            Event::Called { .. } => value.is_some(),
        };
        let lengths = ran.shown.iter().map(|Hex(bytes)| bytes.len());
        let steps = || self.events.iter().filter(|event| event.is_step());
        ran.values.len() == steps().count()
            && steps().zip(&ran.values).all(value)
            && lengths.eq(self.pieces.iter().map(|piece| piece.length))
    }

    /// What was noted, with what a run came to in its place. Addresses stay: nobody sees those of a run.
    fn with(&self, ran: &Ran) -> Vec<Event> {
        let mut events = self.events.clone();
        let steps = events.iter_mut().filter(|event| event.is_step());
        for (event, said) in steps.zip(&ran.values) {
            let Event::Called { returns, returned, .. } = event else { continue };
            match (returns, &mut returned.value) {
                (CarrierType::Pointer, Some(address))
                    if said.as_deref() == Some("1") && address != "0" => {}
                (_, value) => value.clone_from(said),
            }
        }
        for (piece, Hex(shown)) in self.pieces.iter().zip(&ran.shown) {
            let bytes = match (&mut events[piece.event], piece.of) {
                (Event::Called { returned, .. }, Some(block)) => &mut returned.blocks[block].0,
                (Event::Peeked { bytes, .. }, _) => bytes,
                (Event::Called { .. }, None) => continue,
            };
            bytes[piece.offset..piece.offset + piece.length].copy_from_slice(shown);
        }
        events
    }
}
