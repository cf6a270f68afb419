//! What packages say of each other.

use super::family::Family;

/// Alternatives, the preferred first; any of them will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group(pub Vec<Atom>);

/// A name, and the versions of it that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// The name of a package, or of what packages provide.
    pub name: String,
    /// The architecture it is asked for with (deb: `any`, `amd64`).
    pub qualifier: Option<String>,
    /// How its version has to stand to one that is named.
    pub version: Option<(Relation, String)>,
}

/// How one version stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Smaller (deb `<<`, apk `<`).
    Less,
    /// Smaller or equal.
    LessEqual,
    /// Equal.
    Equal,
    /// Greater or equal.
    GreaterEqual,
    /// Greater (deb `>>`, apk `>`).
    Greater,
    /// The same as far as it is written (apk `~`, `=~`).
    Like,
    /// The same as far as it is written, or smaller (apk `<~`).
    LessLike,
    /// The same as far as it is written, or greater (apk `>~`).
    GreaterLike,
    /// None ever is: what cannot be read as a version meets nothing (apk).
    Never,
}

/// A name that a package has besides its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provide {
    /// The name.
    pub name: String,
    /// Its version; without one it meets no constraint.
    pub version: Option<String>,
}

impl Atom {
    /// Whether a version of the name is meant; nothing is a name without a version, which meets no constraint.
    pub fn accepts(&self, family: Family, version: Option<&str>) -> bool {
        let _ = (family, version);
        unimplemented!()
    }
}
