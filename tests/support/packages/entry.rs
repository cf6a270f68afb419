//! What packages of tests hold: files, directories and links.

use tar::{EntryType, Header};

/// An entry of a package.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(super) path: String,
    pub(super) kind: EntryType,
    pub(super) content: Vec<u8>,
    pub(super) target: String,
    mode: u32,
    owner: (u64, u64),
    names: (String, String),
}

/// Entries in their order, each after the directories above it.
#[derive(Clone, Default)]
pub(crate) struct Entries(Vec<Entry>);

/// A package under construction that gets entries.
pub(crate) trait Filled: Sized {
    /// What it holds so far.
    fn entries(&mut self) -> &mut Entries;

    /// Adds a file of mode 0644.
    fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.file_of(path, content, 0o644)
    }

    /// Adds a file of a mode.
    fn file_of(self, path: &str, content: impl AsRef<[u8]>, mode: u32) -> Self {
        self.with(Entry::file(path, content, mode))
    }

    /// Adds a directory, which those above it need not be.
    fn dir(self, path: &str, mode: u32) -> Self {
        self.with(Entry::dir(path, mode))
    }

    /// Adds a symbolic link.
    fn link(self, path: &str, target: &str) -> Self {
        self.with(Entry::link(path, target))
    }

    /// Adds another name of a file.
    fn hard_link(self, path: &str, target: &str) -> Self {
        self.with(Entry::hard_link(path, target))
    }

    /// Adds an entry.
    fn with(mut self, entry: Entry) -> Self {
        self.entries().add(entry);
        self
    }
}

/// When everything was made, in seconds since 1970.
const MADE: u64 = 1_700_000_000;

impl Entries {
    /// Adds an entry, after the directories above it that are not there yet.
    pub(super) fn add(&mut self, entry: Entry) {
        for (slash, _) in entry.path.match_indices('/') {
            let above = &entry.path[..slash];
            if !self.0.iter().any(|other| other.path == above) {
                self.0.push(Entry::dir(above, 0o755));
            }
        }
        self.0.push(entry);
    }

    /// Gives the entry that was added last to a user and a group, by number and by name.
    pub(super) fn owned_by(&mut self, (uid, user): (u64, &str), (gid, group): (u64, &str)) {
        let entry = self.0.last_mut().expect("something was added");
        entry.owner = (uid, gid);
        entry.names = (user.to_owned(), group.to_owned());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// A tar of them, with this before each name.
    pub(super) fn tar(&self, before: &str) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for entry in &self.0 {
            let slash = if entry.kind == EntryType::Directory { "/" } else { "" };
            let target = if entry.kind == EntryType::Link { before } else { "" }.to_owned() + &entry.target;
            let mut header = entry.header();
            // The setters of the crate take `./` away.
            let old = header.as_old_mut();
            put(&mut old.name, &format!("{before}{}{slash}", entry.path));
            put(&mut old.linkname, &target);
            header.set_cksum();
            builder.append(&header, &*entry.content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    /// Bytes of all files.
    pub(super) fn size(&self) -> usize {
        self.0.iter().map(|entry| entry.content.len()).sum()
    }
}

fn put(field: &mut [u8; 100], text: &str) {
    field[..text.len()].copy_from_slice(text.as_bytes());
}

impl Entry {
    pub(super) fn file(path: &str, content: impl AsRef<[u8]>, mode: u32) -> Self {
        Self { content: content.as_ref().to_vec(), ..Self::new(path, EntryType::Regular, mode) }
    }

    pub(super) fn dir(path: &str, mode: u32) -> Self {
        Self::new(path, EntryType::Directory, mode)
    }

    pub(super) fn link(path: &str, target: &str) -> Self {
        Self { target: target.to_owned(), ..Self::new(path, EntryType::Symlink, 0o777) }
    }

    pub(super) fn hard_link(path: &str, target: &str) -> Self {
        Self { target: target.to_owned(), ..Self::new(path, EntryType::Link, 0o644) }
    }

    fn new(path: &str, kind: EntryType, mode: u32) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            content: Vec::new(),
            target: String::new(),
            mode,
            owner: (0, 0),
            names: ("root".to_owned(), "root".to_owned()),
        }
    }

    pub(super) fn header(&self) -> Header {
        let mut header = Header::new_ustar();
        header.set_entry_type(self.kind);
        header.set_mode(self.mode);
        header.set_uid(self.owner.0);
        header.set_gid(self.owner.1);
        header.set_username(&self.names.0).unwrap();
        header.set_groupname(&self.names.1).unwrap();
        header.set_size(self.content.len() as u64);
        header.set_mtime(MADE);
        header
    }
}
