//! What was learned of registries.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Key, Store, sealed};

impl Store {
    /// What was learned of the registry `host`.
    pub fn learned<T: DeserializeOwned>(&self, host: &str) -> Option<T> {
        sealed::read(&self.place.registries, &Key::of("registry", &host), sealed::value)
    }

    /// Keeps what was learned of the registry `host`.
    pub fn keep_learned<T: Serialize>(&self, host: &str, learned: &T) {
        let key = Key::of("registry", &host);
        self.note(sealed::write_value(&self.place.new, &self.place.registries, &key, learned));
    }
}
