//! One verb a file; used alike by the command line and by tests.

pub mod build;
pub mod diagnostic;
pub mod inspect;
pub mod load;
mod publish;
mod push;
pub mod remembered;
pub mod report;
pub mod several;
pub mod store;
pub mod validate;
pub mod workspace;
