//! Keys that sign repositories of tests, made as a test runs.

use std::sync::LazyLock;

use pgp::composed::{
    ArmorOptions, CleartextSignedMessage, DetachedSignature, KeyType, SecretKeyParamsBuilder, SignedSecretKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails as _, Password};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// A key of Ed25519.
#[derive(Clone, Copy)]
pub(crate) struct Key(&'static SignedSecretKey);

impl Key {
    /// The key that signs.
    pub(crate) fn test() -> Self {
        static KEY: LazyLock<SignedSecretKey> = LazyLock::new(|| generate(1));
        Self(&KEY)
    }

    /// A key that signs nothing that is trusted.
    pub(crate) fn other() -> Self {
        static KEY: LazyLock<SignedSecretKey> = LazyLock::new(|| generate(2));
        Self(&KEY)
    }

    /// The certificate, binary.
    pub(crate) fn certificate(self) -> Vec<u8> {
        self.0.to_public_key().to_bytes().unwrap()
    }

    /// What tells it from others, in upper case.
    pub(crate) fn fingerprint(self) -> String {
        hex::encode_upper(self.0.primary_key.fingerprint().as_bytes())
    }

    /// A text with its signature around it.
    pub(crate) fn clearsigned(self, text: &str) -> String {
        let key = &self.0.primary_key;
        let signed = CleartextSignedMessage::sign(chance(0), text.trim_end(), key, &Password::empty());
        signed.unwrap().to_armored_string(ArmorOptions::default()).unwrap()
    }

    /// The signature of a text.
    pub(crate) fn signature(self, text: &str) -> String {
        let (key, digest) = (&self.0.primary_key, HashAlgorithm::Sha256);
        let signature =
            DetachedSignature::sign_binary_data(chance(0), key, &Password::empty(), digest, text.as_bytes());
        signature.unwrap().to_armored_string(ArmorOptions::default()).unwrap()
    }
}

fn generate(seed: u64) -> SignedSecretKey {
    let mut params = SecretKeyParamsBuilder::default();
    params.key_type(KeyType::Ed25519Legacy).can_certify(true).can_sign(true);
    params.primary_user_id("Tests <tests@example.org>".to_owned());
    params.build().unwrap().generate(chance(seed)).unwrap()
}

fn chance(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}
