//! What the state layer holds: deletions, accounts, homes and static files.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::finding::Finding;
use super::ledger::{Given, Ledger, Place, Thing};
use super::operation::{self, LayerContents, Operation, Position};
use super::placement::{Allow, Conflict, Directories, Placement};
use super::view::View;
use crate::code::{Code, Coded};
use crate::rootfs::{Attributes, Entry, FileContent, Kind, Mode, Owner, RootPath};

/// Something that a customization itself puts into an image, or takes out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// Where, before links below are followed.
    pub path: RootPath,
    /// What.
    pub kind: AdditionKind,
    /// Its permissions; a link's are not used.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// What is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdditionKind {
    /// A regular file.
    File(FileContent),
    /// A directory, which keeps what it has where it exists.
    Directory,
    /// A symbolic link.
    Symlink(Box<[u8]>),
    /// Nothing: what is there goes.
    Delete,
}

/// An addition that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It cannot be placed on what is below.
    #[error("{conflict}")]
    Conflict {
        /// Which addition.
        number: usize,
        /// Why.
        conflict: Conflict,
    },
    /// What is to be deleted is not there.
    #[error("`{path}` is to be deleted, but is not there")]
    Missing {
        /// Which addition.
        number: usize,
        /// What is not there.
        path: RootPath,
    },
}

impl StateError {
    /// Which addition is to blame.
    pub fn number(&self) -> usize {
        match self {
            Self::Conflict { number, .. } | Self::Missing { number, .. } => *number,
        }
    }
}

impl Coded for StateError {
    fn code(&self) -> Code {
        match self {
            Self::Conflict { conflict, .. } => conflict.code(),
            Self::Missing { .. } => Code::SpecPath,
        }
    }
}

/// Lays out additions on the view below: deletions first, then all else in its order.
///
/// What is to be deleted is looked for in the view below alone, so that deletions may come in any order and lie in each other.
/// A directory that is deleted and gets something anew keeps its attributes. The content of addition `n` is item `n` of
/// layer 0. Layers of `below` from `ours` on are this build's own.
pub fn state(
    additions: &[Addition],
    below: &View,
    ours: u32,
    allow: Allow,
    latest: Option<i64>,
) -> Result<LayerContents, StateError> {
    let mut placement = Placement::on(below, allow, latest, Vec::new());
    let deleted = deleted(additions, below)?;
    for path in deleted.keys() {
        placement.findings.extend(finding(path, below, ours));
        placement.remove(path);
    }
    let mtime = latest.map_or(Attributes::EPOCH, |latest| latest.min(Attributes::EPOCH));
    let described = additions.iter().filter(|addition| addition.kind == AdditionKind::Directory);
    let described = described
        .filter_map(|one| Some((placement.physical(&one.path).ok()?, one.attributes(mtime))))
        .collect();
    let directories = Described { described, deleted: &deleted, below };
    for (number, addition) in additions.iter().enumerate() {
        let Some(thing) = addition.thing(number, mtime) else { continue };
        let placed = placement.put(thing, &directories);
        placed.map_err(|conflict| StateError::Conflict { number, conflict })?;
    }
    let mut markers = Vec::new();
    for (path, number) in &deleted {
        let marker = delete(&mut placement, path, mtime, &directories);
        markers.extend(marker.map_err(|conflict| StateError::Conflict { number: *number, conflict })?);
    }
    let Placement { ledger: mut operations, kept, findings, .. } = placement;
    operations.extend(markers);
    operation::deletions_first(&mut operations);
    Ok(LayerContents { operations: Arc::new(operations.into_iter().collect()), kept, findings })
}

/// What deletes from the layers below what was removed at a path, unless what was placed since hides it anyway.
fn delete(
    placement: &mut Placement<'_, Vec<Operation>>,
    path: &RootPath,
    mtime: i64,
    directories: &Described<'_>,
) -> Result<Option<Operation>, Conflict> {
    if placement.covers(path) {
        return Ok(None);
    }
    if placement.placed(path).is_none() {
        placement.put_parents(path, path, directories)?;
        return Ok(Some(Operation::Whiteout { path: path.clone(), mtime }));
    }
    let was_directory = directories.below.get(path).is_some_and(|node| node.is_directory());
    Ok(was_directory.then(|| Operation::Opaque { dir: path.clone(), mtime }))
}

/// What was placed is what is written.
impl Ledger for Vec<Operation> {
    fn record(&mut self, path: RootPath, thing: Thing<'_>) {
        let (kind, data) = match thing.link_to {
            Some(Place { path, .. }) => (Kind::Hardlink(path), None),
            None => (thing.kind, thing.given.map(|given| given.data)),
        };
        self.push(Operation::Entry { entry: Entry { path, kind, attributes: thing.attributes }, data });
    }

    fn mark(&mut self, deletion: Operation) {
        self.push(deletion);
    }

    fn kind(&self, number: u32) -> Kind {
        placed(self, number).kind.clone()
    }

    fn attributes(&self, number: u32) -> Attributes {
        placed(self, number).attributes.clone()
    }

    fn is_directory(&self, number: u32) -> bool {
        placed(self, number).kind.is_directory()
    }

    fn target(&self, number: u32) -> Option<&[u8]> {
        match &placed(self, number).kind {
            Kind::Symlink(target) => Some(target),
            _ => None,
        }
    }
}

fn placed(operations: &[Operation], number: u32) -> &Entry {
    match &operations[number as usize] {
        Operation::Entry { entry, .. } => entry,
        Operation::Whiteout { .. } | Operation::Opaque { .. } => unreachable!("a deletion is not placed"),
    }
}

impl Addition {
    /// What is to be placed for it as addition `number`; nothing for a deletion.
    fn thing(&self, number: usize, mtime: i64) -> Option<Thing<'static>> {
        let ordinal = u32::try_from(number).expect("a specification has fewer than 2^32 paths");
        let item = Position { layer: 0, ordinal };
        let (kind, given) = match &self.kind {
            AdditionKind::Delete => return None,
            AdditionKind::Directory => (Kind::Directory, None),
            AdditionKind::Symlink(target) => (Kind::Symlink(target.clone()), None),
            AdditionKind::File(content) => (Kind::File(*content), Some(Given { item, data: item })),
        };
        Some(Thing { given, ..Thing::made(self.path.clone(), kind, self.attributes(mtime)) })
    }

    fn attributes(&self, mtime: i64) -> Attributes {
        let mode = if matches!(self.kind, AdditionKind::Symlink(_)) { Mode::new(0o777) } else { self.mode };
        Attributes { mtime, ..Attributes::new(mode, self.owner) }
    }
}

/// The physical paths that go, each with the addition that says so, and none below another.
fn deleted(additions: &[Addition], below: &View) -> Result<BTreeMap<RootPath, usize>, StateError> {
    let mut deleted = BTreeMap::new();
    for (number, addition) in additions.iter().enumerate() {
        if addition.kind != AdditionKind::Delete {
            continue;
        }
        let path = below.physical(&addition.path);
        let path = path.map_err(|error| StateError::Conflict { number, conflict: error.into() })?;
        if below.get(&path).is_none() {
            return Err(StateError::Missing { number, path: addition.path.clone() });
        }
        deleted.entry(path).or_insert(number);
    }
    let all = deleted.clone();
    deleted.retain(|path, _| !path.ancestors().any(|above| all.contains_key(&above)));
    Ok(deleted)
}

/// What people want to know of a deletion.
fn finding(path: &RootPath, below: &View, ours: u32) -> Option<Finding> {
    let layer = below.get(path)?.layer();
    let path = path.clone();
    if layer >= ours {
        return Some(Finding::DeletesOurs { path, layer });
    }
    owner_of(&path, below).map(|package| Finding::DeletesPackaged { path, package })
}

/// The directories that a customization describes, by their physical paths, and those it deletes, which stay as they are where
/// something is put into them anew.
struct Described<'a> {
    described: HashMap<RootPath, Attributes>,
    deleted: &'a BTreeMap<RootPath, usize>,
    below: &'a View,
}

impl Directories for Described<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        if let Some(described) = self.described.get(at) {
            return Some((described.clone(), true));
        }
        let node = self.below.get(at).filter(|node| node.is_directory())?;
        self.deleted.contains_key(at).then(|| (node.attributes(), false))
    }
}

/// The installed package that a path belongs to, as the package database of the view says.
fn owner_of(path: &RootPath, view: &View) -> Option<String> {
    let leads_here = |line: &[u8]| {
        line.ends_with(path.name())
            && RootPath::parse(line).ok().and_then(|listed| view.physical(&listed).ok()).as_ref()
                == Some(path)
    };
    view.kept_files().find_map(|(file, bytes)| {
        let (dir, name) = (file.parent()?, String::from_utf8_lossy(file.name()).into_owned());
        match dir.as_bytes() {
            b"var/lib/dpkg/info" => {
                let package = name.strip_suffix(".list")?;
                lines(bytes).any(leads_here).then(|| package.split(':').next().unwrap_or(package).to_owned())
            }
            b"var/lib/dpkg/status.d" => {
                let package = name.strip_suffix(".md5sums")?;
                let listed = |line: &[u8]| line.get(34..).is_some_and(leads_here);
                lines(bytes).any(listed).then(|| package.to_owned())
            }
            b"lib/apk/db" | b"usr/lib/apk/db" if name == "installed" => apk_owner(bytes, leads_here),
            _ => None,
        }
    })
}

/// The package of an apk database whose files (`F:` directory, `R:` name) hold a path.
fn apk_owner(database: &Arc<[u8]>, leads_here: impl Fn(&[u8]) -> bool) -> Option<String> {
    let (mut package, mut dir): (&[u8], &[u8]) = (b"", b"");
    for line in lines(database) {
        match line {
            [b'P', b':', rest @ ..] => package = rest,
            [b'F', b':', rest @ ..] => dir = rest,
            [b'R', b':', rest @ ..] if leads_here(&[dir, b"/", rest].concat()) => {
                return Some(String::from_utf8_lossy(package).into_owned());
            }
            _ => {}
        }
    }
    None
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|b| *b == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::Operation;
    use crate::contents::sample::{index, names, path, view_of};

    fn add(at: &str, kind: AdditionKind) -> Addition {
        Addition { path: path(at), kind, mode: Mode::new(0o755), owner: Owner::ROOT }
    }

    fn file() -> AdditionKind {
        AdditionKind::File(FileContent { size: 1, sha256: [1; 32], sparse: false })
    }

    fn written(contents: &LayerContents) -> Vec<String> {
        let text = |operation: Operation| match operation {
            Operation::Entry { entry, .. } => format!("{} {}", entry.path, entry.attributes.mode),
            Operation::Whiteout { path, .. } => format!("whiteout {path}"),
            Operation::Opaque { dir, .. } => format!("opaque {dir}"),
        };
        contents.operations.iter().map(text).collect()
    }

    fn lay(additions: &[Addition], view: &View) -> Result<LayerContents, StateError> {
        state(additions, view, view.layers(), Allow::default(), None)
    }

    #[test]
    fn t06_a_file_below_a_link_of_the_base_lands_where_the_link_leads() {
        let view = view_of([index(&["usr/lib/", "lib -> usr/lib"])]).unwrap();
        let contents = lay(&[add("lib/marker", file())], &view).unwrap();
        assert_eq!(written(&contents), ["usr 0755", "usr/lib 0755", "usr/lib/marker 0755"]);
        let mut after = view.clone();
        after.apply_contents(&contents);
        assert_eq!(after.target_of(&path("lib")), Some(&b"usr/lib"[..]), "the link of the base stays");
    }

    #[test]
    fn delete_and_add_below_is_an_opaque_directory() {
        let view = view_of([index(&["etc/", "etc/app/", "etc/app/old", "etc/gone"])]).unwrap();
        let additions = [
            add("etc/app/new", file()),
            add("etc/app", AdditionKind::Delete),
            add("etc/gone", AdditionKind::Delete),
        ];
        let contents = lay(&additions, &view).unwrap();
        let expected =
            ["etc 0755", "whiteout etc/gone", "etc/app 0755", "opaque etc/app", "etc/app/new 0755"];
        assert_eq!(written(&contents), expected);
        let mut after = view.clone();
        after.apply_contents(&contents);
        assert_eq!(names(&after), ["etc", "etc/app", "etc/app/new"]);
    }

    #[test]
    fn deletions_come_in_any_order_and_in_each_other() {
        let view = view_of([index(&["d/ 0700", "d/x", "d/y", "l -> d"])]).unwrap();
        let delete = |at| add(at, AdditionKind::Delete);
        for additions in
            [[delete("d/x"), delete("d")], [delete("d"), delete("d/x")], [delete("d"), delete("l/x")]]
        {
            assert_eq!(written(&lay(&additions, &view).unwrap()), ["whiteout d"]);
        }
        assert_eq!(
            written(&lay(&[delete("l"), delete("l/x")], &view).unwrap()),
            ["whiteout l", "d 0700", "whiteout d/x"]
        );
    }

    #[test]
    fn what_is_put_where_something_is_deleted_takes_its_place() {
        let view = view_of([index(&["d/ 0700", "d/x", "f", "l -> d"])]).unwrap();
        for (deleted, added, expected) in [
            ("d", add("l/new", file()), &["d 0700", "opaque d", "d/new 0755"][..]),
            ("d", add("d", AdditionKind::Directory), &["d 0755", "opaque d"]),
            ("d", add("d", file()), &["d 0755"]),
            ("d/x", add("d/x", file()), &["d 0700", "d/x 0755"]),
            ("f", add("f/new", file()), &["f 0755", "f/new 0755"]),
            ("l", add("l/new", file()), &["l 0755", "l/new 0755"]),
        ] {
            let contents = lay(&[add(deleted, AdditionKind::Delete), added], &view).unwrap();
            assert_eq!(written(&contents), expected);
        }
    }

    #[test]
    fn a_directory_has_its_mode_even_where_something_in_it_comes_first() {
        let additions =
            [add("d/x", file()), Addition { mode: Mode::new(0o700), ..add("d", AdditionKind::Directory) }];
        assert_eq!(written(&lay(&additions, &View::default()).unwrap()), ["d 0700", "d/x 0755"]);
    }

    #[test]
    fn deleting_what_is_not_there_is_an_error() {
        let view = view_of([index(&["etc/"])]).unwrap();
        let error = lay(&[add("etc/none", AdditionKind::Delete)], &view).unwrap_err();
        assert_eq!(error, StateError::Missing { number: 0, path: path("etc/none") });
    }

    #[test]
    fn deleting_what_a_layer_of_ours_brings_is_a_finding() {
        let view = view_of([index(&["a"]), index(&["b"])]).unwrap();
        let contents = state(&[add("b", AdditionKind::Delete)], &view, 1, Allow::default(), None).unwrap();
        assert_eq!(contents.findings, [Finding::DeletesOurs { path: path("b"), layer: 1 }]);
    }

    #[test]
    fn deleting_a_file_of_a_package_names_the_package() {
        let mut layer = index(&["usr/bin/tool", "bin -> usr/bin", "var/lib/dpkg/info/tool:amd64.list"]);
        layer.kept.insert(2, Arc::from(&b"/.\n/bin\n/bin/tool\n"[..]));
        let view = view_of([layer]).unwrap();
        let contents = lay(&[add("usr/bin/tool", AdditionKind::Delete)], &view).unwrap();
        let expected = Finding::DeletesPackaged { path: path("usr/bin/tool"), package: "tool".into() };
        assert_eq!(contents.findings, [expected]);
    }

    #[test]
    fn a_link_over_a_directory_with_content_is_refused() {
        let view = view_of([index(&["etc/", "etc/a"])]).unwrap();
        let link = || add("etc", AdditionKind::Symlink(b"usr/etc"[..].into()));
        assert!(matches!(lay(&[link()], &view), Err(StateError::Conflict { number: 0, .. })));
        let allowed = state(&[link()], &view, 1, Allow { replace: true }, None).unwrap();
        assert_eq!(written(&allowed), ["etc 0777"]);
    }
}
