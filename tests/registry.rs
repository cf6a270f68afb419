//! Builds that work with registries.

mod pull;
