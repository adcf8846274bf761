//! Binding: a function whose symbol, or whose free or next symbol, the library lacks is refused by
//! path and symbol when it is bound (B-1), and nothing else is the matter afterwards.

use std::sync::Arc;

use corpus::case::{BindingCase, Body, Case};
use subject::{BindReply, BindRequest};

use super::refusal::unserved;
use super::{About, Arm};
use crate::session::{Session, Stop};

pub(super) struct Binding;

impl Arm for Binding {
    fn about(&self) -> About {
        About { name: "binding", ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        matches!(case.body, Body::Binding(_))
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let Body::Binding(binding) = &case.body else { return Ok(()) };
        lacks(binding, session)
    }
}

fn lacks(case: &BindingCase, session: &mut Session) -> Result<(), Stop> {
    let first = session.evidence.next();
    let reply = session.subject.bind(&BindRequest {
        symbol: case.symbol.clone(),
        signature: case.text.clone(),
        ..BindRequest::default()
    })?;
    let what = format!("binding {} to {}", case.symbol, case.text);
    let name = session.library.file_name().unwrap_or_default().to_string_lossy().into_owned();
    session.judgement.saw(what.clone(), None);
    if let BindReply::Unsupported(message) = &reply {
        return Err(unserved(&case.text, message));
    }
    let BindReply::Unlinked(message) = &reply else {
        let describe = || ("not linked".into(), outcome(&reply));
        session.judgement.check("B-1", what, false, describe);
        return Ok(());
    };
    for part in [&case.lacks, &name] {
        let describe = || (format!("a message that names {part}"), message.clone());
        session.judgement.check("B-1", &what, message.contains(part.as_str()), describe);
    }
    let events = session.evidence.next() - first;
    session.judgement.equal("B-1", format_args!("native calls by {what}"), &0, &events);
    Ok(())
}

pub(super) fn outcome(reply: &BindReply) -> String {
    match reply {
        BindReply::Bound { .. } => "bound".into(),
        BindReply::Refused(refusal) => format!("the signature was refused {refusal}"),
        BindReply::Unlinked(message) => format!("not linked: {message}"),
        BindReply::Unsupported(message) => format!("not supported: {message}"),
    }
}
