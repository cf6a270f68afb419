//! Entries of a root filesystem.

use std::fmt;
use std::str::FromStr;

use super::RootPath;

/// A file, directory, link or device at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: RootPath,
    /// What it is.
    pub kind: Kind,
    /// Its mode, owner, time and extended attributes.
    pub attributes: Attributes,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File(FileContent),
    /// A symbolic link and its target, never judged.
    Symlink(Box<[u8]>),
    /// Another name of an earlier entry of the same layer, or in a base of a lower one.
    Hardlink(RootPath),
    /// A character device.
    CharDevice(Device),
    /// A block device.
    BlockDevice(Device),
    /// A named pipe.
    Fifo,
}

/// The content of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// Bytes.
    pub size: u64,
    /// The sha256 of the bytes; zeros for a sparse file of a base, whose content is not known.
    pub sha256: [u8; 32],
    /// Whether the archive holds it in a sparse format, with its content not readable here.
    pub sparse: bool,
}

/// The numbers of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Which driver.
    pub major: u32,
    /// Which device of the driver.
    pub minor: u32,
}

/// Everything about an entry but its path and content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Permissions.
    pub mode: Mode,
    /// User and group.
    pub owner: Owner,
    /// Modification time, in whole seconds since 1970.
    pub mtime: i64,
    /// Extended attributes.
    pub xattrs: Xattrs,
}

impl Attributes {
    /// 1980-01-01T00:00:00Z, the oldest time that zip files can hold: the time of what has none of its own.
    pub const EPOCH: i64 = 315_532_800;

    /// Attributes without extended ones, from 1980.
    pub fn new(mode: Mode, owner: Owner) -> Self {
        Self { mode, owner, mtime: Self::EPOCH, xattrs: Xattrs::default() }
    }

    /// The same without what overlayfs keeps for itself in extended attributes, which would change what lies below.
    pub fn without_overlay(&self) -> Self {
        let mut attributes = self.clone();
        attributes.xattrs.retain(|name| !is_of_overlay(name));
        attributes
    }

    /// The attributes of a directory that nobody describes: 0755, 0:0.
    pub fn of_missing_parent() -> Self {
        Self::new(Mode::new(0o755), Owner::ROOT)
    }
}

/// Whether an extended attribute is one by which overlayfs knows whiteouts, opaque directories and redirections.
pub fn is_of_overlay(xattr: &[u8]) -> bool {
    xattr.starts_with(b"trusted.overlay.") || xattr.starts_with(b"user.overlay.")
}

/// Extended attributes by name, ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
// Most entries have none: one word instead of three.
#[expect(clippy::box_collection, reason = "an entry without extended attributes holds one word")]
pub struct Xattrs(Option<Box<Vec<Xattr>>>);

type Xattr = (Box<[u8]>, Box<[u8]>);

impl Xattrs {
    /// Sets an attribute; a later value of a name wins.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        let list = self.0.get_or_insert_default();
        match list.binary_search_by(|(other, _)| (**other).cmp(name)) {
            Ok(at) => list[at].1 = value.into(),
            Err(at) => list.insert(at, (name.into(), value.into())),
        }
    }

    /// Takes out those whose names are not to be kept.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        if let Some(list) = &mut self.0 {
            list.retain(|(name, _)| keep(name));
        }
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().flat_map(|list| list.iter()).map(|(name, value)| (&**name, &**value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |list| list.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Permission bits with setuid, setgid and sticky: 0 to 0o7777.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mode(u16);

/// A text that is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no mode: expected 3 to 5 octal digits that begin with 0, such as \"0644\"")]
pub struct ModeError {
    /// What was found.
    pub text: String,
}

impl Mode {
    /// A mode of these bits; what lies above 0o7777 is dropped.
    pub const fn new(bits: u32) -> Self {
        Self((bits & 0o7777) as u16)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// Whether it runs as its owner or its group.
    pub const fn is_setid(self) -> bool {
        self.0 & 0o6000 != 0
    }
}

impl FromStr for Mode {
    type Err = ModeError;

    /// Reads octal digits, `0o` in front allowed; without one they must begin with `0` or be three or four digits in
    /// quotes, which the caller knows.
    fn from_str(text: &str) -> Result<Self, ModeError> {
        let error = || ModeError { text: text.to_owned() };
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if !(3..=5).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error());
        }
        match u32::from_str_radix(digits, 8) {
            Ok(bits @ 0..=0o7777) => Ok(Self::new(bits)),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A numeric user and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}

impl Owner {
    /// 0:0.
    pub const ROOT: Self = Self { uid: 0, gid: 0 };
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}

impl Kind {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File(_) => "file",
            Self::Symlink(_) => "symbolic link",
            Self::Hardlink(_) => "hard link",
            Self::CharDevice(_) => "character device",
            Self::BlockDevice(_) => "block device",
            Self::Fifo => "named pipe",
        }
    }

    /// The words for devices and named pipes.
    pub const SPECIAL_WORDS: [&str; 3] = ["character device", "block device", "named pipe"];

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory)
    }

    /// Whether it is a device or a named pipe.
    pub fn is_special(&self) -> bool {
        matches!(self, Self::CharDevice(_) | Self::BlockDevice(_) | Self::Fifo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal() {
        for (text, bits) in
            [("0644", 0o644), ("0o644", 0o644), ("644", 0o644), ("04755", 0o4755), ("1777", 0o1777)]
        {
            assert_eq!(text.parse::<Mode>().unwrap().bits(), bits, "{text}");
        }
        for text in ["999", "64", "064444", "0x1ff", "", "-644", "17777", "0888"] {
            assert!(text.parse::<Mode>().is_err(), "{text}");
        }
    }

    #[test]
    fn extended_attributes_are_ordered_and_the_last_value_wins() {
        let mut xattrs = Xattrs::default();
        for (name, value) in [("user.b", "1"), ("user.a", "2"), ("user.b", "3")] {
            xattrs.set(name.as_bytes(), value.as_bytes());
        }
        let list: Vec<_> = xattrs.iter().collect();
        assert_eq!(list, [(&b"user.a"[..], &b"2"[..]), (b"user.b", b"3")]);
    }
}
