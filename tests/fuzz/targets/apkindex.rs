//! Any bytes as an `APKINDEX`: it is read as the reference reads it, kept as it is, and its relations are written as what
//! reads the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::package::{Family, Index, Package, apk_depends};
use overcoat_fuzz::records::{Offered, apk, check_index, limits};

fuzz_target!(|bytes: &[u8]| {
    let index = match Index::apk(bytes, "x86_64", &limits()) {
        Ok(index) => index,
        Err(error) => {
            assert!(apk(bytes, "x86_64").is_none(), "{error}");
            assert!(!error.to_string().contains(char::is_control), "{error}");
            return;
        }
    };
    let expected = apk(bytes, "x86_64").expect("the reference reads what the engine does");
    check_index(&index, &expected);
    for (number, expected) in expected.iter().enumerate() {
        check(&index.package(number), expected);
    }
    // Any bytes may be what was kept.
    if let Ok(index) = Index::read_from(&mut &*bytes) {
        (0..index.len()).for_each(|number| drop(index.package(number)));
    }
});

fn check(package: &Package, expected: &Offered) {
    let (depends, conflicts) = apk_depends(&expected.depends);
    assert_eq!((&package.depends, &package.conflicts), (&depends, &conflicts));
    let words = expected.depends.split_ascii_whitespace().count();
    assert_eq!(package.depends.len() + package.conflicts.len(), words);
    let groups = package.depends.iter().map(|group| group.written(Family::Apk).to_string());
    let forbidden = package.conflicts.iter().map(|atom| format!("!{}", atom.written(Family::Apk)));
    let written: Vec<_> = groups.chain(forbidden).collect();
    assert_eq!(apk_depends(&written.join(" ")), (depends, conflicts));
}
