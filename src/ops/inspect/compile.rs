//! What was found to the report of it.

use super::report::{
    DescriptorReport, DocumentReport, InspectReport, InspectedLayer, InspectedPlatform, OtherReport,
    ReferrerReport, VERSION,
};
use super::{InspectError, Places};
use crate::image::{Found, Image, ImageDocuments};
use crate::oci::{Annotations, Compression, Descriptor, Digest, ImageConfig, IndexEntry, Platform, Referrer};

/// What BuildKit says of an attestation: what it is, and the manifest it is about.
const KIND: &str = "vnd.docker.reference.type";
const ABOUT: &str = "vnd.docker.reference.digest";

/// Documents of all platforms together, beside the largest that one may be.
const DOCUMENTS: u64 = 4;

/// Platforms without what refers to them, and the digests of their manifests.
pub(super) struct Seen(Vec<(InspectedPlatform, Option<Digest>)>);

impl Seen {
    /// What may be referred to: the index, where there is one, and the manifests.
    pub(super) fn subjects(&self, found: &Found) -> Vec<Digest> {
        found.index().map(|index| index.digest).into_iter().chain(self.manifests()).collect()
    }

    fn manifests(&self) -> impl Iterator<Item = Digest> {
        self.0.iter().filter_map(|(_, manifest)| *manifest)
    }
}

/// Looks at some platforms.
pub(super) fn platforms(
    found: &Found,
    wanted: &[Platform],
    places: &Places<'_>,
) -> Result<Seen, InspectError> {
    let limit = places.limits.document_bytes.saturating_mul(DOCUMENTS);
    let mut bytes = 0_u64;
    let mut seen = Vec::new();
    for platform in wanted {
        places.interrupt.check()?;
        let one = match found.documents(platform)? {
            Some(documents) => {
                let ImageDocuments { descriptor, manifest, .. } = &documents;
                bytes = bytes.saturating_add(descriptor.size).saturating_add(manifest.config.size);
                let digest = descriptor.digest;
                (of_documents(platform, documents), Some(digest))
            }
            None => (of_image(found.image(platform)?), None),
        };
        seen.push(one);
        if bytes > limit {
            return Err(InspectError::TooLarge { limit });
        }
    }
    Ok(Seen(seen))
}

/// The report of what was seen; `referrers` are those of its subjects, in their order.
pub(super) fn report(
    reference: String,
    found: &Found,
    seen: Seen,
    referrers: Vec<Vec<Referrer>>,
    is_whole: bool,
) -> InspectReport {
    let manifests: Vec<String> = seen.manifests().map(|digest| digest.to_string()).collect();
    let is_about =
        |other: &OtherReport| is_whole || other.about.as_ref().is_some_and(|about| manifests.contains(about));
    let mut referrers = referrers.into_iter().map(|list| list.iter().map(referrer).collect());
    let of_index = found.index().and_then(|_| referrers.next()).unwrap_or_default();
    let with_referrers = |(platform, manifest): (InspectedPlatform, Option<Digest>)| {
        let listed = manifest.and_then(|_| referrers.next());
        InspectedPlatform { referrers: listed.unwrap_or_default(), ..platform }
    };
    InspectReport {
        version: VERSION,
        reference,
        index: found.index().map(|descriptor| document(descriptor, found.index_annotations())),
        platforms: seen.0.into_iter().map(with_referrers).collect(),
        others: found.others().iter().map(other).filter(is_about).collect(),
        referrers: of_index,
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
