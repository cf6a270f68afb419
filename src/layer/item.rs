//! What a member of a layer's tar means: an entry, a deletion, or nothing.

use std::sync::Arc;

use super::archive::Member;
use super::{HeaderError, ItemKind, LimitError, ReadErrorKind, Trust, Warning};
use crate::limits::Limits;
use crate::rootfs::{Entry, FileContent, Kind, PathError, RootPath};

/// What a member means.
pub(super) enum Meaning {
    /// It is an item of the layer.
    Item(ItemKind),
    /// It is read over.
    Nothing(Warning),
}

impl Meaning {
    /// Finds out what a member with this name means. Whiteouts are known by name first, type second.
    pub(super) fn of(
        member: Member,
        name: &[u8],
        trust: Trust,
        limits: &Limits,
    ) -> Result<Self, ReadErrorKind> {
        if name.is_empty() {
            return Err(HeaderError::Name.into());
        }
        let path = RootPath::parse(name)?;
        if path.components().any(|component| component.starts_with(WHITEOUT)) {
            return whiteout(path, &member, trust);
        }
        let Some(kind) = kind(&member, limits)? else {
            return match trust {
                Trust::Artifact => Err(ReadErrorKind::Type(member.flag)),
                Trust::Base => Ok(Self::Nothing(Warning::Type(path))),
            };
        };
        if path.is_root() && !kind.is_directory() {
            return Err(ReadErrorKind::Root);
        }
        Ok(Self::Item(ItemKind::Entry(Arc::new(Entry { path, kind, attributes: member.attributes }))))
    }
}

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// What AUFS keeps for itself.
const METADATA: &[u8] = b".wh..wh.";

fn whiteout(path: RootPath, member: &Member, trust: Trust) -> Result<Meaning, ReadErrorKind> {
    let dir = path.parent().unwrap_or_else(RootPath::root);
    let is_below_one = dir.components().any(|component| component.starts_with(WHITEOUT));
    let name = path.name();
    let hidden = name.strip_prefix(WHITEOUT).unwrap_or_default();
    let is_marker = member.flag == b'0' && member.size == 0 && member.sparse.is_none();
    match () {
        _ if !is_below_one && matches!(hidden, b"" | b"." | b"..") => Err(ReadErrorKind::Whiteout),
        _ if trust == Trust::Artifact && !is_marker => Err(ReadErrorKind::Whiteout),
        _ if !is_below_one && name == OPAQUE => Ok(Meaning::Item(ItemKind::Opaque(dir))),
        _ if is_below_one || name.starts_with(METADATA) => match trust {
            Trust::Artifact => Err(ReadErrorKind::Whiteout),
            Trust::Base => Ok(Meaning::Nothing(Warning::Whiteout(path))),
        },
        _ => Ok(Meaning::Item(ItemKind::Whiteout(dir.join(hidden)))),
    }
}

/// What kind of entry a member is; nothing where its type is not known.
fn kind(member: &Member, limits: &Limits) -> Result<Option<Kind>, ReadErrorKind> {
    Ok(Some(match member.flag {
        b'0' | b'S' => Kind::File(FileContent {
            size: member.sparse.unwrap_or(member.size),
            sha256: [0; 32],
            sparse: member.sparse.is_some(),
        }),
        b'1' => Kind::Hardlink(hard_link_target(member, limits)?),
        b'2' => Kind::Symlink(link(member, limits)?.into()),
        b'3' => Kind::CharDevice(member.device),
        b'4' => Kind::BlockDevice(member.device),
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        _ => return Ok(None),
    }))
}

fn hard_link_target(member: &Member, limits: &Limits) -> Result<RootPath, ReadErrorKind> {
    match RootPath::parse(link(member, limits)?) {
        Err(error @ (PathError::Leaves(_) | PathError::Nul(_))) => Err(ReadErrorKind::LinkTarget(error)),
        result => Ok(result?),
    }
}

fn link<'a>(member: &'a Member, limits: &Limits) -> Result<&'a [u8], ReadErrorKind> {
    let (found, limit) = (member.link.len(), limits.link_target_bytes);
    match found {
        0 => Err(HeaderError::Link.into()),
        _ if found > limit => Err(LimitError::LinkTarget { found, limit }.into()),
        _ => Ok(&member.link),
    }
}
