//! The JSON Schemas: the one that editors use, and the one of reports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::spec::fixtures;
use crate::support::overcoat;

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&overcoat::spec::schema()).unwrap()
}

fn value(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn the_schemas_beside_the_sources_are_those_they_make() {
    for (name, schema) in [
        ("customization", overcoat::spec::schema()),
        ("build-report", overcoat::ops::report::schema()),
        ("builds-report", overcoat::ops::report::several::schema()),
        ("inspect-report", overcoat::ops::inspect::schema()),
        ("store-report", overcoat::ops::store::schema()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        let made = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap();
        assert!(kept == made, "UPDATE_SCHEMAS=1 rewrites {}", path.display());
        let printed = overcoat(["schema", name]);
        assert_eq!(String::from_utf8(printed.stdout).unwrap(), made);
        jsonschema::draft202012::meta::validate(&schema).unwrap();
    }
}

#[test]
fn valid_files_pass_the_schema() {
    let validator = validator();
    for file in fixtures("valid") {
        let errors: Vec<_> =
            validator.iter_errors(&value(&file.text)).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{}", file.name);
    }
}

#[test]
fn valid_files_have_every_key_of_the_schema() {
    let used: BTreeSet<String> = fixtures("valid").iter().flat_map(|file| keys(&value(&file.text))).collect();
    let schema = overcoat::spec::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    let known: BTreeSet<String> = definitions
        .values()
        .filter_map(|definition| definition["properties"].as_object())
        .flat_map(|properties| properties.keys().cloned())
        .collect();
    assert!(known.len() > 50);
    assert_eq!(known.difference(&used).collect::<Vec<_>>(), [""; 0]);
}

fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => {
            object.iter().flat_map(|(key, value)| [vec![key.clone()], keys(value)].concat()).collect()
        }
        Value::Array(array) => array.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_no_text_can_make_right_fails_the_schema() {
    let validator = validator();
    let image = |more: &str| {
        value(&format!(
            "name: x\ntargets: [{{destination: a/b, tag_definition_id: a/b-1/c}}]\nplatforms: [linux/amd64]\n{more}"
        ))
    };
    assert!(validator.is_valid(&image("")));
    for more in [
        "enviroment: {A: b}",
        "labels: {a: 1.5}",
        "labels: [a]",
        "cmd: text",
        "compression: LZ4",
        "entrypoint-mode: prepend",
        "accounts: {root: 'yes'}",
        "accounts: {users: [{name: a}]}",
        "accounts: {users: [{name: a, uid: -1}]}",
        "accounts: {users: [{name: a, uid: 65535}]}",
        "contents: {artifacts: [{name: a/b}]}",
        "contents: {artifacts: [{name: a/b, includes: []}]}",
        "contents: {upgrade: true}",
        "paths: [{path: /a, mode: '999'}]",
        "paths: [{path: /a, type: fifo}]",
        "reference_mappings: [{from: a/b, to: c/d}]",
    ] {
        assert!(!validator.is_valid(&image(more)), "{more}");
    }
    for file in [json!({}), json!([]), json!({ "name": "x", "targets": [], "platforms": ["linux/amd64"] })] {
        assert!(!validator.is_valid(&file), "{file}");
    }
    for name in ["keys.yaml", "types.yaml", "chart.yaml"] {
        let file = fixtures("invalid").into_iter().find(|file| file.name == name).unwrap();
        // A key that stands twice is for the reader of the YAML to find.
        let text = file.text.replace("  runs-as: b\n", "");
        assert!(!validator.is_valid(&value(&text)), "{name}");
    }
}
