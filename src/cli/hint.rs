//! What to do about errors, where something can be done.

use crate::assemble::{AccountsError, Fault};
use crate::code::{Code, Coded, Exit, Failure as _};
use crate::contents::{ArtifactError, Conflict, StateError};
use crate::limits::{LimitProblem, Limited, SetLimitError};
use crate::nearest::nearest;
use crate::ops::build::{BuildError, Thing};
use crate::ops::inspect::InspectError;
use crate::ops::load::LoadError;
use crate::plan::Problem;
use crate::rootfs::AccountError;
use crate::spec::{CatalogError, DefinitionId};
use crate::store::{StoreError, WriteError};

/// What to do about a specification that cannot be planned.
pub(super) fn of_problem(problem: &Problem) -> Option<String> {
    let hint = match problem {
        Problem::Image { error, .. } => return error.hint().or_else(|| of_limit(problem)),
        Problem::Catalog(error) => return of_catalog(error),
        Problem::Definition { id, candidates, others, .. } if candidates.is_empty() && !others.is_empty() => {
            meant(id, others, "images of")
        }
        Problem::Definition { candidates, is_cataloged: true, .. } if candidates.is_empty() => {
            "pass --source or --registry-map with what has the image, or name the base by `base`".to_owned()
        }
        Problem::Definition { candidates, .. } if candidates.is_empty() => {
            "pass --source or --registry-map with what has the image, --catalog with a checkout of the \
             catalog, which knows its tags, or name the base by `base`"
                .to_owned()
        }
        Problem::Definition { candidates, is_cataloged: true, .. } => {
            let tags = candidates.join(", ");
            format!("take the catalog of the same time as the images; of the definition are the tags {tags}")
        }
        Problem::Definition { candidates, .. } => {
            let tags = candidates.join(", ");
            format!("pass --catalog, or name the base by `base`; of the definition are the tags {tags}")
        }
        Problem::NoTags { .. } => "name the tags to suffix by `tags` of the target".to_owned(),
        Problem::Unpinned { .. } => {
            "pass the report of a build of this customization for all its platforms, or no --packages-of"
                .to_owned()
        }
        Problem::Collision(_) => "give one of them another destination or other `tags`".to_owned(),
        problem => return of_limit(problem),
    };
    Some(hint)
}

fn of_catalog(error: &CatalogError) -> Option<String> {
    match error {
        CatalogError::NoCatalog(_) => Some("pass --catalog with a checkout of the catalog".to_owned()),
        CatalogError::Absent { id, others, .. } if !others.is_empty() => {
            Some(meant(id, others, "definitions"))
        }
        CatalogError::Definition { first, .. } => first.hint(),
        _ => None,
    }
}

/// Which of other definitions was probably meant, or some of them.
fn meant(id: &DefinitionId, others: &[String], what: &str) -> String {
    const SHOWN: usize = 8;
    match nearest(&id.to_string(), others.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {what} {}", others[..others.len().min(SHOWN)].join(", ")),
    }
}

/// What to do about a build that failed.
pub(super) fn of_build(error: &BuildError) -> Option<String> {
    let hint = match error {
        BuildError::NoOutput => {
            "pass --push, --load, -o oci:DIR, -o oci-archive:FILE or -o docker-archive:FILE".to_owned()
        }
        BuildError::OutputHoldsOne { thing: Thing::Platform, .. } => "choose one with --platform".to_owned(),
        BuildError::OutputHoldsOne { .. } => {
            "write to oci:DIR, where every image has a name of its own".to_owned()
        }
        BuildError::Privileged { .. } => "leave it out, or build without --deny setuid".to_owned(),
        BuildError::Destination { .. } => "write it with -o instead, or map it to a registry".to_owned(),
        BuildError::NameTwice { .. } => {
            "give one of them another destination, another `tag-suffix` or other tags".to_owned()
        }
        BuildError::Push { error, .. } => return error.hint().or_else(|| of_code(error.code())),
        BuildError::Write(error) => return of_write(error),
        BuildError::Load(error) => return of_load(error),
        BuildError::Assemble(error) => return of_fault(&error.fault),
        error => return of_code(error.code()).or_else(|| of_limit(error)),
    };
    Some(hint)
}

/// What to do about an image that cannot be looked at.
pub(super) fn of_inspect(error: &InspectError) -> Option<String> {
    error.hint().or_else(|| of_limit(error))
}

/// What to do about a text that sets no limit.
pub(super) fn of_set_limit(error: &SetLimitError) -> Option<String> {
    match &error.problem {
        LimitProblem::Unknown { meant: Some(meant) } => Some(format!("did you mean `{meant}`?")),
        LimitProblem::Unknown { meant: None } => Some("`overcoat build --help` lists them".to_owned()),
        _ => None,
    }
}

/// What to do about a store that cannot be used.
pub(super) fn of_store(error: &StoreError) -> Option<String> {
    let hint = match error {
        StoreError::Mode { path, .. } => format!("close it to others: chmod 700 {}", path.display()),
        StoreError::Owner { .. }
        | StoreError::Link(_)
        | StoreError::NoDirectory(_)
        | StoreError::NoStore(_) => "name another directory by --store, or pass --no-store".to_owned(),
        StoreError::File(error) => return of_code(error.code()),
    };
    Some(hint)
}

fn of_load(error: &LoadError) -> Option<String> {
    let hint = match error {
        LoadError::Silent(_) => "start one, or pass -o docker-archive:FILE and load that where one runs",
        LoadError::Platform { .. } => "pass -o docker-archive:FILE with --platform, and load that elsewhere",
        LoadError::Refused { .. } => return None,
    };
    Some(hint.to_owned())
}

fn of_write(error: &WriteError) -> Option<String> {
    let own = error.hint().map(str::to_owned);
    own.or_else(|| of_code(error.code()))
}

fn of_fault(fault: &Fault) -> Option<String> {
    let hint = match fault {
        Fault::Artifact(ArtifactError::Nothing { physical: Some(physical), .. }) => {
            format!("it leads through a symbolic link; include `{physical}`")
        }
        Fault::Artifact(ArtifactError::Nothing { nearest: Some(nearest), .. }) => {
            format!("the artifact has `{nearest}`")
        }
        Fault::Artifact(ArtifactError::Conflict(conflict)) => return of_conflict(conflict),
        Fault::State(StateError::Conflict { .. }) => {
            "choose another path, or pass --allow replace if it is meant to go".to_owned()
        }
        Fault::State(StateError::Missing { .. }) => {
            "remove the entry, or limit it by `platforms` to those that have the path".to_owned()
        }
        Fault::Provision(error) => return error.hint().or_else(|| of_limit(error)),
        Fault::Accounts(AccountsError::Root { .. }) => "set `accounts.root: true` to allow it".to_owned(),
        Fault::Accounts(AccountsError::NoUser { name }) => {
            format!("add `{name}` to `accounts.users`, or name a user of the base")
        }
        Fault::Accounts(AccountsError::Merge(AccountError::NoGroup { gid, .. })) => {
            format!("add a group with gid {gid} to `accounts.groups`")
        }
        Fault::Layers { .. } => "squash the base or merge artifacts".to_owned(),
        fault => return of_code(fault.code()).or_else(|| of_limit(fault)),
    };
    Some(hint)
}

fn of_conflict(conflict: &Conflict) -> Option<String> {
    match conflict {
        Conflict::OverDirectory { path, .. } | Conflict::OverLink { path, .. } => {
            Some(format!("exclude `{path}`, or pass --allow replace if it is meant to go"))
        }
        Conflict::Twice { first, second, .. } => Some(format!("exclude `{first}` or `{second}`")),
        Conflict::Loop(_) => None,
    }
}

fn of_code(code: Code) -> Option<String> {
    match code {
        code if code.exit() == Exit::Verification => {
            Some("the image is damaged; copy it again from where it came".to_owned())
        }
        Code::IoNoSpace => Some("make room on the output's file system".to_owned()),
        Code::TarType => Some("exclude it, or pass --allow devices".to_owned()),
        _ => None,
    }
}

fn of_limit(error: &impl Limited) -> Option<String> {
    let name = error.limit()?;
    Some(format!("where the input is to be trusted, --limit {name}=VALUE sets another limit"))
}
