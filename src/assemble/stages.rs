//! The stages of a build, each over all images at once.
//!
//! 1. The bases' layers are indexed.
//! 2. Artifacts that nobody read yet are read once: indexed, and written as it seems they will be.
//! 3. What every layer holds is laid out from the indexes alone.
//! 4. What is not written yet as it was laid out is written now.
//! 5. Configs and manifests are put together.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::accounts::{self, Additions};
use super::error::{AssembleError, Fault};
use super::image::{self, AssembledImage, AssembledLayer, Origin};
use super::indexes::Indexes;
use super::write::{self, Made};
use super::{Workshop, config};
use crate::contents::{self, LayerContents, Take, View};
use crate::layer::{BlobSource, Codec, LayerIndex, Trust, Warning, WrittenLayer};
use crate::oci::{Compression, Digest};
use crate::plan::{ArtifactPlan, ImagePlan, Target};
use crate::spec::Place;
use crate::store::{Image, ImageLayer};

/// An image to be assembled, and the target it is for.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// The image.
    pub plan: &'a ImagePlan,
    /// The target.
    pub target: &'a Target,
}

/// Assembles images, in the order they are given.
///
/// The first error in that order is reported, whichever came first in time.
pub fn assemble(shop: &Workshop<'_>, orders: &[Order<'_>]) -> Result<Vec<AssembledImage>, AssembleError> {
    let mut indexes = Indexes::default();
    index_bases(shop, orders, &mut indexes)?;
    let bases = first(orders.par_iter().map(|order| base_view(order, &indexes)).collect())?;
    let mut made = read_artifacts(shop, orders, &bases, &mut indexes)?;
    let laid_out = orders.par_iter().zip(&bases).map(|(order, base)| lay_out(shop, order, base, &indexes));
    let laid_out = first(laid_out.collect())?;
    write_missing(shop, orders, &laid_out, &mut made)?;
    let states = write_states(shop, orders, &laid_out)?;
    let finished = orders.iter().zip(laid_out).zip(states);
    first(finished.map(|((order, one), state)| finish(shop, order, one, state, &made, &indexes)).collect())
}

/// What the layers of an image will hold.
struct LaidOut {
    artifacts: Vec<LayerContents>,
    additions: Additions,
    state: LayerContents,
    dangling: Vec<Vec<contents::Dangling>>,
}

impl LaidOut {
    /// Whether both state layers have the same bytes.
    fn has_state_of(&self, other: &Self) -> bool {
        let digests = |one: &Self| -> Vec<_> {
            one.additions
                .contents
                .iter()
                .map(|content| content.as_ref().map(|content| content.file))
                .collect()
        };
        self.state.writes_the_same(&other.state.operations) && digests(self) == digests(other)
    }
}

fn first<T>(results: Vec<Result<T, AssembleError>>) -> Result<Vec<T>, AssembleError> {
    results.into_iter().collect()
}

fn codec(compression: Compression) -> Codec {
    match compression {
        Compression::Gzip => Codec::Gzip,
        Compression::Zstd | Compression::None => Codec::Zstd,
    }
}

/// Says what an error is about.
fn about<'a>(
    plan: &'a ImagePlan,
    subject: &'a str,
    place: Option<Place>,
) -> impl Fn(Fault) -> AssembleError + use<'a> {
    move |fault| AssembleError { platform: plan.platform.clone(), subject: subject.to_owned(), place, fault }
}

fn about_base<'a>(order: &Order<'a>) -> impl Fn(Fault) -> AssembleError + use<'a> {
    let Order { plan, target } = *order;
    move |fault| about(plan, &format!("base {}", target.base), Some(target.base_place))(fault)
}

fn about_artifact<'a>(
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
) -> impl Fn(Fault) -> AssembleError + use<'a> {
    move |fault| {
        let place = match &fault {
            Fault::Artifact(contents::ArtifactError::Nothing { number, .. }) => {
                artifact.include_places[*number]
            }
            _ => artifact.place,
        };
        let (platform, subject) = (plan.platform.clone(), format!("artifact {}", artifact.source));
        AssembleError { platform, subject, place: Some(place), fault }
    }
}

fn index_bases(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    indexes: &mut Indexes,
) -> Result<(), AssembleError> {
    let mut seen = HashSet::new();
    let mut jobs: Vec<(&Order<'_>, &Image, &ImageLayer)> = Vec::new();
    for order in orders {
        let Some(base) = &order.plan.base else { continue };
        let new = base.layers.iter().filter(|layer| seen.insert(layer.descriptor.digest));
        jobs.extend(new.map(|layer| (order, base, layer)));
    }
    let read = jobs.par_iter().map(|(order, base, layer)| {
        let what = format!("base {}", order.plan.platform);
        write::index(shop, base, layer, &what, Trust::Base).map_err(about_base(order))
    });
    let read: Vec<LayerIndex> = first(read.collect())?;
    for ((_, _, layer), index) in jobs.into_iter().zip(read) {
        indexes.insert(Trust::Base, layer, Arc::new(index));
    }
    Ok(())
}

fn base_view(order: &Order<'_>, indexes: &Indexes) -> Result<View, AssembleError> {
    let Some(base) = &order.plan.base else { return Ok(View::default()) };
    let layers = indexes.all(Trust::Base, &base.layers).expect("every layer of every base is indexed");
    View::of(layers.iter().map(|index| &**index)).map_err(Fault::from).map_err(about_base(order))
}

/// An artifact of one platform, to be read for the first time.
struct Unread<'a> {
    plan: &'a ImagePlan,
    artifact: &'a ArtifactPlan,
    base: &'a View,
    /// Its layers, where other artifacts have some of them too and it is only indexed.
    index_only: Option<Vec<&'a ImageLayer>>,
}

/// Reads artifacts: each layer once, and those that share none with another are written on the way.
fn read_artifacts(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    bases: &[View],
    indexes: &mut Indexes,
) -> Result<Vec<Made>, AssembleError> {
    let mut seen: HashSet<Digest> = HashSet::new();
    let mut jobs = Vec::new();
    for (order, base) in orders.iter().zip(bases) {
        for artifact in &order.plan.artifacts {
            let layers = &artifact.image.layers;
            let new: Vec<&ImageLayer> =
                layers.iter().filter(|one| seen.insert(one.descriptor.digest)).collect();
            if new.is_empty() {
                continue;
            }
            let index_only = (shop.two_passes || new.len() < layers.len()).then_some(new);
            jobs.push(Unread { plan: order.plan, artifact, base, index_only });
        }
    }
    let read = first(jobs.par_iter().map(|job| read_artifact(shop, job)).collect())?;
    let mut made = Vec::new();
    for (job, (read, written)) in jobs.iter().zip(read) {
        let layers: Vec<&ImageLayer> = match &job.index_only {
            Some(layers) => layers.clone(),
            None => job.artifact.image.layers.iter().collect(),
        };
        for (layer, index) in layers.into_iter().zip(read) {
            indexes.insert(Trust::Artifact, layer, index);
        }
        made.extend(written);
    }
    Ok(made)
}

type Read = (Vec<Arc<LayerIndex>>, Option<Made>);

fn read_artifact(shop: &Workshop<'_>, job: &Unread<'_>) -> Result<Read, AssembleError> {
    let image = &job.artifact.image;
    let what = label(job.plan, job.artifact);
    let read = match &job.index_only {
        None => {
            let codec = codec(job.plan.compression);
            write::first_pass(shop, image, &what, &take(shop, job.plan, job.artifact), job.base, codec)
        }
        Some(layers) => {
            let index =
                |layer: &&ImageLayer| write::index(shop, image, layer, &what, Trust::Artifact).map(Arc::new);
            layers.iter().map(index).collect::<Result<_, _>>().map(|indexes| (indexes, None))
        }
    };
    read.map_err(about_artifact(job.plan, job.artifact))
}

fn label(plan: &ImagePlan, artifact: &ArtifactPlan) -> String {
    format!("{} {}", artifact.source, plan.platform)
}

fn take(shop: &Workshop<'_>, plan: &ImagePlan, artifact: &ArtifactPlan) -> Take {
    Take {
        selection: artifact.selection.clone(),
        uid: artifact.uid,
        gid: artifact.gid,
        to: artifact.to.clone(),
        latest: plan.latest.map(|time| time.seconds()),
        allow: shop.allow,
    }
}

/// Lays out every layer of an image on the view of those below it.
fn lay_out(
    shop: &Workshop<'_>,
    order: &Order<'_>,
    base: &View,
    indexes: &Indexes,
) -> Result<LaidOut, AssembleError> {
    let plan = order.plan;
    let mut view = base.clone();
    let mut artifacts = Vec::new();
    for artifact in &plan.artifacts {
        shop.interrupt.check().map_err(Fault::from).map_err(about_artifact(plan, artifact))?;
        let layers = indexes.all(Trust::Artifact, &artifact.image.layers).expect("every artifact is indexed");
        let contents = contents::artifact(&layers, &take(shop, plan, artifact), &view);
        let contents = contents.map_err(Fault::from).map_err(about_artifact(plan, artifact))?;
        view.apply_contents(&contents);
        artifacts.push(contents);
    }
    let additions = accounts::additions(plan, &view).map_err(|error| {
        about(plan, "accounts", accounts::place(&plan.accounts, &error))(Fault::from(error))
    })?;
    let latest = plan.latest.map(|time| time.seconds());
    let state =
        contents::state(&additions.list, &view, base.layers(), shop.allow, latest).map_err(|error| {
            let place = additions.places[error.number()];
            about(plan, "paths", place)(Fault::from(error))
        })?;
    view.apply_contents(&state);
    let dangling = artifacts.iter().chain([&state]).map(|one| contents::dangling(one, &view)).collect();
    Ok(LaidOut { artifacts, additions, state, dangling })
}

/// Writes the artifacts' layers that are not written yet as they were laid out, each once.
fn write_missing(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
    made: &mut Vec<Made>,
) -> Result<(), AssembleError> {
    let mut jobs: Vec<(&ImagePlan, &ArtifactPlan, &LayerContents)> = Vec::new();
    for (order, one) in orders.iter().zip(laid_out) {
        for (artifact, contents) in order.plan.artifacts.iter().zip(&one.artifacts) {
            let (codec, inputs) = (codec(order.plan.compression), write::inputs(&artifact.image));
            let is_planned = |(plan, other, planned): &(&ImagePlan, &ArtifactPlan, &LayerContents)| {
                plan.compression == order.plan.compression
                    && write::inputs(&other.image) == inputs
                    && contents.writes_the_same(&planned.operations)
            };
            let is_made = made.iter().any(|made| made.serves(codec, &inputs, contents));
            if !contents.is_empty() && !is_made && !jobs.iter().any(is_planned) {
                jobs.push((order.plan, artifact, contents));
            }
        }
    }
    let written = jobs.par_iter().map(|(plan, artifact, contents)| {
        let what = label(plan, artifact);
        write::artifact(shop, &artifact.image, &what, contents, codec(plan.compression))
            .map_err(about_artifact(plan, artifact))
    });
    made.extend(first(written.collect())?);
    Ok(())
}

/// Writes the state layers, those that are the same once.
fn write_states(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
) -> Result<Vec<Option<WrittenLayer>>, AssembleError> {
    let is_same = |a: usize, b: usize| {
        orders[a].plan.compression == orders[b].plan.compression && laid_out[a].has_state_of(&laid_out[b])
    };
    let like: Vec<usize> = (0..orders.len()).map(|n| (0..n).find(|m| is_same(*m, n)).unwrap_or(n)).collect();
    let written = (0..orders.len()).into_par_iter().map(|number| {
        let (plan, one) = (orders[number].plan, &laid_out[number]);
        if like[number] != number || one.state.is_empty() {
            return Ok(None);
        }
        let written = write::state(shop, &one.state, &one.additions.contents, codec(plan.compression));
        written.map(Some).map_err(about(plan, "accounts and files", None))
    });
    let written = first(written.collect())?;
    Ok(like.into_iter().map(|number| written[number]).collect())
}

fn finish(
    shop: &Workshop<'_>,
    order: &Order<'_>,
    one: LaidOut,
    state: Option<WrittenLayer>,
    made: &[Made],
    indexes: &Indexes,
) -> Result<AssembledImage, AssembleError> {
    let plan = order.plan;
    let mut layers = base_layers(plan, indexes);
    let staged: Arc<dyn BlobSource> = Arc::new(shop.staging.clone());
    let mut dangling = one.dangling.into_iter();
    let mut push = |origin, layer: &WrittenLayer, contents: LayerContents, dangling| {
        layers.push(AssembledLayer {
            origin,
            descriptor: image::layer_descriptor(plan.compression, layer),
            diff_id: layer.diff_id,
            uncompressed: layer.uncompressed,
            files: contents.files(),
            blob: Arc::clone(&staged),
            findings: contents.findings,
            dangling,
        });
    };
    for (number, (artifact, contents)) in plan.artifacts.iter().zip(one.artifacts).enumerate() {
        let dangling = dangling.next().unwrap_or_default();
        let (codec, inputs) = (codec(plan.compression), write::inputs(&artifact.image));
        if let Some(made) = made.iter().find(|made| made.serves(codec, &inputs, &contents)) {
            push(Origin::Artifact(number), &made.layer, contents, dangling);
        }
    }
    if let Some(layer) = state {
        push(Origin::State, &layer, one.state, dangling.next().unwrap_or_default());
    }
    let image = image::image(shop, plan, order.target.base_name.as_deref(), config::config(plan), layers);
    let mut image = image.map_err(about(plan, "manifest", None))?;
    image.warnings = warnings(plan, indexes);
    Ok(image)
}

/// What was tolerated of an image's inputs.
fn warnings(plan: &ImagePlan, indexes: &Indexes) -> Vec<(String, Warning)> {
    let base = plan.base.iter().map(|base| (Trust::Base, base, "base".to_owned()));
    let artifacts =
        plan.artifacts.iter().map(|one| (Trust::Artifact, &one.image, format!("artifact {}", one.source)));
    let of = |(trust, image, subject): (Trust, &Image, String)| {
        let layers = indexes.all(trust, &image.layers).unwrap_or_default();
        let all = layers.iter().flat_map(|index| index.warnings.clone()).collect::<Vec<_>>();
        all.into_iter().map(move |warning| (subject.clone(), warning))
    };
    base.chain(artifacts).flat_map(of).collect()
}

/// The base's layers, byte for byte as they are.
fn base_layers(plan: &ImagePlan, indexes: &Indexes) -> Vec<AssembledLayer> {
    let Some(base) = &plan.base else { return Vec::new() };
    let known = indexes.all(Trust::Base, &base.layers).expect("every layer of every base is indexed");
    let layer = |(layer, index): (&ImageLayer, Arc<LayerIndex>)| AssembledLayer {
        origin: Origin::Base,
        descriptor: layer.descriptor.clone(),
        diff_id: layer.diff_id,
        uncompressed: index.size,
        files: index.files(),
        blob: Arc::clone(&base.blobs),
        findings: Vec::new(),
        dangling: Vec::new(),
    };
    base.layers.iter().zip(known).map(layer).collect()
}
