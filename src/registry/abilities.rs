//! What registries can do, learned once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What is known of a registry; nothing where it was never asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Whether it has the referrers API.
    pub referrers: Option<bool>,
    /// Whether it mounts blobs from other repositories.
    pub mount: Option<bool>,
    /// Whether it takes a blob in one POST.
    pub single_post: Option<bool>,
    /// Whether it takes a blob of any size in one PUT.
    pub whole_put: Option<bool>,
}

/// Where abilities are remembered from one run to the next.
pub trait Memory: Send + Sync {
    /// What is known of the registry `host`.
    fn recall(&self, host: &str) -> Abilities;
    /// Remembers what was learned of the registry `host`.
    fn learn(&self, host: &str, abilities: &Abilities);
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMemory;

impl Memory for NoMemory {
    fn recall(&self, _: &str) -> Abilities {
        Abilities::default()
    }

    fn learn(&self, _: &str, _: &Abilities) {}
}

/// What a process knows of registries, by host: recalled once, and remembered when it changes.
#[derive(Default)]
pub(super) struct Learned(Mutex<BTreeMap<String, Abilities>>);

impl Learned {
    pub(super) fn of(&self, host: &str, memory: &dyn Memory) -> Abilities {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(host) {
            Some(abilities) => *abilities,
            None => *known.entry(host.to_owned()).or_insert_with(|| memory.recall(host)),
        }
    }

    pub(super) fn learn(&self, host: &str, memory: &dyn Memory, change: impl FnOnce(&mut Abilities)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let abilities = known.entry(host.to_owned()).or_insert_with(|| memory.recall(host));
        let before = *abilities;
        change(abilities);
        if *abilities != before {
            memory.learn(host, abilities);
        }
    }
}
