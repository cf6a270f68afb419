use super::*;
use crate::limits::Limits;
use crate::package::sample::{apk_index, reduced_index};

/// An index of `name version digest: provides` in lines.
fn index(lines: &str) -> Arc<Index> {
    let stanza = |line: &str| {
        let (package, provides) = line.split_once(": ").unwrap_or((line, ""));
        let [name, version, digest] = package.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\nFilename: {digest}\nSize: 1\nSHA256: {}\nProvides: {provides}\n\n",
            digest.repeat(32)
        )
    };
    let text: String = lines.lines().map(|line| stanza(line.trim())).collect();
    Arc::new(Index::deb(text.as_bytes(), "amd64", &Limits::default()).unwrap())
}

fn repository(tag: Option<&str>, indexes: &[&str]) -> Repository {
    Repository { tag: tag.map(str::to_owned), indexes: indexes.iter().map(|lines| index(lines)).collect() }
}

/// What there is under a name, as `version in file of repository`.
fn offered(market: &Market, numbers: &[u32]) -> Vec<String> {
    let text = |number: &u32| {
        let package = market.package(*number);
        let file = package.file.as_ref().unwrap();
        format!("{} {} in {} of {}", package.name, package.version, file.location, market.repository(*number))
    };
    numbers.iter().map(text).collect()
}

#[test]
fn names_are_known_by_where_lists_have_them_first() {
    let market = Market::new(vec![
        repository(None, &["a 1 00: c\nd 1 01", "b 1 02: x"]),
        repository(None, &["c 1 03"]),
    ]);
    let mut names = ["a", "b", "c", "d"];
    names.sort_by_key(|name| market.mention(name));
    assert_eq!(names, ["a", "c", "d", "b"], "c is named by what a provides, b only by itself");
    assert_eq!(market.mention("x"), None, "no package has that name");
}

#[test]
fn packages_are_found_by_name_and_by_what_they_provide() {
    let market = Market::new(vec![
        repository(None, &["b 1 00: x, y (= 2)\na 1 01: x", "c 1 02"]),
        repository(None, &["b 2 03: x, x, b\nd 1 04"]),
    ]);
    assert_eq!(market.len(), 5);
    assert_eq!(offered(&market, market.named("b")), ["b 1 in 00 of 0", "b 2 in 03 of 1"]);
    assert_eq!(
        offered(&market, market.providing("x")),
        ["b 1 in 00 of 0", "a 1 in 01 of 0", "b 2 in 03 of 1"]
    );
    assert_eq!(offered(&market, market.providing("b")), ["b 2 in 03 of 1"]);
    assert_eq!((market.named("x"), market.providing("a")), (&[] as &[u32], &[] as &[u32]));
    assert_eq!(market.names().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}

#[test]
fn a_version_of_several_suites_is_one_package_from_the_first() {
    let market = Market::new(vec![
        repository(None, &["a 1 00\nb 1 00\na 1 00"]),
        repository(None, &["a 1 00\nb 1 ff\nb 2 01", "b 2 02"]),
    ]);
    assert_eq!(offered(&market, market.named("a")), ["a 1 in 00 of 0"]);
    assert_eq!(offered(&market, market.named("b")), ["b 1 in 00 of 0", "b 2 in 01 of 1"]);
}

#[test]
fn a_version_of_a_repository_with_a_tag_hides_none_of_another() {
    let market = Market::new(vec![
        repository(Some("edge"), &["a 1 00"]),
        repository(None, &["a 1 00"]),
        repository(Some("edge"), &["a 1 00"]),
        repository(Some("next"), &["a 1 00"]),
    ]);
    assert_eq!(offered(&market, market.named("a")), ["a 1 in 00 of 0", "a 1 in 00 of 1", "a 1 in 00 of 3"]);
    assert_eq!((market.tag(0), market.tag(1)), (Some("edge"), None));
}

#[test]
fn a_market_of_real_indexes_finds_all_that_they_offer() {
    let Some(text) = apk_index("apk/alpine-3.16-x86_64/APKINDEX.tar.gz") else { return };
    let alpine = Index::apk(text.as_bytes(), "x86_64", &Limits::default()).unwrap();
    let Some(debian) = reduced_index("golden/solve/bookworm-amd64.Packages.xz", "amd64") else { return };
    for index in [alpine, debian] {
        let index = Arc::new(index);
        let market = Market::new(vec![Repository { tag: None, indexes: vec![index.clone()] }]);
        for number in 0..index.len() {
            let package = index.package(number);
            let is_there = |numbers: &[u32]| numbers.iter().any(|number| *market.package(*number) == package);
            assert!(is_there(market.named(&package.name)), "{}", package.name);
            for provide in &package.provides {
                assert!(is_there(market.providing(&provide.name)), "{} {}", package.name, provide.name);
            }
        }
        assert_eq!(market.len(), index.len());
        assert!(market.names().is_sorted());
    }
}
