//! What registries can do, learned once.

/// What is known of a registry; nothing where it was never asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Whether it has the referrers API.
    pub referrers: Option<bool>,
    /// Whether it mounts blobs from other repositories.
    pub mount: Option<bool>,
    /// Whether it takes a blob in one POST.
    pub single_post: Option<bool>,
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
