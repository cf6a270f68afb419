//! Any bytes as a `Packages`: it is read as the reference reads it, kept as it is, and its relations are written as what
//! reads the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::package::{Family, Index, Package, deb_groups};
use overcoat_fuzz::records::{Offered, check_index, deb, limits};

fuzz_target!(|bytes: &[u8]| {
    let index = match Index::deb(bytes, "amd64", &limits()) {
        Ok(index) => index,
        Err(error) => {
            assert!(deb(bytes, "amd64").is_none(), "{error}");
            assert!(!error.to_string().contains(char::is_control), "{error}");
            return;
        }
    };
    let (expected, left_out) = deb(bytes, "amd64").expect("the reference reads what the engine does");
    assert_eq!((index.len(), index.left_out()), (expected.len(), left_out));
    check_index(&index, &expected);
    for (number, expected) in expected.iter().enumerate() {
        check(&index.package(number), expected);
    }
});

fn check(package: &Package, expected: &Offered) {
    assert_eq!(package.depends, deb_groups(&expected.depends));
    let written: Vec<_> =
        package.depends.iter().map(|group| group.written(Family::Deb).to_string()).collect();
    assert_eq!(deb_groups(&written.join(",")), package.depends);
}
