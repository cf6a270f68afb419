use super::*;

fn atom(name: &str, version: Option<(Relation, &str)>) -> Atom {
    let version = version.map(|(relation, version)| (relation, version.to_owned()));
    Atom { name: name.to_owned(), qualifier: None, version }
}

#[test]
fn relations_of_deb_are_read_and_written() {
    let field = "libc6 (>= 2.34), a | b:any (<< 1:2~),\n c (=1) ,, d(>> 3)";
    let groups = deb_groups(field);
    let b = Atom { qualifier: Some("any".to_owned()), ..atom("b", Some((Relation::Less, "1:2~"))) };
    assert_eq!(
        groups,
        [
            Group(vec![atom("libc6", Some((Relation::GreaterEqual, "2.34")))]),
            Group(vec![atom("a", None), b]),
            Group(vec![atom("c", Some((Relation::Equal, "1")))]),
            Group(vec![atom("d", Some((Relation::Greater, "3")))]),
        ]
    );
    let written: Vec<_> = groups.iter().map(|group| group.written(Family::Deb).to_string()).collect();
    assert_eq!(written, ["libc6 (>= 2.34)", "a | b:any (<< 1:2~)", "c (= 1)", "d (>> 3)"]);
    assert_eq!(deb_groups(&written.join(", ")), groups);
    assert_eq!(deb_atoms("x (< 1), y (> 2)"), deb_atoms("x (<= 1), y (>= 2)"));
}

#[test]
fn relations_of_apk_are_read_and_written() {
    let list = "busybox so:libc.musl-x86_64.so.1 !foo !bar<1 a=1-r0 b~1.2 c=~1 d>~2 e<~3 f@edge>=4 /bin/sh";
    let (groups, conflicts) = apk_depends(list);
    let written: Vec<_> = groups.iter().map(|group| group.written(Family::Apk).to_string()).collect();
    let normal = "busybox so:libc.musl-x86_64.so.1 a=1-r0 b~1.2 c~1 d>~2 e<~3 f@edge>=4 /bin/sh";
    assert_eq!(written.join(" "), normal);
    assert_eq!(conflicts, [atom("foo", None), atom("bar", Some((Relation::Less, "1")))]);
    assert_eq!(groups[7].0[0].qualifier.as_deref(), Some("edge"));
    assert_eq!(groups[3].0[0], atom("b", Some((Relation::Like, "1.2"))));
}

#[test]
fn what_cannot_be_read_meets_nothing_and_is_written_as_it_was() {
    let texts =
        ["a (>= )x", "a (1)", "a (>= 1", "a [amd64]", "a <!nocheck>", "a b", "é", "a (>=)", "a (>= 1 2)"];
    for text in texts.into_iter().chain(["|", "| |"]) {
        let groups = deb_groups(text);
        let [Group(atoms)] = groups.as_slice() else { panic!("{text}: {groups:?}") };
        assert!(!atoms[0].accepts(Family::Deb, Some("1")), "{text}");
        assert_eq!(groups[0].written(Family::Deb).to_string(), text);
    }
    for text in ["a=", "a=1.", "a><Q1abc", "a>", "a<>1", "a=0unstable", "!a=1."] {
        let (groups, conflicts) = apk_depends(text);
        assert!(conflicts.is_empty(), "{text}");
        assert!(!groups[0].0[0].accepts(Family::Apk, Some("1")), "{text}");
        assert_eq!(groups[0].written(Family::Apk).to_string(), text);
    }
}

#[test]
fn provides_are_names_with_the_versions_they_come_with() {
    let provide = |name: &str, version: Option<&str>| Provide {
        name: name.to_owned(),
        version: version.map(str::to_owned),
    };
    assert_eq!(
        deb_provides("mail-transport-agent, x (= 1:2), y (>= 3), z:i386"),
        [provide("mail-transport-agent", None), provide("x", Some("1:2"))]
    );
    assert_eq!(
        apk_provides("so:libc.so.1=1.2 cmd:sh /bin/sh x=0unstable"),
        [
            provide("so:libc.so.1", Some("1.2")),
            provide("cmd:sh", None),
            provide("/bin/sh", None),
            provide("x", Some("0unstable")),
        ]
    );
}

#[test]
fn a_constraint_is_met_by_versions_alone() {
    let cases: [(&str, &[&str], &[&str]); 8] = [
        ("a<2", &["1", "2_rc1"], &["2", "2.1"]),
        ("a<=2", &["1", "2"], &["2-r0", "3"]),
        ("a=2-r0", &["2-r0"], &["2", "2-r1"]),
        ("a>=2", &["2", "3"], &["2_rc1"]),
        ("a>2", &["2-r0"], &["2"]),
        ("a~1.2", &["1.2", "1.2.3-r0", "1.2_rc1"], &["1.20", "1.1"]),
        ("a<~1.2", &["1.2.3", "1.1"], &["1.3"]),
        ("a>~1.2", &["1.2", "1.3"], &["1.1"]),
    ];
    for (text, accepted, refused) in cases {
        let atom = &apk_atoms(text)[0];
        for version in accepted {
            assert!(atom.accepts(Family::Apk, Some(version)), "{text} {version}");
        }
        for version in refused.iter().chain(&["1unstable", ""]) {
            assert!(!atom.accepts(Family::Apk, Some(version)), "{text} {version}");
        }
        assert!(!atom.accepts(Family::Apk, None), "{text}");
    }
    assert!(apk_atoms("a")[0].accepts(Family::Apk, Some("1unstable")));
    assert!(apk_atoms("a")[0].accepts(Family::Apk, None));
    for (text, version) in
        [("a (<< 2)", "2~"), ("a (<= 2)", "2-0"), ("a (= 2)", "0:2"), ("a (>= 2)", "2"), ("a (>> 2)", "2+b1")]
    {
        let atom = &deb_atoms(text)[0];
        assert!(atom.accepts(Family::Deb, Some(version)), "{text} {version}");
        assert!(!atom.accepts(Family::Deb, None), "{text}");
    }
    assert!(!deb_atoms("a (<< 2)")[0].accepts(Family::Deb, Some("2")));
}
