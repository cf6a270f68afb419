//! An image written to a new archive as `docker save` writes it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::image::{Publication, PublishedLayer};
use crate::layer::{LayerBlob, ReadErrorKind, Reading, Trust, Uncompressed};
use crate::limits::Budget;
use crate::oci::{Digest, json};
use crate::store::image_name::tagged;
use crate::store::output::OutputError;

use super::tar_file::{TarFile, Target, size};
use super::{Copying, WriteError};

/// The archive's one image, as `manifest.json` lists it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

/// Writes the archive: uncompressed layers, each once, the config, and last the list of both.
pub(super) fn write(
    file: &Path,
    names: &[String],
    publication: &Publication,
    copying: &Copying<'_>,
) -> Result<(), WriteError> {
    let [image] = publication.images.as_slice() else {
        let platforms = publication.images.iter().map(|image| image.platform.clone());
        return Err(OutputError::Platforms(platforms.collect()).into());
    };
    let full = |name: &String| tagged(name).ok_or_else(|| OutputError::Name(name.clone()));
    let repo_tags = names.iter().map(full).collect::<Result<_, _>>()?;
    let config = format!("{}.json", Digest::of(&image.config).hex());
    let paths = image.layers.iter().map(|layer| layer_path(&layer.diff_id)).collect();
    let list = json::to_bytes(&[Listed { config: config.clone(), repo_tags, layers: paths }]);
    let mut seen = BTreeSet::new();
    let layers: Vec<_> = image.layers.iter().filter(|layer| seen.insert(layer.diff_id)).collect();
    let documents = [image.config.len() as u64, list.len() as u64];
    let members = layers.iter().map(|layer| layer.uncompressed).chain(documents);
    let target = Target::open(file, size(members))?;
    let mut archive = target.begin()?;
    for layer in layers {
        copy_layer(&mut archive, layer, copying)?;
    }
    archive.bytes(&config, &image.config)?;
    archive.bytes("manifest.json", &list)?;
    archive.finish()
}

fn layer_path(diff_id: &Digest) -> String {
    format!("{}.tar", diff_id.hex())
}

fn copy_layer(
    archive: &mut TarFile<'_>,
    layer: &PublishedLayer,
    copying: &Copying<'_>,
) -> Result<(), WriteError> {
    let (digest, media_type) = (layer.descriptor.digest, &layer.descriptor.media_type);
    if media_type.layer_compression().is_none() {
        return Err(OutputError::LayerType(media_type.clone()).into());
    }
    let Copying { limits, interrupt, .. } = copying;
    // A build's own budget was spent when the layer was read first; this reader knows the size to expect.
    let budget = Budget::new(u64::MAX);
    let how = Reading { trust: Trust::Base, allow_devices: true, limits, budget: &budget, interrupt };
    let blob = LayerBlob { descriptor: layer.descriptor.clone(), diff_id: layer.diff_id };
    let mut tar =
        Uncompressed::open(&*layer.blob, &blob, layer.uncompressed, &how).map_err(|kind| match kind {
            ReadErrorKind::Source(error) => error.into(),
            kind => WriteError::Blob { digest, source: std::io::Error::other(kind) },
        })?;
    archive.stream(&layer_path(&layer.diff_id), layer.uncompressed, digest, &mut tar, copying)
}
