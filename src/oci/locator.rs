//! Where an image is: in a registry, an image layout, an archive, or nowhere.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Digest, RegistryName, is_tag};
use crate::printable::without_user;

/// The place of an image.
///
/// Spelled as a reference (`alpine:3.23`, `dhi.io/golang:1.25@sha256:…`), `oci:DIR[:TAG][@DIGEST]`,
/// `oci-archive:FILE[:TAG][@DIGEST]`, `docker-archive:FILE[:NAME:TAG]` or `scratch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locator {
    /// In a registry.
    Registry(RegistryName),
    /// In an image layout.
    Layout {
        /// The layout's directory.
        dir: PathBuf,
        /// The tag, where one is named.
        tag: Option<String>,
        /// The digest, where one is named.
        digest: Option<Digest>,
    },
    /// In a tar archive of an image layout.
    OciArchive {
        /// The archive.
        file: PathBuf,
        /// The tag, where one is named.
        tag: Option<String>,
        /// The digest, where one is named.
        digest: Option<Digest>,
    },
    /// In a tar archive as `docker save` writes it.
    DockerArchive {
        /// The archive.
        file: PathBuf,
        /// The image's name and tag, where the archive may hold several.
        name: Option<String>,
    },
    /// An image without layers.
    Scratch,
}

/// A text that says no place of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no image reference: {problem}")]
pub struct LocatorError {
    /// What was found.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Locator {
    /// The same place with relative paths taken from `dir` instead of the working directory.
    pub fn relative_to(self, dir: &Path) -> Self {
        match self {
            Self::Layout { dir: layout, tag, digest } => Self::Layout { dir: dir.join(layout), tag, digest },
            Self::OciArchive { file, tag, digest } => Self::OciArchive { file: dir.join(file), tag, digest },
            Self::DockerArchive { file, name } => Self::DockerArchive { file: dir.join(file), name },
            other => other,
        }
    }

    /// The tag it names, where it names one.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Registry(name) => name.tag(),
            Self::Layout { tag, .. } | Self::OciArchive { tag, .. } => tag.as_deref(),
            Self::DockerArchive { name, .. } => {
                name.as_deref().and_then(|name| name.rsplit_once(':')).map(|(_, tag)| tag)
            }
            Self::Scratch => None,
        }
    }
}

impl FromStr for Locator {
    type Err = LocatorError;

    fn from_str(text: &str) -> Result<Self, LocatorError> {
        let error = |problem: &str| LocatorError { text: without_user(text), problem: problem.to_owned() };
        if text == "scratch" {
            return Ok(Self::Scratch);
        }
        if let Some(rest) = text.strip_prefix("oci:") {
            let (dir, tag, digest) = split(rest, "directory").map_err(|problem| error(&problem))?;
            return Ok(Self::Layout { dir, tag, digest });
        }
        if let Some(rest) = text.strip_prefix("oci-archive:") {
            let (file, tag, digest) = split(rest, "file").map_err(|problem| error(&problem))?;
            return Ok(Self::OciArchive { file, tag, digest });
        }
        if let Some(rest) = text.strip_prefix("docker-archive:") {
            let (file, name) = rest.split_once(':').map_or((rest, None), |(file, name)| (file, Some(name)));
            return match (file, name) {
                ("", _) => Err(error("the file is missing")),
                (_, Some(name)) if !name.contains(':') => Err(error("expected FILE or FILE:NAME:TAG")),
                (file, name) => Ok(Self::DockerArchive { file: file.into(), name: name.map(str::to_owned) }),
            };
        }
        RegistryName::from_str(text).map(Self::Registry)
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(name) => name.fmt(f),
            Self::Layout { dir, tag, digest } => {
                write!(f, "oci:{}", dir.display())?;
                tag_and_digest(tag.as_deref(), digest.as_ref(), f)
            }
            Self::OciArchive { file, tag, digest } => {
                write!(f, "oci-archive:{}", file.display())?;
                tag_and_digest(tag.as_deref(), digest.as_ref(), f)
            }
            Self::DockerArchive { file, name } => {
                write!(f, "docker-archive:{}", file.display())?;
                name.as_ref().map_or(Ok(()), |name| write!(f, ":{name}"))
            }
            Self::Scratch => f.write_str("scratch"),
        }
    }
}

fn tag_and_digest(tag: Option<&str>, digest: Option<&Digest>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    tag.map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
    digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
}

/// A path, and what names an image in it: `PATH[:TAG][@DIGEST]`.
fn split(text: &str, missing: &str) -> Result<(PathBuf, Option<String>, Option<Digest>), String> {
    let (text, digest) = split_digest(text)?;
    match split_tag(text) {
        ("", _) => Err(format!("the {missing} is missing")),
        (_, Some(tag)) if !is_tag(tag) => Err("the tag has characters that no tag has".to_owned()),
        (path, tag) => Ok((path.into(), tag.map(str::to_owned), digest)),
    }
}

/// A path, and the tag after its last colon where that is followed by no `/`.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    }
}

/// A name, and the digest behind its `@`.
pub(super) fn split_digest(text: &str) -> Result<(&str, Option<Digest>), String> {
    match text.split_once('@') {
        Some((rest, digest)) => digest
            .parse()
            .map(|digest| (rest, Some(digest)))
            .map_err(|error: super::DigestError| error.to_string()),
        None => Ok((text, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(text: &str) -> Locator {
        text.parse().unwrap()
    }

    #[test]
    fn a_reference_without_host_is_on_docker_hub() {
        assert_eq!(locate("alpine").to_string(), "docker.io/library/alpine:latest");
        assert_eq!(locate("my-org/certs:1").to_string(), "docker.io/my-org/certs:1");
        let pinned = format!("dhi.io/golang@{}", Digest::of(b""));
        assert_eq!(locate(&pinned).to_string(), pinned);
        assert_eq!(locate(&pinned).tag(), None);
    }

    #[test]
    fn every_place_prints_as_it_was_parsed() {
        let pinned = format!("oci:a/b:c@{}", Digest::of(b""));
        let archive = format!("oci-archive:x.tar@{}", Digest::of(b""));
        for text in [
            "oci:a",
            "oci:a/b:c",
            &pinned,
            "oci-archive:x.tar:1",
            &archive,
            "docker-archive:x.tar:a/b:1",
            "scratch",
        ] {
            assert_eq!(locate(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "oci:",
            "oci:a:b c",
            "oci-archive:",
            "docker-archive:x:y",
            "a/UPPER",
            "Upper/a",
            "a:\u{e9}",
            "a.b_c/app",
            "https://x/y",
            "a@sha256:0",
        ] {
            assert!(text.parse::<Locator>().is_err(), "{text}");
        }
    }
}
