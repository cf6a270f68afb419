//! Relations of apk's packages: `a>=1 so:libx.so.1 !b`.

use super::{Atom, Group, Provide, Relation};
use crate::package::family::Family;
use crate::package::version::is_valid;

/// What a list of dependencies asks for, each a group of one, and what it forbids (`!name`).
///
/// One that forbids what cannot be read is among those asked for, where nothing meets it: its package cannot be installed.
pub fn apk_depends(list: &str) -> (Vec<Group>, Vec<Atom>) {
    let (mut groups, mut conflicts) = (Vec::new(), Vec::new());
    for word in list.split_ascii_whitespace() {
        match word.strip_prefix('!').map(atom) {
            Some(conflict) if !conflict.is_never() => conflicts.push(conflict),
            _ => groups.push(Group(vec![atom(word)])),
        }
    }
    (groups, conflicts)
}

/// The atoms of a list that forbids nothing, such as `install_if` or `replaces`; a `!` is part of the name, which none has.
pub fn apk_atoms(list: &str) -> Vec<Atom> {
    list.split_ascii_whitespace().map(atom).collect()
}

/// The names of a list, with the versions they come with.
pub fn apk_provides(list: &str) -> Vec<Provide> {
    let provide = |word: &str| {
        let (name, _, rest) = cut(word);
        let version = rest.trim_start_matches(is_of_operator);
        Provide { name: name.to_owned(), version: (!version.is_empty()).then(|| version.to_owned()) }
    };
    list.split_ascii_whitespace().map(provide).collect()
}

/// `name[@tag][op version]`.
fn atom(word: &str) -> Atom {
    let (name, tag, constraint) = cut(word);
    let version = match constraint {
        "" => None,
        constraint => Some(relation(constraint).unwrap_or_else(|| (Relation::Never, constraint.to_owned()))),
    };
    Atom { name: name.to_owned(), qualifier: tag.map(str::to_owned), version }
}

/// The name, the tag, and operator and version of a word.
fn cut(word: &str) -> (&str, Option<&str>, &str) {
    let (name, constraint) = word.split_at(word.find(is_of_operator).unwrap_or(word.len()));
    match name.split_once('@') {
        Some((name, tag)) => (name, Some(tag), constraint),
        None => (name, None, constraint),
    }
}

fn is_of_operator(c: char) -> bool {
    "<=>~".contains(c)
}

/// Operator and version; `><` (by hash) is for what is installed alone.
fn relation(constraint: &str) -> Option<(Relation, String)> {
    let version = constraint.trim_start_matches(is_of_operator);
    let relation = match &constraint[..constraint.len() - version.len()] {
        "<" => Relation::Less,
        "<=" | "=<" => Relation::LessEqual,
        "=" | "==" => Relation::Equal,
        ">=" | "=>" => Relation::GreaterEqual,
        ">" => Relation::Greater,
        "~" | "=~" | "~=" => Relation::Like,
        "<~" | "~<" | "<=~" => Relation::LessLike,
        ">~" | "~>" | ">=~" => Relation::GreaterLike,
        _ => return None,
    };
    is_valid(Family::Apk, version).then(|| (relation, version.to_owned()))
}

impl Atom {
    fn is_never(&self) -> bool {
        matches!(self.version, Some((Relation::Never, _)))
    }
}
