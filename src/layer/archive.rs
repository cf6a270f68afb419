//! A tar archive as members: headers with everything their extension headers say, and content.

use super::extension::{Pax, Pending, is_extension};
use super::header::{BLOCK, Header, sparse_map_goes_on};
use super::stream::TarStream;
use super::{HeaderError, LimitError, ReadErrorKind, Reading, Trust, Warning};
use crate::rootfs::{Attributes, Device, Mode, Owner};

/// The members of a layer's tar, in order.
pub(super) struct Archive<'a> {
    stream: TarStream<'a>,
    how: &'a Reading<'a>,
    members: u64,
    /// Bytes of all names, link targets and extended attributes so far.
    names: u64,
    /// Content of the current member that nobody asked for yet, and the padding behind it.
    content: u64,
    padding: u64,
    /// Where the current member begins, extension headers included.
    at: u64,
    /// The name of the current member, empty until it is known.
    name: Vec<u8>,
    /// The names of the current member's user and group, empty until they are known.
    user: Vec<u8>,
    group: Vec<u8>,
    warnings: Vec<Warning>,
}

/// A member of an archive that is no extension header.
pub(super) struct Member {
    /// Where it begins in the tar, extension headers included.
    pub(super) offset: u64,
    /// The target of a link as it is spelled.
    pub(super) link: Vec<u8>,
    /// What it is: `0` for all regular files, `5` for all directories.
    pub(super) flag: u8,
    /// Bytes of content in the archive.
    pub(super) size: u64,
    /// Bytes of a sparse file with its holes.
    pub(super) sparse: Option<u64>,
    /// Mode, owner, time and extended attributes.
    pub(super) attributes: Attributes,
    /// The numbers of a device, zeros otherwise.
    pub(super) device: Device,
    /// Bytes of its name, link target and extended attributes.
    pub(super) names: u64,
}

impl<'a> Archive<'a> {
    /// The members of `stream`.
    pub(super) fn new(stream: TarStream<'a>, how: &'a Reading<'a>) -> Self {
        let mut warnings = Vec::new();
        if stream.is_mislabelled() {
            warnings.push(Warning::Compression);
        }
        Self {
            stream,
            how,
            members: 0,
            names: 0,
            content: 0,
            padding: 0,
            at: 0,
            name: Vec::new(),
            user: Vec::new(),
            group: Vec::new(),
            warnings,
        }
    }

    /// Where the current member begins, in bytes.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The name of the current member as it is spelled; empty where it is not known.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// The names of the current member's user and group, empty where it has none.
    pub(super) fn owner_names(&self) -> (&[u8], &[u8]) {
        (&self.user, &self.group)
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// The next member, after what is left of the content of the one before; nothing at the end, where all bytes of the
    /// layer have been read.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ReadErrorKind> {
        self.content(|_| Ok(()))?;
        self.at = self.stream.offset();
        self.name.clear();
        let mut pending = Pending::default();
        loop {
            let Some(block) = self.stream.block()? else {
                // Something extends an entry that is missing.
                if self.stream.offset() != self.at {
                    return Err(ReadErrorKind::Truncated);
                }
                self.warn(Warning::NoEnd);
                return Ok(None);
            };
            if block == [0; BLOCK] {
                return if pending.is_some() { Err(HeaderError::Pending.into()) } else { self.end() };
            }
            let header = Header::parse(&block)?;
            if !is_extension(header.flag()) {
                return self.member(&header, pending).map(Some);
            }
            let size = header.size()?;
            pending.reserve(size, self.how.limits)?;
            let bytes = self.extension(size)?;
            pending.add(header.flag(), bytes, self.how.trust, self.how.limits)?;
        }
    }

    /// Passes the content of the current member to `each`, in pieces.
    pub(super) fn content(
        &mut self,
        each: impl FnMut(&[u8]) -> Result<(), ReadErrorKind>,
    ) -> Result<(), ReadErrorKind> {
        let (content, padding) = (std::mem::take(&mut self.content), std::mem::take(&mut self.padding));
        self.stream.take(content, each)?;
        self.stream.take(padding, |_| Ok(()))
    }

    /// The stream and what was tolerated.
    pub(super) fn finish(self) -> (TarStream<'a>, Vec<Warning>) {
        (self.stream, self.warnings)
    }

    /// The error to tell: the blob's own, where it is not what its descriptor says.
    pub(super) fn explanation(&mut self, error: ReadErrorKind) -> ReadErrorKind {
        match error.is_in_content().then(|| self.stream.drain_blob()) {
            Some(Err(verify @ ReadErrorKind::Verify(_))) => verify,
            _ => error,
        }
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, ReadErrorKind> {
        let mut bytes = Vec::new();
        self.stream.take(size, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        self.stream.take(padding(size), |_| Ok(()))?;
        Ok(bytes)
    }

    fn member(&mut self, header: &Header<'_>, mut pending: Pending) -> Result<Member, ReadErrorKind> {
        let mut link = header.link().to_vec();
        header.name(&mut self.name);
        pending.rename(&mut self.name, &mut link, self.how.trust)?;
        for (name, named) in [(&mut self.user, header.user()), (&mut self.group, header.group())] {
            name.clear();
            name.extend_from_slice(named);
        }
        pending.reown(&mut self.user, &mut self.group);
        let pax = pending.into_pax();
        let flag = header.flag();
        let size = self.size(header, pax.size)?;
        let sparse = self.sparse(header, &pax, size)?;
        let device = match flag {
            b'3' | b'4' => header.device()?,
            _ => (0, 0),
        };
        let device = Device { major: device.0, minor: device.1 };
        (self.content, self.padding) = (size, padding(size));
        let attributes = attributes(header, pax)?;
        let names = self.count(&link, &attributes)?;
        Ok(Member { offset: self.at, link, flag, size, sparse, attributes, device, names })
    }

    /// Counts a member against the limits of the layer; gives the bytes of its name, link target and extended attributes.
    fn count(&mut self, link: &[u8], attributes: &Attributes) -> Result<u64, LimitError> {
        let limits = self.how.limits;
        let xattrs: usize = attributes.xattrs.iter().map(|(name, value)| name.len() + value.len()).sum();
        let names = (self.name.len() + link.len() + xattrs) as u64;
        self.members += 1;
        self.names += names;
        if self.members > limits.layer_entries {
            return Err(LimitError::Entries { limit: limits.layer_entries });
        }
        if self.names > limits.layer_name_bytes {
            return Err(LimitError::Names { limit: limits.layer_name_bytes });
        }
        Ok(names)
    }

    /// Bytes of content: PAX wins over the header, and what is only a header has none.
    fn size(&self, header: &Header<'_>, pax: Option<u64>) -> Result<u64, ReadErrorKind> {
        let is_artifact = self.how.trust == Trust::Artifact;
        let own = header.size()?;
        let size = pax.unwrap_or(own);
        if is_artifact && own != 0 && size != 0 && own != size {
            return Err(ReadErrorKind::Desync { header: own, pax: size });
        }
        if matches!(header.flag(), b'1'..=b'6') {
            let content = own.max(size);
            return match is_artifact && content != 0 {
                true => Err(HeaderError::Content { size: content }.into()),
                false => Ok(0),
            };
        }
        let end = size.checked_next_multiple_of(BLOCK as u64).and_then(|padded| {
            padded.checked_add(self.stream.offset()).filter(|end| i64::try_from(*end).is_ok())
        });
        if end.is_some() { Ok(size) } else { Err(HeaderError::Size { size }.into()) }
    }

    /// Bytes of a sparse file with its holes; reads what follows an old GNU header of its map.
    fn sparse(&mut self, header: &Header<'_>, pax: &Pax, size: u64) -> Result<Option<u64>, ReadErrorKind> {
        if header.flag() != b'S' {
            return Ok(pax.sparse.as_ref().map(|sparse| sparse.size.unwrap_or(size)));
        }
        let (real, mut goes_on) = header.sparse()?;
        let mut map = Pending::default();
        while goes_on {
            map.reserve(BLOCK as u64, self.how.limits)?;
            let block = self.stream.block()?.ok_or(ReadErrorKind::Truncated)?;
            goes_on = sparse_map_goes_on(&block);
        }
        Ok(Some(real))
    }

    /// Reads on after the first zero block, to the end of the stream.
    fn end(&mut self) -> Result<Option<Member>, ReadErrorKind> {
        match self.stream.block()? {
            None => self.warn(Warning::NoEnd),
            Some(block) if block == [0; BLOCK] => self.rest()?,
            Some(_) => return Err(HeaderError::ZeroBlock.into()),
        }
        Ok(None)
    }

    /// Whatever follows the end belongs to the diff ID all the same. Zeros are the padding that archivers write.
    fn rest(&mut self) -> Result<(), ReadErrorKind> {
        let mut is_clean = true;
        loop {
            let bytes = self.stream.fill()?;
            if bytes.is_empty() {
                break;
            }
            is_clean = is_clean && bytes.iter().all(|byte| *byte == 0);
            let length = bytes.len();
            self.stream.consume(length);
        }
        match (is_clean, self.how.trust) {
            (true, _) => {}
            (false, Trust::Artifact) => return Err(ReadErrorKind::Trailing),
            (false, Trust::Base) => self.warn(Warning::Trailing),
        }
        Ok(())
    }
}

fn attributes(header: &Header<'_>, pax: Pax) -> Result<Attributes, HeaderError> {
    Ok(Attributes {
        mode: Mode::new(header.mode()?),
        owner: Owner {
            uid: pax.uid.map_or_else(|| header.uid(), Ok)?,
            gid: pax.gid.map_or_else(|| header.gid(), Ok)?,
        },
        mtime: pax.mtime.map_or_else(|| header.mtime(), Ok)?,
        xattrs: pax.xattrs,
    })
}

/// Bytes from the end of content to the next block.
pub(super) fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

#[cfg(test)]
mod tests;
