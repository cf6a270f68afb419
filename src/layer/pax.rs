//! PAX extended headers: `length key=value` records, as POSIX.1-2001 lays them out.

/// A PAX header that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaxError {
    /// A record does not begin with its exact length.
    #[error("a PAX record has a wrong length")]
    Length,
    /// A record does not end in a newline.
    #[error("a PAX record does not end in a newline")]
    Newline,
    /// A record has no key.
    #[error("a PAX record has no key")]
    Key,
    /// A key, a path or a link target holds a NUL.
    #[error("a PAX record holds a NUL byte")]
    Nul,
    /// A value is not of the form that its key asks for.
    #[error("PAX record `{key}` has a value that cannot be used")]
    Value {
        /// The key.
        key: String,
    },
}

/// The records of a PAX header, in their order; nothing follows an error.
pub(super) fn records(bytes: &[u8]) -> Records<'_> {
    Records(bytes)
}

/// See [`records`].
pub(super) struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), PaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let record = split(self.0).and_then(|(record, rest)| {
            self.0 = rest;
            key_and_value(record)
        });
        if record.is_err() {
            self.0 = &[];
        }
        Some(record)
    }
}

/// The first record without its length, and what follows it.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), PaxError> {
    let space = bytes.iter().take(LENGTH_DIGITS + 1).position(|b| *b == b' ').ok_or(PaxError::Length)?;
    let length = decimal(&bytes[..space]).ok_or(PaxError::Length)?;
    let length = usize::try_from(length).map_err(|_| PaxError::Length)?;
    if length <= space + 1 || length > bytes.len() {
        return Err(PaxError::Length);
    }
    match bytes[space + 1..length].split_last() {
        Some((b'\n', record)) => Ok((record, &bytes[length..])),
        _ => Err(PaxError::Newline),
    }
}

fn key_and_value(record: &[u8]) -> Result<(&[u8], &[u8]), PaxError> {
    let equals = record.iter().position(|b| *b == b'=').filter(|at| *at > 0).ok_or(PaxError::Key)?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    if key.contains(&0) || (matches!(key, b"path" | b"linkpath" | b"GNU.sparse.name") && value.contains(&0)) {
        return Err(PaxError::Nul);
    }
    Ok((key, value))
}

/// A whole number of digits alone, up to 2^63-1.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    text.parse().ok().filter(|number| *number <= i64::MAX as u64)
}

/// A time such as `-1.5`, rounded down to whole seconds.
pub(super) fn seconds(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let point = text.iter().position(|b| *b == b'.').unwrap_or(text.len());
    let fraction = text.get(point + 1..).unwrap_or_default();
    let whole = i64::try_from(decimal(&text[..point])?).ok()?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let rest = i64::from(negative && fraction.iter().any(|b| *b != b'0'));
    Some(if negative { -whole - rest } else { whole })
}

/// Appends a record.
pub(super) fn append(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    // A space, an equals sign and a newline; the length counts its own digits.
    let body = key.len() + value.len() + 3;
    let mut length = body + 1;
    while length.to_string().len() + body != length {
        length += 1;
    }
    out.extend_from_slice(length.to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        out.extend_from_slice(part);
    }
}

/// More digits than the length of a header within its limit can have.
const LENGTH_DIGITS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        for length in [1, 2, 5, 6, 7, 88, 89, 90, 91, 985, 986, 987, 988, 9_990, 99_990] {
            let value = vec![b'\n'; length];
            let mut bytes = Vec::new();
            append(&mut bytes, b"path", &value);
            append(&mut bytes, b"a", b"b=\xff");
            let list: Vec<_> = records(&bytes).map(Result::unwrap).collect();
            assert_eq!(list, [(&b"path"[..], &value[..]), (b"a", b"b=\xff")]);
        }
    }

    #[test]
    fn a_record_has_its_exact_length_a_key_and_a_newline() {
        for (bytes, error) in [
            (&b"0 path=x\n"[..], PaxError::Length),
            (b"3 a=\n", PaxError::Newline),
            (b"99 path=x\n", PaxError::Length),
            (b" 10 path=x\n", PaxError::Length),
            (b"+10 path=x\n", PaxError::Length),
            (b"-1 path=x\n", PaxError::Length),
            (b"18446744073709551626 path=x\n", PaxError::Length),
            (b"10path=xyz", PaxError::Length),
            (b"10 path=xy\n", PaxError::Newline),
            (b"10 path=xy", PaxError::Newline),
            (b"2 ", PaxError::Length),
            (b"6 =xy\n", PaxError::Key),
            (b"7 path\n", PaxError::Key),
            (b"9 p\0th=x\n", PaxError::Nul),
            (b"9 path=\0\n", PaxError::Nul),
        ] {
            let found: Result<Vec<_>, _> = records(bytes).collect();
            assert_eq!(found, Err(error), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn times_are_rounded_down() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1453146164.953123768", Some(1_453_146_164)),
            ("-1.5", Some(-2)),
            ("-1.000", Some(-1)),
            ("5.", Some(5)),
            ("", None),
            (".5", None),
            ("1e3", None),
            ("1.5.5", None),
            ("--1", None),
            ("9223372036854775808", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
    }
}
