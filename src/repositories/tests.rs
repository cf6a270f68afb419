mod alpine;
mod rows;

use std::fs;
use std::path::Path;

use super::sample::{Archive, DATE, User, fields, location, package, source, tree};
use super::*;
use crate::code::{Code, Coded};
use crate::package::Moment;
use crate::package::deb::Compression;
use crate::package::sample::{fixture, fixtures};
use crate::package::signature::openpgp::sample::Key;
use crate::package::signature::openpgp::sample::Signing;

/// A store that several users have one after the other.
fn store() -> (tempfile::TempDir, std::path::PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("store");
    (root, path)
}

/// The versions that a source offers of a package.
fn versions(user: &User, source: &Source, name: &str) -> Vec<String> {
    let opened = user.open(std::slice::from_ref(source)).unwrap();
    let numbers = opened.offers().named(name).to_vec();
    numbers.into_iter().map(|number| opened.offers().package(number).version.clone()).collect()
}

fn code(result: Result<impl Sized, RepositoryError>) -> (Code, String) {
    match result {
        Err(error) => (error.code(), error.to_string()),
        Ok(_) => panic!("it is no error"),
    }
}

#[test]
fn a_package_of_a_signed_suite_is_read_from_every_form_of_its_index() {
    for forms in [
        vec![Compression::None],
        vec![Compression::Gzip],
        vec![Compression::Xz],
        vec![Compression::Zstd],
        vec![Compression::Gzip, Compression::Xz],
    ] {
        let archive = Archive { forms, ..Archive::new() };
        archive.write();
        let (_server, served) = archive.serve();
        for source in [archive.source(), served] {
            let files = User::of(None).read(Family::Deb, "amd64", &source, "made").unwrap();
            assert!(files.iter().any(|file| file.contains("usr/bin/made")), "{files:?}");
        }
    }
}

#[test]
fn what_was_opened_says_who_signed_it_and_when() {
    let archive = Archive::new();
    archive.write();
    let user = User::of(None);
    let opened = user.open(&[archive.source()]).unwrap();
    let [repository] = &opened.sources().repositories().collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!(repository.name, format!("file:{} test", archive.path().display()));
    assert_eq!(repository.signed_by, [user.keyring.certificates(&[]).unwrap()[0].fingerprint().to_string()]);
    assert_eq!((repository.date, repository.source), (Some(DATE), 0));
    assert_eq!(opened.sources().findings().count(), 0);
    assert_eq!(opened.offers().tag(0), None);
}

#[test]
fn a_second_build_asks_for_the_release_alone() {
    let (_root, path) = store();
    let archive = Archive {
        fields: fields("Fri, 20 Nov 2026 00:12:42 UTC") + "\nAcquire-By-Hash: yes",
        ..Archive::new()
    };
    archive.write();
    let (server, source) = archive.serve();
    let first = User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap();
    let lines = server.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].starts_with("GET /dists/test/main/binary-amd64/by-hash/SHA256/"), "{lines:?}");
    let second = User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap();
    assert_eq!(first, second);
    assert_eq!(server.lines()[3..], ["GET /dists/test/InRelease"]);
}

#[test]
fn builds_of_one_process_fetch_each_file_once() {
    let archive = Archive::new();
    archive.write();
    let (server, source) = archive.serve();
    let user = User::of(None);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| user.read(Family::Deb, "amd64", &source, "made").unwrap());
        }
    });
    assert_eq!(server.lines().len(), 3, "{:?}", server.lines());
}

#[test]
fn what_changed_meanwhile_is_seen_once_what_was_opened_is_forgotten() {
    let mut archive = Archive::new();
    archive.packages = vec![package("made", "1.0-1")];
    archive.write();
    let user = User::of(None);
    let source = archive.source();
    let opened = user.open(std::slice::from_ref(&source)).unwrap();
    archive.remove(&location(&archive.packages[0]));
    archive.packages = vec![package("made", "1.0-2")];
    archive.write();
    let error = user.repositories.fetch(&opened, &[0], &user.work()).unwrap_err();
    assert!(error.is_superseded() && error.code() == Code::Remote, "{error}");
    assert_eq!(versions(&user, &source, "made"), ["1.0-1"]);
    user.repositories.forget();
    assert_eq!(versions(&user, &source, "made"), ["1.0-2"]);
}

#[test]
fn only_who_is_named_by_a_source_counts_for_it() {
    let archive = Archive::new();
    archive.write();
    let mut user = User::of(None);
    user.keyring.add("/etc/apt/keyrings/other.gpg", Key::new(2).certificate()).unwrap();
    let own = user.keyring.certificates(&[]).unwrap();
    let signed_by = |by: SignedBy| match archive.source() {
        Source::Deb { url, suite, components, architectures, .. } => {
            Source::Deb { url, suite, components, architectures, signed_by: vec![by] }
        }
        other => other,
    };
    let open = |by: SignedBy| user.open(&[signed_by(by)]).map(drop).map_err(|error| error.code());
    let file = |name: &str| SignedBy::File(Path::new(name).to_owned());
    assert_eq!(open(file("/usr/share/keyrings/test.gpg")), Ok(()));
    assert_eq!(open(file("/etc/apt/keyrings/other.gpg")), Err(Code::PackageSignature));
    assert_eq!(open(file("/nowhere.gpg")), Err(Code::PackageKey));
    let fingerprints: Vec<_> = own.iter().map(|one| one.fingerprint().to_string()).collect();
    let verdicts: Vec<_> = fingerprints.into_iter().map(|one| open(SignedBy::Fingerprint(one))).collect();
    assert!(verdicts.contains(&Ok(())) && verdicts.contains(&Err(Code::PackageSignature)), "{verdicts:?}");
}

#[test]
fn what_a_repository_lacks_is_named() {
    let archive = Archive { forms: vec![Compression::Gzip], ..Archive::new() };
    archive.write();
    let user = User::of(None);
    let with = |change: &dyn Fn(&mut String, &mut Vec<String>)| match archive.source() {
        Source::Deb { url, mut suite, mut components, architectures, signed_by } => {
            change(&mut suite, &mut components);
            Source::Deb { url, suite, components, architectures, signed_by }
        }
        other => other,
    };
    let refused = |architecture, source: Source| {
        let (code, text) = code(user.open_for(Family::Deb, architecture, &[source]));
        assert_eq!((code, code.exit() as u8), (Code::PackageRepository, 2), "{text}");
        text.split_once(": ").unwrap().1.to_owned()
    };
    for (architecture, source, words) in [
        (
            "amd64",
            with(&|suite, _| *suite = "nosuch".to_owned()),
            "there is no suite `nosuch`: it has neither `InRelease` nor `Release`",
        ),
        (
            "riscv64",
            archive.source(),
            "suite `test` is not for architecture `riscv64`, only for `amd64`, `arm64`",
        ),
        ("arm64", archive.source(), "component `main` of suite `test` has no index for architecture `arm64`"),
        (
            "amd64",
            with(&|_, components| components[0] = "contrib".to_owned()),
            "component `contrib` of suite `test` has no index for architecture `amd64`; `main` has",
        ),
    ] {
        assert_eq!(refused(architecture, source), words);
    }
    archive.put("dists/copy/InRelease", &fs::read(archive.path().join("dists/test/InRelease")).unwrap());
    let other = refused("amd64", with(&|suite, _| *suite = "copy".to_owned()));
    assert_eq!(other, "suite `copy` was asked for, and this is `test`, `stable`");
    // By its other name it is the same, and for another architecture alone it offers nothing here.
    let link = archive.path().join("dists/stable");
    std::os::unix::fs::symlink("test", link).unwrap();
    assert_eq!(versions(&user, &with(&|suite, _| *suite = "stable".to_owned()), "made"), ["1.0-1"]);
    let Source::Deb { url, suite, components, signed_by, .. } = archive.source() else { panic!() };
    let elsewhere =
        Source::Deb { url, suite, components, architectures: vec!["arm64".to_owned()], signed_by };
    assert!(versions(&user, &elsewhere, "made").is_empty());
}

#[test]
fn an_index_in_no_form_that_can_be_read_is_named_with_those_that_are_there() {
    let archive = Archive::new();
    archive.write();
    let text = fs::read_to_string(archive.path().join("dists/test/InRelease")).unwrap();
    let body = text.split_once("\n\n").unwrap().1.split_once("\n-----BEGIN").unwrap().0;
    let body: Vec<_> = body.lines().filter(|line| !line.ends_with("Packages")).collect();
    let signing = Signing::at(DATE);
    let signed = archive.key.clearsigned(&body.join("\n").replace("Packages.xz", "Packages.bz2"), &signing);
    archive.put("dists/test/InRelease", signed.as_bytes());
    let (code, text) = code(User::of(None).open(&[archive.source()]));
    assert_eq!(code, Code::PackageRepository);
    assert!(
        text.ends_with("`main/binary-amd64/Packages` is only there as `main/binary-amd64/Packages.bz2`, none of which can be read"),
        "{text}"
    );
}

#[test]
fn a_suite_that_is_not_automatic_serves_those_alone_who_ask_for_it() {
    let archive =
        Archive { fields: fields("Fri, 20 Nov 2026 00:12:42 UTC") + "\nNotAutomatic: yes", ..Archive::new() };
    archive.write();
    let opened = User::of(None).open(&[archive.source()]).unwrap();
    assert_eq!(opened.offers().tag(0), Some("test"));
}

#[test]
fn packages_for_all_architectures_are_found_where_a_repository_has_them_apart() {
    let archive = Archive {
        fields: fields("Fri, 20 Nov 2026 00:12:42 UTC").replace("arm64", "arm64 all"),
        ..Archive::new()
    };
    archive.write();
    let every = package("every", "1").bytes();
    let hash = Digest::of(&every).hex();
    let stanza = format!(
        "Package: every\nVersion: 1\nArchitecture: all\nFilename: e.deb\nSize: {}\nSHA256: {hash}\n",
        every.len()
    );
    archive.put("dists/test/main/binary-all/Packages", stanza.as_bytes());
    let text = fs::read_to_string(archive.path().join("dists/test/InRelease")).unwrap();
    let body = text.split_once("\n\n").unwrap().1.split_once("\n-----BEGIN").unwrap().0;
    let line =
        format!("\n {} {} main/binary-all/Packages", Digest::of(stanza.as_bytes()).hex(), stanza.len());
    let signing = Signing::at(DATE);
    archive.put(
        "dists/test/InRelease",
        archive.key.clearsigned(&(body.to_owned() + &line), &signing).as_bytes(),
    );
    let user = User::of(None);
    assert_eq!(versions(&user, &archive.source(), "every"), ["1"]);
    assert_eq!(versions(&user, &archive.source(), "made"), ["1.0-1"]);
}

#[test]
fn a_repository_without_suites_has_its_index_beside_its_release() {
    let archive = Archive::new();
    archive.write();
    let index = fs::read(archive.path().join("dists/test/main/binary-amd64/Packages.xz")).unwrap();
    archive.put("flat/Packages.xz", &index);
    let line = format!(" {} {} ./Packages.xz", Digest::of(&index).hex(), index.len());
    let release = format!("Date: Fri, 20 Nov 2026 00:12:42 UTC\nSHA256:\n{line}");
    let signing = Signing::at(DATE);
    archive.put("flat/InRelease", archive.key.clearsigned(&release, &signing).as_bytes());
    let flat = match archive.source() {
        Source::Deb { url, architectures, signed_by, .. } => {
            Source::Deb { url, suite: "flat/".to_owned(), components: Vec::new(), architectures, signed_by }
        }
        other => other,
    };
    User::of(None).read(Family::Deb, "amd64", &flat, "made").unwrap();
}

#[test]
fn with_everything_in_the_store_a_build_goes_on_without_a_server_where_it_may() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let (server, source) = archive.serve();
    let first = User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap();
    drop(server);
    let (code, text) = code(User::of(Some(&path)).open(std::slice::from_ref(&source)));
    assert_eq!(code, Code::Remote, "{text}");
    let mut user = User::of(Some(&path));
    user.policy.offline = true;
    assert_eq!(user.read(Family::Deb, "amd64", &source, "made").unwrap(), first);
    let opened = user.open(std::slice::from_ref(&source)).unwrap();
    assert_eq!(opened.sources().findings().map(Finding::code).collect::<Vec<_>>(), ["W_PKG_OFFLINE"]);
    // What is kept is held against keys and clock as what is fetched is.
    user.keyring = Keyring::default();
    user.keyring.add("other", Key::new(2).certificate()).unwrap();
    assert_eq!(user.open(&[source]).unwrap_err().code(), Code::PackageSignature);
}

#[test]
fn a_store_that_cannot_be_written_keeps_no_package_from_being_read() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let user = User::of(Some(&path));
    fs::remove_dir_all(path.join("new")).unwrap();
    user.read(Family::Deb, "amd64", &archive.source(), "made").unwrap();
    assert!(user.store.as_ref().unwrap().problem().is_some());
}

#[test]
fn an_interrupt_ends_a_fetch_and_leaves_nothing() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let user = User::of(Some(&path));
    let opened = user.open(&[archive.source()]).unwrap();
    user.interrupt.signal().store(15, std::sync::atomic::Ordering::Relaxed);
    let error = user.repositories.fetch(&opened, &[0], &user.work()).unwrap_err();
    assert_eq!(error.code(), Code::Terminated);
    assert_eq!((tree(&path.join("blobs")), tree(&path.join("new"))), (Vec::new(), Vec::new()));
}

#[test]
fn urls_of_other_kinds_and_files_that_are_none_are_refused() {
    let user = User::of(None);
    assert_eq!(code(user.open(&[source("ftp://a.example")])).0, Code::SpecValue);
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("dists/test/InRelease")).unwrap();
    let (code, text) = code(user.open(&[source(&format!("file:{}", root.path().display()))]));
    assert_eq!(code, Code::Io);
    assert!(text.ends_with("is no regular file"), "{text}");
}

#[test]
fn debians_security_suite_is_opened_as_it_was_published() {
    let (Some(root), Some(keys)) = (fixtures(), fixture("deb/keys/debian-archive-keyring.gpg")) else {
        return;
    };
    let mut user = User::of(None);
    user.keyring = Keyring::default();
    user.keyring.add("debian", keys).unwrap();
    user.policy = Policy::at(Moment(1_795_219_200));
    let url = format!("file:{}", root.join("deb/archive/debian-security").display());
    let source = match source(&url) {
        Source::Deb { url, components, architectures, signed_by, .. } => {
            Source::Deb { url, suite: "trixie-security".to_owned(), components, architectures, signed_by }
        }
        other => other,
    };
    for architecture in ["amd64", "arm64"] {
        let opened = user.open_for(Family::Deb, architecture, std::slice::from_ref(&source)).unwrap();
        assert_eq!(opened.sources().findings().count(), 0);
        assert!(opened.offers().names().count() > 2000);
    }
    user.policy.now = Moment(1_795_738_362 + 3601);
    let late = user.open(&[source]).unwrap();
    assert_eq!(late.sources().findings().map(Finding::code).collect::<Vec<_>>(), ["W_PKG_STALE"]);
}
