//! OpenPGP certificates.

use pgp::composed::{Deserializable, SignedPublicKey, SignedPublicSubKey};
use pgp::types::{KeyDetails, KeyId};

use super::standing;
use crate::package::Moment;
use crate::package::signature::{Fingerprint, Rejection};

/// A primary key and its subkeys, and what its owner says of them.
#[derive(Clone, Debug)]
pub struct Certificate {
    key: SignedPublicKey,
    /// The only key of it that counts, where that is said.
    only: Option<Fingerprint>,
}

/// A key of a certificate.
pub(super) struct Signer<'a> {
    /// The certificate it is of.
    pub(super) certificate: &'a SignedPublicKey,
    /// The subkey that it is; the primary key otherwise.
    pub(super) subkey: Option<&'a SignedPublicSubKey>,
}

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

impl Certificate {
    /// All certificates of a file, binary or in any number of blocks of armour. Those of forms that are not known are left
    /// out.
    pub(in crate::package::signature) fn all(bytes: &[u8]) -> Vec<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(BEGIN) => {
                let blocks = text.match_indices(BEGIN).map(|(start, _)| &text[start..]);
                let blocks = blocks.filter_map(|rest| Some(&rest[..rest.find(END)? + END.len()]));
                blocks.flat_map(armoured).collect()
            }
            _ => SignedPublicKey::from_bytes_many(bytes).map(Self::usable).unwrap_or_default(),
        }
    }

    /// The fingerprint of its primary key.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.key)
    }

    /// The certificate, as far as the key counts that `text` names by its fingerprint: the primary key with all its subkeys, or
    /// a subkey alone.
    pub fn narrowed(&self, text: &str) -> Option<Self> {
        if self.fingerprint().is(text) {
            return Some(self.clone());
        }
        let subkeys = self.key.public_subkeys.iter().map(|subkey| fingerprint(&subkey.key));
        let only = subkeys.into_iter().find(|fingerprint| fingerprint.is(text))?;
        Some(Self { key: self.key.clone(), only: Some(only) })
    }

    /// Its keys that may have signed.
    pub(super) fn signers(&self) -> impl Iterator<Item = Signer<'_>> {
        let certificate = &self.key;
        let subkeys = certificate.public_subkeys.iter();
        let primary = Signer { certificate, subkey: None };
        let all = std::iter::once(primary)
            .chain(subkeys.map(|subkey| Signer { certificate, subkey: Some(subkey) }));
        all.filter(|signer| self.only.as_ref().is_none_or(|only| *only == signer.fingerprint()))
    }

    fn usable(keys: impl Iterator<Item = pgp::errors::Result<SignedPublicKey>>) -> Vec<Self> {
        keys.flatten().map(|key| Self { key, only: None }).collect()
    }
}

fn armoured(block: &str) -> Vec<Certificate> {
    SignedPublicKey::from_string_many(block).map(|(keys, _)| Certificate::usable(keys)).unwrap_or_default()
}

impl Signer<'_> {
    /// What the key is called.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.subkey.map_or_else(|| fingerprint(self.certificate), |subkey| fingerprint(&subkey.key))
    }

    /// The end of its fingerprint, by which old signatures name it.
    pub(super) fn key_id(&self) -> KeyId {
        self.subkey.map_or_else(|| self.certificate.legacy_key_id(), |subkey| subkey.key.legacy_key_id())
    }

    /// When it was made.
    pub(super) fn created(&self) -> Moment {
        let created =
            self.subkey.map_or_else(|| self.certificate.created_at(), |subkey| subkey.key.created_at());
        Moment(created.as_secs().into())
    }

    /// Whether it may sign at this time.
    pub(super) fn standing(&self, now: Moment) -> Result<(), Rejection> {
        match self.subkey {
            Some(subkey) => standing::subkey(self.certificate, subkey, now),
            None => standing::primary(self.certificate, now),
        }
    }
}

fn fingerprint(key: &impl KeyDetails) -> Fingerprint {
    Fingerprint::new(key.fingerprint().as_bytes())
}
