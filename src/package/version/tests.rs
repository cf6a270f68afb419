use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::package::sample::fixture;

/// What a real tool says of pairs: `a TAB b TAB <,=,>`.
fn pairs(path: &str) -> Option<Vec<(String, String, Ordering)>> {
    let text = String::from_utf8(fixture(path)?).unwrap();
    let pair = |line: &str| {
        let fields: Vec<_> = line.split('\t').collect();
        let order = match fields[2] {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            ">" => Ordering::Greater,
            other => panic!("{other}"),
        };
        (fields[0].to_owned(), fields[1].to_owned(), order)
    };
    Some(text.lines().map(pair).collect())
}

fn differing(family: Family, pairs: &[(String, String, Ordering)]) -> Vec<String> {
    let both = |(a, b, order): &(String, String, Ordering)| {
        compare(family, a, b) == *order && compare(family, b, a) == order.reverse()
    };
    pairs.iter().filter(|pair| !both(pair)).map(|(a, b, order)| format!("{a} {b} {order:?}")).collect()
}

#[test]
fn versions_of_apk_are_ordered_as_apk_orders_them() {
    let Some(pairs) = pairs("golden/versions/apk-version-pairs.tsv") else { return };
    assert!(pairs.len() > 1000, "{}", pairs.len());
    assert_eq!(differing(Family::Apk, &pairs), Vec::<String>::new());
}

#[test]
fn versions_of_deb_are_ordered_as_apt_orders_them() {
    let Some(pairs) = pairs("golden/versions/deb-version-pairs.tsv") else { return };
    assert!(pairs.len() > 1900, "{}", pairs.len());
    assert_eq!(differing(Family::Deb, &pairs), Vec::<String>::new());
    let invalid = pairs.iter().flat_map(|(a, b, _)| [a, b]).find(|version| !is_valid(Family::Deb, version));
    assert_eq!(invalid, None);
}

#[test]
fn what_apk_takes_for_a_version_is_one() {
    let Some(text) = fixture("golden/versions/apk-version-validity.tsv") else { return };
    let text = String::from_utf8(text).unwrap();
    assert!(text.lines().count() > 15);
    for line in text.lines() {
        let (version, validity) = line.split_once('\t').unwrap();
        assert_eq!(is_valid(Family::Apk, version), validity == "valid", "{version}");
    }
}

#[test]
fn the_orders_that_the_formats_name_hold() {
    for line in [
        "1.0_alpha 1.0_beta 1.0_pre 1.0_rc 1.0_rc1 1.0-r0 1.0-r1 1.0~ab 1.0_cvs 1.0_svn 1.0_git 1.0_hg 1.0_p1 1.0a 1.0.1",
        "1.0 1.0-r0 1.00 1.01 1.1 1.9 1.10 2",
    ] {
        ascending(Family::Apk, line);
    }
    for line in ["1.0~~ 1.0~ 1.0~rc1 1.0 1.0a 1.0+b1 1.0.1 1.2 1.10 1:0", "1-0~ 1 1-0.1 1-1 1-a 1a"] {
        ascending(Family::Deb, line);
    }
    for (family, a, b) in [
        (Family::Deb, "1.0", "1.0-0"),
        (Family::Deb, "0:1", "1"),
        (Family::Deb, "1.01", "1.1"),
        (Family::Apk, "01", "1"),
    ] {
        assert_eq!(compare(family, a, b), Ordering::Equal, "{a} {b}");
    }
}

fn ascending(family: Family, line: &str) {
    let versions: Vec<_> = line.split(' ').collect();
    for (at, a) in versions.iter().enumerate() {
        for (other, b) in versions.iter().enumerate() {
            assert_eq!(compare(family, a, b), at.cmp(&other), "{a} {b}");
        }
    }
}

#[test]
fn a_version_is_like_what_it_begins_with() {
    for (version, like, order) in [
        ("1.2.3-r0", "1.2", Ordering::Equal),
        ("1.2", "1.2", Ordering::Equal),
        ("1.20", "1.2", Ordering::Greater),
        ("1.2_rc1", "1.2", Ordering::Equal),
        ("1.2", "1.2.3", Ordering::Less),
        ("1.1.9", "1.2", Ordering::Less),
    ] {
        assert_eq!(compare_like(Family::Apk, version, like), order, "{version} {like}");
    }
}

#[test]
fn what_dpkg_refuses_is_no_version_of_deb() {
    for (version, valid) in [
        ("1", true),
        ("2147483647:1", true),
        ("2147483648:1", false),
        ("1:1:1-1-1", true),
        ("", false),
        (":1", false),
        ("a:1", false),
        ("1-", false),
        ("1:", false),
        ("1 ", false),
        ("1_2", false),
        ("1-2:3", false),
        ("-1", false),
    ] {
        assert_eq!(is_valid(Family::Deb, version), valid, "{version}");
    }
}

/// Texts of the characters that versions have a meaning for.
fn version() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,3}",
        "\\.",
        "\\.0[0-9]",
        "[a-z]",
        "_(alpha|rc|p|git|x)",
        "~[0-9a-f]{0,3}",
        "-r[0-9]{0,2}",
        "[+~:-]",
    ];
    proptest::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn versions_are_in_a_total_order(a in version(), b in version(), c in version()) {
        for family in [Family::Apk, Family::Deb] {
            let mut three = [a.as_str(), &b, &c];
            prop_assert_eq!(compare(family, &a, &a), Ordering::Equal);
            prop_assert_eq!(compare(family, &a, &b), compare(family, &b, &a).reverse());
            three.sort_by(|a, b| compare(family, a, b));
            let [first, second, third] = three;
            let expected = compare(family, first, second).then(compare(family, second, third));
            prop_assert_eq!(compare(family, first, third), expected, "{} {} {}", first, second, third);
        }
    }

    #[test]
    fn what_is_like_another_stands_beside_it(a in version(), b in version()) {
        let like = compare_like(Family::Apk, &a, &b);
        prop_assert!(like == compare(Family::Apk, &a, &b) || like == Ordering::Equal);
    }
}

#[test]
fn versions_of_deb_are_ordered_as_dpkg_orders_them() {
    if Command::new("dpkg").arg("--version").output().is_err() {
        println!("skipped: there is no dpkg");
        return;
    }
    let words = ["", "~", "a", "+", ".", "~a", "0", "01", "1.", "a0"];
    let versions: Vec<_> = words.iter().map(|word| format!("1:1{word}-1{word}")).collect();
    for (at, a) in versions.iter().enumerate() {
        let b = &versions[(7 * at + 3) % versions.len()];
        for (relation, orders) in [("lt", [Ordering::Less; 2]), ("ge", [Ordering::Equal, Ordering::Greater])]
        {
            let says =
                Command::new("dpkg").args(["--compare-versions", a, relation, b]).status().unwrap().success();
            assert_eq!(orders.contains(&compare(Family::Deb, a, b)), says, "{a} {relation} {b}");
        }
    }
}
