//! From a name to the image that it leads to.

use super::context::Context;
use super::error::Problem;
use crate::image::{Found, ImageError};
use crate::oci::{Locator, RegistryName};
use crate::spec::{Base, Customization};
use crate::store;

/// Finds what a locator leads to once registries are mapped; `what` says in messages what it is for.
pub(super) fn find(context: &Context<'_>, locator: &Locator, what: &'static str) -> Result<Found, Problem> {
    let place = match locator {
        Locator::Registry(name) => context.map.apply(name)?,
        other => other.clone(),
    };
    look(context, &place).map_err(|error| image_problem(what, locator, error))
}

/// Finds what is at a place.
pub(super) fn look(context: &Context<'_>, place: &Locator) -> Result<Found, ImageError> {
    match place {
        Locator::Registry(name) => context.remotes.find(name, context.limits, context.mismatch),
        local => store::find(local, context.limits, context.mismatch, context.interrupt),
    }
}

/// Looks for all that a customization takes from registries at a time; problems come up again where each is needed.
pub(super) fn prefetch(context: &Context<'_>, customization: &Customization) {
    let artifacts = customization.artifacts.iter().map(|artifact| &artifact.source.value);
    let bases = customization.targets.iter().filter_map(|target| match &target.base {
        Base::Image(locator) => Some(&locator.value),
        Base::Definition(_) => None,
    });
    let mut names: Vec<RegistryName> = Vec::new();
    for locator in artifacts.chain(bases) {
        if let Locator::Registry(name) = locator
            && let Ok(Locator::Registry(name)) = context.map.apply(name)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    context.remotes.prefetch(&names, context.limits, context.mismatch);
}

/// The problem of an image that cannot be used.
pub(super) fn image_problem(what: &str, locator: &Locator, error: ImageError) -> Problem {
    Problem::Image { what: format!("{what} {locator}"), error: Box::new(error) }
}
