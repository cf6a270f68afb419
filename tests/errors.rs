//! What goes wrong: the exit code, the words that people read, and that nothing is left behind.
//!
//! [`Sandbox::refused`](crate::support::Sandbox::refused) holds for every case here that all files are as they were.

mod accounts;
mod conflicts;
mod corrupt;
mod hostile;
mod inputs;
mod interrupt;
mod outputs;
mod specification;
mod usage;
