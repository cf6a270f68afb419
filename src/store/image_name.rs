//! Names of images in layouts and archives, and which of them mean the same.

use crate::oci::{RegistryName, is_tag};

/// The full form of `NAME:TAG`: `alpine:3` and `docker.io/library/alpine:3` are one. Nothing where it is no such name.
pub(super) fn tagged(name: &str) -> Option<String> {
    let parsed: RegistryName = name.parse().ok()?;
    let has_tag = name.rsplit_once(':').is_some_and(|(_, tag)| is_tag(tag));
    (has_tag && parsed.digest().is_none()).then(|| parsed.to_string())
}

/// Whether an image layout may call an image so: by a tag or by a full reference.
pub(super) fn is_ref_name(name: &str) -> bool {
    is_tag(name) || tagged(name).is_some()
}

/// Whether `name` is a full reference with this tag.
pub(super) fn has_tag(name: &str, tag: &str) -> bool {
    name.strip_suffix(tag).is_some_and(|rest| rest.ends_with(':'))
}

/// Whether a name belongs to no image but to what hangs on one: `sha256-<hex>`, alone or with `.sig`, `.att` or `.sbom`.
pub(super) fn is_attachment(name: &str) -> bool {
    let name = name.rsplit_once(':').map_or(name, |(_, tag)| tag);
    let name = [".sig", ".att", ".sbom"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let digits = name.strip_prefix("sha256-").or_else(|| name.strip_prefix("sha512-"));
    digits.is_some_and(|digits| digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_names_are_one() {
        assert_eq!(tagged("alpine:3").as_deref(), Some("docker.io/library/alpine:3"));
        assert_eq!(tagged("docker.io/library/alpine:3"), tagged("alpine:3"));
        assert_eq!(tagged("localhost:5000/a:1").as_deref(), Some("localhost:5000/a:1"));
        for name in ["alpine", "localhost:5000/a", "A:1", "1.0", ""] {
            assert_eq!(tagged(name), None, "{name}");
        }
    }

    #[test]
    fn a_tag_is_the_end_of_a_full_name() {
        assert!(has_tag("docker.io/acme/x:1.0", "1.0"));
        assert!(!has_tag("docker.io/acme/x:11.0", "1.0"));
        assert!(is_ref_name("1.0") && is_ref_name("acme/x:1.0") && !is_ref_name("a b"));
    }

    #[test]
    fn fallback_tags_of_referrers_are_no_images() {
        let hex = "ab".repeat(32);
        assert!(
            is_attachment(&format!("sha256-{hex}")) && is_attachment(&format!("acme/x:sha256-{hex}.sig"))
        );
        assert!(!is_attachment("sha256-1") && !is_attachment("1.0"));
    }
}
