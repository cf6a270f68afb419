//! The layer itself: what was decided, placed in the order in which it is read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::carriers::Carriers;
use super::super::ledger::{Place, Thing};
use super::super::operation::{LayerContents, Position};
use super::super::operations::Operations;
use super::super::placement::{Directories, Placement};
use super::error::PayloadError;
use super::ground::Ground;
use super::layout::{Layout, Step};
use crate::rootfs::{Attributes, Kind, RootPath};

/// The directories that items describe.
struct Described<'a> {
    ground: &'a Ground<'a>,
    directories: &'a HashMap<RootPath, Position>,
}

impl Directories for Described<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        self.directories.get(at).map(|position| (self.ground.attributes(*position), true))
    }
}

/// Places everything; `deleted` are places of the view below that go, and where nothing is placed.
pub(super) fn emit(
    ground: &Ground<'_>,
    layout: &mut Layout<'_>,
    deleted: &BTreeSet<RootPath>,
) -> Result<LayerContents, PayloadError> {
    let mut steps = std::mem::take(&mut layout.steps);
    let carriers = Carriers::of(steps.iter().map(|step| step.given));
    steps.sort_unstable_by_key(|step| {
        let at = if carriers.is_one(step.given) { step.given.data } else { step.given.item };
        (step.rank, at.ordinal)
    });
    let indexes = ground.parcels.iter().map(|parcel| Arc::clone(parcel.index)).collect();
    let ledger = Operations::new(indexes, ground.change.clone());
    let mut placement = Placement::on(ground.below, ground.allow, ground.change.latest, ledger);
    ground.gone.iter().chain(&layout.yielded).for_each(|place| placement.remove(place));
    let described = Described { ground, directories: &layout.directories };
    let mut markers: Vec<(Option<RootPath>, &RootPath)> =
        deleted.iter().map(|at| (at.parent(), at)).collect();
    markers.sort_unstable();
    for (_, place) in markers {
        placement.delete(place, &described).expect("the directories of what the view below has lead to it");
    }
    let mut places: HashMap<Position, Place> = HashMap::new();
    for step in &steps {
        ground.interrupt.check()?;
        let mut thing = step.thing(ground);
        if thing.kind.is_directory() && placement.placed(&step.place).is_some() {
            continue;
        }
        let data = step.given.data;
        if !carriers.is_one(step.given) && !matches!(thing.kind, Kind::Symlink(_)) {
            thing.link_to = places.get(&data).cloned();
        }
        let placed = placement.put(thing, &described);
        if let Some(place) = placed.map_err(|conflict| ground.conflict(data.layer as usize, conflict))?
            && carriers.is_shared(data)
        {
            places.entry(data).or_insert(place);
        }
    }
    let Placement { ledger, kept, mut findings, .. } = placement;
    findings.append(&mut layout.findings);
    Ok(LayerContents { operations: Arc::new(ledger), kept, findings })
}

impl Step {
    fn thing<'a>(&self, ground: &Ground<'a>) -> Thing<'a> {
        let Position { layer, ordinal } = self.given.data;
        Thing {
            at: self.place.clone(),
            kind: ground.kind(self.given.data),
            attributes: ground.attributes(self.given.data),
            given: Some(self.given),
            link_to: None,
            kept: ground.parcels[layer as usize].index.kept.get(&ordinal),
        }
    }
}
