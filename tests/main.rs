//! All integration tests, in one binary.
#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod fixtures;
mod patterns;
