//! The suite's own reading of contract C and L: what must arrive for given arguments, and what a
//! call obliges. Written apart from the reference binder, so that the two can disagree; only struct
//! offsets are taken from the contract's layout, which the library's manifest confirmed.

mod arrive;
mod float;
mod memory;
mod oblige;

pub use arrive::{arrivals, arrived};
pub use oblige::{Obliged, obliged, touches_memory};
