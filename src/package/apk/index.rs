//! Signed indexes of repositories.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::container::{Container, broken};
use super::fragment::entries;
use super::signature::Signatures;
use super::{ApkError, FormatError, Signer};
use crate::layer::Reading;
use crate::package::{Keyring, SignatureError};

/// What somebody who is trusted has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIndex {
    /// Who.
    pub by: Signer,
    /// The version of the repository, as far as it says one.
    pub description: String,
    /// The records of the packages.
    pub text: Vec<u8>,
}

/// Verifies an `APKINDEX.tar.gz`: the signature is of all bytes after the first gzip member.
pub fn verify_index(file: &[u8], keyring: &Keyring, how: &Reading<'_>) -> Result<SignedIndex, ApkError> {
    let unsigned = || SignatureError::NoneCounts(Vec::new());
    let mut container = Container::open(file)?;
    let first = container.member("signature", how.limits.control_bytes);
    let first = match first {
        // An index that is not signed is one member, of any size.
        Err(ApkError::Large { .. }) | Ok(None) => return Err(unsigned().into()),
        first => first?.ok_or_else(unsigned)?,
    };
    let signatures = Signatures::parse(&first, how)?.ok_or_else(unsigned)?;
    let end = usize::try_from(first.range.end).expect("a range of a slice");
    let signed = &file[end..];
    let by = signatures.verify(signed, keyring)?;
    let (description, text) = parts(signed, how)?;
    Ok(SignedIndex { by, description, text })
}

/// The two files of an index, in either order.
fn parts(stored: &[u8], how: &Reading<'_>) -> Result<(String, Vec<u8>), ApkError> {
    let limit = how.limits.apk_index_bytes;
    let mut tar = Vec::new();
    let mut decoder = MultiGzDecoder::new(stored).take(limit.saturating_add(1));
    decoder.read_to_end(&mut tar).map_err(|error| broken(1, error))?;
    if tar.len() as u64 > limit {
        return Err(ApkError::Large { part: "index", name: "apk-index-bytes", limit });
    }
    let (mut description, mut text) = (Vec::new(), None);
    for entry in entries(&tar, how)? {
        match (&*entry.name, entry.content) {
            (b"DESCRIPTION", Some(content)) => description = content,
            (b"APKINDEX", Some(content)) => text = Some(content),
            _ => return Err(FormatError::Stray { section: "index", name: entry.name.into() }.into()),
        }
    }
    let text = text.ok_or(FormatError::Missing("APKINDEX"))?;
    Ok((String::from_utf8_lossy(description.trim_ascii()).into_owned(), text))
}

#[cfg(test)]
mod tests;
