//! Where an image is: in a registry, an image layout, an archive, or nowhere.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use oci_spec::distribution::Reference;

use super::Digest;

/// The place of an image.
///
/// Spelled as a reference (`alpine:3.23`, `dhi.io/golang:1.25@sha256:…`), `oci:DIR[:TAG][@DIGEST]`,
/// `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME:TAG]` or `scratch`.
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

/// An image in a registry: host, repository, and a tag or a digest or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryName {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
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
            Self::OciArchive { file, tag } => Self::OciArchive { file: dir.join(file), tag },
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
        let error = |problem: &str| LocatorError { text: text.to_owned(), problem: problem.to_owned() };
        if text == "scratch" {
            return Ok(Self::Scratch);
        }
        if let Some(rest) = text.strip_prefix("oci:") {
            let (rest, digest) = split_digest(rest).map_err(|problem| error(&problem))?;
            return match split_tag(rest) {
                ("", _) => Err(error("the directory is missing")),
                (_, Some(tag)) if !is_tag(tag) => Err(error("the tag has characters that no tag has")),
                (dir, tag) => Ok(Self::Layout { dir: dir.into(), tag: tag.map(str::to_owned), digest }),
            };
        }
        if let Some(rest) = text.strip_prefix("oci-archive:") {
            return match split_tag(rest) {
                ("", _) => Err(error("the file is missing")),
                (_, Some(tag)) if !is_tag(tag) => Err(error("the tag has characters that no tag has")),
                (file, tag) => Ok(Self::OciArchive { file: file.into(), tag: tag.map(str::to_owned) }),
            };
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
                tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
                digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
            }
            Self::OciArchive { file, tag } => {
                write!(f, "oci-archive:{}", file.display())?;
                tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))
            }
            Self::DockerArchive { file, name } => {
                write!(f, "docker-archive:{}", file.display())?;
                name.as_ref().map_or(Ok(()), |name| write!(f, ":{name}"))
            }
            Self::Scratch => f.write_str("scratch"),
        }
    }
}

impl RegistryName {
    /// The registry's host and port; `docker.io` for Docker Hub.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository, without the host.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, where one is named; `latest` where neither tag nor digest is.
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (None, None) => Some("latest"),
            (tag, _) => tag.as_deref(),
        }
    }

    /// The digest, where one is named.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Host and repository.
    pub fn full_repository(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }
}

impl FromStr for RegistryName {
    type Err = LocatorError;

    fn from_str(text: &str) -> Result<Self, LocatorError> {
        let error = |problem: String| LocatorError { text: text.to_owned(), problem };
        if text.contains("://") {
            return Err(error("a reference has no scheme".to_owned()));
        }
        let (named, digest) = split_digest(text).map_err(error)?;
        let parsed: Reference = named
            .parse()
            .map_err(|problem: oci_spec::distribution::ParseError| error(problem.to_string()))?;
        // The grammar adds `latest`; whether a tag was written shows in the text alone.
        let tag = named.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map(|(_, tag)| tag.to_owned());
        Ok(Self {
            host: parsed.registry().to_owned(),
            repository: parsed.repository().to_owned(),
            tag,
            digest,
        })
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)?;
        self.tag().map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// A path, and the tag after its last colon where that is followed by no `/`.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    }
}

fn split_digest(text: &str) -> Result<(&str, Option<Digest>), String> {
    match text.split_once('@') {
        Some((rest, digest)) => digest
            .parse()
            .map(|digest| (rest, Some(digest)))
            .map_err(|error: super::DigestError| error.to_string()),
        None => Ok((text, None)),
    }
}

/// Whether a text is a tag: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
pub fn is_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    first && text.len() <= 128 && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Prefixes of references that are looked for elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryMap(Vec<(String, String)>);

/// A text that is no mapping of registries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no mapping: expected FROM=TO, such as `docker.io/acme=oci:./images`")]
pub struct RegistryMapError {
    /// What was found.
    pub text: String,
}

impl RegistryMap {
    /// Adds `FROM=TO`: a host or prefix, and the prefix, layout or archive that stands for it.
    pub fn add(&mut self, text: &str) -> Result<(), RegistryMapError> {
        let error = || RegistryMapError { text: text.to_owned() };
        let (from, to) = text.split_once('=').ok_or_else(error)?;
        let (from, to) = (from.trim_end_matches('/'), to.trim_end_matches('/'));
        if from.is_empty() || to.is_empty() {
            return Err(error());
        }
        self.0.push((full_prefix(from), to.to_owned()));
        Ok(())
    }

    /// Where `name` is to be looked for: the longest prefix decides, whole components alone.
    ///
    /// What follows the prefix is appended to a directory or a registry; tag and digest stay.
    pub fn apply(&self, name: &RegistryName) -> Result<Locator, LocatorError> {
        let full = name.full_repository();
        let found = self
            .0
            .iter()
            .filter_map(|(from, to)| {
                let rest = full.strip_prefix(from.as_str())?;
                (rest.is_empty() || rest.starts_with('/')).then_some((from.len(), to, rest))
            })
            .max_by_key(|(length, ..)| *length);
        let Some((_, to, rest)) = found else {
            return Ok(Locator::Registry(name.clone()));
        };
        let digest = name.digest.as_ref();
        match to.parse::<Locator>() {
            Ok(Locator::Layout { dir, tag, .. }) => {
                let dir = if rest.is_empty() { dir } else { dir.join(rest.trim_start_matches('/')) };
                let tag = tag.or_else(|| name.tag().map(str::to_owned));
                Ok(Locator::Layout { dir, tag, digest: digest.cloned() })
            }
            Ok(archive @ (Locator::OciArchive { .. } | Locator::DockerArchive { .. })) => Ok(archive),
            _ => {
                let mut text = format!("{to}{rest}");
                if let Some(tag) = name.tag() {
                    text = format!("{text}:{tag}");
                }
                if let Some(digest) = digest {
                    text = format!("{text}@{digest}");
                }
                text.parse()
            }
        }
    }
}

/// A prefix with its host: what has none is on Docker Hub.
fn full_prefix(from: &str) -> String {
    let first = from.split('/').next().unwrap_or(from);
    let is_host = first.contains('.') || first.contains(':') || first == "localhost";
    if is_host { from.to_owned() } else { format!("docker.io/{from}") }
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
        for text in
            ["oci:a", "oci:a/b:c", &pinned, "oci-archive:x.tar:1", "docker-archive:x.tar:a/b:1", "scratch"]
        {
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
            "https://x/y",
            "a@sha256:0",
        ] {
            assert!(text.parse::<Locator>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_longest_prefix_decides_and_the_rest_is_appended() {
        let mut map = RegistryMap::default();
        for text in
            ["docker.io=oci:hub", "acme=oci:acme", "acme/jre=oci:one:jre", "dhi.io=127.0.0.1:5000/dhi"]
        {
            map.add(text).unwrap();
        }
        let apply = |text: &str| map.apply(&text.parse().unwrap()).unwrap().to_string();
        assert_eq!(apply("alpine:3"), "oci:hub/library/alpine:3");
        assert_eq!(apply("acme/tools:1"), "oci:acme/tools:1");
        assert_eq!(apply("acme/jre:21"), "oci:one:jre");
        assert_eq!(apply("acmes/tools:1"), "oci:hub/acmes/tools:1");
        assert_eq!(apply("dhi.io/golang:1.25"), "127.0.0.1:5000/dhi/golang:1.25");
        assert_eq!(apply("quay.io/a/b:1"), "quay.io/a/b:1");
        assert!(map.add("nothing").is_err());
    }
}
