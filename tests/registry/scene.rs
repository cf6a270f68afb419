//! A sandbox beside a registry, and what a command did to both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::registry::{Log, Options, Registry};
use crate::support::{Sandbox, Tar, scratch};

/// The media type of what is no layer: a few bytes that only have a digest.
pub(super) const OCTETS: &str = "application/octet-stream";

/// Every tag of every repository, with its digest.
pub(super) type Tags = BTreeMap<(String, String), String>;

/// A sandbox, a registry with the images of the demo, and a store.
pub(super) struct Scene {
    pub(super) sandbox: Sandbox,
    pub(super) registry: Arc<Registry>,
    store: TempDir,
    temporary: TempDir,
}

impl Scene {
    /// With a registry that is open to all and does all of the specification.
    pub(super) fn new() -> Self {
        Self::with(Options::default())
    }

    /// With a registry that has `demo/base:1`, `demo/artifacts:tools` and `demo/artifacts:certs`; so has the sandbox, as layouts.
    pub(super) fn with(options: Options) -> Self {
        let (sandbox, registry) = (Sandbox::new(), Arc::new(Registry::with(options)));
        registry.push_layout(&sandbox.path("base"), "1", "demo/base");
        for artifact in ["tools", "certs"] {
            registry.push_layout(&sandbox.path("artifacts"), artifact, "demo/artifacts");
        }
        Self { sandbox, registry, store: scratch(), temporary: scratch() }
    }

    /// The full name of something in the registry: `127.0.0.1:41234/demo/base:1`.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host())
    }

    /// Writes `FILE`: these keys, on the base of the registry and pushed to its `demo/app` where they say nothing of targets.
    pub(super) fn file(&self, file: &str, keys: &str) {
        let defaults = [
            ("name:", "name: x".to_owned()),
            ("targets:", format!("targets: [{}]", self.target("demo/app", &self.name("demo/base:1")))),
            ("platforms:", "platforms: [linux/amd64, linux/arm64]".to_owned()),
        ];
        let missing = defaults.into_iter().filter(|(key, _)| !keys.lines().any(|line| line.starts_with(key)));
        let text: String = missing.map(|(_, line)| line + "\n").collect();
        self.sandbox.write(file, &(text + keys));
    }

    /// A target: where it is pushed to in the registry, and the base, whose tag it gets as `1`.
    pub(super) fn target(&self, destination: &str, base: &str) -> String {
        format!("{{destination: {}, base: {base}, tags: [\"1\"]}}", self.name(destination))
    }

    /// Writes `x.yaml` for a push to `demo/app:1_x` that takes nothing from the registry but what it gets there: a base of
    /// the sandbox whose layer is too large for one request, and something of an artifact.
    pub(super) fn local(&self) {
        self.sandbox.image("large", "1", json!({}), vec![large("large")]);
        self.file("x.yaml", &self.local_keys());
    }

    /// The keys of what [`Scene::local`] writes.
    pub(super) fn local_keys(&self) -> String {
        let target = self.target("demo/app", "oci:large:1");
        format!(
            "targets: [{target}]\ncontents:\n  artifacts:\n  - {{name: \"oci:artifacts:tools\", includes: [usr/bin/h*]}}\n"
        )
    }

    /// The command that builds files and pushes, and waits next to nothing between two tries.
    pub(super) fn push(&self, files: &[&str], args: &[&str]) -> Command {
        let mut command = self.sandbox.command(&[&["build", "--push"], files].concat());
        command.args(["--limit", "retry-milliseconds=1", "--limit", "retry-most-milliseconds=2"]);
        command.args(args).env("OVERCOAT_STORE", self.store()).env("TMPDIR", self.temporary.path());
        command
    }

    /// Where the store is.
    pub(super) fn store(&self) -> PathBuf {
        self.store.path().join("store")
    }

    /// The report of a push of one file, which succeeds and leaves no temporary file, and what the registry was asked for it.
    pub(super) fn pushed(&self, file: &str, args: &[&str]) -> (Value, Log) {
        self.report(&mut self.push(&[file], &[&["--json"], args].concat()))
    }

    /// The report of a command that succeeds, and what the registry was asked for it.
    pub(super) fn report(&self, command: &mut Command) -> (Value, Log) {
        let before = self.registry.log().len();
        let output = command.output().expect("overcoat was built for this test");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{:?}: {words}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout)
        );
        self.assert_clean();
        (
            serde_json::from_slice(&output.stdout).expect("the report is JSON"),
            self.registry.log().after(before),
        )
    }

    /// A push of `x.yaml` that fails with this exit code and error code, and leaves all tags of the registry, the sandbox and
    /// the directory of temporary files as they were; what it complains of, and what the registry was asked.
    pub(super) fn refused(&self, exit: i32, code: &str, args: &[&str]) -> (String, Log) {
        self.fails(exit, code, &mut self.push(&["x.yaml"], args))
    }

    /// The same of any command.
    pub(super) fn fails(&self, exit: i32, code: &str, command: &mut Command) -> (String, Log) {
        let (before, tags) = (self.registry.log().len(), self.tags());
        let Output { stderr, .. } = self.sandbox.fails(exit, command);
        let words = String::from_utf8(stderr).expect("people read text");
        assert!(words.contains(&format!("error[{code}]")), "{words}");
        assert_eq!(self.tags(), tags, "a tag has changed");
        self.assert_clean();
        (words, self.registry.log().after(before))
    }

    /// Every tag of the registry.
    pub(super) fn tags(&self) -> Tags {
        let repos = self.registry.repos().into_iter();
        let tags = repos.flat_map(|repo| {
            let tags = self.registry.tags(&repo).into_iter();
            tags.map(move |(tag, digest)| ((repo.clone(), tag), digest)).collect::<Vec<_>>()
        });
        tags.collect()
    }

    /// What a tag leads to; all of it is there.
    pub(super) fn complete(&self, repo: &str, tag: &str) -> String {
        if let Err(missing) = self.registry.closure(repo, tag) {
            panic!("{repo}:{tag} is not complete: {missing}");
        }
        self.tags()[&(repo.to_owned(), tag.to_owned())].clone()
    }

    /// Fails where a temporary file is left.
    pub(super) fn assert_clean(&self) {
        let left: Vec<_> = self.temporary.path().read_dir().expect("it is there").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A layer whose blob is too large to be sent at once: 100 KiB, which differ by `seed`.
pub(super) fn large(seed: &str) -> Tar {
    let content: String = (0..5_000).map(|line| format!("{seed:>8} {line:>10}\n")).collect();
    Tar::of(&["usr/", "usr/bin/", "usr/share/"]).file(&format!("usr/share/{seed}"), 0o644, &content)
}

/// The requests of a log by their kinds, a line for each.
pub(super) fn kinds(log: &Log) -> String {
    log.kinds().into_iter().map(|(kind, count)| format!("{count:>3} {kind}\n")).collect()
}
