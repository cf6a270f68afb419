//! What a package says of itself, as it is written.

use serde::{Deserialize, Serialize};

use super::{MultiArch, Package, SourcePackage};
use crate::package::family::Family;
use crate::package::relation::{apk_atoms, apk_depends, apk_provides, deb_atoms, deb_groups, deb_provides};

/// The fields of a package that count for choosing, unread but for numbers; empty where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stanza<'a> {
    /// The name.
    pub name: &'a str,
    /// The version.
    pub version: &'a str,
    /// The architecture.
    pub architecture: &'a str,
    /// deb: `Source`, with the version in parentheses if it has one; apk: the origin.
    pub source: &'a str,
    /// deb: `Pre-Depends` and `Depends`; apk: the dependencies, with what is forbidden.
    pub depends: [&'a str; 2],
    /// deb: `Conflicts` and `Breaks`.
    pub conflicts: [&'a str; 2],
    /// What is provided.
    pub provides: &'a str,
    /// apk: `install_if`.
    pub install_if: &'a str,
    /// What is replaced.
    pub replaces: &'a str,
    /// As [`Package::priority`].
    pub priority: u32,
    /// As [`Package::multi_arch`].
    pub multi_arch: MultiArch,
    /// As [`Package::installed_bytes`].
    pub installed_bytes: u64,
}

impl<'a> Stanza<'a> {
    /// A stanza of Debian's control files and lists, by the names of its fields; nothing for a field that is not there.
    pub fn deb(field: impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |name| field(name).map_or("", str::trim_ascii);
        Self {
            name: text("Package"),
            version: text("Version"),
            architecture: text("Architecture"),
            source: text("Source"),
            depends: [text("Pre-Depends"), text("Depends")],
            conflicts: [text("Conflicts"), text("Breaks")],
            provides: text("Provides"),
            install_if: "",
            replaces: text("Replaces"),
            priority: match text("Priority") {
                "required" => 4,
                "important" => 3,
                "standard" => 2,
                "optional" => 1,
                _ => 0,
            },
            multi_arch: match text("Multi-Arch") {
                "same" => MultiArch::Same,
                "foreign" => MultiArch::Foreign,
                "allowed" => MultiArch::Allowed,
                _ => MultiArch::No,
            },
            installed_bytes: text("Installed-Size").parse::<u64>().unwrap_or(0).saturating_mul(1024),
        }
    }

    /// A record of an apk index or database, by the letters of its keys; nothing for a key that is not there. `r` is what is
    /// replaced, as in the database.
    pub fn apk(key: impl Fn(u8) -> Option<&'a str>) -> Self {
        let text = |letter| key(letter).map_or("", str::trim_ascii);
        Self {
            name: text(b'P'),
            version: text(b'V'),
            architecture: text(b'A'),
            source: text(b'o'),
            depends: [text(b'D'), ""],
            conflicts: [""; 2],
            provides: text(b'p'),
            install_if: text(b'i'),
            replaces: text(b'r'),
            priority: text(b'k').parse().unwrap_or(0),
            multi_arch: MultiArch::No,
            installed_bytes: text(b'I').parse().unwrap_or(0),
        }
    }

    /// The package, its relations read; `file` is nothing.
    pub fn package(&self, family: Family) -> Package {
        let package = Package {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            architecture: self.architecture.to_owned(),
            source: self.source(family),
            priority: self.priority,
            multi_arch: self.multi_arch,
            installed_bytes: self.installed_bytes,
            ..Package::default()
        };
        match family {
            Family::Deb => Package {
                depends: self.depends.into_iter().flat_map(deb_groups).collect(),
                conflicts: self.conflicts.into_iter().flat_map(deb_atoms).collect(),
                provides: deb_provides(self.provides),
                replaces: deb_atoms(self.replaces),
                ..package
            },
            Family::Apk => {
                let (depends, conflicts) = apk_depends(self.depends[0]);
                let (install_if, install_unless) = apk_depends(self.install_if);
                Package {
                    depends,
                    conflicts,
                    provides: apk_provides(self.provides),
                    install_if: install_if.into_iter().flat_map(|group| group.0).collect(),
                    install_unless,
                    replaces: apk_atoms(self.replaces),
                    ..package
                }
            }
        }
    }

    /// `name (version)`, `name`, or nothing.
    fn source(&self, family: Family) -> SourcePackage {
        let (name, version) = match self.source.split_once('(') {
            Some((name, version)) => {
                (name.trim_ascii(), Some(version.trim_ascii().trim_end_matches(')').trim_ascii()))
            }
            None => (self.source, None),
        };
        let name = if name.is_empty() { self.name } else { name };
        let version = version.unwrap_or_else(|| match family {
            Family::Apk => self.version,
            Family::Deb => without_rebuild(self.version),
        });
        SourcePackage { name: name.to_owned(), version: version.to_owned() }
    }
}

/// A version without the `+b1` of a rebuild.
fn without_rebuild(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => before,
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Atom, Group, Provide, Relation};

    fn atom(name: &str) -> Atom {
        Atom { name: name.to_owned(), qualifier: None, version: None }
    }

    #[test]
    fn a_stanza_of_deb_becomes_a_package() {
        let fields = [
            ("Package", "libx1"),
            ("Version", "1:2.0-3+b12"),
            ("Architecture", "amd64"),
            ("Multi-Arch", "same"),
            ("Priority", "required"),
            ("Installed-Size", "12"),
            ("Pre-Depends", "a"),
            ("Depends", "b |\n c"),
            ("Conflicts", "d"),
            ("Breaks", "e"),
            ("Replaces", "f"),
            ("Provides", "x (= 2)"),
        ];
        let field = |name: &str| fields.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let expected = Package {
            name: "libx1".to_owned(),
            version: "1:2.0-3+b12".to_owned(),
            architecture: "amd64".to_owned(),
            source: SourcePackage { name: "libx1".to_owned(), version: "1:2.0-3".to_owned() },
            depends: vec![Group(vec![atom("a")]), Group(vec![atom("b"), atom("c")])],
            conflicts: vec![atom("d"), atom("e")],
            provides: vec![Provide { name: "x".to_owned(), version: Some("2".to_owned()) }],
            replaces: vec![atom("f")],
            priority: 4,
            multi_arch: MultiArch::Same,
            installed_bytes: 12 << 10,
            ..Package::default()
        };
        assert_eq!(Stanza::deb(field).package(Family::Deb), expected);
    }

    #[test]
    fn the_source_is_what_is_said_or_the_package_itself() {
        for (source, name, version) in
            [("", "x", "1-2"), ("y", "y", "1-2"), ("y (3)", "y", "3"), ("y (3+b1)", "y", "3+b1")]
        {
            let stanza = Stanza { name: "x", version: "1-2+b3", source, ..Stanza::default() };
            let expected = SourcePackage { name: name.to_owned(), version: version.to_owned() };
            assert_eq!(stanza.package(Family::Deb).source, expected, "{source}");
        }
        let stanza = Stanza { name: "x", version: "1-r0", source: "o", ..Stanza::default() };
        let expected = SourcePackage { name: "o".to_owned(), version: "1-r0".to_owned() };
        assert_eq!(stanza.package(Family::Apk).source, expected);
    }

    #[test]
    fn a_record_of_apk_becomes_a_package() {
        let key = |letter| match letter {
            b'P' => Some("x"),
            b'V' => Some("1.2-r0"),
            b'A' => Some("x86_64"),
            b'I' => Some("4096"),
            b'k' => Some("10"),
            b'D' => Some("a !b"),
            b'p' => Some("cmd:x=1.2-r0 y"),
            b'i' => Some("c=1 !d"),
            b'r' => Some("z"),
            _ => None,
        };
        let of_c = Atom { version: Some((Relation::Equal, "1".to_owned())), ..atom("c") };
        let expected = Package {
            name: "x".to_owned(),
            version: "1.2-r0".to_owned(),
            architecture: "x86_64".to_owned(),
            source: SourcePackage { name: "x".to_owned(), version: "1.2-r0".to_owned() },
            depends: vec![Group(vec![atom("a")])],
            conflicts: vec![atom("b")],
            provides: apk_provides("cmd:x=1.2-r0 y"),
            install_if: vec![of_c],
            install_unless: vec![atom("d")],
            replaces: vec![atom("z")],
            priority: 10,
            installed_bytes: 4096,
            ..Package::default()
        };
        assert_eq!(Stanza::apk(key).package(Family::Apk), expected);
    }
}
