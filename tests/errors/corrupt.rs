//! Inputs whose bytes are not what their digests promise.

use std::fs;

use serde_json::{Value, json};

use crate::support::{LAYER, Sandbox, Tar, blob_path, digest};

/// A sandbox that takes everything of `oci:odd:1`, an image for both platforms with this layer and diff IDs.
fn taking(layer: Value, diff_ids: &[String], sandbox: Sandbox) -> Sandbox {
    let layers = [layer];
    let manifests =
        ["amd64", "arm64"].map(|name| sandbox.manifest("odd", name, &json!({}), &layers, diff_ids));
    sandbox.index("odd", "1", &manifests);
    sandbox.spec_taking("oci:odd:1", "**");
    sandbox
}

fn tar() -> Vec<u8> {
    Tar::default().file("file", 0o644, "content").finish()
}

#[test]
fn t29_a_layer_with_other_bytes_is_refused() {
    let sandbox = Sandbox::new();
    let layer = sandbox.blob("odd", LAYER, &tar());
    let path = blob_path(&sandbox.path("odd"), layer["digest"].as_str().unwrap());
    let mut bytes = tar();
    bytes[512] = b'C';
    fs::write(path, bytes).unwrap();
    let sandbox = taking(layer, &[digest(&tar())], sandbox);
    insta::assert_snapshot!(sandbox.build_refused(7, &[]), @"
    error[E_DIGEST]: linux/amd64: artifact oci:odd:1: layer sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa: blob is sha256:252a2f0f244d670489bcdbf703dcf948bbf0fffec08fac3ca52c1ea6e7ca1b82, expected sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa
     --> x.yaml:6:11
      |
    6 |   - name: oci:odd:1
      |           ^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
}

#[test]
fn t29_a_layer_that_is_longer_or_shorter_is_refused() {
    let sandbox = Sandbox::new();
    let mut layer = sandbox.blob("odd", LAYER, &tar());
    layer["size"] = json!(tar().len() + 1);
    let sandbox = taking(layer.clone(), &[digest(&tar())], sandbox);
    insta::assert_snapshot!(sandbox.build_refused(7, &[]), @"
    error[E_SIZE]: linux/amd64: artifact oci:odd:1: layer sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa: blob sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa has 2048 bytes, expected 2049
     --> x.yaml:6:11
      |
    6 |   - name: oci:odd:1
      |           ^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
    layer["size"] = json!(tar().len() - 1);
    let sandbox = taking(layer, &[digest(&tar())], sandbox);
    insta::assert_snapshot!(sandbox.build_refused(7, &[]), @"
    error[E_SIZE]: linux/amd64: artifact oci:odd:1: layer sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa: blob sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa has 2048 bytes or more, expected 2047
     --> x.yaml:6:11
      |
    6 |   - name: oci:odd:1
      |           ^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
}

#[test]
fn t29_a_layer_without_its_diff_id_is_refused() {
    let sandbox = Sandbox::new();
    let layer = sandbox.blob("odd", LAYER, &tar());
    let sandbox = taking(layer, &[digest(b"another")], sandbox);
    insta::assert_snapshot!(sandbox.build_refused(7, &[]), @"
    error[E_DIFFID]: linux/amd64: artifact oci:odd:1: layer sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa: uncompressed layer is sha256:5226c6767cf7bbc952b146dea46c291f14e8bb3de0b8c6db0877a05f17242ffa, expected diff ID sha256:ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5
     --> x.yaml:6:11
      |
    6 |   - name: oci:odd:1
      |           ^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
}

#[test]
fn t29_a_wrong_number_of_diff_ids_is_refused() {
    let sandbox = Sandbox::new();
    let layer = sandbox.blob("odd", LAYER, &tar());
    let sandbox = taking(layer, &[digest(&tar()), digest(&tar())], sandbox);
    insta::assert_snapshot!(sandbox.build_refused(7, &[]), @"
    error[E_DIFFID]: artifact oci:odd:1: image sha256:10d9f7d9d430a1961bd17dbc6677786a90a81448bdfe1cc90f6c5456a9527010 has 1 layers and 2 diff IDs
     --> x.yaml:6:11
      |
    6 |   - name: oci:odd:1
      |           ^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    error[E_DIFFID]: artifact oci:odd:1: image sha256:89e929d283a1fbf11764f84e6db0e9ee5308eac42de865941c0643ce95e10a69 has 1 layers and 2 diff IDs
     --> x.yaml:6:11
      |
    6 |   - name: oci:odd:1
      |           ^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
}

#[test]
fn t29_a_base_with_other_bytes_is_refused() {
    let sandbox = Sandbox::new();
    let base = sandbox.layout("base").image("1", "linux/amd64");
    let path = blob_path(&sandbox.path("base"), base.manifest["layers"][0]["digest"].as_str().unwrap());
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
    insta::assert_snapshot!(sandbox.refused(7, &["build", "demo.yaml", "-o", "oci:out"]), @"
    error[E_DIGEST]: linux/amd64: base oci:base:1: layer sha256:18f6bedf823e386c52347acb1dadfe99c042e691fa98eaa656aa05283aaabdb0: blob is sha256:103a566c4c04268939c8365455ab491ea32495226fc032cc2031e8237e4b9460, expected sha256:18f6bedf823e386c52347acb1dadfe99c042e691fa98eaa656aa05283aaabdb0
     --> demo.yaml:5:11
      |
    5 |     base: oci:base:1
      |           ^^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
}

#[test]
fn a_layout_that_has_images_keeps_them_as_they_are() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci:out", "-o", "oci-archive:out.tar"]);
    let layer = sandbox.blob("odd", LAYER, &tar());
    let sandbox = taking(layer, &[digest(b"another")], sandbox);
    let outputs = ["-o", "oci-archive:out.tar", "-o", "docker-archive:new.tar"];
    sandbox.build_refused(7, &[&outputs[..], &["--platform", "linux/arm64"]].concat());
    sandbox.layout("out").assert_whole();
}

#[test]
fn a_manifest_with_other_bytes_is_refused() {
    let sandbox = Sandbox::new();
    let base = sandbox.layout("base").image("1", "linux/amd64");
    let path = blob_path(&sandbox.path("base"), &base.digest);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("\"schemaVersion\":2", "\"schemaVersion\":3")).unwrap();
    insta::assert_snapshot!(sandbox.refused(7, &["build", "demo.yaml", "-o", "oci:out"]), @"
    error[E_DIGEST]: base oci:base:1: blob is sha256:036a884ee177420ec28572d0e4550711f456ad77e67c1d5b967b0f22073ee9f3, expected sha256:133df4b9644fd01a39c22029b9bb12a4adf29eed5c8fc618d6e59a3a152a2d1b
     --> demo.yaml:5:11
      |
    5 |     base: oci:base:1
      |           ^^^^^^^^^^
    hint: the image is damaged; copy it again from where it came
    ");
}

#[test]
fn a_layer_that_is_missing_is_named() {
    let sandbox = Sandbox::new();
    let base = sandbox.layout("base").image("1", "linux/amd64");
    fs::remove_file(blob_path(&sandbox.path("base"), base.manifest["layers"][0]["digest"].as_str().unwrap()))
        .unwrap();
    insta::assert_snapshot!(sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out"]), @"
    error[E_SRC_MISSING]: linux/amd64: base oci:base:1: layer sha256:18f6bedf823e386c52347acb1dadfe99c042e691fa98eaa656aa05283aaabdb0: blob sha256:18f6bedf823e386c52347acb1dadfe99c042e691fa98eaa656aa05283aaabdb0 is missing
     --> demo.yaml:5:11
      |
    5 |     base: oci:base:1
      |           ^^^^^^^^^^
    ");
}
