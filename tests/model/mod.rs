//! Built images against a model that is as simple as the specification, and against other tools.
//!
//! `OVERCOAT_CASES` is how many random images each property is tried on, others every time. Without it there are 256,
//! always the same.

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
mod rows;
mod stack;

use std::panic::Location;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// How many random images a property is tried on.
fn cases() -> u32 {
    asked_for().unwrap_or(256)
}

fn asked_for() -> Option<u32> {
    std::env::var("OVERCOAT_CASES").ok().map(|count| count.parse().unwrap())
}

/// Tries a property on random values, and says the least value on which it fails.
#[track_caller]
fn for_random<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), String>) {
    let source_file = Some(Location::caller().file());
    let config =
        ProptestConfig { cases: cases(), max_shrink_iters: 2_000, source_file, ..ProptestConfig::default() };
    let property = |value| property(value).map_err(TestCaseError::fail);
    let mut runner = match asked_for() {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    if let Err(error) = runner.run(&strategy, property) {
        panic!("{error}");
    }
}

/// Fails where what a property is about came up in fewer than one of `among` random images.
#[track_caller]
fn assert_common(what: &str, found: u32, among: u32) {
    println!("{found} {what}");
    assert!(found >= cases() / among, "only {found} {what}");
}
