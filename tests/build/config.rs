//! The config of an image: what of the base stays, what artifacts bring, and what the customization says.

use serde_json::{Value, json};

use crate::support::{Image, Sandbox, Tar};

/// The image of a customization on a base with these execution parameters.
fn built(base: Value, more: &str) -> Image {
    let sandbox = Sandbox::new();
    sandbox.image("base", "run", base, vec![Tar::of(&["etc"])]);
    sandbox.image(
        "artifacts",
        "one",
        json!({"Env": ["PATH=/opt/one:/bin", "A=one", "B=one", "C=one"], "User": "one", "Cmd": ["one"]}),
        vec![Tar::default().file("one", 0o644, "")],
    );
    sandbox.image(
        "artifacts",
        "two",
        json!({"Env": ["PATH=/opt/two", "B=two"], "WorkingDir": "/two", "Labels": {"two": "2"}}),
        vec![Tar::default().file("two", 0o644, "")],
    );
    sandbox.spec_on("oci:base:run", more);
    sandbox.build(&[]).image("1_x", "linux/amd64")
}

const ARTIFACTS: &str = concat!(
    "contents:\n  artifacts:\n  - {name: oci:artifacts:one, includes: [one]}\n",
    "  - {name: oci:artifacts:two, includes: [two]}\n",
);

#[test]
fn variables_are_the_bases_then_the_artifacts_then_those_of_the_customization() {
    let base = || json!({"Env": ["PATH=/usr/bin:/bin", "A=base", "Z=base"]});
    let image = built(base(), &format!("{ARTIFACTS}environment: {{Y: own, C: own, A: \"\", PORT: 8080}}\n"));
    assert_eq!(
        image.run("Env"),
        &json!([
            "PATH=/opt/two:/opt/one:/usr/bin:/bin",
            "A=one",
            "Z=base",
            "B=two",
            "C=own",
            "PORT=8080",
            "Y=own"
        ])
    );
    let image = built(base(), &format!("{ARTIFACTS}environment: {{PATH: /only}}\n"));
    assert_eq!(image.run("Env")[0], "PATH=/only");
    let image = built(json!({}), ARTIFACTS);
    assert_eq!(
        image.run("Env")[0],
        "PATH=/opt/two:/opt/one:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    );
}

#[test]
fn nothing_but_variables_is_taken_of_the_config_of_an_artifact() {
    let image = built(json!({"User": "7"}), ARTIFACTS);
    assert_eq!(image.run("User"), "7");
    for key in ["Cmd", "WorkingDir", "Labels"] {
        assert_eq!(image.run(key), &Value::Null, "{key}");
    }
}

#[test]
fn s13_arguments_are_appended_to_those_of_the_base_or_take_their_place() {
    let base = || json!({"Entrypoint": ["/bin/one", "a"], "Cmd": ["b"]});
    for (more, entrypoint, cmd) in [
        ("entrypoint: [x]\n", json!(["/bin/one", "a", "x"]), json!(["b"])),
        ("cmd: [x]\n", json!(["/bin/one", "a"]), json!(["b", "x"])),
        ("entrypoint: [x]\nentrypoint-mode: replace\n", json!(["x"]), json!(["b"])),
        ("cmd: [x]\ncmd-mode: replace\n", json!(["/bin/one", "a"]), json!(["x"])),
        ("cmd: []\ncmd-mode: replace\n", json!(["/bin/one", "a"]), json!([])),
    ] {
        let image = built(base(), more);
        assert_eq!((image.run("Entrypoint"), image.run("Cmd")), (&entrypoint, &cmd), "{more}");
    }
}

#[test]
fn s13_appending_to_a_base_without_entrypoint_starts_from_nothing_and_shell_form_is_a_list_like_any() {
    assert_eq!(built(json!({}), "entrypoint: [/x, a]\n").run("Entrypoint"), &json!(["/x", "a"]));
    assert_eq!(
        built(json!({"Entrypoint": null, "Cmd": ["c"]}), "entrypoint: [/x]\n").run("Cmd"),
        &json!(["c"])
    );
    let shell = json!({"Entrypoint": ["/bin/sh", "-c", "run it"]});
    assert_eq!(built(shell, "entrypoint: [x]\n").run("Entrypoint"), &json!(["/bin/sh", "-c", "run it", "x"]));
}

#[test]
fn ports_volumes_directory_and_signal_are_added_to_those_of_the_base() {
    let base = json!({
        "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "WorkingDir": "/", "StopSignal": "SIGINT",
    });
    let image =
        built(base, "ports: [8080, 53/udp]\nvolumes: [/cache]\nwork-dir: /srv\nstop-signal: SIGTERM\n");
    assert_eq!(image.run("ExposedPorts"), &json!({"80/tcp": {}, "8080/tcp": {}, "53/udp": {}}));
    assert_eq!(image.run("Volumes"), &json!({"/data": {}, "/cache": {}}));
    assert_eq!((image.run("WorkingDir"), image.run("StopSignal")), (&json!("/srv"), &json!("SIGTERM")));
}

#[test]
fn labels_stand_in_the_config_and_annotations_on_the_manifests() {
    let image = built(json!({"Labels": {"a": "base"}}), "labels: {b: own}\nannotations: {c: own}\n");
    assert_eq!(image.run("Labels"), &json!({"a": "base", "b": "own"}));
    assert_eq!(image.manifest["annotations"]["c"], "own");
}

#[test]
fn the_image_runs_as_the_user_that_is_named_or_numbered() {
    let users = "users: [{name: app, uid: 1000}]";
    assert_eq!(
        built(json!({"User": "7"}), &format!("accounts: {{runs-as: app, {users}}}\n")).run("User"),
        "app"
    );
    assert_eq!(built(json!({"User": "7"}), "accounts: {runs-as: 1234}\n").run("User"), "1234");
    assert_eq!(built(json!({"User": "7"}), &format!("accounts: {{{users}}}\n")).run("User"), "7");
    assert_eq!(built(json!({"User": "7"}), "accounts: {root: true, runs-as: 0}\n").run("User"), "0");
}
