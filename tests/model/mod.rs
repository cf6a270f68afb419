//! Built images against a model that is as simple as the specification, and against other tools.
//!
//! `OVERCOAT_CASES` is how many random images each property is tried on; 256 by default.

mod alone;
mod build;
mod disk;
mod emitted;
mod files;
mod fs;
mod image;
mod layer;
mod on_base;
mod passes;
mod place;
mod stack;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

/// Tries a property on random values, and says the least value on which it fails.
fn for_random<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), String>) {
    let cases = std::env::var("OVERCOAT_CASES").map_or(256, |count| count.parse().unwrap());
    let config = ProptestConfig { cases, max_shrink_iters: 2_000, ..ProptestConfig::default() };
    let config = ProptestConfig { failure_persistence: None, ..config };
    let property = |value| property(value).map_err(TestCaseError::fail);
    if let Err(error) = TestRunner::new(config).run(&strategy, property) {
        panic!("{error}");
    }
}
