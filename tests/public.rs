//! Test archives of other projects, read as other tools read them.
//!
//! `tests/public/fetch` brings them together, and `OVERCOAT_SUITES` says where; nothing of them is part of this repository.
//! Where GNU tar, bsdtar and Python agree on what an archive holds, so must we, or refuse it and stand in a table here with
//! the reason; where all of them refuse it, so must we.

mod archives;
mod listing;
mod own;
mod tools;

use archives::Archive;
use listing::Listing;
use overcoat::layer::Trust;

/// What becomes of an archive.
type Outcome = Result<Listing, String>;

/// An archive that we take otherwise than all of the tools, and how.
struct Exception {
    archive: &'static str,
    how: How<'static>,
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How<'a> {
    /// We refuse it with this code.
    Refused(&'a str),
    /// We list something else.
    Differs,
    /// We take what no tool does.
    Taken,
}

/// Archives that showed how readers came to see different entries: there is one list that counts.
const AGREED: &[&str] = &[
    "tokio-tar/pax-hidden-entry.tar",
    "tokio-tar/pax-phantom-entry.tar",
    "tokio-tar/pax-overrides-extension-header.tar",
    "tokio-tar/pax-header-precedence.tar",
];

const EXCEPTIONS: &[Exception] = &[Exception {
    archive: "go/pax-bad-mtime-file.tar",
    how: How::Refused("E_TAR_HEADER"),
    reason: "a time that is no number is refused as any other record that is none, not left out",
}];

#[test]
fn t18_archives_of_other_projects_are_read_as_the_tools_agree_or_refused_for_a_reason() {
    let Some(archives) = archives::all() else { return };
    let own: Vec<_> = archives.iter().map(|archive| own::list(archive, Trust::Base)).collect();
    let has_content = |own: &Outcome| own.as_ref().is_ok_and(|listing| listing.content.is_some());
    let wanted: Vec<_> = own.iter().map(has_content).collect();
    let Some(outcomes) = tools::list(&archives, &wanted) else { return };
    let (mut agreed, mut refused, mut disputed) = (0, 0, 0);
    let mut faults = Vec::new();
    for ((archive, own), outcomes) in archives.iter().zip(&own).zip(&outcomes) {
        let found = match verdict(outcomes) {
            Verdict::Disputed => {
                assert!(!AGREED.contains(&archive.name.as_str()), "{}: {outcomes:?}", archive.name);
                println!("{} is disputed; here {own:?}", archive.name);
                disputed += 1;
                continue;
            }
            Verdict::Listed(expected) => {
                agreed += 1;
                as_artifact(archive, expected, &mut faults);
                match own {
                    Ok(own) if own == expected => continue,
                    Ok(_) => How::Differs,
                    Err(code) => How::Refused(code),
                }
            }
            Verdict::Refused => {
                refused += 1;
                if own.is_err() {
                    continue;
                }
                How::Taken
            }
        };
        let exception = EXCEPTIONS.iter().find(|one| one.archive == archive.name && one.how == found);
        match exception {
            Some(Exception { reason, .. }) => println!("{}: {found:?}: {reason}", archive.name),
            None => {
                faults.push(format!("{}: {found:?}\n  own: {own:?}\n  tools: {outcomes:?}", archive.name))
            }
        }
    }
    println!("{agreed} archives agreed upon, {refused} refused by all tools, {disputed} disputed");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What the tools say together.
enum Verdict<'a> {
    Listed(&'a Listing),
    Refused,
    Disputed,
}

fn verdict(outcomes: &[Outcome]) -> Verdict<'_> {
    match outcomes {
        [Ok(first), rest @ ..] if rest.iter().all(|other| other.as_ref() == Ok(first)) => {
            Verdict::Listed(first)
        }
        all if all.iter().all(Result::is_err) => Verdict::Refused,
        _ => Verdict::Disputed,
    }
}

/// An artifact may be refused more often, but what is taken from it is what everybody sees.
fn as_artifact(archive: &Archive, expected: &Listing, faults: &mut Vec<String>) {
    match own::list(archive, Trust::Artifact) {
        Ok(own) if own != *expected => faults.push(format!("{}: as artifact {own:?}", archive.name)),
        _ => {}
    }
}

#[test]
fn t19_archives_that_showed_where_readers_went_on_are_refused() {
    let Some(archives) = archives::all() else { return };
    for (name, code) in [
        ("tokio-tar/diff-014-unterminated-pax.tar", "E_TAR_HEADER"),
        ("tokio-tar/diff-024-pending-pax-boundary.tar", "E_TAR_HEADER"),
        ("tokio-tar/diff-039-truncated-entry-body.tar", "E_TAR_TRUNCATED"),
    ] {
        for archive in archives.iter().filter(|archive| archive.name == name) {
            assert_eq!(own::list(archive, Trust::Base), Err(code.to_owned()), "{name}");
        }
    }
}
