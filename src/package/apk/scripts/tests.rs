//! Archives of scripts, read back by the `tar` crate.

use super::*;
use crate::package::apk::sample::unpacked;

/// Names, modes, times and contents.
fn listing(tar: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let header = entry.header();
        format!("{name} {:o} {} {content}", header.mode().unwrap(), header.mtime().unwrap())
    });
    entries.collect()
}

#[test]
fn scripts_come_and_go_with_their_packages() {
    let (first, file) = unpacked("builddate = 7\n", &[(".pre-install", b"#!/bin/sh\na"), (".trigger", b"b")]);
    let hexadecimal = match &file.identity {
        Identity::ControlSha1(digest) => hex::encode(digest),
        _ => unreachable!(),
    };
    let (second, other) = unpacked("builddate = 99\n", &[(".post-install", b"c")]);
    for (scripts, name) in
        [(Scripts::Plain, written(&file.identity)), (Scripts::Gzip, format!("X1{hexadecimal}"))]
    {
        let tar = |bytes: &[u8]| scripts.decoded(bytes).unwrap();
        let base = scripts.write(b"", &[], &[(&first, &file.identity)], 50).unwrap();
        let of_first = [
            format!("x-1-r0.{name}.pre-install 755 7 #!/bin/sh\na"),
            format!("x-1-r0.{name}.trigger 755 7 b"),
        ];
        assert_eq!(listing(&tar(&base)), of_first);
        assert!(tar(&base).ends_with(&[0; 1024]) && tar(&base).len() == 4 * 512 + 1024);
        let more = scripts.write(&base, &[], &[(&second, &other.identity)], 50).unwrap();
        let names = listing(&tar(&more));
        assert_eq!(names[..2], of_first);
        assert!(names[2].ends_with(".post-install 755 50 c"), "{names:?}");
        let gone = scripts.write(&more, &[(&first.package, &file.identity)], &[], 50).unwrap();
        assert_eq!(listing(&tar(&gone)), names[2..]);
    }
}

#[test]
fn long_names_are_kept_whole() {
    let (mut unpacked, file) = unpacked("", &[(".post-deinstall", b"x")]);
    unpacked.package.name = "long".repeat(25);
    let added = [(&unpacked, &file.identity)];
    let tar = Scripts::Plain.write(b"", &[], &added, 0).unwrap();
    let name = format!("{}-1-r0.{}.post-deinstall", unpacked.package.name, written(&file.identity));
    assert_eq!(listing(&tar), [format!("{name} 755 0 x")]);
    let gone = Scripts::Plain.write(&tar, &[(&unpacked.package, &file.identity)], &[], 0).unwrap();
    assert_eq!(gone, [0; 1024]);
}

#[test]
fn archives_that_are_none_are_refused() {
    let (unpacked, file) = unpacked("", &[(".trigger", b"x")]);
    let tar = Scripts::Plain.write(b"", &[], &[(&unpacked, &file.identity)], 0).unwrap();
    for cut in [1, 511, 513, 1023] {
        assert!(Scripts::Plain.write(&tar[..cut], &[], &[], 0).is_err(), "{cut}");
    }
    assert_eq!(Scripts::Plain.write(&tar[..1024], &[], &[], 0).unwrap(), tar, "without an end");
    assert!(Scripts::Gzip.write(b"x", &[], &[], 0).is_err());
    assert!(Scripts::Plain.write(&[b'9'; 512], &[], &[], 0).is_err());
}
