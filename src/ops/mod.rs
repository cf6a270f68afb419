//! One verb a file; used alike by the command line and by tests.

pub mod build;
pub mod diagnostic;
pub mod inspect;
pub mod load;
mod publish;
pub mod report;
pub mod store;
pub mod validate;
