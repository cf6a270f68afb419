//! Layer indexes written as text, for tests: `d/`, `d/ 0700`, `file`, `file=content`, `link -> target`,
//! `hard => target`, `.wh.x`, `d/.wh..wh..opq`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{View, ViewError};
use crate::interrupt::Interrupt;
use crate::layer::{Item, ItemKind, LayerIndex};
use crate::oci::Digest;
use crate::rootfs::{Attributes, Entry, FileContent, Kind, Mode, Owner, RootPath};

pub(crate) fn path(text: &str) -> RootPath {
    RootPath::parse(text).unwrap()
}

/// The index of a layer with these items; a file's content is its own line, or what follows `=` in it.
pub(crate) fn index(lines: &[&str]) -> LayerIndex {
    let items = lines.iter().map(|line| Item { kind: item(line), offset: 0 }).collect();
    LayerIndex {
        diff_id: Digest::of(lines.join("\n").as_bytes()),
        size: 0,
        items,
        kept: BTreeMap::new(),
        elf: BTreeMap::new(),
        faults: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

fn item(line: &str) -> ItemKind {
    if let Some(dir) = line.strip_suffix("/.wh..wh..opq") {
        return ItemKind::Opaque(path(dir));
    }
    if let Some((dir, name)) = line.rsplit_once(".wh.") {
        return ItemKind::Whiteout(path(&format!("{dir}{name}")));
    }
    let (line, mode) = match line.rsplit_once(' ') {
        Some((line, mode)) if mode.starts_with('0') => (line, mode),
        _ => (line, if line.ends_with('/') { "0755" } else { "0644" }),
    };
    let (text, kind) = if let Some((at, target)) = line.split_once(" -> ") {
        (at, Kind::Symlink(target.as_bytes().into()))
    } else if let Some((at, target)) = line.split_once(" => ") {
        (at, Kind::Hardlink(path(target)))
    } else if line.ends_with('/') {
        (line, Kind::Directory)
    } else {
        let (at, content) = line.split_once('=').unwrap_or((line, line));
        (at, Kind::File(content_of(content)))
    };
    let attributes =
        Attributes { mtime: 1_000, ..Attributes::new(mode.parse::<Mode>().unwrap(), Owner::ROOT) };
    ItemKind::Entry(Entry { path: path(text), kind, attributes })
}

fn content_of(text: &str) -> FileContent {
    let Digest::Sha256(sha256) = Digest::of(text.as_bytes()) else {
        unreachable!("sha256 is what is written")
    };
    FileContent { size: text.len() as u64, sha256, sparse: false }
}

/// The view of these layers, the lowest first.
pub(super) fn view_of(layers: impl IntoIterator<Item = LayerIndex>) -> Result<View, ViewError> {
    View::of(layers.into_iter().map(Arc::new), &Interrupt::default())
}

/// The paths of a view.
pub(super) fn names(view: &View) -> Vec<String> {
    view.iter().map(|(path, _)| path.to_string()).collect()
}

/// The view of these small files, which are kept, and of these links.
pub(crate) fn view_of_files(files: &[(&str, &str)], links: &[(&str, &str)]) -> View {
    let lines = links.iter().map(|(at, target)| format!("{at} -> {target}"));
    let lines: Vec<String> = files.iter().map(|(at, text)| format!("{at}={text}")).chain(lines).collect();
    let mut layer = index(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let kept = (0..).zip(files).map(|(ordinal, (_, text))| (ordinal, Arc::from(text.as_bytes())));
    layer.kept = kept.collect();
    view_of([layer]).unwrap()
}
