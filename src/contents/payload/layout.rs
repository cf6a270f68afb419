//! What is at each place in the end, and whose it is.

use std::collections::{HashMap, HashSet};

use super::super::finding::Finding;
use super::super::ledger::Given;
use super::super::operation::Position;
use super::super::placement::{Conflict, same_attributes};
use super::claims::{Claim, Claims};
use super::contest::{Contender, Contest, Winner};
use super::error::PayloadError;
use super::ground::{Ground, position};
use super::outcome::{Claimant, Outcome, Taken};
use super::owners::Holder;
use super::ways::Ways;
use crate::layer::Items;
use crate::rootfs::{Kind, RootPath};

/// Everything that is decided about places.
pub(super) struct Layout<'a> {
    ground: &'a Ground<'a>,
    ways: &'a Ways<'a>,
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
    /// Of each parcel, the items that hard links name, by the ordinals of the links.
    first_names: Vec<HashMap<u32, u32>>,
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
            first_names: ground.parcels.iter().map(|parcel| first_names(&parcel.index.items)).collect(),
        };
        // In the order of packages, so that the first one says what the end of a link is like.
        for one in &through {
            let Some(ordinal) = one.ordinal else { continue };
            if ground.base(&one.end).is_none() {
                layout.directories.entry(one.end.clone()).or_insert(position(one.parcel, ordinal));
            }
        }
        let mut passed: HashMap<RootPath, usize> = HashMap::new();
        through.into_iter().for_each(|one| _ = passed.entry(one.link).or_insert(one.parcel));
        for group in all.chunk_by(|a, b| a.place == b.place) {
            ground.interrupt.check()?;
            let directory = group.iter().find(|claim| claim.is_directory);
            match (directory, group.iter().find(|claim| !claim.is_directory)) {
                (Some(directory), Some(file)) => return Err(layout.both(directory, file)),
                (Some(_), None) => layout.directory(group)?,
                (None, _) => layout.file(group, passed.get(&group[0].place).copied())?,
            }
        }
        Ok(layout)
    }

    fn parcel(&self, claim: &Claim) -> usize {
        self.ground.order[claim.rank]
    }

    fn name(&self, claim: &Claim) -> &'a str {
        self.ground.name(self.parcel(claim))
    }

    /// What an item is, and the one that holds its content.
    fn given(&self, parcel: usize, ordinal: u32) -> Given {
        let data = self.first_names[parcel].get(&ordinal).copied().unwrap_or(ordinal);
        Given { item: position(parcel, ordinal), data: position(parcel, data) }
    }

    /// The error for a place that is a directory of one package and none of another.
    fn both(&self, directory: &Claim, file: &Claim) -> PayloadError {
        let given = file.ordinal.map(|ordinal| self.given(self.parcel(file), ordinal));
        PayloadError::Directory {
            path: directory.place.clone(),
            directory: self.name(directory).to_owned(),
            is: given.map_or("file", |given| self.ground.kind(given.data).word()),
            other: self.name(file).to_owned(),
        }
    }

    /// Decides whose attributes a directory gets.
    fn directory(&mut self, group: &[Claim]) -> Result<(), PayloadError> {
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

    /// Decides who has a file or link. Where it is a link that a directory of the package `passed` meets, it has to be that.
    fn file(&mut self, group: &[Claim], passed: Option<usize>) -> Result<(), PayloadError> {
        let place = &group[0].place;
        let contest = Contest {
            ground: self.ground,
            ways: self.ways,
            place,
            holder: self.ground.owners.holder(place),
            contenders: self.contenders(group)?,
        };
        let winner = contest.winner()?;
        let stays = match winner {
            Winner::Base(_) => true,
            Winner::Added(one) => self.added(&contest, &one, group)?,
        };
        for claim in group {
            let outcome = self.outcome(claim, &winner, stays);
            let parcel = self.parcel(claim);
            self.outcomes[parcel][ordinal_of(claim)] = outcome;
        }
        let is_passed = match (winner, self.ways.link(place)) {
            (winner, None) => stays || matches!(winner, Winner::Base(_)),
            (Winner::Added(one), Some(link)) => {
                position(link.parcel, link.ordinal) == one.given.item && (!stays || contest.is_in_base(&one))
            }
            (Winner::Base(_), Some(_)) => false,
        };
        match passed.filter(|_| !is_passed) {
            Some(parcel) => {
                let directory = Claim { rank: self.rank(parcel), ..group[0].clone() };
                Err(self.both(&directory, &group[0]))
            }
            None => Ok(()),
        }
    }

    fn rank(&self, parcel: usize) -> usize {
        self.ground.order.iter().position(|other| *other == parcel).expect("every parcel has its place")
    }

    /// Those who want a place, each once.
    fn contenders(&self, group: &[Claim]) -> Result<Vec<Contender>, PayloadError> {
        let mut contenders: Vec<Contender> = Vec::new();
        for claim in group {
            let parcel = self.parcel(claim);
            let one = Contender { parcel, given: self.given(parcel, ordinal_of(claim) as u32) };
            match contenders.last() {
                Some(last) if last.parcel == parcel => self.same_twice(last, &one, &claim.place)?,
                _ => contenders.push(one),
            }
        }
        Ok(contenders)
    }

    /// Refuses two paths of a package that belong at one place, unless they are the same.
    fn same_twice(&self, a: &Contender, b: &Contender, place: &RootPath) -> Result<(), PayloadError> {
        let Ground { parcels, .. } = self.ground;
        let is_same = self.ground.kind(a.given.data) == self.ground.kind(b.given.data)
            && same_attributes(&self.ground.attributes(a.given.data), &self.ground.attributes(b.given.data));
        if is_same {
            return Ok(());
        }
        let path_of = |one: &Contender| parcels[one.parcel].index.items.path(one.given.item.ordinal);
        let (first, second) = (path_of(a), path_of(b));
        Err(self.ground.conflict(a.parcel, Conflict::Twice { path: place.clone(), first, second }))
    }

    /// What became of an item that wants a place.
    fn outcome(&self, claim: &Claim, winner: &Winner<'_>, stays: bool) -> Outcome {
        let at = claim.place.clone();
        match winner {
            Winner::Base(name) => Outcome::Lost { at, to: Claimant::Base((*name).to_owned()) },
            Winner::Added(one) if one.parcel != self.parcel(claim) => {
                Outcome::Lost { at, to: Claimant::Added(one.parcel) }
            }
            Winner::Added(one) if stays && !self.is_link(one) => Outcome::Kept(at),
            Winner::Added(_) => Outcome::Placed(at),
        }
    }

    fn is_link(&self, one: &Contender) -> bool {
        matches!(self.ground.kind(one.given.data), Kind::Symlink(_))
    }

    /// Lets a parcel have a place; gives back whether what the base has there stays.
    fn added(
        &mut self,
        contest: &Contest<'_>,
        one: &Contender,
        group: &[Claim],
    ) -> Result<bool, PayloadError> {
        let place = contest.place;
        if let Holder::Package(name) = contest.holder {
            self.taken.push(Taken { at: place.clone(), from: name.to_owned(), by: one.parcel });
        }
        if let Some(base) = self.ground.base(place) {
            let is = self.ground.kind(one.given.data);
            if base.is_directory() {
                self.over_directory(place, one, &is)?;
            } else if self.stays(contest, one, &base.kind()) {
                return Ok(true);
            } else {
                self.over(contest, one, &is)?;
            }
        }
        let claim = group
            .iter()
            .find(|claim| self.parcel(claim) == one.parcel)
            .expect("it is one of those who claim");
        self.steps.push(Step { place: place.clone(), rank: claim.rank, given: one.given });
        Ok(false)
    }

    /// Whether what the base has at a place stays although a parcel has a right to it.
    fn stays(&mut self, contest: &Contest<'_>, one: &Contender, base: &Kind) -> bool {
        let Position { ordinal, .. } = one.given.item;
        let (place, path) = (contest.place, self.ground.parcels[one.parcel].index.items.path(ordinal));
        let is_same = contest.is_same(base, &self.ground.kind(one.given.data));
        if is_same && matches!(base, Kind::Symlink(_)) {
            return true;
        }
        if !self.ground.owners.is_config(one.parcel, &path) {
            return false;
        }
        if is_same {
            return true;
        }
        let is_changed = contest.holder == Holder::Nobody || !self.ground.owners.is_pristine(place);
        if is_changed {
            let package = self.ground.name(one.parcel).to_owned();
            self.findings.push(Finding::KeepsConfig { path: place.clone(), package });
        }
        is_changed
    }

    /// Refuses what would hide a directory of the base with all that is in it.
    fn over_directory(&self, place: &RootPath, one: &Contender, is: &Kind) -> Result<(), PayloadError> {
        if self.ground.allow.replace || !self.ground.has_content(place) {
            return Ok(());
        }
        let merged = RootPath::parse("usr").expect("it is a path").join_path(place);
        if let Kind::Symlink(target) = is
            && self.ways.led(place, target).as_ref() == Some(&merged)
        {
            let (package, path) = (self.ground.name(one.parcel).to_owned(), place.clone());
            return Err(PayloadError::NotMerged { package, path, target: merged });
        }
        let conflict = Conflict::OverDirectory { path: place.clone(), is: is.word() };
        Err(self.ground.conflict(one.parcel, conflict))
    }

    /// Refuses what would hide a directory behind a link of the base; what else packages had there goes without a word.
    fn over(&mut self, contest: &Contest<'_>, one: &Contender, is: &Kind) -> Result<(), PayloadError> {
        let place = contest.place;
        let is_link = self.ground.below.target_of(place).is_some();
        if is_link
            && contest.holder != Holder::Replaced
            && !self.ground.allow.replace
            && self.ground.leads_to_directory(place)
            && let Ok(target) = self.ground.below.destination(place)
        {
            let conflict = Conflict::OverLink { path: place.clone(), is: is.word(), target };
            return Err(self.ground.conflict(one.parcel, conflict));
        }
        if contest.holder != Holder::Nobody {
            self.yielded.push(place.clone());
        }
        Ok(())
    }
}

/// The ordinal of what an item describes.
fn ordinal_of(claim: &Claim) -> usize {
    claim.ordinal.expect("only directories are there without an item") as usize
}

/// The items that hard links name, by the ordinals of the links.
fn first_names(items: &Items) -> HashMap<u32, u32> {
    let links: Vec<(u32, RootPath)> = items
        .ordinals()
        .filter(|ordinal| items.is_entry(*ordinal))
        .filter_map(|ordinal| Some((ordinal, items.inodes().named(ordinal)?)))
        .collect();
    let wanted: HashSet<&RootPath> = links.iter().map(|(_, target)| target).collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let mut found: HashMap<RootPath, u32> = HashMap::new();
    for ordinal in items.ordinals().filter(|ordinal| items.inodes().named(*ordinal).is_none()) {
        let path = items.path(ordinal);
        if wanted.contains(&path) {
            found.insert(path, ordinal);
        }
    }
    links.iter().filter_map(|(ordinal, target)| Some((*ordinal, *found.get(target)?))).collect()
}
