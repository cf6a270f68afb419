//! Signatures of indexes and packages: entries `.SIGN.<algorithm>.<key file>`.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, UnparsedPublicKey,
};

use super::container::Member;
use super::fragment::{Entry, entries};
use super::key::rsa_key;
use super::{ApkError, FormatError};
use crate::layer::{ReadErrorKind, Reading};
use crate::package::Keyring;
use crate::package::signature::{Refused, Rejection, SignatureError};
use crate::printable::printable;

/// Who signed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name of the key's file.
    pub key: String,
    /// Whether the signature is over SHA-1, which can be forged.
    pub is_sha1: bool,
}

/// The signatures of something, the strongest first.
#[derive(Debug, Default)]
pub(super) struct Signatures(Vec<Signature>);

#[derive(Debug)]
struct Signature {
    /// Nothing for one that is not known.
    algorithm: Option<Algorithm>,
    key: String,
    bytes: Vec<u8>,
}

/// How something is signed: RSA, PKCS #1 version 1.5. The strongest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Sha512,
    Sha256,
    Sha1,
}

/// How names of signatures begin.
const PREFIX: &[u8] = b".SIGN.";

/// The largest signature, in bytes; larger ones are as if they were not there.
const LARGEST: usize = 64 << 10;

impl Signatures {
    /// The signatures in a fragment; nothing where its first entry is none, so that it is no fragment of signatures.
    pub(super) fn parse(member: &Member, how: &Reading<'_>) -> Result<Option<Self>, ApkError> {
        let entries = entries(&member.bytes, how).map_err(|error| match (&*error.kind, &error.entry) {
            // A name that leaves the image cannot be a key's.
            (ReadErrorKind::Path(problem), Some(name)) if name.starts_with(PREFIX) => {
                SignatureError::Form(problem.to_string()).into()
            }
            _ => ApkError::from(error),
        })?;
        if !entries.first().is_some_and(|entry| entry.name.starts_with(PREFIX)) {
            return Ok(None);
        }
        let mut signatures = Vec::new();
        for entry in entries {
            signatures.extend(Signature::parse(entry)?);
        }
        // Those that are not known come last.
        signatures.sort_by_key(|signature| (signature.algorithm.is_none(), signature.algorithm));
        Ok(Some(Self(signatures)))
    }

    /// Who has signed `message`: one valid signature by a key of the keyring is enough.
    pub(super) fn verify(&self, message: &[u8], keyring: &Keyring) -> Result<Signer, SignatureError> {
        let mut refused = Vec::new();
        for signature in &self.0 {
            match signature.verify(message, keyring) {
                Ok(signer) => return Ok(signer),
                Err(why) => refused.push(Refused { issuer: Some(printable(signature.key.as_bytes())), why }),
            }
        }
        Err(SignatureError::NoneCounts(refused))
    }

    /// Whether one of them says that it is of a key of the keyring.
    pub(super) fn name_known(&self, keyring: &Keyring) -> bool {
        self.0.iter().any(|signature| signature.algorithm.is_some() && keyring.pem(&signature.key).is_some())
    }
}

impl Signature {
    fn parse(entry: Entry) -> Result<Option<Self>, ApkError> {
        let stray = |name: &[u8]| FormatError::Stray { section: "signature", name: name.into() };
        let spelled = entry.name.strip_prefix(PREFIX).ok_or_else(|| stray(&entry.name))?;
        let form = || SignatureError::Form(format!("`{}` names no key", printable(&entry.name)));
        let spelled = std::str::from_utf8(spelled).map_err(|_| form())?;
        let (algorithm, key) = spelled.split_once('.').ok_or_else(form)?;
        // The name chooses among keys; it is no path.
        if key.is_empty() || key.contains('/') {
            return Err(form().into());
        }
        let bytes = entry.content.ok_or_else(|| stray(&entry.name))?;
        let signature = Self { algorithm: Algorithm::named(algorithm), key: key.to_owned(), bytes };
        Ok((signature.bytes.len() <= LARGEST).then_some(signature))
    }

    fn verify(&self, message: &[u8], keyring: &Keyring) -> Result<Signer, Rejection> {
        let algorithm = self.algorithm.ok_or(Rejection::Unsupported)?;
        let pem = keyring.pem(&self.key).ok_or(Rejection::Unknown)?;
        let key = rsa_key(pem).ok_or(Rejection::Unsupported)?;
        let key = UnparsedPublicKey::new(algorithm.parameters(), key);
        key.verify(message, &self.bytes).map_err(|_| Rejection::Mismatch)?;
        Ok(Signer { key: self.key.clone(), is_sha1: algorithm == Algorithm::Sha1 })
    }
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        match name {
            "RSA" => Some(Self::Sha1),
            "RSA256" => Some(Self::Sha256),
            "RSA512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        }
    }
}
