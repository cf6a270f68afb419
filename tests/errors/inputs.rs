//! Bases and artifacts that are not found, or do not have what is asked for.

use serde_json::json;

use crate::support::{Sandbox, Tar};

/// A registry that nobody runs: port 1 belongs to a service that is long gone.
const NOBODY: &str = "127.0.0.1:1";

#[test]
fn an_artifact_of_a_registry_that_does_not_answer_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.spec_taking(&format!("{NOBODY}/tools:1"), "usr");
    let text = sandbox.build_refused(4, &["--limit", "tries=1"]);
    let head =
        format!("error[E_REMOTE]: artifact {NOBODY}/tools:1: HEAD http://{NOBODY}/v2/tools/manifests/1: ");
    assert!(text.starts_with(&head) && text.contains(" --> x.yaml:6:11"), "{text}");
}

#[test]
fn a_definition_of_a_registry_that_does_not_answer_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.spec("targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]\n");
    let text = sandbox.build_refused(4, &["--source", NOBODY, "--limit", "tries=1"]);
    let head = format!("error[E_REMOTE]: definition demo/demo-1/1 in {NOBODY}/demo:1: ");
    assert!(text.starts_with(&head) && text.contains(" --> x.yaml:3:54"), "{text}");
}

#[test]
fn a_definition_that_is_not_there_is_named_with_what_could_be_meant() {
    let sandbox = Sandbox::new();
    sandbox.spec("targets: [{destination: demo/app, tag_definition_id: demo/demo-1/2}]\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &["--source", "oci:base"]), @"
    error[E_SRC_MISSING]: no image tagged `2` in oci:base is of the definition `demo/demo-1/2`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/2}]
      |                                                      ^^^^^^^^^^^^^
    hint: did you mean `demo/demo-1/1`?
    ");
    sandbox.spec("targets: [{destination: demo/app, tag_definition_id: other/demo-1/1}]\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &["--source", "oci:base"]), @"
    error[E_SRC_MISSING]: no image tagged `1` in oci:base is of the definition `other/demo-1/1`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: other/demo-1/1}]
      |                                                      ^^^^^^^^^^^^^^
    hint: there are images of demo/demo-1/1
    ");
}

#[test]
fn a_layout_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    sandbox.spec_on("oci:bases:1", "");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_SRC_MISSING]: base oci:bases:1: bases: No such file or directory (os error 2)
     --> x.yaml:4:33
      |
    4 | - {destination: demo/app, base: oci:bases:1, tags: ["1"]}
      |                                 ^^^^^^^^^^^
    "#);
}

#[test]
fn an_archive_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    sandbox.spec_on("docker-archive:base.tar", "");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_SRC_MISSING]: base docker-archive:base.tar: base.tar: No such file or directory (os error 2)
     --> x.yaml:4:33
      |
    4 | - {destination: demo/app, base: docker-archive:base.tar, tags: ["1"]}
      |                                 ^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_tag_that_is_not_there_is_named_with_the_nearest() {
    let sandbox = Sandbox::new();
    sandbox.spec_taking("oci:artifacts:tool", "usr");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_SRC_MISSING]: artifact oci:artifacts:tool: `artifacts` has no image `tool`; it has `tools`, `certs`
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:tool
      |           ^^^^^^^^^^^^^^^^^^
    hint: did you mean `tools`?
    ");
}

#[test]
fn several_images_without_a_name_are_listed() {
    let sandbox = Sandbox::new();
    sandbox.spec_taking("oci:artifacts", "usr");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_SRC_MISSING]: artifact oci:artifacts: `artifacts` has several images: `tools`, `certs`
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts
      |           ^^^^^^^^^^^^^
    hint: name one of them, or its digest
    ");
}

#[test]
fn a_digest_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    sandbox.spec_on(&format!("oci:base@sha256:{}", "0".repeat(64)), "");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_SRC_MISSING]: base oci:base@sha256:0000000000000000000000000000000000000000000000000000000000000000: `base` has no image sha256:0000000000000000000000000000000000000000000000000000000000000000
     --> x.yaml:4:33
      |
    4 | …{destination: demo/app, base: oci:base@sha256:000000000000000000000000000000000000000000000000000000…
      |                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn r07_a_platform_that_an_input_lacks_is_named_with_those_it_has() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "--platform", "linux/arm64", "-o", "oci:one:1"]);
    sandbox.spec_on("oci:one:1", "");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_PLATFORM_ABSENT]: base oci:one:1: no image for linux/amd64; there is `linux/arm64`
     --> x.yaml:4:33
      |
    4 | - {destination: demo/app, base: oci:one:1, tags: ["1"]}
      |                                 ^^^^^^^^^
    hint: name only platforms that it has: in `platforms`, in those of the artifact, or by --platform
    "#);
    sandbox.spec_taking("oci:one:1", "usr");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_PLATFORM_ABSENT]: artifact oci:one:1: no image for linux/amd64; there is `linux/arm64`
     --> x.yaml:6:11
      |
    6 |   - name: oci:one:1
      |           ^^^^^^^^^
    hint: name only platforms that it has: in `platforms`, in those of the artifact, or by --platform
    ");
    sandbox.spec("");
    insta::assert_snapshot!(sandbox.build_refused(2, &["--platform", "linux/riscv64"]), @"error[E_PLATFORM_ABSENT]: platform `linux/riscv64` is not among the platforms of the specification: linux/amd64, linux/arm64");
}

#[test]
fn r08_an_image_for_another_platform_than_its_index_says_is_taken_only_where_that_is_allowed() {
    let sandbox = Sandbox::new();
    sandbox.image_under_another_platform("odd");
    sandbox.spec_on("oci:odd:1", "platforms: [linux/amd64]\n");
    insta::assert_snapshot!(sandbox.build_refused(3, &[]), @r#"
    error[E_PLATFORM]: base oci:odd:1: image sha256:13503ce276e7a6505f0cba7ea6553e0cde208cb396c553bcb18343bc4f4d54b8 is for linux/arm64, but its index says linux/amd64
     --> x.yaml:3:33
      |
    3 | - {destination: demo/app, base: oci:odd:1, tags: ["1"]}
      |                                 ^^^^^^^^^
    hint: if the index is right, pass --allow platform-mismatch
    "#);
    let image = sandbox.build(&["--allow", "platform-mismatch"]).image("1_x", "linux/amd64");
    assert_eq!(image.config["architecture"], "amd64");
}

#[test]
fn s11_an_include_that_matches_nothing_is_named_with_the_nearest_path() {
    let sandbox = Sandbox::new();
    sandbox.spec_taking("oci:artifacts:tools", "usr/bin/helo");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_GLOB_EMPTY]: linux/amd64: artifact oci:artifacts:tools: include `usr/bin/helo` selects nothing
     --> x.yaml:7:16
      |
    7 |     includes: ["usr/bin/helo"]
      |                ^^^^^^^^^^^^^^
    hint: the artifact has `usr/bin/hello`
    "#);
}

#[test]
fn s11_an_include_that_matches_on_one_platform_alone_names_the_other() {
    let sandbox = Sandbox::new();
    sandbox.image_by_platform("artifacts", "one", json!({}), |architecture| {
        vec![Tar::of(&["usr"]).file(&format!("usr/{architecture}"), 0o644, "").finish()]
    });
    sandbox.spec_taking("oci:artifacts:one", "usr/amd64");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_GLOB_EMPTY]: linux/arm64: artifact oci:artifacts:one: include `usr/amd64` selects nothing
     --> x.yaml:7:16
      |
    7 |     includes: ["usr/amd64"]
      |                ^^^^^^^^^^^
    hint: the artifact has `usr`
    "#);
}

#[test]
fn s11_an_include_through_a_link_is_told_where_it_leads() {
    let sandbox = Sandbox::new();
    sandbox.spec_taking("oci:base:1", "bin/demo");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_GLOB_EMPTY]: linux/amd64: artifact oci:base:1: include `bin/demo` selects nothing
     --> x.yaml:7:16
      |
    7 |     includes: ["bin/demo"]
      |                ^^^^^^^^^^
    hint: it leads through a symbolic link; include `usr/bin/demo`
    "#);
}

#[test]
fn s11_excluding_everything_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.spec(concat!(
        "contents:\n  artifacts:\n  - name: oci:artifacts:tools\n",
        "    includes: [usr]\n    excludes: [\"**\"]\n",
    ));
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_GLOB_EMPTY]: linux/amd64: artifact oci:artifacts:tools: everything that is included is excluded as well
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:tools
      |           ^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_base_without_a_tag_asks_for_tags() {
    let sandbox = Sandbox::new();
    sandbox.spec("targets: [{destination: demo/app, base: oci:base}]\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_SPEC_TAG]: the tags of the base oci:base are not known
     --> x.yaml:3:41
      |
    3 | targets: [{destination: demo/app, base: oci:base}]
      |                                         ^^^^^^^^
    hint: name the tags to suffix by `tags` of the target
    ");
}

#[test]
fn two_targets_that_write_one_tag_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.spec(concat!(
        "targets:\n- {destination: demo/app, base: oci:base:1}\n",
        "- {destination: docker.io/demo/app, base: oci:artifacts:tools, tags: [\"1\"]}\n",
    ));
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_OUTPUT]: tag `1_x` of `docker.io/demo/app` is also written by the target on line 4
     --> x.yaml:5:17
      |
    5 | - {destination: docker.io/demo/app, base: oci:artifacts:tools, tags: ["1"]}
      |                 ^^^^^^^^^^^^^^^^^^
    hint: give one of them another destination or other `tags`
    "#);
}
