//! Patterns of the shell.

/// Whether a text is what a pattern describes: `*`, `?`, `[a-z]`, `[!a-z]`, `\` before what stands for itself. None of the
/// signs stops at a `/`.
pub(in crate::emulate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: it takes one more.
    let mut retry = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            retry = Some((at + 1, from));
            at += 1;
            continue;
        }
        let step = match (text.get(from), at == pattern.len()) {
            (None, true) => return true,
            (None, false) => return false,
            (Some(_), true) => None,
            (Some(char), false) => one(&pattern[at..], *char),
        };
        match (step, &mut retry) {
            (Some(length), _) => (at, from) = (at + length, from + 1),
            (None, Some((after, taken))) => {
                *taken += 1;
                (at, from) = (*after, *taken);
            }
            (None, None) => return false,
        }
    }
}

/// Whether a text has signs of a pattern.
pub(in crate::emulate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// How many characters of the pattern its first sign has, where it takes a character.
fn one(pattern: &[char], char: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', own, ..] => (*own == char).then_some(2),
        ['[', rest @ ..] => match class(rest, char) {
            Some((takes, length)) => takes.then_some(length + 1),
            None => (char == '[').then_some(1),
        },
        [own, ..] => (*own == char).then_some(1),
        [] => None,
    }
}

/// Whether a class takes a character, and how long it is with its end; nothing for one that has none.
fn class(class: &[char], char: char) -> Option<(bool, usize)> {
    let negated = matches!(class.first(), Some('!' | '^'));
    let start = usize::from(negated);
    let (mut at, mut takes) = (start, false);
    loop {
        match (class.get(at)?, class.get(at + 1), class.get(at + 2)) {
            (']', ..) if at > start => return Some((takes != negated, at + 1)),
            (low, Some('-'), Some(high)) if *high != ']' => {
                takes |= (*low..=*high).contains(&char);
                at += 3;
            }
            (own, ..) => {
                takes |= *own == char;
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_they_describe() {
        for (pattern, text, takes) in [
            ("*", "", true),
            ("*", "a/b", true),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("?", "", false),
            ("?", "ä", true),
            ("configure", "configure", true),
            ("abort-*", "abort-upgrade", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*.conf", "x.conf.d", false),
        ] {
            assert_eq!(matches(pattern, text), takes, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_end_soon() {
        let (pattern, text) = ("*a".repeat(200), "b".repeat(5000));
        assert!(!matches(&pattern, &text));
    }
}
