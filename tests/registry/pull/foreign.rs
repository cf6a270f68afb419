//! Layers that say they are to be had elsewhere.

use serde_json::{Value, json};

use super::Demo;
use crate::support::registry::Catcher;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

/// Makes a base of the demo's image for `amd64` whose layer has `urls`, and the type that `change` gives it.
fn base_with_urls(demo: &Demo, catcher: &Catcher, change: impl Fn(&mut Value)) {
    let layout = demo.sandbox.layout("base");
    let mut manifest = layout.image("1", "linux/amd64").manifest;
    let layer = &mut manifest["layers"][0];
    layer["urls"] = json!([format!("{}/layer", catcher.url())]);
    change(layer);
    demo.base_of(MANIFEST, manifest.to_string().as_bytes());
}

#[test]
fn r09_the_urls_of_a_layer_are_never_asked() {
    let (demo, catcher) = (Demo::start(), Catcher::start());
    base_with_urls(&demo, &catcher, |_| {});
    let layout = demo.build(&["--platform", "linux/amd64"]);
    let layer = &layout.image("1", "linux/amd64").manifest["layers"][0];
    assert_eq!(layer["urls"][0], format!("{}/layer", catcher.url()));
    assert_eq!(catcher.connections(), 0);
}

#[test]
fn r09_a_layer_that_is_nowhere_else_is_refused() {
    let (demo, catcher) = (Demo::start(), Catcher::start());
    base_with_urls(&demo, &catcher, |layer| {
        layer["mediaType"] = FOREIGN.into();
        layer["digest"] = crate::support::digest(b"elsewhere").into();
    });
    let words = demo.refused(4, &["--platform", "linux/amd64"]);
    assert!(words.starts_with("error[E_FOREIGN]: "), "{words}");
    assert_eq!(catcher.connections(), 0);
}
