//! What is wanted for one platform, and how packages are provided.

use std::sync::Arc;

use crate::contents::{Allow, View};
use crate::layer::Reading;
use crate::oci::Platform;
use crate::package::Locked;
use crate::plan::PackagesPlan;
use crate::repositories::{Policy, Repositories, Work};

/// The packages that are wanted on one platform of a target.
#[derive(Clone)]
pub struct Wish {
    /// What is asked for.
    pub packages: Arc<PackagesPlan>,
    /// The packages that may be added, where only some may.
    pub locked: Option<Arc<Locked>>,
    /// The platform.
    pub platform: Platform,
    /// What the base looks like.
    pub base: Arc<View>,
    /// The latest time that an entry may have, in seconds since 1970.
    pub latest: Option<i64>,
}

/// What packages are provided with.
#[derive(Clone, Copy)]
pub struct Provisioner<'a> {
    /// Where packages come from.
    pub repositories: &'a Repositories,
    /// Whether other builds of this process may choose from the same indexes.
    pub keeps_indexes: bool,
    /// What is tolerated of repositories.
    pub policy: &'a Policy,
    /// Whether platforms may get different versions.
    pub allow_skew: bool,
    /// What may be replaced.
    pub allow: Allow,
    /// How packages are read.
    pub reading: Reading<'a>,
    /// How work under way tells that it goes on.
    pub work: Work<'a>,
}
