//! The kinds of outputs that builds are disturbed in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::support::{Layout, Sandbox, succeed, tree};

/// A build into an output that is there already, or is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    /// The output; `DIR` is the directory of the trial.
    output: &'static str,
    /// The output that an earlier build has written to.
    before: Option<&'static str>,
}

impl Case {
    pub(super) const ALL: [Self; 7] = [
        Self { name: "layout, new", output: "oci:DIR/a/layout:new", before: None },
        Self {
            name: "layout, one more tag",
            output: "oci:DIR/layout:new",
            before: Some("oci:DIR/layout:old"),
        },
        Self { name: "layout, same tag", output: "oci:DIR/layout:new", before: Some("oci:DIR/layout:new") },
        Self { name: "OCI archive, new", output: "oci-archive:DIR/x.tar:new", before: None },
        Self {
            name: "OCI archive, replaced",
            output: "oci-archive:DIR/x.tar:new",
            before: Some("oci-archive:DIR/x.tar:new"),
        },
        Self { name: "Docker archive, new", output: "docker-archive:DIR/x.tar:a/b:1", before: None },
        Self {
            name: "Docker archive, replaced",
            output: "docker-archive:DIR/x.tar:a/b:1",
            before: Some("docker-archive:DIR/x.tar:a/b:1"),
        },
    ];
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
        self.build("hello.yaml", self.case.output, dir);
    }

    fn build(&self, spec: &str, output: &str, dir: &str) {
        succeed(self.sandbox.command(&[]).args(arguments(spec, output, dir)));
    }

    /// Lets `strace` run the build in a directory.
    pub(super) fn command(&self, mut strace: Command, dir: &str) -> Command {
        strace.arg(env!("CARGO_BIN_EXE_overcoat")).args(arguments("hello.yaml", self.case.output, dir));
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
    fn key(&self) -> PathBuf {
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
