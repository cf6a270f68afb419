//! What the layers of an image will hold, from its plan and the indexes alone.

use std::sync::Arc;

use super::additions::{self, Additions};
use super::blame::{about, about_artifact};
use super::error::{AssembleError, Fault};
use super::indexes::Indexes;
use super::{Order, Workshop};
use crate::contents::{self, Dangling, LayerContents, Take, View};
use crate::layer::Trust;
use crate::plan::{ArtifactPlan, ImagePlan};

/// What the layers of an image will hold.
pub(super) struct LaidOut {
    /// A layer for each artifact.
    pub(super) artifacts: Vec<LayerContents>,
    /// What the state layer adds.
    pub(super) additions: Additions,
    /// The state layer.
    pub(super) state: LayerContents,
    /// The links of each artifact's layer, then those of the state layer, that lead nowhere.
    pub(super) dangling: Vec<Vec<Dangling>>,
}

impl LaidOut {
    /// Whether both state layers have the same bytes.
    pub(super) fn has_state_of(&self, other: &Self) -> bool {
        self.state.writes_the_same(&other.state.operations)
            && self.additions.digests().eq(other.additions.digests())
    }
}

/// Lays out every layer of an image on the view of those below it.
pub(super) fn lay_out(
    shop: &Workshop<'_>,
    order: &Order<'_>,
    base: Arc<View>,
    indexes: &Indexes,
) -> Result<LaidOut, AssembleError> {
    let plan = order.plan;
    let mut view = Arc::unwrap_or_clone(base);
    let ours = view.layers();
    let mut artifacts = Vec::new();
    for artifact in &plan.artifacts {
        let contents = artifact_layer(shop, plan, artifact, &view, indexes);
        let contents = contents.map_err(about_artifact(plan, artifact))?;
        view.apply_contents(&contents);
        artifacts.push(contents);
    }
    let additions = additions::of(plan, &view).map_err(|error| {
        let place = error.place(&plan.accounts);
        about(plan, "accounts", place)(Fault::from(error))
    })?;
    let latest = plan.latest.map(|time| time.seconds());
    let state = contents::state(additions.list(), &view, ours, shop.allow, latest).map_err(|error| {
        let place = additions.place(error.number());
        about(plan, "paths", place)(Fault::from(error))
    })?;
    view.apply_contents(&state);
    let dangling = artifacts.iter().chain([&state]).map(|one| contents::dangling(one, &view)).collect();
    Ok(LaidOut { artifacts, additions, state, dangling })
}

fn artifact_layer(
    shop: &Workshop<'_>,
    plan: &ImagePlan,
    artifact: &ArtifactPlan,
    below: &View,
    indexes: &Indexes,
) -> Result<LayerContents, Fault> {
    shop.interrupt.check()?;
    let layers = indexes.all(Trust::Artifact, &artifact.image.layers).expect("every artifact is indexed");
    Ok(contents::artifact(&layers, &take(shop, plan, artifact), below, shop.interrupt)?)
}

/// What is taken from an artifact.
pub(super) fn take(shop: &Workshop<'_>, plan: &ImagePlan, artifact: &ArtifactPlan) -> Take {
    Take {
        selection: artifact.selection.clone(),
        uid: artifact.uid,
        gid: artifact.gid,
        to: artifact.to.clone(),
        latest: plan.latest.map(|time| time.seconds()),
        allow: shop.allow,
    }
}
