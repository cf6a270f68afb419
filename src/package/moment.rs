//! Points in time, as repositories and signatures name them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64);

impl Moment {
    /// So many seconds later.
    pub fn after(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => time.fmt(f),
            // Where no calendar reaches.
            Err(_) => write!(f, "{} s after 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_in_utc() {
        assert_eq!(Moment(1_795_219_200).to_string(), "2026-11-21T00:00:00Z");
        assert_eq!(Moment(0).after(1).to_string(), "1970-01-01T00:00:01Z");
        assert_eq!(Moment(i64::MAX).after(1).to_string(), "9223372036854775807 s after 1970");
    }
}
