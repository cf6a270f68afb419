//! What the state layer holds: deletions, accounts, homes and static files.

use std::sync::Arc;

use super::finding::Finding;
use super::operation::{LayerContents, Position};
use super::placement::{Allow, Conflict, NoDirectories, Placement, Thing};
use super::view::View;
use crate::code::{Code, Coded};
use crate::rootfs::{Attributes, FileContent, Kind, Mode, Owner, RootPath};

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
/// The content of addition `n` is item `n` of layer 0. Layers of `below` from `ours` on are this build's own.
pub fn state(
    additions: &[Addition],
    below: &View,
    ours: u32,
    allow: Allow,
    latest: Option<i64>,
) -> Result<LayerContents, StateError> {
    let mut placement = Placement::on(below, allow, latest);
    for (number, addition) in additions.iter().enumerate() {
        if addition.kind == AdditionKind::Delete {
            delete(&mut placement, additions, number, below, ours)?;
        }
    }
    let mtime = latest.map_or(Attributes::EPOCH, |latest| latest.min(Attributes::EPOCH));
    for (number, addition) in additions.iter().enumerate() {
        let (kind, mode, data) = match &addition.kind {
            AdditionKind::Delete => continue,
            AdditionKind::Directory => (Kind::Directory, addition.mode, None),
            AdditionKind::Symlink(target) => (Kind::Symlink(target.clone()), Mode::new(0o777), None),
            AdditionKind::File(content) => (Kind::File(*content), addition.mode, Some(position(number))),
        };
        let attributes = Attributes { mtime, ..Attributes::new(mode, addition.owner) };
        let thing = Thing { at: addition.path.clone(), kind, attributes, data, link_to: None, kept: None };
        let placed = placement.put(thing, &NoDirectories);
        placed.map_err(|conflict| StateError::Conflict { number, conflict })?;
    }
    Ok(placement.contents)
}

fn position(number: usize) -> Position {
    Position { layer: 0, ordinal: u32::try_from(number).expect("a specification has fewer than 2^32 paths") }
}

fn delete(
    placement: &mut Placement<'_>,
    additions: &[Addition],
    number: usize,
    below: &View,
    ours: u32,
) -> Result<(), StateError> {
    let wanted = &additions[number].path;
    let path = placement
        .physical(wanted)
        .map_err(|error| StateError::Conflict { number, conflict: error.into() })?;
    let node = below.get(&path).ok_or_else(|| StateError::Missing { number, path: wanted.clone() })?;
    if node.layer >= ours {
        placement.contents.findings.push(Finding::DeletesOurs { path: path.clone(), layer: node.layer });
    } else if let Some(package) = owner_of(&path, below) {
        placement.contents.findings.push(Finding::DeletesPackaged { path: path.clone(), package });
    }
    let opaque =
        additions.iter().any(|other| other.kind != AdditionKind::Delete && other.path.is_below(wanted));
    placement.delete(&path, opaque).map_err(|conflict| StateError::Conflict { number, conflict })
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
    use crate::contents::sample::{index, names, path};

    fn add(at: &str, kind: AdditionKind) -> Addition {
        Addition { path: path(at), kind, mode: Mode::new(0o755), owner: Owner::ROOT }
    }

    fn file() -> AdditionKind {
        AdditionKind::File(FileContent { size: 1, sha256: [1; 32], sparse: false })
    }

    fn written(contents: &LayerContents) -> Vec<String> {
        let text = |operation: &Operation| match operation {
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
        let view = View::of([&index(&["usr/lib/", "lib -> usr/lib"])]).unwrap();
        let contents = lay(&[add("lib/marker", file())], &view).unwrap();
        assert_eq!(written(&contents), ["usr 0755", "usr/lib 0755", "usr/lib/marker 0755"]);
        let mut after = view.clone();
        after.apply_contents(&contents);
        assert_eq!(after.target_of(&path("lib")), Some(&b"usr/lib"[..]), "the link of the base stays");
    }

    #[test]
    fn delete_and_add_below_is_an_opaque_directory() {
        let view = View::of([&index(&["etc/", "etc/app/", "etc/app/old", "etc/gone"])]).unwrap();
        let additions = [
            add("etc/app/new", file()),
            add("etc/app", AdditionKind::Delete),
            add("etc/gone", AdditionKind::Delete),
        ];
        let contents = lay(&additions, &view).unwrap();
        let expected =
            ["etc 0755", "etc/app 0755", "opaque etc/app", "whiteout etc/gone", "etc/app/new 0755"];
        assert_eq!(written(&contents), expected);
        let mut after = view.clone();
        after.apply_contents(&contents);
        assert_eq!(names(&after), ["etc", "etc/app", "etc/app/new"]);
    }

    #[test]
    fn deleting_what_is_not_there_is_an_error() {
        let view = View::of([&index(&["etc/"])]).unwrap();
        let error = lay(&[add("etc/none", AdditionKind::Delete)], &view).unwrap_err();
        assert_eq!(error, StateError::Missing { number: 0, path: path("etc/none") });
    }

    #[test]
    fn deleting_what_a_layer_of_ours_brings_is_a_finding() {
        let view = View::of([&index(&["a"]), &index(&["b"])]).unwrap();
        let contents = state(&[add("b", AdditionKind::Delete)], &view, 1, Allow::default(), None).unwrap();
        assert_eq!(contents.findings, [Finding::DeletesOurs { path: path("b"), layer: 1 }]);
    }

    #[test]
    fn deleting_a_file_of_a_package_names_the_package() {
        let mut layer = index(&["usr/bin/tool", "bin -> usr/bin", "var/lib/dpkg/info/tool:amd64.list"]);
        layer.kept.insert(2, Arc::from(&b"/.\n/bin\n/bin/tool\n"[..]));
        let view = View::of([&layer]).unwrap();
        let contents = lay(&[add("usr/bin/tool", AdditionKind::Delete)], &view).unwrap();
        let expected = Finding::DeletesPackaged { path: path("usr/bin/tool"), package: "tool".into() };
        assert_eq!(contents.findings, [expected]);
    }

    #[test]
    fn a_link_over_a_directory_with_content_is_refused() {
        let view = View::of([&index(&["etc/", "etc/a"])]).unwrap();
        let link = || add("etc", AdditionKind::Symlink(b"usr/etc"[..].into()));
        assert!(matches!(lay(&[link()], &view), Err(StateError::Conflict { number: 0, .. })));
        let allowed = state(&[link()], &view, 1, Allow { replace: true }, None).unwrap();
        assert_eq!(written(&allowed), ["etc 0777"]);
    }
}
