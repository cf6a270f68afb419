//! What the layers of an image will hold, from its plan and the indexes alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// An image being laid out, one layer on the other, while the artifacts above are still read.
pub(super) struct Layout<'a> {
    shop: &'a Workshop<'a>,
    order: Order<'a>,
    indexes: &'a Indexes,
    state: Mutex<State>,
}

struct State {
    /// The view of the base and of the layers that are laid out.
    view: Arc<View>,
    artifacts: Vec<LayerContents>,
    failure: Option<AssembleError>,
}

impl<'a> Layout<'a> {
    /// Begins on a base.
    pub(super) fn on(
        base: Arc<View>,
        shop: &'a Workshop<'a>,
        order: Order<'a>,
        indexes: &'a Indexes,
    ) -> Self {
        let state = Mutex::new(State { view: base, artifacts: Vec::new(), failure: None });
        Self { shop, order, indexes, state }
    }

    /// What is laid out by now: what lies below the next artifact, or below an earlier one.
    pub(super) fn view(&self) -> Arc<View> {
        Arc::clone(&self.state().view)
    }

    /// Goes on as far as artifacts are indexed.
    pub(super) fn advance(&self) {
        let mut state = self.state();
        let plan = self.order.plan;
        while state.failure.is_none() {
            let Some(artifact) = plan.artifacts.get(state.artifacts.len()) else { return };
            match self.artifact(artifact, &state.view).transpose() {
                None => return,
                Some(Ok(contents)) => {
                    Arc::make_mut(&mut state.view).apply_contents(&contents);
                    state.artifacts.push(contents);
                }
                Some(Err(fault)) => state.failure = Some(about_artifact(plan, artifact)(fault)),
            }
        }
    }

    /// Lays out the rest, once all artifacts are indexed.
    pub(super) fn finish(self) -> Result<LaidOut, AssembleError> {
        self.advance();
        let (shop, plan) = (self.shop, self.order.plan);
        let State { view, artifacts, failure } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), Err)?;
        debug_assert_eq!(artifacts.len(), plan.artifacts.len(), "every artifact is indexed");
        let mut view = Arc::unwrap_or_clone(view);
        let base = view.layers() - u32::try_from(artifacts.len()).expect("images have few layers");
        let additions = additions::of(plan, &view).map_err(|error| {
            let place = error.place(&plan.accounts);
            about(plan, "accounts", place)(Fault::from(error))
        })?;
        let latest = plan.latest.map(|time| time.seconds());
        let state = contents::state(additions.list(), &view, base, shop.allow, latest).map_err(|error| {
            let place = additions.place(error.number());
            about(plan, "paths", place)(Fault::from(error))
        })?;
        view.apply_contents(&state);
        let dangling = artifacts.iter().chain([&state]).map(|one| contents::dangling(one, &view)).collect();
        Ok(LaidOut { artifacts, additions, state, dangling })
    }

    /// An artifact's layer; nothing while not all of its layers are indexed.
    fn artifact(&self, artifact: &ArtifactPlan, below: &View) -> Result<Option<LayerContents>, Fault> {
        self.shop.interrupt.check()?;
        let Some(layers) = self.indexes.all(Trust::Artifact, &artifact.image.layers) else { return Ok(None) };
        Ok(Some(contents::artifact(
            &layers,
            &take(self.shop, self.order.plan, artifact),
            below,
            self.shop.interrupt,
        )?))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
