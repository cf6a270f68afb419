//! Artifacts' layers: read once and written on the way where that suffices, else written as they were laid out.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::blame::{about_artifact, label};
use super::error::{AssembleError, Fault};
use super::indexes::Indexes;
use super::key::{self, Inputs};
use super::known::{self, MadeLayer};
use super::layout::{ArtifactLayer, LaidOut, Layout, take};
use super::write::{self, Guessed};
use super::{Order, Workshop, codec};
use crate::image::ImageLayer;
use crate::layer::{LayerIndex, Trust};
use crate::oci::Digest;
use crate::plan::{ArtifactPlan, ImagePlan};

/// An artifact of one platform, to be read for the first time.
struct Unread<'a> {
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
    layout: &'a Layout<'a>,
    /// The layers that nobody else reads.
    layers: Vec<&'a ImageLayer>,
    /// Whether these are all of its layers, so that its layer of ours can be guessed on the way.
    guess: bool,
}

/// Reads all artifacts, each layer once; those that share none with another are written on the way.
pub(super) fn read(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    layouts: &[Layout<'_>],
    indexes: &Indexes,
) -> Result<Vec<Guessed>, AssembleError> {
    let mut seen: HashSet<Digest> = HashSet::new();
    let mut jobs = Vec::new();
    for (order, layout) in orders.iter().zip(layouts) {
        for artifact in &order.plan.artifacts {
            let all = &artifact.image.layers;
            let layers: Vec<_> = all.iter().filter(|one| seen.insert(one.descriptor.digest)).collect();
            if layers.is_empty() {
                continue;
            }
            let guess = !shop.two_passes && layers.len() == all.len();
            jobs.push(Unread { plan: order.plan, artifact, layout, layers, guess });
        }
    }
    let read = super::all(jobs.par_iter().map(|job| job.run(shop, indexes)).collect())?;
    Ok(read.into_iter().flatten().collect())
}

impl Unread<'_> {
    /// Indexes the layers, and gives what was guessed.
    fn run(&self, shop: &Workshop<'_>, indexes: &Indexes) -> Result<Option<Guessed>, AssembleError> {
        let (read, guessed) = self.read(shop).map_err(about_artifact(self.plan, self.artifact))?;
        for (layer, index) in self.layers.iter().zip(read) {
            indexes.insert(Trust::Artifact, layer, index);
        }
        self.layout.advance();
        Ok(guessed)
    }

    /// The indexes of the layers, the lowest first, and what was guessed.
    fn read(&self, shop: &Workshop<'_>) -> Result<(Vec<Arc<LayerIndex>>, Option<Guessed>), Fault> {
        let (plan, artifact) = (self.plan, self.artifact);
        let (image, what) = (&artifact.image, label(plan, artifact));
        let known = |one: &&ImageLayer| known::index(shop, one, Trust::Artifact);
        let known: Vec<_> = self.layers.iter().map(known).collect();
        if self.guess && known.iter().all(Option::is_none) {
            let (take, view) = (take(shop, plan, artifact), self.layout.view());
            return write::first_pass(shop, image, &what, &take, &view, codec(plan.compression));
        }
        let index = |(known, one): (Option<Arc<LayerIndex>>, &&ImageLayer)| match known {
            Some(index) => Ok(index),
            None => write::read_index(shop, image, one, &what, Trust::Artifact),
        };
        let indexes: Result<_, _> = known.into_iter().zip(&self.layers).map(index).collect();
        Ok((indexes?, None))
    }
}

/// An artifact's layer as it was laid out.
struct Job<'a> {
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
    layer: &'a ArtifactLayer,
    inputs: Vec<Digest>,
}

impl Job<'_> {
    /// Whether both give the same bytes.
    fn is_like(&self, other: &Self) -> bool {
        self.plan.compression == other.plan.compression
            && self.inputs == other.inputs
            && self.layer.contents.writes_the_same(&other.layer.contents.operations)
    }

    fn run(&self, shop: &Workshop<'_>, guessed: &[Guessed]) -> Result<MadeLayer, AssembleError> {
        let (plan, artifact) = (self.plan, self.artifact);
        let codec = codec(plan.compression);
        let key = key::layer(codec, self.layer.fingerprint(), Inputs::Layers(&self.inputs));
        if let Some(right) = guessed.iter().find(|one| one.key == key) {
            return Ok(known::keep_layer(shop, &key, right.layer));
        }
        if let Some(made) = known::layer(shop, &key) {
            return Ok(made);
        }
        let written =
            write::artifact(shop, &artifact.image, &label(plan, artifact), &self.layer.contents, codec);
        Ok(known::keep_layer(shop, &key, written.map_err(about_artifact(plan, artifact))?))
    }
}

/// Writes the layers of the artifacts of every image, each once; gives nothing for those that hold nothing.
pub(super) fn write(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
    guessed: &[Guessed],
) -> Result<Vec<Vec<Option<MadeLayer>>>, AssembleError> {
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let mut which = Vec::new();
    for (order, one) in orders.iter().zip(laid_out) {
        let mut of_image = Vec::new();
        for (artifact, layer) in order.plan.artifacts.iter().zip(&one.artifacts) {
            if layer.contents.is_empty() {
                of_image.push(None);
                continue;
            }
            let job = Job { plan: order.plan, artifact, layer, inputs: write::inputs(&artifact.image) };
            of_image.push(Some(jobs.iter().position(|known| known.is_like(&job)).unwrap_or(jobs.len())));
            if of_image.last() == Some(&Some(jobs.len())) {
                jobs.push(job);
            }
        }
        which.push(of_image);
    }
    let written = super::all(jobs.par_iter().map(|job| job.run(shop, guessed)).collect())?;
    let layers =
        |of_image: Vec<Option<usize>>| of_image.into_iter().map(|job| Some(written[job?].clone())).collect();
    Ok(which.into_iter().map(layers).collect())
}
