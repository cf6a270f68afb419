//! What OpenPGP keys are called.

use std::fmt;

/// The fingerprint of an OpenPGP key: 20 or 32 bytes, shown in upper-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<[u8]>);

impl Fingerprint {
    /// The fingerprint of these bytes.
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Whether `text` names it: all its digits, of any case.
    pub fn is(&self, text: &str) -> bool {
        hex::decode(text).is_ok_and(|bytes| *bytes == *self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
