//! Media types, in OCI's and Docker's spellings.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The media type of a blob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaType {
    /// `application/vnd.oci.image.index.v1+json`
    Index,
    /// `application/vnd.oci.image.manifest.v1+json`
    Manifest,
    /// `application/vnd.oci.image.config.v1+json`
    Config,
    /// A layer, compressed or not.
    Layer(Compression),
    /// A layer that must not be distributed: deprecated, read only.
    NonDistributableLayer(Compression),
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    DockerIndex,
    /// `application/vnd.docker.distribution.manifest.v2+json`
    DockerManifest,
    /// `application/vnd.docker.container.image.v1+json`
    DockerConfig,
    /// `application/vnd.docker.image.rootfs.diff.tar` and its compressed forms.
    DockerLayer(Compression),
    /// `application/vnd.docker.image.rootfs.foreign.diff.tar` and its compressed forms.
    DockerForeignLayer(Compression),
    /// Another type, kept as it was written.
    Other(String),
}

/// How a layer's tar is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

const FIXED: &[(MediaType, &str)] = &[
    (MediaType::Index, "application/vnd.oci.image.index.v1+json"),
    (MediaType::Manifest, "application/vnd.oci.image.manifest.v1+json"),
    (MediaType::Config, "application/vnd.oci.image.config.v1+json"),
    (MediaType::DockerIndex, "application/vnd.docker.distribution.manifest.list.v2+json"),
    (MediaType::DockerManifest, "application/vnd.docker.distribution.manifest.v2+json"),
    (MediaType::DockerConfig, "application/vnd.docker.container.image.v1+json"),
    (MediaType::Layer(Compression::None), "application/vnd.oci.image.layer.v1.tar"),
    (MediaType::Layer(Compression::Gzip), "application/vnd.oci.image.layer.v1.tar+gzip"),
    (MediaType::Layer(Compression::Zstd), "application/vnd.oci.image.layer.v1.tar+zstd"),
    (
        MediaType::NonDistributableLayer(Compression::None),
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
    ),
    (
        MediaType::NonDistributableLayer(Compression::Gzip),
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ),
    (
        MediaType::NonDistributableLayer(Compression::Zstd),
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    ),
    (MediaType::DockerLayer(Compression::None), "application/vnd.docker.image.rootfs.diff.tar"),
    (MediaType::DockerLayer(Compression::Gzip), "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    (MediaType::DockerLayer(Compression::Zstd), "application/vnd.docker.image.rootfs.diff.tar.zstd"),
    (
        MediaType::DockerForeignLayer(Compression::None),
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ),
    (
        MediaType::DockerForeignLayer(Compression::Gzip),
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ),
    (
        MediaType::DockerForeignLayer(Compression::Zstd),
        "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd",
    ),
];

impl MediaType {
    /// The type that `text` spells; anything unknown is kept.
    pub fn parse(text: &str) -> Self {
        FIXED
            .iter()
            .find(|(_, spelling)| *spelling == text)
            .map_or_else(|| Self::Other(text.to_owned()), |(media_type, _)| media_type.clone())
    }

    /// The spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            known => {
                FIXED
                    .iter()
                    .find(|(media_type, _)| media_type == known)
                    .expect("every type but Other stands in the table")
                    .1
            }
        }
    }

    /// Whether it names an index or a Docker manifest list.
    pub fn is_index(&self) -> bool {
        matches!(self, Self::Index | Self::DockerIndex)
    }

    /// Whether it names an image manifest.
    pub fn is_manifest(&self) -> bool {
        matches!(self, Self::Manifest | Self::DockerManifest)
    }

    /// How the layer is compressed; nothing where it is no layer.
    pub fn layer_compression(&self) -> Option<Compression> {
        match self {
            Self::Layer(compression)
            | Self::NonDistributableLayer(compression)
            | Self::DockerLayer(compression)
            | Self::DockerForeignLayer(compression) => Some(*compression),
            _ => None,
        }
    }

    /// The OCI type for the same bytes: Docker's types have one each.
    pub fn to_oci(&self) -> Self {
        match self {
            Self::DockerIndex => Self::Index,
            Self::DockerManifest => Self::Manifest,
            Self::DockerConfig => Self::Config,
            Self::DockerLayer(compression) => Self::Layer(*compression),
            Self::DockerForeignLayer(compression) => Self::NonDistributableLayer(*compression),
            other => other.clone(),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_goes_there_and_back() {
        for (media_type, text) in FIXED {
            assert_eq!(&MediaType::parse(text), media_type);
            assert_eq!(media_type.as_str(), *text);
        }
        assert_eq!(MediaType::parse("text/plain").as_str(), "text/plain");
    }

    #[test]
    fn docker_types_have_an_oci_type_each() {
        for (media_type, _) in FIXED {
            assert!(media_type.to_oci().as_str().starts_with("application/vnd.oci."), "{media_type}");
        }
    }
}
