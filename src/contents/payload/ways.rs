//! Where paths of packages lead to, through the links of the base and of all packages.

use std::collections::{BTreeMap, HashMap};

use super::super::follow::{self, Last, PathLoop};
use super::error::PayloadError;
use super::ground::Ground;
use super::owners::Holder;
use crate::rootfs::RootPath;

/// The links that lead on, and where directories are.
pub(super) struct Ways<'a> {
    ground: &'a Ground<'a>,
    /// Links of packages, by their places.
    links: BTreeMap<RootPath, Link<'a>>,
    /// Where directories of packages have been found to lead.
    known: HashMap<RootPath, RootPath>,
}

/// A symbolic link of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link<'a> {
    pub(super) parcel: usize,
    pub(super) ordinal: u32,
    target: &'a [u8],
}

/// How often links may lead to where other links are.
const ROUNDS: usize = 40;

impl<'a> Ways<'a> {
    /// The ways through the links of all packages at once: which package comes first does not count.
    pub(super) fn of(ground: &'a Ground<'a>) -> Result<Self, PayloadError> {
        let links = links(ground);
        let mut ways = Self { ground, links: BTreeMap::new(), known: HashMap::new() };
        for _ in 0..ROUNDS {
            let mut next = BTreeMap::new();
            for (at, link) in &links {
                ground.interrupt.check()?;
                let place = ways.place(at).map_err(ground.endless(link.parcel))?;
                if !ways.stays(&place) {
                    next.entry(place).or_insert(*link);
                }
            }
            if next == ways.links {
                return Ok(ways);
            }
            ways = Self { ground, links: next, known: HashMap::new() };
        }
        let (path, link) = links.into_iter().next().expect("what changes is a link");
        Err(ground.conflict(link.parcel, PathLoop { path }))
    }

    /// Where a path is, links above it followed.
    pub(super) fn place(&mut self, at: &RootPath) -> Result<RootPath, PathLoop> {
        match at.parent() {
            None => Ok(at.clone()),
            Some(dir) => Ok(self.destination(&dir)?.join(at.name())),
        }
    }

    /// Where a directory is, a link in its place followed too.
    pub(super) fn destination(&mut self, dir: &RootPath) -> Result<RootPath, PathLoop> {
        if let Some(known) = self.known.get(dir) {
            return Ok(known.clone());
        }
        let mut end = RootPath::root();
        for above in dir.ancestors().skip(1).chain([dir.clone()]).filter(|above| !above.is_root()) {
            end = match self.known.get(&above) {
                Some(known) => known.clone(),
                None => {
                    let place = end.join(above.name());
                    let end = self.end(&place)?;
                    self.known.insert(above, end.clone());
                    end
                }
            };
        }
        Ok(end)
    }

    /// Where a place leads to.
    fn end(&self, place: &RootPath) -> Result<RootPath, PathLoop> {
        match self.target_of(place) {
            None => Ok(place.clone()),
            Some(_) => follow::follow(place, Last::Follow, |at| self.target_of(at)),
        }
    }

    /// The target of the link at a place.
    pub(super) fn target_of(&self, place: &RootPath) -> Option<&'a [u8]> {
        match self.links.get(place) {
            Some(link) => Some(link.target),
            None => self.ground.base(place)?.target(),
        }
    }

    /// The link of a package at a place.
    pub(super) fn link(&self, place: &RootPath) -> Option<&Link<'a>> {
        self.links.get(place)
    }

    /// Where a link at a place leads that has this target.
    pub(super) fn led(&self, place: &RootPath, target: &[u8]) -> Option<RootPath> {
        let target_of = |at: &RootPath| if at == place { Some(target) } else { self.target_of(at) };
        follow::follow(place, Last::Follow, target_of).ok()
    }

    /// Whether the base has a link at a place that no newer version of its package takes along.
    fn stays(&self, place: &RootPath) -> bool {
        self.ground.base(place).is_some_and(|node| node.target().is_some())
            && self.ground.owners.holder(place) != Holder::Replaced
    }
}

/// All symbolic links of all packages, with where they belong.
fn links<'a>(ground: &Ground<'a>) -> Vec<(RootPath, Link<'a>)> {
    let mut links = Vec::new();
    for parcel in ground.order.iter().copied() {
        let items = &ground.parcels[parcel].index.items;
        for ordinal in items.ordinals().filter(|ordinal| items.is_entry(*ordinal)) {
            let Some(target) = items.inodes().target(ordinal) else { continue };
            if let Some(at) = ground.owners.place(parcel, &items.path(ordinal)) {
                links.push((at, Link { parcel, ordinal, target }));
            }
        }
    }
    links
}
