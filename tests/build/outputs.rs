//! Where images are written to, and that they are found there again.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{Layout, Sandbox, succeed, tool};

const TAG: &str = "1_demo-with-tools";

#[test]
fn a01_every_digest_of_the_demo_is_right_and_skopeo_reads_it() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci:out"]);
    let layout = sandbox.layout("out");
    assert_eq!(layout.names(), [TAG]);
    layout.assert_whole();
    let Some(skopeo) = tool("skopeo") else { return };
    for architecture in ["amd64", "arm64"] {
        let image = format!("oci:{}:{TAG}", layout.dir().display());
        let seen = succeed(Command::new(&skopeo).args(["inspect", "--override-arch", architecture, &image]));
        let seen: Value = serde_json::from_str(&seen).unwrap();
        assert_eq!((&seen["Architecture"], &seen["Os"]), (&architecture.into(), &"linux".into()));
        assert_eq!(seen["Labels"]["org.opencontainers.image.title"], "Demo with tools");
    }
}

#[test]
fn several_outputs_hold_the_same_image() {
    let sandbox = Sandbox::new();
    let outputs =
        ["-o", "oci:out", "-o", "oci-archive:x.oci", "-o", "docker-archive:x.tar", "-o", "oci:named:mine"];
    let build = ["build", "demo.yaml", "--quiet", "--platform", "linux/arm64"];
    let digest = sandbox.run(&[&build[..], &outputs].concat());
    for (layout, name) in [("out", TAG), ("named", "mine")] {
        sandbox.layout(layout).assert_whole();
        assert_eq!(sandbox.layout(layout).names(), [name]);
        assert_eq!(sandbox.layout(layout).named(name)["digest"], digest.trim());
    }
    assert_eq!(unpacked(&sandbox, "x.oci").named(TAG)["digest"], digest.trim());
    let image = sandbox.layout("out").image(TAG, "linux/arm64");
    let archive = unpacked(&sandbox, "x.tar");
    let docker: Value =
        serde_json::from_slice(&fs::read(archive.dir().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(docker[0]["RepoTags"], serde_json::json!([format!("docker.io/demo/app:{TAG}")]));
    for (number, layer) in docker[0]["Layers"].as_array().unwrap().iter().enumerate() {
        let tar = fs::read(archive.dir().join(layer.as_str().unwrap())).unwrap();
        assert_eq!(tar, image.tar(number));
    }
}

/// What an archive holds, as a layout where it is one.
fn unpacked(sandbox: &Sandbox, archive: &str) -> Layout {
    let dir = sandbox.path(format!("{archive}.d"));
    tar::Archive::new(fs::File::open(sandbox.path(archive)).unwrap()).unpack(&dir).unwrap();
    Layout::new(dir)
}

#[test]
fn other_programs_read_the_archives() {
    let sandbox = Sandbox::new();
    let outputs = ["-o", "oci-archive:x.oci", "-o", "docker-archive:x.tar"];
    sandbox.run(&[&["build", "demo.yaml", "--platform", "linux/amd64"], &outputs[..]].concat());
    if let Some(skopeo) = tool("skopeo") {
        for image in [
            format!("oci-archive:{}", sandbox.path("x.oci").display()),
            format!("docker-archive:{}", sandbox.path("x.tar").display()),
        ] {
            let seen = succeed(Command::new(&skopeo).args(["inspect", "--override-arch", "amd64", &image]));
            let seen: Value = serde_json::from_str(&seen).unwrap();
            assert_eq!(seen["Layers"].as_array().unwrap().len(), 4, "{image}");
        }
    }
    if let Some(crane) = tool("crane") {
        succeed(Command::new(crane).args(["validate", "--tarball"]).arg(sandbox.path("x.tar")));
    }
}

#[test]
fn targets_in_one_layout_are_named_by_their_full_references() {
    let sandbox = Sandbox::new();
    sandbox.spec(concat!(
        "targets:\n",
        "- {destination: demo/one, base: oci:base:1, tags: [\"1\", \"1.0\"]}\n",
        "- {destination: registry.example/demo/two, base: oci:artifacts:tools}\n",
        "labels: {example: yes it is}\n",
    ));
    let layout = sandbox.build(&[]);
    layout.assert_whole();
    let names = ["docker.io/demo/one:1.0_x", "docker.io/demo/one:1_x", "registry.example/demo/two:tools_x"];
    assert_eq!(layout.names(), names);
    assert_eq!(layout.named(names[0])["digest"], layout.named(names[1])["digest"]);
    for name in names {
        assert_eq!(layout.image(name, "linux/amd64").run("Labels")["example"], "yes it is");
    }
}

#[test]
fn another_image_is_added_to_a_layout_and_a_new_one_takes_its_name_over() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci:out"]);
    let first = sandbox.layout("out").named(TAG);
    sandbox.spec("tag-suffix: one\n");
    sandbox.build(&[]);
    sandbox.spec("tag-suffix: one\nlabels: {a: b}\n");
    let layout = sandbox.build(&[]);
    assert_eq!(layout.names(), [TAG, "1_one"]);
    assert_eq!(layout.named(TAG), first);
    assert_eq!(layout.image("1_one", "linux/arm64").run("Labels")["a"], "b");
}

#[test]
fn what_was_written_is_a_base_for_the_next_build() {
    let sandbox = Sandbox::new();
    let digest =
        sandbox.run(&["build", "demo.yaml", "--quiet", "-o", "oci:first", "-o", "oci-archive:first.oci"]);
    let below = sandbox.layout("first").image(TAG, "linux/amd64");
    let pinned = format!("oci:first@{}", digest.trim());
    for base in [
        &format!("oci:first:{TAG}"),
        &pinned,
        "oci-archive:first.oci",
        &format!("oci-archive:first.oci:{TAG}"),
    ] {
        fs::remove_dir_all(sandbox.path("out")).unwrap_or_default();
        sandbox.spec_on(base, "paths: [{path: /lib/new, contents: new}]\n");
        let layout = sandbox.build(&[]);
        layout.assert_whole();
        let image = layout.image("1_x", "linux/amd64");
        assert!(image.layers.starts_with(&below.layers), "{base}");
        assert_eq!(
            image.manifest["annotations"]["org.opencontainers.image.base.digest"],
            below.digest.as_str()
        );
        assert_eq!(image.file(4, "usr/lib/new").as_deref(), Some("new"));
    }
}

#[test]
fn a_docker_archive_is_a_base_and_an_artifact() {
    let sandbox = Sandbox::new();
    let outputs = ["-o", "docker-archive:first.tar", "-o", "oci:first"];
    sandbox.run(&[&["build", "demo.yaml", "--platform", "linux/amd64"], &outputs[..]].concat());
    let below = sandbox.layout("first").image(TAG, "linux/amd64");
    for base in ["docker-archive:first.tar".to_owned(), format!("docker-archive:first.tar:demo/app:{TAG}")] {
        sandbox.spec_on(&base, "platforms: [linux/amd64]\nlabels: {a: b}\n");
        let image = sandbox.build(&[]).image("1_x", "linux/amd64");
        let types: Vec<_> =
            image.manifest["layers"].as_array().unwrap().iter().map(|layer| &layer["mediaType"]).collect();
        assert_eq!(types, ["application/vnd.oci.image.layer.v1.tar"; 4]);
        assert_eq!(image.config["rootfs"], below.config["rootfs"]);
        assert_eq!(image.run("Labels")["a"], "b");
    }
    sandbox.spec_taking("docker-archive:first.tar", "usr/bin/hello");
    let image = sandbox.build(&["--platform", "linux/amd64"]).image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"
    d0755 0:0 usr/
    d0755 0:0 usr/bin/
    -0755 0:0 usr/bin/hello
    ");
}
