//! Artifacts' layers: read once and written on the way where that suffices, else written as they were laid out.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::blame::{about_artifact, label};
use super::error::AssembleError;
use super::indexes::Indexes;
use super::layout::{LaidOut, take};
use super::write::{self, Guessed};
use super::{Order, Workshop, codec};
use crate::contents::{LayerContents, View};
use crate::layer::{LayerIndex, Trust, WrittenLayer};
use crate::oci::Digest;
use crate::plan::{ArtifactPlan, ImagePlan};
use crate::store::ImageLayer;

/// An artifact of one platform, to be read for the first time.
struct Unread<'a> {
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
    base: &'a View,
    /// The layers that nobody else reads.
    layers: Vec<&'a ImageLayer>,
    /// Whether these are all of its layers, so that its layer of ours can be guessed on the way.
    guess: bool,
}

/// Reads all artifacts, each layer once; those that share none with another are written on the way.
pub(super) fn read(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    bases: &[Arc<View>],
    indexes: &mut Indexes,
) -> Result<Vec<Guessed>, AssembleError> {
    let mut seen: HashSet<Digest> = HashSet::new();
    let mut jobs = Vec::new();
    for (order, base) in orders.iter().zip(bases) {
        for artifact in &order.plan.artifacts {
            let all = &artifact.image.layers;
            let layers: Vec<_> = all.iter().filter(|one| seen.insert(one.descriptor.digest)).collect();
            if layers.is_empty() {
                continue;
            }
            let guess = !shop.two_passes && layers.len() == all.len();
            jobs.push(Unread { plan: order.plan, artifact, base, layers, guess });
        }
    }
    let read = super::all(jobs.par_iter().map(|job| job.read(shop)).collect())?;
    let mut guessed = Vec::new();
    for (job, (read, one)) in jobs.iter().zip(read) {
        for (layer, index) in job.layers.iter().zip(read) {
            indexes.insert(Trust::Artifact, layer, index);
        }
        guessed.extend(one);
    }
    Ok(guessed)
}

impl Unread<'_> {
    /// The indexes of the layers, the lowest first, and what was guessed.
    fn read(&self, shop: &Workshop<'_>) -> Result<(Vec<Arc<LayerIndex>>, Option<Guessed>), AssembleError> {
        let (plan, artifact) = (self.plan, self.artifact);
        let (image, what) = (&artifact.image, label(plan, artifact));
        let read = if self.guess {
            let take = take(shop, plan, artifact);
            write::first_pass(shop, image, &what, &take, self.base, codec(plan.compression))
        } else {
            let index = |layer: &&ImageLayer| write::index(shop, image, layer, &what, Trust::Artifact);
            let indexes: Result<_, _> = self.layers.iter().map(|one| index(one).map(Arc::new)).collect();
            indexes.map(|indexes| (indexes, None))
        };
        read.map_err(about_artifact(plan, artifact))
    }
}

/// An artifact's layer as it was laid out.
struct Job<'a> {
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
    contents: &'a LayerContents,
    inputs: Vec<Digest>,
}

impl Job<'_> {
    /// Whether both give the same bytes.
    fn is_like(&self, other: &Self) -> bool {
        self.plan.compression == other.plan.compression
            && self.inputs == other.inputs
            && self.contents.writes_the_same(&other.contents.operations)
    }

    fn run(&self, shop: &Workshop<'_>, guessed: &[Guessed]) -> Result<WrittenLayer, AssembleError> {
        let (plan, artifact) = (self.plan, self.artifact);
        let codec = codec(plan.compression);
        if let Some(right) = guessed.iter().find(|one| one.is_right(codec, &self.inputs, self.contents)) {
            return Ok(right.layer);
        }
        write::artifact(shop, &artifact.image, &label(plan, artifact), self.contents, codec)
            .map_err(about_artifact(plan, artifact))
    }
}

/// Writes the layers of the artifacts of every image, each once; gives nothing for those that hold nothing.
pub(super) fn write(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
    guessed: &[Guessed],
) -> Result<Vec<Vec<Option<WrittenLayer>>>, AssembleError> {
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let mut which = Vec::new();
    for (order, one) in orders.iter().zip(laid_out) {
        let mut of_image = Vec::new();
        for (artifact, contents) in order.plan.artifacts.iter().zip(&one.artifacts) {
            if contents.is_empty() {
                of_image.push(None);
                continue;
            }
            let job = Job { plan: order.plan, artifact, contents, inputs: write::inputs(&artifact.image) };
            of_image.push(Some(jobs.iter().position(|known| known.is_like(&job)).unwrap_or(jobs.len())));
            if of_image.last() == Some(&Some(jobs.len())) {
                jobs.push(job);
            }
        }
        which.push(of_image);
    }
    let written = super::all(jobs.par_iter().map(|job| job.run(shop, guessed)).collect())?;
    let layers = |of_image: Vec<Option<usize>>| of_image.into_iter().map(|job| Some(written[job?])).collect();
    Ok(which.into_iter().map(layers).collect())
}
