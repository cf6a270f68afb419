//! Directories of packages: whose attributes they get.

use super::super::ledger::Given;
use super::super::placement::same_attributes;
use super::claims::{Claim, Through};
use super::error::PayloadError;
use super::ground::position;
use super::layout::{Layout, Step};
use super::owners::Holder;
use crate::rootfs::RootPath;

impl Layout<'_> {
    /// Decides whose attributes a directory gets.
    pub(super) fn directory(&mut self, group: &[Claim]) -> Result<(), PayloadError> {
        let place = &group[0].place;
        let base = self.ground.base(place);
        let is_in_base = base.is_some_and(|node| node.is_directory());
        if let Some(node) = base.filter(|node| !node.is_directory()) {
            self.take_place(place, group, node.kind().word())?;
        }
        let mut described: Vec<(usize, &Claim)> = group
            .iter()
            .filter(|claim| claim.ordinal.is_some())
            .map(|claim| (self.parcel(claim), claim))
            .collect();
        described.dedup_by_key(|(parcel, _)| *parcel);
        let Some((first, claim)) = described.first().copied() else { return Ok(()) };
        let parcels: Vec<usize> = described.iter().map(|(parcel, _)| *parcel).collect();
        let choice = self.ground.owners.directory(place, &parcels, is_in_base);
        let Some(choice) = choice.or((!is_in_base).then_some(first)) else { return Ok(()) };
        let Some((_, chosen)) = described.iter().find(|(parcel, _)| *parcel == choice) else { return Ok(()) };
        let ordinal = chosen.ordinal.expect("those that no item describes are left out");
        let at = position(choice, ordinal);
        let attributes = self.ground.attributes(at);
        if base.is_some_and(|node| is_in_base && same_attributes(&node.attributes(), &attributes)) {
            return Ok(());
        }
        self.directories.insert(place.clone(), at);
        self.steps.push(Step { place: place.clone(), rank: claim.rank, given: Given { item: at, data: at } });
        Ok(())
    }

    /// Lets a directory take the place of what is none in the base, where it may.
    fn take_place(
        &mut self,
        place: &RootPath,
        group: &[Claim],
        was: &'static str,
    ) -> Result<(), PayloadError> {
        let owner = match self.ground.owners.holder(place) {
            Holder::Replaced => {
                self.yielded.push(place.clone());
                return Ok(());
            }
            Holder::Package(name) => Some(name.to_owned()),
            Holder::Nobody => None,
        };
        if self.ground.allow.replace {
            return Ok(());
        }
        let (path, package) = (place.clone(), self.name(&group[0]).to_owned());
        Err(PayloadError::OverFile { path, package, was, owner })
    }

    /// Makes the directory that a link leads to as the package has it that meets the link, where nobody else says anything.
    pub(super) fn end(&mut self, through: &Through) {
        let Through { end, rank, ordinal: Some(ordinal), .. } = through else { return };
        if end.is_root() || self.ground.base(end).is_some() || self.directories.contains_key(end) {
            return;
        }
        let at = position(self.ground.order[*rank], *ordinal);
        self.directories.insert(end.clone(), at);
        self.steps.push(Step { place: end.clone(), rank: *rank, given: Given { item: at, data: at } });
    }
}
