//! What is at each place in the end, and whose it is.

use std::collections::HashMap;

use super::super::finding::Finding;
use super::super::ledger::Given;
use super::super::operation::Position;
use super::claims::{Claim, Claims};
use super::error::PayloadError;
use super::ground::{Ground, position};
use super::names::FirstNames;
use super::outcome::{Outcome, Taken};
use super::ways::Ways;
use crate::rootfs::RootPath;

/// Everything that is decided about places.
pub(super) struct Layout<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) ways: &'a Ways<'a>,
    /// What the layer gets, in the order of the places.
    pub(super) steps: Vec<Step>,
    /// Of each parcel, what became of each item.
    pub(super) outcomes: Vec<Vec<Outcome>>,
    pub(super) taken: Vec<Taken>,
    /// What of the base goes because a package that has a right to it brings something else there.
    pub(super) yielded: Vec<RootPath>,
    /// The items that say what directories are like that the base does not have, or not so.
    pub(super) directories: HashMap<RootPath, Position>,
    pub(super) findings: Vec<Finding>,
    names: FirstNames,
}

/// Something that the layer gets.
pub(super) struct Step {
    pub(super) place: RootPath,
    /// The place of its package in the order of their names.
    pub(super) rank: usize,
    pub(super) given: Given,
}

impl<'a> Layout<'a> {
    /// Decides about all places.
    pub(super) fn of(
        ground: &'a Ground<'a>,
        ways: &'a Ways<'a>,
        claims: Claims,
    ) -> Result<Self, PayloadError> {
        let Claims { all, through, outcomes } = claims;
        let mut layout = Self {
            ground,
            ways,
            steps: Vec::new(),
            outcomes,
            taken: Vec::new(),
            yielded: Vec::new(),
            directories: HashMap::new(),
            findings: Vec::new(),
            names: FirstNames::of(ground.parcels),
        };
        let mut passed: HashMap<&RootPath, usize> = HashMap::new();
        through.iter().for_each(|one| _ = passed.entry(&one.link).or_insert(one.rank));
        for group in all.chunk_by(|a, b| a.place == b.place) {
            ground.interrupt.check()?;
            let directory = group.iter().find(|claim| claim.is_directory);
            match (directory, group.iter().find(|claim| !claim.is_directory)) {
                (Some(directory), Some(file)) => return Err(layout.both(directory.rank, file)),
                (Some(_), None) => layout.directory(group)?,
                (None, _) => layout.file(group, passed.get(&group[0].place).copied())?,
            }
        }
        through.iter().for_each(|one| layout.end(one));
        Ok(layout)
    }

    pub(super) fn parcel(&self, claim: &Claim) -> usize {
        self.ground.order[claim.rank]
    }

    pub(super) fn name(&self, claim: &Claim) -> &'a str {
        self.ground.name(self.parcel(claim))
    }

    /// What an item is, and the one that holds its content.
    pub(super) fn given(&self, parcel: usize, ordinal: u32) -> Given {
        let data = self.names.named(parcel, ordinal);
        Given { item: position(parcel, ordinal), data: position(parcel, data) }
    }

    /// The error for a place that is a directory of one package, told by its rank, and none of another.
    pub(super) fn both(&self, directory: usize, file: &Claim) -> PayloadError {
        let given = file.ordinal.map(|ordinal| self.given(self.parcel(file), ordinal));
        PayloadError::Directory {
            path: file.place.clone(),
            directory: self.ground.name(self.ground.order[directory]).to_owned(),
            is: given.map_or("file", |given| self.ground.kind(given.data).word()),
            other: self.name(file).to_owned(),
        }
    }
}
