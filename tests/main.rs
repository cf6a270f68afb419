//! All integration tests, in one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fixtures;
mod model;
mod modules;
mod patterns;
mod readme;
mod refusal;
mod schema;
mod spec;
mod support;
mod workload;
