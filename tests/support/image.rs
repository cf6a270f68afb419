//! An image of one platform, and the tars of its layers.

use std::io::Read;

use serde_json::Value;

use super::layout::{array, digest, text};

/// An image whose documents and layers are what their descriptors say.
pub(crate) struct Image {
    pub(crate) digest: String,
    pub(crate) manifest: Value,
    pub(crate) config: Value,
    /// The layers as they are stored.
    pub(crate) layers: Vec<Vec<u8>>,
}

impl Image {
    /// An execution parameter, such as `Entrypoint`.
    pub(crate) fn run(&self, key: &str) -> &Value {
        &self.config["config"][key]
    }

    /// Fails where a layer does not have its diff ID, or the history not one entry for each.
    pub(crate) fn assert_whole(&self) {
        let diff_ids = array(&self.config["rootfs"]["diff_ids"]);
        let found: Vec<Value> = (0..self.layers.len()).map(|n| digest(&self.tar(n)).into()).collect();
        assert_eq!(&found, diff_ids);
        let history = array(&self.config["history"]).iter();
        assert_eq!(history.filter(|entry| entry["empty_layer"] != true).count(), diff_ids.len());
    }

    /// The tar of a layer, the lowest being 0.
    pub(crate) fn tar(&self, number: usize) -> Vec<u8> {
        let bytes = self.layers[number].as_slice();
        let mut tar = Vec::new();
        let media_type = text(&self.manifest["layers"][number]["mediaType"]);
        let read = match media_type.rsplit_once('+').map(|(_, codec)| codec) {
            Some("gzip") => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut tar),
            Some("zstd") => zstd::Decoder::new(bytes).expect("zstd can start").read_to_end(&mut tar),
            _ => std::io::Cursor::new(bytes).read_to_end(&mut tar),
        };
        read.expect("the layer is intact");
        tar
    }

    /// What is in a layer, a line for each entry: `-rw-r--r-- 0:0 etc/passwd`.
    pub(crate) fn list(&self, number: usize) -> String {
        let tar = self.tar(number);
        let mut archive = tar::Archive::new(tar.as_slice());
        let entries = archive.entries().expect("the layer is a tar");
        entries.map(|entry| line(&entry.expect("entries are sound"))).collect()
    }

    /// The content of a file of a layer.
    pub(crate) fn file(&self, number: usize, path: &str) -> Option<String> {
        let tar = self.tar(number);
        let mut archive = tar::Archive::new(tar.as_slice());
        let entries = archive.entries().expect("the layer is a tar").map(|entry| entry.expect("it is sound"));
        let mut found = entries.into_iter().find(|entry| *entry.path_bytes() == *path.as_bytes())?;
        let mut content = String::new();
        found.read_to_string(&mut content).expect("the file is text");
        Some(content)
    }
}

fn line(entry: &tar::Entry<'_, &[u8]>) -> String {
    let header = entry.header();
    let number = |number: std::io::Result<u64>| number.expect("owners are numbers");
    let (uid, gid) = (number(header.uid()), number(header.gid()));
    let mode = header.mode().expect("modes are numbers");
    let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let target = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
    let (kind, arrow) = match header.entry_type() {
        tar::EntryType::Directory => ('d', ""),
        tar::EntryType::Symlink => ('l', " -> "),
        tar::EntryType::Link => ('h', " = "),
        tar::EntryType::Regular => ('-', ""),
        _ => ('?', ""),
    };
    format!("{kind}{mode:04o} {uid}:{gid} {path}{arrow}{}\n", target.unwrap_or_default())
}
