//! Repositories: packages of both architectures, their indexes and the release that signs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use super::{ARCHITECTURES, BuiltDeb, Compression, Deb, Key};

/// A repository of one suite under construction, signed by one key.
#[derive(Clone)]
pub(crate) struct DebRepository {
    pub(crate) packages: Vec<Deb>,
    pub(crate) key: Key,
    pub(crate) suite: &'static str,
    /// When it was made, in seconds since 1970.
    pub(crate) date: i64,
    pub(crate) valid_until: Option<i64>,
    /// Whether its indexes are at names that are their digests only.
    pub(crate) by_hash: bool,
    /// The forms of its indexes.
    pub(crate) forms: Vec<Compression>,
}

/// What clocks say, in seconds since 1970.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("clocks are past 1970");
    i64::try_from(now.as_secs()).expect("so late it is not")
}

impl DebRepository {
    /// The suite `test` of these packages, made just now.
    pub(crate) fn new(packages: Vec<Deb>) -> Self {
        Self {
            packages,
            key: Key::test(),
            suite: "test",
            date: now() - 60,
            valid_until: None,
            by_hash: true,
            forms: vec![Compression::Gzip, Compression::Xz],
        }
    }

    /// The packages as files of an architecture.
    pub(crate) fn built(&self, architecture: &str) -> Vec<BuiltDeb> {
        self.packages
            .iter()
            .filter(|one| one.is_for(architecture))
            .map(|one| one.build(architecture))
            .collect()
    }

    /// Writes the repository into a directory, for `file:` and for servers; what was there of another stays unless it has the
    /// same name.
    pub(crate) fn write(&self, dir: &Path) {
        let pool = dir.join("pool/main");
        fs::create_dir_all(&pool).unwrap();
        let mut listed = BTreeMap::new();
        for architecture in ARCHITECTURES {
            let built = self.built(architecture);
            built.iter().for_each(|one| fs::write(pool.join(&one.file_name), &one.bytes).unwrap());
            let path = format!("main/binary-{architecture}/Packages");
            let index = index(&built).into_bytes();
            for form in &self.forms {
                listed.insert(format!("{path}{}", form.ending()), (form.compress(&index), true));
            }
            // As Debian has it: the release tells of the plain index, which is not there.
            listed.entry(path).or_insert((index, false));
        }
        let suite = dir.join("dists").join(self.suite);
        for (path, (bytes, _)) in listed.iter().filter(|(_, (_, is_there))| *is_there) {
            let path = suite.join(path);
            let path = match self.by_hash {
                true => path.with_file_name("by-hash/SHA256").join(hex::encode(Sha256::digest(bytes))),
                false => path,
            };
            fs::create_dir_all(path.parent().expect("it lies in the repository")).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let release = self.release(&listed);
        fs::create_dir_all(&suite).unwrap();
        fs::write(suite.join("InRelease"), self.key.clearsigned(&release)).unwrap();
        fs::write(suite.join("Release"), &release).unwrap();
        fs::write(suite.join("Release.gpg"), self.key.signature(&release)).unwrap();
    }

    fn release(&self, listed: &BTreeMap<String, (Vec<u8>, bool)>) -> String {
        let mut release =
            format!("Origin: Tests\nSuite: {}\nCodename: {0}\nDate: {}\n", self.suite, written(self.date));
        if let Some(until) = self.valid_until {
            release += &format!("Valid-Until: {}\n", written(until));
        }
        if self.by_hash {
            release += "Acquire-By-Hash: yes\n";
        }
        release += &format!(
            "No-Support-for-Architecture-all: Packages\nArchitectures: all {}\nComponents: main\nSHA256:\n",
            ARCHITECTURES.join(" ")
        );
        for (path, (bytes, _)) in listed {
            release += &format!(" {} {} {path}\n", hex::encode(Sha256::digest(bytes)), bytes.len());
        }
        release
    }
}

/// The index of packages.
fn index(built: &[BuiltDeb]) -> String {
    let stanza = |one: &BuiltDeb| {
        let BuiltDeb { file_name, control, bytes } = one;
        let digest = hex::encode(Sha256::digest(bytes));
        format!("{control}Filename: pool/main/{file_name}\nSize: {}\nSHA256: {digest}\n", bytes.len())
    };
    built.iter().map(stanza).collect::<Vec<_>>().join("\n")
}

/// A time as releases write it.
fn written(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).expect("the year has four digits");
    time.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}
