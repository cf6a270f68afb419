//! What several fuzz targets need, and the slow references that the engine has to agree with.
//!
//! A target is a file in `targets/`: bytes in, and a panic where something that always holds does not. `tests/fuzz/run`
//! builds them all and runs them.

pub mod ar;
pub mod blobs;
pub mod challenge;
pub mod grammar;
pub mod gunzip;
pub mod json;
pub mod link;
pub mod pattern;
pub mod records;
pub mod sealed;
pub mod versions;
