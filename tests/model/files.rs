//! Files and deletions of a customization on random bases.

use std::cell::Cell;

use overcoat::code::Code;
use proptest::prelude::*;
use proptest::sample::select;

use super::build::{Failed, How, build, customization};
use super::disk::memory;
use super::fs::{Attributes, Fs, GENERATED, Inode, Kind, above, assert_same, is_below};
use super::image::Layout;
use super::layer::apply_all;
use super::on_base::{Appliers, view};
use super::stack::{Of, path, stacks, target};
use super::{assert_common, for_random};

/// One entry of `paths`; nothing is deleted.
#[derive(Clone, Debug)]
struct Added {
    path: String,
    kind: Option<Kind>,
    mode: u32,
    owner: (u32, u32),
}

impl Added {
    fn yaml(&self) -> String {
        let Self { path, mode, owner: (uid, gid), .. } = self;
        let attributes = format!("mode: \"{mode:04o}\", uid: {uid}, gid: {gid}");
        match &self.kind {
            None => format!("  - {{path: /{path}, type: delete}}\n"),
            Some(Kind::Directory) => format!("  - {{path: /{path}, type: directory, {attributes}}}\n"),
            Some(Kind::Symlink(target)) => {
                format!(
                    "  - {{path: /{path}, type: symlink, target: \"{target}\", uid: {uid}, gid: {gid}}}\n"
                )
            }
            Some(Kind::File(content)) => {
                format!(
                    "  - {{path: /{path}, contents: {:?}, {attributes}}}\n",
                    String::from_utf8_lossy(content)
                )
            }
            Some(kind) => unreachable!("customizations have no {kind:?}"),
        }
    }

    fn inode(&self) -> Option<Inode> {
        let kind = self.kind.clone()?;
        let mode = if matches!(kind, Kind::Symlink(_)) { 0o777 } else { self.mode };
        let attributes = Attributes { mode, owner: self.owner, mtime: GENERATED, xattrs: Default::default() };
        Some(Inode { kind, attributes, is_implied: false })
    }
}

/// Entries that a customization may have together: each path once, and nothing below what is put there as no directory.
fn added() -> impl Strategy<Value = Vec<Added>> {
    let kind = prop_oneof![
        3 => Just(None),
        2 => Just(Some(Kind::Directory)),
        3 => select(&["", "x", "content"][..]).prop_map(|text| Some(Kind::File(text.into()))),
        1 => target().prop_map(|target| Some(Kind::Symlink(target))),
    ];
    let one = (path(), kind, select(&[0o755, 0o644, 0o700][..]), select(&[(0, 0), (7, 8)][..]));
    let one = one.prop_map(|(path, kind, mode, owner)| Added { path, kind, mode, owner });
    prop::collection::vec(one, 1..6).prop_map(|all| {
        let mut kept: Vec<Added> = Vec::new();
        for one in all {
            let is_over = |over: &Added, under: &Added| {
                is_below(&under.path, &over.path) && !matches!(over.kind, None | Some(Kind::Directory))
            };
            if kept
                .iter()
                .all(|other| other.path != one.path && !is_over(other, &one) && !is_over(&one, other))
            {
                kept.push(one);
            }
        }
        kept
    })
}

/// What is to be deleted is not there, or something cannot be put where it belongs.
#[derive(Debug, PartialEq)]
enum Refused {
    Missing,
    Conflict,
}

/// Deletes, then adds in any order that has directories before what is in them.
fn changed(base: &Fs, added: &[Added]) -> Result<Fs, Refused> {
    let mut fs = base.clone();
    let mut deleted = Vec::new();
    for one in added.iter().filter(|one| one.kind.is_none()) {
        let place = base.resolve(&one.path, false).map_err(|_| Refused::Conflict)?;
        let inode = base.get(&place).ok_or(Refused::Missing)?.clone();
        fs.remove(&place);
        deleted.push((place, inode));
    }
    let left = fs.clone();
    let mut placed: Vec<(String, &Added)> = Vec::new();
    for one in added {
        let Some(inode) = one.inode() else { continue };
        let place = fs.resolve(&one.path, false).map_err(|_| Refused::Conflict)?;
        if let Some((_, before)) = placed.iter().find(|(other, _)| *other == place) {
            match before.inode() == one.inode() {
                true => continue,
                false => return Err(Refused::Conflict),
            }
        }
        let is_directory = inode.kind == Kind::Directory;
        match fs.get(&place).map(|inode| &inode.kind) {
            Some(Kind::Symlink(_)) if is_directory => continue,
            Some(kind @ Kind::Symlink(_)) if *kind == inode.kind => continue,
            Some(Kind::Symlink(_)) if left.resolve(&place, true).is_ok_and(|end| left.is_directory(&end)) => {
                return Err(Refused::Conflict);
            }
            Some(Kind::Directory) if !is_directory && fs.has_below(&place) => return Err(Refused::Conflict),
            _ => {}
        }
        for dir in above(&place) {
            if placed.iter().any(|(other, one)| other == dir && one.kind != Some(Kind::Directory)) {
                return Err(Refused::Conflict);
            }
            if !fs.is_directory(dir) {
                let before =
                    deleted.iter().find(|(path, inode)| path == dir && inode.kind == Kind::Directory);
                let attributes =
                    before.map_or_else(Attributes::implied, |(_, inode)| inode.attributes.clone());
                fs.create(dir, Inode { kind: Kind::Directory, attributes, is_implied: true });
            }
        }
        fs.create(&place, inode);
        placed.push((place, one));
    }
    Ok(fs)
}

#[test]
fn m02_files_and_deletions_on_a_base_are_what_the_design_says_to_every_applier() {
    let appliers = Appliers::find();
    let [made, missing, refused] = [const { Cell::new(0_u32) }; 3];
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    for_random((stacks(Of::Base), added()), |(base, added)| {
        let dir = memory();
        let mut layout = Layout::new(dir.path().join("in"));
        layout.add("base", &base);
        let below = apply_all(&base).expect("stacks are sound");
        let paths: String = added.iter().map(Added::yaml).collect();
        let yaml = customization("oci:in:base", &format!("paths:\n{paths}compression: GZIP"));
        let (image, expected) = match (build(dir.path(), &yaml, How::default()), changed(&below, &added)) {
            (Ok(image), Ok(expected)) => (image, expected),
            (Err(Failed { code: Code::SpecPath, .. }), Err(Refused::Missing)) => {
                count(&missing);
                return Ok(());
            }
            (Err(Failed { code: Code::Conflict | Code::PathLoop, .. }), Err(Refused::Conflict)) => {
                count(&refused);
                return Ok(());
            }
            (built, expected) => return Err(format!("{built:?}, expected {expected:?}")),
        };
        let deleted = added.iter().filter(|one| one.kind.is_none());
        let deleted: Vec<String> = deleted.filter_map(|one| below.resolve(&one.path, false).ok()).collect();
        let found = view(&base, &image, &deleted)?;
        assert_same("overcoat", &found.rows(), &expected.rows())?;
        count(&made);
        appliers.check(&base, &image, &found)
    });
    assert_common("images as the model has them", made.get(), 6);
    assert_common("deletions of nothing", missing.get(), 20);
    assert_common("refused", refused.get(), 40);
    appliers.assert_asked();
}
