//! With whom a file or link stays that several packages have.

use super::super::ledger::Given;
use super::error::PayloadError;
use super::ground::Ground;
use super::owners::{Holder, Party, Verdict};
use super::ways::Ways;
use crate::rootfs::{FileContent, Kind, RootPath};

/// A parcel that wants a file or link at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender {
    pub(super) parcel: usize,
    pub(super) given: Given,
}

/// Who has a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Winner<'a> {
    Base(&'a str),
    Added(Contender),
}

/// All who want one place.
pub(super) struct Contest<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) ways: &'a Ways<'a>,
    pub(super) place: &'a RootPath,
    /// Whose it is in the base.
    pub(super) holder: Holder<'a>,
    /// In the order of their names.
    pub(super) contenders: Vec<Contender>,
}

impl<'a> Contest<'a> {
    /// Who has the place: whoever goes before each of the others, so that no order counts.
    pub(super) fn winner(&self) -> Result<Winner<'a>, PayloadError> {
        if let Holder::Package(name) = self.holder
            && self.contenders.iter().all(|one| self.base_keeps(name, one) == Some(true))
        {
            return Ok(Winner::Base(name));
        }
        let first = self.contenders.iter().find(|one| self.is_first(one));
        first.map(|one| Winner::Added(*one)).ok_or_else(|| self.conflict())
    }

    fn is_first(&self, one: &Contender) -> bool {
        let mut others = self.contenders.iter().filter(|other| other.parcel != one.parcel);
        let has_base = match self.holder {
            Holder::Package(name) => self.base_keeps(name, one) == Some(false),
            Holder::Nobody | Holder::Replaced => true,
        };
        has_base && others.all(|other| self.goes_before(one, other) == Some(true))
    }

    /// Whether a package of the base keeps the place; nothing where it can neither keep nor leave it.
    fn base_keeps(&self, name: &str, newcomer: &Contender) -> Option<bool> {
        match self.ground.owners.meet(Party::Base(name), newcomer.parcel) {
            Verdict::Owner => Some(true),
            Verdict::Newcomer => Some(false),
            Verdict::Conflict => self.is_in_base(newcomer).then_some(true),
        }
    }

    /// Whether the place goes to one rather than to another; nothing where neither can have it.
    fn goes_before(&self, one: &Contender, other: &Contender) -> Option<bool> {
        let is_owner = self.name(one) < self.name(other);
        let (owner, newcomer) = if is_owner { (one, other) } else { (other, one) };
        match self.ground.owners.meet(Party::Added(owner.parcel), newcomer.parcel) {
            Verdict::Owner => Some(is_owner),
            Verdict::Newcomer => Some(!is_owner),
            Verdict::Conflict => self.is_same(&self.kind(owner), &self.kind(newcomer)).then_some(is_owner),
        }
    }

    /// The error for those of whom none goes before all others.
    fn conflict(&self) -> PayloadError {
        if let Holder::Package(name) = self.holder
            && let Some(one) = self.contenders.iter().find(|one| self.base_keeps(name, one).is_none())
        {
            let (path, package) = (self.place.clone(), self.name(one).to_owned());
            return PayloadError::OfBase { path, package, owner: name.to_owned() };
        }
        let pairs =
            (1..self.contenders.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
        let mut pairs = pairs.map(|(first, second)| (&self.contenders[first], &self.contenders[second]));
        // Where each pair knows its order, they go before each other in a circle.
        let circle = (&self.contenders[0], &self.contenders[self.contenders.len() - 1]);
        let (first, second) = pairs.find(|(a, b)| self.goes_before(a, b).is_none()).unwrap_or(circle);
        PayloadError::Both {
            path: self.place.clone(),
            first: self.name(first).into(),
            second: self.name(second).into(),
        }
    }

    fn name(&self, one: &Contender) -> &'a str {
        self.ground.name(one.parcel)
    }

    fn kind(&self, one: &Contender) -> Kind {
        self.ground.kind(one.given.data)
    }

    /// Whether the base has the same already.
    pub(super) fn is_in_base(&self, one: &Contender) -> bool {
        self.ground.base(self.place).is_some_and(|node| self.is_same(&node.kind(), &self.kind(one)))
    }

    /// Whether two things at this place are the same: content, or a link to the same directory however it is spelled.
    pub(super) fn is_same(&self, a: &Kind, b: &Kind) -> bool {
        match (a, b) {
            (Kind::Symlink(a), Kind::Symlink(b)) => a == b || self.lead_to_one_directory(a, b),
            (Kind::File(a), Kind::File(b)) => a == b && is_known(a),
            (a, b) => a == b,
        }
    }

    fn lead_to_one_directory(&self, a: &[u8], b: &[u8]) -> bool {
        let (Some(a), Some(b)) = (self.ways.led(self.place, a), self.ways.led(self.place, b)) else {
            return false;
        };
        a == b && (a.is_root() || self.ground.base(&a).is_some_and(|node| node.is_directory()))
    }
}

/// Whether the digest of a content is known: an index does not always say it.
fn is_known(content: &FileContent) -> bool {
    content.sha256 != [0; 32]
}
