//! The suite's own reading of contract C and L: what must arrive for given arguments, and what a
//! call obliges. Written apart from the reference binder, so that the two can disagree; only struct
//! offsets are taken from the contract's layout, which the library's manifest confirmed.

mod arrive;
mod memory;
mod oblige;

pub use arrive::{arrivals, by_value, given};
pub use oblige::{Obliged, obliged, touches_memory};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Body, Corpus};

    /// A carrier that neither the model nor the case knows would be compared with nothing.
    #[test]
    fn every_carrier_of_the_shipped_corpus_is_expected() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec-cases");
        let clauses = contract::clause::ids().into_iter().map(str::to_owned).collect();
        let corpus = Corpus::load(std::path::Path::new(folder), &clauses).expect("it is read");
        let mut carriers = 0;
        for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
            let Body::Calls(steps) = &case.body else { continue };
            for step in steps {
                if step.arrives.is_some() || step.is_refused() {
                    continue;
                }
                let values = step.values();
                let known = arrivals(&step.function.signature, &values, &corpus.declarations);
                let name = case.name();
                assert!(known.iter().all(Option::is_some), "{name} of {}", step.function.name);
                carriers += known.len();
            }
        }
        assert!(carriers > 1000, "{carriers}");
    }
}
