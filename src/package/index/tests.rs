use std::io::Cursor;

use super::*;
use crate::code::{Code, Coded};
use crate::limits::Limited;
use crate::package::description::{Identity, MultiArch};
use crate::package::sample::{apk_index, fixture, unpacked_xz};

fn deb(text: &str) -> Result<Index, IndexError> {
    Index::deb(text.as_bytes(), "amd64", &Limits::default())
}

fn apk(text: &str) -> Result<Index, IndexError> {
    Index::apk(text.as_bytes(), "x86_64", &Limits::default())
}

/// A stanza with these lines in place of its own of the same names.
fn stanza(lines: &str) -> String {
    let digest = "ab".repeat(32);
    let own = format!(
        "Package: x\nVersion: 1-1\nArchitecture: amd64\nFilename: pool/x.deb\nSize: 7\nSHA256: {digest}\n"
    );
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let replaced: Vec<_> = lines.lines().map(name).collect();
    let kept: String = own.split_inclusive('\n').filter(|line| !replaced.contains(&name(line))).collect();
    format!("{kept}{lines}\n\n")
}

fn record(lines: &str) -> String {
    stanza_of("C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:x\nV:1-r0\nA:x86_64\nS:7\n", lines)
}

fn stanza_of(own: &str, lines: &str) -> String {
    let keys: Vec<_> = lines.lines().map(|line| &line[..1]).collect();
    let kept: String = own.split_inclusive('\n').filter(|line| !keys.contains(&&line[..1])).collect();
    format!("{kept}{lines}\n\n")
}

fn again(index: &Index) -> std::io::Result<Index> {
    let mut bytes = Vec::new();
    index.write_to(&mut bytes)?;
    Index::read_from(&mut bytes.as_slice())
}

#[test]
fn a_list_of_debian_is_read_field_by_field() {
    let lines = "section: x\nDEPENDS: a (>= 1),\n b | c,\n\td\nDescription: long\n text\n .\nMulti-Arch:\n foreign\nSize:\n\t7 ";
    let index = deb(&format!("\n \t\n{}\n{}", stanza(lines), stanza("Package: y").trim_end())).unwrap();
    assert_eq!((index.len(), index.left_out()), (2, 0));
    let package = index.package(0);
    let depends: Vec<_> =
        package.depends.iter().map(|group| group.written(Family::Deb).to_string()).collect();
    assert_eq!(depends, ["a (>= 1)", "b | c", "d"]);
    assert_eq!((package.name.as_str(), package.multi_arch), ("x", MultiArch::Foreign));
    let file = package.file.unwrap();
    assert_eq!((file.location.as_str(), file.size), ("pool/x.deb", 7));
    assert_eq!(file.identity, Identity::Sha256([0xab; 32]));
    assert_eq!(index.package(1).name, "y");
}

#[test]
fn an_index_of_apk_is_read_key_by_key() {
    let text = record("D:so:libc.musl-x86_64.so.1 !y\np:cmd:x=1-r0\nX:unknown\nT:Ünicode");
    let index = apk(&text).unwrap();
    let package = index.package(0);
    assert_eq!(package.depends[0].written(Family::Apk).to_string(), "so:libc.musl-x86_64.so.1");
    assert_eq!(package.conflicts[0].name, "y");
    let file = package.file.unwrap();
    assert_eq!((file.location.as_str(), file.size), ("x-1-r0.apk", 7));
    assert_eq!(file.identity, Identity::ControlSha1([0; 20]));
    let without_end = apk(text.trim_end()).unwrap();
    assert_eq!(without_end, index);
}

#[test]
fn packages_of_other_architectures_are_passed_over() {
    let text = ["arm64", "all", "amd64", "any"].map(|name| stanza(&format!("Architecture: {name}"))).concat();
    let index = deb(&text).unwrap();
    let architectures: Vec<_> = (0..index.len()).map(|number| index.package(number).architecture).collect();
    assert_eq!((architectures, index.left_out()), (vec!["all".to_owned(), "amd64".to_owned()], 0));
    let text = ["aarch64", "noarch", "x86_64"].map(|name| record(&format!("A:{name}"))).concat();
    let index = apk(&text).unwrap();
    let architectures: Vec<_> = (0..index.len()).map(|number| index.package(number).architecture).collect();
    assert_eq!(architectures, ["noarch", "x86_64"]);
}

#[test]
fn a_stanza_that_cannot_be_fetched_is_left_out_and_counted() {
    for name in ["Package", "Version", "Architecture", "Filename", "Size", "SHA256"] {
        let index = deb(&(stanza(&format!("{name}:")) + &stanza("Package: y"))).unwrap();
        assert_eq!((index.len(), index.left_out()), (1, 1), "{name}");
    }
    assert_eq!(deb(&stanza("Version: 1_2")).unwrap().left_out(), 1);
}

#[test]
fn what_is_wrong_with_a_list_of_debian_is_told_with_its_line() {
    let digest = "ab".repeat(31);
    for (lines, line, fault) in [
        ("Filename: ../x.deb", 8, IndexFault::Location("../x.deb".into())),
        ("Filename: a/../../x.deb", 8, IndexFault::Location("a/../../x.deb".into())),
        ("Filename: /x.deb", 8, IndexFault::Location("/x.deb".into())),
        ("Filename: https://example.com/x.deb", 8, IndexFault::Location("https://example.com/x.deb".into())),
        ("Filename: file:x.deb", 8, IndexFault::Location("file:x.deb".into())),
        ("Filename: x.deb?y", 8, IndexFault::Location("x.deb?y".into())),
        ("Filename: a\\..\\x.deb", 8, IndexFault::Location("a\\..\\x.deb".into())),
        ("Filename: a b.deb", 8, IndexFault::Location("a b.deb".into())),
        ("Package: ../x", 8, IndexFault::Name("../x".into())),
        ("Package: -x", 8, IndexFault::Name("-x".into())),
        ("Package: x y", 8, IndexFault::Name("x y".into())),
        ("Package: \u{202e}x", 8, IndexFault::Name("\\u{202e}x".into())),
        ("Depends: a\u{1b}[0m", 8, IndexFault::Text("Depends")),
        ("Depends: a\0", 8, IndexFault::Text("Depends")),
        ("Size: -1", 8, IndexFault::Size("-1".into())),
        ("Size: +1", 8, IndexFault::Size("+1".into())),
        ("Size: 99999999999999999999", 8, IndexFault::Size("99999999999999999999".into())),
        (&format!("SHA256: {digest}"), 8, IndexFault::Digest(digest.clone())),
        ("Depends: a\ndepends: b", 15, IndexFault::Twice("Depends")),
        ("no field", 14, IndexFault::Line),
        (": x", 14, IndexFault::Line),
    ] {
        let text = stanza("Package: first") + &stanza(lines);
        match deb(&text) {
            Err(error @ IndexError::Record { .. }) => {
                assert_eq!((error.code(), error.limit()), (Code::PackageIndex, None));
                let IndexError::Record { line: found, fault: what, .. } = error else { unreachable!() };
                assert_eq!((found, what), (line, fault), "{lines}");
            }
            other => panic!("{lines}: {other:?}"),
        }
    }
    assert!(matches!(deb(" folded\n"), Err(IndexError::Record { line: 1, fault: IndexFault::Line, .. })));
    assert!(deb("Package: x\n no: field\n\n folded\n").is_err());
}

#[test]
fn what_is_wrong_with_an_index_of_apk_is_told_with_its_line() {
    for (lines, line, fault) in [
        ("P:", 7, IndexFault::Missing("P")),
        ("V:", 7, IndexFault::Missing("V")),
        ("S:", 7, IndexFault::Missing("S")),
        ("C:", 7, IndexFault::Missing("C")),
        ("P:../x", 7, IndexFault::Name("../x".into())),
        ("P:.x", 7, IndexFault::Name(".x".into())),
        ("V:1/../2", 7, IndexFault::Version("1/../2".into())),
        ("V:1 2", 7, IndexFault::Version("1 2".into())),
        ("S:x", 7, IndexFault::Size("x".into())),
        ("C:Q1AAAA", 7, IndexFault::Digest("Q1AAAA".into())),
        ("D:a\u{7f}", 7, IndexFault::Text("D")),
        ("D:a\nD:b", 13, IndexFault::Twice("D")),
        ("no key", 12, IndexFault::Line),
        ("P", 11, IndexFault::Line),
    ] {
        let text = record("P:first") + &record(lines);
        match apk(&text) {
            Err(IndexError::Record { line: found, fault: what, .. }) => {
                assert_eq!((found, what), (line, fault), "{lines}");
            }
            other => panic!("{lines}: {other:?}"),
        }
    }
}

#[test]
fn an_error_names_the_package_and_is_one_line() {
    let error = deb(&stanza("Size: 1\u{202e}x")).unwrap_err().to_string();
    assert_eq!(error, "line 1, package `x`: `1\\u{202e}x` is no size");
}

#[test]
fn an_index_above_its_limits_is_refused() {
    let text = stanza("");
    let bytes = text.len() as u64;
    let longest = text.lines().map(str::len).max().unwrap() as u64;
    let with = |bytes, line| {
        let limits = Limits { deb_index_bytes: bytes, package_line_bytes: line, ..Limits::default() };
        Index::deb(text.as_bytes(), "amd64", &limits)
    };
    assert_eq!(with(bytes, longest).unwrap().len(), 1);
    for (bytes, line, code, limit) in [
        (bytes - 1, longest, Code::LimitBytes, "deb-index-bytes"),
        (bytes, longest - 1, Code::LimitHeader, "package-line-bytes"),
    ] {
        let error = with(bytes, line).unwrap_err();
        assert_eq!((error.code(), error.limit()), (code, Some(limit)), "{error}");
    }
    let limits = Limits { apk_index_bytes: 10, ..Limits::default() };
    let error = Index::apk(record("").as_bytes(), "x86_64", &limits).unwrap_err();
    assert_eq!((error.code(), error.limit()), (Code::LimitBytes, Some("apk-index-bytes")));
    // A line without end is not held.
    let endless = std::io::repeat(b'x');
    let limits = Limits { package_line_bytes: 1 << 10, ..Limits::default() };
    assert!(matches!(Index::deb(endless, "amd64", &limits), Err(IndexError::Line { line: 1, .. })));
}

#[test]
fn an_index_whose_bytes_cannot_be_read_is_told() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let text = Cursor::new(stanza("")).chain(Fails);
    assert_eq!(Index::deb(text, "amd64", &Limits::default()).unwrap_err().to_string(), "gone");
}

#[test]
fn an_index_is_the_same_when_it_is_read_back() {
    let text =
        stanza("Depends: a, b\nProvides: c (= 1)") + &stanza("Package: y\nSize:") + &stanza("Package: z");
    let of_deb = deb(&text).unwrap();
    assert_eq!((of_deb.len(), of_deb.left_out()), (2, 1));
    for index in [of_deb, apk(&record("i:a=1 !b\nk:3")).unwrap(), deb("").unwrap()] {
        assert_eq!(again(&index).unwrap(), index);
    }
}

#[test]
fn an_outline_says_the_same_as_its_record() {
    let debian = stanza("Depends: a, b\nConflicts: d\nProvides: c (= 1)\nSource: s") + &stanza("Package: y");
    let alpine = record("D:a !b\np:so:x=1\ni:a=1 !b\nk:3");
    for index in [deb(&debian).unwrap(), apk(&alpine).unwrap()] {
        for number in 0..index.len() {
            let (outline, stanza) = (index.outline(number), index.record(number).stanza);
            assert_eq!((outline.name, outline.version), (stanza.name, stanza.version));
            assert_eq!((outline.provides, outline.install_if), (stanza.provides, stanza.install_if));
        }
    }
}

#[test]
fn what_is_cut_or_changed_never_panics() {
    let index = deb(&(stanza("Depends: a, b") + &stanza("Package: y"))).unwrap();
    let mut bytes = Vec::new();
    index.write_to(&mut bytes).unwrap();
    for length in 0..bytes.len() {
        assert!(Index::read_from(&mut &bytes[..length]).is_err(), "{length}");
    }
    let longer = [bytes.as_slice(), b"\0"].concat();
    assert!(Index::read_from(&mut longer.as_slice()).is_err());
    for bit in 0..8 * bytes.len() {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(index) = Index::read_from(&mut changed.as_slice()) {
            (0..index.len()).for_each(|number| drop(index.package(number)));
        }
    }
}

#[test]
fn the_index_of_alpine_is_read() {
    let Some(text) = apk_index("apk/alpine-3.16-x86_64/APKINDEX.tar.gz") else { return };
    let index = Index::apk(text.as_bytes(), "x86_64", &Limits::default()).unwrap();
    assert_eq!(index.len(), 4929);
    let packages: Vec<_> = (0..index.len()).map(|number| index.package(number)).collect();
    assert_eq!(packages.iter().filter(|package| package.priority > 0).count(), 72);
    assert_eq!(packages.iter().filter(|package| !package.install_if.is_empty()).count(), 1538);
    assert_eq!(again(&index).unwrap(), index);
    for (package, lines) in packages.iter().zip(text.split("\n\n")) {
        let key = |key: &str| lines.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("");
        let mut written: Vec<_> =
            package.depends.iter().map(|group| group.written(Family::Apk).to_string()).collect();
        written.extend(package.conflicts.iter().map(|atom| format!("!{}", atom.written(Family::Apk))));
        let mut depends: Vec<_> = key("D:").split_whitespace().map(|word| word.replace("=~", "~")).collect();
        written.sort_unstable();
        depends.sort_unstable();
        assert_eq!((package.name.as_str(), written), (key("P:"), depends));
        assert_eq!(package.installed_bytes.to_string(), key("I:"));
    }
}

#[test]
fn the_list_of_a_debian_suite_is_read() {
    for (architecture, count) in [("amd64", 2479), ("arm64", 2520)] {
        let path = format!(
            "deb/archive/debian-security/dists/trixie-security/main/binary-{architecture}/Packages.xz"
        );
        let Some(xz) = fixture(&path) else { return };
        let text = unpacked_xz(&xz);
        let index = Index::deb(text.as_bytes(), architecture, &Limits::default()).unwrap();
        assert_eq!((index.len(), index.left_out()), (count, 0));
        assert_eq!(again(&index).unwrap(), index);
        for (number, stanza) in text.trim_end().split("\n\n").enumerate() {
            let package = index.package(number);
            let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("");
            let written: Vec<_> =
                package.depends.iter().map(|group| group.written(Family::Deb).to_string()).collect();
            let (before, depends) = (field("Pre-Depends: "), field("\nDepends: "));
            let depends = if depends.is_empty() { field("Depends: ") } else { depends };
            let expected: Vec<_> = [before, depends]
                .into_iter()
                .flat_map(|list| list.split(", "))
                .filter(|part| !part.is_empty())
                .collect();
            assert_eq!(written, expected, "{}", package.name);
            assert_eq!(package.file.unwrap().location, field("Filename: "));
        }
    }
}
