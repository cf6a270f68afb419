//! Operations held compactly: what an item of the source gives is named, not copied.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::change::Change;
use super::ledger::{Given, Ledger, Place, Thing};
use super::operation::{Operation, Position};
use crate::layer::{Elf, LayerIndex};
use crate::rootfs::{Attributes, Blocks, Entry, Inodes, Kind, PathSet, RootPath};

/// What a layer of ours holds, in the order it is written.
#[derive(Clone, Default)]
pub struct Operations {
    /// The layers that positions lie in, the lowest first, and how their entries are changed.
    layers: Vec<Arc<LayerIndex>>,
    change: Change,
    steps: Blocks<Step>,
    /// Directories of entries that are not where their own paths lead, and paths of those that have other names.
    places: PathSet,
    made: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Copy)]
enum Step {
    /// An entry that an item of the source gives.
    Item {
        given: Given,
        /// Its directory, one more than its number, where that is another than its path has.
        place: Option<NonZeroU32>,
        /// The operation that it is a hard link to, one more than its number.
        link: Option<NonZeroU32>,
    },
    /// An entry that an item of the source gives under another name.
    Renamed {
        given: Given,
        /// Its path, by its number.
        path: u32,
        /// The operation that it is a hard link to, one more than its number.
        link: Option<NonZeroU32>,
    },
    /// Anything else, by its place in the list.
    Made(u32),
}

impl Operations {
    /// No operations yet; items of these layers will be changed so.
    pub(super) fn new(layers: Vec<Arc<LayerIndex>>, change: Change) -> Self {
        Self { layers, change, ..Self::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// All, in their order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { operations: self, next: 0 }
    }

    /// The operation of a number.
    pub fn get(&self, number: u32) -> Operation {
        match self.steps[number] {
            Step::Made(made) => self.made[made as usize].clone(),
            Step::Item { given, link, .. } | Step::Renamed { given, link, .. } => {
                let (path, attributes) = (self.path(number), self.attributes(number));
                let (kind, data) = match link {
                    Some(link) => (Kind::Hardlink(self.path(link.get() - 1)), None),
                    None => {
                        let kind = self.kind(number);
                        let data = matches!(kind, Kind::File(_)).then_some(given.data);
                        (kind, data)
                    }
                };
                Operation::Entry { entry: Entry { path, kind, attributes }, data }
            }
        }
    }

    /// The path that an operation is about.
    pub(super) fn path(&self, number: u32) -> RootPath {
        match self.steps[number] {
            Step::Made(made) => match &self.made[made as usize] {
                Operation::Entry { entry, .. } => entry.path.clone(),
                Operation::Whiteout { path, .. } | Operation::Opaque { dir: path, .. } => path.clone(),
            },
            Step::Renamed { path, .. } => self.places.get(path),
            Step::Item { given: Given { item, .. }, place: None, .. } => self.own_path(item),
            Step::Item { given: Given { item, .. }, place: Some(place), .. } => self
                .places
                .get(place.get() - 1)
                .join(self.layers[item.layer as usize].items.name(item.ordinal)),
        }
    }

    /// What shared object the content of an operation is, where an item of the source gives it and it is one.
    pub(super) fn elf(&self, number: u32) -> Option<&Elf> {
        match self.steps[number] {
            Step::Item { given: Given { data, .. }, .. }
            | Step::Renamed { given: Given { data, .. }, .. } => {
                self.layers[data.layer as usize].elf.get(&data.ordinal)
            }
            Step::Made(_) => None,
        }
    }

    /// Where an item of the source belongs, unless links lead it elsewhere.
    fn own_path(&self, item: Position) -> RootPath {
        self.change.place(&self.layers[item.layer as usize].items.path(item.ordinal))
    }

    fn inodes(&self, at: Position) -> &Inodes {
        self.layers[at.layer as usize].items.inodes()
    }

    fn make(&mut self, operation: Operation) -> Step {
        self.made.push(operation);
        Step::Made(u32::try_from(self.made.len() - 1).expect("it is no more than all"))
    }

    fn made(&self, number: u32) -> &Entry {
        match &self.made[number as usize] {
            Operation::Entry { entry, .. } => entry,
            Operation::Whiteout { .. } | Operation::Opaque { .. } => unreachable!("a deletion is no entry"),
        }
    }
}

impl Ledger for Operations {
    fn record(&mut self, path: RootPath, thing: Thing<'_>) {
        let step = match thing.given {
            Some(given) => {
                let link = thing.link_to.map(|Place { number, .. }| one_more(number));
                let own = self.own_path(given.item);
                if own.name() == path.name() {
                    let place = (own != path).then(|| {
                        let dir = path.parent().expect("the root is never given by an item");
                        one_more(self.places.insert(&dir))
                    });
                    Step::Item { given, place, link }
                } else {
                    Step::Renamed { given, path: self.places.insert(&path), link }
                }
            }
            None => {
                let entry = Entry { path, kind: thing.kind, attributes: thing.attributes };
                self.make(Operation::Entry { entry, data: None })
            }
        };
        self.steps.push(step);
    }

    fn mark(&mut self, deletion: Operation) {
        let step = self.make(deletion);
        self.steps.push(step);
    }

    fn kind(&self, number: u32) -> Kind {
        match self.steps[number] {
            Step::Item { given: Given { data, .. }, .. }
            | Step::Renamed { given: Given { data, .. }, .. } => self.inodes(data).kind(data.ordinal),
            Step::Made(made) => self.made(made).kind.clone(),
        }
    }

    fn attributes(&self, number: u32) -> Attributes {
        match self.steps[number] {
            Step::Item { given: Given { data, .. }, .. }
            | Step::Renamed { given: Given { data, .. }, .. } => {
                self.change.attributes(self.inodes(data).attributes(data.ordinal))
            }
            Step::Made(made) => self.made(made).attributes.clone(),
        }
    }

    fn is_directory(&self, number: u32) -> bool {
        match self.steps[number] {
            Step::Item { given: Given { data, .. }, .. }
            | Step::Renamed { given: Given { data, .. }, .. } => self.inodes(data).is_directory(data.ordinal),
            Step::Made(made) => self.made(made).kind.is_directory(),
        }
    }

    fn target(&self, number: u32) -> Option<&[u8]> {
        match self.steps[number] {
            Step::Item { given: Given { data, .. }, .. }
            | Step::Renamed { given: Given { data, .. }, .. } => self.inodes(data).target(data.ordinal),
            Step::Made(made) => match &self.made[made as usize] {
                Operation::Entry { entry: Entry { kind: Kind::Symlink(target), .. }, .. } => Some(target),
                _ => None,
            },
        }
    }
}

fn one_more(number: u32) -> NonZeroU32 {
    NonZeroU32::MIN.checked_add(number).expect("memory ends before 2^32 of them")
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        let made: Vec<Operation> = operations.into_iter().collect();
        let count = u32::try_from(made.len()).expect("memory ends before 2^32 operations");
        Self { steps: (0..count).map(Step::Made).collect(), made, ..Self::default() }
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Operations in their order.
#[derive(Clone)]
pub struct Iter<'a> {
    operations: &'a Operations,
    next: u32,
}

impl Iterator for Iter<'_> {
    type Item = Operation;

    fn next(&mut self) -> Option<Operation> {
        if self.next as usize == self.operations.len() {
            return None;
        }
        self.next += 1;
        Some(self.operations.get(self.next - 1))
    }
}
