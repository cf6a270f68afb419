use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use super::*;
use crate::code::{Code, Coded};
use crate::contents::sample::{index, path, view_of};
use crate::contents::{Conflict, Finding, Operation};
use crate::layer::{Fault, LayerIndex};
use crate::rootfs::Kind;

mod links;
mod properties;

/// What packages say, as lists.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) names: Vec<&'static str>,
    /// Places of the base and their packages; `!` stands for those whose places others take.
    pub(super) held: BTreeMap<&'static str, &'static str>,
    /// Who goes before whom.
    pub(super) before: BTreeSet<(&'static str, &'static str)>,
    pub(super) config: BTreeSet<&'static str>,
    pub(super) pristine: BTreeSet<&'static str>,
    /// Where paths of a package belong instead; nothing where they are not laid out.
    pub(super) elsewhere: BTreeMap<(&'static str, &'static str), Option<&'static str>>,
    /// Directories and the packages that have a say in them, even where the base has them.
    pub(super) directories: BTreeMap<&'static str, &'static str>,
}

impl Owners for Facts {
    fn place(&self, parcel: usize, at: &RootPath) -> Option<RootPath> {
        match self.elsewhere.get(&(self.names[parcel], at.to_string().as_str())) {
            Some(place) => place.map(path),
            None => Some(at.clone()),
        }
    }

    fn is_config(&self, _: usize, at: &RootPath) -> bool {
        self.config.contains(at.to_string().as_str())
    }

    fn holder(&self, at: &RootPath) -> Holder<'_> {
        match self.held.get(at.to_string().as_str()) {
            None => Holder::Nobody,
            Some(&"!") => Holder::Replaced,
            Some(name) => Holder::Package(name),
        }
    }

    fn is_pristine(&self, at: &RootPath) -> bool {
        self.pristine.contains(at.to_string().as_str())
    }

    fn meet(&self, owner: Party<'_>, newcomer: usize) -> Verdict {
        let newcomer = self.names[newcomer];
        let owner = match owner {
            Party::Base(name) => name,
            Party::Added(parcel) => {
                assert!(self.names[parcel] < newcomer, "the newcomer's name is greater");
                self.names[parcel]
            }
        };
        match (self.before.contains(&(owner, newcomer)), self.before.contains(&(newcomer, owner))) {
            (true, _) => Verdict::Owner,
            (false, true) => Verdict::Newcomer,
            (false, false) => Verdict::Conflict,
        }
    }

    fn directory(&self, at: &RootPath, parcels: &[usize], is_in_base: bool) -> Option<usize> {
        assert!(parcels.is_sorted_by_key(|parcel| self.names[*parcel]));
        let chosen = self.directories.get(at.to_string().as_str());
        let chosen = chosen.and_then(|name| parcels.iter().find(|parcel| self.names[**parcel] == *name));
        chosen.copied().or((!is_in_base).then_some(parcels[0]))
    }
}

/// Lays out packages, given as names and the lines of their indexes.
pub(super) fn lay(
    packages: &[(&'static str, &[&str])],
    below: &View,
    facts: Facts,
    gone: &[&str],
) -> Result<Payload, PayloadError> {
    lay_out(packages, below, facts, gone, Allow::default())
}

pub(super) fn lay_out(
    packages: &[(&'static str, &[&str])],
    below: &View,
    mut facts: Facts,
    gone: &[&str],
    allow: Allow,
) -> Result<Payload, PayloadError> {
    facts.names = packages.iter().map(|(name, _)| *name).collect();
    let indexes: Vec<_> = packages.iter().map(|(_, lines)| Arc::new(index(lines))).collect();
    let parcels = facts.names.iter().zip(&indexes).map(|(name, index)| Parcel { name, index });
    let gone: Vec<_> = gone.iter().map(|text| path(text)).collect();
    payload(&parcels.collect::<Vec<_>>(), below, &facts, &gone, allow, None, &Interrupt::default())
}

/// What is written, as lines; `~` marks what has another time than its own.
pub(super) fn written(payload: &Payload) -> Vec<String> {
    let text = |operation: Operation| match operation {
        Operation::Entry { entry, data } => {
            let mark = if entry.attributes.mtime == 1_000 { "" } else { "~" };
            let from = data.map(|data| format!(" {}:{}", data.layer, data.ordinal)).unwrap_or_default();
            let rest = match &entry.kind {
                Kind::Directory => format!("/ {}", entry.attributes.mode),
                Kind::Symlink(target) => format!(" -> {}", String::from_utf8_lossy(target)),
                Kind::Hardlink(target) => format!(" => {target}"),
                _ => from,
            };
            format!("{mark}{}{rest}", entry.path)
        }
        Operation::Whiteout { path, .. } => format!("-{path}"),
        Operation::Opaque { .. } => panic!("packages hide no directories"),
    };
    payload.contents.operations.iter().map(text).collect()
}

pub(super) fn view(lines: &[&str]) -> View {
    view_of([index(lines)]).unwrap()
}

pub(super) fn nothing() -> View {
    View::default()
}

#[test]
fn entries_come_by_the_names_of_packages_and_then_as_in_their_archives() {
    let packages: [(_, &[&str]); 2] =
        [("b", &["usr/", "usr/z", "usr/a"]), ("a", &["usr/ 0700", "usr/y", "usr/x -> y"])];
    let payload = lay(&packages, &nothing(), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["usr/ 0700", "usr/y 1:1", "usr/x -> y", "usr/z 0:1", "usr/a 0:2"]);
    assert_eq!(payload.outcomes[0][1], Outcome::Placed(path("usr/z")));
}

#[test]
fn a_directory_of_the_base_stays_as_it_is_unless_the_packages_have_a_say() {
    let below = view(&["usr/ 0711", "usr/lib/ 0755"]);
    let packages: [(_, &[&str]); 1] = [("a", &["usr/ 0755", "usr/lib/ 0700", "usr/lib/x", "usr/new/ 0750"])];
    let payload = lay(&packages, &below, Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["~usr/ 0711", "~usr/lib/ 0755", "usr/lib/x 0:2", "usr/new/ 0750"]);
    assert_eq!(payload.contents.findings, []);
    let facts = Facts { directories: [("usr/lib", "a")].into(), ..Facts::default() };
    let payload = lay(&packages, &below, facts, &[]).unwrap();
    assert_eq!(written(&payload), ["~usr/ 0711", "usr/lib/ 0700", "usr/lib/x 0:2", "usr/new/ 0750"]);
    assert_eq!(payload.contents.findings, [Finding::Directory { path: path("usr/lib") }]);
}

#[test]
fn a_directory_that_nothing_is_put_into_and_that_is_there_is_not_written() {
    let below = view(&["usr/", "usr/lib/"]);
    let payload = lay(&[("a", &["usr/", "usr/lib/"])], &below, Facts::default(), &[]).unwrap();
    assert!(payload.contents.is_empty());
    assert_eq!(payload.outcomes[0][1], Outcome::Placed(path("usr/lib")));
}

#[test]
fn two_packages_with_different_content_on_one_path_are_refused() {
    let packages: [(_, &[&str]); 2] = [("b", &["d/x=1"]), ("a", &["d/x=2"])];
    let error = lay(&packages, &nothing(), Facts::default(), &[]).unwrap_err();
    let expected = PayloadError::Both { path: path("d/x"), first: "a".into(), second: "b".into() };
    assert_eq!(error, expected);
    assert_eq!(error.code(), Code::Conflict);
    assert_eq!(error.to_string(), "packages `a` and `b` both bring `d/x`, and differ there");
}

#[test]
fn the_same_content_of_two_packages_is_no_conflict_and_is_the_first_ones() {
    let packages: [(_, &[&str]); 2] = [("b", &["x=1", "l -> x"]), ("a", &["x=1", "l -> x"])];
    let payload = lay(&packages, &nothing(), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["x 1:0", "l -> x"]);
    let lost = Outcome::Lost { at: path("x"), to: Claimant::Added(1) };
    assert_eq!((&payload.outcomes[0][0], &payload.outcomes[1][0]), (&lost, &Outcome::Placed(path("x"))));
}

#[test]
fn who_replaces_another_has_the_path() {
    for (before, winner) in [(("a", "b"), "x 0:0"), (("b", "a"), "x 1:0")] {
        let facts = Facts { before: [before].into(), ..Facts::default() };
        let payload = lay(&[("a", &["x=1"]), ("b", &["x=2"])], &nothing(), facts, &[]).unwrap();
        assert_eq!(written(&payload), [winner]);
    }
    let facts = || Facts { before: [("b", "a")].into(), ..Facts::default() };
    let payload = lay(&[("a", &["x -> 1"]), ("b", &["x -> 2"])], &nothing(), facts(), &[]).unwrap();
    assert_eq!(written(&payload), ["x -> 2"], "links too");
}

#[test]
fn of_three_packages_the_one_that_goes_before_both_others_has_the_path() {
    let packages: [(_, &[&str]); 3] = [("a", &["x=1"]), ("b", &["x=2"]), ("c", &["x=3"])];
    let facts = Facts { before: [("c", "a"), ("c", "b")].into(), ..Facts::default() };
    assert_eq!(written(&lay(&packages, &nothing(), facts, &[]).unwrap()), ["x 2:0"]);
    let circle = Facts { before: [("a", "b"), ("b", "c"), ("c", "a")].into(), ..Facts::default() };
    assert!(matches!(lay(&packages, &nothing(), circle, &[]), Err(PayloadError::Both { .. })));
    let facts = Facts { before: [("a", "b")].into(), ..Facts::default() };
    let error = lay(&packages, &nothing(), facts, &[]).unwrap_err();
    assert_eq!(error, PayloadError::Both { path: path("x"), first: "a".into(), second: "c".into() });
}

#[test]
fn a_file_of_a_package_of_the_base_goes_to_whom_it_yields() {
    let below = view(&["x=1"]);
    let held = || BTreeMap::from([("x", "old")]);
    let new: [(_, &[&str]); 1] = [("new", &["x=2"])];
    let error = lay(&new, &below, Facts { held: held(), ..Facts::default() }, &[]).unwrap_err();
    assert_eq!(error, PayloadError::OfBase { path: path("x"), package: "new".into(), owner: "old".into() });
    let facts = Facts { held: held(), before: [("new", "old")].into(), ..Facts::default() };
    let payload = lay(&new, &below, facts, &[]).unwrap();
    assert_eq!(written(&payload), ["x 0:0"]);
    assert_eq!(payload.taken, [Taken { at: path("x"), from: "old".into(), by: 0 }]);
    assert_eq!(payload.contents.findings, [], "what has a right to it is nothing to tell");
    let facts = Facts { held: held(), before: [("old", "new")].into(), ..Facts::default() };
    let payload = lay(&new, &below, facts, &[]).unwrap();
    assert!(payload.contents.is_empty());
    let lost = Outcome::Lost { at: path("x"), to: Claimant::Base("old".into()) };
    assert_eq!((&payload.outcomes[0][0], payload.taken.len()), (&lost, 0));
    let same = lay(&[("new", &["x=1"])], &below, Facts { held: held(), ..Facts::default() }, &[]).unwrap();
    assert_eq!((&same.outcomes[0][0], same.contents.is_empty()), (&lost, true), "the same content");
}

#[test]
fn a_path_that_a_package_of_the_base_has_in_its_list_alone_is_its_own_too() {
    let facts = Facts { held: [("x", "old")].into(), ..Facts::default() };
    let error = lay(&[("new", &["x=1"])], &nothing(), facts, &[]).unwrap_err();
    assert!(matches!(error, PayloadError::OfBase { .. }));
}

#[test]
fn a_file_of_the_base_that_no_package_has_is_overwritten_and_that_is_a_finding() {
    let payload = lay(&[("a", &["x=2"])], &view(&["x=1"]), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["x 0:0"]);
    let [Finding::Overwrites(overwrite)] = &payload.contents.findings[..] else { panic!() };
    assert_eq!((overwrite.path.to_string().as_str(), overwrite.layer), ("x", 0));
}

#[test]
fn an_upgrade_replaces_its_files_without_a_word_and_deletes_what_it_no_longer_has() {
    let below = view(&["usr/ 0711", "usr/x=1", "usr/d/", "usr/d/old", "usr/y", "keep"]);
    let held = [("usr/x", "!"), ("usr/d/old", "!"), ("usr/y", "!")].into();
    let facts = Facts { held, ..Facts::default() };
    let gone = ["usr/d/old", "usr/y", "usr/none", "usr/d"];
    let payload = lay(&[("a", &["usr/", "usr/x=2"])], &below, facts, &gone).unwrap();
    assert_eq!(
        written(&payload),
        ["~usr/ 0711", "-usr/y", "~usr/d/ 0755", "-usr/d/old", "usr/x 0:1"],
        "deletions first, each behind its directory, and of directories none"
    );
    assert_eq!(payload.contents.findings, []);
}

#[test]
fn what_is_put_where_something_goes_takes_its_place_without_a_marker() {
    let below = view(&["x", "d/y", "e/z"]);
    let held = || [("x", "!"), ("d/y", "!"), ("e/z", "!")].into();
    let facts = Facts { held: held(), ..Facts::default() };
    let packages: [(_, &[&str]); 2] = [("a", &["x/", "x/in"]), ("b", &["d"])];
    let payload = lay(&packages, &below, facts, &["x", "d/y", "e/z"]).unwrap();
    assert_eq!(written(&payload), ["~e/ 0755", "-e/z", "x/ 0755", "x/in 0:1", "d 1:0"]);
}

#[test]
fn configuration_of_the_base_stays_and_that_is_a_finding() {
    let below = view(&["etc/a=1", "etc/b=1", "etc/c=1", "etc/d=1"]);
    let facts = Facts {
        config: ["etc/a", "etc/b", "etc/c", "etc/d", "etc/e"].into(),
        held: [("etc/b", "!"), ("etc/c", "!")].into(),
        pristine: ["etc/a", "etc/c"].into(),
        ..Facts::default()
    };
    let lines: &[&str] = &["etc/", "etc/a=2", "etc/b=2", "etc/c=2", "etc/d=1", "etc/e=2"];
    let payload = lay(&[("p", lines)], &below, facts, &[]).unwrap();
    assert_eq!(written(&payload), ["~etc/ 0755", "etc/c 0:3", "etc/e 0:5"]);
    let kept = |at: &str| Finding::KeepsConfig { path: path(at), package: "p".into() };
    assert_eq!(payload.contents.findings, [kept("etc/a"), kept("etc/b")]);
    assert_eq!(payload.outcomes[0][1], Outcome::Kept(path("etc/a")));
    assert_eq!(payload.outcomes[0][4], Outcome::Kept(path("etc/d")));
}

#[test]
fn a_directory_against_a_file_names_both_packages() {
    for packages in [
        [("a", &["x/"][..]), ("b", &["x"][..])],
        [("b", &["x"]), ("a", &["x/y"])],
        [("a", &["x/y"]), ("b", &["x"])],
    ] {
        let error = lay(&packages, &nothing(), Facts::default(), &[]).unwrap_err();
        let expected =
            PayloadError::Directory { path: path("x"), directory: "a".into(), is: "file", other: "b".into() };
        assert_eq!(error, expected);
    }
}

#[test]
fn a_directory_against_a_file_of_the_base_is_refused() {
    for lines in [&["x/"][..], &["x/y"], &["x/", "x/y"]] {
        let facts = Facts { held: [("x", "old")].into(), ..Facts::default() };
        let error = lay(&[("a", lines)], &view(&["x"]), facts, &[]).unwrap_err();
        let owner = Some("old".to_owned());
        assert_eq!(
            error,
            PayloadError::OverFile { path: path("x"), package: "a".into(), was: "file", owner }
        );
    }
    let allow = Allow { replace: true };
    let payload = lay_out(&[("a", &["x/"])], &view(&["x"]), Facts::default(), &[], allow).unwrap();
    assert_eq!(written(&payload), ["x/ 0755"]);
}

#[test]
fn a_file_over_a_directory_with_content_is_refused() {
    let error = lay(&[("a", &["d"])], &view(&["d/x"]), Facts::default(), &[]).unwrap_err();
    let conflict = Conflict::OverDirectory { path: path("d"), is: "file" };
    assert_eq!(error, PayloadError::Conflict { package: "a".into(), conflict });
    let payload = lay(&[("a", &["d"])], &view(&["d/"]), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["d 0:0"]);
}

#[test]
fn a_hard_link_stays_one_where_both_names_are_placed_and_is_a_copy_else() {
    let lines: &[&str] = &["a=1", "b => a", "c => a"];
    let payload = lay(&[("p", lines)], &nothing(), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["a 0:0", "b => a", "c => a"]);
    let facts = Facts { before: [("q", "p")].into(), ..Facts::default() };
    let payload = lay(&[("p", lines), ("q", &["a=2"])], &nothing(), facts, &[]).unwrap();
    assert_eq!(written(&payload), ["b 0:0", "c => b", "a 1:0"]);
    let facts = Facts { held: [("a", "old")].into(), before: [("old", "p")].into(), ..Facts::default() };
    let payload = lay(&[("p", lines)], &view(&["a=0"]), facts, &[]).unwrap();
    assert_eq!(written(&payload), ["b 0:0", "c => b"], "and never one to what the base has");
}

#[test]
fn a_diverted_path_goes_where_it_is_diverted_to() {
    let elsewhere = [(("a", "x"), Some("x.diverted")), (("a", ".hidden"), None)].into();
    let facts = Facts { elsewhere, held: [("x", "old")].into(), ..Facts::default() };
    let payload = lay(&[("a", &[".hidden", "x=2"])], &view(&["x=1"]), facts, &[]).unwrap();
    assert_eq!(written(&payload), ["x.diverted 0:1"]);
    assert_eq!(payload.outcomes[0], [Outcome::Dropped, Outcome::Placed(path("x.diverted"))]);
}

#[test]
fn what_gives_privileges_is_a_finding() {
    let payload = lay(&[("a", &["bin/su 04755"])], &nothing(), Facts::default(), &[]).unwrap();
    assert_eq!(payload.contents.findings, [Finding::Privileged { path: path("bin/su"), by: "setuid" }]);
}

#[test]
fn t05_what_cannot_be_used_is_refused_by_its_package_and_path() {
    let mut bad = index(&["x", "y"]);
    bad.faults.insert(1, Fault::Duplicate);
    let bad: Arc<LayerIndex> = Arc::new(bad);
    let facts = |elsewhere| Facts { names: vec!["a"], elsewhere, ..Facts::default() };
    let lay = |facts: &Facts| {
        let parcels = [Parcel { name: "a", index: &bad }];
        payload(&parcels, &nothing(), facts, &[], Allow::default(), None, &Interrupt::default())
    };
    let error = lay(&facts(BTreeMap::new())).unwrap_err();
    assert_eq!(error, PayloadError::Fault { package: "a".into(), path: path("y"), fault: Fault::Duplicate });
    assert_eq!(error.code(), Code::TarDuplicate);
    assert!(lay(&facts([(("a", "y"), None)].into())).is_ok(), "what is not laid out may be as it likes");
}

#[test]
fn no_entry_is_later_than_asked_for() {
    let index = Arc::new(index(&["d/", "d/x"]));
    let facts = Facts { names: vec!["a"], ..Facts::default() };
    let parcels = [Parcel { name: "a", index: &index }];
    let laid =
        payload(&parcels, &nothing(), &facts, &[], Allow::default(), Some(7), &Interrupt::default()).unwrap();
    for operation in laid.contents.operations.iter() {
        let Operation::Entry { entry, .. } = operation else { panic!() };
        assert_eq!(entry.attributes.mtime, 7);
    }
}
