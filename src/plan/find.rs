//! From a name to the image that it leads to.

use super::context::Context;
use super::error::Problem;
use crate::image::{Found, ImageError};
use crate::oci::Locator;
use crate::store;

/// Finds what a locator leads to once registries are mapped; `what` says in messages what it is for.
pub(super) fn find(context: &Context<'_>, locator: &Locator, what: &'static str) -> Result<Found, Problem> {
    let place = match locator {
        Locator::Registry(name) => context.map.apply(name)?,
        other => other.clone(),
    };
    look(context, &place).map_err(|error| image_problem(what, locator, error))
}

/// Finds what is at a place on this machine.
pub(super) fn look(context: &Context<'_>, place: &Locator) -> Result<Found, ImageError> {
    store::find(place, context.limits, context.mismatch, context.interrupt)
}

/// The problem of an image that cannot be used.
pub(super) fn image_problem(what: &str, locator: &Locator, error: ImageError) -> Problem {
    Problem::Image { what: format!("{what} {locator}"), error: Box::new(error) }
}
