//! Patterns as <https://github.com/moby/patternmatcher> has them, read and matched slowly.

use std::collections::HashMap;

/// Whether a cleaned pattern is well-formed: as Go's `filepath.Match` has it, and without ranges that end before they start.
pub fn is_well_formed(pattern: &[char]) -> bool {
    match pattern {
        [] => true,
        ['\\'] => false,
        ['\\', _, rest @ ..] => is_well_formed(rest),
        ['[', rest @ ..] => class(rest).is_some_and(|(_, rest)| is_well_formed(rest)),
        [_, rest @ ..] => is_well_formed(rest),
    }
}

/// Whether a cleaned and well-formed pattern matches a path itself.
pub fn matches(pattern: &str, path: &[u8]) -> bool {
    let (pattern, path): (Vec<char>, Vec<char>) = (pattern.chars().collect(), chars(path));
    if let ['*', '*', suffix @ ..] = &pattern[..]
        && !suffix.starts_with(&['/'])
        && !suffix.iter().any(|char| "*?[]\\".contains(*char))
    {
        return path.ends_with(suffix);
    }
    Matching::default().matches(&pattern, &path)
}

/// The characters of a path; a byte that belongs to none counts as one.
fn chars(path: &[u8]) -> Vec<char> {
    let mut chars = Vec::new();
    for chunk in path.utf8_chunks() {
        chars.extend(chunk.valid().chars());
        chars.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    chars
}

/// What was found of ends of pattern and path, by their lengths.
#[derive(Default)]
struct Matching(HashMap<(usize, usize), bool>);

impl Matching {
    fn matches(&mut self, pattern: &[char], path: &[char]) -> bool {
        let key = (pattern.len(), path.len());
        if let Some(found) = self.0.get(&key) {
            return *found;
        }
        let found = self.find(pattern, path);
        self.0.insert(key, found);
        found
    }

    fn find(&mut self, pattern: &[char], path: &[char]) -> bool {
        match pattern {
            [] => path.is_empty(),
            ['*', '*', rest @ ..] => match rest.strip_prefix(&['/']).unwrap_or(rest) {
                [] => true,
                rest => {
                    let after = (0..path.len()).filter(|at| path[*at] == '/').map(|at| &path[at + 1..]);
                    std::iter::once(path).chain(after).any(|path| self.matches(rest, path))
                }
            },
            ['*', rest @ ..] => {
                let within = path.iter().take_while(|char| **char != '/').count();
                (0..=within).any(|taken| self.matches(rest, &path[taken..]))
            }
            _ => match (one(pattern), path) {
                (Some((takes, rest)), [char, path @ ..]) => takes(*char) && self.matches(rest, path),
                _ => false,
            },
        }
    }
}

type Takes = Box<dyn Fn(char) -> bool>;

/// What a pattern says of the next character, and the rest of it.
fn one(pattern: &[char]) -> Option<(Takes, &[char])> {
    Some(match pattern {
        ['?', rest @ ..] => (Box::new(|char| char != '/'), rest),
        ['[', rest @ ..] => class(rest)?,
        ['\\', own, rest @ ..] | [own, rest @ ..] => {
            let own = *own;
            (Box::new(move |char| char == own), rest)
        }
        [] => return None,
    })
}

/// What a class takes, after its `[`, and what follows it.
fn class(pattern: &[char]) -> Option<(Takes, &[char])> {
    let (negated, mut rest) = match pattern {
        ['^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut ranges = Vec::new();
    loop {
        if let [']', after @ ..] = rest
            && !ranges.is_empty()
        {
            let takes =
                move |char| ranges.iter().any(|(start, end)| *start <= char && char <= *end) != negated;
            return Some((Box::new(takes), after));
        }
        let start;
        (start, rest) = class_char(rest)?;
        let mut end = start;
        if let ['-', after @ ..] = rest {
            (end, rest) = class_char(after)?;
        }
        if end < start {
            return None;
        }
        ranges.push((start, end));
    }
}

fn class_char(pattern: &[char]) -> Option<(char, &[char])> {
    match pattern {
        [] | ['-' | ']', ..] | ['\\'] => None,
        ['\\', char, rest @ ..] | [char, rest @ ..] => Some((*char, rest)),
    }
}
