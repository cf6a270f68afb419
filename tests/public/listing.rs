//! What an archive holds, in words that all tools have.

use std::fmt;

use sha2::{Digest, Sha256};

/// The entries of an archive in their order, and the content of all files one after the other.
#[derive(Clone)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    /// The sha256; nothing where it is not known, or more than anybody wants to read.
    pub(crate) content: Option<[u8; 32]>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Without `.`, and without slashes at either end.
    pub(crate) path: Vec<u8>,
    /// As `ls` marks it, and `h` for a hard link.
    pub(crate) kind: char,
    /// Bytes of a file.
    pub(crate) size: u64,
    /// The target of a link.
    pub(crate) link: Vec<u8>,
}

impl Entry {
    /// An entry as a tool names it, brought to one form.
    pub(crate) fn new(path: &[u8], kind: char, size: u64, link: &[u8]) -> Self {
        Self {
            path: plain(path),
            kind,
            size: if kind == '-' { size } else { 0 },
            link: match kind {
                'h' => plain(link),
                'l' => link.to_vec(),
                _ => Vec::new(),
            },
        }
    }
}

/// The most bytes of all files of an archive that are compared.
pub(crate) const LARGEST: u64 = 64 << 20;

impl Listing {
    /// Entries with the content that `read` gives.
    pub(crate) fn new(
        entries: Vec<Entry>,
        read: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<Self, String> {
        let size: u64 = entries.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
        let content = if size > LARGEST { None } else { Some(Sha256::digest(read()?).into()) };
        Ok(Self { entries, content })
    }
}

impl PartialEq for Listing {
    /// Whether both say the same, as far as both know it.
    fn eq(&self, other: &Self) -> bool {
        let content = self.content.zip(other.content);
        self.entries == other.entries && content.is_none_or(|(own, other)| own == other)
    }
}

fn plain(path: &[u8]) -> Vec<u8> {
    let components = path.split(|byte| *byte == b'/').filter(|one| !matches!(*one, b"" | b"."));
    components.collect::<Vec<_>>().join(&b'/')
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in self.entries.iter().take(20) {
            let Entry { path, kind, size, link } = entry;
            write!(f, "[{kind} {size} {} {}]", path.escape_ascii(), link.escape_ascii())?;
        }
        let content = self.content.map_or("-".to_owned(), |digest| hex::encode(&digest[..4]));
        write!(f, " {} entries, content {content}", self.entries.len())
    }
}
