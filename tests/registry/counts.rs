//! How many requests builds cost, and how many bytes of blobs: the numbers are those of today, and no accident.
//!
//! The registry's log and what `--json` says of the traffic have to agree.

mod cases;
mod tokens;

use std::collections::BTreeSet;

use serde_json::Value;

use super::scene::Scene;
use crate::support::registry::Log;

/// A build, and what it cost.
struct Cost {
    report: Value,
    log: Log,
}

impl Scene {
    /// A build of `x.yaml` that is pushed, and what it cost.
    fn cost(&self, file: &str) -> Cost {
        let (report, log) = self.pushed(file, &[]);
        Cost { report, log }.checked()
    }
}

impl Cost {
    /// Fails where the log and the report do not agree.
    fn checked(self) -> Self {
        let traffic = &self.report["traffic"];
        let (up, down) = self.log.blob_bytes();
        assert_eq!(traffic["requests"], self.log.len(), "{}", self.kinds());
        assert_eq!(
            (&traffic["blobBytesOut"], &traffic["blobBytesIn"]),
            (&up.into(), &down.into()),
            "{}",
            self.kinds()
        );
        self
    }

    /// Requests by kind, and then the bytes of blobs up and down.
    fn kinds(&self) -> String {
        let (up, down) = self.log.blob_bytes();
        let (all, kinds) = (self.log.len(), super::scene::kinds(&self.log));
        format!("{kinds}{all:>3} in all, {up} bytes up, {down} bytes down\n")
    }

    /// The sizes of the blobs of the images that were made, each counted once: configs, layers of the base, layers of ours.
    fn sizes(&self) -> Sizes {
        let mut seen = BTreeSet::new();
        let mut sizes = Sizes::default();
        let mut size = |blob: &Value, bytes: &str| match seen.insert(blob["digest"].to_string()) {
            true => blob[bytes].as_u64().expect("a size is a number"),
            false => 0,
        };
        let list = |value: &Value| value.as_array().expect("it is a list").clone();
        for platform in list(&self.report["targets"]).iter().flat_map(|target| list(&target["platforms"])) {
            sizes.configs += size(&platform["config"], "size");
            for layer in list(&platform["layers"]) {
                let of = if layer["source"] == "base" { &mut sizes.base } else { &mut sizes.own };
                *of += size(&layer, "compressed");
            }
        }
        sizes
    }
}

/// Bytes of blobs by what they are.
#[derive(Default)]
struct Sizes {
    configs: u64,
    base: u64,
    own: u64,
}
