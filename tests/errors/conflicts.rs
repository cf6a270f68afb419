//! Files that meet what they must not replace, and findings that are denied.

use serde_json::json;
use tar::EntryType;

use crate::support::{Sandbox, Tar};

/// A sandbox that takes everything of an artifact with this layer.
fn taking(layer: Tar) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.image("artifacts", "odd", json!({}), vec![layer]);
    sandbox.spec_taking("oci:artifacts:odd", "**");
    sandbox
}

#[test]
fn a_link_takes_the_place_of_a_directory_only_where_that_is_allowed() {
    let sandbox = taking(Tar::of(&["usr"]).symlink("usr/lib", "../lib"));
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_CONFLICT]: linux/amd64: artifact oci:artifacts:odd: symbolic link `usr/lib` would take the place of a directory that is not empty
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    hint: exclude `usr/lib`, or pass --allow replace if it is meant to go
    ");
    let image = sandbox.build(&["--allow", "replace"]).image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"
    d0755 0:0 usr/
    l0777 0:0 usr/lib -> ../lib
    ");
}

#[test]
fn a_file_takes_the_place_of_a_link_to_a_directory_only_where_that_is_allowed() {
    let sandbox = taking(Tar::default().file("lib", 0o644, "no directory"));
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_CONFLICT]: linux/amd64: artifact oci:artifacts:odd: file `lib` would take the place of a symbolic link to the directory `usr/lib`
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    hint: exclude `lib`, or pass --allow replace if it is meant to go
    ");
    let image = sandbox.build(&["--allow", "replace"]).image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"-0644 0:0 lib");
}

#[test]
fn two_paths_of_an_artifact_that_meet_in_one_place_have_to_be_the_same() {
    let sandbox = taking(Tar::of(&["lib", "usr", "usr/lib"]).file("lib/x", 0o644, "one").file(
        "usr/lib/x",
        0o644,
        "two",
    ));
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_CONFLICT]: linux/amd64: artifact oci:artifacts:odd: `lib/x` and `usr/lib/x` both belong at `usr/lib/x`, and differ
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    hint: exclude `lib/x` or `usr/lib/x`
    ");
}

#[test]
fn a_static_file_takes_no_place_of_a_directory() {
    let sandbox = Sandbox::new();
    sandbox.spec("paths:\n- path: /usr/bin\n  contents: text\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_CONFLICT]: linux/amd64: paths: file `usr/bin` would take the place of a directory that is not empty
     --> x.yaml:5:9
      |
    5 | - path: /usr/bin
      |         ^^^^^^^^
    hint: choose another path, or pass --allow replace if it is meant to go
    ");
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    let sandbox = Sandbox::new();
    sandbox.spec("paths:\n- path: /etc/passwords\n  type: delete\n");
    insta::assert_snapshot!(sandbox.build_refused(2, &[]), @"
    error[E_SPEC_PATH]: linux/amd64: paths: `etc/passwords` is to be deleted, but is not there
     --> x.yaml:5:9
      |
    5 | - path: /etc/passwords
      |         ^^^^^^^^^^^^^^
    hint: remove the entry, or limit it by `platforms` to those that have the path
    ");
}

#[test]
fn t15_devices_of_an_artifact_are_taken_only_where_that_is_allowed() {
    let sandbox = taking(Tar::of(&["dev"]).entry(EntryType::Fifo, "dev/pipe", 0o600, "", b""));
    insta::assert_snapshot!(sandbox.build_refused(3, &[]), @"
    error[E_TAR_TYPE]: linux/amd64: artifact oci:artifacts:odd: layer sha256:4faad411d85395d1f8f9e2abbe553bdbd3df00e5da4d28bbf6f8259cdfdad9f6: entry `dev/pipe` at byte 512: entry is a named pipe
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    hint: exclude it, or pass --allow devices
    ");
    let image = sandbox.build(&["--allow", "devices"]).image("1_x", "linux/amd64");
    assert!(image.list(1).contains("?0600 0:0 dev/pipe\n"), "{}", image.list(1));
}

#[test]
fn t16_privileged_files_are_reported_and_refused_where_they_are_denied() {
    let sandbox =
        taking(Tar::of(&["usr", "usr/bin"]).file("usr/bin/su", 0o4755, "").file("usr/bin/wall", 0o2755, ""));
    insta::assert_snapshot!(sandbox.build_refused(9, &["--deny", "setuid"]), @"
    error[E_DENIED]: linux/amd64: artifact oci:artifacts:odd: `usr/bin/su` has privileges by setuid
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    hint: leave it out, or build without --deny setuid
    ");
    let own = Sandbox::new();
    own.spec("paths:\n- path: /bin/own\n  contents: text\n  mode: \"4755\"\n");
    insta::assert_snapshot!(own.build_refused(9, &["--deny", "setuid"]), @"
    error[E_DENIED]: linux/amd64: paths: `usr/bin/own` has privileges by setuid
     --> x.yaml:5:9
      |
    5 | - path: /bin/own
      |         ^^^^^^^^
    hint: leave it out, or build without --deny setuid
    ");
    let printed = sandbox.run(&["build", "x.yaml", "-o", "oci:out"]);
    let said = "oci:artifacts:odd: brings with privileges usr/bin/su (setuid), usr/bin/wall (setgid)\n";
    assert!(printed.contains(said), "{printed}");
    let image = sandbox.layout("out").image("1_x", "linux/amd64");
    assert!(image.list(1).contains("-4755 0:0 usr/bin/su\n-2755 0:0 usr/bin/wall\n"));
}
