//! The two worlds of packages.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::oci::Platform;

/// Whose packages: Alpine's, or Debian's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Packages of apk, as Alpine and Wolfi have them.
    Apk,
    /// Packages of dpkg, as Debian and Ubuntu have them.
    Deb,
}

impl Family {
    /// What this family calls a platform's architecture; nothing for one that it is not built for here.
    pub fn architecture(self, platform: &Platform) -> Option<&'static str> {
        match (self, platform.os(), platform.architecture()) {
            (Self::Apk, "linux", "amd64") => Some("x86_64"),
            (Self::Apk, "linux", "arm64") => Some("aarch64"),
            (Self::Deb, "linux", "amd64") => Some("amd64"),
            (Self::Deb, "linux", "arm64") => Some("arm64"),
            _ => None,
        }
    }

    /// What packages that fit every architecture say.
    pub fn any_architecture(self) -> &'static str {
        match self {
            Self::Apk => "noarch",
            Self::Deb => "all",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apk => "apk",
            Self::Deb => "deb",
        })
    }
}
