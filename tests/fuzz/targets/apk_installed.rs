//! Any text as apk's database, and what is written for it.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use overcoat::package::apk::{Changes, Installed, Scripts, database, world};
use overcoat::package::apk_atoms;

fuzz_target!(|text: &[u8]| {
    check_neighbours(text);
    let base = match Installed::parse(text) {
        Ok(base) => base,
        Err(error) => {
            assert!(error.line <= text.split(|byte| *byte == b'\n').count());
            assert!(!error.to_string().contains(char::is_control), "{error}");
            return;
        }
    };
    let named = |line: &&[u8]| line.starts_with(b"P:");
    let names = text.split(|byte| *byte == b'\n').filter(named).count();
    assert!(base.records.len() <= names, "every record names its package");
    check_written(text, &base);
});

/// What is not touched stays, and what is taken or gone is not there any more.
fn check_written(text: &[u8], base: &Installed) {
    let same = database(base, &Changes::default(), &[]).expect("it was read before");
    assert!(same.starts_with(text) && same[text.len()..].iter().all(|byte| *byte == b'\n'));
    let Some(first) = base.records.first() else { return };
    let name = &first.package.name;
    let gone = Changes { gone: BTreeSet::from([name.clone()]), ..Changes::default() };
    let without =
        Installed::parse(database(base, &gone, &[]).expect("less is read as well")).expect("it was read");
    assert!(without.get(name).is_none());
    assert_eq!(
        without.records.len(),
        base.records.iter().filter(|record| record.package.name != *name).count()
    );
    let files: BTreeSet<_> = first.files().map(|file| file.path.clone()).collect();
    let taken = Changes { taken: BTreeMap::from([(name.clone(), files.clone())]), ..Changes::default() };
    let left =
        Installed::parse(database(base, &taken, &[]).expect("less is read as well")).expect("it was read");
    assert_eq!(left.records.len(), base.records.len());
    for (left, before) in left.records.iter().zip(&base.records) {
        assert_eq!(left.directories.len(), before.directories.len());
        let is_taken = |path| before.package.name == *name && files.contains(path);
        let expected = before.files().filter(|file| !is_taken(&file.path));
        assert!(left.files().eq(expected));
    }
}

/// What stands beside the database never panics, and is the same once more.
fn check_neighbours(text: &[u8]) {
    let once = world(text, &apk_atoms("curl"));
    assert_eq!(world(&once, &apk_atoms("curl")), once);
    if let Ok(tar) = Scripts::Plain.write(text, &[], &[], 0) {
        assert_eq!(Scripts::Plain.write(&tar, &[], &[], 0).as_deref(), Ok(&*tar));
    }
}
