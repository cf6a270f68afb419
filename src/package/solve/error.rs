//! Why requests cannot be met.

use std::fmt;

use crate::code::{Code, Coded};

/// Requests that no set of packages meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolveError {
    /// For which architecture, as the family spells it; empty where it is about several.
    pub architecture: String,
    /// The requests to blame, by their place: of several, none of them alone. Empty where it is the base, or what is to
    /// become newer.
    pub requests: Vec<usize>,
    /// What is wrong.
    pub kind: Unsolved,
    /// How that comes about, line by line; may be empty.
    pub trace: String,
}

/// What keeps requests from being met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// There is no package of the name, and none provides it.
    #[error("there is no package `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// A name that is close to it.
        nearest: Option<String>,
    },
    /// What is to become newer is not in the base.
    #[error("the base has no package `{name}` that could become newer")]
    NotInBase {
        /// The name.
        name: String,
        /// A name of the base that is close to it.
        nearest: Option<String>,
    },
    /// There are packages of the name, but none of these versions.
    #[error("there is no `{request}`; {}", offered(there))]
    Version {
        /// The request, as it is written.
        request: String,
        /// The versions there are, the newest first.
        there: Vec<String>,
    },
    /// No repository with the tag, or suite of the name, has it.
    #[error("there is no `{request}` in `{from}`")]
    From {
        /// The request, as it is written, without the tag or suite.
        request: String,
        /// The tag or suite.
        from: String,
        /// The tags and suites that have it.
        there: Vec<String>,
    },
    /// It is both asked for and kept out.
    #[error("`{name}` is both asked for and kept out by `!{name}`")]
    KeptOut {
        /// The name.
        name: String,
    },
    /// Several packages provide a name and none of them goes before the others.
    #[error("{} and none of them is preferred: {}", needed(by.as_deref(), name), join(providers))]
    Virtual {
        /// The name.
        name: String,
        /// The package that needs it; nothing where a request does.
        by: Option<String>,
        /// The packages that provide it.
        providers: Vec<String>,
    },
    /// A package needs what there is not.
    #[error("`{package}` needs `{needs}`, which no package is or provides")]
    Missing {
        /// The package and its version.
        package: String,
        /// What it needs, as it is written.
        needs: String,
        /// The name to keep out or to assume.
        name: String,
    },
    /// Packages of the base are too old for it.
    #[error("{} too old for what is asked for", outdated(names))]
    TooOld {
        /// Each with the version that it has and the one that would do.
        names: Vec<(String, String, String)>,
    },
    /// The base has another version, which stays.
    #[error("the base has `{name}={has}`, which stays; `{name}={needs}` is needed")]
    Fixed {
        /// The name.
        name: String,
        /// The version that the base has.
        has: String,
        /// The version that would do.
        needs: String,
    },
    /// Two packages exclude each other.
    #[error("`{one}` and `{other}` exclude each other")]
    Exclude {
        /// The one that is asked for, or needed.
        one: String,
        /// The other one.
        other: String,
        /// Whether the other is in the base.
        is_base: bool,
    },
    /// Requests that each could be met, but not together, or needs of one that exclude each other.
    #[error("the packages that are needed do not go together")]
    Conflict,
    /// Platforms differ in what is added.
    #[error("the platforms do not get the same packages: {}", join(differences))]
    Platforms {
        /// Each difference.
        differences: Vec<String>,
    },
}

impl fmt::Display for SolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.architecture {
            "" => write!(f, "{}", self.kind),
            architecture => write!(f, "{} ({architecture})", self.kind),
        }
    }
}

impl std::error::Error for SolveError {}

impl SolveError {
    /// An error without a trace.
    pub(super) fn new(architecture: &str, requests: Vec<usize>, kind: Unsolved) -> Self {
        Self { architecture: architecture.to_owned(), requests, kind, trace: String::new() }
    }

    /// The request to blame, by its place: the last where they do not go together.
    pub fn request(&self) -> Option<usize> {
        self.requests.last().copied()
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        Some(match &self.kind {
            Unsolved::Unknown { nearest, .. } | Unsolved::NotInBase { nearest, .. } => {
                format!("did you mean `{}`?", nearest.as_ref()?)
            }
            Unsolved::Version { there, .. } => format!("ask for `={}`", there.first()?),
            Unsolved::From { there, .. } if there.is_empty() => {
                "write the repository with that tag, or the suite, among `contents.repositories`".to_owned()
            }
            Unsolved::From { there, .. } => format!("it is in {}", join(there)),
            Unsolved::KeptOut { name } => format!("remove `{name}` or `!{name}` from `contents.packages`"),
            Unsolved::Virtual { name, by, providers } => {
                let add = format!("add one of {} to `contents.packages`", join(providers));
                match by {
                    Some(by) if is_shell(name) => {
                        format!("`{by}` wants a shell: {add}, or `{name}` to `contents.assume` to do without")
                    }
                    Some(_) => format!("{add}, or `{name}` to `contents.assume` to do without"),
                    None => add,
                }
            }
            Unsolved::Missing { name, .. } if is_package_name(name) => {
                format!("add `!{name}` to `contents.packages` to do without it, if it can")
            }
            Unsolved::Missing { name, .. } if is_shell(name) => {
                format!("it wants a shell; add `{name}` to `contents.assume` to do without, if it can")
            }
            Unsolved::Missing { name, .. } => {
                format!("add `{name}` to `contents.assume` to do without it, if it can")
            }
            Unsolved::TooOld { names } => {
                let names: Vec<_> = names.iter().map(|(name, ..)| &**name).collect();
                format!("let them become newer: `upgrade: [{}]`, or `upgrade: auto`", names.join(", "))
            }
            Unsolved::Exclude { is_base: true, other, .. } => {
                format!("nothing removes packages of the base; do without what needs it, or take a base without `{other}`")
            }
            Unsolved::Fixed { .. } | Unsolved::Exclude { .. } | Unsolved::Conflict => return None,
            Unsolved::Platforms { .. } => {
                "name the versions that all platforms have, build the platforms apart, or pass --allow platform-skew".to_owned()
            }
        })
    }
}

impl Coded for SolveError {
    fn code(&self) -> Code {
        match self.kind {
            Unsolved::Unknown { .. } | Unsolved::NotInBase { .. } => Code::PackageUnknown,
            Unsolved::Platforms { .. } => Code::PackagePlatforms,
            _ => Code::PackageUnsatisfied,
        }
    }
}

/// Whether `!name` can be written of it: no path, nothing with a kind such as `so:`.
fn is_package_name(name: &str) -> bool {
    !name.contains(['/', ':'])
}

/// Whether a name is what scripts are run by.
fn is_shell(name: &str) -> bool {
    ["/bin/sh", "/bin/bash", "/bin/ash", "cmd:sh"].contains(&name)
}

fn join(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn offered(there: &[String]) -> String {
    match there {
        [] => "there is no version of it".to_owned(),
        [only] => format!("the only version is `{only}`"),
        several => format!("the versions are {}", join(several)),
    }
}

fn needed(by: Option<&str>, name: &str) -> String {
    match by {
        Some(by) => format!("`{by}` needs `{name}`, which several packages provide"),
        None => format!("several packages provide `{name}`"),
    }
}

fn outdated(names: &[(String, String, String)]) -> String {
    let names: Vec<_> = names.iter().map(|(name, has, _)| format!("`{name}={has}`")).collect();
    format!("of the base {} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}
