//! What an artifact's layer holds, from the indexes of the artifact's layers alone.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::carriers::Carriers;
use super::change::Change;
use super::ledger::{Given, Place, Thing};
use super::operation::{LayerContents, Position};
use super::operations::Operations;
use super::placement::{Allow, Conflict, Directories, Placement};
use super::view::{View, ViewError};
use crate::code::{Code, Coded};
use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::{Fault, LayerIndex};
use crate::nearest::nearest;
use crate::rootfs::{Attributes, Kind, RootPath, Selection, Tree};

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
    /// What becomes of the entries of the source.
    pub(super) fn change(&self) -> Change {
        let to = (!self.to.is_root()).then(|| self.to.clone());
        Change { uid: self.uid, gid: self.gid, to, latest: self.latest }
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
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
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
            Self::Interrupted(interrupted) => interrupted.code(),
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
    interrupt: &Interrupt,
) -> Result<LayerContents, ArtifactError> {
    refuse_faults(layers, take)?;
    let change = take.change();
    // The flattened artifact goes as soon as it is known what is selected of it.
    let (Selected { mut entries, implied }, flat) = {
        let flat = View::of(layers.iter().cloned(), interrupt)?;
        (select(&flat, take, layers)?, Flat::on(below, &flat, layers, take, &change))
    };
    entries.iter().try_for_each(|one| one.refuse_fault(layers))?;
    let carriers = Carriers::of(entries.iter().map(|one| one.given));
    entries.sort_unstable_by_key(|one| {
        let at = if carriers.is_one(one.given) { one.given.data } else { one.given.item };
        (Reverse(at.layer), at.ordinal)
    });
    let ledger = Operations::new(layers.to_vec(), change);
    let mut placement = Placement::on(below, take.allow, take.latest, ledger);
    let mut places: HashMap<Position, Place> = HashMap::new();
    for one in &entries {
        interrupt.check()?;
        let data = one.given.data;
        let mut thing = one.thing(layers, &flat.change);
        if !carriers.is_one(one.given) && !matches!(thing.kind, Kind::Symlink(_)) {
            thing.link_to = places.get(&data).cloned();
        }
        if let Some(place) = placement.put(thing, &flat)?
            && carriers.is_shared(data)
        {
            places.entry(data).or_insert(place);
        }
    }
    implied.iter().try_for_each(|path| placement.imply(flat.change.place(path), &flat))?;
    let Placement { ledger, kept, findings, .. } = placement;
    Ok(LayerContents { operations: Arc::new(ledger), kept, findings })
}

/// Refuses a selected item that cannot be used; what is not selected may be as it likes.
fn refuse_faults(layers: &[Arc<LayerIndex>], take: &Take) -> Result<(), ArtifactError> {
    let mut cursor = take.selection.cursor();
    for index in layers {
        for (ordinal, fault) in index.faults.iter().filter(|(ordinal, _)| index.items.is_entry(**ordinal)) {
            let path = index.items.path(*ordinal);
            if cursor.takes(&path) {
                return Err(ArtifactError::Fault { path, fault: fault.clone() });
            }
        }
    }
    Ok(())
}

/// A selected path that an entry describes.
struct Entry {
    given: Given,
    /// The path, where links of lower layers have led the item elsewhere.
    led: Option<Box<RootPath>>,
}

impl Entry {
    fn path(&self, layers: &[Arc<LayerIndex>]) -> RootPath {
        let Position { layer, ordinal } = self.given.item;
        self.led.as_deref().cloned().unwrap_or_else(|| layers[layer as usize].items.path(ordinal))
    }

    /// What is to be placed.
    fn thing<'a>(&self, layers: &'a [Arc<LayerIndex>], change: &Change) -> Thing<'a> {
        let Position { layer, ordinal } = self.given.data;
        let index = &layers[layer as usize];
        let inodes = index.items.inodes();
        Thing {
            at: change.place(&self.path(layers)),
            kind: inodes.kind(ordinal),
            attributes: change.attributes(inodes.attributes(ordinal)),
            given: Some(self.given),
            link_to: None,
            kept: index.kept.get(&ordinal),
        }
    }

    /// Refuses an item that cannot be used, wherever links of lower layers have led it.
    fn refuse_fault(&self, layers: &[Arc<LayerIndex>]) -> Result<(), ArtifactError> {
        let Position { layer, ordinal } = self.given.item;
        match layers[layer as usize].faults.get(&ordinal) {
            Some(fault) => Err(ArtifactError::Fault { path: self.path(layers), fault: fault.clone() }),
            None => Ok(()),
        }
    }
}

/// What is selected of a flattened artifact.
#[derive(Default)]
struct Selected {
    entries: Vec<Entry>,
    /// Directories that no entry describes, and that would be missing where nothing below them is selected.
    implied: Vec<RootPath>,
}

fn select(flat: &View, take: &Take, layers: &[Arc<LayerIndex>]) -> Result<Selected, ArtifactError> {
    let includes = take.selection.includes();
    let mut unused: Vec<bool> = vec![true; includes.len()];
    let mut left = includes.len();
    let mut selected = Selected::default();
    let mut is_excluded = false;
    let mut cursor = take.selection.cursor();
    for (path, node) in flat.iter().filter(|(path, _)| !path.is_root()) {
        if left > 0 {
            for number in cursor.included_by(&path) {
                left -= usize::from(std::mem::take(&mut unused[*number]));
            }
        }
        if !cursor.takes(&path) {
            is_excluded = is_excluded || !cursor.included_by(&path).is_empty();
            continue;
        }
        match (node.item(), node.given()) {
            (Some(item), Some(data)) => {
                let is_led = layers[item.layer as usize].items.path(item.ordinal) != path;
                let led = is_led.then(|| Box::new(path));
                selected.entries.push(Entry { given: Given { item, data }, led });
            }
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
    layers: &'a [Arc<LayerIndex>],
    take: &'a Take,
    change: Change,
    /// Those that entries describe, by their paths in the artifact.
    described: Tree<Position>,
    /// Selected ones that links below lead elsewhere, by where that is: such a place may be made as a parent first.
    led: Tree<Position>,
}

impl<'a> Flat<'a> {
    fn on(below: &View, flat: &View, layers: &'a [Arc<LayerIndex>], take: &'a Take, change: &Change) -> Self {
        let (mut described, mut led) = (Tree::default(), Tree::default());
        let mut cursor = take.selection.cursor();
        for (path, node) in flat.iter().filter(|(path, node)| !path.is_root() && node.is_directory()) {
            let Some(given) = node.given() else { continue };
            let at = change.place(&path);
            let elsewhere = below.physical(&at).ok().filter(|place| *place != at && cursor.takes(&path));
            if let Some(place) = elsewhere.filter(|place| !led.contains(place)) {
                led.insert(&place, given);
            }
            described.insert(&path, given);
        }
        Self { layers, take, change: change.clone(), described, led }
    }

    fn attributes(&self, Position { layer, ordinal }: Position) -> Attributes {
        self.change.attributes(self.layers[layer as usize].items.inodes().attributes(ordinal))
    }
}

impl Directories for Flat<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        let own = self.take.source_of(at).and_then(|source| {
            let given = self.described.get(&source)?;
            Some((self.attributes(*given), self.take.selection.takes(&source)))
        });
        own.or_else(|| Some((self.attributes(*self.led.get(at)?), true)))
    }
}

#[cfg(test)]
mod tests;
