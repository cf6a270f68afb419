//! The demo, with its images in a registry.

use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;

use crate::support::registry::{Method, Options, Registry};
use crate::support::{Layout, Sandbox, succeed};

/// A sandbox, and a registry that has the images of the demo: `demo/base:1` and `demo/artifacts:tools`.
pub(super) struct Demo {
    pub(super) sandbox: Sandbox,
    pub(super) registry: Arc<Registry>,
}

/// What keeps failures from taking long: pauses between tries that nobody notices.
const QUICK: [&str; 2] = ["--limit", "retry-milliseconds=1"];

impl Demo {
    pub(super) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(super) fn with(options: Options) -> Self {
        let demo = Self { sandbox: Sandbox::new(), registry: Arc::new(Registry::with(options)) };
        fill(&demo.sandbox, &demo.registry);
        demo.spec_on(&demo.registry.host());
        demo
    }

    /// Writes `x.yaml`: base and artifact are those of this host.
    pub(super) fn spec_on(&self, host: &str) {
        self.sandbox.spec_on(
            &format!("{host}/demo/base:1"),
            &format!(
                "contents:\n  artifacts:\n  - {{name: {host}/demo/artifacts:tools, includes: [usr/bin]}}\n"
            ),
        );
    }

    /// Writes `x.yaml`: the base is another of the registry, and nothing is put on it.
    pub(super) fn spec_on_base(&self, base: &str) {
        self.sandbox.spec_on(&format!("{}/{base}", self.registry.host()), "");
    }

    /// Puts an image of the sandbox's layout `base` into the registry.
    pub(super) fn push(&self, name: &str) -> String {
        self.registry.push_layout(&self.sandbox.path("base"), name, "demo/base")
    }

    /// Puts a document into the registry as `demo/base:odd`, which becomes the base of `x.yaml`.
    pub(super) fn base_of(&self, media_type: &str, bytes: &[u8]) {
        self.registry.put_manifest("demo/base", Some("odd"), media_type, bytes);
        self.spec_on_base("demo/base:odd");
    }

    /// A build of `x.yaml` into the layout `out`, with more arguments.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        self.sandbox.command(&[&["build", "x.yaml", "-o", "oci:out:1"], &QUICK[..], args].concat())
    }

    /// What the build makes, which is whole.
    pub(super) fn build(&self, args: &[&str]) -> Layout {
        succeed(&mut self.command(args));
        let layout = self.sandbox.layout("out");
        layout.assert_whole();
        layout
    }

    /// The digest of the index that the build makes.
    pub(super) fn built(&self, args: &[&str]) -> Value {
        let digest = self.build(args).named("1")["digest"].clone();
        std::fs::remove_dir_all(self.sandbox.path("out")).expect("the sandbox can be written");
        digest
    }

    /// What the build complains of: as [`Self::fails`].
    pub(super) fn refused(&self, code: i32, args: &[&str]) -> String {
        let Output { stdout, stderr, .. } = self.fails(code, &mut self.command(args));
        assert_eq!(String::from_utf8_lossy(&stdout), "");
        String::from_utf8(stderr).expect("people read text")
    }

    /// Runs a build that has to exit with `code`, and to leave everything as it was: the sandbox, and the registry.
    pub(super) fn fails(&self, code: i32, command: &mut Command) -> Output {
        let before = held(&self.registry);
        let output = self.sandbox.fails(code, command);
        assert_eq!(held(&self.registry), before, "the registry has changed");
        assert_eq!(self.registry.uploads(), 0, "an upload was begun");
        output
    }

    /// How many requests of a method there were whose path or query contains `part`.
    pub(super) fn count(&self, method: Method, part: &str) -> usize {
        self.registry.log().count(method, part)
    }

    /// The bytes of a manifest or blob of the registry.
    pub(super) fn bytes(&self, digest: &str) -> Vec<u8> {
        let manifest = || Some(self.registry.manifest("demo/base", digest)?.0);
        self.registry.blob(digest).or_else(manifest).expect("the registry has it")
    }

    /// The digests of the demo base: its index, and its manifests for `amd64` and `arm64`.
    pub(super) fn base_digests(&self) -> [String; 3] {
        let index = self.sandbox.layout("base").index("1");
        let text = |value: &Value| value.as_str().expect("digests are text").to_owned();
        let base = self.sandbox.layout("base").named("1");
        [&base["digest"], &index["manifests"][0]["digest"], &index["manifests"][1]["digest"]].map(text)
    }

    /// The digest and the bytes of the layer of the demo base for `amd64`, which is 2 KiB long at least.
    pub(super) fn base_layer(&self) -> (String, Vec<u8>) {
        let layout = self.sandbox.layout("base");
        let layer = &layout.image("1", "linux/amd64").manifest["layers"][0];
        (layer["digest"].as_str().expect("digests are text").to_owned(), layout.blob(layer))
    }
}

/// Puts the images of the demo into a registry.
pub(super) fn fill(sandbox: &Sandbox, registry: &Registry) {
    registry.push_layout(&sandbox.path("base"), "1", "demo/base");
    registry.push_layout(&sandbox.path("artifacts"), "tools", "demo/artifacts");
}

/// The tags and manifests of every repository.
fn held(registry: &Registry) -> Vec<(String, Vec<(String, String)>, Vec<String>)> {
    let repos = registry.repos().into_iter();
    repos.map(|repo| (repo.clone(), registry.tags(&repo), registry.manifests(&repo))).collect()
}
