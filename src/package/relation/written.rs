//! Relations as they are written.

use std::fmt;

use super::{Atom, Relation};
use crate::package::family::Family;

/// Alternatives as a family writes them: `a (>= 1) | b:any`, `so:libc.musl-x86_64.so.1>=1.2`.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    atoms: &'a [Atom],
    family: Family,
}

impl<'a> Written<'a> {
    pub(super) fn new(atoms: &'a [Atom], family: Family) -> Self {
        Self { atoms, family }
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, atom) in self.atoms.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { " | " })?;
            f.write_str(&atom.name)?;
            if let Some(qualifier) = &atom.qualifier {
                write!(f, "{}{qualifier}", if self.family == Family::Apk { '@' } else { ':' })?;
            }
            match (&atom.version, self.family) {
                (None, _) => {}
                (Some((Relation::Never, rest)), _) => f.write_str(rest)?,
                (Some((relation, version)), Family::Apk) => write!(f, "{}{version}", relation.of_apk())?,
                (Some((relation, version)), Family::Deb) => write!(f, " ({} {version})", relation.of_deb())?,
            }
        }
        Ok(())
    }
}

impl Relation {
    fn of_apk(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Equal => "=",
            Self::GreaterEqual => ">=",
            Self::Greater => ">",
            Self::Like => "~",
            Self::LessLike => "<~",
            Self::GreaterLike => ">~",
            Self::Never => "",
        }
    }

    fn of_deb(self) -> &'static str {
        match self {
            Self::Less => "<<",
            Self::Greater => ">>",
            other => other.of_apk(),
        }
    }
}
