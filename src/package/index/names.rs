//! Names, and the numbers of the packages that have each.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use hashbrown::HashTable;

/// Numbers by name, in the order in which they came.
#[derive(Debug)]
pub(super) struct Names {
    groups: Groups,
    /// Where the numbers of each group are.
    places: Vec<Range<u32>>,
    numbers: Vec<u32>,
    /// The groups in the order of their names.
    sorted: Vec<u32>,
}

impl Names {
    /// The numbers of a name.
    pub(super) fn get(&self, name: &str) -> &[u32] {
        let Some(group) = self.groups.find(name) else { return &[] };
        let Range { start, end } = self.places[group as usize];
        &self.numbers[start as usize..end as usize]
    }

    /// All names, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.sorted.iter().map(|group| self.groups.name(*group))
    }
}

/// Names while they come in.
#[derive(Debug, Default)]
pub(super) struct NamesBuilder {
    groups: Groups,
    /// Group and number, in the order in which they came.
    entries: Vec<(u32, u32)>,
    /// The last entry of each group.
    last: Vec<u32>,
    /// The entry of the same group before each; itself for the first.
    before: Vec<u32>,
}

impl NamesBuilder {
    /// The numbers that a name has so far, the last first.
    pub(super) fn so_far(&self, name: &str) -> impl Iterator<Item = u32> {
        let mut next = self.groups.find(name).map(|group| self.last[group as usize]);
        std::iter::from_fn(move || {
            let entry = next?;
            let before = self.before[entry as usize];
            next = Some(before).filter(|before| *before != entry);
            Some(self.entries[entry as usize].1)
        })
    }

    /// Adds a number, unless it is the last that the name got.
    pub(super) fn add(&mut self, name: &str, number: u32) {
        let group = self.groups.number(name);
        let entry = u32::try_from(self.entries.len()).expect("an index has fewer names than bytes");
        match self.last.get_mut(group as usize) {
            Some(last) if self.entries[*last as usize].1 == number => return,
            Some(last) => self.before.push(std::mem::replace(last, entry)),
            None => {
                self.last.push(entry);
                self.before.push(entry);
            }
        }
        self.entries.push((group, number));
    }

    pub(super) fn finish(self) -> Names {
        let Self { groups, entries, .. } = self;
        let mut places = vec![0..0; groups.texts.len()];
        for (group, _) in &entries {
            places[*group as usize].end += 1;
        }
        let mut start = 0;
        for place in &mut places {
            let count = place.end;
            *place = start..start;
            start += count;
        }
        let mut numbers = vec![0; entries.len()];
        for (group, number) in entries {
            let end = &mut places[group as usize].end;
            numbers[*end as usize] = number;
            *end += 1;
        }
        let mut sorted: Vec<u32> = (0..).take(places.len()).collect();
        sorted.sort_by(|a, b| groups.name(*a).cmp(groups.name(*b)));
        Names { groups, places, numbers, sorted }
    }
}

/// Distinct names, numbered as they came.
#[derive(Debug, Default)]
struct Groups {
    text: String,
    texts: Vec<Range<u32>>,
    table: HashTable<u32>,
    hashes: RandomState,
}

impl Groups {
    fn name(&self, group: u32) -> &str {
        part(&self.text, &self.texts[group as usize])
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.table.find(self.hashes.hash_one(name), |group| self.name(*group) == name).copied()
    }

    /// The group of a name, a new one where it has none.
    fn number(&mut self, name: &str) -> u32 {
        if let Some(group) = self.find(name) {
            return group;
        }
        let place =
            |length: usize| u32::try_from(length).expect("names are less than the indexes they are from");
        let Self { text, texts, table, hashes } = self;
        let group = place(texts.len());
        let start = place(text.len());
        text.push_str(name);
        texts.push(start..place(text.len()));
        table.insert_unique(hashes.hash_one(name), group, |group| {
            hashes.hash_one(part(text, &texts[*group as usize]))
        });
        group
    }
}

fn part<'a>(text: &'a str, place: &Range<u32>) -> &'a str {
    &text[place.start as usize..place.end as usize]
}
