//! The control section of a package: its control file, its scripts, its lists.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use super::stanza::{self, StanzaError};
use super::{Compression, Decoder, Member, UnpackError};
use crate::code::{Code, Coded};
use crate::layer::{Item, ItemKind, Reading, Visitor, read_tar};
use crate::limits::Limited;
use crate::oci::Digest;
use crate::package::Fields;
use crate::rootfs::{Kind, RootPath};

/// What is wrong with a control section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// It has more bytes than the limit.
    #[error("control section has more than {limit} bytes")]
    TooLarge {
        /// Bytes it may have.
        limit: u64,
    },
    /// It holds something that is no file of a name that the database has room for.
    #[error("`{0}` is no member of a control section")]
    Member(RootPath),
    /// It has no control file.
    #[error("there is no file `control`")]
    Missing,
    /// The control file cannot be read.
    #[error("control file: {0}")]
    Stanza(#[from] StanzaError),
    /// The control file describes no package, or more than one.
    #[error("control file has {0} stanzas")]
    Stanzas(usize),
}

/// A control section that was read.
pub(super) struct Control {
    /// The control file.
    pub(super) fields: Fields,
    /// All other members.
    pub(super) members: BTreeMap<String, Arc<[u8]>>,
}

/// Reads the control section out of its compressed tar; `name` is what the layer reader calls it by.
pub(super) fn read(
    compression: Compression,
    member: impl io::BufRead + Send,
    name: Digest,
    how: &Reading<'_>,
) -> Result<Control, UnpackError> {
    let decoder = Decoder::new(compression, member, how.limits);
    let limit = how.limits.control_bytes;
    let bounded = Bounded { inner: decoder, left: limit, limit };
    let mut members = Members::default();
    read_tar(Box::new(bounded), name, how, &mut members)
        .map_err(|error| UnpackError::of_tar(Member::Control, error))?;
    members.finish().map_err(UnpackError::Control)
}

/// The control file.
const CONTROL: &str = "control";

/// What the database itself writes beside the members of a control section.
const OWN: &str = "list";

#[derive(Default)]
struct Members {
    done: BTreeMap<String, Vec<u8>>,
    current: String,
}

impl Members {
    fn finish(mut self) -> Result<Control, ControlError> {
        let control = self.done.remove(CONTROL).ok_or(ControlError::Missing)?;
        let fields = control_file(&control)?;
        let members = self.done.into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
        Ok(Control { fields, members })
    }
}

/// The fields of a control file, which is one stanza.
pub(super) fn control_file(bytes: &[u8]) -> Result<Fields, ControlError> {
    let blocks: Vec<_> = stanza::blocks(bytes).collect();
    let [block] = &blocks[..] else { return Err(ControlError::Stanzas(blocks.len())) };
    Ok(stanza::fields(&bytes[block.range.clone()], block.line, false)?)
}

impl Visitor for Members {
    fn item(&mut self, _: u32, item: &Item) -> io::Result<bool> {
        let refused = |path: &RootPath| Err(io::Error::other(ControlError::Member(path.clone())));
        let entry = match &item.kind {
            ItemKind::Entry(entry) => entry,
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => return refused(path),
        };
        match (&entry.kind, member_name(&entry.path)) {
            (Kind::Directory, _) if entry.path.is_root() => Ok(false),
            (Kind::File(_), Some(name)) => {
                self.done.insert(name.to_owned(), Vec::new());
                name.clone_into(&mut self.current);
                Ok(true)
            }
            _ => refused(&entry.path),
        }
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let member = self.done.get_mut(&self.current).expect("bytes come for the member shown last");
        member.extend_from_slice(bytes);
        Ok(())
    }
}

/// The name of a member, where a file of the database may be called by it.
fn member_name(path: &RootPath) -> Option<&str> {
    const LONGEST: usize = 100;
    let name = std::str::from_utf8(path.as_bytes()).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+.".contains(&byte);
    let fits = (1..=LONGEST).contains(&name.len()) && !name.starts_with('.') && name != OWN;
    (fits && name.bytes().all(is_plain)).then_some(name)
}

/// A reader of no more than so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        let Self { limit, .. } = *self;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(ControlError::TooLarge { limit }))?;
        Ok(read)
    }
}

impl Coded for ControlError {
    fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::LimitBytes,
            _ => Code::DebFormat,
        }
    }
}

impl Limited for ControlError {
    fn limit(&self) -> Option<&'static str> {
        matches!(self, Self::TooLarge { .. }).then_some("control-bytes")
    }
}
