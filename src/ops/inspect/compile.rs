//! What was found to the report of it.

use super::InspectError;
use super::report::{
    DescriptorReport, DocumentReport, InspectReport, InspectedLayer, InspectedPlatform, OtherReport,
    ReferrerReport, VERSION,
};
use crate::image::{Found, Image, ImageDocuments};
use crate::oci::{Annotations, Compression, Descriptor, Digest, ImageConfig, IndexEntry, Platform, Referrer};

/// Finds what refers to each of some manifests.
type Referrers<'a> = &'a dyn Fn(&[Digest]) -> Result<Vec<Vec<Referrer>>, InspectError>;

/// What BuildKit says of an attestation: what it is, and the manifest it is about.
const KIND: &str = "vnd.docker.reference.type";
const ABOUT: &str = "vnd.docker.reference.digest";

/// The report of all platforms, or of those that are wanted.
pub(super) fn report(
    reference: String,
    found: &Found,
    wanted: &[Platform],
    referrers: Referrers<'_>,
) -> Result<InspectReport, InspectError> {
    let platforms = if wanted.is_empty() { found.platforms() } else { wanted.to_vec() };
    let mut platforms: Vec<_> = platforms.iter().map(|one| platform(found, one)).collect::<Result<_, _>>()?;
    let index = found.index().map(|descriptor| document(descriptor, found.index_annotations()));
    // One question for all: a layout is opened once.
    let manifests = platforms.iter().filter_map(|(_, manifest)| *manifest);
    let subjects: Vec<Digest> =
        found.index().map(|index| index.digest).into_iter().chain(manifests).collect();
    let mut listed = referrers(&subjects)?.into_iter().map(|list| list.iter().map(referrer).collect());
    let of_index = found.index().and_then(|_| listed.next()).unwrap_or_default();
    for (platform, _) in platforms.iter_mut().filter(|(_, manifest)| manifest.is_some()) {
        platform.referrers = listed.next().unwrap_or_default();
    }
    let others = found.others().iter().map(other);
    let is_about = |other: &OtherReport| {
        let about = |digest: &Digest| other.about.as_deref() == Some(digest.to_string().as_str());
        wanted.is_empty() || platforms.iter().filter_map(|(_, manifest)| manifest.as_ref()).any(about)
    };
    Ok(InspectReport {
        version: VERSION,
        reference,
        index,
        others: others.filter(is_about).collect(),
        platforms: platforms.into_iter().map(|(platform, _)| platform).collect(),
        referrers: of_index,
    })
}

/// The report of a platform but for its referrers, and the digest of its manifest.
fn platform(found: &Found, platform: &Platform) -> Result<(InspectedPlatform, Option<Digest>), InspectError> {
    match found.documents(platform)? {
        Some(documents) => {
            let digest = documents.descriptor.digest;
            Ok((of_documents(platform, documents), Some(digest)))
        }
        None => Ok((of_image(found.image(platform)?), None)),
    }
}

fn of_documents(platform: &Platform, documents: ImageDocuments) -> InspectedPlatform {
    let ImageDocuments { descriptor: manifest, manifest: content, config } = documents;
    let layers = content.layers.iter().zip(config.diff_ids());
    InspectedPlatform {
        manifest: Some(document(&manifest, Some(&content.annotations))),
        config: Some(descriptor(&content.config)),
        ..of_config(platform, &config, layers.map(|(layer, diff_id)| self::layer(layer, diff_id)).collect())
    }
}

fn of_image(image: Image) -> InspectedPlatform {
    let layers = image.layers.iter().map(|one| layer(&one.descriptor, &one.diff_id));
    of_config(&image.platform, &image.config, layers.collect())
}

fn of_config(platform: &Platform, config: &ImageConfig, layers: Vec<InspectedLayer>) -> InspectedPlatform {
    let other = Some(config.platform()).filter(|other| *other != platform);
    InspectedPlatform {
        platform: platform.to_string(),
        config_platform: other.map(Platform::to_string),
        manifest: None,
        config: None,
        created: config.created().map(str::to_owned),
        run: config.run_parameters(),
        // The sizes are said by others: their sum may be more than a number holds.
        size: layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.descriptor.size)),
        layers,
        referrers: Vec::new(),
    }
}

fn layer(layer: &Descriptor, diff_id: &Digest) -> InspectedLayer {
    let compression = layer.media_type.layer_compression().map(|compression| match compression {
        Compression::None => "none",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    });
    InspectedLayer {
        descriptor: descriptor(layer),
        diff_id: diff_id.to_string(),
        compression,
        urls: layer.urls.clone(),
        annotations: layer.annotations.clone(),
    }
}

fn other(entry: &IndexEntry) -> OtherReport {
    let annotations = &entry.descriptor.annotations;
    OtherReport {
        descriptor: descriptor(&entry.descriptor),
        platform: entry.platform().map(|platform| platform.to_string()),
        kind: annotations.get(KIND).cloned(),
        about: annotations.get(ABOUT).cloned(),
        annotations: annotations.clone(),
    }
}

fn referrer(referrer: &Referrer) -> ReferrerReport {
    ReferrerReport {
        descriptor: descriptor(&referrer.descriptor),
        artifact_type: referrer.artifact_type.clone(),
        annotations: referrer.descriptor.annotations.clone(),
    }
}

fn document(document: &Descriptor, annotations: Option<&Annotations>) -> DocumentReport {
    DocumentReport { descriptor: descriptor(document), annotations: annotations.cloned().unwrap_or_default() }
}

fn descriptor(descriptor: &Descriptor) -> DescriptorReport {
    DescriptorReport {
        media_type: descriptor.media_type.as_str().to_owned(),
        digest: descriptor.digest.to_string(),
        size: descriptor.size,
    }
}
