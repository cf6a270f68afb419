//! Under which of its names the content of a file is written.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::ledger::Given;
use super::operation::Position;

/// For each content that a hard link names, the item that is written with it.
pub(super) struct Carriers(HashMap<Position, Position>);

impl Carriers {
    /// Of the items that are placed: the one that holds the content, else the first link to it.
    pub(super) fn of(placed: impl Iterator<Item = Given> + Clone) -> Self {
        let mut carriers = HashMap::new();
        for Given { item, data } in placed.clone().filter(|one| one.item != one.data) {
            let carrier = carriers.entry(data).or_insert(item);
            let rank = |item: &Position| (Reverse(item.layer), item.ordinal);
            if rank(&item) < rank(carrier) {
                *carrier = item;
            }
        }
        for holder in placed.filter(|one| one.item == one.data) {
            carriers.entry(holder.data).and_modify(|carrier| *carrier = holder.item);
        }
        Self(carriers)
    }

    /// Whether content is written under this name, and under the others as hard links to it.
    pub(super) fn is_one(&self, given: Given) -> bool {
        self.0.get(&given.data).is_none_or(|carrier| *carrier == given.item)
    }

    /// Whether content has several names.
    pub(super) fn is_shared(&self, data: Position) -> bool {
        self.0.contains_key(&data)
    }
}
