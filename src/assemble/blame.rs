//! What an error is about, and where the specification asks for it.

use super::Order;
use super::error::{AssembleError, Fault};
use crate::contents::ArtifactError;
use crate::plan::{ArtifactPlan, ImagePlan};
use crate::spec::Place;

/// Says what an error of an image is about.
pub(super) fn about<'a>(
    plan: &'a ImagePlan,
    subject: &'a str,
    place: Option<Place>,
) -> impl Fn(Fault) -> AssembleError + use<'a> {
    let platform = Some(plan.platform.clone());
    move |fault| AssembleError { platform: platform.clone(), subject: subject.to_owned(), place, fault }
}

/// Says which base an error is about.
pub(super) fn about_base<'a>(order: &Order<'a>) -> impl Fn(Fault) -> AssembleError + use<'a> {
    let Order { plan, target } = *order;
    move |fault| about(plan, &format!("base {}", target.base), Some(target.base_place))(fault)
}

/// Says which artifact an error is about; an include has a place of its own.
pub(super) fn about_artifact<'a>(
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
) -> impl Fn(Fault) -> AssembleError + use<'a> {
    move |fault| {
        let place = match &fault {
            Fault::Artifact(ArtifactError::Nothing { number, .. }) => artifact.include_places[*number],
            _ => artifact.place,
        };
        about(plan, &format!("artifact {}", artifact.source), Some(place))(fault)
    }
}

/// An artifact on a platform, as progress shows it.
pub(super) fn label(plan: &ImagePlan, artifact: &ArtifactPlan) -> String {
    format!("{} {}", artifact.source, plan.platform)
}
