//! A repository, its key, and a base to put its packages on.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::packages::Filled;
use crate::support::packages::apk::{ApkRepository, Key};
use crate::support::packages::base::{DebBase, apk_base};
use crate::support::packages::deb::{Compression, Deb, DebRepository};
use crate::support::{Sandbox, tree};

/// A sandbox with a repository in `repo`, its key beside it, and a base: `repo.gpg` and `oci:base:deb`, or the file of
/// [`Key::test`] and `oci:base:apk`.
pub(super) struct Scene(Sandbox);

impl Deref for Scene {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.0
    }
}

impl Scene {
    pub(super) fn new(base: &DebBase, repository: &DebRepository) -> Self {
        let scene = Self(Sandbox::new());
        base.put(&scene, "deb");
        scene.offer(repository);
        fs::write(scene.path("repo.gpg"), repository.key.certificate()).unwrap();
        scene
    }

    /// One of apk, which is trusted with what [`ApkRepository::new`] signs.
    pub(super) fn apk(repository: &ApkRepository) -> Self {
        let scene = Self(Sandbox::new());
        apk_base(&scene, "apk");
        repository.write(&scene.path("repo"));
        scene.write(Key::test().file_name(), &Key::test().pem());
        scene
    }

    /// Writes `x.yaml`: these packages of the repository of apk.
    pub(super) fn wants_apk(&self, packages: &str) {
        let (url, key) = (self.path("repo"), Key::test());
        let source = format!("repositories: ['file:{}']\n  keyring: [{}]", url.display(), key.file_name());
        self.spec_on("oci:base:apk", &format!("contents:\n  packages: [{packages}]\n  {source}\n"));
    }

    /// Puts a repository into `repo`, in place of another.
    pub(super) fn offer(&self, repository: &DebRepository) {
        repository.write(&self.path("repo"));
    }

    /// Writes `x.yaml`: these packages of the repository, and more lines of `contents`.
    pub(super) fn wants(&self, packages: &str, contents: &str) {
        self.wants_from(&format!("file:{}", self.path("repo").display()), packages, contents, "");
    }

    /// The same with a repository at a URL, and more keys.
    pub(super) fn wants_from(&self, url: &str, packages: &str, contents: &str, more: &str) {
        let source = format!("repositories: [\"deb {url} test main\"]\n  keyring: [repo.gpg]");
        self.configured(&format!("packages: [{packages}]\n  {source}\n  {contents}"), more);
    }

    /// Writes `x.yaml`: these lines of `contents`, and more keys.
    pub(super) fn configured(&self, contents: &str, more: &str) {
        self.spec_on("oci:base:deb", &format!("contents:\n  {contents}\n{more}"));
    }

    /// Builds `x.yaml` into the layout `out`; gives the report for machines.
    pub(super) fn report(&self, args: &[&str]) -> Value {
        let output =
            self.command(&[&["build", "x.yaml", "-o", "oci:out", "--json"], args].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a build of `x.yaml` complains of, without the name of the sandbox.
    pub(super) fn complaint(&self, code: i32, args: &[&str]) -> String {
        self.build_refused(code, args).replace(&*self.path("").to_string_lossy(), "/sandbox/")
    }

    /// Fails to build with a code, without a store and with an empty one, and leaves nothing behind that a later build takes for good.
    pub(super) fn fails_with(&self, exit: i32, code: &str, args: &[&str]) -> String {
        let _ = fs::remove_dir_all(self.path("store"));
        let complaint = self.complaint(exit, args);
        assert!(complaint.starts_with(&format!("error[{code}]: ")), "{complaint}");
        let stored =
            self.command(&[&["build", "x.yaml", "-o", "oci:out", "--store", "store"], args].concat());
        let output = { stored }.output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!self.path("out").exists());
        let left = unfinished(&self.path("store"));
        assert!(left.is_empty(), "{left:?}");
        complaint
    }
}

/// What a store holds that is under way.
pub(super) fn unfinished(store: &Path) -> Vec<PathBuf> {
    let dir = store.join("new");
    assert!(dir.is_dir(), "a store makes its files there");
    tree(&dir).into_keys().collect()
}

/// The digest of the index in a report.
pub(super) fn index(report: &Value) -> String {
    report["targets"][0]["index"]["digest"].as_str().unwrap().to_owned()
}

/// What a report says of the packages of a platform: the first is amd64.
pub(super) fn packages(report: &Value, platform: usize) -> &Value {
    &report["targets"][0]["platforms"][platform]["packages"]
}

/// The names and versions of the packages that were added to a platform: `greet=1.2-1`.
pub(super) fn added(report: &Value, platform: usize) -> Vec<String> {
    let added = packages(report, platform)["added"].as_array().unwrap();
    added
        .iter()
        .map(|one| format!("{}={}", one["name"].as_str().unwrap(), one["version"].as_str().unwrap()))
        .collect()
}

/// The codes and the words of all warnings.
pub(super) fn warnings(report: &Value) -> Vec<String> {
    let warnings = report["warnings"].as_array().unwrap();
    let line =
        |one: &Value| format!("{}: {}", one["code"].as_str().unwrap(), one["message"].as_str().unwrap());
    warnings.iter().map(line).collect()
}

const POSTINST: &str = "\
#!/bin/sh
set -e
case \"$1\" in
configure)
    adduser --system --group --quiet --no-create-home --home /var/lib/greet greet
    chown greet:greet /var/lib/greet
    update-alternatives --install /usr/bin/hello hello /usr/bin/greet 50
    ;;
esac
";

/// A repository of one of each: a library, a program with a user of its own, what needs a shell, what is newer than in the base.
pub(super) fn repository() -> DebRepository {
    DebRepository::new(vec![
        library("1.2-1"),
        greet("1.2-1"),
        Deb::new("greet-doc", "1.2-1")
            .all()
            .says("Source", "greet")
            .says("Depends", "greet")
            .packed(Compression::Zstd)
            .file("usr/share/doc/greet/README", "read me\n"),
        Deb::new("libold", "1.1-1").packed(Compression::None).file("usr/lib/libold.so.1", "new\n"),
        Deb::new("polite", "2-1").says("Depends", "greet, a-shell").file_of(
            "usr/bin/polite",
            "good day",
            0o755,
        ),
        Deb::new("odd", "1-1")
            .script("postinst", "#!/bin/sh\nfrobnicate --all\n")
            .file("usr/share/odd", "odd\n"),
    ])
}

pub(super) fn library(version: &str) -> Deb {
    Deb::new("libgreet1", version)
        .says("Source", "greet")
        .says("Multi-Arch", "same")
        .file("usr/lib/libgreet.so.1.2", "a library")
        .link("usr/lib/libgreet.so.1", "libgreet.so.1.2")
}

pub(super) fn greet(version: &str) -> Deb {
    Deb::new("greet", version)
        .says("Depends", "libgreet1 (>= 1.2), libc6 (>= 2.36)")
        .packed(Compression::Gzip)
        .conffile("etc/greet.conf", "greeting = hello\n")
        .file("lib/greet/plugin", "a plugin")
        .file_of("usr/bin/greet", format!("a program of {version}"), 0o755)
        .hard_link("usr/bin/greet-all", "usr/bin/greet")
        .dir("var/lib/greet", 0o755)
        .script("postinst", POSTINST)
}
