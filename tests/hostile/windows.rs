//! Zstd windows of many layers at a time.

use super::{Layer, MIB, header, odd};
use crate::support::{Sandbox, Tar, Zeros};

/// Bytes of a file that fills a window of 128 MiB and goes on.
const FILE: u64 = 140 << 20;

/// A layer of one file, whose decoder fills a window of 128 MiB.
fn layer(name: &str) -> Layer {
    let tar = Zeros { head: header(name, FILE), zeros: FILE + 1024 };
    Layer { codec: "+zstd", blob: tar.zstd(27), diff_id: tar.digest() }
}

#[test]
fn eight_large_windows_do_not_add_up() {
    let sandbox = Sandbox::new();
    let layers: Vec<_> = (0..8).map(|n| layer(&format!("file-{n}"))).collect();
    odd(&sandbox, "1", &layers);
    sandbox.spec_on("oci:odd:1", "platforms: [linux/amd64]\n");
    let args = ["build", "x.yaml", "-o", "oci:out", "--jobs", "8"];
    let Some(measured) = sandbox.run_measured(&args) else { return };
    println!("8 windows of 128 MiB: {} MiB", measured.peak / MIB);
    assert!(measured.peak < 320 * MIB, "{} MiB of 8 times 128", measured.peak / MIB);
    sandbox.layout("out").assert_whole();
}

#[test]
fn artifacts_with_large_windows_beside_others_are_written_in_any_codec() {
    for codec in ["zstd", "gzip"] {
        let sandbox = Sandbox::new();
        let mut spec = format!(
            "platforms: [linux/amd64]\ncompression: {}\ncontents:\n  artifacts:\n",
            codec.to_uppercase()
        );
        for n in 0..8 {
            let name = format!("file-{n}");
            // A thread that writes the others may help one that waits for nothing but compression.
            let other = || Layer::plain(Tar::default().file(&name, 0o644, &"text".repeat(6 << 20)).finish());
            odd(&sandbox, &n.to_string(), &[if n % 2 == 0 { layer(&name) } else { other() }]);
            spec += &format!("  - {{name: \"oci:odd:{n}\", includes: [\"**\"]}}\n");
        }
        sandbox.spec(&spec);
        let args = ["build", "x.yaml", "-o", "oci:out", "--jobs", "2", "--limit", "zstd-window-bytes=0"];
        let Some(measured) = sandbox.run_measured(&args) else { return };
        println!("4 windows of 128 MiB, one at a time, written as {codec}: {} MiB", measured.peak / MIB);
        assert!(measured.peak < 320 * MIB, "{codec}: {} MiB", measured.peak / MIB);
        assert_eq!(sandbox.layout("out").image("1_x", "linux/amd64").layers.len(), 9);
    }
}
