//! What the layers of an image will hold, from its plan and the indexes alone.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::additions::{self, Additions};
use super::blame::{about, about_artifact};
use super::error::{AssembleError, Fault};
use super::fingerprint::Fingerprint;
use super::indexes::Indexes;
use super::shared::Step;
use super::{Order, Workshop, packages};
use crate::contents::{self, Dangling, LayerContents, Take, View};
use crate::emulate::{Note, Reason};
use crate::layer::Trust;
use crate::plan::{ArtifactPlan, ImagePlan};
use crate::provision::Provision;
use crate::rootfs::RootPath;

/// What the layers of an image will hold.
pub(super) struct LaidOut {
    /// The packages, where some are added.
    pub(super) provision: Option<Arc<Provision>>,
    /// What their layer holds; nothing where none is added.
    pub(super) payload: LayerContents,
    /// What packages want and do not get.
    pub(super) notes: Vec<Note>,
    /// What was generated for packages, and why.
    pub(super) generated: Vec<(RootPath, Reason)>,
    /// A layer for each artifact.
    pub(super) artifacts: Vec<Arc<ArtifactLayer>>,
    /// What the state layer adds.
    pub(super) additions: Additions,
    /// The state layer.
    pub(super) state: LayerContents,
    /// The links of each artifact's layer, then those of the state layer, that lead nowhere.
    pub(super) dangling: Vec<Vec<Dangling>>,
}

/// What an artifact's layer will hold.
pub(super) struct ArtifactLayer {
    pub(super) contents: LayerContents,
    fingerprint: OnceLock<Fingerprint>,
}

impl ArtifactLayer {
    fn of(contents: LayerContents) -> Arc<Self> {
        Arc::new(Self { contents, fingerprint: OnceLock::new() })
    }

    /// The fingerprint of what is written.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| Fingerprint::of(&self.contents.operations))
    }
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
    provision: Option<Arc<Provision>>,
    state: Mutex<State>,
}

struct State {
    /// The view of the base and of the layers that are laid out.
    view: Arc<View>,
    artifacts: Vec<Arc<ArtifactLayer>>,
    failure: Option<AssembleError>,
}

impl<'a> Layout<'a> {
    /// Begins on a base with the packages that are added to it.
    pub(super) fn on(
        base: Arc<View>,
        provision: Option<Arc<Provision>>,
        shop: &'a Workshop<'a>,
        order: Order<'a>,
        indexes: &'a Indexes,
    ) -> Self {
        let mut view = base;
        if let Some(provision) = &provision {
            Arc::make_mut(&mut view).apply_contents(&provision.payload.contents);
        }
        let state = Mutex::new(State { view, artifacts: Vec::new(), failure: None });
        Self { shop, order, indexes, provision, state }
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
            match self.artifact(artifact, &mut state.view) {
                Ok(None) => return,
                Ok(Some(layer)) => state.artifacts.push(layer),
                Err(fault) => state.failure = Some(about_artifact(plan, artifact)(fault)),
            }
        }
    }

    /// Lays out the rest, once all artifacts are indexed.
    pub(super) fn finish(self) -> Result<LaidOut, AssembleError> {
        self.advance();
        let (shop, plan, provision) = (self.shop, self.order.plan, self.provision);
        let State { view, artifacts, failure } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), Err)?;
        debug_assert_eq!(artifacts.len(), plan.artifacts.len(), "every artifact is indexed");
        let mut view = Arc::unwrap_or_clone(view);
        let ours = artifacts.len() + usize::from(provision.is_some());
        let base = view.layers() - u32::try_from(ours).expect("images have few layers");
        let emulated = packages::emulate(plan, provision.as_deref(), &view, base)?;
        let records = provision.as_ref().map_or(&[][..], |provision| &provision.records);
        let additions = additions::of(plan, records, &emulated, &view).map_err(|error| {
            let place = error.place(&plan.accounts);
            about(plan, "accounts", place)(Fault::from(error))
        })?;
        let latest = plan.latest.map(|time| time.seconds());
        let state = contents::state(additions.list(), &view, base, shop.allow, latest).map_err(|error| {
            let place = additions.place(error.number());
            about(plan, "paths", place)(Fault::from(error))
        })?;
        view.apply_contents(&state);
        let all = artifacts.iter().map(|layer| &layer.contents).chain([&state]);
        let dangling = all.map(|one| contents::dangling(one, &view)).collect();
        let payload = packages::payload(provision.as_deref(), &emulated);
        let generated = emulated.files.iter().map(|one| (one.path.clone(), one.reason)).collect();
        Ok(LaidOut {
            provision,
            payload,
            notes: emulated.notes,
            generated,
            artifacts,
            additions,
            state,
            dangling,
        })
    }

    /// An artifact's layer, and `view` with it; nothing while not all of its layers are indexed.
    fn artifact(
        &self,
        artifact: &ArtifactPlan,
        view: &mut Arc<View>,
    ) -> Result<Option<Arc<ArtifactLayer>>, Fault> {
        let shop = self.shop;
        shop.interrupt.check()?;
        let Some(layers) = self.indexes.all(Trust::Artifact, &artifact.image.layers) else { return Ok(None) };
        let take = take(shop, self.order.plan, artifact);
        let step = shop.shared.map(|shared| {
            (shared, Step { below: Arc::clone(view), layers: layers.clone(), take: take.clone() })
        });
        if let Some((layer, above)) = step.as_ref().and_then(|(shared, step)| shared.laid_out(step)) {
            *view = above;
            return Ok(Some(layer));
        }
        let layer = ArtifactLayer::of(contents::artifact(&layers, &take, view, shop.interrupt)?);
        Arc::make_mut(view).apply_contents(&layer.contents);
        if let Some((shared, step)) = step {
            shared.keep_laid_out(step, &layer, view);
        }
        Ok(Some(layer))
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
