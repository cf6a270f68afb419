//! Layers of very many entries, made as they are needed.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::Tar;

/// A layer that was made, as it is stored.
pub(crate) struct Made {
    pub(crate) blob: Vec<u8>,
    pub(crate) diff_id: String,
}

/// The media type of what [`many`] makes.
pub(crate) const ZSTD_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// A layer of this many entries, always the same: small files that all differ, fifty in a directory, with paths as long as a
/// distribution's.
pub(crate) fn many(entries: usize) -> Made {
    let mut hasher = Sha256::new();
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("zstd can start");
    let mut write = |tar: &[u8]| {
        hasher.update(tar);
        encoder.write_all(tar).expect("memory can be written");
    };
    write(&Tar::of(&["usr/", "usr/share/", "usr/share/doc/"]).blocks());
    for number in 3..entries {
        let package = (number - 3) / 51;
        let dir = format!("usr/share/doc/libexample{package:06}-dev/");
        let tar = match (number - 3) % 51 {
            0 => Tar::of(&[&dir]),
            _ => Tar::default().file(&format!("{dir}file-{number:07}.html"), 0o644, &format!("{number}\n")),
        };
        write(&tar.blocks());
    }
    write(&Tar::default().finish());
    let blob = encoder.finish().expect("memory can be written");
    Made { blob, diff_id: format!("sha256:{}", hex::encode(hasher.finalize())) }
}
