//! What the database of packages becomes: the files of it that are written, or go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::base::DatabaseKind;
use super::beside;
use super::error::ProvisionError;
use super::installed::{Base, Text};
use super::provided::Provided;
use super::wish::Wish;
use crate::contents::{Outcome, Payload, View};
use crate::package::apk::{self, Changes, Installed};
use crate::package::deb::database::{self, DatabaseFile, stale, without};
use crate::package::{PackageFile, Unpacked};
use crate::rootfs::{Mode, RootPath};

/// A file of the database, or one that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where.
    pub path: RootPath,
    /// Its bytes; nothing for one that goes.
    pub bytes: Option<Vec<u8>>,
    /// Its permissions.
    pub mode: Mode,
}

impl Record {
    fn file(path: RootPath, bytes: Vec<u8>) -> Self {
        Self { path, bytes: Some(bytes), mode: Mode::new(0o644) }
    }
}

/// The files of the base's database that packages change, once they are laid out.
pub(super) fn of(
    base: &Base,
    wish: &Wish,
    packages: &[Provided],
    payload: &Payload,
) -> Result<Vec<Record>, ProvisionError> {
    let view = &wish.base;
    // Where the base has all that is asked for, its database stays where it is.
    let mut records = match &base.text {
        _ if packages.is_empty() => Vec::new(),
        Text::Apk(installed) => apk(base, installed, view, packages, payload)?,
        Text::Deb { status, .. } => deb(base, status, view, packages, payload)?,
    };
    if let Text::Apk(installed) = &base.text {
        records.extend(beside::of(&base.database, installed, wish, packages)?);
    }
    Ok(records)
}

fn apk(
    base: &Base,
    installed: &Installed,
    view: &View,
    packages: &[Provided],
    payload: &Payload,
) -> Result<Vec<Record>, ProvisionError> {
    let gone = packages.iter().filter(|one| one.choice.replaces.is_some());
    let gone: BTreeSet<String> = gone.map(|one| one.name().to_owned()).collect();
    let mut taken: BTreeMap<String, BTreeSet<RootPath>> = BTreeMap::new();
    for one in &payload.taken {
        let record = installed.get(&one.from);
        let listed = record.iter().flat_map(|record| record.files()).map(|file| &file.path);
        let lost = listed.filter(|path| view.physical(path).is_ok_and(|at| at == one.at)).cloned();
        taken.entry(one.from.clone()).or_default().extend(lost);
    }
    let is_lost = |number: usize| {
        let outcomes = &payload.outcomes[number];
        move |ordinal: u32| matches!(outcomes[ordinal as usize], Outcome::Lost { .. } | Outcome::Dropped)
    };
    let owner = |package: &Provided| {
        let index = Arc::clone(&package.unpacked.index);
        move |ordinal: u32| index.items.inodes().attributes(ordinal).owner
    };
    let is_lost: Vec<_> = (0..packages.len()).map(is_lost).collect();
    let owner: Vec<_> = packages.iter().map(owner).collect();
    let added = packages.iter().enumerate().filter_map(|(number, one)| {
        let file: &PackageFile = one.choice.package.file.as_ref()?;
        let (owner, is_lost) = (&owner[number], &is_lost[number]);
        Some(apk::Added { unpacked: &one.unpacked, file, tag: one.tag.as_deref(), owner, is_lost })
    });
    let added: Vec<_> = added.collect();
    let bytes = apk::database(installed, &Changes { gone, taken }, &added);
    let bytes = bytes.map_err(|error| wrong(base, &error))?;
    Ok(vec![Record::file(base.database.path.clone(), bytes)])
}

fn deb(
    base: &Base,
    status: &[u8],
    view: &View,
    packages: &[Provided],
    payload: &Payload,
) -> Result<Vec<Record>, ProvisionError> {
    let (kind, dir) = match base.database.kind {
        DatabaseKind::StatusD => (database::DatabaseKind::StatusDirectory, base.database.path.parent()),
        _ => (database::DatabaseKind::Status, base.database.path.parent()),
    };
    let dir = dir.unwrap_or_else(RootPath::root);
    let added: Vec<&Unpacked> = packages.iter().map(|one| &*one.unpacked).collect();
    let files = database::files(kind, status, &added).map_err(|error| wrong(base, &error))?;
    // The version of the format is said once, where it is said at all.
    let is_new = |file: &&DatabaseFile| {
        file.path.name() != b"format" || view.get(&dir.join_path(&file.path)).is_none()
    };
    let new = files.iter().filter(is_new);
    let mut records: Vec<Record> = new.map(|file| record(&dir, file, packages, payload)).collect();
    if base.database.kind == DatabaseKind::Status {
        let triggers = dir.join(b"triggers");
        let before = |name: &str| view.kept(&triggers.join(name.as_bytes())).map(|bytes| bytes.to_vec());
        let files = database::triggers(before, &added);
        records.extend(files.iter().map(|file| record(&dir, file, packages, payload)));
    }
    let below = dir.join(if base.database.kind == DatabaseKind::Status { b"info" } else { b"status.d" });
    let present = view.below(&below).filter_map(|(path, _)| String::from_utf8(path.name().to_vec()).ok());
    let present: Vec<String> = present.collect();
    for name in stale(kind, present.iter().map(String::as_str), &added, &files) {
        records.push(Record { path: below.join(name.as_bytes()), bytes: None, mode: Mode::new(0o644) });
    }
    records.extend(shortened(view, &below, payload));
    Ok(records)
}

/// A file of the database; the list of a package has no paths that are another's.
fn record(dir: &RootPath, file: &DatabaseFile, packages: &[Provided], payload: &Payload) -> Record {
    let is_of = |package: &&Provided| {
        let name = file.path.name();
        let stem = name.strip_suffix(b".list").unwrap_or_default();
        stem.split(|byte| *byte == b':').next() == Some(package.name().as_bytes())
    };
    let number = packages.iter().position(|package| is_of(&package));
    let lost = number.map(|number| lost(&packages[number], &payload.outcomes[number])).unwrap_or_default();
    let bytes = without(&file.bytes, &lost).unwrap_or_else(|| file.bytes.clone());
    Record { path: dir.join_path(&file.path), bytes: Some(bytes), mode: file.mode }
}

/// The paths of a package, as it spells them, that another has.
fn lost(package: &Provided, outcomes: &[Outcome]) -> BTreeSet<RootPath> {
    let is_lost = |(_, outcome): &(u32, &Outcome)| matches!(outcome, Outcome::Lost { .. });
    let lost = (0..).zip(outcomes).filter(is_lost);
    lost.map(|(ordinal, _)| package.unpacked.index.items.path(ordinal)).collect()
}

/// The lists of packages of the base that lose paths to others.
fn shortened(view: &View, info: &RootPath, payload: &Payload) -> Vec<Record> {
    let mut records = Vec::new();
    for (path, bytes) in view.kept_files() {
        let Some(stem) = path.name().strip_suffix(b".list") else { continue };
        if path.parent().as_ref() != Some(info) {
            continue;
        }
        let package = stem.split(|byte| *byte == b':').next();
        let taken = payload.taken.iter().filter(|one| package == Some(one.from.as_bytes()));
        let places: BTreeSet<&RootPath> = taken.map(|one| &one.at).collect();
        if places.is_empty() {
            continue;
        }
        let listed = bytes.split(|byte| *byte == b'\n').filter_map(|line| RootPath::parse(line).ok());
        let lost = listed.filter(|path| view.physical(path).is_ok_and(|at| places.contains(&at)));
        if let Some(bytes) = without(bytes, &lost.collect()) {
            records.push(Record::file(path.clone(), bytes));
        }
    }
    records
}

fn wrong(base: &Base, error: &impl std::fmt::Display) -> ProvisionError {
    ProvisionError::Database { path: base.database.path.clone(), problem: error.to_string() }
}
