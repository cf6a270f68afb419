//! Artifacts: found once, chosen for each platform.

use super::context::Context;
use super::error::Problem;
use super::find::{find, image_problem};
use super::problems::Problems;
use crate::image::{Found, Image};
use crate::oci::{Locator, Platform};
use crate::rootfs::{Pattern, RootPath, Selection};
use crate::spec::{Artifact, At, Customization, Place};

/// An artifact and what is taken from it.
#[derive(Clone, Debug)]
pub struct ArtifactPlan {
    /// The artifact as people name it.
    pub source: Locator,
    /// What an output may call it: its reference, or its digest where that would be a path of this machine.
    pub label: String,
    /// Where the specification names it.
    pub place: Place,
    /// Where the specification names each include.
    pub include_places: Vec<Place>,
    /// The image.
    pub image: Image,
    /// Which paths.
    pub selection: Selection,
    /// The user that gets them, in place of their own.
    pub uid: Option<u32>,
    /// The group that gets them, in place of their own.
    pub gid: Option<u32>,
    /// The directory they go below.
    pub to: RootPath,
}

/// The artifacts of a customization, before a platform is chosen.
pub(super) struct Artifacts<'a>(Vec<FoundArtifact<'a>>);

struct FoundArtifact<'a> {
    of: &'a Artifact,
    found: Found,
    selection: Selection,
}

impl<'a> Artifacts<'a> {
    /// Finds each.
    pub(super) fn find(
        customization: &'a Customization,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Self {
        let patterns = |list: &[At<Pattern>]| list.iter().map(|one| one.value.clone()).collect();
        let find = |of: &'a Artifact| {
            let found = problems.keep(Some(of.source.place), find(context, &of.source.value, "artifact"))?;
            let selection = Selection::new(patterns(&of.includes), patterns(&of.excludes));
            Some(FoundArtifact { of, found, selection })
        };
        Self(customization.artifacts.iter().filter_map(find).collect())
    }

    /// Those that a platform gets, in their order.
    pub(super) fn on(&self, platform: &Platform, problems: &mut Problems) -> Vec<ArtifactPlan> {
        let is_here = |of: &Artifact| of.platforms.as_ref().is_none_or(|only| only.contains(platform));
        let here = self.0.iter().filter(|artifact| is_here(artifact.of));
        here.filter_map(|artifact| problems.keep(Some(artifact.of.source.place), artifact.on(platform)))
            .collect()
    }
}

impl FoundArtifact<'_> {
    fn on(&self, platform: &Platform) -> Result<ArtifactPlan, Problem> {
        let of = self.of;
        let image = self.found.image(platform);
        let image = image.map_err(|error| image_problem("artifact", &of.source.value, error))?;
        Ok(ArtifactPlan {
            source: of.source.value.clone(),
            label: self.label(&image),
            place: of.source.place,
            include_places: of.includes.iter().map(|include| include.place).collect(),
            image,
            selection: self.selection.clone(),
            uid: of.uid,
            gid: of.gid,
            to: of.to.clone(),
        })
    }

    fn label(&self, image: &Image) -> String {
        match (&self.of.source.value, self.found.index().or(image.manifest.as_ref())) {
            (Locator::Registry(name), _) => name.to_string(),
            (_, Some(descriptor)) => descriptor.digest.to_string(),
            (_, None) => image.layers.last().map_or(String::new(), |layer| layer.diff_id.to_string()),
        }
    }
}
