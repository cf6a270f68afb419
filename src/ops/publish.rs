//! Assembled images to indexes, and both to every output.

use std::sync::{Arc, Mutex};

use super::build::{BuildError, Wanted};
use super::workspace::Workspace;
use crate::assemble::{AssembledImage, AssembledLayer, Origin, Workshop};
use crate::image::{Publication, PublishedImage, PublishedLayer};
use crate::oci::{Annotations, Index, IndexEntry, annotations, json};
use crate::plan::{Plan, Target};
use crate::store::{self, Copying, Output};

/// The images of a target and their index.
pub(super) struct Made<'a> {
    pub(super) target: &'a Target,
    pub(super) images: Vec<AssembledImage>,
    pub(super) index: Vec<u8>,
}

/// Gives each target of a plan its images, which stand in their order, and makes the indexes.
pub(super) fn indexed(
    plan: &Plan,
    images: Vec<AssembledImage>,
    limit: u64,
) -> Result<Vec<Made<'_>>, BuildError> {
    let mut images = images.into_iter();
    let mut made = Vec::new();
    for target in &plan.targets {
        let images: Vec<_> = images.by_ref().take(target.images.len()).collect();
        let index = index(target, &images);
        let found = index.len() as u64;
        if found > limit {
            return Err(BuildError::IndexSize { found, limit });
        }
        made.push(Made { target, images, index });
    }
    Ok(made)
}

/// Writes what was made to every output.
pub(super) fn publish(
    made: &[Made<'_>],
    wanted: &Wanted,
    workspace: &Workspace,
    shop: &Workshop<'_>,
) -> Result<(), BuildError> {
    let publications: Vec<Publication> = made.iter().map(publication).collect();
    let several = wanted.several || made.len() > 1;
    for output in &wanted.outputs {
        for (made, publication) in made.iter().zip(&publications) {
            let names = names(made.target, several, output);
            for name in names.iter().filter(|_| wanted.several) {
                workspace.claim(&format!("{output} {name}"), &made.index)?;
            }
            write(&output.to_string(), output, &names, publication, shop)?;
        }
    }
    Ok(())
}

/// Removes from the store what the images have of it and is broken; false where nothing is.
pub(super) fn forget_broken(made: &[Made<'_>], shop: &Workshop<'_>) -> bool {
    let Some(store) = shop.store else { return false };
    let layers = made.iter().flat_map(|made| &made.images).flat_map(|image| &image.layers);
    let broken = layers.filter_map(|layer| layer.kept.as_ref()).filter(|kept| store.forget_broken(kept));
    broken.count() > 0
}

/// Writes an image to an output; `what` says it to whoever looks on.
pub(super) fn write(
    what: &str,
    output: &Output,
    names: &[String],
    publication: &Publication,
    shop: &Workshop<'_>,
) -> Result<(), BuildError> {
    let meter = Mutex::new(shop.progress.begin(what, output.bytes_of(publication)));
    let progress = |bytes| {
        if let Ok(mut meter) = meter.lock() {
            meter.advance(bytes);
        }
    };
    let copying = Copying {
        staging: Some(shop.staging),
        progress: &progress,
        limits: shop.limits,
        interrupt: shop.interrupt,
    };
    Ok(store::write(output, names, publication, &copying).map_err(Box::new)?)
}

/// The index of a target's images, in the order of their platforms.
fn index(target: &Target, images: &[AssembledImage]) -> Vec<u8> {
    let entry =
        |image: &AssembledImage| IndexEntry::new(image.descriptor.clone(), image.config.platform_fields());
    let mut annotations = Annotations::new();
    if let Some(name) = &target.base_name {
        annotations.insert(annotations::BASE_NAME.to_owned(), name.clone());
    }
    json::to_bytes(&Index::new(images.iter().map(entry).collect(), annotations))
}

/// What an output gets of a target.
pub(super) fn publication(made: &Made<'_>) -> Publication {
    let layer = |layer: &AssembledLayer| PublishedLayer {
        descriptor: layer.descriptor.clone(),
        diff_id: layer.diff_id,
        uncompressed: layer.uncompressed,
        blob: Arc::clone(&layer.blob),
        is_new: layer.origin != Origin::Base && layer.kept.is_none(),
    };
    let image = |image: &AssembledImage| PublishedImage {
        platform: image.platform.clone(),
        manifest: image.manifest.clone(),
        config: image.config_bytes.clone(),
        layers: image.layers.iter().map(layer).collect(),
    };
    Publication { index: made.index.clone(), images: made.images.iter().map(image).collect() }
}

/// What an image is called where the output says nothing: its tags, and full references where `several` could collide.
fn names(target: &Target, several: bool, output: &Output) -> Vec<String> {
    let is_full = several || matches!(output, Output::DockerArchive { .. });
    let name = |tag: &String| if is_full { format!("{}:{tag}", target.destination) } else { tag.clone() };
    target.tags.iter().map(name).collect()
}
