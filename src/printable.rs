//! Text of others, made harmless to whoever reads it: on one line, moving no cursor, turning no writing direction.

/// `text` with everything escaped that acts on a terminal instead of being shown. Once is enough: twice changes nothing.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c if is_harmful(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// As [`escaped`], of bytes; what is no UTF-8 becomes `\xff`.
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(&escaped(chunk.valid()));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The beginning of `text`, of at most so many bytes.
pub fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// `text` with `***` for the user information of an address in it, which may be a password: `https://***@example.com/x`.
///
/// The digest that a reference ends with is none.
pub fn without_user(text: &str) -> String {
    let is_digest = |text: &str| ["sha256:", "sha512:"].iter().any(|algorithm| text.starts_with(algorithm));
    match text.rsplit_once('@') {
        Some((before, after)) if before.contains(':') && !is_digest(after) => {
            let scheme = before.find("://").map(|at| at + 3);
            let start = scheme.or_else(|| before.find('=').map(|at| at + 1)).unwrap_or(0);
            format!("{}***@{after}", &before[..start])
        }
        _ => text.to_owned(),
    }
}

/// A line of a file with `*` for each character of user information in addresses, so that places in it stay where they are.
pub fn without_users(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|c: char| c.is_whitespace() || c == '"' || c == '\'').unwrap_or(after.len());
        let is_user =
            |at: &usize| !["sha256:", "sha512:"].iter().any(|kind| after[at + 1..end].starts_with(kind));
        let user = after[..end].rmatch_indices('@').map(|(at, _)| at).find(is_user).unwrap_or(0);
        out.push_str(before);
        out.extend(after[..user].chars().map(|_| '*'));
        rest = &after[user..];
    }
    out + rest
}

/// Whether a character acts on what shows it instead of being shown.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_all_else_stays() {
        for (text, shown) in [
            ("usr/lib/ä", "usr/lib/ä"),
            ("a\n\u{1b}[31m\u{202e}é", r"a\n\u{1b}[31m\u{202e}é"),
            ("\u{9b}2J\u{7f}", r"\u{9b}2J\u{7f}"),
        ] {
            assert_eq!(escaped(text), shown);
            assert_eq!(escaped(&escaped(text)), shown);
        }
        assert_eq!(printable(b"caf\xe9\x1b]0;x\x07"), r"caf\xe9\u{1b}]0;x\u{7}");
    }

    #[test]
    fn a_beginning_ends_between_characters() {
        for (bytes, expected) in [(0, ""), (1, "a"), (2, "a"), (3, "aé"), (4, "aéb"), (99, "aéb")] {
            assert_eq!(beginning("aéb", bytes), expected);
        }
    }

    #[test]
    fn x01_user_information_in_a_line_is_not_shown() {
        for (line, shown) in [
            ("base: https://me:pa/ss@host/x:1 # a@b", "base: https://********@host/x:1 # a@b"),
            ("[\"a://u@h\", 'b://é:p@h']", "[\"a://*@h\", 'b://***@h']"),
            ("https://host/x@sha256:0", "https://host/x@sha256:0"),
            ("https://u@host/x@sha256:0", "https://*@host/x@sha256:0"),
            ("mail: me@host", "mail: me@host"),
            ("a://", "a://"),
        ] {
            assert_eq!(without_users(line), shown);
            assert_eq!(line.chars().count(), shown.chars().count());
        }
    }

    #[test]
    fn x01_user_information_is_not_shown() {
        for (text, shown) in [
            ("https://user:pass@word@host/x:1", "https://***@host/x:1"),
            ("user:password@host:5000/x", "***@host:5000/x"),
            ("host=user:password=@other", "host=***@other"),
            ("host=https://user:password@other", "host=https://***@other"),
            ("host:5000/x:1@sha256:0", "host:5000/x:1@sha256:0"),
            ("x@sha512:0", "x@sha512:0"),
            ("host:5000/x", "host:5000/x"),
            ("me@host", "me@host"),
        ] {
            assert_eq!(without_user(text), shown);
        }
    }
}
