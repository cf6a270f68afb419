//! What registries can do, remembered by the store.

use std::sync::Arc;

use crate::registry::{Abilities, Memory};
use crate::store::Store;

/// The store as a memory of registries; without one, nothing is remembered.
pub struct Remembered(Option<Arc<Store>>);

impl Remembered {
    /// Remembers by a store.
    pub fn by(store: Option<Arc<Store>>) -> Self {
        Self(store)
    }
}

/// Abilities as the store keeps them, in the order of their fields.
type Kept = (Option<bool>, Option<bool>, Option<bool>, Option<bool>);

impl Memory for Remembered {
    fn recall(&self, host: &str) -> Abilities {
        let kept: Option<Kept> = self.0.as_ref().and_then(|store| store.learned(host));
        let (referrers, mount, single_post, whole_put) = kept.unwrap_or_default();
        Abilities { referrers, mount, single_post, whole_put }
    }

    fn learn(&self, host: &str, abilities: &Abilities) {
        if let Some(store) = &self.0 {
            let Abilities { referrers, mount, single_post, whole_put } = *abilities;
            let kept: Kept = (referrers, mount, single_post, whole_put);
            store.keep_learned(host, &kept);
        }
    }
}
