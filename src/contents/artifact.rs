//! What an artifact's layer holds, from the indexes of the artifact's layers alone.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::operation::{LayerContents, Position};
use super::placement::{Allow, Conflict, Directories, Placement, Thing};
use super::view::{Node, View, ViewError};
use crate::code::{Code, Coded};
use crate::layer::{Fault, ItemKind, LayerIndex};
use crate::nearest::nearest;
use crate::rootfs::{Attributes, Kind, RootPath, Selection};

/// What is taken from an artifact, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Which paths.
    pub selection: Selection,
    /// The user that gets them, in place of their own.
    pub uid: Option<u32>,
    /// The group that gets them, in place of their own.
    pub gid: Option<u32>,
    /// The directory they go below.
    pub to: RootPath,
    /// The latest time that an entry may have, in seconds since 1970.
    pub latest: Option<i64>,
    /// What is allowed besides.
    pub allow: Allow,
}

impl Take {
    /// The attributes that an entry of the source gets.
    pub(super) fn attributes(&self, own: &Attributes) -> Attributes {
        let mut attributes = own.clone();
        attributes.owner.uid = self.uid.unwrap_or(attributes.owner.uid);
        attributes.owner.gid = self.gid.unwrap_or(attributes.owner.gid);
        attributes.mtime = attributes.mtime.max(0).min(self.latest.unwrap_or(i64::MAX));
        attributes
    }

    /// The path of the source that belongs at `at`, where one does.
    pub(super) fn source_of(&self, at: &RootPath) -> Option<RootPath> {
        if self.to.is_root() {
            return Some(at.clone());
        }
        let rest = at.as_bytes().strip_prefix(self.to.as_bytes())?.strip_prefix(b"/")?;
        RootPath::parse(rest).ok()
    }
}

/// An artifact that cannot be taken as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// Its layers cannot be applied.
    #[error(transparent)]
    View(#[from] ViewError),
    /// It cannot be placed on what is below.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// An include selects nothing.
    #[error("include `{include}` selects nothing")]
    Nothing {
        /// The include.
        include: String,
        /// Its place in the list.
        number: usize,
        /// Where it leads to, where it is written through a link.
        physical: Option<RootPath>,
        /// An existing path that is most like it.
        nearest: Option<RootPath>,
    },
    /// All that is included is excluded.
    #[error("everything that is included is excluded as well")]
    AllExcluded,
    /// Something that is taken cannot be used.
    #[error("`{path}`: {fault}")]
    Fault {
        /// Its path.
        path: RootPath,
        /// Why.
        fault: Fault,
    },
}

impl Coded for ArtifactError {
    fn code(&self) -> Code {
        match self {
            Self::View(error) => error.code(),
            Self::Conflict(error) => error.code(),
            Self::Nothing { .. } | Self::AllExcluded => Code::GlobEmpty,
            Self::Fault { fault, .. } => fault.code(),
        }
    }
}

/// Lays out what is taken from an artifact of these layers, the lowest first, on the view `below`.
///
/// The order is the one in which a single reading gives it: the topmost layer first, within it the order of the stream,
/// parents before children, content at the item that holds it.
pub fn artifact(
    layers: &[Arc<LayerIndex>],
    take: &Take,
    below: &View,
) -> Result<LayerContents, ArtifactError> {
    refuse_faults(layers, take)?;
    let flat = &View::of(layers.iter().map(|index| &**index))?;
    let Selected { entries: selected, implied } = select(flat, take)?;
    selected.iter().try_for_each(|one| one.refuse_fault(layers))?;
    let carriers = carriers(&selected);
    let mut order: Vec<_> =
        selected.iter().map(|one| (if one.carries(&carriers) { one.data } else { one.item }, one)).collect();
    order.sort_by_key(|(at, _)| (Reverse(at.layer), at.ordinal));

    let directories = Flat::on(below, flat, take);
    let mut placement = Placement::on(below, take.allow, take.latest);
    let mut places: HashMap<Position, RootPath> = HashMap::new();
    for (_, one) in order {
        let is_link = one.item != one.data && !matches!(one.node.entry.kind, Kind::Symlink(_));
        let carried = (is_link && !one.carries(&carriers)).then(|| places.get(&one.data).cloned()).flatten();
        let thing = Thing {
            at: take.to.join_path(one.path),
            kind: one.node.entry.kind.clone(),
            attributes: take.attributes(&one.node.entry.attributes),
            data: matches!(one.node.entry.kind, Kind::File(_)).then_some(one.data),
            link_to: carried,
            kept: flat.kept(one.path),
        };
        if let Some(place) = placement.put(thing, &directories)? {
            places.entry(one.data).or_insert(place);
        }
    }
    implied.into_iter().try_for_each(|path| placement.imply(take.to.join_path(path), &directories))?;
    Ok(placement.contents)
}

/// Refuses a selected item that cannot be used; what is not selected may be as it likes.
fn refuse_faults(layers: &[Arc<LayerIndex>], take: &Take) -> Result<(), ArtifactError> {
    let mut cursor = take.selection.cursor();
    for index in layers {
        for (ordinal, fault) in &index.faults {
            match &index.items[*ordinal as usize].kind {
                ItemKind::Entry(entry) if cursor.takes(&entry.path) => {
                    return Err(ArtifactError::Fault { path: entry.path.clone(), fault: fault.clone() });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// A selected path that an entry describes.
struct Entry<'a> {
    path: &'a RootPath,
    node: &'a Node,
    item: Position,
    data: Position,
}

impl Entry<'_> {
    /// Refuses an item that cannot be used, wherever links of lower layers have led it.
    fn refuse_fault(&self, layers: &[Arc<LayerIndex>]) -> Result<(), ArtifactError> {
        match layers[self.item.layer as usize].faults.get(&self.item.ordinal) {
            Some(fault) => Err(ArtifactError::Fault { path: self.path.clone(), fault: fault.clone() }),
            None => Ok(()),
        }
    }

    /// Whether content is written under this name, and under the others as hard links to it.
    fn carries(&self, carriers: &HashMap<Position, Position>) -> bool {
        carriers.get(&self.data) == Some(&self.item)
    }
}

/// For each content, the selected item that is written with it: the one that holds it, else the first link to it.
fn carriers(selected: &[Entry<'_>]) -> HashMap<Position, Position> {
    let mut carriers = HashMap::new();
    for one in selected {
        let carrier = carriers.entry(one.data).or_insert(one.item);
        let rank = |item: &Position| (*item != one.data, Reverse(item.layer), item.ordinal);
        if rank(&one.item) < rank(carrier) {
            *carrier = one.item;
        }
    }
    carriers
}

/// What is selected of a flattened artifact.
#[derive(Default)]
struct Selected<'a> {
    entries: Vec<Entry<'a>>,
    /// Directories that no entry describes, and that would be missing where nothing below them is selected.
    implied: Vec<&'a RootPath>,
}

fn select<'a>(flat: &'a View, take: &Take) -> Result<Selected<'a>, ArtifactError> {
    let includes = take.selection.includes();
    let mut unused: Vec<bool> = vec![true; includes.len()];
    let mut left = includes.len();
    let mut selected = Selected::default();
    let mut is_excluded = false;
    let mut cursor = take.selection.cursor();
    for (path, node) in flat.iter().filter(|(path, _)| !path.is_root()) {
        if left > 0 {
            for number in cursor.included_by(path) {
                left -= usize::from(std::mem::take(&mut unused[*number]));
            }
        }
        if !cursor.takes(path) {
            is_excluded = is_excluded || !cursor.included_by(path).is_empty();
            continue;
        }
        match (node.item, node.data) {
            (Some(item), Some(data)) => selected.entries.push(Entry { path, node, item, data }),
            _ => selected.implied.push(path),
        }
    }
    if let Some(number) = unused.iter().position(|unused| *unused) {
        return Err(nothing(flat, includes[number].as_str(), number));
    }
    if selected.entries.is_empty() && is_excluded {
        return Err(ArtifactError::AllExcluded);
    }
    Ok(selected)
}

/// The error for an include that selects nothing, with where it leads and what is like it.
fn nothing(flat: &View, include: &str, number: usize) -> ArtifactError {
    let plain: Vec<&str> = include.split('/').take_while(|c| !c.contains(['*', '?', '[', '\\'])).collect();
    let path = RootPath::parse(plain.join("/")).unwrap_or_else(|_| RootPath::root());
    let physical =
        flat.destination(&path).ok().filter(|physical| *physical != path && flat.get(physical).is_some());
    let nearest = nearest_path(flat, &path).filter(|_| physical.is_none());
    ArtifactError::Nothing { include: include.to_owned(), number, physical, nearest }
}

/// The existing path that is most like `path`: as deep as it exists, and there the most similar name.
fn nearest_path(flat: &View, path: &RootPath) -> Option<RootPath> {
    let mut place = RootPath::root();
    for component in path.components() {
        let next = place.join(component);
        if flat.get(&next).is_some() {
            place = next;
            continue;
        }
        let names: Vec<String> = flat
            .below(&place)
            .filter(|(below, _)| below.parent().as_ref() == Some(&place))
            .map(|(below, _)| String::from_utf8_lossy(below.name()).into_owned())
            .collect();
        let wanted = String::from_utf8_lossy(component);
        let name = nearest(&wanted, names.iter().map(String::as_str));
        return name.map(|name| place.join(name.as_bytes())).or((!place.is_root()).then_some(place));
    }
    Some(place)
}

/// The directories of a flattened artifact.
struct Flat<'a> {
    flat: &'a View,
    take: &'a Take,
    /// Selected ones that links below lead elsewhere, by where that is: such a place may be made as a parent first.
    led: HashMap<RootPath, Attributes>,
}

impl<'a> Flat<'a> {
    fn on(below: &View, flat: &'a View, take: &'a Take) -> Self {
        let mut led = HashMap::new();
        let mut cursor = take.selection.cursor();
        for (path, node) in flat.iter().filter(|(path, node)| !path.is_root() && is_described(node)) {
            let at = take.to.join_path(path);
            if let Some(place) = below.physical(&at).ok().filter(|place| *place != at && cursor.takes(path)) {
                led.entry(place).or_insert_with(|| take.attributes(&node.entry.attributes));
            }
        }
        Self { flat, take, led }
    }
}

fn is_described(node: &Node) -> bool {
    node.item.is_some() && node.entry.kind.is_directory()
}

impl Directories for Flat<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        let own = self.take.source_of(at).and_then(|source| {
            let node = self.flat.get(&source).filter(|node| is_described(node))?;
            Some((self.take.attributes(&node.entry.attributes), self.take.selection.takes(&source)))
        });
        own.or_else(|| Some((self.led.get(at)?.clone(), true)))
    }
}

#[cfg(test)]
mod tests;
