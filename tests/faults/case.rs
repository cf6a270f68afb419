//! The kinds of outputs that builds are disturbed in.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
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
    /// The store `DIR/store`, where the build has one.
    store: Option<Stored>,
}

/// What a store holds before the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    /// It is yet to be made.
    Nothing,
    /// Something of use, and something of none, from another customization.
    Other,
    /// All that is needed, and one entry of each of these kinds is broken.
    Broken(&'static [&'static str]),
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

    pub(super) const STORES: [Self; 3] = [
        Self::stored("store, new", Stored::Nothing),
        Self::stored("store, filled", Stored::Other),
        Self::stored("store, broken", Stored::Broken(&["indexes", "layers"])),
    ];

    /// Here a build begins anew once it has noticed, even where what it noticed was an error of its output.
    pub(super) const BROKEN_BLOB: Self =
        Self { output: LAYOUT, ..Self::stored("store, broken blob", Stored::Broken(&["blobs/sha256"])) };

    pub(super) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    const fn stored(name: &'static str, store: Stored) -> Self {
        // An output of few calls: those of the store are seldom hit together with one of it.
        Self { store: Some(store), ..Self::new(name, OCI, None) }
    }

    const fn new(name: &'static str, output: &'static str, before: Option<&'static str>) -> Self {
        Self { name, spec: "hello.yaml", output, before, store: None }
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
        if let Some(stored) = case.store {
            prepared.fill(stored);
        }
        prepared.before = tree(&prepared.path("before"));
        prepared.make("after");
        prepared.rebuild("after");
        prepared.after = tree(&prepared.path("after"));
        assert_ne!(prepared.before, prepared.after);
        prepared
    }

    /// Fills the store that is there before the build.
    fn fill(&self, stored: Stored) {
        match stored {
            Stored::Nothing => {}
            Stored::Other => {
                let hello = fs::read_to_string(self.path("hello.yaml")).expect("it is in the demo");
                self.sandbox.write("other.yaml", &hello.replace("mode = demo", "mode = other"));
                self.build("other.yaml", "oci:other", "before");
            }
            Stored::Broken(kinds) => {
                self.build(self.case.spec, "oci:other", "before");
                for kind in kinds {
                    let entries = fs::read_dir(self.path("before/store").join(kind)).expect("it was made");
                    let entry = entries.map(|entry| entry.expect("it can be listed").path()).min();
                    let entry = fs::File::options().write(true).open(entry.expect("it holds entries"));
                    entry.and_then(|entry| entry.write_all_at(&[0xff; 3], 20)).expect("it can be written");
                }
            }
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// A directory by the path that the system shows.
    pub(super) fn root(&self, dir: &str) -> PathBuf {
        self.path("").canonicalize().expect("the sandbox is there").join(dir)
    }

    /// Makes a directory with what is there before the build.
    pub(super) fn make(&self, dir: &str) {
        self.make_from("before", dir);
    }

    /// Makes a directory with what is in another one.
    pub(super) fn make_from(&self, from: &str, dir: &str) {
        let (from, to) = (self.path(from), self.path(dir));
        for found in WalkDir::new(&from) {
            let found = found.expect("the sandbox can be listed");
            let to = to.join(found.path().strip_prefix(&from).expect("it lies there"));
            if found.file_type().is_dir() {
                let made = fs::create_dir(&to).and_then(|()| fs::metadata(found.path()));
                made.and_then(|found| fs::set_permissions(to, found.permissions()))
                    .expect("the sandbox can be written");
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
        succeed(self.sandbox.command(&[]).args(self.arguments(spec, output, dir)));
    }

    /// Builds what the case does with the same store into another output, which has to be the same.
    pub(super) fn build_beside(&self, dir: &str) {
        let beside = format!("{dir}-beside");
        // Where it begins its output, no other trial looks.
        fs::create_dir(self.path(&beside)).expect("the sandbox can be written");
        self.build(self.case.spec, &format!("oci-archive:{beside}/x.tar:new"), dir);
        let (found, mut expected) = (tree(&self.path(&beside)), self.after.clone());
        expected.retain(|path, _| !is_of_store(path));
        assert_eq!(found, expected, "the other build");
        fs::remove_dir_all(self.path(&beside)).expect("the sandbox can be written");
    }

    /// The arguments of a build, whose system calls come in the same order every time.
    fn arguments(&self, spec: &str, output: &str, dir: &str) -> Vec<String> {
        let (output, store) = (output.replace("DIR", dir), format!("{dir}/store"));
        let mut arguments = vec!["build", spec, "--jobs", "1", "-o", &output];
        match self.case.store {
            // Without `--store`, there is none: nothing in the environment says where.
            None => arguments.push("--quiet"),
            Some(_) => arguments.extend(["--store", &store]),
        }
        if output.starts_with("docker-archive:") {
            arguments.extend(["--platform", "linux/amd64"]);
        }
        arguments.into_iter().map(str::to_owned).collect()
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
        strace.arg(env!("CARGO_BIN_EXE_overcoat")).args(self.arguments(
            self.case.spec,
            self.case.output,
            dir,
        ));
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

/// Whether what lies in the directory of a trial is the store, or part of it.
pub(super) fn is_of_store(path: &Path) -> bool {
    path.starts_with("store")
}
