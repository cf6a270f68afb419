//! OpenPGP: who signed a repository of Debian's kind.
//!
//! The crate `pgp` does the arithmetic. Which keys and signatures count, and until when, is said here: one valid signature of a
//! trusted key is enough, and those that do not count are told with their reasons.

mod certificate;
mod cleartext;
#[cfg(test)]
pub(crate) mod sample;
mod standing;
mod strength;
#[cfg(test)]
mod tests;

use pgp::armor::{BlockType, Dearmor};
use pgp::packet::{Packet, PacketParser, Signature, SignatureType, SubpacketData};

pub use certificate::Certificate;

use super::error::{FormProblem, Refused};
use super::{Fingerprint, Rejection, SignatureError};
use crate::package::Moment;
use certificate::Signer;
use standing::SLACK;

/// A text that is signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What was signed, and nothing else.
    pub text: String,
    /// The certificates of keys whose signatures count, by their primary keys, each once.
    pub by: Vec<Fingerprint>,
}

/// Verifies a text in the cleartext framework (RFC 9580, 7), as `InRelease` is; a signature of one of `certificates` is enough.
///
/// The text comes with line feeds, without the escapes of the framework and without blanks at the ends of lines: as it was
/// signed.
pub fn verify_clearsigned(
    signed: &[u8],
    certificates: &[Certificate],
    now: Moment,
) -> Result<Verified, SignatureError> {
    let cleartext::Parts { text, armour } = cleartext::parts(signed)?;
    let signatures = signatures(armour.as_bytes())?;
    let by = judge(&signatures, text.replace('\n', "\r\n").as_bytes(), certificates, now)?;
    Ok(Verified { text, by })
}

/// Verifies a text whose signatures stand beside it, binary or in armour, as those of `Release` do in `Release.gpg`.
pub fn verify_detached(
    text: &[u8],
    signatures: &[u8],
    certificates: &[Certificate],
    now: Moment,
) -> Result<Verified, SignatureError> {
    let text = cleartext::text(text)?;
    let by = judge(&self::signatures(signatures)?, text.as_bytes(), certificates, now)?;
    Ok(Verified { text: text.to_owned(), by })
}

/// The signatures of a file, binary or in armour.
fn signatures(bytes: &[u8]) -> Result<Vec<Signature>, SignatureError> {
    match bytes.starts_with(b"-----BEGIN ") {
        false => packets(bytes),
        true => {
            let mut dearmor = Dearmor::new(bytes);
            let is_signature = dearmor.read_header().is_ok() && dearmor.typ == Some(BlockType::Signature);
            if !is_signature {
                return Err(FormProblem::Armour.into());
            }
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut dearmor, &mut plain).map_err(|_| FormProblem::Armour)?;
            packets(&plain)
        }
    }
}

fn packets(bytes: &[u8]) -> Result<Vec<Signature>, SignatureError> {
    let signature = |packet| match packet {
        Ok(Packet::Signature(signature)) => Ok(signature),
        _ => Err(FormProblem::Armour.into()),
    };
    PacketParser::new(bytes).take(MOST).map(signature).collect()
}

/// Signatures of a file that are looked at.
const MOST: usize = 64;

/// Who has signed `text`, as far as it counts.
fn judge(
    signatures: &[Signature],
    text: &[u8],
    certificates: &[Certificate],
    now: Moment,
) -> Result<Vec<Fingerprint>, SignatureError> {
    let (mut by, mut refused) = (Vec::new(), Vec::new());
    for signature in signatures {
        match check(signature, text, certificates, now) {
            Ok(fingerprint) if by.contains(&fingerprint) => {}
            Ok(fingerprint) => by.push(fingerprint),
            Err(why) => refused.push(Refused { issuer: issuer(signature), why }),
        }
    }
    if by.is_empty() { Err(SignatureError::NoneCounts(refused)) } else { Ok(by) }
}

/// Whose signature it is, where it counts.
fn check(
    signature: &Signature,
    text: &[u8],
    certificates: &[Certificate],
    now: Moment,
) -> Result<Fingerprint, Rejection> {
    if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text))
        || has_unknown_demands(signature)
    {
        return Err(Rejection::Unsupported);
    }
    strength::of_digest(signature)?;
    if issuer(signature).is_none() {
        return Err(Rejection::Anonymous);
    }
    let signers = certificates.iter().flat_map(|certificate| {
        let own = certificate.signers().filter(|signer| names(signature, signer));
        own.map(|signer| (certificate.fingerprint(), signer))
    });
    let verdicts = signers.map(|(owner, signer)| valid(signature, text, &signer, now).map(|()| owner));
    // Several copies of one certificate: what one of them says was revoked is, whatever older ones say.
    let verdicts: Vec<_> = verdicts.collect();
    let revoked = verdicts.iter().find(|verdict| matches!(verdict, Err(Rejection::KeyRevoked)));
    let good = verdicts.iter().find(|verdict| verdict.is_ok());
    revoked.or(good).or(verdicts.first()).cloned().unwrap_or(Err(Rejection::Unknown))
}

/// Whether a key has made a signature of a text, and at a time at which both count.
fn valid(signature: &Signature, text: &[u8], signer: &Signer<'_>, now: Moment) -> Result<(), Rejection> {
    let matches = match signer.subkey {
        Some(subkey) => signature.verify(&subkey.key, text),
        None => signature.verify(&signer.certificate.primary_key, text),
    };
    matches.map_err(|_| Rejection::Mismatch)?;
    signer.standing(now)?;
    let at = created(signature).ok_or(Rejection::Unsupported)?;
    if at > now.after(SLACK) {
        return Err(Rejection::NotYet { at, now });
    }
    if at < signer.created() {
        return Err(Rejection::BeforeKey { at, key: signer.created() });
    }
    match expiry(signature) {
        Some(at) if at <= now => Err(Rejection::Expired { at, now }),
        _ => Ok(()),
    }
}

/// Whether a signature says that this key has made it: by the whole fingerprint, or by what old ones have instead.
fn names(signature: &Signature, signer: &Signer<'_>) -> bool {
    let fingerprints = signature.issuer_fingerprint();
    match fingerprints.is_empty() {
        false => fingerprints.iter().any(|one| Fingerprint::new(one.as_bytes()) == signer.fingerprint()),
        true => signature.issuer_key_id().iter().any(|id| **id == signer.key_id()),
    }
}

/// What a signature says of who made it.
fn issuer(signature: &Signature) -> Option<String> {
    let fingerprint = signature.issuer_fingerprint().first().map(|one| hex::encode_upper(one.as_bytes()));
    fingerprint.or_else(|| signature.issuer_key_id().first().map(|id| hex::encode_upper(id.as_ref())))
}

/// When a signature was made.
fn created(signature: &Signature) -> Option<Moment> {
    signature.created().map(|time| Moment(time.as_secs().into()))
}

/// When a signature's own time is over, where it ever is.
fn expiry(signature: &Signature) -> Option<Moment> {
    let seconds = signature.signature_expiration_time().map_or(0, |time| i64::from(time.as_secs()));
    created(signature).filter(|_| seconds != 0).map(|created| created.after(seconds))
}

/// Whether a signature says something that has to be understood and is not.
fn has_unknown_demands(signature: &Signature) -> bool {
    let Some(config) = signature.config() else { return true };
    config.hashed_subpackets().any(|packet| {
        let is_unknown = matches!(
            packet.data,
            SubpacketData::Other(..) | SubpacketData::Experimental(..) | SubpacketData::Notation(_)
        );
        packet.is_critical && is_unknown
    })
}
