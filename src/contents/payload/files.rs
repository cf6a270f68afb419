//! Files and links of packages: who has them, and what of the base stays in their place.

use super::super::finding::Finding;
use super::super::operation::Position;
use super::super::placement::{Conflict, same_attributes};
use super::claims::Claim;
use super::contest::{Contender, Contest, Winner};
use super::error::PayloadError;
use super::ground::{Ground, position};
use super::layout::{Layout, Step};
use super::outcome::{Claimant, Outcome, Taken};
use super::owners::Holder;
use crate::rootfs::{Kind, RootPath};

impl Layout<'_> {
    /// Decides who has a file or link. Where it is a link that a directory of a package meets, told by its rank, it has to be that one.
    pub(super) fn file(&mut self, group: &[Claim], passed: Option<usize>) -> Result<(), PayloadError> {
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
        match passed.filter(|_| !self.leads_on(&contest, &winner, stays)) {
            Some(rank) => Err(self.both(rank, &group[0])),
            None => Ok(()),
        }
    }

    /// Whether what is at a place in the end is the link that leads on what lies below.
    fn leads_on(&self, contest: &Contest<'_>, winner: &Winner<'_>, stays: bool) -> bool {
        match (winner, self.ways.link(contest.place)) {
            (_, None) => stays,
            (Winner::Added(one), Some(link)) => {
                position(link.parcel, link.ordinal) == one.given.item && (!stays || contest.is_in_base(one))
            }
            (Winner::Base(_), Some(_)) => false,
        }
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
