//! What apk knows packages by, as it writes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Identity;

impl Identity {
    /// Reads `Q1` and `Q2` with base64, `X1` and `X2` with hex: SHA-1 and SHA-256 of a control member.
    pub fn of_apk(text: &str) -> Option<Self> {
        let (form, digest) = text.split_at_checked(2)?;
        let bytes =
            if form.starts_with('Q') { STANDARD.decode(digest).ok()? } else { hex::decode(digest).ok()? };
        match form {
            "Q1" | "X1" => Some(Self::ControlSha1(bytes.try_into().ok()?)),
            "Q2" | "X2" => Some(Self::ControlSha256(bytes.try_into().ok()?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_an_identity_are_read() {
        let sha1 = Identity::ControlSha1([0; 20]);
        let sha256 = Identity::ControlSha256([0; 32]);
        for (text, identity) in [
            ("Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), Some(sha1.clone())),
            (format!("X1{}", "00".repeat(20)), Some(sha1)),
            (format!("Q2{}=", "A".repeat(43)), Some(sha256.clone())),
            (format!("X2{}", "00".repeat(32)), Some(sha256)),
            (format!("X2{}", "00".repeat(20)), None),
            (format!("X3{}", "00".repeat(32)), None),
            ("Q1".to_owned(), None),
            ("Q".to_owned(), None),
            ("Q1é".to_owned(), None),
            ("ÄÖ".to_owned(), None),
        ] {
            assert_eq!(Identity::of_apk(&text), identity, "{text}");
        }
    }
}
