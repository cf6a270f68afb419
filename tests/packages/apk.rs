//! Packages of apk on a base of apk.

use std::collections::BTreeMap;
use std::fs;

use crate::support::Sandbox;
use crate::support::packages::apk::ApkRepository;
use crate::support::packages::base::apk_base;

/// The records of `installed` by name, each line as it is.
fn records(installed: &str) -> BTreeMap<String, Vec<String>> {
    let records = installed.split("\n\n").filter(|record| !record.is_empty());
    let lines = |record: &str| record.lines().map(str::to_owned).collect::<Vec<_>>();
    let name = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("P:")).unwrap().to_owned();
    records.map(lines).map(|lines| (name(&lines), lines)).collect()
}

/// The files of a record: each below its directory.
fn files(record: &[String]) -> Vec<String> {
    let (mut directory, mut files) = (String::new(), Vec::new());
    for line in record {
        match line.split_once(':').unwrap() {
            ("F", path) => directory = path.to_owned(),
            ("R", name) => files.push(format!("{directory}/{name}").trim_start_matches('/').to_owned()),
            _ => {}
        }
    }
    files
}

#[test]
fn a_base_of_apk_gets_packages_and_the_whole_of_its_database() {
    let sandbox = Sandbox::new();
    let repository = ApkRepository::sample();
    repository.write(&sandbox.path("repo"));
    fs::write(sandbox.path(repository.key.file_name()), repository.key.pem()).unwrap();
    let before = apk_base(&sandbox, "apk");
    let url = format!("file:{}", sandbox.path("repo").display());
    sandbox.spec_on(
        "oci:base:apk",
        &format!(
            "contents:\n  packages: [greet, docs, greet-polite]\n  repositories: ['{url}']\n  keyring: [{}]\n",
            repository.key.file_name()
        ),
    );
    let out = sandbox.build(&[]);
    out.assert_whole();
    for platform in ["linux/amd64", "linux/arm64"] {
        let image = out.image("1_x", platform);
        let installed = image.file(2, "lib/apk/db/installed").unwrap();
        assert!(installed.starts_with(&before), "{installed}");
        let records = records(&installed);
        let names: Vec<_> = records.keys().map(String::as_str).collect();
        assert_eq!(names, ["base", "docs", "greet", "greet-doc", "greet-polite", "libgreet"]);
        // What greet-polite replaces is its own alone.
        assert_eq!(files(&records["greet"]), ["usr/bin/greet", "usr/bin/greet-all"]);
        assert_eq!(files(&records["greet-polite"]), ["etc/greet.conf"]);
        assert_eq!(image.file(1, "etc/greet.conf").as_deref(), Some("greeting = good day\n"));
        // Every file of the layer is owned once.
        let list = image.list(1);
        let owned: Vec<String> = records.values().skip(1).flat_map(|record| files(record)).collect();
        let there: Vec<_> = list.lines().filter(|line| !line.starts_with('d')).collect();
        assert_eq!(there.len(), owned.len(), "{list}");
        for path in owned {
            assert!(there.iter().any(|line| line.split(' ').nth(2) == Some(&path)), "{path}: {list}");
        }
    }
    let image = out.image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"");
    insta::assert_snapshot!(image.list(2), @"");
    insta::assert_snapshot!(image.file(2, "lib/apk/db/installed").unwrap(), @"");
    insta::assert_snapshot!(image.file(2, "etc/passwd").unwrap(), @"");
    insta::assert_snapshot!(image.file(2, "etc/apk/world").unwrap(), @"");
}
