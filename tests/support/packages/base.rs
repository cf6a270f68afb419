//! Bases of Debian's kind, as hardened images are: a database and nothing to read it with.

use serde_json::json;
use tar::EntryType;

use super::deb::Deb;
use super::entry::{Entries, Entry, Filled};
use crate::support::Sandbox;

/// A base under construction.
#[derive(Clone)]
pub(crate) struct DebBase {
    database: Database,
    is_merged: bool,
    packages: Vec<Deb>,
    more: Entries,
}

/// Where a base lists its packages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// In `status`, with `info` beside it.
    Status,
    /// In files of `status.d`.
    Directory,
    /// Nowhere.
    None,
}

impl DebBase {
    /// One of a merged `/usr`, with `base-files`, `libc6` and `libold` in it.
    pub(crate) fn new(database: Database) -> Self {
        let packages = vec![
            Deb::new("base-files", "13.8")
                .says("Essential", "yes")
                .file("usr/share/base-files/motd", "hello\n"),
            Deb::new("libc6", "2.41-12")
                .says("Multi-Arch", "same")
                .file("usr/lib/libc.so.6", "the library\n"),
            Deb::new("libold", "1.0-1")
                .file("usr/lib/libold.so.1", "old\n")
                .file("usr/share/libold/only-old", "gone\n"),
        ];
        Self { database, is_merged: true, packages, more: Entries::default() }
    }

    /// With directories where others have links.
    pub(crate) fn unmerged(self) -> Self {
        Self { is_merged: false, ..self }
    }

    /// With a file.
    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.more.add(Entry::file(path, content, 0o644));
        self
    }

    /// Puts it into the layout `base` under a name.
    pub(crate) fn put(&self, sandbox: &Sandbox, name: &str) {
        sandbox.image_by_platform("base", name, json!({}), |architecture| {
            vec![self.entries(architecture).tar("")]
        });
    }

    /// What the base's database says of its packages on an architecture.
    pub(crate) fn status(&self, architecture: &str) -> String {
        self.packages.iter().map(|package| stanza(package, architecture, true) + "\n").collect()
    }

    fn entries(&self, architecture: &str) -> Entries {
        let mut all = self.more.clone();
        all.add(Entry::file("etc/os-release", "ID=dhi\nID_LIKE=debian\nVERSION_ID=13\n", 0o644));
        all.add(Entry::file("etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\n", 0o644));
        all.add(Entry::file("etc/group", "root:x:0:\n", 0o644));
        for dir in ["bin", "lib", "sbin"] {
            match self.is_merged {
                true => all.add(Entry::link(dir, &format!("usr/{dir}"))),
                false => all.add(Entry::file(&format!("{dir}/of-the-base"), "a file\n", 0o644)),
            }
        }
        for package in &self.packages {
            package
                .entries
                .iter()
                .filter(|entry| entry.kind == EntryType::Regular)
                .for_each(|entry| all.add(entry.clone()));
            self.record(package, architecture, &mut all);
        }
        if self.database == Database::Status {
            all.add(Entry::file("var/lib/dpkg/status", self.status(architecture), 0o644));
            all.add(Entry::file("var/lib/dpkg/info/format", "1\n", 0o644));
        }
        all
    }

    fn record(&self, package: &Deb, architecture: &str, all: &mut Entries) {
        let mut put = |path: String, content: String| all.add(Entry::file(&path, content, 0o644));
        match self.database {
            Database::Status => {
                let is_same = package.fields.contains("Multi-Arch: same");
                let architecture = if is_same { format!(":{architecture}") } else { String::new() };
                let stem = format!("var/lib/dpkg/info/{}{architecture}", package.name);
                let list: String = package.entries.iter().map(|entry| format!("/{}\n", entry.path)).collect();
                put(format!("{stem}.list"), format!("/.\n{list}"));
                put(format!("{stem}.md5sums"), package.sums());
            }
            Database::Directory => {
                let stem = format!("var/lib/dpkg/status.d/{}", package.name);
                put(stem.clone(), stanza(package, architecture, false));
                put(format!("{stem}.md5sums"), package.sums());
            }
            Database::None => {}
        }
    }
}

/// What a database says of a package.
fn stanza(package: &Deb, architecture: &str, has_status: bool) -> String {
    let control = package.build(architecture).control;
    match has_status {
        true => control.replacen("\nVersion:", "\nStatus: install ok installed\nVersion:", 1),
        false => control,
    }
}

/// The triggers of a base of apk's kind.
pub(crate) const TRIGGERS: &str = "Q1WqIC8AHqqXwEfVZ1cPC/vxvxKxU= /etc\n";

/// Puts a base of apk's kind into the layout `base` under a name; gives its database.
pub(crate) fn apk_base(sandbox: &Sandbox, name: &str) -> String {
    let installed = "C:Q1WqIC8AHqqXwEfVZ1cPC/vxvxKxU=\nP:base\nV:1-r0\nA:noarch\nS:1\nI:1\nT:\nU:\nL:\nF:usr\nF:usr/share\nR:base\n\n";
    let mut all = Entries::default();
    for (path, content) in [
        ("etc/os-release", "ID=dhi\nID_LIKE=alpine\n"),
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        ("etc/group", "root:x:0:\n"),
        ("etc/apk/world", "base\n"),
        ("lib/apk/db/installed", installed),
        ("lib/apk/db/scripts.tar", ""),
        ("lib/apk/db/triggers", TRIGGERS),
        ("usr/share/base", "of the base\n"),
    ] {
        all.add(Entry::file(path, content, 0o644));
    }
    sandbox.image_by_platform("base", name, json!({}), |_| vec![all.tar("")]);
    installed.to_owned()
}
