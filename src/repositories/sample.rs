//! Repositories for tests: made in a directory, signed, and served.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::http::scripted::{Asked, Piece, Server, quick};
use crate::http::{Client, Settings};
use crate::interrupt::Interrupt;
use crate::limits::{Budget, Limits};
use crate::oci::Digest;
use crate::package::deb::Compression;
use crate::package::deb::made::{CONTROL, Made, compressed, data, ending, made};
use crate::package::signature::openpgp::sample::{Key, MADE, Signing};
use crate::package::{Family, Keyring, Moment, Source};
use crate::progress::Silent;
use crate::repositories::{Opened, Policy, Repositories, RepositoryError, Wanted, Work};
use crate::store::Store;

/// 2026-11-20 00:12:42.
pub(super) const DATE: Moment = Moment(1_795_133_562);

/// A suite `test` of Debian's kind, whose component `main` has packages for amd64.
pub(super) struct Archive {
    pub(super) root: tempfile::TempDir,
    pub(super) key: Key,
    /// The fields of its release besides the list of files.
    pub(super) fields: String,
    /// The forms that its index is listed and there in.
    pub(super) forms: Vec<Compression>,
    pub(super) packages: Vec<Made>,
    /// What is written in place of what is promised, by path below the root.
    pub(super) swapped: Vec<(String, Vec<u8>)>,
}

impl Archive {
    pub(super) fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            key: Key::new(1),
            fields: fields("Fri, 20 Nov 2026 00:12:42 UTC"),
            forms: vec![Compression::Xz],
            packages: vec![made(CONTROL, &[], data())],
            swapped: Vec::new(),
        }
    }

    /// Writes all files.
    pub(super) fn write(&self) {
        let plain = self.packages.iter().map(|package| self.add(package)).collect::<String>();
        let path = "main/binary-amd64/Packages";
        let mut list = line(path, plain.as_bytes());
        for form in &self.forms {
            let (bytes, path) = (compressed(*form, plain.as_bytes()), format!("{path}{}", ending(*form)));
            if *form != Compression::None {
                list.push_str(&line(&path, &bytes));
            }
            self.put(&format!("dists/test/{path}"), &bytes);
            let by_hash = format!("dists/test/main/binary-amd64/by-hash/SHA256/{}", Digest::of(&bytes).hex());
            if self.fields.contains("Acquire-By-Hash: yes") {
                self.put(&by_hash, &bytes);
            }
        }
        let release = format!("{}\nSHA256:\n{}", self.fields, list.trim_end());
        let signed = self.key.clearsigned(&release, &Signing::at(MADE));
        self.put("dists/test/InRelease", signed.as_bytes());
        for (path, bytes) in &self.swapped {
            self.put(path, bytes);
        }
    }

    /// Writes a package, and says what an index says of it.
    fn add(&self, package: &Made) -> String {
        let (bytes, control) = (package.bytes(), format!("Package: {}\n", package.name));
        let path = location(package);
        self.put(&path, &bytes);
        let Made { version, architecture, .. } = package;
        let (size, hash) = (bytes.len(), Digest::of(&bytes).hex());
        format!(
            "{control}Version: {version}\nArchitecture: {architecture}\nFilename: {path}\nSize: {size}\nSHA256: {hash}\n\n"
        )
    }

    pub(super) fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.path().join(path)).unwrap();
    }

    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }

    /// The source that means it, as a directory of this machine.
    pub(super) fn source(&self) -> Source {
        source(&format!("file:{}", self.path().display()))
    }

    /// A server of its files, and the source that means it.
    pub(super) fn serve(&self) -> (Server, Source) {
        let root = self.path().to_owned();
        let server = Server::start(move |asked| file(&root, asked));
        let source = source(&format!("http://{}/", server.host()));
        (server, source)
    }
}

/// The usual fields of a release of this date.
pub(super) fn fields(date: &str) -> String {
    format!("Suite: stable\nCodename: test\nDate: {date}\nArchitectures: amd64 arm64\nComponents: main")
}

/// Where a package of an [`Archive`] is.
pub(super) fn location(package: &Made) -> String {
    format!("pool/{}_{}_{}.deb", package.name, package.version, package.architecture)
}

/// A package of this name and version.
pub(super) fn package(name: &str, version: &str) -> Made {
    made(
        &CONTROL.replace("Package: made", &format!("Package: {name}")).replace("1.0-1", version),
        &[],
        data(),
    )
}

pub(super) fn source(url: &str) -> Source {
    Source::Deb {
        url: url.trim_end_matches('/').to_owned(),
        suite: "test".to_owned(),
        components: vec!["main".to_owned()],
        architectures: Vec::new(),
        signed_by: Vec::new(),
    }
}

fn line(path: &str, bytes: &[u8]) -> String {
    format!(" {} {} {path}\n", Digest::of(bytes).hex(), bytes.len())
}

/// A file below a directory, as a server gives it.
fn file(root: &Path, asked: &Asked) -> Vec<Piece> {
    let path = asked.line.strip_prefix("GET /").unwrap().replace("%2B", "+");
    let (status, body) = match fs::read(root.join(path)) {
        Ok(bytes) => (200, bytes),
        Err(_) => (404, Vec::new()),
    };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
    vec![Piece::Bytes([head.as_bytes(), &body].concat())]
}

/// Somebody who opens repositories: a process of its own, with the store of others before it.
pub(super) struct User {
    pub(super) repositories: Repositories,
    pub(super) keyring: Keyring,
    pub(super) policy: Policy,
    pub(super) store: Option<Arc<Store>>,
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    pub(super) interrupt: Interrupt,
}

impl User {
    /// One with a store in this directory, at the time of [`DATE`], who trusts the key of an [`Archive`].
    pub(super) fn of(store: Option<&Path>) -> Self {
        let store = store.map(|path| Arc::new(Store::open(path).unwrap()));
        let mut keyring = Keyring::default();
        keyring.add("/usr/share/keyrings/test.gpg", Key::new(1).certificate()).unwrap();
        let (limits, interrupt) = (quick(), Interrupt::default());
        let client = Client::new(Settings::default(), &limits, &interrupt);
        let spool = Box::new(|| -> io::Result<_> { tempfile::tempfile() });
        Self {
            repositories: Repositories::new(client, store.clone(), spool),
            keyring,
            policy: Policy::at(DATE),
            store,
            budget: Budget::of(&limits),
            limits,
            interrupt,
        }
    }

    pub(super) fn work(&self) -> Work<'_> {
        let Self { limits, budget, interrupt, .. } = self;
        Work { limits, budget, progress: &Silent, interrupt }
    }

    pub(super) fn open(&self, sources: &[Source]) -> Result<Arc<Opened>, RepositoryError> {
        self.open_for(Family::Deb, "amd64", sources)
    }

    pub(super) fn open_for(
        &self,
        family: Family,
        architecture: &str,
        sources: &[Source],
    ) -> Result<Arc<Opened>, RepositoryError> {
        let (keyring, policy) = (&self.keyring, &self.policy);
        self.repositories.open(&Wanted { family, architecture, sources, keyring, policy }, &self.work())
    }

    /// Opens a source and reads the package `name` of it to its last byte; gives the names of its files.
    pub(super) fn read(
        &self,
        family: Family,
        architecture: &str,
        source: &Source,
        name: &str,
    ) -> Result<Vec<String>, RepositoryError> {
        let opened = self.open_for(family, architecture, std::slice::from_ref(source))?;
        let number = opened.offers().named(name)[0];
        let fetched = self.repositories.fetch(&opened, &[number], &self.work())?.remove(0);
        let how = self.work().reading();
        let unpacked = self.repositories.unpack(&fetched, &how)?;
        let mut tar = Vec::new();
        fetched.open_data(&how)?.read_to_end(&mut tar).unwrap();
        assert_eq!(Digest::of(&tar), unpacked.index.diff_id);
        Ok(crate::layer::raw::listing(&unpacked.index))
    }
}

/// All files below a directory but markers, and their bytes.
pub(super) fn tree(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files =
        walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(|file| file.unwrap().into_path());
    files.filter(|file| file.is_file()).map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}
