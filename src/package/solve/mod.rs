//! Requests, a base and what repositories offer, to the packages that are added.

mod diagnose;
mod eager;
mod error;
mod links;
mod lockstep;
mod needs;
mod newer;
mod provider;
mod reasons;
mod rules;
mod search;
mod sets;
mod stock;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use error::{SolveError, Unsolved};
pub use lockstep::{Lockstep, solve_alike};
use rules::Rules;
use stock::Stock;

use super::description::Package;
use super::family::Family;
use super::locked::Locked;
use super::relation::Atom;

/// The packages to add for one platform so that all that is asked for is there.
///
/// Packages of the base stay as they are but for what [`Problem::upgrade`] lets become newer, and nothing is removed. The
/// same problem always has the same solution.
///
/// # Errors
/// Which request is to blame, and for what.
pub fn solve(problem: &Problem<'_>) -> Result<Solution, SolveError> {
    let stock = Stock::new(problem);
    let rules = Rules::new(problem);
    diagnose::impossible(problem, &stock, &rules)?;
    solve_by(problem, &stock, rules)
}

fn solve_by(problem: &Problem<'_>, stock: &Stock<'_>, mut rules: Rules<'_>) -> Result<Solution, SolveError> {
    if let Ok(present) = search::search(problem, stock, &mut rules) {
        return reasons::solution(problem, stock, &rules, &present);
    }
    if *problem.upgrade == Upgrade::Auto
        && let Some((rules, present)) = newer::where_they_must(problem, stock, &rules)
    {
        return reasons::solution(problem, stock, &rules, &present);
    }
    Err(diagnose::unsolvable(problem, stock, &rules))
}

/// What repositories offer for one architecture; packages are numbered, earlier repositories first.
pub trait Offers: Sync {
    /// The packages of a name.
    fn named(&self, name: &str) -> &[u32];
    /// The packages that provide a name, which may be their own.
    fn providing(&self, name: &str) -> &[u32];
    /// The packages that come by themselves where a name is there among others (apk: those whose `install_if` has it).
    fn completing(&self, name: &str) -> &[u32];
    /// A package.
    fn package(&self, number: u32) -> Arc<Package>;
    /// The repository a package is in, in the order of their configuration.
    fn repository(&self, number: u32) -> usize;
    /// The tag (apk), or the suite that serves only who asks for it (deb: NotAutomatic), of a repository.
    fn tag(&self, repository: usize) -> Option<&str>;
    /// The place of a package's name in the order in which the lists name it first, be it in a relation of another (deb).
    fn mention(&self, name: &str) -> Option<u32>;
    /// All names of packages, for suggestions.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_>;
}

/// What is to be solved for one platform.
pub struct Problem<'a> {
    /// Whose packages.
    pub family: Family,
    /// The architecture, as the family spells it.
    pub architecture: &'a str,
    /// What there is to choose from.
    pub offers: &'a dyn Offers,
    /// What the base has.
    pub installed: &'a [Package],
    /// What is asked for.
    pub requests: &'a [Request],
    /// Which packages of the base may become newer.
    pub upgrade: &'a Upgrade,
    /// Names to treat as present.
    pub assume: &'a [String],
    /// The packages that may be added, where only some may.
    pub locked: Option<&'a Locked>,
}

/// Something that is asked for; errors and reasons name it by its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// It is to be there.
    Install {
        /// The name and versions.
        atom: Atom,
        /// The suite or tag that it may come from although that serves only who asks for it.
        from: Option<String>,
    },
    /// It must not be added, and dependencies on it count as met.
    KeepOut(String),
}

impl Problem<'_> {
    /// What the request at a place wants to be there, and the tag or suite that it may come from; nothing where it keeps
    /// something out.
    fn install(&self, place: usize) -> Option<(&Atom, Option<&str>)> {
        let Request::Install { atom, from } = &self.requests[place] else { return None };
        let tag = atom.qualifier.as_deref().filter(|_| self.family == Family::Apk);
        Some((atom, from.as_deref().or(tag)))
    }
}

/// Which packages of the base may become newer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Upgrade {
    /// None.
    #[default]
    No,
    /// Those that must be for what is asked for.
    Auto,
    /// These, as new as there are.
    Names(Vec<String>),
}

/// The packages that are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// In the order of their names.
    pub added: Vec<Choice>,
    /// What people want to know of it.
    pub notes: Vec<Note>,
}

/// A package that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its number among the offers.
    pub offer: u32,
    /// What it is.
    pub package: Arc<Package>,
    /// The version of the base that it takes the place of.
    pub replaces: Option<String>,
    /// Why it is there.
    pub why: Why,
}

impl fmt::Display for Choice {
    /// The package and why it is there, as in a list of decisions: `zlib1g=1:1.3: curl needs zlib1g`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}: {}", self.package.name, self.package.version, self.why)
    }
}

/// Why a package is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A request, by its place.
    Requested(usize),
    /// Another package needs it.
    Required {
        /// That package.
        by: String,
        /// What it says it needs, as it is written.
        atom: String,
    },
    /// It comes by itself where others are (apk: install_if).
    Completes(Vec<String>),
    /// It is a newer version of a package of the base.
    Upgrade,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested(_) => f.write_str("requested"),
            Self::Required { by, atom } => write!(f, "{by} needs {atom}"),
            Self::Completes(names) => write!(f, "comes with {}", names.join(" and ")),
            Self::Upgrade => f.write_str("a newer version of what the base has"),
        }
    }
}

/// Something about a solution that people want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A group of alternatives is met by another than the first.
    Alternative {
        /// Whose group.
        package: String,
        /// The group as it is written.
        group: String,
        /// What meets it.
        by: String,
    },
    /// A dependency counts as met because what it names is kept out.
    KeptOut {
        /// Whose dependency.
        package: String,
        /// What is kept out.
        name: String,
    },
    /// A dependency counts as met because it is assumed.
    Assumed {
        /// Whose dependency.
        package: String,
        /// What is assumed.
        name: String,
    },
    /// Packages of one source have different versions.
    Skew {
        /// The source.
        source: String,
        /// Each package and its version.
        packages: Vec<(String, String)>,
    },
}
