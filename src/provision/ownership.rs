//! Whose paths are: what the base's database says, and what packages say of each other.

use std::collections::{BTreeSet, HashSet};

use md5::{Digest as _, Md5};
use sha1::Sha1;

use super::installed::{Base, Text};
use super::listed::Listed;
use super::provided::Provided;
use crate::contents::{Holder, Owners, Party, Verdict, View};
use crate::package::apk::{self, Claim};
use crate::package::deb::diversions;
use crate::package::{Atom, Family, Package, Sum, Unpacked};
use crate::rootfs::RootPath;

/// Who has which path.
pub(super) struct Ownership<'a> {
    base: &'a Base,
    view: &'a View,
    added: Vec<&'a Unpacked>,
    /// Of each package that is added, what it says is configuration (deb).
    conffiles: Vec<HashSet<RootPath>>,
    listed: Listed,
    /// The packages of the base that others take the place of.
    replaced: BTreeSet<&'a str>,
}

impl<'a> Ownership<'a> {
    pub(super) fn of(base: &'a Base, view: &'a View, packages: &'a [Provided]) -> Self {
        let replaced = packages.iter().filter(|one| one.choice.replaces.is_some()).map(Provided::name);
        Self::among(base, view, packages.iter().map(|one| &*one.unpacked).collect(), replaced.collect())
    }

    fn among(base: &'a Base, view: &'a View, added: Vec<&'a Unpacked>, replaced: BTreeSet<&'a str>) -> Self {
        let conffiles = added.iter().map(|package| conffiles(package)).collect();
        Self { base, view, added, conffiles, listed: Listed::of(base, view), replaced }
    }

    /// The files and links that only packages had which others take the place of, but for configuration that may have been
    /// changed.
    pub(super) fn gone(&self) -> Vec<RootPath> {
        let is_replaced = |name: &String| self.replaced.contains(name.as_str());
        let files = self.listed.files.iter().filter(|(_, names)| names.iter().all(is_replaced));
        let gone = files.map(|(at, _)| at).filter(|at| !self.was_config(at) || self.is_pristine(at));
        let mut gone: Vec<RootPath> = gone.cloned().collect();
        gone.sort();
        gone
    }

    /// Whether the file of the base at a place is configuration.
    fn was_config(&self, at: &RootPath) -> bool {
        match &self.base.text {
            Text::Apk(_) => is_config_of_apk(at),
            Text::Deb { .. } => self.listed.sums.contains_key(at),
        }
    }

    /// The packages of the base that list a path and stay.
    fn staying<'b>(&'b self, names: Option<&'b Vec<String>>) -> impl Iterator<Item = &'b str> {
        let names = names.into_iter().flatten().map(String::as_str);
        names.filter(|name| !self.replaced.contains(name))
    }

    fn claim(&self, party: Party<'_>) -> Option<Claim<'_>> {
        match (party, &self.base.text) {
            (Party::Added(number), _) => Some(Claim::added(self.added[number], None)),
            (Party::Base(name), Text::Apk(installed)) => Some(Claim::installed(installed.get(name)?, None)),
            (Party::Base(_), Text::Deb { .. }) => None,
        }
    }

    /// packages.md 2.7; whether both are the same is not looked at here.
    fn meet_apk(&self, owner: Party<'_>, newcomer: usize) -> Verdict {
        let Some(old) = self.claim(owner) else { return Verdict::Conflict };
        match apk::verdict(&old, &Claim::added(self.added[newcomer], None)) {
            apk::Verdict::Owner | apk::Verdict::Same => Verdict::Owner,
            apk::Verdict::Newcomer => Verdict::Newcomer,
            apk::Verdict::Conflict => Verdict::Conflict,
        }
    }

    /// Debian Policy 7.6: who replaces another has its files, whichever of them comes first.
    fn meet_deb(&self, owner: Party<'_>, newcomer: usize) -> Verdict {
        let new = &self.added[newcomer].package;
        let old = match owner {
            Party::Added(number) => Some(&self.added[number].package),
            Party::Base(name) => self.base.package(name),
        };
        match old {
            Some(old) if replaces(new, old) => Verdict::Newcomer,
            Some(old) if replaces(old, new) => Verdict::Owner,
            _ => Verdict::Conflict,
        }
    }

    /// The one whose mode and owner a directory gets that all of them have, the base's packages among them.
    fn directory_of_apk(&self, at: &RootPath, parcels: &[usize], is_in_base: bool) -> Option<usize> {
        let claim = |number: &usize| Claim::added(self.added[*number], None);
        let first = |a: &usize, b: &usize| apk::order_of_directories(&claim(a), &claim(b));
        let best = parcels.iter().copied().min_by(first)?;
        if !is_in_base {
            return Some(best);
        }
        let mut owners = self.staying(self.listed.directories.get(at)).peekable();
        let is_owned = owners.peek().is_some();
        let goes_before = |name| {
            let owner = self.claim(Party::Base(name));
            owner.is_none_or(|owner| apk::order_of_directories(&claim(&best), &owner).is_lt())
        };
        (is_owned && owners.all(goes_before)).then_some(best)
    }
}

impl Owners for Ownership<'_> {
    fn place(&self, parcel: usize, path: &RootPath) -> Option<RootPath> {
        match &self.base.text {
            Text::Apk(_) => (!apk::is_dropped(path)).then(|| path.clone()),
            Text::Deb { diversions, .. } => {
                let elsewhere = diversions::place(diversions, path, &self.added[parcel].package.name);
                Some(elsewhere.unwrap_or(path).clone())
            }
        }
    }

    fn is_config(&self, parcel: usize, path: &RootPath) -> bool {
        match &self.base.text {
            Text::Apk(_) => is_config_of_apk(path),
            Text::Deb { .. } => self.conffiles[parcel].contains(path),
        }
    }

    fn holder(&self, at: &RootPath) -> Holder<'_> {
        let Some(names) = self.listed.files.get(at) else { return Holder::Nobody };
        self.staying(Some(names)).next().map_or(Holder::Replaced, Holder::Package)
    }

    fn is_pristine(&self, at: &RootPath) -> bool {
        let target = || self.view.target_of(at).map(|target| Sum::Sha1(Sha1::digest(target).into()));
        let kept = || self.view.kept(at);
        match self.listed.sums.get(at) {
            Some(sum @ Sum::Md5(_)) => {
                kept().is_some_and(|bytes| Sum::Md5(Md5::digest(bytes).into()) == *sum)
            }
            Some(sum @ Sum::Sha1(_)) => {
                let content = kept().map(|bytes| Sum::Sha1(Sha1::digest(bytes).into()));
                content.or_else(target).as_ref() == Some(sum)
            }
            None => false,
        }
    }

    fn meet(&self, owner: Party<'_>, newcomer: usize) -> Verdict {
        match self.base.text {
            Text::Apk(_) => self.meet_apk(owner, newcomer),
            Text::Deb { .. } => self.meet_deb(owner, newcomer),
        }
    }

    fn directory(&self, at: &RootPath, parcels: &[usize], is_in_base: bool) -> Option<usize> {
        match &self.base.text {
            Text::Apk(_) => self.directory_of_apk(at, parcels, is_in_base),
            Text::Deb { .. } => parcels.first().copied().filter(|_| !is_in_base),
        }
    }
}

/// What apk keeps of the base where packages bring something else.
fn is_config_of_apk(path: &RootPath) -> bool {
    path.as_bytes().starts_with(b"etc/")
}

/// Whether a Debian package may take over files of another.
fn replaces(one: &Package, other: &Package) -> bool {
    let is_it = |atom: &Atom| atom.name == other.name && atom.accepts(Family::Deb, Some(&other.version));
    one.replaces.iter().any(is_it)
}

/// The configuration that a Debian package says it has; lines that begin with a word are about what it no longer has.
fn conffiles(unpacked: &Unpacked) -> HashSet<RootPath> {
    let list = unpacked.members.get("conffiles").filter(|_| unpacked.family == Family::Deb);
    let lines = list.into_iter().flat_map(|bytes| bytes.split(|byte| *byte == b'\n'));
    lines
        .filter(|line| line.starts_with(b"/"))
        .filter_map(|line| RootPath::parse(line.trim_ascii_end()).ok())
        .collect()
}

#[cfg(test)]
mod tests;
