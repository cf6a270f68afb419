//! What shared objects say of themselves, seen while their bytes go by.

use crate::rootfs::RootPath;

/// A shared object of 64 bits, little endian: what the cache of the dynamic loader lists libraries by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// `e_machine`: [`Elf::X86_64`], [`Elf::AARCH64`] or another.
    pub machine: u16,
    /// `DT_SONAME`, where it has one that is a name of a file and lies where it can be seen.
    pub soname: Option<Box<[u8]>>,
}

impl Elf {
    /// The machine of amd64.
    pub const X86_64: u16 = 62;
    /// The machine of arm64.
    pub const AARCH64: u16 = 183;

    /// Bytes that an index keeps of it.
    pub(super) fn kept_bytes(&self) -> u64 {
        self.soname.as_ref().map_or(0, |name| name.len() as u64)
    }
}

/// Whether the loader may take a file of this name for a library: `lib*.so*` or `ld-*.so*`.
pub(super) fn is_library_name(path: &RootPath) -> bool {
    let name = path.name();
    (name.starts_with(b"lib") || name.starts_with(b"ld-")) && name.windows(3).any(|part| part == b".so")
}

/// Bytes of the header.
const HEADER: u64 = 64;
/// Bytes of an entry of the program headers.
const PROGRAM: u64 = 56;
/// How many program headers are looked at.
const PROGRAMS: u64 = 128;
/// Where the program headers begin at the latest.
const PROGRAMS_AT: u64 = 64 << 10;
/// Bytes of the first segment that are held: the strings of the largest libraries lie within.
const SEGMENT: u64 = 16 << 20;
/// Bytes of the dynamic section that are looked at.
const DYNAMIC: u64 = 64 << 10;
/// Bytes of a name, its NUL included.
const NAME: u64 = 256;

/// A file whose bytes go by.
pub(super) struct Probe {
    /// Where the next bytes lie.
    at: u64,
    /// From the start of the file as far as is wanted.
    head: Piece,
    stage: Stage,
}

enum Stage {
    Header,
    Programs(Header),
    Dynamic {
        machine: u16,
        loads: Vec<Load>,
        section: Piece,
    },
    Name {
        machine: u16,
        name: Piece,
    },
    Nameless {
        machine: u16,
    },
    /// It is no shared object of this kind.
    Other,
}

struct Header {
    machine: u16,
    programs_at: u64,
    programs: u64,
}

/// A segment that is loaded.
struct Load {
    at: u64,
    address: u64,
    size: u64,
}

/// A part of the file, as much as was seen of it.
struct Piece {
    from: u64,
    length: u64,
    bytes: Vec<u8>,
}

impl Piece {
    fn new(from: u64, length: u64) -> Self {
        Self { from, length, bytes: Vec::new() }
    }

    /// Takes what `bytes`, which lie at `at`, go on with it.
    fn take(&mut self, at: u64, bytes: &[u8]) {
        let seen = self.from.saturating_add(self.bytes.len() as u64);
        let Some(start) = seen.checked_sub(at).and_then(|start| usize::try_from(start).ok()) else { return };
        let Some(rest) = bytes.get(start..) else { return };
        let missing = self.length - self.bytes.len() as u64;
        let count = usize::try_from(missing).map_or(rest.len(), |missing| missing.min(rest.len()));
        self.bytes.extend_from_slice(&rest[..count]);
    }

    fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.length
    }
}

impl Probe {
    /// Begins with a file that may be a library by its name.
    pub(super) fn of(path: &RootPath) -> Option<Self> {
        is_library_name(path).then(|| Self { at: 0, head: Piece::new(0, HEADER), stage: Stage::Header })
    }

    /// Looks at the next bytes of the file.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        loop {
            self.head.take(self.at, bytes);
            match &mut self.stage {
                Stage::Dynamic { section: piece, .. } | Stage::Name { name: piece, .. } => {
                    piece.take(self.at, bytes);
                }
                _ => {}
            }
            if !self.advance() {
                break;
            }
        }
        self.at = self.at.saturating_add(bytes.len() as u64);
    }

    /// What the file is, at its end; nothing where it is no shared object.
    pub(super) fn finish(self) -> Option<Elf> {
        let (machine, soname) = match self.stage {
            Stage::Header | Stage::Programs(_) | Stage::Other => return None,
            Stage::Dynamic { machine, .. } | Stage::Nameless { machine } => (machine, None),
            Stage::Name { machine, name } => (machine, soname(&name.bytes)),
        };
        Some(Elf { machine, soname })
    }

    /// Goes on to the next stage once all is there that the present one needs.
    fn advance(&mut self) -> bool {
        let next = match &mut self.stage {
            Stage::Header if self.head.is_whole() => match header(&self.head.bytes) {
                Some(header) => {
                    self.head.length = header.programs_at + header.programs * PROGRAM;
                    Stage::Programs(header)
                }
                None => Stage::Other,
            },
            Stage::Programs(header) if self.head.is_whole() => {
                let (stage, first) = programs(header, &self.head.bytes);
                self.head.length = first.clamp(self.head.length, SEGMENT.max(self.head.length));
                stage
            }
            Stage::Dynamic { machine, loads, section } if section.is_whole() => {
                let machine = *machine;
                match name_at(loads, &section.bytes) {
                    Some(from) => Stage::Name { machine, name: self.piece_from(from) },
                    None => Stage::Nameless { machine },
                }
            }
            _ => return false,
        };
        self.stage = next;
        if matches!(self.stage, Stage::Name { .. } | Stage::Nameless { .. } | Stage::Other) {
            // What was wanted of it is had.
            self.head = Piece::new(0, 0);
        }
        true
    }

    /// The name at a place, as much of it as was seen already.
    fn piece_from(&self, from: u64) -> Piece {
        let mut name = Piece::new(from, NAME);
        name.take(0, &self.head.bytes);
        name
    }
}

/// Reads the header of a shared object of this kind.
fn header(bytes: &[u8]) -> Option<Header> {
    const IDENT: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1];
    const DYN: u16 = 3;
    let is_one = bytes.starts_with(&IDENT) && half(bytes, 16)? == DYN && half(bytes, 54)? == 56;
    let (programs_at, programs) = (word(bytes, 32)?, u64::from(half(bytes, 56)?));
    let fits = (HEADER..=PROGRAMS_AT).contains(&programs_at) && programs <= PROGRAMS;
    (is_one && fits).then_some(Header { machine: half(bytes, 18)?, programs_at, programs })
}

/// The stage after the program headers, and where the first segment ends.
fn programs(header: &Header, head: &[u8]) -> (Stage, u64) {
    const LOAD: u32 = 1;
    const DYNAMIC_SECTION: u32 = 2;
    let (machine, mut loads, mut dynamic) = (header.machine, Vec::new(), None);
    for number in 0..header.programs {
        let Ok(at) = usize::try_from(header.programs_at + number * PROGRAM) else { break };
        let field = |offset| word(head, at + offset).unwrap_or(0);
        let load = Load { at: field(8), address: field(16), size: field(32) };
        match word(head, at).map(|word| word as u32) {
            Some(LOAD) => loads.push(load),
            Some(DYNAMIC_SECTION) => dynamic = Some(Piece::new(load.at, load.size.min(DYNAMIC))),
            _ => {}
        }
    }
    let first = loads.iter().min_by_key(|load| load.at).map_or(0, |load| load.at.saturating_add(load.size));
    match dynamic {
        Some(section) => (Stage::Dynamic { machine, loads, section }, first),
        None => (Stage::Nameless { machine }, first),
    }
}

/// Where in the file the name lies that the dynamic section gives.
fn name_at(loads: &[Load], section: &[u8]) -> Option<u64> {
    const STRINGS: u64 = 5;
    const SONAME: u64 = 14;
    let entries = section.as_chunks::<16>().0.iter().map(|entry| {
        let (tag, value) = entry.split_at(8);
        (word(tag, 0).unwrap_or(0), word(value, 0).unwrap_or(0))
    });
    let entries: Vec<(u64, u64)> = entries.take_while(|(tag, _)| *tag != 0).collect();
    let value = |wanted| entries.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
    let (strings, name) = (value(STRINGS)?, value(SONAME)?);
    let holds = |load: &&Load| strings.checked_sub(load.address).is_some_and(|offset| offset < load.size);
    let load = loads.iter().find(holds)?;
    load.at.checked_add(strings - load.address)?.checked_add(name)
}

/// A name that ends in NUL and is one component of a path.
fn soname(bytes: &[u8]) -> Option<Box<[u8]>> {
    let name = &bytes[..bytes.iter().position(|b| *b == 0)?];
    let is_name = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic() && *b != b'/');
    (is_name && name != b"." && name != b"..").then(|| name.into())
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes)
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A shared object with its strings before or behind its dynamic section, and a gap of this many bytes between.
    pub(in crate::layer) fn object(machine: u16, name: &str, strings_first: bool, gap: usize) -> Vec<u8> {
        let programs = 2;
        let data = 64 + programs * 56;
        let strings = [b"\0other\0", name.as_bytes(), b"\0"].concat();
        let dynamic_len = 4 * 16;
        let (strings_at, dynamic_at) = match strings_first {
            true => (data, data + strings.len() + gap),
            false => (data + dynamic_len + gap, data),
        };
        let base = 0x1_0000u64;
        let mut file = vec![0; strings_at.max(dynamic_at) + strings.len().max(dynamic_len)];
        file[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(16, &3u16.to_le_bytes());
        put(18, &machine.to_le_bytes());
        put(32, &64u64.to_le_bytes());
        put(54, &56u16.to_le_bytes());
        put(56, &(programs as u16).to_le_bytes());
        let end = (strings_at + strings.len() + 64) as u64;
        for (number, (kind, at, size)) in
            [(1u32, 0u64, end), (2, dynamic_at as u64, dynamic_len as u64)].into_iter().enumerate()
        {
            let program = 64 + number * 56;
            put(program, &kind.to_le_bytes());
            put(program + 8, &at.to_le_bytes());
            put(program + 16, &(base + at).to_le_bytes());
            put(program + 32, &size.to_le_bytes());
        }
        let entries = [(1u64, 1u64), (14, 7), (5, base + strings_at as u64), (0, 0)];
        for (number, (tag, value)) in entries.into_iter().enumerate() {
            put(dynamic_at + number * 16, &tag.to_le_bytes());
            put(dynamic_at + number * 16 + 8, &value.to_le_bytes());
        }
        put(strings_at, &strings);
        file
    }

    fn probe(file: &[u8], pieces: usize) -> Option<Elf> {
        let mut probe = Probe::of(&RootPath::parse("usr/lib/libx.so.1").unwrap()).unwrap();
        file.chunks(pieces).for_each(|bytes| probe.take(bytes));
        probe.finish()
    }

    fn elf(machine: u16, soname: Option<&str>) -> Option<Elf> {
        Some(Elf { machine, soname: soname.map(|name| name.as_bytes().into()) })
    }

    #[test]
    fn a_library_is_known_by_its_name_wherever_its_strings_lie_and_however_it_comes() {
        for (strings_first, gap) in [(true, 0), (true, 5000), (false, 0), (false, 5000)] {
            let file = object(Elf::X86_64, "libx.so.1", strings_first, gap);
            for pieces in [1, 7, 64, 100, 4096, usize::MAX >> 1] {
                let found = probe(&file, pieces);
                assert_eq!(found, elf(Elf::X86_64, Some("libx.so.1")), "{strings_first} {gap} {pieces}");
            }
        }
        assert_eq!(
            probe(&object(Elf::AARCH64, "libx.so.1", true, 9), 512),
            elf(Elf::AARCH64, Some("libx.so.1"))
        );
    }

    #[test]
    fn names_that_are_no_names_of_files_do_not_count() {
        for name in ["", "..", "../x.so", "a/b.so", "a\nb", "a b"] {
            assert_eq!(probe(&object(62, name, true, 0), 512), elf(62, None), "{name:?}");
        }
        let long = "l".repeat(300);
        assert_eq!(probe(&object(62, &long, true, 0), 512), elf(62, None));
    }

    #[test]
    fn what_is_no_shared_object_of_64_bits_is_none() {
        let whole = object(62, "libx.so.1", true, 0);
        for (at, byte) in [(0, 0), (4, 1), (5, 2), (16, 2)] {
            let mut other = whole.clone();
            other[at] = byte;
            assert_eq!(probe(&other, 512), None, "{at}");
        }
        assert_eq!(probe(b"/* GNU ld script */\nGROUP ( /lib/libc.so.6 )\n", 512), None);
        assert_eq!(probe(b"", 512), None);
    }

    #[test]
    fn strings_beyond_what_is_held_leave_a_library_without_name() {
        let file = object(62, "libx.so.1", true, 0);
        let mut far = file.clone();
        // The strings come before the dynamic section, and behind what the first segment is held of.
        let gap = SEGMENT as usize;
        far.splice(176..176, vec![0; gap]);
        far[64 + 56 + 8..64 + 56 + 16].copy_from_slice(&((file.len() + gap - 64) as u64).to_le_bytes());
        assert_eq!(probe(&far, 1 << 20), elf(62, None));
    }

    #[test]
    fn only_names_of_libraries_are_looked_at() {
        for (name, is_one) in [
            ("usr/lib/libc.so.6", true),
            ("lib64/ld-linux-x86-64.so.2", true),
            ("opt/libfoo.so", true),
            ("usr/lib/python3/_ssl.cpython-313.so", false),
            ("usr/lib/libc.a", false),
            ("usr/lib.so/x", false),
        ] {
            assert_eq!(is_library_name(&RootPath::parse(name).unwrap()), is_one, "{name}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            changes in prop::collection::vec((0usize..400, any::<u8>()), 0..24),
            cut in 0usize..600,
            pieces in 1usize..300,
        ) {
            let mut file = object(62, "libx.so.1", true, 40);
            let length = file.len();
            changes.into_iter().for_each(|(at, byte)| file[at % length] = byte);
            file.truncate(cut.min(length));
            let _ = probe(&file, pieces);
        }
    }
}
