//! Keys: what an entry of the store depends on, all of it.

use serde::Serialize;

use crate::oci::Digest;

/// The name of an entry: the sha256 of all that its content follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of these facts, in postcard's form; `kind` tells apart what might look the same.
    pub fn of(kind: &str, facts: &impl Serialize) -> Self {
        let bytes =
            postcard::to_allocvec(&(kind, facts)).expect("facts are numbers, texts and lists of them");
        match Digest::of(&bytes) {
            Digest::Sha256(key) => Self(key),
            Digest::Sha512(_) => unreachable!("the digest of bytes is a sha256"),
        }
    }

    /// The name of its file.
    pub(super) fn hex(&self) -> String {
        hex::encode(self.0)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_with_their_kind_and_their_facts() {
        let keys = [
            Key::of("a", &("b", 1)),
            Key::of("a", &("b", 2)),
            Key::of("ab", &("", 1)),
            Key::of("b", &("b", 1)),
        ];
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(keys.iter().position(|other| other == key), Some(number));
        }
        assert_eq!(keys[0], Key::of("a", &("b", 1)));
    }
}
