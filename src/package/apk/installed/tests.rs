//! Databases that real tools wrote, and what they say.

use super::*;
use crate::package::sample::fixture;

fn parse(text: &str) -> Result<Installed, InstalledError> {
    Installed::parse(text.as_bytes())
}

fn octal(access: &Access) -> String {
    format!("{}:{:o}", access.owner, access.mode.bits())
}

#[test]
fn databases_of_real_tools_are_read() {
    for (name, packages, files) in [
        ("installed/wolfi-base", 15, 91),
        ("installed/redis-operator-compat", 16, 93),
        ("installed/bad-top-level-perms", 1, 2),
        ("installed/base", 1, 27),
        ("installed/single", 1, 5),
        ("installed/extra-file-attributes", 1, 1),
        ("installed/multiple-1/lib/apk/db/installed", 4, 5),
        ("v3/installed-by-apk-3.0.6", 1, 3),
    ] {
        let Some(text) = fixture(&format!("apk/{name}")) else { return };
        let installed = Installed::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found: usize = installed.records.iter().map(|record| record.files().count()).sum();
        assert_eq!((installed.records.len(), found), (packages, files), "{name}");
        assert!(installed.records.iter().all(|record| !record.package.name.is_empty()), "{name}");
        // Every byte is in a record, but for empty lines between them.
        let covered: usize = installed.records.iter().map(|record| record.range.len()).sum();
        let blank = installed.text.len() - covered;
        assert!(blank <= installed.records.len(), "{name}: {blank} bytes are in no record");
    }
}

#[test]
fn what_apko_alone_writes_is_understood() {
    let Some(text) = fixture("apk/installed/wolfi-base") else { return };
    let installed = Installed::parse(text).unwrap();
    let layout = installed.get("wolfi-baselayout").unwrap();
    assert!(layout.package.install_if.is_empty(), "`i:[]` is an empty list");
    let shadow = layout.files().find(|file| file.path.as_bytes() == b"etc/shadow").unwrap();
    assert_eq!(octal(&shadow.access), "0:0:600");
    let Some(text) = fixture("apk/installed/bad-top-level-perms") else { return };
    let installed = Installed::parse(text).unwrap();
    let root = &installed.records[0].directories[0];
    assert!(root.path.is_root());
    assert_eq!((octal(&root.access).as_str(), octal(&root.files[0].access).as_str()), ("0:0:711", "0:0:777"));
}

#[test]
fn a_record_says_what_its_package_is_and_has() {
    let text = "C:Q1BwcHBwcHBwcHBwcHBwcHBwcHBwc=\nP:a\nV:1-r0\nA:x86_64\no:src\nD:b !c\np:d=2\nr:e\nq:7\nk:3\n\
                F:\nR:top\nF:etc\nM:1:2:1777\nR:x\na:3:4:4755:Q1CQkJCQkJCQkJCQkJCQkJCQkJCQk=\nZ:Q1CAgICAgICAgICAgICAgICAgICAg=\n";
    let installed = parse(text).unwrap();
    let record = &installed.records[0];
    assert_eq!(record.identity, Some(Identity::ControlSha1([7; 20])));
    assert_eq!(
        (&*record.package.source.name, record.package.priority, record.replaces_priority),
        ("src", 3, 7)
    );
    assert_eq!((record.package.conflicts.len(), record.package.replaces.len()), (1, 1));
    let files: Vec<_> = record.files().map(|file| file.path.to_string()).collect();
    assert_eq!(files, ["top", "etc/x"]);
    assert_eq!(octal(&record.directories[1].access), "1:2:1777");
    let file = &record.directories[1].files[0];
    assert_eq!((octal(&file.access).as_str(), file.access.xattrs), ("3:4:4755", Some([9; 20])));
    assert_eq!(file.sum, Some(Sum::Sha1([8; 20])));
    assert_eq!(record.directories[0].files[0].access, Access::FILE);
}

#[test]
fn what_no_database_holds_is_refused_with_its_line() {
    for (text, expected) in [
        ("P:a\nx\n", "line 2 of apk's database: expected a letter, `:` and a value"),
        ("V:1\n\n", "line 2 of apk's database: the record that ends here names no package"),
        ("P:a\n\n\nV:1", "line 4 of apk's database: the record that ends here names no package"),
        ("P:a\nR:x\n", "line 2 of apk's database: `R:` belongs to nothing before it"),
        ("P:a\nF:d\na:0:0:755\n", "line 3 of apk's database: `a:` belongs to nothing before it"),
        ("P:a\nM:0:0:755\n", "line 2 of apk's database: `M:` belongs to nothing before it"),
        ("P:a\nF:../x\n", "line 2 of apk's database: `../x` is no path of an image"),
        ("P:a\nF:x\nR:y/z\n", "line 3 of apk's database: `y/z` is no path of an image"),
        ("P:a\nF:x\nR:\n", "line 3 of apk's database: `` is no path of an image"),
        ("P:a\nF:x\nR:..\n", "line 3 of apk's database: `..` is no path of an image"),
        ("P:a\nF:x\nM:0:0:9\n", "line 3 of apk's database: `0:0:9` is no owner and mode, such as `0:0:755`"),
        ("P:a\nF:x\nM:0:755\n", "line 3 of apk's database: `0:755` is no owner and mode, such as `0:0:755`"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text:?}");
    }
    assert_eq!(Installed::parse(&b"P:\xff\n"[..]).unwrap_err().fault, InstalledFault::Text);
    assert!(parse("").unwrap().records.is_empty() && parse("\n\n").unwrap().records.is_empty());
}
