//! Where images are written to on this machine.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::code::{Code, Coded};
use crate::file_error::{At, FileError};
use crate::image::Publication;
use crate::oci::{Digest, Locator, LocatorError, MediaType, Platform};

use super::dir::Dir;
use super::image_name::tagged;
use super::layout;
use super::write::temporary;

/// The place of an image that is written.
///
/// Spelled as the [`Locator`] that finds it again: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or
/// `docker-archive:FILE[:NAME:TAG]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// An image layout, to which the image is added.
    Layout {
        /// The layout's directory; made where it is missing.
        dir: PathBuf,
        /// The image's tag, where one is named.
        tag: Option<String>,
    },
    /// A tar archive of an image layout, made anew.
    OciArchive {
        /// The archive.
        file: PathBuf,
        /// The image's tag, where one is named.
        tag: Option<String>,
    },
    /// A tar archive as `docker save` writes it, made anew, of one platform.
    DockerArchive {
        /// The archive.
        file: PathBuf,
        /// The image's name and tag, where they are given.
        name: Option<String>,
    },
}

/// A text that says no place to write an image to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputParseError {
    /// It is no place at all.
    #[error(transparent)]
    Locator(#[from] LocatorError),
    /// It is a place that images are only read from.
    #[error(
        "`{0}` is no output: expected oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]"
    )]
    Kind(String),
    /// The name for a docker archive is none.
    #[error("`{0}` is no NAME:TAG")]
    Name(String),
}

/// A place that cannot hold what it is asked to.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// It is a symbolic link.
    #[error("output `{}` is a symbolic link, which is not followed", .0.display())]
    Link(PathBuf),
    /// A directory is needed.
    #[error("output `{}` is no directory", .0.display())]
    NoDirectory(PathBuf),
    /// A regular file, or nothing, is needed.
    #[error("output `{}` is no regular file", .0.display())]
    NoFile(PathBuf),
    /// The directory holds something else.
    #[error("output `{}` is neither empty nor an OCI image layout: {problem}", dir.display())]
    NoLayout {
        /// The directory.
        dir: PathBuf,
        /// What keeps it from being a layout.
        problem: String,
    },
    /// The format has room for one platform.
    #[error("a docker archive holds one platform, the image has {}", .0.iter().map(Platform::to_string).collect::<Vec<_>>().join(", "))]
    Platforms(Vec<Platform>),
    /// The format does not know the layer's type.
    #[error("a docker archive cannot hold a layer of type `{0}`")]
    LayerType(MediaType),
    /// The image cannot be called so there.
    #[error("`{0}` is no name for an image in this output")]
    Name(String),
    /// A digest that is read, but never written: not all programs run such images.
    #[error("{0} is no sha256 digest, as outputs need")]
    Algorithm(Digest),
    /// It cannot be looked at.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Output {
    /// The bytes that writing an image tells of as it goes on: of layers as they are stored, or as they are unpacked.
    pub fn bytes_of(&self, publication: &Publication) -> u64 {
        match self {
            Self::DockerArchive { .. } => publication.unpacked_bytes(),
            Self::Layout { .. } | Self::OciArchive { .. } => publication.stored_bytes(),
        }
    }

    /// Fails where this output could not be written to, so that a build need not run in vain.
    pub fn check(&self) -> Result<(), OutputError> {
        match self {
            Self::Layout { dir, .. } => match itself(dir)? {
                None => Ok(()),
                Some(found) if found.is_symlink() => Err(OutputError::Link(dir.clone())),
                Some(found) if !found.is_dir() => Err(OutputError::NoDirectory(dir.clone())),
                Some(_) => state(&Dir::open_no_link(dir)?).map(|_| ()),
            },
            Self::OciArchive { file, .. } | Self::DockerArchive { file, .. } => match itself(file)? {
                Some(found) if found.is_symlink() => Err(OutputError::Link(file.clone())),
                Some(found) if !found.is_file() => Err(OutputError::NoFile(file.clone())),
                _ => archive_place(file).map(drop),
            },
        }
    }

    /// Whether writing both would make one undo or spoil the other: one place, but for a layout under two tags.
    pub fn collides_with(&self, other: &Self) -> bool {
        let is_other_tag = match (self, other) {
            (Self::Layout { tag: Some(one), .. }, Self::Layout { tag: Some(other), .. }) => one != other,
            _ => false,
        };
        !is_other_tag && place(self.path()) == place(other.path())
    }

    /// Its directory or file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Layout { dir, .. } => dir,
            Self::OciArchive { file, .. } | Self::DockerArchive { file, .. } => file,
        }
    }
}

/// The directory that an archive is made in, which has to be there and no symbolic link, and the archive's name in it.
pub(super) fn archive_place(file: &Path) -> Result<(Dir, OsString), OutputError> {
    let name = file.file_name().ok_or_else(|| OutputError::NoFile(file.to_owned()))?.to_owned();
    let parent = file.parent().unwrap_or(Path::new(""));
    if !parent.as_os_str().is_empty() && parent.is_symlink() {
        return Err(OutputError::Link(parent.to_owned()));
    }
    Ok((Dir::open_no_link(parent)?, name))
}

/// What a directory is to a layout that is to be written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Empty but for what belongs to running writers.
    Empty,
    /// A layout.
    Layout,
    /// Parts of a layout without its marker: seen while another process makes or removes it, else no layout.
    Parts,
}

/// The lock file of a layout; it stays, and readers do not look at it.
pub(super) const LOCK: &str = ".lock";

/// Whether a directory is empty or a layout; one that holds anything else is an error.
pub(super) fn state(dir: &Dir) -> Result<State, OutputError> {
    let mut names = dir.names()?;
    names.retain(|name| name != LOCK && !temporary::is_name(name));
    if names.is_empty() {
        return Ok(State::Empty);
    }
    if names.iter().any(|name| name == layout::MARKER) {
        return marker_state(dir);
    }
    match names.iter().find(|name| *name != layout::INDEX && *name != layout::BLOBS) {
        Some(name) => Err(no_layout(dir, &format!("it has `{}` but no `oci-layout`", name.display()))),
        None => Ok(State::Parts),
    }
}

fn marker_state(dir: &Dir) -> Result<State, OutputError> {
    let file = match dir.read(Path::new(layout::MARKER)) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(State::Parts),
        file => file?,
    };
    let mut marker = Vec::new();
    file.take(4096).read_to_end(&mut marker).at(dir.path())?;
    layout::check_marker(&marker).map_err(|problem| no_layout(dir, &problem))?;
    Ok(State::Layout)
}

/// The error of a directory that holds something else.
pub(super) fn no_layout(dir: &Dir, problem: &str) -> OutputError {
    OutputError::NoLayout { dir: dir.path().to_owned(), problem: problem.to_owned() }
}

/// A path in the spelling that all its spellings share, as far as its directory exists.
fn place(path: &Path) -> PathBuf {
    let path: PathBuf = path.components().collect();
    let Some(name) = path.file_name() else { return path.canonicalize().unwrap_or(path) };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parent.canonicalize().map_or_else(|_| path.clone(), |parent| parent.join(name))
}

fn itself(path: &Path) -> Result<Option<Metadata>, FileError> {
    // A trailing slash would follow a link.
    let path: PathBuf = path.components().collect();
    match fs::symlink_metadata(&path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at(path),
    }
}

impl FromStr for Output {
    type Err = OutputParseError;

    fn from_str(text: &str) -> Result<Self, OutputParseError> {
        match text.parse()? {
            Locator::Layout { dir, tag, digest: None } => Ok(Self::Layout { dir, tag }),
            Locator::OciArchive { file, tag, digest: None } => Ok(Self::OciArchive { file, tag }),
            Locator::DockerArchive { file, name } => match name {
                Some(name) if tagged(&name).is_none() => Err(OutputParseError::Name(name)),
                name => Ok(Self::DockerArchive { file, name }),
            },
            _ => Err(OutputParseError::Kind(text.to_owned())),
        }
    }
}

impl From<&Output> for Locator {
    /// Where the image is found again.
    fn from(output: &Output) -> Self {
        match output.clone() {
            Output::Layout { dir, tag } => Self::Layout { dir, tag, digest: None },
            Output::OciArchive { file, tag } => Self::OciArchive { file, tag, digest: None },
            Output::DockerArchive { file, name } => Self::DockerArchive { file, name },
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Locator::from(self).fmt(f)
    }
}

impl Coded for OutputParseError {
    fn code(&self) -> Code {
        Code::Usage
    }
}

impl OutputError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Platforms(_) => Some("choose one with --platform"),
            Self::NoLayout { .. } => Some("name a directory that does not exist yet"),
            _ => None,
        }
    }
}

impl Coded for OutputError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            _ => Code::Output,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_output_prints_as_it_was_parsed() {
        for text in
            ["oci:a/b", "oci:a:1", "oci-archive:x.tar", "oci-archive:x.tar:1", "docker-archive:x:a/b:1"]
        {
            assert_eq!(text.parse::<Output>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn outputs_collide_in_one_place_unless_they_are_two_tags_of_a_layout() {
        let collide = |one: &str, other: &str| {
            let [one, other]: [Output; 2] = [one, other].map(|text| text.parse().unwrap());
            assert_eq!(one.collides_with(&other), other.collides_with(&one));
            one.collides_with(&other)
        };
        assert!(collide("oci:a", "oci:./a/"));
        assert!(collide("oci:a:1", "oci:a"));
        assert!(collide("oci:a", "oci-archive:a"));
        assert!(collide("oci-archive:src/../x", "docker-archive:x"));
        assert!(collide("oci-archive:x:1", "oci-archive:x:2"));
        assert!(!collide("oci:a:1", "oci:a:2"));
        assert!(!collide("oci:a", "oci:a/b"));
    }

    #[test]
    fn what_images_are_only_read_from_is_no_output() {
        let pinned = format!("oci:a@{}", Digest::of(b""));
        for text in ["alpine", "scratch", &pinned, "docker-archive:x:A:1", "oci:", "oci:a:b c"] {
            assert!(text.parse::<Output>().is_err(), "{text}");
        }
    }

    fn checked(text: &str, path: &Path) -> Result<(), Code> {
        let output: Output = text.replace("PATH", path.to_str().unwrap()).parse().unwrap();
        output.check().map_err(|error| error.code())
    }

    #[test]
    fn l05_a_link_another_directory_or_a_file_of_another_kind_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir(path("full")).unwrap();
        fs::write(path("full/file"), "").unwrap();
        fs::create_dir(path("empty")).unwrap();
        symlink("empty", path("link")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        for (name, layout, archive) in [
            ("full", Err(Code::Output), Err(Code::Output)),
            ("empty", Ok(()), Err(Code::Output)),
            ("link", Err(Code::Output), Err(Code::Output)),
            ("link/", Err(Code::Output), Err(Code::Output)),
            ("dangling", Err(Code::Output), Err(Code::Output)),
            ("full/file", Err(Code::Output), Ok(())),
            ("new", Ok(()), Ok(())),
        ] {
            assert_eq!(checked("oci:PATH", &path(name)), layout, "{name}");
            assert_eq!(checked("oci-archive:PATH", &path(name)), archive, "{name}");
            assert_eq!(checked("docker-archive:PATH", &path(name)), archive, "{name}");
        }
        assert_eq!(checked("oci:PATH", &path("absent/x")), Ok(()), "made on the way");
        assert_eq!(checked("oci-archive:PATH", &path("absent/x.tar")), Err(Code::Io));
        assert_eq!(checked("oci-archive:PATH", &path("link/x.tar")), Err(Code::Output));
    }
}
