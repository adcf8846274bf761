//! What `conform gate` holds costs against: committed budgets, and another build of the binder.

pub mod base;
pub mod budgets;
