//! Digests as apk spells them in databases: `Q1` and base64 of a SHA-1, `Q2` of a SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::package::Identity;

/// `Q1` and base64.
pub(super) fn sha1(digest: &[u8; 20]) -> String {
    format!("Q1{}", STANDARD.encode(digest))
}

/// A SHA-1 in any spelling, `X1` and hexadecimal included.
pub(super) fn parse_sha1(text: &str) -> Option<[u8; 20]> {
    match Identity::of_apk(text)? {
        Identity::ControlSha1(digest) => Some(digest),
        _ => None,
    }
}

/// What a control section is known by, as databases have it.
pub(super) fn written(identity: &Identity) -> String {
    match identity {
        Identity::ControlSha1(digest) => sha1(digest),
        Identity::ControlSha256(digest) => format!("Q2{}", STANDARD.encode(digest)),
        Identity::Sha256(digest) => format!("sha256:{}", hex::encode(digest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_as_they_are_read() {
        for identity in [Identity::ControlSha1([7; 20]), Identity::ControlSha256([8; 32])] {
            assert_eq!(Identity::of_apk(&written(&identity)), Some(identity));
        }
        let hexadecimal = format!("X1{}", hex::encode([9; 20]));
        assert_eq!(parse_sha1(&hexadecimal), parse_sha1(&sha1(&[9; 20])));
        assert_eq!(parse_sha1(&written(&Identity::ControlSha256([8; 32]))), None);
    }
}
