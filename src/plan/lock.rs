//! What is pinned besides what the specification says.

use std::collections::HashMap;
use std::sync::Arc;

use crate::oci::Platform;
use crate::package::Locked;

/// The packages that images may get, and no others.
#[derive(Clone, Debug, Default)]
pub struct PackageLock(HashMap<Pinned, Arc<Locked>>);

/// An image whose packages are pinned: the repository it is for, its base as people name it, its platform.
type Pinned = (String, String, String);

impl PackageLock {
    /// Pins the packages of an image.
    pub fn pin(&mut self, destination: &str, base: &str, platform: &str, packages: Locked) {
        let image = (destination.to_owned(), base.to_owned(), platform.to_owned());
        self.0.insert(image, Arc::new(packages));
    }

    /// The packages of an image, where it is known.
    pub(super) fn of(&self, destination: &str, base: &str, platform: &Platform) -> Option<Arc<Locked>> {
        self.0.get(&(destination.to_owned(), base.to_owned(), platform.to_string())).cloned()
    }
}
