//! The database of apk that is written, as apko's reader understands it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::scene::{Scene, added};
use crate::support::packages::apk::ApkRepository;
use crate::support::tool;

/// A list of texts in what the reader printed; null stands for none.
fn texts(record: &Value, key: &str) -> Vec<String> {
    let list = record[key].as_array().into_iter().flatten();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// What an index says of a package, by the letters of its lines.
fn offered(repository: &ApkRepository, architecture: &str, name: &str) -> BTreeMap<String, String> {
    let package = repository.packages.iter().find(|package| package.name == name).unwrap();
    let record = package.build(architecture, Some((&repository.key, repository.algorithm))).record;
    let lines = record.lines().map(|line| line.split_once(':').unwrap());
    lines.map(|(letter, value)| (letter.to_owned(), value.to_owned())).collect()
}

#[test]
fn apko_reads_what_is_in_the_layer_and_what_the_index_said() {
    let Some(reader) = tool("read-installed") else { return };
    let repository = ApkRepository::sample();
    let scene = Scene::apk(&repository);
    scene.wants_apk("greet, docs, greet-polite");
    let report = scene.report(&[]);
    for (number, (platform, architecture)) in
        [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")].into_iter().enumerate()
    {
        let image = scene.layout("out").image("1_x", platform);
        fs::write(scene.path("installed"), image.file(2, "lib/apk/db/installed").unwrap()).unwrap();
        let mut command = Command::new(&reader);
        command.stdin(File::open(scene.path("installed")).unwrap()).stderr(Stdio::inherit());
        let read: Vec<Value> = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let name =
            |one: &Value| format!("{}={}", one["Name"].as_str().unwrap(), one["Version"].as_str().unwrap());
        let names: Vec<String> = read.iter().map(name).collect();
        assert_eq!(names[0], "base=1-r0");
        assert_eq!(names[1..], added(&report, number));
        let mut contents = BTreeSet::new();
        for record in &read[1..] {
            let offered = offered(&repository, architecture, record["Name"].as_str().unwrap());
            let sum = STANDARD.decode(&offered["C"][2..]).unwrap();
            assert_eq!(record["Checksum"], hex::encode(sum));
            for (letter, key) in [("D", "Dependencies"), ("p", "Provides"), ("i", "InstallIf")] {
                let expected = offered.get(letter).map(String::as_str).unwrap_or_default();
                assert_eq!(texts(record, key).join(" "), expected, "{record}");
            }
            for (letter, key) in [("A", "Arch"), ("o", "Origin")] {
                assert_eq!(record[key], offered.get(letter).map(String::as_str).unwrap_or_default());
            }
            for (letter, key) in [("S", "Size"), ("I", "InstalledSize")] {
                assert_eq!(record[key].to_string(), offered[letter]);
            }
            contents.extend(texts(record, "Contents"));
        }
        // What is replaced stands in the package, not in the index.
        let polite = read.iter().find(|record| record["Name"] == "greet-polite").unwrap();
        assert_eq!(texts(polite, "Replaces"), ["greet"]);
        let path = |line: &str| line.split(' ').nth(2).unwrap().trim_end_matches('/').to_owned();
        assert_eq!(contents, image.list(1).lines().map(path).collect());
    }
}
