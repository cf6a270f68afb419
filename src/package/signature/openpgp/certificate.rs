//! OpenPGP certificates.

/// A primary key and its subkeys, and what its owner says of them.
#[derive(Clone, Debug)]
pub struct Certificate {}

impl Certificate {
    /// All certificates of a file, binary or in armour.
    pub(in crate::package::signature) fn all(bytes: &[u8]) -> Result<Vec<Self>, String> {
        let _ = bytes;
        unimplemented!()
    }
}
