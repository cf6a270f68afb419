//! The order in which lists name their packages first, be it as packages or in relations of others.

use super::Index;
use super::names::Names;
use crate::package::relation::deb_names;

/// The place of each name in that order, by its group among the names.
#[derive(Debug)]
pub(super) struct Mentions(Vec<u32>);

impl Mentions {
    /// Reads Debian's indexes, one after the other.
    pub(super) fn new<'a>(names: &Names, indexes: impl Iterator<Item = &'a Index>) -> Self {
        let mut places = vec![u32::MAX; names.len()];
        let mut next = 0;
        let mut mention = |name: &str| {
            if let Some(group) = names.group(name)
                && places[group as usize] == u32::MAX
            {
                places[group as usize] = next;
                next += 1;
            }
        };
        for index in indexes {
            for number in 0..index.len() {
                let stanza = index.record(number).stanza;
                mention(stanza.name);
                let relations = stanza.depends.into_iter().chain(stanza.conflicts).chain([stanza.provides]);
                relations.flat_map(deb_names).for_each(&mut mention);
            }
        }
        Self(places)
    }

    /// The place of a name; the later it is named first, the higher.
    pub(super) fn place(&self, names: &Names, name: &str) -> Option<u32> {
        names.group(name).map(|group| self.0[group as usize])
    }
}
