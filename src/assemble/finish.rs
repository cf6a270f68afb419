//! Written layers to images.

use std::sync::Arc;

use super::blame::about;
use super::error::AssembleError;
use super::image::{self, AddedPackages, AssembledImage, AssembledLayer, Origin};
use super::indexes::Indexes;
use super::known::MadeLayer;
use super::layout::LaidOut;
use super::{Order, Workshop, config};
use crate::contents::{Dangling, LayerContents};
use crate::image::{Image, ImageLayer};
use crate::layer::{LayerIndex, Trust, Warning};
use crate::plan::ImagePlan;

/// The layers of ours of an image: packages, one for each artifact, and the state layer; nothing where it holds nothing.
pub(super) struct Written {
    pub(super) packages: Option<MadeLayer>,
    pub(super) artifacts: Vec<Option<MadeLayer>>,
    pub(super) state: Option<MadeLayer>,
}

/// Puts an image together.
pub(super) fn finish(
    shop: &Workshop<'_>,
    order: &Order<'_>,
    one: LaidOut,
    written: Written,
    indexes: &Indexes,
) -> Result<AssembledImage, AssembleError> {
    let plan = order.plan;
    let mut layers = base_layers(plan, indexes);
    if let Some(made) = written.packages {
        layers.push(layer(shop, plan, Origin::Packages, made, &one.payload, Vec::new()));
    }
    let origins = (0..plan.artifacts.len()).map(Origin::Artifact).chain([Origin::State]);
    let written = written.artifacts.into_iter().chain([written.state]);
    let contents = one.artifacts.iter().map(|layer| &layer.contents).chain([&one.state]);
    for (((origin, written), contents), dangling) in origins.zip(written).zip(contents).zip(one.dangling) {
        if let Some(written) = written {
            layers.push(layer(shop, plan, origin, written, contents, dangling));
        }
    }
    let fragments = one.provision.as_ref().map_or(&[][..], |provision| &provision.fragments);
    let image =
        image::image(shop, plan, order.target.base_name.as_deref(), config::config(plan, fragments), layers);
    let mut image = image.map_err(about(plan, "manifest", None))?;
    image.warnings = warnings(plan, indexes);
    let (notes, generated) = (one.notes, one.generated);
    image.packages = one.provision.map(|provision| AddedPackages { provision, notes, generated });
    Ok(image)
}

fn layer(
    shop: &Workshop<'_>,
    plan: &ImagePlan,
    origin: Origin,
    made: MadeLayer,
    contents: &LayerContents,
    dangling: Vec<Dangling>,
) -> AssembledLayer {
    AssembledLayer {
        origin,
        descriptor: image::layer_descriptor(plan.compression, &made.layer),
        diff_id: made.layer.diff_id,
        uncompressed: made.layer.uncompressed,
        files: contents.files(),
        blob: made.blob(shop),
        kept: made.kept,
        findings: contents.findings.clone(),
        dangling,
    }
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
        kept: None,
        findings: Vec::new(),
        dangling: Vec::new(),
    };
    base.layers.iter().zip(known).map(layer).collect()
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
