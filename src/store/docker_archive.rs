//! Archives as `docker save` writes them, old and new, read where they lie.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::file_error::At;
use crate::layer::{BlobSource, DocumentReadError, SourceError, VerifyError};
use crate::limits::Limits;
use crate::oci::{
    Annotations, Compression, Descriptor, Digest, Hasher, ImageConfig, MediaType, Platform, json,
};

use super::image::{self, Image, ImageLayer};
use super::image_error::{FormatProblem, ImageError};
use super::image_name::tagged;
use super::layout;
use super::members::{Members, Span};

/// One image of a docker archive.
pub(super) struct DockerImage {
    members: Arc<Members>,
    config_digest: Digest,
    config: ImageConfig,
    layers: Vec<String>,
}

/// An image in an archive's `manifest.json`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

const MANIFEST: &str = "manifest.json";

impl DockerImage {
    /// Opens the image `name` of the archive `path`; without a name, the only one.
    pub(super) fn open(path: &Path, name: Option<&str>, limits: &Limits) -> Result<Self, ImageError> {
        let members = Members::scan(path, limits)?;
        let span = members.find(MANIFEST)?;
        let span = span.ok_or_else(|| members.problem(FormatProblem::NoFile(MANIFEST)))?;
        let listed = listed(&members.bytes(span, limits.document_bytes)?)
            .map_err(|problem| members.problem(FormatProblem::Content(problem)))?;
        let chosen = choose(&listed, name, members.place())?.clone();
        let span = file(&members, &chosen.config)?;
        let bytes = members.bytes(span, limits.document_bytes)?;
        let config_digest = Digest::of(&bytes);
        if let Some(expected) = digest_of_path(&chosen.config).filter(|digest| *digest != config_digest) {
            let error = VerifyError::Digest { expected, found: config_digest };
            return Err(DocumentReadError::Verify(Box::new(error)).into());
        }
        let config = ImageConfig::parse(&bytes)
            .map_err(|source| ImageError::Config { digest: config_digest, source })?;
        let layers = chosen.layers.unwrap_or_default();
        Ok(Self { members: Arc::new(members), config_digest, config, layers })
    }

    /// The platform it is for.
    pub(super) fn platform(&self) -> &Platform {
        self.config.platform()
    }

    /// The image; compressed layers whose digest is not known are read once.
    pub(super) fn image(&self, limits: &Limits) -> Result<Image, ImageError> {
        image::check_layers(self.config_digest, self.layers.len(), &self.config, limits)?;
        let mut spans = BTreeMap::new();
        let mut layers = Vec::new();
        for (path, diff_id) in self.layers.iter().zip(self.config.diff_ids()) {
            let span = file(&self.members, path)?;
            let descriptor = self.descriptor(path, span, diff_id)?;
            spans.insert(descriptor.digest, span);
            layers.push(ImageLayer { descriptor, diff_id: *diff_id });
        }
        Ok(Image {
            platform: self.platform().clone(),
            manifest: None,
            annotations: Annotations::new(),
            config: self.config.clone(),
            layers,
            blobs: Arc::new(DockerBlobs { members: Arc::clone(&self.members), spans }),
        })
    }

    /// The descriptor of a layer's bytes as they are stored.
    fn descriptor(&self, path: &str, span: Span, diff_id: &Digest) -> Result<Descriptor, ImageError> {
        let mut magic = Vec::new();
        self.members.reader(span).take(4).read_to_end(&mut magic).at(self.members.place())?;
        let compression = match magic.as_slice() {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
            _ => Compression::None,
        };
        let digest = match (compression, digest_of_path(path)) {
            (Compression::None, _) => *diff_id,
            (_, Some(digest)) if path.starts_with("blobs/") => digest,
            _ => self.hash(span)?,
        };
        Ok(Descriptor::new(MediaType::Layer(compression), digest, span.size))
    }

    fn hash(&self, span: Span) -> Result<Digest, ImageError> {
        let mut hasher = Hasher::default();
        io::copy(&mut self.members.reader(span), &mut hasher).at(self.members.place())?;
        Ok(hasher.finish())
    }
}

/// Reads a `manifest.json`.
fn listed(bytes: &[u8]) -> Result<Vec<Listed>, String> {
    let text = |error: json::JsonError| error.to_string();
    let value = json::parse(bytes).map_err(text)?;
    for image in value.as_array().into_iter().flatten().filter_map(Value::as_object) {
        json::exact_keys(image, &["Config", "RepoTags", "Layers"]).map_err(text)?;
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
    members: Arc<Members>,
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
