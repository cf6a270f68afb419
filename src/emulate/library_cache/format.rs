//! The form of `etc/ld.so.cache` since glibc 2.33: little endian, offsets from the start of the file.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A name that a library is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The kind of library, and the processor.
    pub(super) flags: u32,
    /// The name.
    pub(super) key: String,
    /// Where it is, absolute.
    pub(super) value: String,
    /// What the processor has to be able to.
    pub(super) hwcap: Option<Hwcap>,
}

/// A directory below `glibc-hwcaps`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hwcap(pub(super) String);

const MAGIC: &[u8; 20] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;
const EXTENSION: u32 = 0xEAA4_2174;
/// Marks numbers that stand for a directory below `glibc-hwcaps`.
const HWCAP: u64 = 1 << 62;
const GENERATOR: &[u8] = b"overcoat";

/// The cache of these entries, which stand in the order of their directories.
pub(super) fn to_bytes(mut entries: Vec<Entry>) -> Vec<u8> {
    entries.sort_by(|a, b| {
        let plain_last = |entry: &Entry| entry.hwcap.is_none();
        let hwcaps = plain_last(a).cmp(&plain_last(b)).then_with(|| a.hwcap.cmp(&b.hwcap));
        order(&b.key, &a.key).then(hwcaps)
    });
    let mut hwcaps: Vec<&str> =
        entries.iter().filter_map(|entry| Some(entry.hwcap.as_ref()?.0.as_str())).collect();
    hwcaps.sort_unstable();
    hwcaps.dedup();
    let mut strings = Strings::new(HEADER + ENTRY * entries.len());
    let mut table = Vec::with_capacity(ENTRY * entries.len());
    for entry in &entries {
        let value = strings.place(&entry.value);
        // Most names are how their values end.
        let key = match entry.value.ends_with(&format!("/{}", entry.key)) {
            true => value + number(entry.value.len() - entry.key.len()),
            false => strings.place(&entry.key),
        };
        let hwcap = entry.hwcap.as_ref().and_then(|hwcap| hwcaps.binary_search(&hwcap.0.as_str()).ok());
        for word in [entry.flags, key, value, 0] {
            table.extend_from_slice(&word.to_le_bytes());
        }
        table.extend_from_slice(&hwcap.map_or(0, |index| HWCAP + index as u64).to_le_bytes());
    }
    let names: Vec<u32> = hwcaps.iter().map(|hwcap| strings.place(hwcap)).collect();
    let end = HEADER + table.len() + strings.bytes.len();
    let extension = end.next_multiple_of(4);
    let mut bytes = Vec::with_capacity(extension + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&number(entries.len()).to_le_bytes());
    bytes.extend_from_slice(&number(strings.bytes.len()).to_le_bytes());
    bytes.extend_from_slice(&[2, 0, 0, 0]);
    bytes.extend_from_slice(&number(extension).to_le_bytes());
    bytes.resize(HEADER, 0);
    bytes.extend_from_slice(&table);
    bytes.extend_from_slice(&strings.bytes);
    bytes.resize(extension, 0);
    extend(&mut bytes, &names);
    bytes
}

/// Adds what came after the first version of the form: who wrote it, and the directories of what processors can.
fn extend(bytes: &mut Vec<u8>, hwcaps: &[u32]) {
    let hwcaps: Vec<u8> = hwcaps.iter().flat_map(|name| name.to_le_bytes()).collect();
    let mut sections: Vec<(u32, &[u8])> = Vec::new();
    if !hwcaps.is_empty() {
        sections.push((1, &hwcaps));
    }
    sections.push((0, GENERATOR));
    sections.sort_by_key(|(tag, _)| *tag != 1);
    let mut at = bytes.len() + 8 + 16 * sections.len();
    for word in [EXTENSION, number(sections.len())] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    for (tag, section) in &sections {
        for word in [*tag, 0, number(at), number(section.len())] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        at += section.len();
    }
    sections.iter().for_each(|(_, section)| bytes.extend_from_slice(section));
}

/// Texts that end in NUL, each once.
struct Strings<'a> {
    start: usize,
    bytes: Vec<u8>,
    places: BTreeMap<&'a str, u32>,
}

impl<'a> Strings<'a> {
    fn new(start: usize) -> Self {
        Self { start, bytes: Vec::new(), places: BTreeMap::new() }
    }

    fn place(&mut self, text: &'a str) -> u32 {
        *self.places.entry(text).or_insert_with(|| {
            let place = number(self.start + self.bytes.len());
            self.bytes.extend_from_slice(text.as_bytes());
            self.bytes.push(0);
            place
        })
    }
}

fn number(size: usize) -> u32 {
    u32::try_from(size).expect("an image's libraries have fewer than 2^32 bytes of names")
}

/// The order of the loader's names: runs of digits as numbers, a digit behind every other sign, all else by bytes.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(first), Some(second)) = (a.first(), b.first()) else { return a.len().cmp(&b.len()) };
        match (first.is_ascii_digit(), second.is_ascii_digit()) {
            (true, true) => {
                let (own, rest) = digits(a);
                let (other, other_rest) = digits(b);
                let numbers = own.len().cmp(&other.len()).then_with(|| own.cmp(other));
                if numbers.is_ne() {
                    return numbers;
                }
                (a, b) = (rest, other_rest);
            }
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) if first != second => return first.cmp(second),
            (false, false) => (a, b) = (&a[1..], &b[1..]),
        }
    }
}

/// The digits that a text begins with, without zeros before them, and what follows.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    (&digits[zeros..], rest)
}

/// The entries of a cache, as an independent reading of its form gives them.
#[cfg(test)]
pub(super) fn entries(bytes: &[u8]) -> Vec<(u32, String, String, u64)> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let text = |at: usize| {
        let length = bytes[at..].iter().position(|b| *b == 0).unwrap();
        String::from_utf8(bytes[at..at + length].to_vec()).unwrap()
    };
    assert_eq!(&bytes[..20], MAGIC);
    assert_eq!(bytes[28], 2);
    let count = word(20) as usize;
    let strings_end = HEADER + ENTRY * count + word(24) as usize;
    let extension = word(32) as usize;
    assert!(extension == strings_end.next_multiple_of(4) && word(extension) == EXTENSION);
    let entry = |number: usize| {
        let at = HEADER + ENTRY * number;
        let hwcap = u64::from(word(at + 16)) | u64::from(word(at + 20)) << 32;
        assert!((word(at + 4) as usize) < strings_end && (word(at + 8) as usize) < strings_end);
        (word(at), text(word(at + 4) as usize), text(word(at + 8) as usize), hwcap)
    };
    (0..count).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_the_loader_searches_them() {
        for (less, greater) in [
            ("libz.so.1", "libz.so.10"),
            ("libz.so.2", "libz.so.10"),
            ("liba.so", "libz.so"),
            ("libz-x.so", "libz1.so"),
            ("libz.so", "libz.so.1"),
            ("libc.so.6", "libcap.so.2"),
        ] {
            assert_eq!((order(less, greater), order(greater, less)), (Ordering::Less, Ordering::Greater));
        }
        assert_eq!(order("libz.so.01", "libz.so.1"), Ordering::Equal);
    }

    #[test]
    fn a_cache_reads_as_what_was_written_and_names_what_processors_can() {
        let entry = |key: &str, value: &str, hwcap: Option<&str>| Entry {
            flags: 0x0303,
            key: key.to_owned(),
            value: value.to_owned(),
            hwcap: hwcap.map(|name| Hwcap(name.to_owned())),
        };
        let list = vec![
            entry("liba.so.1", "/opt/liba.so.1", None),
            entry("libb.so.1", "/lib/glibc-hwcaps/x86-64-v3/libb.so.1.2", Some("x86-64-v3")),
            entry("libb.so.1", "/lib/glibc-hwcaps/x86-64-v2/libb.so.1.2", Some("x86-64-v2")),
            entry("libb.so.1", "/lib/libb.so.1", None),
            entry("liba.so.1", "/lib/liba.so.1", None),
        ];
        let read: Vec<(String, u64)> =
            entries(&to_bytes(list)).into_iter().map(|(_, _, value, hwcap)| (value, hwcap)).collect();
        let expected = [
            ("/lib/glibc-hwcaps/x86-64-v2/libb.so.1.2", HWCAP),
            ("/lib/glibc-hwcaps/x86-64-v3/libb.so.1.2", HWCAP + 1),
            ("/lib/libb.so.1", 0),
            ("/opt/liba.so.1", 0),
            ("/lib/liba.so.1", 0),
        ];
        assert_eq!(read, expected.map(|(value, hwcap)| (value.to_owned(), hwcap)));
        assert_eq!(entries(&to_bytes(Vec::new())), []);
    }
}
