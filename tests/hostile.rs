//! Inputs that ask for too much: each ends with its code, within its memory, and leaves nothing behind.
//!
//! Memory is what the whole process had at most. How long a build takes is only guarded against hanging.

mod bombs;
mod headers;
mod shared;
mod specification;
mod windows;

use serde_json::json;

use crate::support::{LAYER, Sandbox, Tar, digest};

const MIB: u64 = 1 << 20;

/// A layer as it is stored.
struct Layer {
    /// What its media type ends in: nothing, `+gzip` or `+zstd`.
    codec: &'static str,
    blob: Vec<u8>,
    diff_id: String,
}

impl Layer {
    /// A tar as it is.
    fn plain(tar: Vec<u8>) -> Self {
        Self { codec: "", diff_id: digest(&tar), blob: tar }
    }

    /// A tar that is never read to its end, so that nobody looks at its diff ID.
    fn endless(codec: &'static str, blob: Vec<u8>) -> Self {
        Self { codec, blob, diff_id: digest(b"") }
    }
}

/// Makes an image of one platform of these layers: `oci:odd:TAG`.
fn odd(sandbox: &Sandbox, tag: &str, layers: &[Layer]) {
    let stored: Vec<_> = layers
        .iter()
        .map(|layer| sandbox.blob("odd", &format!("{LAYER}{}", layer.codec), &layer.blob))
        .collect();
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer.diff_id.clone()).collect();
    let manifest = sandbox.manifest("odd", "amd64", &json!({}), &stored, &diff_ids);
    sandbox.index("odd", tag, &[manifest]);
}

/// Holds that a layer is refused with this code as a base's and as an artifact's, below so many MiB.
fn refused(layer: Layer, code: &str, mib: u64, limits: &[&str]) {
    let sandbox = Sandbox::new();
    odd(&sandbox, "1", &[layer]);
    let args: Vec<&str> = limits.iter().flat_map(|limit| ["--limit", limit]).collect();
    let args = [&["build", "x.yaml", "-o", "oci:out", "--platform", "linux/amd64"], &args[..]].concat();
    let exit = if code.starts_with("E_LIMIT") { 5 } else { 3 };
    for role in ["base", "artifact"] {
        match role {
            "base" => sandbox.spec_on("oci:odd:1", ""),
            _ => sandbox.spec_taking("oci:odd:1", "**"),
        }
        let Some(measured) = sandbox.refused_measured(exit, &args) else { return };
        assert!(measured.stderr.starts_with(&format!("error[{code}]: ")), "{role}: {}", measured.stderr);
        assert!(measured.stderr.len() < 10_000, "{role}: an input fills the screen");
        println!("{code} of a layer of this {role}: {} MiB", measured.peak / MIB);
        assert!(measured.peak < mib * MIB, "{role} of {code}: {} MiB", measured.peak / MIB);
    }
}

/// The header of a file that says it has so many bytes, which do not follow.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A PAX header of these bytes, and a file after it.
fn pax(records: &[u8]) -> Vec<u8> {
    let tar = Tar::default().entry(tar::EntryType::XHeader, "pax", 0o644, "", records);
    tar.file("file", 0o644, "").finish()
}
