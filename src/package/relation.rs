//! What packages say of each other.

mod apk;
mod deb;
mod written;

pub use apk::{apk_atoms, apk_depends, apk_provides};
pub(super) use deb::deb_names;
pub use deb::{deb_atoms, deb_groups, deb_provides};
pub use written::Written;

use serde::{Deserialize, Serialize};

use super::family::Family;
use super::version::{compare, compare_like, is_valid};

/// Alternatives, the preferred first; any of them will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group(pub Vec<Atom>);

/// A name, and the versions of it that are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Atom {
    /// The name of a package, or of what packages provide.
    pub name: String,
    /// The architecture it is asked for with (deb: `any`, `amd64`), or the tag of repositories (apk: `edge` of `x@edge`).
    pub qualifier: Option<String>,
    /// How its version has to stand to one that is named; of what cannot be read ([`Relation::Never`]) the rest as it is
    /// written.
    pub version: Option<(Relation, String)>,
}

/// How one version stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// None ever does: nothing meets what cannot be read.
    Never,
}

/// A name that a package has besides its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provide {
    /// The name.
    pub name: String,
    /// Its version; without one it meets no constraint.
    pub version: Option<String>,
}

impl Atom {
    /// Whether a version of the name is meant; nothing is a name without a version, which meets no constraint.
    ///
    /// What apk takes for no version meets none either.
    pub fn accepts(&self, family: Family, version: Option<&str>) -> bool {
        let Some((relation, wanted)) = &self.version else { return true };
        let Some(version) = version else { return false };
        if family == Family::Apk && !is_valid(family, version) {
            return false;
        }
        let order = || compare(family, version, wanted);
        let like = || compare_like(family, version, wanted);
        match relation {
            Relation::Less => order().is_lt(),
            Relation::LessEqual => order().is_le(),
            Relation::Equal => order().is_eq(),
            Relation::GreaterEqual => order().is_ge(),
            Relation::Greater => order().is_gt(),
            Relation::Like => like().is_eq(),
            Relation::LessLike => like().is_le(),
            Relation::GreaterLike => like().is_ge(),
            Relation::Never => false,
        }
    }

    /// The atom as its family writes it.
    pub fn written(&self, family: Family) -> Written<'_> {
        Written::new(std::slice::from_ref(self), family)
    }
}

impl Group {
    /// The group as its family writes it.
    pub fn written(&self, family: Family) -> Written<'_> {
        Written::new(&self.0, family)
    }
}

#[cfg(test)]
mod tests;
