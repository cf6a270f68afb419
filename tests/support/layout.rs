//! Image layouts as tests look at them: by their bytes, without the readers of the library.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Image;

/// The annotation that names an image in a layout.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// An image layout.
pub(crate) struct Layout(PathBuf);

impl Layout {
    pub(crate) fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.0
    }

    /// The names of its images, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries().iter().map(|entry| text(&entry["annotations"][REF_NAME])).collect()
    }

    /// The descriptor of what has a name.
    pub(crate) fn named(&self, name: &str) -> Value {
        let found = self.entries().into_iter().find(|entry| entry["annotations"][REF_NAME] == name);
        found.unwrap_or_else(|| panic!("{} has no image {name}, but {:?}", self.0.display(), self.names()))
    }

    /// The index that has a name.
    pub(crate) fn index(&self, name: &str) -> Value {
        self.document(&self.named(name))
    }

    /// The image of one platform, such as `linux/amd64`, in the index that has a name.
    pub(crate) fn image(&self, name: &str, platform: &str) -> Image {
        let index = self.index(name);
        let entries = array(&index["manifests"]);
        let entry = entries.iter().find(|entry| platform_of(&entry["platform"]) == platform);
        self.read(entry.unwrap_or_else(|| panic!("{name} is not for {platform}: {index:#}")))
    }

    /// The image of a manifest.
    fn read(&self, manifest: &Value) -> Image {
        let document = self.document(manifest);
        let config = self.document(&document["config"]);
        let layers = array(&document["layers"]).iter().map(|layer| self.blob(layer)).collect();
        Image { digest: text(&manifest["digest"]), manifest: document, config, layers }
    }

    /// A JSON document that is a blob, and calls itself what its descriptor does.
    fn document(&self, descriptor: &Value) -> Value {
        let document: Value = serde_json::from_slice(&self.blob(descriptor)).expect("documents are JSON");
        if let Some(found) = document.get("mediaType") {
            assert_eq!(found, &descriptor["mediaType"]);
        }
        document
    }

    /// The bytes of a blob, which have its digest and size.
    pub(crate) fn blob(&self, descriptor: &Value) -> Vec<u8> {
        let expected = text(&descriptor["digest"]);
        let bytes = fs::read(blob_path(&self.0, &expected)).expect("the blob is there");
        assert_eq!(digest(&bytes), expected);
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    }

    /// Fails where any digest, size or diff ID is wrong, or a blob is there that nothing names.
    pub(crate) fn assert_whole(&self) {
        let mut named = BTreeSet::new();
        for entry in self.entries() {
            named.insert(text(&entry["digest"]));
            for manifest in array(&self.document(&entry)["manifests"]) {
                let image = self.read(manifest);
                image.assert_whole();
                assert_eq!(platform_of(&manifest["platform"]), platform_of(&image.config));
                let below = [manifest, &image.manifest["config"]];
                let below = below.into_iter().chain(array(&image.manifest["layers"]));
                named.extend(below.map(|descriptor| text(&descriptor["digest"])));
            }
        }
        let files = fs::read_dir(self.0.join("blobs/sha256")).expect("a layout has blobs");
        let name = |file: fs::DirEntry| format!("sha256:{}", file.file_name().display());
        let there: BTreeSet<String> = files.map(|file| name(file.expect("blobs can be listed"))).collect();
        assert_eq!(there, named);
    }

    fn entries(&self) -> Vec<Value> {
        let index = fs::read(self.0.join("index.json")).expect("the layout has an index");
        let index: Value = serde_json::from_slice(&index).expect("the index is JSON");
        array(&index["manifests"]).clone()
    }
}

/// Where a layout has a blob.
pub(crate) fn blob_path(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs").join(digest.replace(':', "/"))
}

/// A digest as documents write it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// `linux/amd64` from the fields of a platform or a config; the variant of arm64 says nothing.
fn platform_of(fields: &Value) -> String {
    format!("{}/{}", text(&fields["os"]), text(&fields["architecture"]))
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub(super) fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}
