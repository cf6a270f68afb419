//! The stage that works: plans to layers, configs and manifests.
//!
//! Layers are read in parallel, each once where that suffices, and not at all where the store knows what they hold. What a
//! first reading guessed is compared with what the finished indexes say, and made again where it differs, so that the bytes
//! follow from the plan alone.

mod accounts;
mod additions;
mod artifacts;
mod bases;
mod blame;
mod config;
mod error;
mod fingerprint;
mod finish;
mod image;
mod indexes;
mod keeping;
mod key;
mod known;
mod layout;
mod metered;
mod packages;
mod shared;
mod stages;
mod states;
mod work;
mod write;

pub use accounts::AccountsError;
pub use error::{AssembleError, Fault};
pub use image::{AddedPackages, AssembledImage, AssembledLayer, Origin};
pub use shared::Shared;
pub use stages::assemble;
pub use work::{Tally, Work};

use std::sync::Arc;

use crate::contents::Allow;
use crate::interrupt::Interrupt;
use crate::layer::Codec;
use crate::limits::{Budget, Limits};
use crate::oci::Compression;
use crate::plan::{ImagePlan, Target};
use crate::progress::Progress;
use crate::provision::Provisioner;
use crate::store::{Staging, Store};

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
    /// What packages are provided with, where they can be.
    pub provisioner: Provisioner<'a>,
    /// Where new blobs are made.
    pub staging: &'a Staging,
    /// What earlier builds kept, and this one keeps for later ones.
    pub store: Option<&'a Arc<Store>>,
    /// What other builds of this process read, where there are such.
    pub shared: Option<&'a Shared>,
    /// What is done is counted here.
    pub work: &'a Work,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
}

/// An image to be assembled, and the target it is for.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// The image.
    pub plan: &'a ImagePlan,
    /// The target.
    pub target: &'a Target,
}

/// All results, or the first error in their order.
fn all<T>(results: Vec<Result<T, AssembleError>>) -> Result<Vec<T>, AssembleError> {
    results.into_iter().collect()
}

fn codec(compression: Compression) -> Codec {
    match compression {
        Compression::Gzip => Codec::Gzip,
        Compression::Zstd | Compression::None => Codec::Zstd,
    }
}
