//! What packages hold as bytes, for those that are kept.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::layer::{INDEX_VERSION, LayerIndex};
use crate::oci::Digest;
use crate::package::{Family, Fields, OwnerNames, Package, Sum, Unpacked};
use crate::store::Key;

/// The version of this form and of what it is made from; it grows when either changes.
const VERSION: u32 = 1;

/// All but the entries.
#[derive(Serialize, Deserialize)]
struct Head {
    family: Family,
    package: Package,
    fields: Fields,
    members: BTreeMap<String, Vec<u8>>,
    sums: BTreeMap<u32, Sum>,
    owners: BTreeMap<u32, OwnerNames>,
}

/// The key of what a package of this digest holds. `proof` is the keyring that it was held
/// against (apk), and whether one of its keys has to have signed it.
pub(super) fn key(family: Family, digest: &Digest, proof: Option<(Digest, bool)>) -> Key {
    Key::of("unpacked", &(VERSION, INDEX_VERSION, family, digest, proof))
}

/// Writes what a package holds.
pub(super) fn write(unpacked: &Unpacked, out: &mut dyn Write) -> io::Result<()> {
    let Unpacked { family, package, fields, members, index, sums, owners } = unpacked.clone();
    let members = members.into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect();
    let head = Head { family, package, fields, members, sums, owners };
    let head = postcard::to_allocvec(&head).map_err(io::Error::other)?;
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    index.write_to(out)
}

/// Reads it back, to the end of `input`.
pub(super) fn read(input: &mut dyn Read) -> io::Result<Unpacked> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let mut head = Vec::new();
    // The length is not verified yet, so that no room is made for it in advance.
    input.take(u64::from_le_bytes(length)).read_to_end(&mut head)?;
    let Head { family, package, fields, members, sums, owners } =
        postcard::from_bytes(&head).map_err(io::Error::other)?;
    let members = members.into_iter().map(|(name, bytes)| (name, Arc::from(bytes))).collect();
    let index = Arc::new(LayerIndex::read_from(input)?);
    Ok(Unpacked { family, package, fields, members, index, sums, owners })
}
