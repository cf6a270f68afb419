//! Extension headers: what stands before a tar entry and changes it.

use super::header::id;
use super::pax::{decimal, records, seconds};
use super::xattr::decoded;
use super::{HeaderError, LimitError, PaxError, ReadErrorKind, Trust};
use crate::limits::Limits;
use crate::printable::printable;
use crate::rootfs::Xattrs;

/// What the extension headers before one entry say, until the entry itself comes.
#[derive(Default)]
pub(super) struct Pending {
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    pax: Option<Pax>,
    bytes: u64,
}

/// What the PAX header of one entry says.
#[derive(Default)]
pub(super) struct Pax {
    path: Option<Vec<u8>>,
    link_path: Option<Vec<u8>>,
    /// Bytes that follow in the archive.
    pub(super) size: Option<u64>,
    /// The user.
    pub(super) uid: Option<u32>,
    /// The group.
    pub(super) gid: Option<u32>,
    /// The name of the user.
    user: Option<Vec<u8>>,
    /// The name of the group.
    group: Option<Vec<u8>>,
    /// Whole seconds since 1970.
    pub(super) mtime: Option<i64>,
    /// Extended attributes.
    pub(super) xattrs: Xattrs,
    /// What makes it a sparse file.
    pub(super) sparse: Option<Sparse>,
}

/// What a PAX header says of a sparse file, in any of GNU's three formats.
#[derive(Default)]
pub(super) struct Sparse {
    /// The name, where the path is a substitute.
    name: Option<Vec<u8>>,
    /// Bytes of the file with its holes.
    pub(super) size: Option<u64>,
}

/// Whether a member's flag says that it extends the next one.
pub(super) fn is_extension(flag: u8) -> bool {
    matches!(flag, b'x' | b'g' | b'L' | b'K')
}

impl Pending {
    /// Whether an entry has to follow.
    pub(super) fn is_some(&self) -> bool {
        self.long_name.is_some() || self.long_link.is_some() || self.pax.is_some()
    }

    /// Makes sure that `size` more bytes are within the limit.
    pub(super) fn reserve(&mut self, size: u64, limits: &Limits) -> Result<(), LimitError> {
        let limit = limits.tar_header_bytes;
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > limit { Err(LimitError::Header { limit }) } else { Ok(()) }
    }

    /// Adds an extension header. Of two of one kind the last counts in a base.
    pub(super) fn add(
        &mut self,
        flag: u8,
        bytes: Vec<u8>,
        trust: Trust,
        limits: &Limits,
    ) -> Result<(), ReadErrorKind> {
        let is_repeated = match flag {
            b'L' => self.long_name.replace(until_nul(bytes)).is_some(),
            b'K' => self.long_link.replace(until_nul(bytes)).is_some(),
            b'x' => self.pax.replace(Pax::parse(&bytes, limits)?).is_some(),
            _ => return global(&bytes, trust),
        };
        if is_repeated && trust == Trust::Artifact {
            return Err(HeaderError::Ambiguous { what: "attributes" }.into());
        }
        Ok(())
    }

    /// Takes what was said of the entry's name in place of `name`, and likewise of its link target. PAX wins over GNU.
    pub(super) fn rename(
        &mut self,
        name: &mut Vec<u8>,
        link: &mut Vec<u8>,
        trust: Trust,
    ) -> Result<(), HeaderError> {
        let pax = self.pax.as_mut();
        let (path, link_path, sparse_name) = match pax {
            Some(pax) => {
                let sparse = pax.sparse.as_mut().and_then(|sparse| sparse.name.take());
                (pax.path.take(), pax.link_path.take(), sparse)
            }
            None => (None, None, None),
        };
        replace(name, self.long_name.take(), path, trust, "name")?;
        replace(link, self.long_link.take(), link_path, trust, "link target")?;
        if let Some(sparse_name) = sparse_name {
            *name = sparse_name;
        }
        Ok(())
    }

    /// Takes what was said of the names of the entry's owner in place of `user` and `group`.
    pub(super) fn reown(&mut self, user: &mut Vec<u8>, group: &mut Vec<u8>) {
        let Some(pax) = &mut self.pax else { return };
        *user = pax.user.take().unwrap_or_else(|| std::mem::take(user));
        *group = pax.group.take().unwrap_or_else(|| std::mem::take(group));
    }

    /// What the PAX header says.
    pub(super) fn into_pax(self) -> Pax {
        self.pax.unwrap_or_default()
    }
}

fn replace(
    field: &mut Vec<u8>,
    gnu: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
    trust: Trust,
    what: &'static str,
) -> Result<(), HeaderError> {
    if trust == Trust::Artifact && gnu.is_some() && pax.is_some() && gnu != pax {
        return Err(HeaderError::Ambiguous { what });
    }
    if let Some(value) = pax.or(gnu) {
        *field = value;
    }
    Ok(())
}

/// A global header changes nothing: container runtimes and bsdtar do not apply it, GNU tar and Python do. So an artifact
/// must not hold one that matters.
fn global(bytes: &[u8], trust: Trust) -> Result<(), ReadErrorKind> {
    for record in records(bytes) {
        let (key, _) = record.map_err(HeaderError::Pax)?;
        let matters = matches!(key, b"path" | b"linkpath" | b"size" | b"uid" | b"gid" | b"mtime")
            || [&b"GNU.sparse."[..], SCHILY, LIBARCHIVE].iter().any(|prefix| key.starts_with(prefix));
        if matters && trust == Trust::Artifact {
            return Err(HeaderError::Global { key: shown(key) }.into());
        }
    }
    Ok(())
}

impl Pax {
    /// Reads a PAX header. The last record of a key counts; one without a value takes an earlier one back.
    fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, ReadErrorKind> {
        let mut pax = Self::default();
        for record in records(bytes) {
            let (key, value) = record.map_err(HeaderError::Pax)?;
            pax.set(key, value, limits)?;
        }
        Ok(pax)
    }

    fn set(&mut self, key: &[u8], value: &[u8], limits: &Limits) -> Result<(), ReadErrorKind> {
        let text = (!value.is_empty()).then_some(value);
        let wrong = || HeaderError::Pax(PaxError::Value { key: shown(key) });
        match key {
            b"path" => self.path = text.map(<[u8]>::to_vec),
            b"linkpath" => self.link_path = text.map(<[u8]>::to_vec),
            b"size" => self.size = text.map(|text| decimal(text).ok_or_else(wrong)).transpose()?,
            b"uid" => self.uid = text.map(|text| owner("uid", text)).transpose()?,
            b"gid" => self.gid = text.map(|text| owner("gid", text)).transpose()?,
            b"uname" => self.user = text.map(<[u8]>::to_vec),
            b"gname" => self.group = text.map(<[u8]>::to_vec),
            b"mtime" => self.mtime = text.map(|text| seconds(text).ok_or_else(wrong)).transpose()?,
            b"GNU.sparse.name" => self.sparse().name = text.map(<[u8]>::to_vec),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => {
                self.sparse().size = Some(decimal(value).ok_or_else(wrong)?);
            }
            _ if key.starts_with(b"GNU.sparse.") => _ = self.sparse(),
            _ => self.set_xattr(key, value, limits)?,
        }
        Ok(())
    }

    fn sparse(&mut self) -> &mut Sparse {
        self.sparse.get_or_insert_default()
    }

    fn set_xattr(&mut self, key: &[u8], value: &[u8], limits: &Limits) -> Result<(), ReadErrorKind> {
        if let Some(name) = key.strip_prefix(SCHILY) {
            self.set_limited(name, value, limits)
        } else if let Some(name) = key.strip_prefix(LIBARCHIVE) {
            let wrong = || HeaderError::Pax(PaxError::Value { key: shown(key) });
            let (name, value) = decoded(name, value).ok_or_else(wrong)?;
            self.set_limited(&name, &value, limits)
        } else {
            Ok(())
        }
    }

    fn set_limited(&mut self, name: &[u8], value: &[u8], limits: &Limits) -> Result<(), ReadErrorKind> {
        if name.is_empty() {
            return Err(HeaderError::Pax(PaxError::Key).into());
        }
        let (found, limit) = (name.len(), XATTR_NAME);
        if found > limit {
            return Err(LimitError::XattrName { found, limit }.into());
        }
        let (found, limit) = (value.len(), limits.xattr_bytes);
        if found > limit {
            return Err(LimitError::Xattr { found, limit }.into());
        }
        self.xattrs.set(name, value);
        if self.xattrs.len() > limits.xattrs {
            return Err(LimitError::Xattrs { limit: limits.xattrs }.into());
        }
        Ok(())
    }
}

/// The longest name of an extended attribute, in bytes: what Linux accepts.
const XATTR_NAME: usize = 255;

/// Keys of extended attributes as star, GNU tar and container runtimes write them.
pub(super) const SCHILY: &[u8] = b"SCHILY.xattr.";

/// Keys of extended attributes as bsdtar writes them.
const LIBARCHIVE: &[u8] = b"LIBARCHIVE.xattr.";

fn owner(field: &'static str, text: &[u8]) -> Result<u32, HeaderError> {
    decimal(text).ok_or(HeaderError::Number { field }).and_then(|number| id(field, number))
}

/// A key for people, cut short: nothing else limits its length.
fn shown(key: &[u8]) -> String {
    printable(&key[..key.len().min(80)])
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}

#[cfg(test)]
mod tests {
    use std::io;

    use crate::layer::raw::{RawTar, base};
    use crate::layer::{Item, Visitor, read_tar};
    use crate::oci::Digest;

    #[test]
    fn a_visitor_is_told_the_names_of_owners() {
        struct Names(Vec<String>);
        impl Visitor for Names {
            fn owner_names(&mut self, ordinal: u32, user: &[u8], group: &[u8]) {
                self.0.push(format!("{ordinal} {} {}", user.escape_ascii(), group.escape_ascii()));
            }
            fn item(&mut self, _: u32, _: &Item) -> io::Result<bool> {
                Ok(false)
            }
            fn data(&mut self, _: &[u8]) -> io::Result<()> {
                Ok(())
            }
        }
        let named = |block: &mut [u8; 512]| {
            block[265..300].copy_from_slice(&[b"www\0".repeat(8), b"adm".into()].concat())
        };
        let tar = RawTar::default()
            .member(b"a", b'0', b"", named)
            .pax(&[("gname", b"x")])
            .member(b"b", b'0', b"", named);
        let (tar, mut names) = (tar.file("c", b"").end(), Names(Vec::new()));
        read_tar(Box::new(&*tar), Digest::of(b""), &base().how(), &mut names).unwrap();
        assert_eq!(names.0, ["0 www adm", "1 www x", "2  "]);
    }
}
