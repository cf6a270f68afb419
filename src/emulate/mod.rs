//! What the scripts of packages would have made, had they been run: made from data, and nothing is run (packages.md
//! section 7).
//!
//! A [`Scene`] is an image once everything but its generated files is laid out; [`emulate`] says what generated files it
//! gets, who its packages need as users and groups, and what of their scripts was not understood.

mod accounts;
mod alternatives;
mod busybox;
mod caches;
mod certificates;
mod commands;
mod declared;
mod defaults;
mod emulated;
mod library_cache;
#[cfg(test)]
mod sample;
mod scene;
mod script;
mod site;
mod static_accounts;
mod work;

pub use emulated::{Emulated, Gap, Generated, Made, Note, Reason};
pub use scene::{EmulateError, Scene};
pub use work::emulate;
