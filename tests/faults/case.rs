//! The kinds of outputs that builds are disturbed in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use super::calls::{self, Call};
use crate::support::{Layout, Sandbox, succeed, tree};

/// A build into an output that is there already, or is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    spec: &'static str,
    /// The output; `DIR` is the directory of the trial.
    output: &'static str,
    /// The output that an earlier build has written to.
    before: Option<&'static str>,
}

const LAYOUT: &str = "oci:DIR/layout:new";
const OCI: &str = "oci-archive:DIR/x.tar:new";
const DOCKER: &str = "docker-archive:DIR/x.tar:a/b:1";

impl Case {
    pub(super) const ALL: [Self; 8] = [
        Self::new("layout, new", "oci:DIR/a/layout:new", None),
        Self::new("layout, one more tag", LAYOUT, Some("oci:DIR/layout:old")),
        Self::new("layout, same tag", LAYOUT, Some(LAYOUT)),
        Self::new("OCI archive, new", OCI, None),
        Self::new("OCI archive, replaced", OCI, Some(OCI)),
        Self::new("Docker archive, new", DOCKER, None),
        Self::new("Docker archive, replaced", DOCKER, Some(DOCKER)),
        Self { spec: "long.yaml", ..Self::new("OCI archive with a long file", OCI, Some(OCI)) },
    ];

    const fn new(name: &'static str, output: &'static str, before: Option<&'static str>) -> Self {
        Self { name, spec: "hello.yaml", output, before }
    }
}

/// What lies in a directory: paths and digests.
pub(super) type Tree = BTreeMap<PathBuf, String>;

/// A case with what is there before and after a build that nobody disturbs.
pub(super) struct Prepared {
    pub(super) case: Case,
    sandbox: Sandbox,
    pub(super) before: Tree,
    pub(super) after: Tree,
}

impl Prepared {
    pub(super) fn new(case: Case) -> Self {
        let sandbox = Sandbox::new();
        sandbox.spec("environment: {OLD: image}\npaths: [{path: /etc/old, contents: old}]\n");
        // Long enough not to be kept in memory.
        sandbox.write("long", &"long\n".repeat(210_000));
        let long = "paths: [{path: /etc/long, source: long}]\nplatforms: [linux/amd64]\n";
        sandbox.write(
            "long.yaml",
            &format!("name: long\ntargets: [{{destination: demo/app, base: oci:base:1}}]\n{long}"),
        );
        fs::create_dir(sandbox.path("before")).expect("the sandbox can be written");
        let mut prepared = Self { case, sandbox, before: Tree::new(), after: Tree::new() };
        if let Some(output) = case.before {
            prepared.build("x.yaml", output, "before");
        }
        prepared.before = tree(&prepared.path("before"));
        prepared.make("after");
        prepared.rebuild("after");
        prepared.after = tree(&prepared.path("after"));
        assert_ne!(prepared.before, prepared.after);
        prepared
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// Makes a directory with what is there before the build.
    pub(super) fn make(&self, dir: &str) {
        let (from, to) = (self.path("before"), self.path(dir));
        for found in WalkDir::new(&from) {
            let found = found.expect("the sandbox can be listed");
            let to = to.join(found.path().strip_prefix(&from).expect("it lies there"));
            if found.file_type().is_dir() {
                fs::create_dir(to).expect("the sandbox can be written");
            } else {
                fs::copy(found.path(), to).expect("the sandbox can be written");
            }
        }
    }

    /// Builds in a directory without any disturbance.
    pub(super) fn rebuild(&self, dir: &str) {
        self.build(self.case.spec, self.case.output, dir);
    }

    fn build(&self, spec: &str, output: &str, dir: &str) {
        succeed(self.sandbox.command(&[]).args(arguments(spec, output, dir)));
    }

    /// The calls of a build that nothing happens to.
    pub(super) fn undisturbed(&self) -> Vec<Call> {
        let log = self.path("undisturbed.log");
        self.make("undisturbed");
        let strace = calls::strace(&log, &["-f", "-y", "-e", "trace=%file,%desc"]).expect("it is there");
        succeed(&mut self.command(strace, "undisturbed"));
        assert_eq!(tree(&self.path("undisturbed")), self.after);
        calls::read(&log)
    }

    /// Lets `strace` run the build in a directory.
    pub(super) fn command(&self, mut strace: Command, dir: &str) -> Command {
        strace.arg(env!("CARGO_BIN_EXE_overcoat")).args(arguments(self.case.spec, self.case.output, dir));
        strace.current_dir(self.path(""));
        strace
    }

    /// Fails unless the output in a directory is, to those who read it, the one before or the one after; says which.
    pub(super) fn is_new(&self, dir: &str) -> bool {
        let (key, dir) = (self.key(), self.path(dir));
        let found = tree(&dir).remove(&key);
        let is_new = found.as_ref() == self.after.get(&key);
        assert!(
            is_new || found.as_ref() == self.before.get(&key),
            "{} is neither old nor new",
            key.display()
        );
        if found.is_some() && key.ends_with("index.json") {
            assert_closed(dir.join(&key).parent().expect("it lies in its layout"));
        }
        is_new
    }

    /// The file that says which images there are.
    pub(super) fn key(&self) -> PathBuf {
        let is_key = |path: &&PathBuf| path.ends_with("index.json") || path.ends_with("x.tar");
        self.after.keys().find(is_key).expect("an output has it").clone()
    }
}

/// Reads all that a layout's index leads to, and recomputes every digest.
fn assert_closed(dir: &Path) {
    assert_eq!(fs::read(dir.join("oci-layout")).unwrap(), br#"{"imageLayoutVersion":"1.0.0"}"#);
    let layout = Layout::new(dir);
    for name in layout.names() {
        for platform in ["linux/amd64", "linux/arm64"] {
            layout.image(&name, platform).assert_whole();
        }
    }
}

/// The arguments of a build, whose system calls come in the same order every time.
fn arguments(spec: &str, output: &str, dir: &str) -> Vec<String> {
    let output = output.replace("DIR", dir);
    let mut arguments = vec!["build", spec, "--quiet", "--jobs", "1", "-o", &output];
    if output.starts_with("docker-archive:") {
        arguments.extend(["--platform", "linux/amd64"]);
    }
    arguments.into_iter().map(str::to_owned).collect()
}
