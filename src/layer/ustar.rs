//! Entries to tar headers: POSIX ustar, and a PAX header before it only where it does not suffice.

use std::io;

use super::extension::SCHILY;
use super::header::BLOCK;
use super::pax::append;
use crate::rootfs::{Attributes, Device, Entry, Kind};

/// The name of every PAX header.
const PAX_NAME: &[u8] = b"././@PaxHeader";

/// The largest user, group and device number of a ustar header.
const LARGEST_ID: u32 = 0o777_7777;

/// The largest size and time of a ustar header.
const LARGEST_NUMBER: u64 = 0o777_7777_7777;

/// The headers of an entry, in whole blocks.
pub(super) fn headers(entry: &Entry) -> io::Result<Vec<u8>> {
    let mut path = entry.path.as_bytes().to_vec();
    if path.is_empty() {
        path.push(b'.');
    }
    if entry.kind.is_directory() {
        path.push(b'/');
    }
    let fields = Fields::of(&path, entry)?;
    let mut records = Vec::new();
    let header = fields.header(&mut records)?;
    let mut blocks = Vec::with_capacity(BLOCK);
    if !records.is_empty() {
        blocks.extend_from_slice(pax_header(records.len() as u64).as_bytes());
        blocks.extend_from_slice(&records);
        blocks.resize(blocks.len().next_multiple_of(BLOCK), 0);
    }
    blocks.extend_from_slice(header.as_bytes());
    Ok(blocks)
}

/// What a header has to say.
struct Fields<'a> {
    path: &'a [u8],
    link: &'a [u8],
    flag: u8,
    size: u64,
    device: Option<Device>,
    attributes: &'a Attributes,
}

impl<'a> Fields<'a> {
    fn of(path: &'a [u8], entry: &'a Entry) -> io::Result<Self> {
        let (flag, link, size, device) = match &entry.kind {
            Kind::File(content) if content.sparse => {
                return Err(unusable("content of a sparse file is not known"));
            }
            Kind::File(content) => (b'0', &b""[..], content.size, None),
            Kind::Hardlink(target) => (b'1', target.as_bytes(), 0, None),
            Kind::Symlink(target) => (b'2', &**target, 0, None),
            Kind::CharDevice(device) => (b'3', &b""[..], 0, Some(*device)),
            Kind::BlockDevice(device) => (b'4', &b""[..], 0, Some(*device)),
            Kind::Directory => (b'5', &b""[..], 0, None),
            Kind::Fifo => (b'6', &b""[..], 0, None),
        };
        Ok(Self { path, link, flag, size, device, attributes: &entry.attributes })
    }

    /// The ustar header; what it cannot hold becomes records, in a fixed order.
    fn header(&self, records: &mut Vec<u8>) -> io::Result<tar::Header> {
        let mut header = tar::Header::new_ustar();
        self.set_names(&mut header, records);
        header.set_entry_type(tar::EntryType::new(self.flag));
        header.set_mode(self.attributes.mode.bits());
        header.set_size(number(self.size, LARGEST_NUMBER, "size", records));
        let owner = self.attributes.owner;
        header.set_uid(number(owner.uid.into(), LARGEST_ID.into(), "uid", records));
        header.set_gid(number(owner.gid.into(), LARGEST_ID.into(), "gid", records));
        header.set_mtime(self.mtime(records));
        if let Some(device) = self.device {
            set_device(&mut header, device)?;
        }
        self.add_xattrs(records)?;
        header.set_cksum();
        Ok(header)
    }

    fn set_names(&self, header: &mut tar::Header, records: &mut Vec<u8>) {
        let ustar = header.as_ustar_mut().expect("the header was made as ustar");
        let (prefix, name, path) = match split(self.path, ustar.name.len(), ustar.prefix.len()) {
            Some((prefix, name)) => (prefix, name, None),
            None => (&b""[..], &self.path[..ustar.name.len()], Some(self.path)),
        };
        ustar.prefix[..prefix.len()].copy_from_slice(prefix);
        ustar.name[..name.len()].copy_from_slice(name);
        let kept = self.link.len().min(ustar.linkname.len());
        ustar.linkname[..kept].copy_from_slice(&self.link[..kept]);
        let link = (kept < self.link.len()).then_some(self.link);
        if [path, link].into_iter().flatten().any(|name| str::from_utf8(name).is_err()) {
            append(records, b"hdrcharset", b"BINARY");
        }
        for (key, name) in [(&b"path"[..], path), (b"linkpath", link)] {
            if let Some(name) = name {
                append(records, key, name);
            }
        }
    }

    fn mtime(&self, records: &mut Vec<u8>) -> u64 {
        match u64::try_from(self.attributes.mtime) {
            Ok(mtime) => number(mtime, LARGEST_NUMBER, "mtime", records),
            Err(_) => {
                append(records, b"mtime", self.attributes.mtime.to_string().as_bytes());
                0
            }
        }
    }

    fn add_xattrs(&self, records: &mut Vec<u8>) -> io::Result<()> {
        for (name, value) in self.attributes.xattrs.iter() {
            if name.is_empty() || name.iter().any(|byte| matches!(byte, 0 | b'=')) {
                return Err(unusable("name of an extended attribute does not fit a PAX record"));
            }
            append(records, &[SCHILY, name].concat(), value);
        }
        Ok(())
    }
}

fn pax_header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..PAX_NAME.len()].copy_from_slice(PAX_NAME);
    header.set_entry_type(tar::EntryType::XHeader);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_cksum();
    header
}

/// A number for the header: itself, or 0 beside a record that holds it.
fn number(number: u64, largest: u64, key: &str, records: &mut Vec<u8>) -> u64 {
    if number <= largest {
        return number;
    }
    append(records, key.as_bytes(), number.to_string().as_bytes());
    0
}

fn set_device(header: &mut tar::Header, device: Device) -> io::Result<()> {
    if device.major > LARGEST_ID || device.minor > LARGEST_ID {
        return Err(unusable("device number does not fit a tar header"));
    }
    header.set_device_major(device.major)?;
    header.set_device_minor(device.minor)
}

/// A path as prefix and name, cut at its first slash that leaves a name short enough.
fn split(path: &[u8], name: usize, prefix: usize) -> Option<(&[u8], &[u8])> {
    let Some(over) = path.len().checked_sub(name + 1) else { return Some((b"", path)) };
    let cut = over + path[over..path.len() - 1].iter().position(|byte| *byte == b'/')?;
    (1..=prefix).contains(&cut).then(|| (&path[..cut], &path[cut + 1..]))
}

fn unusable(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_split_where_both_parts_fit() {
        let long = |a: usize, b: usize| [vec![b'a'; a], vec![b'b'; b]].join(&b'/');
        for (path, expected) in [
            (vec![b'x'; 100], Some((0, 100))),
            (vec![b'x'; 101], None),
            (long(1, 100), Some((1, 100))),
            (long(1, 101), None),
            (long(155, 100), Some((155, 100))),
            (long(156, 100), None),
            // A directory's last slash is no place to cut.
            ([long(1, 100), b"/".to_vec()].concat(), None),
            ([long(1, 99), b"/".to_vec()].concat(), Some((1, 100))),
        ] {
            let found = split(&path, 100, 155).map(|(prefix, name)| (prefix.len(), name.len()));
            assert_eq!(found, expected, "{}", path.escape_ascii());
        }
    }
}
