//! Relations of Debian's packages: `a (>= 1) | b:any, c`.

use super::{Atom, Group, Provide, Relation};

/// The groups of a field such as `Depends`. What cannot be read stays as what nothing meets.
pub fn deb_groups(field: &str) -> Vec<Group> {
    let group = |text| {
        let atoms: Vec<Atom> = parts(text, '|').map(atom).collect();
        Group(if atoms.is_empty() { vec![atom(text)] } else { atoms })
    };
    parts(field, ',').map(group).collect()
}

/// The atoms of a field without alternatives such as `Breaks`.
pub fn deb_atoms(field: &str) -> Vec<Atom> {
    parts(field, ',').flat_map(|group| parts(group, '|')).map(atom).collect()
}

/// The names in a field such as `Depends`, of alternatives and with versions or not.
pub(crate) fn deb_names(field: &str) -> impl Iterator<Item = &str> {
    let name = |text: &'_ str| text.find(|c: char| !is_of_name(c) || c == ':').unwrap_or(text.len());
    field.split([',', '|']).map(str::trim_ascii).map(move |text| &text[..name(text)])
}

/// What `Provides` says, but for what dpkg would not read, and for names of another architecture.
pub fn deb_provides(field: &str) -> Vec<Provide> {
    let provide = |atom: Atom| match atom {
        Atom { name, qualifier: None, version: None } => Some(Provide { name, version: None }),
        Atom { name, qualifier: None, version: Some((Relation::Equal, version)) } => {
            Some(Provide { name, version: Some(version) })
        }
        _ => None,
    };
    deb_atoms(field).into_iter().filter_map(provide).collect()
}

/// The parts between separators that are not blank, without the blanks around them.
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(str::trim_ascii).filter(|part| !part.is_empty())
}

/// `name[:qualifier] [(op version)]`.
fn atom(text: &str) -> Atom {
    let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let (name, qualifier) = match name.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier.to_owned())),
        None => (name, None),
    };
    let version = match rest.trim_ascii_start() {
        "" => None,
        constraint => Some(relation(constraint).unwrap_or_else(|| (Relation::Never, rest.to_owned()))),
    };
    Atom { name: name.to_owned(), qualifier, version }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-._:".contains(c)
}

/// `(op version)`; Debian once wrote `<` for `<=` and `>` for `>=`.
fn relation(constraint: &str) -> Option<(Relation, String)> {
    let inner = constraint.strip_prefix('(')?.strip_suffix(')')?.trim_ascii();
    let end = inner.find(|c| !"<=>".contains(c))?;
    let (operator, version) = inner.split_at(end);
    let relation = match operator {
        "<<" => Relation::Less,
        "<=" | "<" => Relation::LessEqual,
        "=" => Relation::Equal,
        ">=" | ">" => Relation::GreaterEqual,
        ">>" => Relation::Greater,
        _ => return None,
    };
    let version = version.trim_ascii();
    let is_word = !version.contains(|c: char| c.is_whitespace() || "()".contains(c));
    is_word.then(|| (relation, version.to_owned()))
}
