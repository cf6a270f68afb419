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
}

impl Names {
    /// The numbers of a name.
    pub(super) fn get(&self, name: &str) -> &[u32] {
        let Some(group) = self.groups.find(name) else { return &[] };
        let Range { start, end } = self.places[group as usize];
        &self.numbers[start as usize..end as usize]
    }

    /// The number that stands for a name among all of them, from 0.
    pub(super) fn group(&self, name: &str) -> Option<u32> {
        self.groups.find(name)
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// All names, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> =
            (0..).take(self.places.len()).map(|group| self.groups.name(group)).collect();
        names.sort_unstable();
        names.into_iter()
    }
}

/// Names while they come in.
#[derive(Debug, Default)]
pub(super) struct NamesBuilder {
    groups: Groups,
    entries: Vec<Entry>,
    /// The last entry of each group.
    last: Vec<u32>,
}

/// A number of a name, in the order in which they came.
#[derive(Debug)]
struct Entry {
    group: u32,
    number: u32,
    /// The entry of the same group before it; itself for the first.
    before: u32,
}

impl NamesBuilder {
    /// Room for so many names.
    pub(super) fn with_capacity(names: usize) -> Self {
        Self { groups: Groups::with_capacity(names), ..Self::default() }
    }

    /// Adds a number, unless one of those that the name has stands for it.
    pub(super) fn add_unless(
        &mut self,
        name: &str,
        number: u32,
        stands_for_it: impl Fn(u32) -> bool,
    ) -> bool {
        let group = self.groups.number(name);
        let is_new = !self.numbers(group).any(stands_for_it);
        if is_new {
            self.push(group, number);
        }
        is_new
    }

    /// Adds a number, unless it is the last that the name got.
    pub(super) fn add(&mut self, name: &str, number: u32) {
        let group = self.groups.number(name);
        if self.numbers(group).next() != Some(number) {
            self.push(group, number);
        }
    }

    fn push(&mut self, group: u32, number: u32) {
        let entry = u32::try_from(self.entries.len()).expect("an index has fewer names than bytes");
        let before = match self.last.get_mut(group as usize) {
            Some(last) => std::mem::replace(last, entry),
            None => {
                self.last.push(entry);
                entry
            }
        };
        self.entries.push(Entry { group, number, before });
    }

    /// The numbers of a group so far, the last first.
    fn numbers(&self, group: u32) -> impl Iterator<Item = u32> {
        let last = self.last.get(group as usize).copied();
        let before = |at: &u32| Some(self.entries[*at as usize].before).filter(|before| before != at);
        std::iter::successors(last, before).map(|at| self.entries[at as usize].number)
    }

    pub(super) fn finish(self) -> Names {
        let Self { groups, entries, .. } = self;
        let mut places = vec![0..0; groups.texts.len()];
        for Entry { group, .. } in &entries {
            places[*group as usize].end += 1;
        }
        let mut start = 0;
        for place in &mut places {
            let count = place.end;
            *place = start..start;
            start += count;
        }
        let mut numbers = vec![0; entries.len()];
        for Entry { group, number, .. } in entries {
            let end = &mut places[group as usize].end;
            numbers[*end as usize] = number;
            *end += 1;
        }
        Names { groups, places, numbers }
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
    fn with_capacity(names: usize) -> Self {
        let table = HashTable::with_capacity(names);
        Self { table, texts: Vec::with_capacity(names), ..Self::default() }
    }

    fn name(&self, group: u32) -> &str {
        part(&self.text, &self.texts[group as usize])
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.table.find(self.hashes.hash_one(name), |group| self.name(*group) == name).copied()
    }

    /// The group of a name, a new one where it has none.
    fn number(&mut self, name: &str) -> u32 {
        let hash = self.hashes.hash_one(name);
        if let Some(group) = self.table.find(hash, |group| self.name(*group) == name) {
            return *group;
        }
        let place =
            |length: usize| u32::try_from(length).expect("names are less than the indexes they are from");
        let Self { text, texts, table, hashes } = self;
        let group = place(texts.len());
        let start = place(text.len());
        text.push_str(name);
        texts.push(start..place(text.len()));
        table.insert_unique(hash, group, |group| hashes.hash_one(part(text, &texts[*group as usize])));
        group
    }
}

fn part<'a>(text: &'a str, place: &Range<u32>) -> &'a str {
    &text[place.start as usize..place.end as usize]
}
