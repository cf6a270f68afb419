use super::*;
use crate::package::sample::fixture;

const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn release(fields: &str) -> Result<Release, ReleaseError> {
    Release::parse(&format!("Date: Sat, 12 Sep 2026 07:55:41 UTC\n{fields}\nSHA256:\n {HASH} 0 x"))
}

/// The signed part of a fixture's `InRelease`.
fn real(path: &str) -> Option<Release> {
    let text = String::from_utf8(fixture(path)?).unwrap();
    let text = text.split_once("\n\n").unwrap().1.split_once("\n-----BEGIN").unwrap().0;
    Some(Release::parse(text).unwrap())
}

#[test]
fn debians_releases_say_what_they_hold() {
    let Some(trixie) = real("deb/archive/debian/dists/trixie/InRelease") else { return };
    assert!(trixie.is("trixie") && trixie.is("stable") && !trixie.is("13"));
    assert_eq!(trixie.date.to_string(), "2026-09-12T07:55:41Z");
    assert_eq!(trixie.valid_until, None);
    assert!(trixie.by_hash && !trixie.not_automatic && !trixie.splits_all);
    let forms = trixie.index("main/binary-arm64/Packages");
    let forms: Vec<_> = forms.iter().map(|one| (one.path.as_str(), one.plain.is_some())).collect();
    let path = "main/binary-arm64/Packages";
    assert_eq!(forms, [(&*format!("{path}.xz"), true), (&*format!("{path}.gz"), true), (path, true)]);
    assert_eq!(trixie.components("arm64"), ["contrib", "main", "non-free", "non-free-firmware"]);

    let Some(security) = real("deb/archive/debian-security/dists/trixie-security/InRelease") else { return };
    assert_eq!(security.valid_until.unwrap().to_string(), "2026-11-27T00:12:42Z");
    // It calls its components `updates/main`, and has them at `main`.
    assert_eq!(security.index("main/binary-amd64/Packages")[0].path, "main/binary-amd64/Packages.xz");
    assert!(security.index("updates/main/binary-amd64/Packages").is_empty());
    assert!(security.index("main/binary-mips/Packages").is_empty());
}

#[test]
fn packages_for_all_architectures_stand_apart_only_where_a_release_says_so() {
    let splits = |fields: &str| release(fields).unwrap().splits_all;
    assert!(splits("Architectures: amd64 all"));
    assert!(!splits("Architectures: amd64"));
    assert!(!splits("Architectures: all amd64\nNo-Support-for-Architecture-all: Packages"));
    assert!(splits("Architectures: all amd64\nNo-Support-for-Architecture-all: Contents"));
}

#[test]
fn fields_are_read_whatever_their_case_and_only_yes_is_yes() {
    let release = release("SUITE: a\ncodename: b\nnotautomatic: Yes\nAcquire-By-Hash: no").unwrap();
    assert!(release.is("a") && release.is("b") && release.not_automatic && !release.by_hash);
}

#[test]
fn a_time_is_in_utc_and_one_that_there_is() {
    for (text, seconds) in [
        ("Thu, 01 Jan 1970 00:00:01 UTC", 1),
        ("Thu, 1 Jan 1970 00:01:00 GMT", 60),
        ("Sat, 21 Nov 2026 00:00:00 +0000", 1_795_219_200),
        ("Sat, 21 Nov 2026 00:00:00 Z", 1_795_219_200),
    ] {
        assert_eq!(moment(text), Some(Moment(seconds)), "{text}");
    }
    for text in [
        "",
        "Sat, 21 Nov 2026 00:00:00",
        "Sat, 21 Nov 2026 00:00:00 +0100",
        "Sat, 31 Nov 2026 00:00:00 UTC",
        "Sat, 21 November 2026 00:00:00 UTC",
        "Sat, 21 Nov 2026 24:00:00 UTC",
        "Sat, 21 Nov 2026 00:00:00:00 UTC",
        "Sat, 21 Nov 99999 00:00:00 UTC",
        "2026-11-21T00:00:00Z",
    ] {
        assert_eq!(moment(text), None, "{text}");
    }
}

#[test]
fn a_release_that_does_not_say_what_it_has_to_is_refused() {
    let error = |text: &str| Release::parse(text).unwrap_err();
    let date = "Date: Sat, 12 Sep 2026 07:55:41 UTC\n";
    assert_eq!(error(""), ReleaseError::Blocks);
    assert_eq!(error(&format!("{date}\nSHA256:\n {HASH} 0 x")), ReleaseError::Blocks);
    assert_eq!(error(&format!("SHA256:\n {HASH} 0 x")), ReleaseError::Missing("Date"));
    assert_eq!(error(date), ReleaseError::Missing("SHA256"));
    assert!(matches!(error("no field"), ReleaseError::Stanza(_)));
    assert!(matches!(error(&format!("{date}{date}SHA256:\n {HASH} 0 x")), ReleaseError::Stanza(_)));
    let time = "Date: today\nSHA256:\n x";
    assert_eq!(error(time), ReleaseError::Time { field: "Date", value: "today".to_owned() });
    let lines = ["-1 x", "+1 x", "0 x y", "0 ./"].map(|rest| format!("{HASH} {rest}"));
    for line in lines.iter().map(String::as_str).chain(["x", "00 0 x"]) {
        assert_eq!(error(&format!("{date}SHA256:\n {line}")), ReleaseError::File(format!(" {line}")));
    }
    let twice = format!("{date}SHA256:\n {HASH} 0 x\n {HASH} 0 x\n {HASH} 1 ././x");
    assert_eq!(error(&twice), ReleaseError::Twice("x".to_owned()));
}

#[test]
fn an_index_is_taken_in_the_smallest_form_that_can_be_read() {
    let list = |endings: &[&str]| {
        let lines: String =
            endings.iter().map(|ending| format!("\n {HASH} 0 m/binary-a/Packages{ending}")).collect();
        let text = format!("Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:{lines}");
        let found = Release::parse(&text).unwrap().index("m/binary-a/Packages");
        found.into_iter().map(|one| one.path["m/binary-a/Packages".len()..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[".gz", ".zst", "", ".xz", ".bz2"]), [".xz", ".zst", ".gz", ""]);
    assert!(list(&[".bz2", ".diff/Index"]).is_empty());
}
