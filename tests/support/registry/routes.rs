//! The paths of the distribution API.

/// What a path below `/v2/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Base,
    /// A manifest by tag or digest.
    Manifest {
        repo: String,
        reference: String,
    },
    Blob {
        repo: String,
        digest: String,
    },
    /// Where uploads begin.
    Uploads {
        repo: String,
    },
    Upload {
        repo: String,
        id: String,
    },
    Tags {
        repo: String,
    },
    Referrers {
        repo: String,
        digest: String,
    },
}

impl Route {
    /// None where the path is none of the API, or its repository has no name that one may have.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix("/v2/")?;
        if path.is_empty() {
            return Some(Self::Base);
        }
        let segments: Vec<&str> = path.split('/').collect();
        let (repo, route): (_, fn(String, String) -> Self) = match segments.as_slice() {
            [repo @ .., "blobs", "uploads", ""] => (repo, |repo, _| Self::Uploads { repo }),
            [repo @ .., "blobs", "uploads", _] => (repo, |repo, id| Self::Upload { repo, id }),
            [repo @ .., "blobs", _] => (repo, |repo, digest| Self::Blob { repo, digest }),
            [repo @ .., "manifests", _] => (repo, |repo, reference| Self::Manifest { repo, reference }),
            [repo @ .., "tags", "list"] => (repo, |repo, _| Self::Tags { repo }),
            [repo @ .., "referrers", _] => (repo, |repo, digest| Self::Referrers { repo, digest }),
            _ => return None,
        };
        let last = segments.last()?;
        is_name(repo).then(|| route(repo.join("/"), (*last).to_owned()))
    }

    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Manifest { .. } => "manifest",
            Self::Blob { .. } => "blob",
            Self::Uploads { .. } | Self::Upload { .. } => "upload",
            Self::Tags { .. } => "tags",
            Self::Referrers { .. } => "referrers",
        }
    }

    pub(crate) fn repo(&self) -> Option<&str> {
        match self {
            Self::Base => None,
            Self::Manifest { repo, .. }
            | Self::Blob { repo, .. }
            | Self::Uploads { repo }
            | Self::Upload { repo, .. }
            | Self::Tags { repo }
            | Self::Referrers { repo, .. } => Some(repo),
        }
    }
}

/// Whether these segments are the name of a repository.
fn is_name(segments: &[&str]) -> bool {
    !segments.is_empty() && segments.iter().all(|segment| is_component(segment))
}

/// Lower case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_component(segment: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = segment.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let mut separators = segment.split(|c: char| c.is_ascii() && is_alphanumeric(c as u8));
    is_alphanumeric(*first)
        && is_alphanumeric(*last)
        && separators.all(|one| matches!(one, "" | "." | "_" | "__") || one.bytes().all(|byte| byte == b'-'))
}

/// Whether a text is a tag.
pub(super) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_from_its_end() {
        let repo = || "a/blobs/b".to_owned();
        for (path, expected) in [
            ("/v2/", Route::Base),
            ("/v2/a/blobs/b/manifests/1", Route::Manifest { repo: repo(), reference: "1".to_owned() }),
            ("/v2/a/blobs/b/blobs/sha256:0", Route::Blob { repo: repo(), digest: "sha256:0".to_owned() }),
            ("/v2/a/blobs/b/blobs/uploads/", Route::Uploads { repo: repo() }),
            ("/v2/a/blobs/b/blobs/uploads/7", Route::Upload { repo: repo(), id: "7".to_owned() }),
            ("/v2/a/blobs/b/tags/list", Route::Tags { repo: repo() }),
            ("/v2/a/blobs/b/referrers/x", Route::Referrers { repo: repo(), digest: "x".to_owned() }),
        ] {
            assert_eq!(Route::parse(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_name_that_no_repository_has_is_no_path() {
        for path in [
            "/v2/A/tags/list",
            "/v2/a//b/tags/list",
            "/v2/../tags/list",
            "/v2/a___b/tags/list",
            "/v2/tags/list",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
        assert!(Route::parse("/v2/a__b.c---d/e/tags/list").is_some());
    }
}
