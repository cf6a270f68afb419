//! Links of the base and of packages.

use super::*;

#[test]
fn t06_a_path_below_a_link_of_the_base_lands_where_it_leads() {
    let below = view(&["usr/", "usr/lib/ 0711", "lib -> usr/lib"]);
    let lines: &[&str] = &["lib/", "lib/x", "lib/d/ 0700", "lib/d/y"];
    let payload = lay(&[("a", lines)], &below, Facts::default(), &[]).unwrap();
    let expected = ["~usr/ 0755", "~usr/lib/ 0711", "usr/lib/x 0:1", "usr/lib/d/ 0700", "usr/lib/d/y 0:3"];
    assert_eq!(written(&payload), expected);
    assert_eq!(payload.outcomes[0][0], Outcome::Placed(path("usr/lib")));
    assert_eq!(payload.outcomes[0][1], Outcome::Placed(path("usr/lib/x")));
    let mut after = below.clone();
    after.apply_contents(&payload.contents);
    assert_eq!(after.target_of(&path("lib")), Some(&b"usr/lib"[..]), "the link of the base stays");
}

#[test]
fn two_packages_that_meet_behind_a_link_are_an_ordinary_conflict() {
    let below = view(&["usr/lib/", "lib -> usr/lib"]);
    let packages: [(_, &[&str]); 2] = [("a", &["lib/x=1"]), ("b", &["usr/lib/x=2"])];
    let error = lay(&packages, &below, Facts::default(), &[]).unwrap_err();
    let both = PayloadError::Both { path: path("usr/lib/x"), first: "a".into(), second: "b".into() };
    assert_eq!(error, both);
}

#[test]
fn two_paths_of_one_package_on_one_place_are_one_if_they_are_the_same() {
    let below = view(&["usr/lib/", "lib -> usr/lib"]);
    let payload = lay(&[("a", &["lib/x=1", "usr/lib/x=1"])], &below, Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["~usr/ 0755", "~usr/lib/ 0755", "usr/lib/x 0:0"]);
    let error = lay(&[("a", &["lib/x=1", "usr/lib/x=2"])], &below, Facts::default(), &[]).unwrap_err();
    let conflict =
        Conflict::Twice { path: path("usr/lib/x"), first: path("lib/x"), second: path("usr/lib/x") };
    assert_eq!(error, PayloadError::Conflict { package: "a".into(), conflict });
}

#[test]
fn links_of_the_merged_layout_that_are_there_already_are_no_conflict() {
    let below = view(&["usr/bin/sh", "bin -> usr/bin"]);
    for link in ["bin -> usr/bin", "bin -> /usr/bin"] {
        let facts = Facts { held: [("bin", "base-files")].into(), ..Facts::default() };
        let payload = lay(&[("other", &[link])], &below, facts, &[]).unwrap();
        assert!(payload.contents.is_empty());
        let lost = Outcome::Lost { at: path("bin"), to: Claimant::Base("base-files".into()) };
        assert_eq!(payload.outcomes[0], [lost]);
        let payload = lay(&[("base-files", &[link])], &below, Facts::default(), &[]).unwrap();
        assert!(payload.contents.is_empty());
        assert_eq!(payload.outcomes[0], [Outcome::Placed(path("bin"))]);
    }
}

#[test]
fn a_package_of_the_merged_layout_does_not_fit_a_base_without_it() {
    let packages: [(_, &[&str]); 1] = [("base-files", &["usr/", "usr/bin/", "bin -> usr/bin"])];
    let error = lay(&packages, &view(&["bin/sh"]), Facts::default(), &[]).unwrap_err();
    let (package, target) = ("base-files".to_owned(), path("usr/bin"));
    assert_eq!(error, PayloadError::NotMerged { package, path: path("bin"), target });
    assert!(error.hint().is_some());
    for empty in [view(&["bin/"]), nothing()] {
        let payload = lay(&packages, &empty, Facts::default(), &[]).unwrap();
        assert_eq!(written(&payload), ["usr/ 0755", "usr/bin/ 0755", "bin -> usr/bin"]);
    }
}

#[test]
fn a_link_of_one_package_leads_all_others_on_whatever_their_names() {
    for (links, files) in [("a", "b"), ("b", "a")] {
        let packages: [(_, &[&str]); 2] =
            [(links, &["usr/lib/", "lib -> usr/lib"]), (files, &["lib/", "lib/d/ 0700", "lib/d/x"])];
        let payload = lay(&packages, &nothing(), Facts::default(), &[]).unwrap();
        let mut after = nothing();
        after.apply_contents(&payload.contents);
        let names: Vec<_> = after.iter().map(|(at, _)| at.to_string()).collect();
        assert_eq!(names, ["lib", "usr", "usr/lib", "usr/lib/d", "usr/lib/d/x"]);
        assert!(written(&payload).contains(&"usr/lib/d/ 0700".to_owned()));
    }
}

#[test]
fn a_link_that_itself_lies_behind_the_link_of_another_package_leads_on() {
    let packages: [(_, &[&str]); 3] = [
        ("a", &["lib/alias/x"]),
        ("b", &["lib/alias -> real", "lib/real/ 0711"]),
        ("c", &["usr/lib/", "lib -> usr/lib"]),
    ];
    let payload = lay(&packages, &nothing(), Facts::default(), &[]).unwrap();
    let expected = [
        "~usr/ 0755",
        "usr/lib/ 0755",
        "usr/lib/real/ 0711",
        "usr/lib/real/x 0:0",
        "usr/lib/alias -> real",
        "lib -> usr/lib",
    ];
    assert_eq!(written(&payload), expected);
}

#[test]
fn a_directory_where_the_link_of_a_package_leads_is_as_the_package_has_it_that_meets_the_link() {
    let packages: [(_, &[&str]); 2] = [("a", &["d -> e"]), ("b", &["d/ 0700", "d/x"])];
    let payload = lay(&packages, &nothing(), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["d -> e", "e/ 0700", "e/x 1:1"]);
    assert_eq!(payload.outcomes[1][0], Outcome::Placed(path("e")));
    let packages: [(_, &[&str]); 2] = [("a", &["d -> e"]), ("b", &["d/ 0700"])];
    let payload = lay(&packages, &nothing(), Facts::default(), &[]).unwrap();
    assert_eq!(written(&payload), ["d -> e", "e/ 0700"], "with nothing in it too");
}

#[test]
fn a_link_to_what_is_no_directory_leads_nobody_on() {
    let packages: [(_, &[&str]); 2] = [("a", &["d -> e", "e"]), ("b", &["d/", "d/x"])];
    let error = lay(&packages, &nothing(), Facts::default(), &[]).unwrap_err();
    assert!(matches!(error, PayloadError::Directory { path: at, .. } if at == path("e")));
    let packages: [(_, &[&str]); 1] = [("b", &["d/x"])];
    let error = lay(&packages, &view(&["d -> e", "e"]), Facts::default(), &[]).unwrap_err();
    assert!(matches!(error, PayloadError::OverFile { path: at, .. } if at == path("e")));
}

#[test]
fn a_link_that_loses_its_place_leads_nobody_on() {
    let packages: [(_, &[&str]); 3] = [("a", &["d -> e"]), ("b", &["d"]), ("c", &["d/x"])];
    let facts = Facts { before: [("b", "a")].into(), ..Facts::default() };
    let error = lay(&packages, &nothing(), facts, &[]).unwrap_err();
    assert!(matches!(error, PayloadError::Directory { path: at, .. } if at == path("d")));
}

#[test]
fn another_link_over_a_link_to_a_directory_is_refused_but_for_the_next_version_of_its_package() {
    let below = view(&["java-17/", "java-21/", "java -> java-17"]);
    let packages: [(_, &[&str]); 1] = [("jdk", &["java -> java-21"])];
    let error = lay(&packages, &below, Facts::default(), &[]).unwrap_err();
    let conflict = Conflict::OverLink { path: path("java"), is: "symbolic link", target: path("java-17") };
    assert_eq!(error, PayloadError::Conflict { package: "jdk".into(), conflict });
    let upgraded = || Facts { held: [("java", "!")].into(), ..Facts::default() };
    let payload = lay(&packages, &below, upgraded(), &[]).unwrap();
    assert_eq!(written(&payload), ["java -> java-21"]);
    let packages: [(_, &[&str]); 2] = [packages[0], ("tool", &["java/tool"])];
    let payload = lay(&packages, &below, upgraded(), &[]).unwrap();
    assert_eq!(written(&payload), ["java -> java-21", "~java-21/ 0755", "java-21/tool 1:0"]);
}

#[test]
fn a_link_of_the_base_that_a_directory_meets_stays_although_its_package_no_longer_has_it() {
    let below = view(&["real/", "d -> real"]);
    let facts = Facts { held: [("d", "!")].into(), ..Facts::default() };
    let payload = lay(&[("a", &["d/", "d/x"])], &below, facts, &["d"]).unwrap();
    assert_eq!(written(&payload), ["~real/ 0755", "real/x 0:1"]);
    let facts = Facts { held: [("d", "!")].into(), ..Facts::default() };
    assert_eq!(written(&lay(&[("a", &["y"])], &below, facts, &["d"]).unwrap()), ["-d", "y 0:0"]);
}

#[test]
fn t07_links_of_packages_that_never_end_are_refused() {
    let packages: [(_, &[&str]); 3] = [("a", &["x -> y"]), ("b", &["y -> x"]), ("c", &["x/z"])];
    let error = lay(&packages, &nothing(), Facts::default(), &[]).unwrap_err();
    assert_eq!(error.code(), Code::PathLoop);
    let error = lay(&[("c", &["x/z"])], &view(&["x -> x"]), Facts::default(), &[]).unwrap_err();
    assert_eq!(error.code(), Code::PathLoop);
    let packages: [(_, &[&str]); 2] = [("a", &["x -> y"]), ("b", &["y -> x"])];
    assert!(lay(&packages, &nothing(), Facts::default(), &[]).is_ok(), "nobody goes there");
}
