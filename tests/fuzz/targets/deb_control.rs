//! Any bytes as a base's database of packages, its diversions, and its sources.

#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use overcoat::layer::{Items, LayerIndex};
use overcoat::oci::Digest;
use overcoat::package::deb::database::{DatabaseKind, files};
use overcoat::package::deb::status::{State, read};
use overcoat::package::deb::{diversions, sources};
use overcoat::package::{Family, Fields, Package, Source, Unpacked};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(records) = read(bytes) {
        let mut end = 0;
        for record in &records {
            assert!(record.range.start >= end && record.range.end > record.range.start);
            end = record.range.end;
            assert!(!record.package.name.is_empty());
            assert!(record.state == State::Absent || !record.package.version.is_empty());
            let again = read(&bytes[record.range.clone()]).expect("a stanza is a database");
            assert_eq!((again.len(), &again[0].fields), (1, &record.fields));
        }
        check_added(bytes, records.len());
    } else {
        assert!(files(DatabaseKind::Status, bytes, &[]).is_err());
    }
    if let Ok(diversions) = diversions::read(bytes) {
        assert!(diversions.iter().all(|diversion| !diversion.from.is_root() && !diversion.to.is_root()));
    }
    for name in ["sources.list", "x.sources"] {
        for source in sources::read(name, bytes).into_iter().flatten() {
            let Source::Deb { url, suite, components, .. } = source else { panic!("apt knows no others") };
            assert!(["http://", "https://", "file:/"].iter().any(|scheme| url.starts_with(scheme)), "{url}");
            assert_eq!(suite.ends_with('/'), components.is_empty());
        }
    }
});

/// A package is added to the base, and whatever else is there stays.
fn check_added(base: &[u8], records: usize) {
    let added = unpacked("made", "1", "amd64");
    let written = files(DatabaseKind::Status, base, &[&added]).expect("a base that is read is extended");
    let status = written.iter().find(|file| file.path.as_bytes() == b"status").expect("it is written");
    let after = read(&status.bytes).expect("what is written is read");
    let ours = after.iter().filter(|record| record.package.name == "made" && record.package.version == "1");
    assert!(ours.count() > 0 && after.len() <= records + 1);
    let again = files(DatabaseKind::Status, &status.bytes, &[&added]).expect("it was extended before");
    assert_eq!(again, written, "what is there already changes nothing");
}

fn unpacked(name: &str, version: &str, architecture: &str) -> Unpacked {
    let fields = [("Package", name), ("Version", version), ("Architecture", architecture)];
    let index = LayerIndex {
        diff_id: Digest::of(b""),
        size: 0,
        items: Items::default(),
        kept: BTreeMap::new(),
        elf: BTreeMap::new(),
        faults: BTreeMap::new(),
        warnings: Vec::new(),
    };
    Unpacked {
        family: Family::Deb,
        package: Package {
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: architecture.to_owned(),
            ..Package::default()
        },
        fields: Fields::new(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()),
        members: BTreeMap::new(),
        index: Arc::new(index),
        sums: BTreeMap::new(),
        owners: BTreeMap::new(),
    }
}
