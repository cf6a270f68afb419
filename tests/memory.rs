//! How much memory a build takes at its peak.
//!
//! The limits allow layers of a million entries, and a build of one stays below 256 MiB. Tests are not optimized, so that they
//! try a fifth of that, with a share of the memory; `OVERCOAT_ENTRIES=999000` tries all of it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{Sandbox, ZSTD_LAYER, many};

#[test]
fn a_layer_of_a_million_entries_stays_below_256_mib() {
    let entries = std::env::var("OVERCOAT_ENTRIES").map_or(200_000, |text| text.parse().unwrap());
    let sandbox = Sandbox::new();
    let layer = many(entries);
    let descriptor = sandbox.blob("many", ZSTD_LAYER, &layer.blob);
    let manifest = sandbox.manifest("many", "amd64", &json!({}), &[descriptor], &[layer.diff_id]);
    sandbox.index("many", "1", &[manifest]);

    sandbox.spec_taking("oci:many:1", "**");
    let as_artifact = peak(&sandbox, "as-artifact");
    let image = sandbox.layout("as-artifact").image("1", "linux/amd64");
    assert_eq!(image.layers.len(), 2, "a layer of the base, and one with all that was taken");
    sandbox.spec_on("oci:many:1", "paths: [{type: directory, path: /usr/share/doc/mine}]");
    let as_base = peak(&sandbox, "as-base");

    // What a build takes for itself, and for each entry.
    let limit = 80.0 + 176.0 * entries as f64 / 1e6;
    println!(
        "{entries} entries: {as_artifact:.0} MiB as an artifact, {as_base:.0} MiB as a base, limit {limit:.0}"
    );
    assert!(as_artifact < limit, "an artifact of {entries} entries takes {as_artifact:.0} MiB");
    assert!(as_base < limit, "a base of {entries} entries takes {as_base:.0} MiB");
}

/// Builds `x.yaml` for amd64 into a layout, and gives the memory it took at its peak, in MiB.
fn peak(sandbox: &Sandbox, layout: &str) -> f64 {
    let output = format!("oci:{layout}:1");
    let args = ["build", "x.yaml", "-o", &output, "-j", "2", "--platform", "linux/amd64"];
    let mut child = sandbox.command(&args).stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        peak = resident(&child).unwrap_or(peak);
        thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    assert!(peak > 0.0, "nothing was measured");
    peak
}

/// The most memory that a running process had so far, which the system keeps.
fn resident(child: &Child) -> Option<f64> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
