//! Worlds written as text: what there is, what the base has and what is asked for, to what is added.

use std::collections::HashMap;
use std::sync::Arc;

use crate::package::description::{MultiArch, Package, SourcePackage};
use crate::package::family::Family;
use crate::package::relation::{apk_atoms, apk_depends, apk_provides, deb_atoms, deb_groups, deb_provides};
use crate::package::solve::{Offers, Problem, Request, Solution, SolveError, Upgrade, solve};

/// Offers in memory.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    packages: Vec<(Arc<Package>, usize)>,
    tags: Vec<Option<String>>,
    named: HashMap<String, Vec<u32>>,
    providing: HashMap<String, Vec<u32>>,
    completing: HashMap<String, Vec<u32>>,
}

impl Shelf {
    pub(super) fn add(&mut self, tag: Option<&str>, packages: impl IntoIterator<Item = Package>) {
        let repository = self.tags.len();
        self.tags.push(tag.map(str::to_owned));
        for package in packages {
            let number = self.packages.len() as u32;
            let put = |map: &mut HashMap<String, Vec<u32>>, name: &str| {
                let numbers = map.entry(name.to_owned()).or_default();
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            };
            put(&mut self.named, &package.name);
            for provide in &package.provides {
                put(&mut self.providing, &provide.name);
            }
            for atom in &package.install_if {
                put(&mut self.completing, &atom.name);
            }
            self.packages.push((Arc::new(package), repository));
        }
    }
}

impl Offers for Shelf {
    fn named(&self, name: &str) -> &[u32] {
        self.named.get(name).map_or(&[], Vec::as_slice)
    }

    fn providing(&self, name: &str) -> &[u32] {
        self.providing.get(name).map_or(&[], Vec::as_slice)
    }

    fn completing(&self, name: &str) -> &[u32] {
        self.completing.get(name).map_or(&[], Vec::as_slice)
    }

    fn package(&self, number: u32) -> Arc<Package> {
        Arc::clone(&self.packages[number as usize].0)
    }

    fn repository(&self, number: u32) -> usize {
        self.packages[number as usize].1
    }

    fn tag(&self, repository: usize) -> Option<&str> {
        self.tags[repository].as_deref()
    }

    fn mention(&self, name: &str) -> Option<u32> {
        self.named(name).first().copied()
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let mut names: Vec<&str> = self.named.keys().map(String::as_str).collect();
        names.sort_unstable();
        Box::new(names.into_iter())
    }
}

/// A world, as tests write it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) family: Family,
    pub(super) shelf: Shelf,
    pub(super) base: Vec<Package>,
    pub(super) upgrade: Upgrade,
    pub(super) assume: Vec<String>,
}

/// A world of apk: packages as `name version; depends: …; provides: …`, a line each, the first repository.
pub(super) fn apk(packages: &str) -> World {
    World::new(Family::Apk, packages)
}

/// A world of deb.
pub(super) fn deb(packages: &str) -> World {
    World::new(Family::Deb, packages)
}

impl World {
    fn new(family: Family, packages: &str) -> Self {
        let world = Self {
            family,
            shelf: Shelf::default(),
            base: Vec::new(),
            upgrade: Upgrade::No,
            assume: Vec::new(),
        };
        world.repository(None, packages)
    }

    /// One more repository.
    pub(super) fn repository(mut self, tag: Option<&str>, packages: &str) -> Self {
        let packages = lines(self.family, packages);
        self.shelf.add(tag, packages);
        self
    }

    pub(super) fn base(mut self, packages: &str) -> Self {
        self.base = lines(self.family, packages);
        self
    }

    pub(super) fn auto(mut self) -> Self {
        self.upgrade = Upgrade::Auto;
        self
    }

    pub(super) fn upgrade(mut self, names: &str) -> Self {
        self.upgrade = Upgrade::Names(names.split(' ').map(str::to_owned).collect());
        self
    }

    pub(super) fn assume(mut self, name: &str) -> Self {
        self.assume.push(name.to_owned());
        self
    }

    pub(super) fn requests(&self, world: &str) -> Vec<Request> {
        world.split_whitespace().map(|word| request(self.family, word)).collect()
    }

    pub(super) fn problem<'a>(&'a self, requests: &'a [Request]) -> Problem<'a> {
        Problem {
            family: self.family,
            architecture: "amd64",
            offers: &self.shelf,
            installed: &self.base,
            requests,
            upgrade: &self.upgrade,
            assume: &self.assume,
            locked: None,
        }
    }

    pub(super) fn solve(&self, world: &str) -> Result<Solution, SolveError> {
        solve(&self.problem(&self.requests(world)))
    }

    /// What is added, as `name=version` in the order of names; or the error.
    pub(super) fn adds(&self, world: &str) -> String {
        match self.solve(world) {
            Ok(solution) => set(&solution).join(" "),
            Err(error) => format!("ERROR {error}"),
        }
    }

    pub(super) fn error(&self, world: &str) -> SolveError {
        self.solve(world).expect_err(world)
    }
}

/// What a solution adds, as `name=version`.
pub(super) fn set(solution: &Solution) -> Vec<String> {
    let added = solution.added.iter();
    added.map(|choice| format!("{}={}", choice.package.name, choice.package.version)).collect()
}

/// `name`, `name=1`, `name>=1`, `!name`, apk's `name@tag`, deb's `name/suite`.
pub(super) fn request(family: Family, word: &str) -> Request {
    if let Some(name) = word.strip_prefix('!') {
        return Request::KeepOut(name.to_owned());
    }
    let (word, suite) = match word.split_once('/') {
        Some((name, suite)) if family == Family::Deb => (name, Some(suite)),
        _ => (word, None),
    };
    let mut atom = apk_atoms(word).remove(0);
    if let (Family::Deb, Some(at)) = (family, word.find(['=', '<', '>'])) {
        let (name, version) = word.split_at(at);
        let operator = version.trim_end_matches(|c| !"<=>".contains(c));
        atom = deb_atoms(&format!("{name} ({operator} {})", &version[operator.len()..])).remove(0);
    }
    let tag = atom.qualifier.take();
    Request::Install { atom, from: suite.map(str::to_owned).or(tag) }
}

fn lines(family: Family, text: &str) -> Vec<Package> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| package(family, line)).collect()
}

/// `name version; key: value; …`.
fn package(family: Family, line: &str) -> Package {
    let mut parts = line.split(';').map(str::trim);
    let (name, version) = parts.next().unwrap().split_once(' ').expect(line);
    let mut package = Package {
        name: name.to_owned(),
        version: version.to_owned(),
        architecture: family.any_architecture().to_owned(),
        source: SourcePackage { name: name.to_owned(), version: version.to_owned() },
        ..Package::default()
    };
    for part in parts {
        let (key, value) = part.split_once(':').expect(part);
        let value = value.trim();
        match (family, key) {
            (Family::Apk, "depends") => (package.depends, package.conflicts) = apk_depends(value),
            (Family::Apk, "provides") => package.provides = apk_provides(value),
            (Family::Apk, "install_if") => {
                let (groups, unless) = apk_depends(value);
                package.install_if = groups.into_iter().flat_map(|group| group.0).collect();
                package.install_unless = unless;
            }
            (Family::Deb, "depends") => package.depends = deb_groups(value),
            (Family::Deb, "conflicts") => package.conflicts = deb_atoms(value),
            (Family::Deb, "provides") => package.provides = deb_provides(value),
            (Family::Deb, "multi-arch") => {
                package.multi_arch = if value == "allowed" { MultiArch::Allowed } else { MultiArch::Foreign };
            }
            (_, "architecture") => value.clone_into(&mut package.architecture),
            (_, "priority") => package.priority = value.parse().unwrap(),
            (_, "source") => {
                let (name, version) = value.split_once(' ').unwrap();
                package.source = SourcePackage { name: name.to_owned(), version: version.to_owned() };
            }
            _ => panic!("{part}"),
        }
    }
    package
}
