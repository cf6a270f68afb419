//! All integration tests, in one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fixtures;
mod modules;
mod patterns;
mod schema;
mod spec;
