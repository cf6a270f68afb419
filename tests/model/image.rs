//! Images in layouts: written from layers of the model, and read back into such.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fs::{Attributes, Kind, join, name, parent};
use super::layer::{Item, Layer, What};

const OPAQUE: &str = ".wh..wh..opq";

/// A directory that holds an image layout under construction.
pub(crate) struct Layout {
    pub(crate) dir: PathBuf,
    index: Vec<Value>,
}

impl Layout {
    pub(crate) fn new(dir: PathBuf) -> Self {
        fs::create_dir_all(dir.join("blobs/sha256")).unwrap();
        fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        Self { dir, index: Vec::new() }
    }

    /// Adds an image of these layers.
    pub(crate) fn add(&mut self, tag: &str, layers: &[Layer]) {
        self.add_below(tag, layers, &[]);
    }

    /// Adds an image of these layers and, above them, of such as were built, byte for byte.
    pub(crate) fn add_below(&mut self, tag: &str, layers: &[Layer], above: &[ReadLayer]) {
        let tars: Vec<Vec<u8>> = layers.iter().map(|layer| tar(layer)).collect();
        let diff_ids =
            tars.iter().map(|tar| digest(tar)).chain(above.iter().map(|layer| layer.diff_id.clone()));
        let diff_ids: Vec<String> = diff_ids.collect();
        let blobs = tars.iter().map(|tar| gzip(tar)).chain(above.iter().map(|layer| layer.blob.clone()));
        let layers: Vec<Value> =
            blobs.map(|blob| self.blob("application/vnd.oci.image.layer.v1.tar+gzip", &blob)).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": layers,
        });
        let mut entry =
            self.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        self.index.push(entry);
        let index = json!({"schemaVersion": 2, "manifests": self.index});
        fs::write(self.dir.join("index.json"), index.to_string()).unwrap();
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        fs::write(blob_path(&self.dir, &digest), bytes).unwrap();
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn blob_path(dir: &Path, digest: &str) -> PathBuf {
    dir.join("blobs").join(digest.replacen(':', "/", 1))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A layer's tar, its items in their order.
pub(crate) fn tar(layer: &[Item]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for item in layer {
        append(&mut builder, item);
    }
    builder.into_inner().unwrap()
}

fn append(builder: &mut tar::Builder<Vec<u8>>, Item { path, what, attributes }: &Item) {
    let xattrs = attributes.xattrs.iter().map(|(name, value)| (format!("SCHILY.xattr.{name}"), value));
    let xattrs: Vec<_> = xattrs.collect();
    builder
        .append_pax_extensions(xattrs.iter().map(|(key, value)| (key.as_str(), value.as_slice())))
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_mode(attributes.mode);
    header.set_uid(attributes.owner.0.into());
    header.set_gid(attributes.owner.1.into());
    header.set_mtime(attributes.mtime as u64);
    header.set_size(0);
    let mut content: &[u8] = &[];
    let (flag, name) = match what {
        What::Thing(Kind::Directory) => {
            (tar::EntryType::Directory, if path.is_empty() { "./".to_owned() } else { format!("{path}/") })
        }
        What::Thing(Kind::File(bytes)) => {
            content = bytes;
            header.set_size(bytes.len() as u64);
            (tar::EntryType::Regular, path.clone())
        }
        What::Thing(Kind::Symlink(target)) => {
            header.set_link_name_literal(target).unwrap();
            (tar::EntryType::Symlink, path.clone())
        }
        What::Thing(Kind::Fifo) => (tar::EntryType::Fifo, path.clone()),
        What::Thing(Kind::Device(major, minor)) => {
            header.set_device_major(*major).unwrap();
            header.set_device_minor(*minor).unwrap();
            (tar::EntryType::Char, path.clone())
        }
        What::Hardlink(target) => {
            header.set_link_name_literal(target).unwrap();
            (tar::EntryType::Link, path.clone())
        }
        What::Whiteout => (tar::EntryType::Regular, join(parent(path), &format!(".wh.{}", name(path)))),
        What::Opaque => (tar::EntryType::Regular, join(path, OPAQUE)),
    };
    header.set_entry_type(flag);
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

/// An image as it was read back.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) layers: Vec<ReadLayer>,
}

/// A layer as it was read back.
pub(crate) struct ReadLayer {
    pub(crate) digest: String,
    diff_id: String,
    blob: Vec<u8>,
    pub(crate) items: Layer,
    /// The names in its tar, as they are spelled.
    pub(crate) names: Vec<String>,
}

impl Image {
    /// Reads the only image below the entry of a tag, each layer to its last byte.
    pub(crate) fn read(dir: &Path, tag: &str) -> Self {
        let index: Value = read_json(&dir.join("index.json"));
        let entries = index["manifests"].as_array().unwrap();
        let is_tagged = |entry: &&Value| entry["annotations"]["org.opencontainers.image.ref.name"] == *tag;
        let mut document = read_blob(dir, entries.iter().find(is_tagged).expect("the tag is there"));
        if let Some(images) = document["manifests"].as_array() {
            assert_eq!(images.len(), 1);
            document = read_blob(dir, &images[0]);
        }
        let layers = document["layers"].as_array().unwrap().iter();
        Self { layers: layers.map(|layer| read_layer(dir, layer)).collect() }
    }
}

impl std::fmt::Debug for ReadLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.items.fmt(f)
    }
}

impl ReadLayer {
    /// A layer of these items, as it is read.
    pub(crate) fn of(items: &[Item]) -> Self {
        let tar = tar(items);
        let blob = gzip(&tar);
        Self::read(&tar, blob)
    }

    /// A layer of this tar and blob.
    pub(crate) fn read(tar: &[u8], blob: Vec<u8>) -> Self {
        let (items, names) = read_tar(tar);
        Self { digest: digest(&blob), diff_id: digest(tar), blob, items, names }
    }
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn read_blob(dir: &Path, descriptor: &Value) -> Value {
    read_json(&blob_path(dir, descriptor["digest"].as_str().unwrap()))
}

fn read_layer(dir: &Path, descriptor: &Value) -> ReadLayer {
    let blob = fs::read(blob_path(dir, descriptor["digest"].as_str().unwrap())).unwrap();
    let mut tar = Vec::new();
    match descriptor["mediaType"].as_str().unwrap() {
        kind if kind.ends_with("+gzip") => _ = MultiGzDecoder::new(&blob[..]).read_to_end(&mut tar).unwrap(),
        kind if kind.ends_with("+zstd") => tar = zstd::decode_all(&blob[..]).unwrap(),
        kind => panic!("{kind}"),
    }
    ReadLayer::read(&tar, blob)
}

/// The items of a tar, which has to end with two zero blocks and nothing behind them.
fn read_tar(tar: &[u8]) -> (Layer, Vec<String>) {
    let (mut items, mut names, mut end) = (Vec::new(), Vec::new(), 0);
    let mut archive = tar::Archive::new(tar);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        end = entry.raw_file_position() + entry.size().next_multiple_of(512);
        names.push(String::from_utf8(entry.path_bytes().into_owned()).unwrap());
        items.push(item(&mut entry));
    }
    assert_eq!(tar[end as usize..], [0; 1024], "a layer ends with two zero blocks");
    (items, names)
}

fn item<R: Read>(entry: &mut tar::Entry<'_, R>) -> Item {
    let mut xattrs = BTreeMap::new();
    for extension in entry.pax_extensions().unwrap().into_iter().flatten() {
        let extension = extension.unwrap();
        if let Some(name) = extension.key().unwrap().strip_prefix("SCHILY.xattr.") {
            xattrs.insert(name.to_owned(), extension.value_bytes().to_vec());
        }
    }
    let spelled = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
    let path = spelled.trim_start_matches("./").trim_end_matches('/').to_owned();
    let link = entry.link_name_bytes().map(|link| String::from_utf8(link.into_owned()).unwrap());
    let header = entry.header();
    let attributes = Attributes {
        mode: header.mode().unwrap(),
        owner: (header.uid().unwrap() as u32, header.gid().unwrap() as u32),
        mtime: header.mtime().unwrap() as i64,
        xattrs,
    };
    let device = (header.device_major(), header.device_minor());
    let (path, what) = match header.entry_type() {
        _ if name(&path) == OPAQUE => (parent(&path).to_owned(), What::Opaque),
        _ if name(&path).starts_with(".wh.") => {
            (join(parent(&path), &name(&path)[".wh.".len()..]), What::Whiteout)
        }
        tar::EntryType::Directory => (path, What::Thing(Kind::Directory)),
        tar::EntryType::Symlink => (path, What::Thing(Kind::Symlink(link.expect("a link has a target")))),
        tar::EntryType::Link => (path, What::Hardlink(link.expect("a link has a target"))),
        tar::EntryType::Fifo => (path, What::Thing(Kind::Fifo)),
        tar::EntryType::Char => {
            let number =
                |number: std::io::Result<Option<u32>>| number.unwrap().expect("a device has numbers");
            (path, What::Thing(Kind::Device(number(device.0), number(device.1))))
        }
        tar::EntryType::Regular => {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (path, What::Thing(Kind::File(content)))
        }
        other => panic!("{spelled} is {other:?}"),
    };
    Item { path, what, attributes }
}
