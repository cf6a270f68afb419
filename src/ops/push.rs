//! Assembled images to the registries that their specification names.

use std::sync::Mutex;

use super::build::BuildError;
use super::publish::{Made, publication};
use super::workspace::Workspace;
use crate::assemble::Workshop;
use crate::oci::{Locator, LocatorError, RegistryMap, RegistryName};
use crate::plan::{Plan, Target};
use crate::registry::{self, Pushed, Pushing, Repository};

/// Where each target of a plan is pushed to.
pub(super) fn repositories(
    plan: &Plan,
    map: &RegistryMap,
    workspace: &Workspace,
) -> Result<Vec<Repository>, BuildError> {
    plan.targets.iter().map(|target| repository(target, map, workspace)).collect()
}

fn repository(target: &Target, map: &RegistryMap, workspace: &Workspace) -> Result<Repository, BuildError> {
    let error =
        |problem: String| BuildError::Destination { destination: target.destination.clone(), problem };
    let name: RegistryName = target.destination.parse().map_err(|bad: LocatorError| error(bad.problem))?;
    match map.apply(&name).map_err(|bad| error(bad.problem))? {
        Locator::Registry(name) => {
            Ok(workspace.remotes.registries().repository(name.host(), name.repository()))
        }
        other => Err(error(format!("it is mapped to `{other}`, which is no registry"))),
    }
}

/// Pushes each target to its repository; nothing where there are none.
pub(super) fn push(
    made: &[Made<'_>],
    repositories: &[Repository],
    workspace: &Workspace,
    shop: &Workshop<'_>,
) -> Result<Vec<(String, Pushed)>, BuildError> {
    made.iter().zip(repositories).map(|(made, repository)| one(made, repository, workspace, shop)).collect()
}

fn one(
    made: &Made<'_>,
    repository: &Repository,
    workspace: &Workspace,
    shop: &Workshop<'_>,
) -> Result<(String, Pushed), BuildError> {
    let name = format!("{}/{}", repository.host(), repository.name());
    for tag in &made.target.tags {
        workspace.claim(&format!("{name}:{tag}"), &made.index)?;
    }
    let publication = publication(made);
    let meter = Mutex::new(shop.progress.begin(&name, publication.stored_bytes()));
    let progress = |bytes| {
        if let Ok(mut meter) = meter.lock() {
            meter.advance(bytes);
        }
    };
    let pushing = Pushing {
        transfers: workspace.transfers,
        known: &workspace.known,
        progress: &progress,
        interrupt: shop.interrupt,
    };
    match registry::push(&publication, repository, &made.target.tags, &pushing) {
        Ok(pushed) => Ok((name, pushed)),
        Err(error) => Err(BuildError::Push { repository: name, error: Box::new(error) }),
    }
}
