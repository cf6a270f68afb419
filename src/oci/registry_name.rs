//! References: what an image in a registry is called.

use std::fmt;
use std::str::FromStr;

use oci_spec::distribution::Reference;

use super::Digest;
use super::locator::{LocatorError, split_digest};

/// An image in a registry: host, repository, and a tag or a digest or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryName {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
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
        if let Some(problem) = problem(&parsed, tag.as_deref()) {
            return Err(error(problem.to_owned()));
        }
        Ok(Self {
            host: parsed.registry().to_owned(),
            repository: parsed.repository().to_owned(),
            tag,
            digest,
        })
    }
}

/// What is wrong with a reference that the grammar takes nevertheless.
///
/// It finds a host in `Acme/app` and none in `a.b_c/app`, although only a dot, a colon or `localhost` make one, and in tags
/// it takes letters and digits of all scripts.
fn problem(parsed: &Reference, tag: Option<&str>) -> Option<&'static str> {
    if parsed.repository().contains(|char: char| char.is_ascii_uppercase()) {
        Some("a repository has no upper-case letters")
    } else if parsed.registry().contains('_') {
        Some("a host has no `_`")
    } else if tag.is_some_and(|tag| !is_tag(tag)) {
        Some("the tag has characters that no tag has")
    } else {
        None
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)?;
        self.tag().map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// Whether a text is a tag: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
pub fn is_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    first && text.len() <= 128 && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
