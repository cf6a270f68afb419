//! Whether packages are those that are pinned.

use crate::oci::Digest;
use crate::package::{Locked, Problem, Request, Solution, SolveError, compare_versions};

/// How what there is differs from what is pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Drift {
    /// No repository has it any more.
    #[error("`{name}={version}` is pinned, and {}", match offered {
        Some(offered) => format!("the repositories have `{name}={offered}`"),
        None => "the repositories have no package of that name".to_owned(),
    })]
    Gone {
        /// The package.
        name: String,
        /// The version that is pinned.
        version: String,
        /// The newest there is.
        offered: Option<String>,
    },
    /// It is asked for, and not pinned.
    #[error("`{name}` is asked for, and not among the packages that are pinned")]
    NotPinned {
        /// The package.
        name: String,
        /// The place of the request in their list.
        request: usize,
    },
    /// Nothing needs it any more.
    #[error("`{0}` is pinned, and nothing needs it any more")]
    NotNeeded(String),
    /// What is pinned does not do.
    #[error("the packages that are pinned do not do: {0}")]
    Unsatisfied(String),
    /// Its file is another one.
    #[error("`{name}` is pinned as {pinned}, and its file is {found}")]
    Digest {
        /// The package.
        name: String,
        /// The digest that is pinned.
        pinned: Digest,
        /// That of the file.
        found: Digest,
    },
}

/// Whether all that is pinned is still offered.
pub(super) fn check_offers(problem: &Problem<'_>) -> Result<(), Drift> {
    for (name, pinned) in problem.locked.iter().flat_map(|locked| locked.iter()) {
        let offers = problem.offers.named(name).iter();
        let versions: Vec<_> = offers.map(|number| problem.offers.package(*number).version.clone()).collect();
        if !versions.contains(&pinned.version) {
            let newest = versions.into_iter().max_by(|a, b| compare_versions(problem.family, a, b));
            return Err(Drift::Gone {
                name: name.to_owned(),
                version: pinned.version.clone(),
                offered: newest,
            });
        }
    }
    Ok(())
}

/// Why there is no solution, where that is for what is pinned.
pub(super) fn unsatisfied(problem: &Problem<'_>, failed: &SolveError) -> Option<Drift> {
    let locked = problem.locked?;
    let is_new = |name: &str| {
        !problem.offers.named(name).is_empty()
            && locked.get(name).is_none()
            && !problem.installed.iter().any(|package| package.name == name)
    };
    let new = problem.requests.iter().enumerate().find_map(|(request, asked)| match asked {
        Request::Install { atom, .. } if is_new(&atom.name) => {
            Some(Drift::NotPinned { name: atom.name.clone(), request })
        }
        _ => None,
    });
    Some(new.unwrap_or_else(|| Drift::Unsatisfied(failed.to_string())))
}

/// Whether everything that is pinned was chosen.
pub(super) fn check_choice(problem: &Problem<'_>, solution: &Solution) -> Result<(), Drift> {
    let is_added = |name: &str| solution.added.iter().any(|choice| choice.package.name == name);
    match problem.locked.iter().flat_map(|locked| locked.iter()).find(|(name, _)| !is_added(name)) {
        Some((name, _)) => Err(Drift::NotNeeded(name.to_owned())),
        None => Ok(()),
    }
}

/// Whether files are those that are pinned.
pub(super) fn check_files<'a>(
    locked: &Locked,
    files: impl Iterator<Item = (&'a str, &'a Digest)>,
) -> Result<(), Drift> {
    for (name, found) in files {
        let pinned = locked.get(name).map(|locked| locked.digest);
        if let Some(pinned) = pinned.filter(|pinned| pinned != found) {
            return Err(Drift::Digest { name: name.to_owned(), pinned, found: *found });
        }
    }
    Ok(())
}
