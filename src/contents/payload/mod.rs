//! What the layer of packages holds, from the indexes of their data alone.

mod claims;
mod contest;
mod directories;
mod emit;
mod error;
mod files;
mod ground;
mod layout;
mod names;
mod outcome;
mod owners;
mod ways;

pub use error::PayloadError;
pub use outcome::{Claimant, Outcome, Payload, Taken};
pub use owners::{Holder, Owners, Parcel, Party, Verdict};

use std::collections::BTreeSet;

use self::claims::Claims;
use self::ground::Ground;
use self::layout::Layout;
use self::ways::Ways;
use super::change::Change;
use super::placement::Allow;
use super::view::View;
use crate::interrupt::Interrupt;
use crate::rootfs::RootPath;

/// Lays out packages on the view `below`.
///
/// Entries come by the names of their packages, then in the order of their archives, whatever order the parcels are given in.
/// `gone` are paths of files and links that only packages had whose places others take: what nothing replaces is deleted.
/// No entry is later than `latest`, in seconds since 1970.
pub fn payload(
    parcels: &[Parcel<'_>],
    below: &View,
    owners: &dyn Owners,
    gone: &[RootPath],
    allow: Allow,
    latest: Option<i64>,
    interrupt: &Interrupt,
) -> Result<Payload, PayloadError> {
    let mut order: Vec<usize> = (0..parcels.len()).collect();
    order.sort_by_key(|number| parcels[*number].name);
    let change = Change { latest, ..Change::default() };
    let gone = places(gone, below);
    let mut ground = Ground { parcels, order, below, owners, allow, gone, change, interrupt };
    loop {
        let mut ways = Ways::of(&ground)?;
        let claims = Claims::of(&ground, &mut ways)?;
        let met = claims.met(&ground, &ground.gone);
        if met.is_empty() {
            return lay(&ground, &ways, claims);
        }
        // A directory never takes the place of a link of the base, not even of one that would go otherwise.
        ground.gone.retain(|place| !met.contains(place));
    }
}

/// Lays out what packages want.
fn lay(ground: &Ground<'_>, ways: &Ways<'_>, claims: Claims) -> Result<Payload, PayloadError> {
    let deleted: BTreeSet<_> = ground.gone.iter().filter(|place| claims.leave(place)).cloned().collect();
    let mut layout = Layout::of(ground, ways, claims)?;
    let contents = emit::emit(ground, &mut layout, &deleted)?;
    Ok(Payload { contents, outcomes: layout.outcomes, taken: layout.taken })
}

/// Where files and links of the view below are that these paths lead to.
fn places(paths: &[RootPath], below: &View) -> BTreeSet<RootPath> {
    let places = paths.iter().filter_map(|path| below.physical(path).ok());
    places.filter(|place| below.get(place).is_some_and(|node| !node.is_directory())).collect()
}

#[cfg(test)]
mod tests;
