//! Tests that ask dpkg itself, where it is installed: what it writes, and what it says of what is written here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::layer::raw::artifact;
use crate::package::deb::Compression;
use crate::package::deb::made::{Made, data, made, promised};
use crate::package::sample::fixtures;

/// A root for dpkg with an empty database, and the packages that it takes.
struct Scene {
    root: tempfile::TempDir,
    packages: Vec<(PathBuf, Unpacked)>,
}

/// Nothing where there is no dpkg, or only one that may not do this.
fn scene() -> Option<Scene> {
    let is_there = Command::new("dpkg").arg("--version").output().is_ok();
    if !is_there || !rustix::process::geteuid().is_root() {
        println!("skipped: there is no dpkg, or it is not run by root");
        return None;
    }
    let root = tempfile::tempdir().unwrap();
    for dir in ["info", "updates", "triggers", "parts"] {
        fs::create_dir_all(root.path().join("var/lib/dpkg").join(dir)).unwrap();
    }
    let mut packages = real();
    packages.push(odd(root.path()));
    packages.sort_by(|(_, a), (_, b)| a.package.version.cmp(&b.package.version));
    // Of two versions one.
    let mut seen = BTreeSet::new();
    packages.retain(|(_, package)| seen.insert(package.package.name.clone()));
    Some(Scene { root, packages })
}

/// The real packages.
fn real() -> Vec<(PathBuf, Unpacked)> {
    let Some(fixtures) = fixtures() else { return Vec::new() };
    let dirs = ["bookworm-amd64", "trixie-amd64"].map(|of| fixtures.join("deb/debs").join(of));
    let files = dirs.into_iter().flat_map(|dir| fs::read_dir(dir).unwrap());
    let paths = files.map(|file| file.unwrap().path()).filter(|path| !has_scripts(path));
    let unpacked = |path: PathBuf| {
        let unpacked = promised(&path).read(&fs::read(&path).unwrap(), &artifact()).unwrap();
        (path, unpacked)
    };
    paths.map(unpacked).collect()
}

/// Scripts would be run in the root, where there is no shell.
fn has_scripts(path: &Path) -> bool {
    path.to_str().unwrap().contains("nginx-common")
}

const TRIGGERS: &str = "interest-noawait /usr/share/odd\ninterest odd\nactivate-noawait ldconfig\n";

/// A package with all that the real ones lack: odd fields, no sums of its own, hard links, configuration.
fn odd(dir: &Path) -> (PathBuf, Unpacked) {
    let control = "\
Package: odd
Version: 1
Architecture: all
Bugs: mailto:nobody@example.com
Origin: nowhere
Multi-Arch: no
Essential: no
Protected: yes
Priority: Optional
Installed-Size: 7
Maintainer: Nobody <nobody@example.com>
X-Odd: yes
Enhances: a
Breaks: b (<< 1)
Suggests: c,d(>=2)|e
Recommends: f:any
Built-Using: g (= 1)
Section: misc
Homepage: https://example.com
Description: odd 
 .
  more
";
    let data = data().dir("./etc/").file("./etc/odd", b"odd").file("./etc/other", b"").link(
        "./usr/bin/z",
        b'1',
        "./etc/odd",
    );
    let made = Made {
        compressions: [Compression::Xz, Compression::Gzip],
        ..made(
            control,
            &[("conffiles", "/etc/other\n/etc/odd\n"), ("shlibs", "odd 1 odd\n"), ("triggers", TRIGGERS)],
            data,
        )
    };
    let (path, bytes) = (dir.join("odd.deb"), made.bytes());
    fs::write(&path, &bytes).unwrap();
    (path, made.read(&bytes, &artifact()).unwrap())
}

impl Scene {
    fn dpkg(&self, args: &[&str]) -> String {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.root.path().display())).arg("--log=/dev/null");
        let output = dpkg.args(args).env("LC_ALL", "C.UTF-8").output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn install(&self) {
        let paths = self.packages.iter().map(|(path, _)| path.to_str().unwrap());
        let forced = [
            "--force-depends",
            "--force-bad-path",
            "--force-architecture",
            "--force-breaks",
            "--no-triggers",
            "-i",
        ];
        self.dpkg(&forced.into_iter().chain(paths).collect::<Vec<_>>());
    }

    fn database(&self) -> PathBuf {
        self.root.path().join("var/lib/dpkg")
    }

    fn unpacked(&self) -> Vec<&Unpacked> {
        self.packages.iter().map(|(_, package)| package).collect()
    }

    fn files(&self) -> Vec<DatabaseFile> {
        files(DatabaseKind::Status, b"", &self.unpacked()).unwrap()
    }
}

#[test]
fn dpkg_writes_the_same_for_packages_of_every_kind() {
    let Some(scene) = scene() else { return };
    scene.install();
    let (written, triggers) = (scene.files(), triggers(|_| None, &scene.unpacked()));
    for file in written.iter().chain(&triggers) {
        let path = scene.database().join(file.path.to_string());
        let dpkg = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let [ours, dpkg] = [&file.bytes, &dpkg].map(|bytes| String::from_utf8_lossy(bytes));
        assert_eq!(ours, dpkg, "{}", file.path);
    }
    let of_dpkg = fs::read_dir(scene.database().join("info")).unwrap().count();
    assert_eq!(of_dpkg, written.len() - 1, "dpkg has no other file");
    assert_eq!(triggers.len(), 2);
}

#[test]
fn dpkg_finds_nothing_wrong_with_what_is_written() {
    let Some(scene) = scene() else { return };
    fs::write(scene.database().join("status"), "").unwrap();
    for file in scene.files() {
        fs::write(scene.database().join(file.path.to_string()), &file.bytes).unwrap();
    }
    for (path, _) in &scene.packages {
        let done =
            Command::new("dpkg-deb").arg("--extract").arg(path).arg(scene.root.path()).status().unwrap();
        assert!(done.success());
    }
    assert_eq!(scene.dpkg(&["--audit"]), "");
    assert_eq!(scene.dpkg(&["--verify"]), "");
    let listed = scene.dpkg(&["--list"]);
    let installed = listed.lines().filter(|line| line.starts_with("ii ")).count();
    assert_eq!(installed, scene.packages.len(), "{listed}");
    fs::write(scene.root.path().join("usr/bin/made"), "other").unwrap();
    assert!(scene.dpkg(&["--verify"]).contains("/usr/bin/made"), "it does look");
}
