//! A binder for the boundary contract: it takes a signature as data and a compiled library and
//! returns functions callable with dynamic host values.

pub mod contract;
