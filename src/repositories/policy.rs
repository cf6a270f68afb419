//! What is tolerated of repositories.

use crate::package::Moment;

/// What is tolerated of repositories, and what time it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// What the clock says.
    pub now: Moment,
    /// Whether an index may be older than one that was seen before.
    pub allow_rollback: bool,
    /// What becomes of indexes that are too old.
    pub stale: Stale,
    /// From how many days on an index without an end of its own is too old.
    pub stale_days: u32,
    /// Whether signatures with SHA-1 are refused; apk alone has any that count.
    pub deny_sha1: bool,
    /// Whether each package has to be signed itself, besides its index (apk).
    pub require_package_signature: bool,
    /// Whether indexes that the store has are used without asking their server for newer ones.
    pub offline: bool,
}

/// What becomes of indexes that are too old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stale {
    /// They are used, and told of.
    #[default]
    Warn,
    /// They are refused.
    Refuse,
    /// Nothing: for archives that stand still. A `Valid-Until` that has passed is nothing either.
    Ignore,
}

impl Policy {
    /// What holds where nobody says anything: 14 days, a warning.
    pub fn at(now: Moment) -> Self {
        Self {
            now,
            allow_rollback: false,
            stale: Stale::Warn,
            stale_days: 14,
            deny_sha1: false,
            require_package_signature: false,
            offline: false,
        }
    }
}
