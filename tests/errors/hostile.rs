//! Artifacts that nobody sound has made.

use serde_json::json;
use tar::EntryType;

use crate::support::{Sandbox, Tar};

/// What a build complains of that takes everything of an artifact with these layers.
fn refused(layers: Vec<Tar>) -> String {
    let sandbox = Sandbox::new();
    sandbox.image("artifacts", "odd", json!({}), layers);
    sandbox.spec_taking("oci:artifacts:odd", "**");
    sandbox.build_refused(3, &["--platform", "linux/amd64"])
}

#[test]
fn t01_a_path_that_leaves_the_image_is_refused_with_layer_and_entry() {
    insta::assert_snapshot!(refused(vec![Tar::default().file("../x", 0o644, "")]), @"
    error[E_TAR_PATH]: linux/amd64: artifact oci:artifacts:odd: layer sha256:cc419bee421111480a8a2cb76eed31bcdab7a9f7014ecd43ab774a7dd67b5314: entry `../x` at byte 0: path `../x` leaves the image through `..`
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(refused(vec![Tar::default().file("a/../../x", 0o644, "")]), @"
    error[E_TAR_PATH]: linux/amd64: artifact oci:artifacts:odd: layer sha256:54234c2a98be9fea52d181f84e714a125e0b645359ad82c3c67fe5a6f7aeea49: entry `a/../../x` at byte 0: path `a/../../x` leaves the image through `..`
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn t03_a_root_that_is_no_directory_is_refused() {
    insta::assert_snapshot!(refused(vec![Tar::default().symlink("./", "/etc")]), @"
    error[E_TAR_ROOT]: linux/amd64: artifact oci:artifacts:odd: layer sha256:8254c42dcf204b15c0775e9db30ddad374201a404b63d862a2950fbd89d734e7: entry `./` at byte 0: root is no directory
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn t05_a_layer_that_writes_below_its_own_link_is_refused() {
    insta::assert_snapshot!(refused(vec![Tar::default().symlink("a", "/etc").file("a/passwd", 0o644, "")]), @"
    error[E_TAR_THROUGH_SYMLINK]: linux/amd64: artifact oci:artifacts:odd: layer sha256:f1bab36eb757d10723d0d2d72574358c4100d4165c5d6331aa140807a6620309: entry `a/passwd` at byte 512: entry lies below the symbolic link `a` of the same layer
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn t08_a_hard_link_to_nothing_is_refused() {
    insta::assert_snapshot!(refused(vec![Tar::default().entry(EntryType::Link, "a", 0o644, "b", b"")]), @"
    error[E_TAR_LINK_TARGET]: linux/amd64: artifact oci:artifacts:odd: layer sha256:1946f6ffb5c7a51eefedbf4f01d34afcbe9beb4e73d10c8e55504c0455ebf11d: entry `a` at byte 0: hard link to `b`, which is no earlier entry of the layer
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn t10_a_path_that_stands_twice_is_refused() {
    insta::assert_snapshot!(refused(vec![Tar::default().file("a", 0o644, "1").file("./a", 0o644, "2")]), @"
    error[E_TAR_DUPLICATE]: linux/amd64: artifact oci:artifacts:odd: layer sha256:a9fb5e1bec9f1b10796bf7939a772f7c317a5d8143835942384a1e797fc5d653: entry `./a` at byte 1024: path stands in the layer more than once
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn t12_a_whiteout_of_nothing_is_refused() {
    insta::assert_snapshot!(refused(vec![Tar::default().file("a/.wh...", 0o644, "")]), @"
    error[E_TAR_WHITEOUT]: linux/amd64: artifact oci:artifacts:odd: layer sha256:1666a190b5a61cd98efe69c7c6ba139f8ad8753f5d12dd25d5593a47b72ebfd3: entry `a/.wh...` at byte 0: whiteout cannot be used
     --> x.yaml:6:11
      |
    6 |   - name: oci:artifacts:odd
      |           ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn an_escape_sequence_in_a_path_moves_no_cursor() {
    let words = refused(vec![Tar::default().file("../\u{1b}[2Jx", 0o644, "")]);
    assert!(words.chars().all(|c| c == '\n' || !c.is_control()), "{words:?}");
}
