//! Layers and a config to a manifest.

use std::sync::Arc;

use super::Workshop;
use super::error::Fault;
use crate::contents::{Dangling, Finding};
use crate::emulate::{Note, Reason};
use crate::layer::{BlobSource, Warning, WrittenLayer};
use crate::oci::{
    Compression, Descriptor, Digest, ImageConfig, Manifest, MediaType, Platform, annotations, json,
};
use crate::plan::ImagePlan;
use crate::provision::Provision;
use crate::rootfs::RootPath;
use crate::store::KeptBlob;

/// An image of one platform, ready to be published.
pub struct AssembledImage {
    /// The platform.
    pub platform: Platform,
    /// The manifest's descriptor.
    pub descriptor: Descriptor,
    /// The manifest.
    pub manifest: Vec<u8>,
    /// The config, as it is.
    pub config: ImageConfig,
    /// The config's bytes.
    pub config_bytes: Vec<u8>,
    /// The layers, base first.
    pub layers: Vec<AssembledLayer>,
    /// The packages that were added, where some were asked for.
    pub packages: Option<AddedPackages>,
    /// What was tolerated of its inputs' layers, and in which input.
    pub warnings: Vec<(String, Warning)>,
}

/// Packages that were added to an image.
#[derive(Clone)]
pub struct AddedPackages {
    /// The packages, and where they come from.
    pub provision: Arc<Provision>,
    /// What they want and do not get.
    pub notes: Vec<Note>,
    /// What was generated for them, and why.
    pub generated: Vec<(RootPath, Reason)>,
}

/// A layer of an assembled image.
#[derive(Clone)]
pub struct AssembledLayer {
    /// Where it comes from.
    pub origin: Origin,
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// The digest of its tar.
    pub diff_id: Digest,
    /// Bytes of its tar.
    pub uncompressed: u64,
    /// Files, links and devices in it.
    pub files: usize,
    /// Who has its bytes.
    pub blob: Arc<dyn BlobSource>,
    /// The store's blob, where an earlier build made the layer.
    pub kept: Option<KeptBlob>,
    /// What people want to know of it.
    pub findings: Vec<Finding>,
    /// Links in it that lead nowhere.
    pub dangling: Vec<Dangling>,
}

/// Where a layer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The base, as it was.
    Base,
    /// Packages of the base's distribution.
    Packages,
    /// An artifact, by its place in the list of this platform.
    Artifact(usize),
    /// The customization itself.
    State,
}

/// The descriptor of a layer of ours.
pub(super) fn layer_descriptor(compression: Compression, layer: &WrittenLayer) -> Descriptor {
    Descriptor::new(MediaType::Layer(compression), layer.digest, layer.size)
}

/// Puts a manifest together.
pub(super) fn image(
    shop: &Workshop<'_>,
    plan: &ImagePlan,
    base_name: Option<&str>,
    mut config: ImageConfig,
    layers: Vec<AssembledLayer>,
) -> Result<AssembledImage, Fault> {
    if layers.len() > shop.limits.layers {
        return Err(Fault::Layers { found: layers.len(), limit: shop.limits.layers });
    }
    let created = plan.created.to_string();
    for layer in &layers {
        if let Some(created_by) = created_by(plan, &layer.origin) {
            config.push_layer(layer.diff_id, &created, &created_by);
        }
    }
    let config_bytes = config.to_bytes();
    let mut annotations = plan.runtime.annotations.clone();
    if let Some(name) = base_name {
        annotations.insert(annotations::BASE_NAME.to_owned(), name.to_owned());
    }
    if let Some(base) = plan.base.as_ref().and_then(|base| base.manifest.as_ref()) {
        annotations.insert(annotations::BASE_DIGEST.to_owned(), base.digest.to_string());
    }
    let descriptors = layers.iter().map(|layer| layer.descriptor.clone()).collect();
    let config_descriptor = Descriptor::of(MediaType::Config, &config_bytes);
    let manifest = json::to_bytes(&Manifest::new(config_descriptor, descriptors, annotations));
    let limits = shop.limits;
    for (what, document, limit) in [
        ("config", &config_bytes, limits.document_bytes),
        ("manifest", &manifest, limits.written_document_bytes),
    ] {
        let found = document.len() as u64;
        if found > limit {
            return Err(Fault::Document { what, found, limit });
        }
    }
    let descriptor = Descriptor::of(MediaType::Manifest, &manifest);
    let platform = plan.platform.clone();
    Ok(AssembledImage {
        platform,
        descriptor,
        manifest,
        config,
        config_bytes,
        layers,
        packages: None,
        warnings: Vec::new(),
    })
}

/// What the history says of a layer of ours; nothing for the base's, whose history stays.
fn created_by(plan: &ImagePlan, origin: &Origin) -> Option<String> {
    match origin {
        Origin::Base => None,
        Origin::Packages => Some("overcoat: packages".to_owned()),
        Origin::Artifact(number) => Some(format!("overcoat: artifact {}", plan.artifacts[*number].label)),
        Origin::State => Some("overcoat: accounts and files of the customization".to_owned()),
    }
}
