//! A plan: everything a build will do, decided, and nothing done yet.
//!
//! A plan pins its inputs by digest and holds intent alone; with the indexes of the inputs' layers it gives the contents of
//! every layer, and two equal plans give equal bytes.

mod accounts;
mod artifact;
mod base;
mod content;
mod context;
mod error;
mod file;
mod find;
mod lock;
mod packages;
mod problems;
mod remotes;
mod resolve;
mod runtime;
mod target;
mod time;

pub use accounts::AccountsPlan;
pub use artifact::ArtifactPlan;
pub use content::Content;
pub use context::Context;
pub use error::{PlanError, Problem};
pub use file::{FileKind, FilePlan};
pub use lock::PackageLock;
pub use packages::{Key, KeyPlan, PackagesPlan};
pub use remotes::Remotes;
pub use resolve::resolve;
pub use runtime::Runtime;
pub use target::{ImagePlan, Target};
pub use time::Timestamp;

/// The plan of a customization: an image for each of its targets.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The images, in the order of the targets.
    pub targets: Vec<Target>,
}
