//! Bases by definition, with a catalog that says their repositories and tags.

use std::fs;

use serde_json::json;

use crate::support::registry::Registry;
use crate::support::{Sandbox, succeed};

const ID: &str = "demo/demo-1/1";

/// A sandbox whose `catalog` defines the demo base under `definition`, and whose `x.yaml` asks for the definition `id`.
fn sandbox(definition: &str, id: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("catalog/image/demo/demo-1")).unwrap();
    sandbox.write("catalog/image/demo/demo-1/1.yaml", definition);
    sandbox.spec(&format!("targets: [{{destination: demo/app, tag_definition_id: {id}}}]\n"));
    sandbox
}

/// Names the demo base by another tag, too.
fn retag(sandbox: &Sandbox, tag: &str) {
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(sandbox.path("base/index.json")).unwrap()).unwrap();
    sandbox.name("base", tag, index["manifests"][0].clone());
}

#[test]
fn the_result_has_every_tag_of_the_definition_on_the_most_specific_one() {
    let sandbox = sandbox("image: dhi.io/demo-image\ntags: ['1', 1-demo, 1.0-demo]\n", ID);
    retag(&sandbox, "1.0-demo");
    let args = ["--catalog", "catalog", "--registry-map", "dhi.io/demo-image=oci:base"];
    let built = sandbox.build(&args);
    assert_eq!(built.names(), ["1-demo_x", "1.0-demo_x", "1_x"]);
    let name = json!({"org.opencontainers.image.base.name": "dhi.io/demo-image:1.0-demo"});
    assert_eq!(built.index("1_x")["annotations"], name);
}

#[test]
fn the_environment_can_name_the_catalog() {
    let sandbox = sandbox("image: dhi.io/demo\ntags: [1-demo]\n", ID);
    retag(&sandbox, "1-demo");
    let mut command = sandbox.command(&["build", "x.yaml", "-o", "oci:out", "--source", "oci:base"]);
    succeed(command.env("OVERCOAT_CATALOG", "catalog"));
    assert_eq!(sandbox.layout("out").names(), ["1-demo_x"]);
}

#[test]
fn a_definition_that_the_catalog_does_not_have_is_named_with_what_could_be_meant() {
    let sandbox = sandbox("image: dhi.io/demo\ntags: ['1']\n", "demo/demo-1/2");
    let args = ["--catalog", "catalog", "--source", "oci:base"];
    insta::assert_snapshot!(sandbox.build_refused(2, &args), @"
    error[E_SRC_MISSING]: the catalog `catalog` has no definition `demo/demo-1/2`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/2}]
      |                                                      ^^^^^^^^^^^^^
    hint: did you mean `demo/demo-1/1`?
    ");
    let none = ["--catalog", "base", "--source", "oci:base"];
    insta::assert_snapshot!(sandbox.build_refused(2, &none), @"
    error[E_SRC_MISSING]: `base` is no catalog: it has no directory `image`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/2}]
      |                                                      ^^^^^^^^^^^^^
    hint: pass --catalog with a checkout of the catalog
    ");
    insta::assert_snapshot!(sandbox.build_refused(6, &["--catalog", "nowhere"]), @"error[E_IO]: catalog nowhere: No such file or directory (os error 2)");
}

#[test]
fn a_broken_definition_is_told_with_its_file_and_line() {
    let sandbox = sandbox("image: dhi.io/demo\ntags:\n- 1.0\n", ID);
    insta::assert_snapshot!(sandbox.build_refused(2, &["--catalog", "catalog"]), @r#"
    error[E_SPEC_VALUE]: catalog/image/demo/demo-1/1.yaml:3:3: `tags[]`: expected text, found the number `1.0`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]
      |                                                      ^^^^^^^^^^^^^
    hint: write `"1.0"` if this is meant
    "#);
}

#[test]
fn s01_a_definition_of_hostile_yaml_is_refused_within_the_budgets_of_specifications() {
    let bomb = "image: dhi.io/demo\na: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\ntags: ['1']\n";
    let sandbox = sandbox(bomb, ID);
    insta::assert_snapshot!(sandbox.build_refused(5, &["--catalog", "catalog"]), @"
    error[E_LIMIT_SPEC]: catalog/image/demo/demo-1/1.yaml:5:36: more than 1000 aliases are used
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]
      |                                                      ^^^^^^^^^^^^^
    ");
}

#[test]
fn a_catalog_that_is_ahead_of_the_images_is_told_with_the_tags_that_are_there() {
    let sandbox = sandbox("image: dhi.io/demo\ntags: ['1', '1.1']\n", ID);
    let args = ["--catalog", "catalog", "--source", "oci:base"];
    insta::assert_snapshot!(sandbox.build_refused(2, &args), @"
    error[E_SRC_MISSING]: no image tagged `1.1` in oci:base is of the definition `demo/demo-1/1`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]
      |                                                      ^^^^^^^^^^^^^
    hint: take the catalog of the same time as the images; of the definition are the tags 1
    ");
}

/// A registry whose repository `demo` has the demo base under these tags.
fn registry(sandbox: &Sandbox, tags: &[&str]) -> Registry {
    let registry = Registry::start();
    for tag in tags {
        retag(sandbox, tag);
        registry.push_layout(&sandbox.path("base"), tag, "dhi/demo");
    }
    registry
}

#[test]
fn a_registry_has_the_base_under_the_most_specific_tag_of_the_definition() {
    let sandbox = sandbox("image: dhi.io/demo\ntags: ['1', 1.0-demo]\n", ID);
    let registry = registry(&sandbox, &["1", "1.0-demo"]);
    let source = format!("{}/dhi", registry.host());
    let built = sandbox.build(&["--catalog", "catalog", "--source", &source]);
    assert_eq!(built.names(), ["1.0-demo_x", "1_x"]);
    let name = format!("{source}/demo:1.0-demo");
    assert_eq!(built.index("1_x")["annotations"]["org.opencontainers.image.base.name"], name);
    // The other tags are not asked for.
    assert_eq!(registry.log().iter().filter(|entry| entry.target.ends_with("/manifests/1")).count(), 0);
}

#[test]
fn without_a_catalog_a_registry_is_asked_for_the_name_and_for_tags_that_could_be_meant() {
    let sandbox = sandbox("", ID);
    let registry = registry(&sandbox, &["0", "1-demo", "2-demo"]);
    let source = format!("{}/dhi", registry.host());
    let said = sandbox.build_refused(2, &["--source", &source, "--no-store"]).replace(&source, "HOST/dhi");
    insta::assert_snapshot!(said, @"
    error[E_SRC_MISSING]: no image tagged `1` in HOST/dhi/demo is of the definition `demo/demo-1/1`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]
      |                                                      ^^^^^^^^^^^^^
    hint: pass --catalog, or name the base by `base`; of the definition are the tags 1-demo, 0, 2-demo
    ");
    registry.push_layout(&sandbox.path("base"), "1", "dhi/demo");
    let built = sandbox.build(&["--source", &source]);
    assert_eq!(built.names(), ["1_x"]);
}

#[test]
fn a_registry_that_has_nothing_of_a_definition_says_what_to_do() {
    let sandbox = sandbox("", ID);
    let registry = Registry::start();
    let source = format!("{}/dhi", registry.host());
    let said = sandbox.build_refused(2, &["--source", &source, "--no-store"]).replace(&source, "HOST/dhi");
    insta::assert_snapshot!(said, @"
    error[E_SRC_MISSING]: no image tagged `1` in HOST/dhi/demo is of the definition `demo/demo-1/1`
     --> x.yaml:3:54
      |
    3 | targets: [{destination: demo/app, tag_definition_id: demo/demo-1/1}]
      |                                                      ^^^^^^^^^^^^^
    hint: pass --source or --registry-map with what has the image, --catalog with a checkout of the catalog, which knows its tags, or name the base by `base`
    ");
}
