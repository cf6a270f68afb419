//! The stage that works: plans to layers, configs and manifests.
//!
//! Layers are read in parallel, each once where that suffices. What a first reading guessed is compared with what the
//! finished indexes say, and made again where it differs, so that the bytes follow from the plan alone.

mod accounts;
mod config;
mod error;
mod image;
mod indexes;
mod metered;
mod stages;
mod write;

pub use accounts::AccountsError;
pub use error::{AssembleError, Fault};
pub use image::{AssembledImage, AssembledLayer, Origin};
pub use stages::{Order, assemble};

use crate::contents::Allow;
use crate::interrupt::Interrupt;
use crate::limits::{Budget, Limits};
use crate::progress::Progress;
use crate::store::Staging;

/// What a build works with.
pub struct Workshop<'a> {
    /// How many threads work at a time.
    pub jobs: usize,
    /// The limits on inputs.
    pub limits: &'a Limits,
    /// The bytes that may still be read.
    pub budget: &'a Budget,
    /// Whether to stop.
    pub interrupt: &'a Interrupt,
    /// What is allowed besides.
    pub allow: Allow,
    /// Whether artifacts may bring devices.
    pub allow_devices: bool,
    /// Whether layers are always laid out before they are written, in two readings.
    pub two_passes: bool,
    /// Where new blobs are made.
    pub staging: &'a Staging,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
}
