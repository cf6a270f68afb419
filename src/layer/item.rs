//! What a member of a layer's tar means: an entry, a deletion, or nothing.

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
        Ok(Self::Item(ItemKind::Entry(Entry { path, kind, attributes: member.attributes })))
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

#[cfg(test)]
mod tests {
    use crate::code::Code;
    use crate::layer::Warning;
    use crate::layer::raw::{RawTar, artifact, base, entry, listing};
    use crate::rootfs::{Kind, RootPath};

    #[test]
    fn t02_spellings_of_one_path_are_one_key() {
        for name in ["/abs", "./abs", "abs/", "//abs", "abs/."] {
            let tar = RawTar::default().dir(name).end();
            assert_eq!(listing(&artifact().tar(&tar).unwrap()), ["abs/"], "{name}");
        }
    }

    #[test]
    fn t03_the_root_is_a_directory() {
        for name in [".", "/", "./", "././/"] {
            let tar = RawTar::default().dir(name).end();
            assert_eq!(listing(&artifact().tar(&tar).unwrap()), ["/"], "{name}");
            for tar in [
                RawTar::default().member(name.as_bytes(), b'0', b"", |_| {}),
                RawTar::default().link(name, b'2', "x"),
            ] {
                let tar = tar.end();
                assert_eq!(
                    [base().refusal(&tar), artifact().refusal(&tar)],
                    [Some(Code::TarRoot); 2],
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn t04_targets_of_symbolic_links_are_kept_as_they_are() {
        for target in ["/etc", "../../../../etc", "a//b/./../", "/"] {
            let tar = RawTar::default().link("s", b'2', target).end();
            let index = artifact().tar(&tar).unwrap();
            assert_eq!(entry(&index, 0).kind, Kind::Symlink(target.as_bytes().into()));
        }
        for flag in *b"12" {
            let empty = RawTar::default().link("s", flag, "").end();
            assert_eq!(base().refusal(&empty), Some(Code::TarHeader));
        }
    }

    #[test]
    fn t11_whiteouts_mean_the_same_wherever_they_stand() {
        let tar = RawTar::default()
            .file("d/.wh..wh..opq", b"")
            .file("d/f", b"")
            .file(".wh.x", b"")
            .file(".wh..wh..opq", b"");
        let index = artifact().tar(&tar.end()).unwrap();
        assert_eq!(listing(&index), ["!d", "d/f", "-x", "!/"]);
    }

    #[test]
    fn t12_whiteouts_that_hide_nothing_are_refused() {
        for name in [".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..", "a/.wh..."] {
            let tar = RawTar::default().file(name, b"").end();
            assert_eq!(
                [base().refusal(&tar), artifact().refusal(&tar)],
                [Some(Code::TarWhiteout); 2],
                "{name}"
            );
        }
        assert_eq!(artifact().refusal(&RawTar::default().file(".wh....", b"").end()), None);
    }

    #[test]
    fn t12_metadata_of_aufs_is_ignored_in_a_base_alone() {
        for name in [
            ".wh..wh.plnk",
            ".wh..wh.plnk/1.2",
            ".wh..wh.aufs",
            ".wh..wh.orph/x",
            ".wh.x/y",
            ".wh.x/.wh.",
            ".wh.x/.wh..wh..opq",
        ] {
            let tar = RawTar::default().file(name, b"").end();
            let index = base().tar(&tar).unwrap();
            let warning = Warning::Whiteout(RootPath::parse(name).unwrap());
            assert_eq!((index.items.len(), index.warnings), (0, vec![warning]), "{name}");
            assert_eq!(artifact().refusal(&tar), Some(Code::TarWhiteout), "{name}");
        }
    }

    #[test]
    fn t13_a_whiteout_of_another_type_counts_by_name_in_a_base_alone() {
        for tar in [
            RawTar::default().dir("d/.wh.x"),
            RawTar::default().link("d/.wh.x", b'2', "y"),
            RawTar::default().link("d/.wh.x", b'1', "y"),
            RawTar::default().member(b"d/.wh.x", b'3', b"", |_| {}),
            RawTar::default().member(b"d/.wh.x", b'?', b"", |_| {}),
            RawTar::default().file("d/.wh.x", b"data"),
        ] {
            let tar = tar.end();
            assert_eq!(listing(&base().tar(&tar).unwrap()), ["-d/x"]);
            assert_eq!(artifact().refusal(&tar), Some(Code::TarWhiteout));
        }
    }

    #[test]
    fn t15_types_that_are_not_known_are_read_over_in_a_base_alone() {
        for flag in *b"VMDNAX?" {
            let tar = RawTar::default().member(b"odd", flag, b"content", |_| {}).file("f", b"").end();
            let index = base().tar(&tar).unwrap();
            let warning = Warning::Type(RootPath::parse("odd").unwrap());
            assert_eq!((listing(&index), index.warnings), (vec!["f".to_owned()], vec![warning]));
            assert_eq!(artifact().refusal(&tar), Some(Code::TarType));
        }
    }

    #[test]
    fn t32_names_that_are_not_utf8_are_kept() {
        let tar = RawTar::default().member(b"a/\xff\xfe\n", b'0', b"", |_| {}).end();
        assert_eq!(entry(&artifact().tar(&tar).unwrap(), 0).path.as_bytes(), b"a/\xff\xfe\n");
    }
}
