//! Extended attributes as libarchive spells them: the name percent-encoded, the value in base64.

/// The name and value of a `LIBARCHIVE.xattr.` record; nothing where they are not spelled as such.
pub(super) fn decoded(name: &[u8], value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let name = percent_decoded(name)?;
    // No name on Linux can hold a NUL, and no record of ours one with an equals sign.
    let is_name = !name.iter().any(|byte| matches!(byte, 0 | b'='));
    is_name.then_some((name, base64_decoded(value)?))
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.extend(hex::decode(digits).ok()?);
        rest = after;
    }
    Some(bytes)
}

/// Libarchive leaves the padding out.
fn base64_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    if text.len() - end > 2 || end % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(end * 3 / 4);
    for group in text[..end].chunks(4) {
        let bits = group.iter().try_fold(0_u32, |bits, digit| Some((bits << 6) | sextet(*digit)?))?;
        let bits = bits << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        for (name, value, expected) in [
            ("user.a", "aGVsbG8", Some(("user.a", &b"hello"[..]))),
            ("user.%2a%25", "aGVsbG8=", Some(("user.*%", b"hello"))),
            ("user.a", "", Some(("user.a", b""))),
            ("user.a", "/+8", Some(("user.a", b"\xff\xef"))),
            ("user.%3d", "", None),
            ("user.%00", "", None),
            ("user.%2", "", None),
            ("user.%zz", "", None),
            ("user.a", "aGVsb", None),
            ("user.a", "a*Vs", None),
            ("user.a", "aG===", None),
        ] {
            let found = decoded(name.as_bytes(), value.as_bytes());
            let expected = expected.map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec()));
            assert_eq!(found, expected, "{name} {value}");
        }
    }
}
