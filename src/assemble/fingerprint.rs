//! What tells whether two layers are written as the same bytes, without holding what either holds.

use serde::Serialize;

use crate::contents::{Operation, Operations, Position};
use crate::oci::{Digest, Hasher};
use crate::rootfs::{Attributes, Device, Entry, FileContent, Kind, Owner};

/// Equal where the operations give the same bytes from the same source; a file's digest, which a first reading does not
/// know yet, does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fingerprint(Digest);

impl Fingerprint {
    pub(super) fn of(operations: &Operations) -> Self {
        let mut fingerprinter = Fingerprinter::default();
        operations.iter().for_each(|operation| fingerprinter.add(&operation));
        fingerprinter.finish()
    }
}

/// A fingerprint of operations that come one after the other.
#[derive(Default)]
pub(super) struct Fingerprinter {
    hasher: Hasher,
    bytes: Bytes,
}

impl Fingerprinter {
    pub(super) fn add(&mut self, operation: &Operation) {
        self.bytes.0.clear();
        self.bytes.operation(operation);
        self.hasher.update(&self.bytes.0);
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint(self.hasher.finish())
    }
}

/// One operation spelled as bytes: each list with its length before it, each choice with a number of its own.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::Entry { entry, data } => {
                self.number(0);
                self.entry(entry);
                match data {
                    None => self.number(0),
                    Some(Position { layer, ordinal }) => {
                        self.numbers(&[1, (*layer).into(), (*ordinal).into()])
                    }
                }
            }
            Operation::Whiteout { path, mtime } => {
                self.numbers(&[1, mtime.cast_unsigned()]);
                self.list(path.as_bytes());
            }
            Operation::Opaque { dir, mtime } => {
                self.numbers(&[2, mtime.cast_unsigned()]);
                self.list(dir.as_bytes());
            }
        }
    }

    // Taken apart field by field, so that none that is added is forgotten here.
    fn entry(&mut self, Entry { path, kind, attributes }: &Entry) {
        self.list(path.as_bytes());
        self.kind(kind);
        let Attributes { mode, owner: Owner { uid, gid }, mtime, xattrs } = attributes;
        self.numbers(&[mode.bits().into(), (*uid).into(), (*gid).into(), mtime.cast_unsigned()]);
        self.number(xattrs.len() as u64);
        for (name, value) in xattrs.iter() {
            self.list(name);
            self.list(value);
        }
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::File(FileContent { size, sha256: _, sparse }) => {
                self.numbers(&[0, *size, (*sparse).into()])
            }
            Kind::Directory => self.number(1),
            Kind::Symlink(target) => {
                self.number(2);
                self.list(target);
            }
            Kind::Hardlink(target) => {
                self.number(3);
                self.list(target.as_bytes());
            }
            Kind::CharDevice(Device { major, minor }) => self.numbers(&[4, (*major).into(), (*minor).into()]),
            Kind::BlockDevice(Device { major, minor }) => {
                self.numbers(&[5, (*major).into(), (*minor).into()])
            }
            Kind::Fifo => self.number(6),
        }
    }

    fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|number| self.number(*number));
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn list(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rootfs::{Mode, RootPath};

    fn entry(change: impl FnOnce(&mut Entry)) -> Operation {
        let content = FileContent { size: 3, sha256: [0; 32], sparse: false };
        let attributes = Attributes::new(Mode::new(0o644), Owner::ROOT);
        let path = RootPath::parse("a/b").unwrap();
        let mut entry = Entry { path, kind: Kind::File(content), attributes };
        change(&mut entry);
        Operation::Entry { entry, data: Some(Position { layer: 0, ordinal: 1 }) }
    }

    fn of<const N: usize>(operations: [&Operation; N]) -> Fingerprint {
        Fingerprint::of(&operations.into_iter().cloned().collect())
    }

    #[test]
    fn whatever_changes_the_bytes_changes_the_fingerprint() {
        let path = |text: &str| RootPath::parse(text).unwrap();
        let kind = |kind: Kind| entry(|one| one.kind = kind);
        let device = Device { major: 1, minor: 3 };
        let Operation::Entry { entry: plain, .. } = entry(|_| {}) else { unreachable!("made as an entry") };
        let all = [
            entry(|_| {}),
            entry(|one| one.path = path("a/c")),
            entry(|one| one.attributes.mode = Mode::new(0o600)),
            entry(|one| one.attributes.owner.uid = 1),
            entry(|one| one.attributes.owner.gid = 1),
            entry(|one| one.attributes.mtime = 1),
            entry(|one| one.attributes.xattrs.set(b"user.a", b"b")),
            entry(|one| one.attributes.xattrs.set(b"user.ab", b"")),
            kind(Kind::File(FileContent { size: 4, sha256: [0; 32], sparse: false })),
            kind(Kind::Directory),
            kind(Kind::Fifo),
            kind(Kind::Symlink((*b"x").into())),
            kind(Kind::Hardlink(path("x"))),
            kind(Kind::CharDevice(device)),
            kind(Kind::BlockDevice(device)),
            kind(Kind::BlockDevice(Device { minor: 4, ..device })),
            Operation::Entry { entry: plain.clone(), data: None },
            Operation::Entry { entry: plain.clone(), data: Some(Position { layer: 1, ordinal: 1 }) },
            Operation::Entry { entry: plain, data: Some(Position { layer: 0, ordinal: 2 }) },
            Operation::Whiteout { path: path("a/b"), mtime: 0 },
            Operation::Whiteout { path: path("a/b"), mtime: 1 },
            Operation::Opaque { dir: path("a/b"), mtime: 0 },
        ];
        let fingerprints: Vec<_> = all.iter().map(|one| of([one])).collect();
        for (number, one) in fingerprints.iter().enumerate() {
            let same = fingerprints.iter().position(|other| other == one);
            assert_eq!(same, Some(number), "{:?}", all[number]);
        }
        assert_ne!(of([&all[0], &all[1]]), of([&all[1], &all[0]]));
    }

    #[test]
    fn a_digest_that_is_not_known_yet_does_not_count() {
        let known = FileContent { size: 3, sha256: [7; 32], sparse: false };
        let known = entry(|one| one.kind = Kind::File(known));
        assert_eq!(of([&known]), of([&entry(|_| {})]));
    }
}
