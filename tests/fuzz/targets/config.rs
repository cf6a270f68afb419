//! Any bytes as an image config, and what changing it leaves alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::oci::{Digest, ImageConfig, Platform, json};
use overcoat_fuzz::json::Json;

fuzz_target!(|bytes: &[u8]| {
    let Ok(config) = ImageConfig::parse(bytes) else { return };
    let written = Json::parse(bytes).expect("a config is JSON");
    check_shape(&config, &written);
    assert!(
        written.is(&json::parse(&config.to_bytes()).expect("what is printed is read")),
        "nothing is lost"
    );
    check_same(&config);
    check_changes(config, &written);
});

fn check_shape(config: &ImageConfig, written: &Json) {
    assert!(!written.has_twice());
    let texts = |json: Option<&Json>| match json {
        Some(Json::List(list)) => list.len(),
        _ => 0,
    };
    let diff_ids = written.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
    assert_eq!(config.diff_ids().len(), texts(diff_ids));
    let (os, architecture) = (text(written, "os"), text(written, "architecture"));
    let platform = Platform::new(
        os.expect("it is needed"),
        architecture.expect("it is needed"),
        text(written, "variant"),
    );
    assert_eq!(Ok(config.platform()), platform.as_ref());
    let run = written.get("config");
    assert_eq!(config.run_text("User"), run.and_then(|run| text(run, "User")));
    for key in ["Env", "Entrypoint", "Cmd"] {
        let list = run.and_then(|run| run.get(key));
        assert!(matches!(list, None | Some(Json::Null | Json::List(_))), "{key} is {list:?}");
    }
}

/// A config is read as it was printed, and printed the same again.
fn check_same(config: &ImageConfig) {
    let printed = config.to_bytes();
    let again = ImageConfig::parse(&printed).expect("what is printed is read");
    assert_eq!(again, *config);
    assert_eq!(again.to_bytes(), printed);
}

/// Everything that a build changes, after which everything else is as it was.
fn check_changes(mut config: ImageConfig, written: &Json) {
    let (platform, layers) =
        ("linux/arm/v6".parse::<Platform>().expect("it is one"), config.diff_ids().len());
    let diff_id = Digest::of(b"layer");
    config.set_run("User", "app".into());
    config.set_created("1980-01-01T00:00:00Z");
    config.push_layer(diff_id, "1980-01-01T00:00:00Z", "overcoat");
    config.set_platform(&platform);
    check_same(&config);
    assert_eq!(config.platform(), &platform);
    assert_eq!((config.run_text("User"), config.diff_ids().last()), (Some("app"), Some(&diff_id)));
    let changed = Json::parse(&config.to_bytes()).expect("what is printed is JSON");
    let own = ["architecture", "os", "variant", "config", "rootfs", "history", "created"];
    check_kept(written, &changed, &own);
    for (key, own) in [("config", &["User"][..]), ("rootfs", &["type", "diff_ids"])] {
        if let (Some(before @ Json::Object(_)), Some(after)) = (written.get(key), changed.get(key)) {
            check_kept(before, after, own);
        }
    }
    let Some(Json::List(history)) = changed.get("history") else { panic!("a history is there") };
    let is_empty = |entry: &&Json| entry.get("empty_layer") == Some(&Json::Bool(true));
    assert_eq!(history.len() - history.iter().filter(is_empty).count(), layers + 1);
}

/// Keys that are not our own are in their order what they were.
fn check_kept(before: &Json, after: &Json, own: &[&str]) {
    let keys = |json: &Json| -> Vec<String> {
        json.keys().into_iter().filter(|key| !own.contains(key)).map(str::to_owned).collect()
    };
    assert_eq!(keys(before), keys(after));
    for key in keys(before) {
        let after = json::to_bytes(&value(after.get(&key).expect("it is there")));
        assert!(
            before.get(&key).expect("it is there").is(&json::parse(&after).expect("it is printed")),
            "{key}"
        );
    }
}

fn value(json: &Json) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Bool(own) => (*own).into(),
        Json::Number(text) => serde_json::from_str(text).expect("it is a number"),
        Json::Text(text) => text.as_str().into(),
        Json::List(list) => list.iter().map(value).collect(),
        Json::Object(list) => list.iter().map(|(key, below)| (key.clone(), value(below))).collect(),
    }
}

fn text<'a>(object: &'a Json, key: &str) -> Option<&'a str> {
    match object.get(key) {
        Some(Json::Text(text)) => Some(text),
        _ => None,
    }
}
