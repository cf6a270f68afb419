//! Customizations that say what cannot be built.

use crate::support::Sandbox;

#[test]
fn a_syntax_error_is_shown_where_it_is() {
    let sandbox = Sandbox::new();
    sandbox.write("x.yaml", "name: x\ntargets: [a\nplatforms: {\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_SPEC_YAML]: this is no YAML: illegal placement of ':' indicator
     --> x.yaml:3:10
      |
    3 | platforms: {
      |          ^
    ");
}

#[test]
fn all_errors_are_shown_at_once() {
    let sandbox = Sandbox::new();
    sandbox.spec("enviroment: {A: b}\nentrypoint: run\npaths: [{path: ../a, contents: a, mode: 420}]\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @r#"
    error[E_SPEC_KEY]: unknown key `enviroment`
     --> x.yaml:4:1
      |
    4 | enviroment: {A: b}
      | ^^^^^^^^^^
    hint: did you mean `environment`?
    error[E_SPEC_VALUE]: `entrypoint`: expected a list, found the text `run`
     --> x.yaml:5:13
      |
    5 | entrypoint: run
      |             ^^^
    hint: a command is a list of its words; for a shell write `["/bin/sh", "-c", "…"]`
    error[E_SPEC_PATH]: path `../a` is not absolute
     --> x.yaml:6:16
      |
    6 | paths: [{path: ../a, contents: a, mode: 420}]
      |                ^^^^
    hint: paths start at the image root: `/../a`
    error[E_SPEC_VALUE]: mode `420` is ambiguous: it begins with no 0
     --> x.yaml:6:41
      |
    6 | paths: [{path: ../a, contents: a, mode: 420}]
      |                                         ^^^
    hint: write `"0420"` for octal digits
    "#);
}

#[test]
fn packages_for_a_base_without_any_are_refused_with_the_line_that_asks_for_them() {
    let sandbox = Sandbox::new();
    sandbox.spec("contents:\n  packages: [curl, git]\n");
    let refused = sandbox.build_refused(2, &[]);
    for part in ["error[E_PKG_REPOSITORY]: ", " --> x.yaml:5:14\n", "`contents: {repositories: ["] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[test]
fn a_chart_customization_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "x.yaml",
        concat!(
            "name: x\ntargets: [{destination: demo/chart, tag_definition_id: haproxy/helm/1}]\n",
            "reference_mappings: [{from: dhi/haproxy, to: demo/haproxy}]\n",
        ),
    );
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_UNSUPPORTED]: chart customizations are not supported yet
     --> x.yaml:3:29
      |
    3 | reference_mappings: [{from: dhi/haproxy, to: demo/haproxy}]
      |                             ^^^^^^^^^^^
    ");
}

#[test]
fn a_customization_that_is_not_there_is_named() {
    insta::assert_snapshot!(Sandbox::new().build_refused(6, &[]), @"error[E_IO]: x.yaml: No such file or directory (os error 2)");
}

#[test]
fn machines_get_the_same_errors_as_a_document() {
    let sandbox = Sandbox::new();
    sandbox.spec("enviroment: {A: b}\n");
    let output = sandbox.fails(2, &mut sandbox.command(&["build", "x.yaml", "--json", "-o", "oci:out"]));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!(document, @r#"
    {
      "version": 1,
      "diagnostics": [
        {
          "severity": "error",
          "code": "E_SPEC_KEY",
          "message": "unknown key `enviroment`",
          "where": "x.yaml:4:1",
          "hint": "did you mean `environment`?"
        }
      ]
    }
    "#);
}
