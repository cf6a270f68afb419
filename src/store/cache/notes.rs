//! What was learned of registries.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Key, Store, sealed};

impl Store {
    /// What was learned of the registry `host`.
    pub fn learned<T: DeserializeOwned>(&self, host: &str) -> Option<T> {
        sealed::read(&self.place.registries, &Key::of("registry", &host), |input| {
            let mut bytes = Vec::new();
            input.read_to_end(&mut bytes)?;
            postcard::from_bytes(&bytes).map_err(io::Error::other)
        })
    }

    /// Keeps what was learned of the registry `host`.
    pub fn keep_learned<T: Serialize>(&self, host: &str, learned: &T) {
        let kept =
            sealed::write(&self.place.new, &self.place.registries, &Key::of("registry", &host), |out| {
                out.write_all(&postcard::to_allocvec(learned).map_err(io::Error::other)?)
            });
        self.note(kept);
    }
}
