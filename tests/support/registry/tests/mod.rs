//! That the registry is what it says, where the conformance suite does not look.

mod api;
mod auth;
mod clients;
mod faults;
mod log;
mod proxy;
mod tls;

use serde_json::json;

use super::{Answer, Ask, Method, Registry, basic};
use crate::support::digest;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

impl Registry {
    fn ask(&self, ask: &Ask) -> Answer {
        ask.send(&self.host()).unwrap()
    }

    fn get(&self, target: &str) -> Answer {
        self.ask(&Ask::get(target))
    }
}

/// A request with a manifest in its body.
fn put(target: &str, manifest: impl Into<Vec<u8>>) -> Ask {
    Ask::new(Method::Put, target).header("Content-Type", MANIFEST).body(manifest)
}

/// A manifest with a config and no layer.
fn manifest(config: &[u8]) -> Vec<u8> {
    let config = json!({"mediaType": "application/x", "digest": digest(config), "size": config.len()});
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []})
        .to_string()
        .into_bytes()
}
