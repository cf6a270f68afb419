//! What many entries are but for their paths, held compactly.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::blocks::{Blocks, TextAt, Texts};
use super::{Attributes, Device, FileContent, Kind, Mode, Owner, RootPath, Xattrs};

/// Kinds and attributes by number, in the order in which they were added.
///
/// Each costs 24 bytes, the digest of its content and the target of a link; modes, owners and extended attributes are shared.
#[derive(Clone, Debug, Default)]
pub struct Inodes {
    rows: Blocks<Row>,
    styles: Blocks<Style>,
    /// The styles by their hashes.
    table: HashTable<u32>,
    hashes: RandomState,
    targets: Texts,
    digests: Blocks<[u8; 32]>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    mtime: i64,
    /// The size of a file, the numbers of a device, or where the target of a link begins.
    number: u64,
    /// The number of a file's digest, or the length of a link's target.
    extra: u32,
    style: u32,
}

/// What most entries have in common with many others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Style {
    form: Form,
    mode: Mode,
    owner: Owner,
    xattrs: Xattrs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Directory,
    File,
    Sparse,
    Symlink,
    Hardlink,
    CharDevice,
    BlockDevice,
    Fifo,
}

/// In place of the number of a digest of zeros.
const UNKNOWN: u32 = u32::MAX;

impl Inodes {
    /// Adds what an entry is, and gives its number.
    pub fn push(&mut self, kind: &Kind, attributes: &Attributes) -> u32 {
        let (form, number, extra) = self.parts(kind);
        let style = self.style(form, attributes);
        self.rows.push(Row { mtime: attributes.mtime, number, extra, style })
    }

    /// Adds a number that says nothing, so that those of others stay in step with what these belong to.
    pub fn push_nothing(&mut self) -> u32 {
        self.push(&Kind::Fifo, &Attributes::of_missing_parent())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What it is.
    pub fn kind(&self, number: u32) -> Kind {
        let row = self.row(number);
        match self.form(row) {
            Form::Directory => Kind::Directory,
            form @ (Form::File | Form::Sparse) => Kind::File(FileContent {
                size: row.number,
                sha256: self.digests.get(row.extra).copied().unwrap_or_default(),
                sparse: form == Form::Sparse,
            }),
            Form::Symlink => Kind::Symlink(self.link(row).into()),
            Form::Hardlink => Kind::Hardlink(RootPath::of_clean(self.link(row))),
            Form::CharDevice => Kind::CharDevice(device(row)),
            Form::BlockDevice => Kind::BlockDevice(device(row)),
            Form::Fifo => Kind::Fifo,
        }
    }

    /// Its attributes.
    pub fn attributes(&self, number: u32) -> Attributes {
        let row = self.row(number);
        let Style { mode, owner, xattrs, .. } = &self.styles[row.style];
        Attributes { mode: *mode, owner: *owner, mtime: row.mtime, xattrs: xattrs.clone() }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self, number: u32) -> bool {
        self.form(self.row(number)) == Form::Directory
    }

    /// The target of a symbolic link, where it is one.
    pub fn target(&self, number: u32) -> Option<&[u8]> {
        let row = self.row(number);
        (self.form(row) == Form::Symlink).then(|| self.link(row))
    }

    /// The path that a hard link names, where it is one.
    pub fn named(&self, number: u32) -> Option<RootPath> {
        let row = self.row(number);
        (self.form(row) == Form::Hardlink).then(|| RootPath::of_clean(self.link(row)))
    }

    fn row(&self, number: u32) -> &Row {
        &self.rows[number]
    }

    fn form(&self, row: &Row) -> Form {
        self.styles[row.style].form
    }

    fn link(&self, row: &Row) -> &[u8] {
        self.targets.get(TextAt::of(row.number), row.extra as usize)
    }

    fn parts(&mut self, kind: &Kind) -> (Form, u64, u32) {
        let numbers = |device: &Device| u64::from(device.major) << 32 | u64::from(device.minor);
        match kind {
            Kind::Directory => (Form::Directory, 0, 0),
            Kind::File(FileContent { size, sha256, sparse }) => {
                let form = if *sparse { Form::Sparse } else { Form::File };
                (form, *size, self.digest(sha256))
            }
            Kind::Symlink(target) => self.link_parts(Form::Symlink, target),
            Kind::Hardlink(target) => self.link_parts(Form::Hardlink, target.as_bytes()),
            Kind::CharDevice(device) => (Form::CharDevice, numbers(device), 0),
            Kind::BlockDevice(device) => (Form::BlockDevice, numbers(device), 0),
            Kind::Fifo => (Form::Fifo, 0, 0),
        }
    }

    fn link_parts(&mut self, form: Form, target: &[u8]) -> (Form, u64, u32) {
        let start = self.targets.push(target).number();
        (form, start, u32::try_from(target.len()).expect("headers of a tar have at most 1 GiB"))
    }

    fn digest(&mut self, sha256: &[u8; 32]) -> u32 {
        if *sha256 == [0; 32] {
            return UNKNOWN;
        }
        self.digests.push(*sha256)
    }

    fn style(&mut self, form: Form, attributes: &Attributes) -> u32 {
        let Attributes { mode, owner, xattrs, mtime: _ } = attributes;
        let is_it = |style: &Style| {
            style.form == form && style.mode == *mode && style.owner == *owner && style.xattrs == *xattrs
        };
        let last = self.rows.last().map(|row| row.style);
        if let Some(last) = last.filter(|last| is_it(&self.styles[*last])) {
            return last;
        }
        let hash = self.hashes.hash_one((form, mode, owner, xattrs));
        if let Some(known) = self.table.find(hash, |number| is_it(&self.styles[*number])) {
            return *known;
        }
        let number = self.styles.push(Style { form, mode: *mode, owner: *owner, xattrs: xattrs.clone() });
        let Self { styles, table, hashes, .. } = self;
        table.insert_unique(hash, number, |number| {
            let Style { form, mode, owner, xattrs } = &styles[*number];
            hashes.hash_one((*form, mode, owner, xattrs))
        });
        number
    }
}

fn device(row: &Row) -> Device {
    Device { major: (row.number >> 32) as u32, minor: row.number as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> Vec<Kind> {
        let file = |size, sha256, sparse| Kind::File(FileContent { size, sha256, sparse });
        let device = Device { major: 1 << 31, minor: u32::MAX };
        vec![
            Kind::Directory,
            file(1 << 40, [7; 32], false),
            file(3, [0; 32], true),
            Kind::Symlink(b"/../x//"[..].into()),
            Kind::Hardlink(RootPath::parse("a/b").unwrap()),
            Kind::CharDevice(device),
            Kind::BlockDevice(device),
            Kind::Fifo,
        ]
    }

    #[test]
    fn everything_comes_back_as_it_was() {
        let mut inodes = Inodes::default();
        let mut xattrs = Xattrs::default();
        xattrs.set(b"user.a", b"b");
        let mut all = Vec::new();
        for (number, kind) in kinds().into_iter().cycle().take(40).enumerate() {
            let mut attributes = Attributes::new(Mode::new(0o644), Owner { uid: number as u32 / 10, gid: 7 });
            attributes.mtime = -(number as i64);
            if number % 3 == 0 {
                attributes.xattrs = xattrs.clone();
            }
            assert_eq!(inodes.push(&kind, &attributes), number as u32);
            all.push((kind, attributes));
        }
        for (number, (kind, attributes)) in (0..).zip(&all) {
            assert_eq!((&inodes.kind(number), &inodes.attributes(number)), (kind, attributes));
            assert_eq!(inodes.is_directory(number), kind.is_directory());
            let target = if let Kind::Symlink(target) = kind { Some(&**target) } else { None };
            assert_eq!(inodes.target(number), target);
            let named = if let Kind::Hardlink(path) = kind { Some(path.clone()) } else { None };
            assert_eq!(inodes.named(number), named);
        }
    }

    #[test]
    fn what_many_have_in_common_is_held_once() {
        let mut inodes = Inodes::default();
        for _ in 0..10 {
            kinds().iter().for_each(|kind| _ = inodes.push(kind, &Attributes::of_missing_parent()));
        }
        assert_eq!((inodes.len(), inodes.styles.len()), (80, 8));
    }
}
