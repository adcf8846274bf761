//! The round trip: a case's calls once, on the path the signature asks for. What came back, what
//! arrived, what was freed and what arrays hold are compared with the case.

use std::sync::Arc;

use corpus::case::{Body, Case, Step};

use super::calls;
use super::{About, Arm, Puts};
use crate::session::{Route, Session, Stop};

pub(super) struct RoundTrip;

impl Arm for RoundTrip {
    fn about(&self) -> About {
        About { name: "round-trip", puts: Puts::Once, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        matches!(&case.body, Body::Calls(steps) if !steps.iter().any(Step::is_refused))
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        calls::run(case, session, Route::BySignature).map(drop)
    }
}
