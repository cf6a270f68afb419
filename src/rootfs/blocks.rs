//! Long lists that grow without moving what they hold, and whose memory goes back to the system when they go.
//!
//! A vector that doubles needs its room twice while it does, and allocators keep for themselves what lay between others. So
//! what does not fit into a short vector goes into blocks of at least 32 MiB: allocators map such as these on their own, unmap
//! them when they go, and only the pages that are written take memory.

use std::ops::{Index, IndexMut};

/// A list in blocks.
#[derive(Clone, Debug)]
pub struct Blocks<T>(Vec<Vec<T>>);

/// Elements of the first block, which grows as vectors do.
const FIRST: usize = 1 << 15;

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Blocks<T> {
    /// Elements of each block but the first.
    const LENGTH: usize = (MAPPED / size_of::<T>()).next_power_of_two();

    /// Adds an element and gives its place.
    pub fn push(&mut self, element: T) -> u32 {
        let place = u32::try_from(self.len()).expect("memory ends before 2^32 elements");
        let (block, _) = Self::at(place);
        if block == self.0.len() {
            self.0.push(if block == 0 { Vec::new() } else { Vec::with_capacity(Self::LENGTH) });
        }
        self.0[block].push(element);
        place
    }

    /// The block and the place in it that a place is.
    fn at(place: u32) -> (usize, usize) {
        match (place as usize).checked_sub(FIRST) {
            None => (0, place as usize),
            Some(rest) => (1 + rest / Self::LENGTH, rest % Self::LENGTH),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0[..] {
            [] => 0,
            [only] => only.len(),
            [_, .., last] => FIRST + (self.0.len() - 2) * Self::LENGTH + last.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The element at a place.
    pub fn get(&self, place: u32) -> Option<&T> {
        let (block, at) = Self::at(place);
        self.0.get(block)?.get(at)
    }

    /// The last element.
    pub fn last(&self) -> Option<&T> {
        self.0.last()?.last()
    }
}

impl<T> Index<u32> for Blocks<T> {
    type Output = T;

    fn index(&self, place: u32) -> &T {
        let (block, at) = Self::at(place);
        &self.0[block][at]
    }
}

impl<T> IndexMut<u32> for Blocks<T> {
    fn index_mut(&mut self, place: u32) -> &mut T {
        let (block, at) = Self::at(place);
        &mut self.0[block][at]
    }
}

impl<T> FromIterator<T> for Blocks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut all = Self::default();
        elements.into_iter().for_each(|element| _ = all.push(element));
        all
    }
}

/// Texts, one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(Vec<Vec<u8>>);

/// Where a text begins: its block in 14 bits, and its place there in 26.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextAt([u8; 5]);

/// What allocators map on their own, in bytes: the largest threshold that glibc comes to.
const MAPPED: usize = 32 << 20;
/// Bytes of the first block of texts, which grows as vectors do.
const FIRST_BYTES: usize = 1 << 20;
const BITS: u32 = 26;
/// Bytes of each other block; a text that is longer has one of its own.
const BYTES: usize = 1 << BITS;

impl Texts {
    /// Adds a text.
    pub(super) fn push(&mut self, text: &[u8]) -> TextAt {
        let limit = if self.0.len() <= 1 { FIRST_BYTES } else { BYTES };
        match self.0.last() {
            None => self.0.push(Vec::new()),
            Some(last) if last.len() >= limit || last.len() + text.len() > limit => {
                self.0.push(Vec::with_capacity(text.len().max(BYTES)));
            }
            Some(_) => {}
        }
        let block = self.0.len() - 1;
        let start = self.0[block].len();
        self.0[block].extend_from_slice(text);
        assert!(block < 1 << 14, "memory ends before 2^40 bytes of text");
        TextAt::of((block << BITS | start) as u64)
    }

    /// The text of this many bytes that begins there.
    pub(super) fn get(&self, at: TextAt, length: usize) -> &[u8] {
        let at = at.number() as usize;
        &self.0[at >> BITS][at & (BYTES - 1)..][..length]
    }
}

impl TextAt {
    /// The place that has this number.
    pub(super) fn of(number: u64) -> Self {
        let [a, b, c, d, e, ..] = number.to_le_bytes();
        Self([a, b, c, d, e])
    }

    /// The place as a number.
    pub(super) fn number(self) -> u64 {
        let Self([a, b, c, d, e]) = self;
        u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_where_they_were_put() {
        let mut list = Blocks::default();
        assert!(list.is_empty() && list.get(0).is_none() && list.last().is_none());
        let count = (FIRST + Blocks::<u64>::LENGTH + 5) as u32;
        for n in 0..count {
            assert_eq!((list.push(u64::from(n)), list.len()), (n, n as usize + 1));
        }
        list[FIRST as u32] += 7;
        for n in [0, 1, FIRST as u32 - 1, FIRST as u32 + 1, count - 6, count - 5, count - 1] {
            assert_eq!(list[n], u64::from(n));
        }
        assert_eq!((list[FIRST as u32], list.get(count), list.0.len()), (FIRST as u64 + 7, None, 3));
        assert_eq!(list.last(), Some(&u64::from(count - 1)));
        assert_eq!((0_u8..7).collect::<Blocks<_>>().len(), 7);
    }

    #[test]
    fn texts_of_any_length_come_back() {
        let lengths = [0, 5, FIRST_BYTES - 5, 0, 1, FIRST_BYTES, 3, BYTES + 1, 0, 255];
        let text = |n: usize, length: usize| vec![n as u8 + 1; length];
        let mut texts = Texts::default();
        let ats: Vec<_> =
            lengths.iter().enumerate().map(|(n, length)| texts.push(&text(n, *length))).collect();
        for (n, length) in lengths.into_iter().enumerate() {
            assert_eq!(texts.get(ats[n], length), text(n, length), "{n}");
        }
    }
}
