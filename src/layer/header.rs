//! One header block of a tar archive: fields as they stand there, before any extension.
//!
//! The layout is the `tar` crate's; numbers and checksums are read here, because negative, overflowing and half-written ones
//! have to be errors.

use super::error::HeaderError;

/// The bytes of a block.
pub(super) const BLOCK: usize = 512;

/// A header whose checksum is right.
pub(super) struct Header<'a> {
    block: &'a [u8; BLOCK],
    fields: &'a tar::OldHeader,
    dialect: Dialect,
}

/// Who laid out the bytes after the first 257.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Nobody: before POSIX.
    V7,
    /// POSIX, with a prefix of the name.
    Ustar,
    /// Schily's tar, with a shorter prefix.
    Star,
    /// GNU tar, without a prefix.
    Gnu,
}

impl<'a> Header<'a> {
    /// Takes a block as a header.
    pub(super) fn parse(block: &'a [u8; BLOCK]) -> Result<Self, HeaderError> {
        let fields = tar::Header::from_byte_slice(block).as_old();
        let dialect = match (&block[257..263], &block[508..]) {
            (b"ustar\0", b"tar\0") => Dialect::Star,
            (b"ustar\0", _) => Dialect::Ustar,
            (b"ustar ", _) => Dialect::Gnu,
            _ => Dialect::V7,
        };
        let header = Self { block, fields, dialect };
        if header.has_checksum() { Ok(header) } else { Err(HeaderError::Checksum) }
    }

    /// What kind of member it begins, as its byte; nothing distinguishes kinds here.
    pub(super) fn flag(&self) -> u8 {
        match self.fields.linkflag[0] {
            // Before POSIX a directory was a file whose name ends in a slash.
            0 | b'0' if self.is_before_posix_directory() => b'5',
            0 | b'7' => b'0',
            flag => flag,
        }
    }

    /// Writes the name, with its prefix, into `name`.
    pub(super) fn name(&self, name: &mut Vec<u8>) {
        name.clear();
        let prefix = match self.dialect {
            Dialect::Ustar => until_nul(&self.block[345..500]),
            Dialect::Star => until_nul(&self.block[345..476]),
            Dialect::Gnu | Dialect::V7 => b"",
        };
        if !prefix.is_empty() {
            name.extend_from_slice(prefix);
            name.push(b'/');
        }
        name.extend_from_slice(until_nul(&self.fields.name));
    }

    /// The target of a link.
    pub(super) fn link(&self) -> &'a [u8] {
        until_nul(&self.fields.linkname)
    }

    /// Bytes that follow in the archive, padding aside: 0 to 2^63-1.
    pub(super) fn size(&self) -> Result<u64, HeaderError> {
        self.number("size", &self.fields.size)
    }

    /// Permissions and, in old archives, file type bits.
    pub(super) fn mode(&self) -> Result<u32, HeaderError> {
        let mode: u64 = self.number("mode", &self.fields.mode)?;
        Ok((mode & 0o7777) as u32)
    }

    /// The user: 0 to 2^32-2.
    pub(super) fn uid(&self) -> Result<u32, HeaderError> {
        self.number("uid", &self.fields.uid).and_then(|uid| id("uid", uid))
    }

    /// The group: 0 to 2^32-2.
    pub(super) fn gid(&self) -> Result<u32, HeaderError> {
        self.number("gid", &self.fields.gid).and_then(|gid| id("gid", gid))
    }

    /// The name of the user, empty where there is none.
    pub(super) fn user(&self) -> &'a [u8] {
        self.named(265..297)
    }

    /// The name of the group, empty where there is none.
    pub(super) fn group(&self) -> &'a [u8] {
        self.named(297..329)
    }

    /// Seconds since 1970, perhaps before.
    pub(super) fn mtime(&self) -> Result<i64, HeaderError> {
        number(&self.fields.mtime).ok_or(HeaderError::Number { field: "mtime" })
    }

    /// Major and minor number of a device.
    pub(super) fn device(&self) -> Result<(u32, u32), HeaderError> {
        match self.dialect {
            Dialect::V7 => Ok((0, 0)),
            _ => Ok((
                self.number("devmajor", &self.block[329..337])?,
                self.number("devminor", &self.block[337..345])?,
            )),
        }
    }

    /// The size of a file of GNU's old sparse type, and whether blocks of its map follow.
    pub(super) fn sparse(&self) -> Result<(u64, bool), HeaderError> {
        Ok((self.number("realsize", &self.block[483..495])?, self.block[482] != 0))
    }

    fn named(&self, field: std::ops::Range<usize>) -> &'a [u8] {
        match self.dialect {
            Dialect::V7 => b"",
            _ => until_nul(&self.block[field]),
        }
    }

    fn number<T: TryFrom<i64>>(&self, field: &'static str, bytes: &[u8]) -> Result<T, HeaderError> {
        number(bytes).and_then(|number| T::try_from(number).ok()).ok_or(HeaderError::Number { field })
    }

    fn is_before_posix_directory(&self) -> bool {
        let name = until_nul(&self.fields.name);
        name.ends_with(b"/") && (self.fields.linkflag[0] == 0 || self.dialect == Dialect::V7)
    }

    /// Some old archivers summed signed bytes.
    fn has_checksum(&self) -> bool {
        let field = 148..156;
        let (mut unsigned, mut signed) = (0, 0);
        for (at, byte) in self.block.iter().enumerate() {
            let byte = if field.contains(&at) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        number(&self.fields.cksum).is_some_and(|sum| sum == unsigned || sum == signed)
    }
}

/// Whether another block of an old GNU sparse map follows this one.
pub(super) fn sparse_map_goes_on(block: &[u8; BLOCK]) -> bool {
    block[504] != 0
}

/// A user or group number: the largest is none, as it means "no change" to the system.
pub(super) fn id(field: &'static str, number: u64) -> Result<u32, HeaderError> {
    match u32::try_from(number) {
        Ok(id) if id != u32::MAX => Ok(id),
        _ => Err(HeaderError::Number { field }),
    }
}

/// A numeric field: octal digits between spaces and NULs, nothing at all, or base 256 in two's complement.
fn number(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        let first = i128::from(first & 0x3f) - i128::from(first & 0x40);
        let number = rest.iter().fold(first, |number, byte| (number << 8) | i128::from(*byte));
        return i64::try_from(number).ok();
    }
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let Some(start) = field.iter().position(|byte| !is_padding(byte)) else { return Some(0) };
    let end = field.iter().rposition(|byte| !is_padding(byte))?;
    field[start..=end].iter().try_fold(0_i64, |number, digit| match digit {
        b'0'..=b'7' => Some(number * 8 + i64::from(digit - b'0')),
        _ => None,
    })
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.iter().position(|byte| *byte == 0).map_or(bytes, |end| &bytes[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        for (field, expected) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b"        ", Some(0)),
            (b"777777777777", Some(0o777_777_777_777)),
            (b"0000648\0", None),
            (b"-000644\0", None),
            (b"644\0junk", None),
            (b"6 4     ", None),
            (b"\x80\0\0\0\0\0\0\x01", Some(1)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
            (b"\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", Some(i64::MIN)),
        ] {
            assert_eq!(number(field), expected, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn t21_numbers_that_overflow_are_none() {
        for field in [
            &b"\x80\0\0\0\x80\0\0\0\0\0\0\0"[..],
            b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xc0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(number(field), None, "{}", field.escape_ascii());
        }
    }
}
