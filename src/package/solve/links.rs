//! What of the packages that are there meets what one of them needs.

use super::Note;
use super::needs::{Fit, Need, Whose, need};
use super::rules::Rules;
use super::search::Present;
use super::stock::{Id, Stock};
use crate::package::relation::Group;

/// A group of alternatives of a package, and what meets it.
pub(super) struct Link {
    /// The group.
    pub(super) group: Group,
    /// The packages that are there and meet it, the preferred first.
    pub(super) by: Vec<Fit>,
    /// Why nothing has to meet it.
    pub(super) note: Option<Note>,
    /// Whether nothing meets it although something has to: the packages that could.
    pub(super) open: Option<Vec<Id>>,
}

/// What meets the needs of a package, in their order. What the base needs is its own affair, but for what of it is new.
pub(super) fn links(stock: &Stock<'_>, rules: &Rules<'_>, present: &Present, id: Id) -> Vec<Link> {
    if stock.is_base(id) {
        return Vec::new();
    }
    let package = stock.package(id);
    let groups = package.depends.iter();
    groups.map(|group| link(stock, rules, present, Whose::Package(id), group.clone())).collect()
}

/// What meets one group.
pub(super) fn link(
    stock: &Stock<'_>,
    rules: &Rules<'_>,
    present: &Present,
    whose: Whose<'_>,
    group: Group,
) -> Link {
    let (mut by, mut note, mut open) = (Vec::new(), None, None);
    match need(stock, rules, whose, &group) {
        Need::OneOf(found) => by = found.into_iter().filter(|fit| present.contains(&fit.id)).collect(),
        Need::Open(ids) => {
            let there = ids.iter().copied().filter(|id| present.contains(id));
            by = there.map(|id| Fit { id, place: 0, may_be_chosen: false }).collect();
            open = by.is_empty().then_some(ids);
        }
        Need::Met(found) => note = found,
        Need::Nothing => open = Some(Vec::new()),
    }
    Link { group, by, note, open }
}
