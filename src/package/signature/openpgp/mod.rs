//! OpenPGP: who signed a repository of Debian's kind.

mod certificate;

pub use certificate::Certificate;

use super::{Fingerprint, SignatureError};
use crate::package::Moment;

/// A text that is signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The bytes that were signed, and no others.
    pub text: String,
    /// The keys whose signatures count, each once.
    pub by: Vec<Fingerprint>,
}

/// Verifies a text in the cleartext framework, as `InRelease` is; a signature of one of `certificates` is enough.
pub fn verify_clearsigned(
    signed: &[u8],
    certificates: &[Certificate],
    now: Moment,
) -> Result<Verified, SignatureError> {
    let _ = (signed, certificates, now);
    unimplemented!()
}

/// Verifies a text whose signatures stand beside it, as those of `Release` do in `Release.gpg`.
pub fn verify_detached(
    text: &[u8],
    signatures: &[u8],
    certificates: &[Certificate],
    now: Moment,
) -> Result<Verified, SignatureError> {
    let _ = (text, signatures, certificates, now);
    unimplemented!()
}
