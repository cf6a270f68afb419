//! Referrers: manifests whose subject is another manifest, as indexes list them.

use serde::{Deserialize, Serialize};

use super::{Descriptor, Digest, Document, DocumentError, MediaType, json};

/// A manifest that refers to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Referrer {
    /// The manifest; the annotations are its own.
    #[serde(flatten)]
    pub descriptor: Descriptor,
    /// What it is: a signature, an SBOM, another artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

/// An index whose entries say more.
#[derive(Deserialize)]
struct List {
    manifests: Vec<Referrer>,
}

/// The tag under which an index lists what refers to a manifest, where nothing else does.
///
/// See [the specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema).
pub fn fallback_tag(subject: &Digest) -> String {
    let mut hex = subject.hex();
    hex.truncate(64);
    format!("{}-{hex}", subject.algorithm())
}

/// The entries of an index of referrers.
pub fn parse(media_type: &MediaType, bytes: &[u8]) -> Result<Vec<Referrer>, DocumentError> {
    match Document::parse(media_type, bytes)? {
        Document::Index(_) => Ok(json::typed::<List>(json::parse(bytes)?)?.manifests),
        Document::Manifest(_) => Err(DocumentError::Ambiguous {
            expected: MediaType::Index,
            found: format!("is of type `{}`", media_type.as_str()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fallback_tag_has_at_most_64_digits() {
        let digest = Digest::of(b"");
        assert_eq!(fallback_tag(&digest), format!("sha256-{}", digest.hex()));
        let long: Digest = format!("sha512:{}", "ab".repeat(64)).parse().unwrap();
        assert_eq!(fallback_tag(&long), format!("sha512-{}", "ab".repeat(32)));
    }

    #[test]
    fn the_entries_of_an_index_say_what_they_are() {
        let digest = Digest::of(b"");
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":0,"artifactType":"a/b","annotations":{{"k":"v"}}}}]}}"#
        );
        let listed = parse(&MediaType::Index, index.as_bytes()).unwrap();
        assert_eq!(listed[0].artifact_type.as_deref(), Some("a/b"));
        assert_eq!(listed[0].descriptor.annotations["k"], "v");
        let other = index.replace("manifests", "layers");
        assert!(parse(&MediaType::Index, other.as_bytes()).is_err());
        assert!(parse(&MediaType::Manifest, index.as_bytes()).is_err());
    }
}
