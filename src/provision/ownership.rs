//! Whose paths are: what the base's database says, and what packages say of each other.

use std::collections::{BTreeSet, HashMap};

use super::error::ProvisionError;
use super::installed::{Base, Text};
use super::provided::Provided;
use crate::contents::{Holder, Owners, Party, Verdict, View};
use crate::package::apk::{self, Claim, Installed};
use crate::package::deb::diversions;
use crate::package::{Family, Package};
use crate::rootfs::RootPath;

/// Who has which path.
pub(super) struct Ownership<'a> {
    base: &'a Base,
    packages: &'a [Provided],
    /// The packages of the base that list a path, by its physical place; directories are nobody's.
    holders: HashMap<RootPath, Vec<String>>,
    /// The packages of the base that others take the place of.
    replaced: BTreeSet<&'a str>,
}

impl<'a> Ownership<'a> {
    pub(super) fn of(base: &'a Base, view: &View, packages: &'a [Provided]) -> Result<Self, ProvisionError> {
        let replaced = packages.iter().filter(|one| one.choice.replaces.is_some());
        let replaced = replaced.map(Provided::name).collect();
        let mut holders: HashMap<RootPath, Vec<String>> = HashMap::new();
        for (package, listed) in lists(base, view)? {
            for path in listed {
                let at = view.physical(&path)?;
                if view.get(&at).is_some_and(|node| !node.is_directory()) {
                    let of = holders.entry(at).or_default();
                    if !of.contains(&package) {
                        of.push(package.clone());
                    }
                }
            }
        }
        Ok(Self { base, packages, holders, replaced })
    }

    /// The files and links that only packages had which others take the place of.
    pub(super) fn gone(&self) -> Vec<RootPath> {
        let is_gone = |names: &Vec<String>| names.iter().all(|name| self.replaced.contains(name.as_str()));
        let mut gone: Vec<RootPath> =
            self.holders.iter().filter(|(_, names)| is_gone(names)).map(|(at, _)| at.clone()).collect();
        gone.sort();
        gone
    }

    fn claim(&self, party: Party<'_>) -> Option<Claim<'_>> {
        match party {
            Party::Added(number) => Some(Claim::added(&self.packages[number].unpacked, None)),
            Party::Base(name) => match &self.base.text {
                Text::Apk(installed) => Some(Claim::installed(installed.get(name)?, None)),
                Text::Deb { .. } => None,
            },
        }
    }

    fn package(&self, party: Party<'_>) -> Option<&Package> {
        match party {
            Party::Added(number) => Some(&self.packages[number].unpacked.package),
            Party::Base(name) => self.base.package(name),
        }
    }

    /// Debian Policy 7.6: who replaces another takes over its files, whichever of them comes first.
    fn meet_deb(&self, owner: Party<'_>, newcomer: usize) -> Verdict {
        let new = &self.packages[newcomer].unpacked.package;
        match self.package(owner) {
            Some(old) if replaces(new, old) => Verdict::Newcomer,
            Some(old) if matches!(owner, Party::Added(_)) && replaces(old, new) => Verdict::Owner,
            _ => Verdict::Conflict,
        }
    }
}

/// Whether a Debian package may take over files of another.
fn replaces(one: &Package, other: &Package) -> bool {
    let is_it = |atom: &crate::package::Atom| {
        atom.name == other.name && atom.accepts(Family::Deb, Some(&other.version))
    };
    one.replaces.iter().any(is_it)
}

/// What each package of the base lists, in the order of the database.
fn lists(base: &Base, view: &View) -> Result<Vec<(String, Vec<RootPath>)>, ProvisionError> {
    Ok(match &base.text {
        Text::Apk(installed) => apk_lists(installed),
        Text::Deb { .. } => view.kept_files().filter_map(|(path, bytes)| deb_list(path, bytes)).collect(),
    })
}

fn apk_lists(installed: &Installed) -> Vec<(String, Vec<RootPath>)> {
    let list = |record: &apk::Record| {
        (record.package.name.clone(), record.files().map(|file| file.path.clone()).collect())
    };
    installed.records.iter().map(list).collect()
}

/// The package and the paths that a file of dpkg's database lists: `info/NAME.list`, `status.d/NAME.md5sums`.
fn deb_list(path: &RootPath, bytes: &[u8]) -> Option<(String, Vec<RootPath>)> {
    let (dir, name) = (path.parent()?, std::str::from_utf8(path.name()).ok()?);
    let lines = bytes.split(|byte| *byte == b'\n');
    let (stem, paths): (_, Vec<RootPath>) = match dir.as_bytes() {
        b"var/lib/dpkg/info" => {
            let listed = lines.filter(|line| !matches!(*line, b"" | b"/."));
            (name.strip_suffix(".list")?, listed.filter_map(|line| RootPath::parse(line).ok()).collect())
        }
        b"var/lib/dpkg/status.d" => {
            let listed = lines.filter_map(|line| line.get(34..));
            (name.strip_suffix(".md5sums")?, listed.filter_map(|line| RootPath::parse(line).ok()).collect())
        }
        _ => return None,
    };
    Some((stem.split(':').next().unwrap_or(stem).to_owned(), paths))
}

impl Owners for Ownership<'_> {
    fn place(&self, parcel: usize, path: &RootPath) -> Option<RootPath> {
        match &self.base.text {
            Text::Apk(_) => (!apk::is_dropped(path)).then(|| path.clone()),
            Text::Deb { diversions, .. } => {
                let name = self.packages[parcel].name();
                let elsewhere = diversions::place(diversions, path, name);
                (!path.is_root()).then(|| elsewhere.unwrap_or(path).clone())
            }
        }
    }

    fn is_config(&self, parcel: usize, path: &RootPath) -> bool {
        match &self.base.text {
            Text::Apk(_) => path.as_bytes().starts_with(b"etc/"),
            Text::Deb { .. } => {
                let list = self.packages[parcel].unpacked.members.get("conffiles");
                let mut lines = list.iter().flat_map(|bytes| bytes.split(|byte| *byte == b'\n'));
                lines.any(|line| line.strip_prefix(b"/").is_some_and(|line| line == path.as_bytes()))
            }
        }
    }

    fn holder(&self, at: &RootPath) -> Holder<'_> {
        let Some(names) = self.holders.get(at) else { return Holder::Nobody };
        match names.iter().find(|name| !self.replaced.contains(name.as_str())) {
            Some(name) => Holder::Package(name),
            None => Holder::Replaced,
        }
    }

    fn is_pristine(&self, _: &RootPath) -> bool {
        false
    }

    fn meet(&self, owner: Party<'_>, newcomer: usize) -> Verdict {
        if let Text::Deb { .. } = self.base.text {
            return self.meet_deb(owner, newcomer);
        }
        let new = Claim::added(&self.packages[newcomer].unpacked, None);
        let Some(old) = self.claim(owner) else { return Verdict::Conflict };
        match apk::verdict(&old, &new) {
            apk::Verdict::Owner | apk::Verdict::Same => Verdict::Owner,
            apk::Verdict::Newcomer => Verdict::Newcomer,
            apk::Verdict::Conflict => Verdict::Conflict,
        }
    }

    fn directory(&self, _: &RootPath, parcels: &[usize], is_in_base: bool) -> Option<usize> {
        if is_in_base {
            return None;
        }
        match &self.base.text {
            Text::Deb { .. } => parcels.first().copied(),
            Text::Apk(_) => parcels.iter().copied().min_by(|one, other| {
                let claim = |number: usize| Claim::added(&self.packages[number].unpacked, None);
                apk::order_of_directories(&claim(*one), &claim(*other))
            }),
        }
    }
}
