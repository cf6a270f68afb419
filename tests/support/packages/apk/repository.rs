//! Repositories: packages of both architectures and their signed indexes.

use std::fs;
use std::path::Path;

use super::super::Filled;
use super::{Algorithm, Apk, BuiltApk, Key, fragment, gzip, signature_member};

/// A repository under construction, signed by one key.
pub(crate) struct ApkRepository {
    pub(crate) packages: Vec<Apk>,
    pub(crate) key: Key,
    pub(crate) algorithm: Algorithm,
}

impl ApkRepository {
    /// The architectures that it has packages for.
    pub(crate) const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

    /// A repository of these packages, signed with SHA-256 by the key of tests.
    pub(crate) fn new(packages: Vec<Apk>) -> Self {
        Self { packages, key: Key::test(), algorithm: Algorithm::Sha256 }
    }

    /// A repository with one of each: a library that is needed by its `so:` name, a program with a user of its own, packages
    /// that come by themselves, that take files over, and that want to be told of others.
    pub(crate) fn sample() -> Self {
        let adduser = "#!/bin/sh\naddgroup -S -g 700 greet 2>/dev/null\n\
                       adduser -S -D -H -h /var/lib/greet -s /sbin/nologin -G greet -g greet greet 2>/dev/null\nexit 0\n";
        let library = Apk::new("libgreet", "1.2-r0")
            .says("origin", "greet")
            .says("provides", "so:libgreet.so.1=1.2")
            .link("usr/lib/libgreet.so.1", "libgreet.so.1.2")
            .file_of("usr/lib/libgreet.so.1.2", "a library", 0o755);
        let program = Apk::new("greet", "1.2-r0")
            .says("origin", "greet")
            .says("builddate", "1690000000")
            .says("depend", "so:libgreet.so.1")
            .says("provides", "cmd:greet=1.2-r0")
            .script(".pre-install", adduser)
            .file("etc/greet.conf", "greeting = hello\n")
            .file_of("usr/bin/greet", "a program", 0o755)
            .hard_link("usr/bin/greet-all", "usr/bin/greet")
            .dir("var/lib/greet", 0o750)
            .owned_by((501, "greet"), (20, "greet"));
        let docs = Apk::new("docs", "1-r0").noarch();
        let manual = Apk::new("greet-doc", "1.2-r0")
            .noarch()
            .says("origin", "greet")
            .says("install_if", "docs greet=1.2-r0")
            .file("usr/share/man/man1/greet.1", "a manual");
        let polite = Apk::new("greet-polite", "2-r1")
            .says("origin", "polite")
            .says("depend", "greet>=1")
            .says("replaces", "greet")
            .says("replaces_priority", "10")
            .file("etc/greet.conf", "greeting = good day\n");
        let cache = Apk::new("manual-cache", "1-r0")
            .noarch()
            .says("triggers", "/usr/share/man /usr/share/man/*")
            .script(".trigger", "#!/bin/sh\nmakewhatis\n")
            .file("usr/share/manual-cache/readme", "a cache");
        Self::new(vec![library, program, docs, manual, polite, cache])
    }

    /// The packages as files of an architecture, signed as the index is.
    pub(crate) fn built(&self, architecture: &str) -> Vec<BuiltApk> {
        let build = |package: &Apk| package.build(architecture, Some((&self.key, self.algorithm)));
        self.packages.iter().map(build).collect()
    }

    /// The index of an architecture, signed.
    pub(crate) fn index(&self, architecture: &str) -> Vec<u8> {
        let records: String =
            self.built(architecture).iter().map(|built| built.record.clone() + "\n").collect();
        let mut tar =
            [fragment("DESCRIPTION", b"tests 1", 0o644), fragment("APKINDEX", records.as_bytes(), 0o644)]
                .concat();
        tar.resize(tar.len() + 1024, 0);
        let index = gzip(&tar);
        [signature_member(&self.key, self.algorithm, &index), index].concat()
    }

    /// Writes the repository into a directory, for `file:` and for servers: `<arch>/APKINDEX.tar.gz` and the packages.
    pub(crate) fn write(&self, dir: &Path) {
        for architecture in Self::ARCHITECTURES {
            let dir = dir.join(architecture);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("APKINDEX.tar.gz"), self.index(architecture)).unwrap();
            for built in self.built(architecture) {
                fs::write(dir.join(&built.file_name), &built.bytes).unwrap();
            }
        }
    }
}
