//! Whether a key may sign: what its owner says of it, and since and until when.
//!
//! The newest self-signature that counts says all of it: older ones are what the owner once said. A revocation counts whatever
//! its time and reason.

use pgp::composed::{SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{KeyFlags, PublicKey, Signature, SignatureType, SubpacketData};
use pgp::types::{KeyDetails, KeyVersion, Tag};

use super::strength;
use crate::package::Moment;
use crate::package::signature::Rejection;

/// What people's clocks may differ by, in seconds.
pub(super) const SLACK: i64 = 3600;

/// Whether the primary key of a certificate may sign.
pub(super) fn primary(certificate: &SignedPublicKey, now: Moment) -> Result<(), Rejection> {
    let own = own(certificate, now)?;
    // Old keys that say nothing of their use may be used for all that they can do.
    match flags(own) {
        Some(flags) if !flags.sign() => Err(Rejection::NotForSigning),
        _ => Ok(()),
    }
}

/// Whether a subkey may sign: it says so, its primary key does too, and it knows of it.
pub(super) fn subkey(
    certificate: &SignedPublicKey,
    subkey: &SignedPublicSubKey,
    now: Moment,
) -> Result<(), Rejection> {
    own(certificate, now)?;
    let (primary, key) = (&certificate.primary_key, &subkey.key);
    usable(key, now)?;
    let is_of = |signature: &&Signature, typ| {
        signature.typ() == Some(typ) && signature.verify_subkey_binding(primary, key).is_ok()
    };
    if subkey.signatures.iter().any(|signature| is_of(&signature, SignatureType::SubkeyRevocation)) {
        return Err(Rejection::KeyRevoked);
    }
    let bindings =
        subkey.signatures.iter().filter(|signature| is_of(signature, SignatureType::SubkeyBinding));
    let binding = newest(bindings, now)?;
    within(key, binding, now)?;
    if !flags(binding).is_some_and(|flags| flags.sign()) {
        return Err(Rejection::NotForSigning);
    }
    let knows = |back: &Signature| counts(back, now) && back.verify_primary_key_binding(key, primary).is_ok();
    if binding.embedded_signature().is_some_and(knows) { Ok(()) } else { Err(Rejection::Unbound) }
}

/// What the owner of a certificate says of its primary key, where that is still good.
fn own(certificate: &SignedPublicKey, now: Moment) -> Result<&Signature, Rejection> {
    let (primary, details) = (&certificate.primary_key, &certificate.details);
    usable(primary, now)?;
    let direct =
        |signature: &&Signature, typ| signature.typ() == Some(typ) && signature.verify_key(primary).is_ok();
    let revocations = details.revocation_signatures.iter();
    if revocations.into_iter().any(|signature| direct(&signature, SignatureType::KeyRevocation)) {
        return Err(Rejection::KeyRevoked);
    }
    let keys = details.direct_signatures.iter().filter(|signature| direct(signature, SignatureType::Key));
    let newest = newest(keys.chain(certifications(certificate, primary)), now)?;
    within(primary, newest, now)?;
    Ok(newest)
}

/// The self-signatures of the names that a certificate has and were not revoked since.
fn certifications<'a>(certificate: &'a SignedPublicKey, primary: &'a PublicKey) -> Vec<&'a Signature> {
    let mut all = Vec::new();
    for user in &certificate.details.users {
        let own =
            |signature: &&Signature| signature.verify_certification(primary, Tag::UserId, &user.id).is_ok();
        let (revoked, made): (Vec<_>, Vec<_>) = user
            .signatures
            .iter()
            .filter(own)
            .partition(|signature| signature.typ() == Some(SignatureType::CertRevocation));
        let end = revoked.iter().filter_map(|signature| signature.created()).max();
        all.extend(made.into_iter().filter(|signature| signature.created() > end));
    }
    all
}

/// The newest of some signatures that counts.
fn newest<'a>(
    signatures: impl IntoIterator<Item = &'a Signature>,
    now: Moment,
) -> Result<&'a Signature, Rejection> {
    let counting = signatures.into_iter().filter(|signature| counts(signature, now));
    counting.max_by_key(|signature| signature.created()).ok_or(Rejection::Unbound)
}

/// Whether what a signature says of a key counts, as far as its form and time go.
fn counts(signature: &Signature, now: Moment) -> bool {
    let expiry = super::expiry(signature);
    strength::of_digest(signature).is_ok()
        && !super::has_unknown_demands(signature)
        && super::created(signature).is_some_and(|created| created <= now.after(SLACK))
        && expiry.is_none_or(|at| now < at)
}

/// Whether a key is of a form that counts, and made already.
fn usable(key: &(impl KeyDetails + ?Sized), now: Moment) -> Result<(), Rejection> {
    if !matches!(key.version(), KeyVersion::V4 | KeyVersion::V6) {
        return Err(Rejection::Unsupported);
    }
    strength::of_key(key.public_params())?;
    let at = made(key);
    if at > now.after(SLACK) { Err(Rejection::KeyNotYet { at, now }) } else { Ok(()) }
}

/// Whether a key's time is not over, as a signature says.
fn within(key: &impl KeyDetails, signature: &Signature, now: Moment) -> Result<(), Rejection> {
    let seconds = signature.key_expiration_time().map_or(0, |time| i64::from(time.as_secs()));
    let at = made(key).after(seconds);
    if seconds != 0 && at <= now { Err(Rejection::KeyExpired { at, now }) } else { Ok(()) }
}

fn made(key: &(impl KeyDetails + ?Sized)) -> Moment {
    Moment(key.created_at().as_secs().into())
}

/// What a signature says a key is for, where it says so.
fn flags(signature: &Signature) -> Option<&KeyFlags> {
    signature.config()?.hashed_subpackets().find_map(|packet| match &packet.data {
        SubpacketData::KeyFlags(flags) => Some(flags),
        _ => None,
    })
}
