//! Archives as `docker save` writes them, old and new, read where they lie.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::file_error::At;
use crate::interrupt::Interrupt;
use crate::layer::{BlobSource, DocumentReadError, SourceError, VerifyError};
use crate::limits::Limits;
use crate::oci::{Annotations, Compression, Descriptor, Digest, Hasher, ImageConfig, MediaType, json};

use super::image_name::tagged;
use super::layout;
use super::members::{Members, Span};
use crate::image::{FormatProblem, ImageError};
use crate::image::{Image, ImageLayer, check_layers};

/// An image in an archive's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

const MANIFEST: &str = "manifest.json";

/// Opens the image `name` of the archive `path`; without a name, the only one.
///
/// Compressed layers whose digests are not known are read once.
pub(super) fn open(
    path: &Path,
    name: Option<&str>,
    limits: &Limits,
    interrupt: &Interrupt,
) -> Result<Image, ImageError> {
    let members = Members::scan(path, limits)?;
    let span = members.find(MANIFEST)?;
    let span = span.ok_or_else(|| members.problem(FormatProblem::NoFile(MANIFEST)))?;
    let listed = listed(&members.bytes(span, limits.document_bytes)?)
        .map_err(|problem| members.problem(FormatProblem::Content(problem)))?;
    let chosen = choose(&listed, name, members.place())?;
    let config = config(&members, &chosen.config, limits)?;
    let paths = chosen.layers.as_deref().unwrap_or_default();
    check_layers(config.digest, paths.len(), &config.value, limits)?;
    let mut spans = BTreeMap::new();
    let mut layers = Vec::new();
    for (path, diff_id) in paths.iter().zip(config.value.diff_ids()) {
        let span = file(&members, path)?;
        let descriptor = descriptor(&members, path, span, diff_id, interrupt)?;
        spans.insert(descriptor.digest, span);
        layers.push(ImageLayer { descriptor, diff_id: *diff_id });
    }
    Ok(Image {
        platform: config.value.platform().clone(),
        manifest: None,
        annotations: Annotations::new(),
        config: config.value,
        layers,
        blobs: Arc::new(DockerBlobs { members, spans }),
    })
}

/// A config and the digest of its bytes.
struct Config {
    digest: Digest,
    value: ImageConfig,
}

fn config(members: &Members, path: &str, limits: &Limits) -> Result<Config, ImageError> {
    let bytes = members.bytes(file(members, path)?, limits.document_bytes)?;
    let digest = Digest::of(&bytes);
    if let Some(expected) = digest_of_path(path).filter(|expected| *expected != digest) {
        let error = VerifyError::Digest { expected, found: digest };
        return Err(DocumentReadError::Verify(Box::new(error)).into());
    }
    let value = ImageConfig::parse(&bytes).map_err(|source| ImageError::Config { digest, source })?;
    Ok(Config { digest, value })
}

/// The descriptor of a layer's bytes as they are stored.
fn descriptor(
    members: &Members,
    path: &str,
    span: Span,
    diff_id: &Digest,
    interrupt: &Interrupt,
) -> Result<Descriptor, ImageError> {
    let mut magic = Vec::new();
    members.reader(span).take(4).read_to_end(&mut magic).at(members.place())?;
    let compression = match magic.as_slice() {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
        _ => Compression::None,
    };
    let digest = match (compression, digest_of_path(path)) {
        (Compression::None, _) => *diff_id,
        (_, Some(digest)) if path.starts_with("blobs/") => digest,
        _ => {
            let mut hasher = Hasher::default();
            let mut reader = interrupt.reader(members.reader(span));
            io::copy(&mut reader, &mut hasher).at(members.place())?;
            hasher.finish()
        }
    };
    Ok(Descriptor::new(MediaType::Layer(compression), digest, span.size))
}

/// Reads a `manifest.json`.
fn listed(bytes: &[u8]) -> Result<Vec<Listed>, String> {
    let text = |error: json::JsonError| error.to_string();
    let value = json::parse(bytes).map_err(text)?;
    for image in value.as_array().into_iter().flatten().filter_map(Value::as_object) {
        json::exact_keys(image, ["Config", "RepoTags", "Layers"]).map_err(text)?;
    }
    json::typed(value).map_err(text)
}

/// The image that a name means; without a name, the only one.
fn choose<'a>(listed: &'a [Listed], name: Option<&str>, place: &str) -> Result<&'a Listed, ImageError> {
    let place = || place.to_owned();
    let same = |tag: &str, name: &str| tag == name || tagged(name).is_some_and(|n| tagged(tag) == Some(n));
    let fits =
        |image: &&Listed| name.is_none_or(|name| image.repo_tags.iter().flatten().any(|tag| same(tag, name)));
    let fitting: Vec<&Listed> = listed.iter().filter(fits).collect();
    let names = |images: &[&Listed]| -> Vec<String> {
        let tags = |image: &&Listed| image.repo_tags.clone().unwrap_or_default();
        let named = |image: &&Listed| match tags(image) {
            tags if tags.is_empty() => vec![image.config.clone()],
            tags => tags,
        };
        images.iter().flat_map(named).collect()
    };
    match (fitting.as_slice(), name) {
        ([first, rest @ ..], _) if rest.iter().all(|other| other.config == first.config) => Ok(first),
        ([], None) => Err(ImageError::Empty { place: place() }),
        ([], Some(name)) => {
            let there = names(&listed.iter().collect::<Vec<_>>());
            Err(ImageError::NameAbsent { place: place(), name: name.to_owned(), there })
        }
        (several, name) => {
            Err(ImageError::Several { place: place(), name: name.map(str::to_owned), there: names(several) })
        }
    }
}

fn file(members: &Members, path: &str) -> Result<Span, ImageError> {
    members.find(path)?.ok_or_else(|| members.problem(FormatProblem::Content(format!("`{path}` is missing"))))
}

/// The digest that a path of an archive ends in: `<hex>.json`, `blobs/sha256/<hex>`.
fn digest_of_path(path: &str) -> Option<Digest> {
    let name = path.rsplit('/').next()?;
    format!("sha256:{}", name.strip_suffix(".json").unwrap_or(name)).parse().ok()
}

/// The layers of one image of an archive.
struct DockerBlobs {
    members: Members,
    spans: BTreeMap<Digest, Span>,
}

impl BlobSource for DockerBlobs {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let span = self.spans.get(&descriptor.digest).ok_or_else(|| layout::absent(descriptor))?;
        Ok(Box::new(self.members.reader(*span)))
    }
}

#[cfg(test)]
mod tests;
