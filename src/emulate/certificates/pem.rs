//! Certificates as text (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The certificates of a text, in order; what is around them, and what is none, is read over.
pub(super) fn certificates(text: &[u8]) -> Vec<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let mut found = Vec::new();
    let mut inner: Option<String> = None;
    for line in text.split(|b| *b == b'\n').filter_map(|line| std::str::from_utf8(line).ok()) {
        match (line.trim(), &mut inner) {
            (BEGIN, _) => inner = Some(String::new()),
            (END, Some(base64)) => {
                found.extend(STANDARD.decode(base64.as_bytes()).ok());
                inner = None;
            }
            (line, Some(base64)) => base64.push_str(line),
            (_, None) => {}
        }
    }
    found
}

/// A certificate as text.
pub(super) fn print(der: &[u8]) -> Vec<u8> {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let base64 = STANDARD.encode(der);
    for line in base64.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_read_as_it_was_printed_among_others_and_comments() {
        let (one, other) = (vec![7; 100], b"x".to_vec());
        let mut text = b"# one\n".to_vec();
        text.extend(print(&one));
        text.extend(b"-----BEGIN CERTIFICATE-----\r\n!!!\r\n-----END CERTIFICATE-----\r\nother\r\n");
        text.extend(String::from_utf8(print(&other)).unwrap().replace('\n', "\r\n").bytes());
        assert_eq!(certificates(&text), [one, other]);
        assert_eq!(certificates(b"-----BEGIN CERTIFICATE-----\nAAAA\n"), Vec::<Vec<u8>>::new());
    }
}
