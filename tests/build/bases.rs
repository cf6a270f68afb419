//! What a build makes of its base: found by any name, kept as it is, and said where it can be said.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Image, Sandbox, Tar, succeed, tool};

const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

#[test]
fn a_base_in_a_layout_is_named_by_its_digest_alone() {
    let sandbox = Sandbox::new();
    sandbox.spec("labels: {a: b}\n");
    let layout = sandbox.build(&[]);
    let (index, image) = (layout.index("1_x"), layout.image("1_x", "linux/arm64"));
    let base = sandbox.layout("base").image("1", "linux/arm64");
    assert_eq!(index.get("annotations"), None);
    assert_eq!(image.manifest["annotations"], json!({ DIGEST: base.digest }));
}

#[test]
fn a_mapped_reference_is_the_base_that_others_read_of() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("hub/acme")).unwrap();
    fs::rename(sandbox.path("base"), sandbox.path("hub/acme/demo")).unwrap();
    let base = sandbox.layout("hub/acme/demo").image("1", "linux/amd64").digest;
    for (reference, map, full) in [
        ("acme/demo:1", "docker.io=oci:hub", "docker.io/acme/demo:1"),
        ("dhi.io/demo:1", "dhi.io=oci:hub/acme", "dhi.io/demo:1"),
        (
            "registry.example:5000/any/name:9",
            "registry.example:5000/any/name=oci:hub/acme/demo:1",
            "registry.example:5000/any/name:9",
        ),
    ] {
        sandbox.spec_on(reference, "");
        let layout = sandbox.build(&["--registry-map", map]);
        assert_eq!(layout.index("1_x")["annotations"], json!({ NAME: full }));
        let image = layout.image("1_x", "linux/amd64");
        assert_eq!(image.manifest["annotations"], json!({ NAME: full, DIGEST: base }));
    }
}

#[test]
fn a_definition_is_found_by_its_label_in_a_layout_or_behind_a_map() {
    let sandbox = Sandbox::new();
    sandbox.spec("targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]\n");
    let found = sandbox.build(&["--source", "oci:base"]);
    assert_eq!(found.names(), ["1_x"]);
    assert_eq!(found.index("1_x").get("annotations"), None);
    let mapped = sandbox.build(&["--registry-map", "dhi.io/demo=oci:base"]);
    assert_eq!(mapped.index("1_x")["annotations"], json!({ NAME: "dhi.io/demo:1" }));
    // What was built carries the label of its base, and is no base of that definition for all that.
    sandbox.run(&["build", "x.yaml", "--source", "oci:base", "-o", "oci:base"]);
    sandbox.run(&["build", "x.yaml", "--source", "oci:base", "-o", "oci:again"]);
    assert_eq!(sandbox.layout("again").image("1_x", "linux/amd64").layers.len(), 1);
}

#[test]
fn an_image_from_scratch_has_our_layers_alone() {
    let sandbox = Sandbox::new();
    sandbox.spec(concat!(
        "targets: [{destination: demo/app, base: scratch, tags: [s]}]\n",
        "contents: {artifacts: [{name: oci:artifacts:tools, includes: [usr/bin/hello]}]}\n",
        "accounts: {runs-as: app, users: [{name: app, uid: 1000}]}\n",
    ));
    let layout = sandbox.build(&[]);
    layout.assert_whole();
    let image = layout.image("s_x", "linux/arm64");
    assert_eq!(image.manifest.get("annotations"), None);
    insta::assert_snapshot!(image.list(0) + &image.list(1), @"
    d0755 0:0 usr/
    d0755 0:0 usr/bin/
    -0755 0:0 usr/bin/hello
    d0755 0:0 etc/
    -0644 0:0 etc/passwd
    -0644 0:0 etc/group
    d0755 0:0 home/
    d0755 1000:1000 home/app/
    ");
    assert_eq!(image.file(1, "etc/passwd").as_deref(), Some("app:x:1000:1000::/home/app:/sbin/nologin\n"));
    assert_eq!(image.run("User"), "app");
}

#[test]
fn labels_history_and_unknown_fields_of_the_base_survive() {
    let sandbox = Sandbox::new();
    let run = json!({"Labels": {"com.docker.dhi.chain-id": "sha256:1", "kept": "yes"}, "X-Unknown": {"deep": [1, 2.5, null]}});
    sandbox.image("base", "odd", run.clone(), vec![Tar::default().file("a", 0o644, "a")]);
    sandbox.spec_on("oci:base:odd", "labels: {kept: no longer, new: x}\npaths: [{path: /b, contents: b}]\n");
    let image = sandbox.build(&[]).image("1_x", "linux/amd64");
    assert_eq!(image.run("X-Unknown"), &run["X-Unknown"]);
    assert_eq!(
        image.run("Labels"),
        &json!({"com.docker.dhi.chain-id": "sha256:1", "kept": "no longer", "new": "x"})
    );
    insta::assert_json_snapshot!(image.config["history"], @r#"
    [
      {},
      {
        "created": "2026-01-01T00:00:00Z",
        "created_by": "overcoat: accounts and files of the customization"
      }
    ]
    "#);
    assert_eq!(image.config["created"], "2026-01-01T00:00:00Z");
}

#[test]
fn the_history_has_an_entry_for_each_layer_and_the_time_that_was_set() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["build", "demo.yaml", "-o", "oci:out"]);
    succeed(command.env("SOURCE_DATE_EPOCH", "1700000000"));
    let image = sandbox.layout("out").image("1_demo-with-tools", "linux/amd64");
    assert_eq!(image.config["created"], "2023-11-14T22:13:20Z");
    insta::assert_json_snapshot!(image.config["history"], @r#"
    [
      {
        "created": "2026-01-01T00:00:00Z",
        "created_by": "fixtures/make.sh"
      },
      {
        "created": "2023-11-14T22:13:20Z",
        "created_by": "overcoat: artifact sha256:6d8f7d629b69d8db39d80283b7eb0b7429bb4223ac0965197198163fb91ada6a"
      },
      {
        "created": "2023-11-14T22:13:20Z",
        "created_by": "overcoat: artifact sha256:9c5a635c38dfb4c044bd084d6b9e7b607a9090db1fd6086f40c7ba4c12433c29"
      },
      {
        "created": "2023-11-14T22:13:20Z",
        "created_by": "overcoat: accounts and files of the customization"
      }
    ]
    "#);
}

#[test]
fn a_docker_archive_of_another_program_is_a_base() {
    let Some(skopeo) = tool("skopeo") else { return };
    let sandbox = Sandbox::new();
    let (from, to) = (sandbox.path("base"), sandbox.path("other.tar"));
    let mut copy = Command::new(skopeo);
    copy.args(["--insecure-policy", "copy", "--quiet", "--override-arch", "amd64"]);
    copy.arg(format!("oci:{}:1", from.display())).arg(format!("docker-archive:{}:demo/base:1", to.display()));
    succeed(&mut copy);
    let keys = "platforms: [linux/amd64]\npaths: [{path: /lib/new, contents: new}]\n";
    sandbox.spec_on("docker-archive:other.tar:demo/base:1", keys);
    let (base, layout) = (sandbox.layout("base").image("1", "linux/amd64"), sandbox.build(&[]));
    layout.assert_whole();
    let image = layout.image("1_x", "linux/amd64");
    assert_eq!(image.config["rootfs"]["diff_ids"][0], base.config["rootfs"]["diff_ids"][0]);
    assert_eq!(image.run("Labels"), base.run("Labels"));
    assert_eq!(image.manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar");
    assert_eq!(image.file(1, "usr/lib/new").as_deref(), Some("new"));
}

#[test]
fn a_base_in_docker_media_types_becomes_an_oci_image_of_the_same_blobs() {
    let sandbox = Sandbox::new();
    let docker = |kind: &str| format!("application/vnd.docker.{kind}");
    let base = sandbox.layout("base").image("1", "linux/amd64");
    let retyped = |image: &Image, descriptor: &Value, media_type: &str, bytes: &[u8]| {
        assert!(image.config.is_object());
        let copied = sandbox.blob("docker", media_type, bytes);
        assert_eq!(copied["digest"], descriptor["digest"]);
        copied
    };
    let config = serde_json::to_vec(&base.config).unwrap();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": docker("distribution.manifest.v2+json"),
        "config": retyped(&base, &base.manifest["config"], &docker("container.image.v1+json"), &config),
        "layers": [retyped(&base, &base.manifest["layers"][0], &docker("image.rootfs.diff.tar.gzip"), &base.layers[0])],
    });
    let mut entry = sandbox.document("docker", &docker("distribution.manifest.v2+json"), &manifest);
    entry["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let list = docker("distribution.manifest.list.v2+json");
    let index = json!({"schemaVersion": 2, "mediaType": list, "manifests": [entry]});
    let index = sandbox.document("docker", &list, &index);
    sandbox.name("docker", "1", index);
    sandbox.spec_on("oci:docker:1", "platforms: [linux/amd64]\nlabels: {a: b}\n");
    let layout = sandbox.build(&[]);
    layout.assert_whole();
    let image = layout.image("1_x", "linux/amd64");
    assert_eq!(image.manifest["layers"], base.manifest["layers"]);
    assert!(!image.manifest.to_string().contains("vnd.docker"));
    assert!(!layout.index("1_x").to_string().contains("vnd.docker"));
}
