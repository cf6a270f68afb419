//! Public keys as apk keeps them: PEM of SubjectPublicKeyInfo (RFC 5280, RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The RSAPublicKey (RFC 8017) in a PEM file, as DER; nothing where it is no such key.
pub(super) fn rsa_key(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?;
    let (_, after) = text.split_once("-----BEGIN PUBLIC KEY-----")?;
    let (body, _) = after.split_once("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).ok()?;
    let (info, b"") = element(SEQUENCE, &der)? else { return None };
    let (algorithm, rest) = element(SEQUENCE, info)?;
    let (oid, _) = element(OBJECT_IDENTIFIER, algorithm)?;
    let (bits, b"") = element(BIT_STRING, rest)? else { return None };
    let (unused, key) = bits.split_first()?;
    (oid == RSA_ENCRYPTION && *unused == 0).then(|| key.to_vec())
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const BIT_STRING: u8 = 0x03;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The content of the DER element at the begin, which has to have this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        ..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length).filter(|_| *found == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::sample::fixture;

    #[test]
    fn keys_of_real_repositories_are_rsa_keys_of_their_sizes() {
        for (name, least) in [
            ("alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub", 512),
            ("alpine-devel@lists.alpinelinux.org-4a6a0840.rsa.pub", 256),
            ("dhi-apk@docker-0F81AD7700D99184.rsa.pub", 512),
        ] {
            let Some(pem) = fixture(&format!("apk/keys/{name}")) else { return };
            let key = rsa_key(&pem).unwrap();
            assert!((least..least + 20).contains(&key.len()), "{name}: {}", key.len());
        }
    }

    #[test]
    fn what_is_no_rsa_key_is_none() {
        let pem = |der: &[u8]| {
            let body = STANDARD.encode(der);
            format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
        };
        // An Ed25519 key.
        let other = [&[0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0][..], &[7; 32]].concat();
        for text in [
            String::new(),
            pem(b""),
            pem(&other),
            pem(&[0x30, 0x84, 1, 1, 1, 1]),
            pem(&[0x30, 0x82, 1]),
            pem(&[0x30, 3, 0x30, 5, 6]),
            pem(&other).replace("END", "BEGIN"),
            pem(&other).replace("PUBLIC", "PRIVATE"),
        ] {
            assert_eq!(rsa_key(text.as_bytes()), None, "{text}");
        }
    }
}
