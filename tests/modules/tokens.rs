//! Rust source as words and marks, without comments and literals.

/// What the source says at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword, a name or a number.
    Word(&'a str),
    /// `::`
    Separator,
    /// Any other character that is no space.
    Mark(char),
}

/// A token and the line it stands on, from 1.
pub(super) type Placed<'a> = (usize, Token<'a>);

/// The tokens of a source file. Comments, documentation, strings and characters leave no trace.
pub(super) fn tokens(source: &str) -> Vec<Placed<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = silent(rest).unwrap_or_else(|| {
            let (token, length) = loud(rest, first);
            tokens.push((line, token));
            length
        });
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// How many bytes of what begins here leave no token: a space, a comment or a literal.
fn silent(rest: &str) -> Option<usize> {
    let literal = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - literal.len();
    match rest.as_bytes()[0] {
        byte if byte.is_ascii_whitespace() => Some(1),
        b'/' if rest.starts_with("//") => Some(rest.find('\n').unwrap_or(rest.len())),
        b'/' if rest.starts_with("/*") => Some(block_comment(rest)),
        b'"' | b'\'' | b'b' | b'c' | b'r' if prefix <= 1 => Some(prefix + string(literal)?),
        _ => None,
    }
}

/// The token that begins here, and its length in bytes.
fn loud(rest: &str, first: char) -> (Token<'_>, usize) {
    let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    if word > 0 {
        (Token::Word(&rest[..word]), word)
    } else if rest.starts_with("::") {
        (Token::Separator, 2)
    } else {
        (Token::Mark(first), first.len_utf8())
    }
}

/// The length of a block comment with those inside it.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let step = &rest.as_bytes()[at..];
        match step {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of the string or character that begins here; none for lifetimes and names.
fn string(rest: &str) -> Option<usize> {
    match rest.as_bytes().first()? {
        b'"' => Some(escaped(rest, '"')),
        b'\'' => {
            let mut inside = rest.chars().skip(1);
            let (first, second) = (inside.next()?, inside.next()?);
            (first == '\\' || second == '\'').then(|| escaped(rest, '\''))
        }
        b'r' => raw(rest),
        _ => None,
    }
}

/// The length of a literal in which a backslash keeps its mark from ending it.
fn escaped(rest: &str, mark: char) -> usize {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == mark {
            return at + 1;
        }
    }
    rest.len()
}

/// The length of a raw string; none where `r` begins a name, raw or not.
fn raw(rest: &str) -> Option<usize> {
    let fenced = &rest[1..];
    let text = fenced.trim_start_matches('#');
    let fence = &fenced[..fenced.len() - text.len()];
    let end = format!("\"{fence}");
    let inside = text.strip_prefix('"')?;
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(rest.len() - inside.len() + length)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> String {
        let words: Vec<_> = tokens(source)
            .into_iter()
            .map(|(line, token)| match token {
                Token::Word(word) => format!("{line}:{word}"),
                Token::Separator => "::".to_owned(),
                Token::Mark(mark) => mark.to_string(),
            })
            .collect();
        words.join(" ")
    }

    #[test]
    fn comments_and_literals_leave_no_token() {
        for (source, expected) in [
            ("a // b\nc", "1:a 2:c"),
            ("//! [`crate::plan`]\na", "2:a"),
            ("a /* b /* c */ d\n */ e", "1:a 2:e"),
            (r#"a "b \" c" d"#, "1:a 1:d"),
            ("a \"b\nc\" d", "1:a 2:d"),
            (r##"a r#"b " c"# d"##, "1:a 1:d"),
            (r#"a b"b" br"b" c"b" rb d"#, "1:a 1:rb 1:d"),
            (r"a '\'' '\\' 'b' '::' b", "1:a ' :: ' 1:b"),
            ("&'a str 'b' b'b' '日' c", "& ' 1:a 1:str 1:c"),
            ("r#use::rest", "1:r # 1:use :: 1:rest"),
            ("abc::b", "1:abc :: 1:b"),
            ("r", "1:r"),
            ("'", "'"),
        ] {
            assert_eq!(words(source), expected, "{source}");
        }
    }
}
