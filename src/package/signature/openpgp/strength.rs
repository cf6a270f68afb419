//! What nobody can forge.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::Signature;
use pgp::ser::Serialize;
use pgp::types::PublicParams;

use crate::package::signature::Rejection;

/// Bits that an RSA key has at least.
const RSA_BITS: u16 = 2048;

/// Whether a signature's digest cannot be forged.
pub(super) fn of_digest(signature: &Signature) -> Result<(), Rejection> {
    match signature.hash_alg() {
        Some(HashAlgorithm::Sha256 | HashAlgorithm::Sha384 | HashAlgorithm::Sha512) => Ok(()),
        Some(HashAlgorithm::Sha224 | HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_512) => Ok(()),
        Some(weak @ (HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160)) => {
            Err(Rejection::WeakDigest(weak.to_string()))
        }
        _ => Err(Rejection::Unsupported),
    }
}

/// Whether a key cannot be broken.
pub(super) fn of_key(key: &PublicParams) -> Result<(), Rejection> {
    match key {
        PublicParams::RSA(rsa) => match bits(rsa) {
            bits if bits >= RSA_BITS => Ok(()),
            bits => Err(Rejection::WeakKey(format!("RSA of {bits} bits"))),
        },
        PublicParams::EdDSALegacy(_)
        | PublicParams::Ed25519(_)
        | PublicParams::Ed448(_)
        | PublicParams::ECDSA(_) => Ok(()),
        PublicParams::DSA(_) => Err(Rejection::WeakKey("DSA".to_owned())),
        _ => Err(Rejection::Unsupported),
    }
}

/// The bits of an RSA modulus: what the number that it is written as begins with.
fn bits(rsa: &impl Serialize) -> u16 {
    let written = rsa.to_bytes().unwrap_or_default();
    written.first_chunk().map_or(0, |bits| u16::from_be_bytes(*bits))
}
