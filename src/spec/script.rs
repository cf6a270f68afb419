//! Static files: `paths` and `scripts`.

use std::collections::{BTreeMap, BTreeSet};

use super::artifact::subset;
use super::form::PathType;
use super::reader::Reader;
use super::source::beside;
use super::{At, Excerpt, KeyError, NoteKind, Place, ValueError, written};
use crate::code::{Code, Coded};
use crate::oci::Platform;
use crate::rootfs::{Mode, Owner, PathError, RootPath};

/// Something that is added at a path, or the path's deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticFile {
    /// Where it is in the image.
    pub path: At<RootPath>,
    /// What it is.
    pub kind: StaticKind,
    /// Permissions: those written, else 0755 for directories and scripts, 0777 for links, 0644 for the rest.
    pub mode: Mode,
    /// User and group: those written, else 0.
    pub owner: Owner,
    /// The platforms that get it, instead of all.
    pub platforms: Option<BTreeSet<Platform>>,
}

/// What is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaticKind {
    /// A regular file.
    File(FileSource),
    /// A directory; what the base has below it stays.
    Directory,
    /// A symbolic link.
    Symlink {
        /// What it points at, never judged; neither empty nor with a NUL.
        target: String,
    },
    /// The path of the base goes, with everything below it.
    Delete,
    /// A regular file without content.
    EmptyFile,
}

/// Where the content of a file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSource {
    /// From the specification itself.
    Inline(String),
    /// From a file below the specification's directory: a relative path without `..`.
    Beside(At<std::path::PathBuf>),
}

/// A destination path that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// It does not begin at the root.
    #[error("path `{0}` is not absolute")]
    Relative(Excerpt),
    /// It has a component `..`, or is longer than paths are.
    #[error(transparent)]
    Path(PathError),
    /// It has another, simpler spelling.
    #[error("path `{0}` is not clean")]
    Unclean(Excerpt, RootPath),
    /// It is the root itself.
    #[error("path `/` is the image itself")]
    Root,
    /// It has a component that layers take for a deletion.
    #[error("path `{0}` has a component that begins with `.wh.`, which layers take for a deletion")]
    Whiteout(Excerpt),
    /// It lies in a directory that the kernel fills.
    #[error("path `{path}` lies in `/{directory}`, which the kernel fills at run time")]
    Kernel {
        /// The path.
        path: Excerpt,
        /// The directory.
        directory: &'static str,
    },
    /// Another entry has the same path on the same platform.
    #[error("path `/{path}` is given twice, first on line {first}")]
    Twice {
        /// The path.
        path: RootPath,
        /// The line of the first.
        first: u32,
    },
    /// Another entry makes a parent something that holds nothing.
    #[error("path `/{path}` lies below `/{parent}`, which is a {word} on line {line}")]
    BelowFile {
        /// The path.
        path: RootPath,
        /// The parent.
        parent: RootPath,
        /// What the parent is.
        word: &'static str,
        /// The line of the parent.
        line: u32,
    },
}

impl Coded for DestinationError {
    fn code(&self) -> Code {
        Code::SpecPath
    }
}

impl DestinationError {
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Relative(path) => format!("paths start at the image root: `/{path}`"),
            Self::Path(PathError::Leaves(_)) => {
                "paths start at the image root, for example `/etc/app.conf`".to_owned()
            }
            Self::Unclean(_, clean) => format!("write `/{clean}`"),
            _ => return None,
        })
    }
}

/// Directories whose content is the kernel's.
const KERNEL: [&str; 3] = ["proc", "sys", "dev"];

/// A path in the image where something is put.
pub(super) fn destination(text: &str) -> Result<RootPath, DestinationError> {
    let path = directory(text)?;
    if path.is_root() { Err(DestinationError::Root) } else { Ok(path) }
}

/// A directory in the image, the root included.
pub(super) fn directory(text: &str) -> Result<RootPath, DestinationError> {
    if !text.starts_with('/') {
        return Err(DestinationError::Relative(text.into()));
    }
    let path = RootPath::parse(text).map_err(DestinationError::Path)?;
    if path.as_bytes() != &text.as_bytes()[1..] {
        return Err(DestinationError::Unclean(text.into(), path));
    }
    if path.components().any(|component| component.starts_with(b".wh.")) {
        return Err(DestinationError::Whiteout(text.into()));
    }
    match KERNEL.into_iter().find(|name| path.components().next() == Some(name.as_bytes())) {
        Some(directory) => Err(DestinationError::Kernel { path: text.into(), directory }),
        None => Ok(path),
    }
}

/// Which of the two lists an entry stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Paths,
    Scripts,
}

impl List {
    fn mapping(self) -> String {
        match self {
            Self::Paths => "paths[]",
            Self::Scripts => "scripts[]",
        }
        .to_owned()
    }

    fn mode(self, kind: PathType) -> Mode {
        Mode::new(match (self, kind) {
            (_, PathType::Symlink) => 0o777,
            (_, PathType::Directory) | (Self::Scripts, _) => 0o755,
            (Self::Paths, _) => 0o644,
        })
    }
}

/// The entries of one list, typed. `known` are the customization's platforms, where they could be read.
pub(super) fn files(
    written: Vec<written::File>,
    list: List,
    known: Option<&BTreeMap<Platform, Place>>,
    reader: &mut Reader,
) -> Vec<StaticFile> {
    written.into_iter().filter_map(|one| file(one, list, known, reader)).collect()
}

fn file(
    written: written::File,
    list: List,
    known: Option<&BTreeMap<Platform, Place>>,
    reader: &mut Reader,
) -> Option<StaticFile> {
    let type_is_read = written.kind.is_some() || !written.has("type");
    let kind = written.kind.as_ref().map_or(PathType::File, |kind| kind.value);
    if let Some(place) =
        written.kind.as_ref().filter(|kind| kind.value == PathType::File).map(|kind| kind.place)
    {
        reader.note(place, NoteKind::DefaultType);
    }
    if type_is_read {
        check_keys(&written, kind, list, reader);
    }
    let path = written.path.as_ref().and_then(|path| {
        reader.check(path.place, destination(&path.0)).map(|parsed| At::new(parsed, path.place))
    });
    let mode = written.mode.as_ref().map_or(list.mode(kind), |mode| mode.value.0);
    let id = |id: &Option<At<super::form::Id>>| id.as_ref().map_or(0, |id| id.value.0);
    let owner = Owner { uid: id(&written.uid), gid: id(&written.gid) };
    let kind = self::kind(kind, written.contents, written.source, written.target, reader);
    let platforms = written.platforms.map(|list| subset(list, known, reader));
    Some(StaticFile { path: path?, kind: kind.filter(|_| type_is_read)?, mode, owner, platforms })
}

/// Reports keys that a type does not have, and those that it needs.
fn check_keys(written: &written::File, kind: PathType, list: List, reader: &mut Reader) {
    let useless: &[&'static str] = match kind {
        PathType::File => &["target"],
        PathType::Directory | PathType::EmptyFile => &["target", "contents", "source"],
        PathType::Symlink => &["contents", "source", "mode"],
        PathType::Delete => &["target", "contents", "source", "mode", "uid", "gid"],
    };
    for key in useless.iter().copied().filter(|key| written.has(key)) {
        reader.fault::<()>(written.place, KeyError::OfOtherType { key, kind: kind.word() });
    }
    let missing = |key, or| KeyError::Missing { key, mapping: list.mapping(), or };
    match (kind, written.has("contents"), written.has("source")) {
        (PathType::File, true, true) => {
            reader.fault::<()>(written.place, KeyError::Excludes { key: "source", other: "contents" });
        }
        (PathType::File, false, false) => {
            reader.fault::<()>(written.place, missing("contents", Some("source")));
        }
        (PathType::Symlink, ..) if !written.has("target") => {
            reader.fault::<()>(written.place, missing("target", None));
        }
        _ => {}
    }
}

fn kind(
    kind: PathType,
    contents: Option<At<super::form::Text>>,
    source: Option<At<super::form::Text>>,
    target: Option<At<super::form::Text>>,
    reader: &mut Reader,
) -> Option<StaticKind> {
    Some(match kind {
        PathType::Directory => StaticKind::Directory,
        PathType::Delete => StaticKind::Delete,
        PathType::EmptyFile => StaticKind::EmptyFile,
        PathType::File => StaticKind::File(match (contents, source) {
            (Some(contents), _) => FileSource::Inline(contents.value.0),
            (None, source) => {
                let source = source?;
                let path = reader.check(source.place, beside(&source.0))?;
                FileSource::Beside(At::new(path, source.place))
            }
        }),
        PathType::Symlink => {
            let target = target?;
            let checked = match target.0.as_str() {
                "" => Err(ValueError::Empty("target")),
                text if text.contains('\0') => Err(ValueError::Nul("target")),
                text => Ok(text.to_owned()),
            };
            StaticKind::Symlink { target: reader.check(target.place, checked)? }
        }
    })
}

/// Reports entries that meet on a platform: two on one path, or one below another that can hold nothing.
pub(super) fn check_meetings(files: &[StaticFile], known: &BTreeMap<Platform, Place>, reader: &mut Reader) {
    for platform in known.keys() {
        let mut seen: BTreeMap<&RootPath, &StaticFile> = BTreeMap::new();
        let on_it =
            files.iter().filter(|file| file.platforms.as_ref().is_none_or(|set| set.contains(platform)));
        for file in on_it {
            match seen.get(&file.path.value) {
                Some(first) => {
                    let path = file.path.value.clone();
                    let error = DestinationError::Twice { path, first: first.path.place.line };
                    reader.fault::<()>(file.path.place, error);
                }
                None => {
                    seen.insert(&file.path.value, file);
                }
            }
        }
        for file in seen.values() {
            if let Some(error) = below_file(file, &seen) {
                reader.fault::<()>(file.path.place, error);
            }
        }
    }
}

fn below_file(file: &StaticFile, seen: &BTreeMap<&RootPath, &StaticFile>) -> Option<DestinationError> {
    file.path.value.ancestors().find_map(|parent| {
        let found = seen.get(&parent)?;
        let word = match found.kind {
            StaticKind::File(_) | StaticKind::EmptyFile => "file",
            StaticKind::Symlink { .. } => "symlink",
            // Deleting a directory and adding below it replaces its content.
            StaticKind::Directory | StaticKind::Delete => return None,
        };
        let (path, line) = (file.path.value.clone(), found.path.place.line);
        Some(DestinationError::BelowFile { path, parent, word, line })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::{codes, errors, image};

    fn refused(path: &str) -> String {
        let found = codes(&format!("paths: [{{path: {path:?}, contents: x}}]"));
        assert_eq!(found, [Code::SpecPath], "{path}");
        destination(path).unwrap_err().to_string()
    }

    #[test]
    fn t14_a_whiteout_cannot_be_asked_for() {
        for path in ["/.wh.x", "/a/.wh.b", "/.wh.d/x", "/a/.wh..wh..opq"] {
            assert!(refused(path).contains("`.wh.`"), "{path}");
        }
        assert!(destination("/a/x.wh.").is_ok());
        let more = "contents: {artifacts: [{name: a/b, includes: [c], to: /.wh.x}]}";
        assert_eq!(codes(more), [Code::SpecPath]);
    }

    #[test]
    fn a_destination_is_absolute_clean_and_not_the_kernels() {
        for path in ["etc/x", "", "./x", "/", "//", "/a//b", "/a/", "/a/./b", "/a/../b", "/../etc", "/a\0b"] {
            refused(path);
        }
        for path in ["/proc", "/proc/x", "/sys/x", "/dev/null"] {
            assert!(refused(path).contains("kernel"), "{path}");
        }
        for path in ["/process", "/etc/proc", "/etc/a b", "/etc/é", "/etc/a\nb"] {
            assert!(destination(path).is_ok(), "{path}");
        }
        refused(&format!("/{}", "a".repeat(256)));
        refused(&"/aa".repeat(1400));
    }

    #[test]
    fn every_type_has_its_keys_and_defaults() {
        let spec = image(
            "paths:\n- {path: /f, contents: x}\n- {path: /d, type: directory, uid: 5}\n\
             - {path: /l, type: symlink, target: ../x}\n- {path: /e, type: emptyfile, mode: '0600'}\n\
             - {path: /g, type: delete}\n- {path: /b, source: ./a//b, platforms: [linux/arm64]}\n\
             scripts:\n- {path: /s, contents: y}\n- {path: /t, type: directory, gid: 7}\n",
        );
        let modes: Vec<_> = spec.files.iter().map(|file| file.mode.bits()).collect();
        assert_eq!(modes, [0o644, 0o755, 0o777, 0o600, 0o644, 0o644, 0o755, 0o755]);
        assert_eq!(spec.files[1].owner, Owner { uid: 5, gid: 0 });
        assert_eq!(spec.files[2].kind, StaticKind::Symlink { target: "../x".to_owned() });
        let StaticKind::File(FileSource::Beside(beside)) = &spec.files[5].kind else { panic!() };
        assert_eq!(beside.value, std::path::Path::new("a/b"));
        assert_eq!(spec.files[5].platforms.as_ref().unwrap().len(), 1);
    }

    #[test]
    fn keys_of_another_type_are_refused() {
        for (entry, error) in [
            ("contents: x, source: y", "`source` cannot stand beside `contents`"),
            ("uid: 0", "key `contents` of `paths[]` is missing"),
            ("type: symlink", "key `target` of `paths[]` is missing"),
            ("type: symlink, target: ''", "`target` is empty"),
            ("type: symlink, target: x, mode: '0777'", "`mode` has no meaning for a path of type `symlink`"),
            ("type: directory, contents: x", "`contents` has no meaning for a path of type `directory`"),
            ("type: delete, uid: 0", "`uid` has no meaning for a path of type `delete`"),
            ("contents: x, target: y", "`target` has no meaning for a path of type `file`"),
            ("type: fifo", "`type` cannot be `fifo`"),
        ] {
            assert_eq!(errors(&format!("paths: [{{path: /a, {entry}}}]")), [error]);
        }
    }

    #[test]
    fn two_entries_on_one_path_are_refused_where_they_meet() {
        let two = |one: &str, other: &str| format!("paths:\n- {{path: /a, {one}}}\n- {{path: {other}}}\n");
        assert_eq!(
            errors(&two("contents: x", "/a, type: delete")),
            ["path `/a` is given twice, first on line 5"]
        );
        let apart = two("contents: x, platforms: [linux/amd64]", "/a, contents: y, platforms: [linux/arm64]");
        assert_eq!(image(&apart).files.len(), 2);
        assert_eq!(image(&two("type: delete", "/a/b, contents: y")).files.len(), 2);
        assert_eq!(
            errors(&two("contents: x", "/a/b/c, contents: y")),
            ["path `/a/b/c` lies below `/a`, which is a file on line 5"]
        );
        assert_eq!(codes(&two("type: symlink, target: b", "/a/b, contents: y")), [Code::SpecPath]);
        let scripts = "paths: [{path: /a, contents: x}]\nscripts: [{path: /a, contents: x}]";
        assert_eq!(codes(scripts), [Code::SpecPath]);
    }

    #[test]
    fn s10_a_source_outside_the_directory_is_refused_by_its_text() {
        for source in ["../x", "/etc/passwd", "a/../../x"] {
            assert_eq!(codes(&format!("paths: [{{path: /a, source: {source}}}]")), [Code::SourceOutside]);
        }
    }
}
