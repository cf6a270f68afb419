//! Which packages want something at which places.

use std::collections::{BTreeSet, HashSet};

use super::error::PayloadError;
use super::ground::Ground;
use super::outcome::Outcome;
use super::ways::Ways;
use crate::rootfs::RootPath;

/// A package that wants something at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    /// The physical place.
    pub(super) place: RootPath,
    /// The place of the package in the order of their names.
    pub(super) rank: usize,
    /// The item; nothing for a directory that something lies in and no item describes.
    pub(super) ordinal: Option<u32>,
    pub(super) is_directory: bool,
}

/// All that packages want.
pub(super) struct Claims {
    /// In the order of the places, at each in the order of packages and archives.
    pub(super) all: Vec<Claim>,
    /// Directories of packages where links are: what is in them goes where those lead.
    pub(super) through: Vec<Through>,
    /// Of each parcel, what became of each item, as far as that is known already.
    pub(super) outcomes: Vec<Vec<Outcome>>,
}

/// A directory of a package where a link is.
pub(super) struct Through {
    /// The link.
    pub(super) link: RootPath,
    /// Where it leads.
    pub(super) end: RootPath,
    /// The place of the package in the order of their names.
    pub(super) rank: usize,
    /// The item; nothing where none describes the directory.
    pub(super) ordinal: Option<u32>,
}

impl Claims {
    /// What all parcels want, the ways being these.
    pub(super) fn of(ground: &Ground<'_>, ways: &mut Ways<'_>) -> Result<Self, PayloadError> {
        let outcomes = ground.parcels.iter().map(|one| vec![Outcome::Dropped; one.index.items.len()]);
        let mut claims = Self { all: Vec::new(), through: Vec::new(), outcomes: outcomes.collect() };
        for (rank, parcel) in ground.order.iter().copied().enumerate() {
            let mut collector =
                Collector { ground, rank, parcel, claims: &mut claims, described: HashSet::new() };
            let items = &ground.parcels[parcel].index.items;
            for ordinal in items.ordinals().filter(|ordinal| items.is_entry(*ordinal)) {
                ground.interrupt.check()?;
                collector.item(ordinal, ways)?;
            }
        }
        claims.all.sort_unstable();
        Ok(claims)
    }

    /// The links among these places that a directory of a package meets.
    pub(super) fn met(&self, ground: &Ground<'_>, places: &BTreeSet<RootPath>) -> BTreeSet<RootPath> {
        let is_link = |at: &RootPath| ground.below.target_of(at).is_some();
        let dirs = self.all.iter().filter(|claim| claim.is_directory).map(|claim| &claim.place);
        dirs.filter(|at| places.contains(*at) && is_link(at)).cloned().collect()
    }

    /// Whether nothing is wanted at a place, and above it directories alone.
    pub(super) fn leave(&self, place: &RootPath) -> bool {
        let at = |place: &RootPath| self.all.binary_search_by(|claim| claim.place.cmp(place)).ok();
        let is_hidden = |above: &RootPath| at(above).is_some_and(|number| !self.all[number].is_directory);
        at(place).is_none() && !place.ancestors().any(|above| is_hidden(&above))
    }
}

/// Collects what one parcel wants.
struct Collector<'a, 'b> {
    ground: &'a Ground<'a>,
    rank: usize,
    parcel: usize,
    claims: &'b mut Claims,
    /// Its directories that were met, by their own paths.
    described: HashSet<RootPath>,
}

impl Collector<'_, '_> {
    fn item(&mut self, ordinal: u32, ways: &mut Ways<'_>) -> Result<(), PayloadError> {
        let Self { ground, parcel, .. } = *self;
        let index = ground.parcels[parcel].index;
        let path = index.items.path(ordinal);
        let Some(at) = ground.owners.place(parcel, &path).filter(|at| !at.is_root()) else { return Ok(()) };
        if let Some(fault) = index.faults.get(&ordinal) {
            return Err(PayloadError::Fault {
                package: ground.name(parcel).to_owned(),
                path,
                fault: fault.clone(),
            });
        }
        if let Some(dir) = at.parent() {
            self.imply(dir, ways)?;
        }
        if index.items.inodes().is_directory(ordinal) {
            return self.directory(at, Some(ordinal), ways);
        }
        let place = ways.place(&at).map_err(ground.endless(parcel))?;
        self.claims.all.push(Claim { place, rank: self.rank, ordinal: Some(ordinal), is_directory: false });
        Ok(())
    }

    /// Wants a directory because something lies in it.
    fn imply(&mut self, mut dir: RootPath, ways: &mut Ways<'_>) -> Result<(), PayloadError> {
        while !dir.is_root() && !self.described.contains(&dir) {
            let above = dir.parent().unwrap_or_else(RootPath::root);
            self.directory(dir, None, ways)?;
            dir = above;
        }
        Ok(())
    }

    fn directory(
        &mut self,
        at: RootPath,
        ordinal: Option<u32>,
        ways: &mut Ways<'_>,
    ) -> Result<(), PayloadError> {
        let Self { ground, parcel, rank, .. } = *self;
        let place = ways.place(&at).map_err(ground.endless(parcel))?;
        let end = ways.destination(&at).map_err(ground.endless(parcel))?;
        self.described.insert(at);
        if let Some(ordinal) = ordinal {
            self.claims.outcomes[parcel][ordinal as usize] = Outcome::Placed(end.clone());
        }
        if ways.target_of(&place).is_none() {
            self.claims.all.push(Claim { place, rank, ordinal, is_directory: true });
            return Ok(());
        }
        self.claims.through.push(Through { link: place, end: end.clone(), rank, ordinal });
        self.imply(end, ways)
    }
}
