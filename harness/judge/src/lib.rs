//! Judging: trials are planned from the corpus, put to a subject by an arm, and what was observed becomes
//! a verdict and a row.
//!
//! | module | holds |
//! |---|---|
//! | [`row`], [`verdict`] | what a trial came to, in the words of the report |
//! | [`describe`] | what a row shows people |
//! | [`session`] | a started subject, its evidence, and what is bound |
//! | [`dialect`] | what a case comes to under a subject's dialects |
//! | [`arm`] | the ways of putting a case |
//! | [`plan`] | which trials there are |
//! | [`judging`], [`supervise`] | trials put one after the other, to a subject that may die |
//! | [`probe`], [`known`] | what is not declared, and what is known to fail |
//!
//! May import the contract, the corpus and the subject's interface. Deliberately not here: what is
//! rendered, and the order of a run's stages.

mod alike;
pub mod arm;
mod arrived;
mod blame;
mod copies;
pub mod describe;
pub mod dialect;
pub mod judging;
pub mod known;
pub mod level;
pub mod plan;
pub mod probe;
pub mod progress;
pub mod row;
pub mod session;
pub mod supervise;
pub mod verdict;
