//! A directory in which tests build, with the images of the demo in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::layout::{REF_NAME, array, blob_path, digest};
use super::{Layout, Tar, overcoat_in, scratch, succeed};

/// The media type of a layer that is a tar as it is.
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A directory that is the working directory of every command, so that what these print names no other.
pub(crate) struct Sandbox(TempDir);

impl Sandbox {
    /// One with the demo: its customization `demo.yaml` and the layouts `base` and `artifacts`.
    pub(crate) fn new() -> Self {
        let sandbox = Self(scratch());
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
        for file in walkdir::WalkDir::new(&demo).min_depth(1) {
            let file = file.expect("the demo can be listed");
            let to = sandbox.path(file.path().strip_prefix(&demo).expect("it lies in the demo"));
            if file.file_type().is_dir() {
                fs::create_dir(to).expect("the sandbox can be written");
            } else {
                fs::copy(file.path(), to).expect("the sandbox can be written");
            }
        }
        sandbox
    }

    /// Its directory, or what is in it.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn layout(&self, name: &str) -> Layout {
        Layout::new(self.path(name))
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the sandbox can be written");
    }

    /// Writes `x.yaml`: these keys, and of the demo base and its platforms where they say nothing of them.
    pub(crate) fn spec(&self, keys: &str) {
        let mut text = String::new();
        for default in [
            "name: x",
            "targets: [{destination: demo/app, base: oci:base:1}]",
            "platforms: [linux/amd64, linux/arm64]",
        ] {
            let key = &default[..=default.find(':').expect("a default is a key and a value")];
            if !keys.lines().any(|line| line.starts_with(key)) {
                text = text + default + "\n";
            }
        }
        self.write("x.yaml", &(text + keys));
    }

    /// Writes `x.yaml`: these keys, and a target on this base whose tag is `1`.
    pub(crate) fn spec_on(&self, base: &str, keys: &str) {
        self.spec(&format!("targets:\n- {{destination: demo/app, base: {base}, tags: [\"1\"]}}\n{keys}"));
    }

    /// Writes `x.yaml`: what this pattern takes of an artifact goes on the demo base.
    pub(crate) fn spec_taking(&self, artifact: &str, include: &str) {
        self.spec(&format!("contents:\n  artifacts:\n  - name: {artifact}\n    includes: [\"{include}\"]\n"));
    }

    /// A command that runs `overcoat` with nothing in its environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        overcoat_in(self.0.path(), args)
    }

    /// What `overcoat` prints to standard output; it has to succeed.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        succeed(&mut self.command(args))
    }

    /// Builds `x.yaml` into the layout `out`, with more arguments.
    pub(crate) fn build(&self, args: &[&str]) -> Layout {
        self.run(&[&["build", "x.yaml", "-o", "oci:out"], args].concat());
        self.layout("out")
    }

    /// What `overcoat` complains of; it has to exit with `code` and leave everything as it was.
    pub(crate) fn refused(&self, code: i32, args: &[&str]) -> String {
        let Output { stdout, stderr, .. } = self.fails(code, &mut self.command(args));
        assert_eq!(String::from_utf8_lossy(&stdout), "");
        String::from_utf8(stderr).expect("people read text")
    }

    /// What a build of `x.yaml` complains of; it has to exit with `code` and leave everything as it was.
    pub(crate) fn build_refused(&self, code: i32, args: &[&str]) -> String {
        self.refused(code, &[&["build", "x.yaml", "-o", "oci:out"], args].concat())
    }

    /// Adds an image named `1` to a layout, whose index says that it is for amd64, and whose config for arm64.
    pub(crate) fn image_under_another_platform(&self, layout: &str) {
        let layer = self.blob(layout, LAYER, &Tar::of(&["etc"]).finish());
        let diff_ids = [layer["digest"].as_str().unwrap().to_owned()];
        let mut manifest = self.manifest(layout, "arm64", &json!({}), &[layer], &diff_ids);
        manifest["platform"]["architecture"] = "amd64".into();
        self.index(layout, "1", &[manifest]);
    }

    /// Puts an image of uncompressed layers, the same for both platforms, into a layout.
    pub(crate) fn image(&self, layout: &str, tag: &str, run: Value, layers: Vec<Tar>) {
        let layers: Vec<Vec<u8>> = layers.into_iter().map(Tar::finish).collect();
        self.image_by_platform(layout, tag, run, |_| layers.clone());
    }

    /// Puts an image into a layout whose layers are those that `layers` gives for `amd64` and `arm64`.
    pub(crate) fn image_by_platform(
        &self,
        layout: &str,
        tag: &str,
        run: Value,
        layers: impl Fn(&str) -> Vec<Vec<u8>>,
    ) {
        let manifest = |architecture: &str| {
            let tars = layers(architecture);
            let diff_ids: Vec<_> = tars.iter().map(|tar| digest(tar)).collect();
            let layers: Vec<_> = tars.iter().map(|tar| self.blob(layout, LAYER, tar)).collect();
            self.manifest(layout, architecture, &run, &layers, &diff_ids)
        };
        self.index(layout, tag, &["amd64", "arm64"].map(manifest));
    }

    /// Puts the image of one platform into a layout, and gives its descriptor; nothing needs to fit.
    pub(crate) fn manifest(
        &self,
        layout: &str,
        architecture: &str,
        run: &Value,
        layers: &[Value],
        diff_ids: &[String],
    ) -> Value {
        let config = json!({
            "os": "linux", "architecture": architecture, "created": "2026-01-01T00:00:00Z", "config": run,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = self.document(layout, "application/vnd.oci.image.config.v1+json", &config);
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        let mut manifest = self.document(layout, "application/vnd.oci.image.manifest.v1+json", &manifest);
        manifest["platform"] = json!({"os": "linux", "architecture": architecture});
        manifest
    }

    /// Puts an index of these manifests under a name into a layout.
    pub(crate) fn index(&self, layout: &str, name: &str, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.name(layout, name, self.document(layout, "application/vnd.oci.image.index.v1+json", &index));
    }

    /// Puts a blob into a layout and gives its descriptor.
    pub(crate) fn blob(&self, layout: &str, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        let path = blob_path(&self.path(layout), &digest);
        fs::create_dir_all(path.parent().expect("it lies in the layout"))
            .expect("the sandbox can be written");
        fs::write(path, bytes).expect("the sandbox can be written");
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    pub(crate) fn document(&self, layout: &str, media_type: &str, document: &Value) -> Value {
        self.blob(layout, media_type, &serde_json::to_vec(document).expect("keys are text"))
    }

    /// Gives what a descriptor leads to a name in a layout.
    pub(crate) fn name(&self, layout: &str, name: &str, mut descriptor: Value) {
        let path = self.path(layout).join("index.json");
        let mut entries = match fs::read(&path) {
            Ok(index) => {
                let index: Value = serde_json::from_slice(&index).expect("the index is JSON");
                array(&index["manifests"]).clone()
            }
            Err(_) => Vec::new(),
        };
        descriptor["annotations"] = json!({REF_NAME: name});
        entries.retain(|entry| entry["annotations"][REF_NAME] != name);
        entries.push(descriptor);
        let index = json!({"schemaVersion": 2, "manifests": entries});
        fs::write(path, index.to_string()).expect("the sandbox can be written");
        self.write(&format!("{layout}/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#);
    }
}
