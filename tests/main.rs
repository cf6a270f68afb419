//! All integration tests, in one binary.

mod modules;
mod refusal;
mod support;
mod workload;
