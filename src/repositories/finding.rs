//! What people want to know of repositories.

use crate::package::Moment;

/// Something about a repository that people want to know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// An index is signed with SHA-1 alone.
    #[error("{repository} is signed by {key} with SHA-1 alone")]
    Sha1 {
        /// The index.
        repository: String,
        /// The key's file.
        key: String,
    },
    /// What a release says of itself is no longer valid.
    #[error("{repository} was valid until {until}, and this machine's clock says {now}")]
    Expired {
        /// The index.
        repository: String,
        /// Until when it was valid.
        until: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// An index was not renewed for long.
    #[error("{repository} is of {date}, and this machine's clock says {now}: that is more than {days} days")]
    Old {
        /// The index.
        repository: String,
        /// When it was made.
        date: Moment,
        /// What the clock says.
        now: Moment,
        /// How many days are tolerated.
        days: u32,
    },
    /// What was kept of a repository is used, and its server not asked.
    #[error("{repository} is used as it was last seen: its server was not asked")]
    Offline {
        /// The index.
        repository: String,
    },
    /// Records that cannot be used are left out.
    #[error("{repository} has {count} records without a file, which are left out")]
    LeftOut {
        /// The index.
        repository: String,
        /// How many.
        count: u32,
    },
}

impl Finding {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sha1 { .. } => "W_PKG_SHA1",
            Self::Expired { .. } | Self::Old { .. } => "W_PKG_STALE",
            Self::Offline { .. } => "W_PKG_OFFLINE",
            Self::LeftOut { .. } => "W_PKG_RECORDS",
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Sha1 { .. } => Some("--deny sha1 refuses it"),
            Self::Expired { .. } => {
                Some("set this machine's clock, if it is ahead; else use a mirror that is renewed")
            }
            Self::Old { .. } | Self::Offline { .. } | Self::LeftOut { .. } => None,
        }
    }
}
