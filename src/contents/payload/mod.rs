//! What the layer of packages holds, from the indexes of their data alone.

mod error;
mod outcome;
mod owners;

pub use error::PayloadError;
pub use outcome::{Claimant, Outcome, Payload, Taken};
pub use owners::{Holder, Owners, Parcel, Party, Verdict};

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
    let _ = (parcels, below, owners, gone, allow, latest, interrupt);
    unimplemented!()
}
