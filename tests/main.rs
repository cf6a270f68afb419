//! All integration tests, in one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod build;
mod catalog;
mod conformance;
mod errors;
mod faults;
mod fixtures;
mod hostile;
mod inspect;
mod load;
mod memory;
mod model;
mod modules;
mod packages;
mod patterns;
mod public;
mod readme;
mod real;
mod real_registry;
mod refusal;
mod registry;
mod reproducible;
mod schema;
mod spec;
mod store;
mod support;
mod wire;
mod workload;
