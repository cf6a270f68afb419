//! Any three texts as versions: both orders are those of the reference, in which each version is a list.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::package::{Family, apk_atoms, compare_versions, is_version};
use overcoat_fuzz::versions::{apk, is_apk, is_deb, is_like, order_deb};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let versions: Vec<&str> = text.splitn(3, '\n').collect();
    for a in &versions {
        assert_eq!(is_version(Family::Apk, a), is_apk(a), "{a:?}");
        assert_eq!(is_version(Family::Deb, a), is_deb(a), "{a:?}");
        for b in &versions {
            assert_eq!(compare_versions(Family::Apk, a, b), apk(a).cmp(&apk(b)), "{a:?} {b:?}");
            assert_eq!(compare_versions(Family::Deb, a, b), order_deb(a, b), "{a:?} {b:?}");
            check_constraints(a, b);
        }
    }
    let mut sorted = versions.clone();
    for family in [Family::Apk, Family::Deb] {
        sorted.sort_by(|a, b| compare_versions(family, a, b));
        for (at, a) in sorted.iter().enumerate() {
            assert!(sorted[at..].iter().all(|b| compare_versions(family, a, b).is_le()), "{sorted:?}");
        }
    }
});

/// Each way in which one version can be asked for by another.
fn check_constraints(version: &str, wanted: &str) {
    if !(is_apk(version) && is_apk(wanted)) {
        return;
    }
    let order = apk(version).cmp(&apk(wanted));
    let like = is_like(version, wanted);
    for (operator, expected) in [
        ("<", order.is_lt()),
        ("<=", order.is_le()),
        ("=", order.is_eq()),
        (">=", order.is_ge()),
        (">", order.is_gt()),
        ("~", like),
        ("<~", like || order.is_lt()),
        (">~", like || order.is_gt()),
    ] {
        let atom = &apk_atoms(&format!("x{operator}{wanted}"))[0];
        assert_eq!(atom.accepts(Family::Apk, Some(version)), expected, "{version} {operator} {wanted}");
    }
}
