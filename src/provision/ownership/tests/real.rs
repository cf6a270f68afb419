//! Real packages of Debian on the lists of a real base.

use std::fs;

use super::*;
use crate::layer::raw;
use crate::oci::Digest;
use crate::package::deb::{self as format, Expected};
use crate::package::sample::fixtures;

/// The packages of a directory of the fixtures.
fn packages(dir: &str) -> Option<Vec<Unpacked>> {
    let Some(fixtures) = fixtures() else {
        println!("skipped: there are no package fixtures");
        return None;
    };
    let mut files: Vec<_> =
        fs::read_dir(fixtures.join(dir)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap().replace("%3a", ":");
        let [name, version, architecture] = name.split('_').collect::<Vec<_>>().try_into().unwrap();
        let bytes = fs::read(file).unwrap();
        let Digest::Sha256(sha256) = Digest::of(&bytes) else { unreachable!("it is a sha256") };
        let expected = Expected { name, version, architecture, size: bytes.len() as u64, sha256 };
        format::unpack(&bytes[..], &expected, &raw::artifact().how()).unwrap()
    };
    Some(files.iter().map(read).collect())
}

/// The base of trixie, as its database tells it, with the merged layout or without.
fn trixie(is_merged: bool) -> Option<(View, Base)> {
    let db = fixtures()?.join("deb/db");
    let text = |path: &std::path::Path| String::from_utf8(fs::read(path).unwrap()).unwrap();
    let mut files = vec![("var/lib/dpkg/status".to_owned(), text(&db.join("tx-chrootless-amd64.status")))];
    for file in fs::read_dir(db.join("info-trixie-amd64")).unwrap().map(|file| file.unwrap()) {
        let name = file.file_name().into_string().unwrap();
        if name.ends_with(".list") {
            files.push((format!("var/lib/dpkg/info/{name}"), text(&file.path())));
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(at, text)| (&**at, &**text)).collect();
    let links = [("bin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"), ("sbin", "usr/sbin")];
    Some(base(&files, if is_merged { &links } else { &[] }))
}

#[test]
fn t06_real_packages_are_laid_out_through_the_links_of_a_base_and_without() {
    for (dir, library) in [("deb/debs/trixie-amd64", "usr/lib"), ("deb/debs/bookworm-amd64", "lib")] {
        let Some(packages) = packages(dir) else { return };
        for is_merged in [true, false] {
            let Some(base) = trixie(is_merged) else { return };
            let (payload, names) =
                lay(&base, &packages, &[]).unwrap_or_else(|error| panic!("{dir}: {error}"));
            let items: usize = packages.iter().map(|one| one.index.files()).sum();
            assert_eq!((names.len(), payload.contents.files()), (items, items), "{dir}: all are there");
            let library = if is_merged { "usr/lib" } else { library };
            let library = format!("{library}/x86_64-linux-gnu/libcap.so.2");
            assert!(names.contains(&library), "{dir} {is_merged}: {library}");
            let mut after = base.0.clone();
            after.apply_contents(&payload.contents);
            assert_eq!(after.target_of(&path("lib")).is_some(), is_merged, "the link of the base stays");
            for (one, outcomes) in packages.iter().zip(&payload.outcomes) {
                let items = &one.index.items;
                let placed = items
                    .ordinals()
                    .zip(outcomes)
                    .filter(|(_, outcome)| matches!(outcome, Outcome::Placed(_)));
                assert_eq!(placed.count(), items.ordinals().filter(|at| !items.path(*at).is_root()).count());
            }
        }
    }
}

#[test]
fn real_packages_that_list_a_file_of_the_base_without_replacing_it_are_refused() {
    let Some(base) = trixie(true) else { return };
    for at in ["usr/lib/x86_64-linux-gnu/libc.so.6", "lib/x86_64-linux-gnu/libc.so.6"] {
        let error = lay(&base, &[deb("new", "", &[at])], &[]).unwrap_err();
        assert!(matches!(error, PayloadError::OfBase { ref owner, .. } if owner == "libc6"), "{error}");
    }
}
