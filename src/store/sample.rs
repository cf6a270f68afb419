//! Small images for tests, and layouts of any content.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::interrupt::Interrupt;
use crate::layer::{BlobSource, SourceError};
use crate::limits::Limits;
use crate::oci::annotations::REF_NAME;
use crate::oci::{
    Annotations, Compression, Descriptor, Digest, ImageConfig, Index, IndexEntry, Manifest, MediaType,
    Platform, json as documents,
};

use super::layout;
use super::write::Copying;
use crate::image::{Publication, PublishedImage, PublishedLayer};

/// Blobs in memory; what they hold need not be what they are called.
#[derive(Default)]
pub(super) struct Memory(pub(super) BTreeMap<Digest, Vec<u8>>);

impl BlobSource for Memory {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let bytes = self.0.get(&descriptor.digest).ok_or_else(|| layout::absent(descriptor))?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    }
}

/// A tar of one file.
pub(super) fn tar(text: &str) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(text.len() as u64);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, format!("file-{text}"), text.as_bytes()).unwrap();
    builder.into_inner().unwrap()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn layer(text: &str, compression: Compression) -> PublishedLayer {
    let tar = tar(text);
    let stored = match compression {
        Compression::None => tar.clone(),
        Compression::Gzip => gzip(&tar),
        Compression::Zstd => zstd::encode_all(tar.as_slice(), 3).unwrap(),
    };
    let descriptor = Descriptor::of(MediaType::Layer(compression), &stored);
    let blob = Arc::new(Memory(BTreeMap::from([(descriptor.digest, stored)])));
    PublishedLayer {
        descriptor,
        diff_id: Digest::of(&tar),
        uncompressed: tar.len() as u64,
        blob,
        is_new: true,
    }
}

pub(super) fn image(platform: &str, layers: Vec<PublishedLayer>) -> PublishedImage {
    let platform: Platform = platform.parse().unwrap();
    let mut config = ImageConfig::empty(&platform);
    for layer in &layers {
        config.push_layer(layer.diff_id, "1980-01-01T00:00:00Z", "test");
    }
    let config = config.to_bytes();
    let descriptors = layers.iter().map(|layer| layer.descriptor.clone()).collect();
    let described = Descriptor::of(MediaType::Config, &config);
    let manifest = documents::to_bytes(&Manifest::new(described, descriptors, Annotations::new()));
    PublishedImage { platform, manifest, config, layers }
}

pub(super) fn publication(images: Vec<PublishedImage>) -> Publication {
    let entry = |image: &PublishedImage| {
        IndexEntry::new(Descriptor::of(MediaType::Manifest, &image.manifest), &image.platform)
    };
    let index = Index::new(images.iter().map(entry).collect(), Annotations::new());
    Publication { index: documents::to_bytes(&index), images }
}

/// An image of two platforms that share a layer; every compression occurs.
pub(super) fn two_platforms(text: &str) -> Publication {
    let own = |platform: &str, compression| {
        let own = layer(&format!("{text}-{platform}").replace('/', "-"), compression);
        image(platform, vec![layer("shared", Compression::Gzip), own])
    };
    publication(vec![own("linux/amd64", Compression::Zstd), own("linux/arm64", Compression::None)])
}

pub(super) fn one_platform(text: &str) -> Publication {
    let Publication { images, .. } = two_platforms(text);
    publication(images.into_iter().take(1).collect())
}

static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);
static NO_INTERRUPT: LazyLock<Interrupt> = LazyLock::new(Interrupt::default);

pub(super) fn copying() -> Copying<'static> {
    Copying { staging: None, progress: &|_| (), limits: &LIMITS, interrupt: &NO_INTERRUPT }
}

/// Everything below a directory: paths, modes and contents.
pub(super) fn snapshot(dir: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if metadata.is_dir() {
            let below = snapshot(&path).into_iter().map(|(path, found)| (format!("{name}/{path}"), found));
            found.extend(below);
        }
        found.insert(name, (metadata.mode(), content));
    }
    found
}

/// A layout whose documents are written by hand.
pub(super) struct HandMade<'a>(pub(super) &'a Path);

impl HandMade<'_> {
    /// Adds a blob and gives its descriptor.
    pub(super) fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        self.blob_called(&digest, bytes);
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    pub(super) fn blob_called(&self, digest: &Digest, bytes: &[u8]) {
        let path = self.0.join(layout::blob_path(digest));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn document(&self, media_type: &str, document: &Value) -> Value {
        self.blob(media_type, &documents::to_bytes(document))
    }

    /// Adds an image of one layer and gives its manifest's descriptor.
    pub(super) fn image(&self, platform: &str, layer: Value) -> Value {
        let (os, architecture) = platform.split_once('/').unwrap();
        let config = json!({"os": os, "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"tar").to_string()]}});
        let config = self.document(MediaType::Config.as_str(), &config);
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
        self.document(MediaType::Manifest.as_str(), &manifest)
    }

    /// Adds an index of these entries and gives its descriptor.
    pub(super) fn index(&self, entries: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "manifests": entries});
        self.document(MediaType::Index.as_str(), &index)
    }

    /// Writes `index.json`, each entry with its name.
    pub(super) fn tagged(&self, entries: &[(&str, Value)]) {
        let named = |(name, entry): &(&str, Value)| {
            let mut entry = entry.clone();
            entry["annotations"] = json!({REF_NAME: name});
            entry
        };
        let entries: Vec<_> = entries.iter().map(named).collect();
        fs::write(self.0.join(layout::MARKER), layout::MARKER_CONTENT).unwrap();
        let index = json!({"schemaVersion": 2, "manifests": entries});
        fs::write(self.0.join(layout::INDEX), documents::to_bytes(&index)).unwrap();
    }
}

/// A descriptor with a platform, as an index has it.
pub(super) fn on(platform: &str, mut descriptor: Value) -> Value {
    let (os, architecture) = platform.split_once('/').unwrap();
    descriptor["platform"] = json!({"os": os, "architecture": architecture});
    descriptor
}
