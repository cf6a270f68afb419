//! Places that cannot be written to, or do not hold what is built.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::{Sandbox, root, succeed, tool};

#[test]
fn l05_an_output_that_is_a_file_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("out", "text");
    insta::assert_snapshot!(sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out"]), @"error[E_OUTPUT]: output `out` is no directory");
    insta::assert_snapshot!(sandbox.refused(6, &["build", "demo.yaml", "-o", "oci:out/below"]), @"error[E_IO]: out/below: Not a directory (os error 20)");
}

#[test]
fn l05_a_directory_that_holds_something_else_is_refused() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("out")).unwrap();
    sandbox.write("out/mine", "text");
    insta::assert_snapshot!(sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out"]), @"
    error[E_OUTPUT]: output `out` is neither empty nor an OCI image layout: it has `mine` but no `oci-layout`
    hint: name a directory that does not exist yet
    ");
    insta::assert_snapshot!(sandbox.refused(2, &["build", "demo.yaml", "-o", "oci-archive:out"]), @"error[E_OUTPUT]: output `out` is no regular file");
}

#[test]
fn l05_a_link_is_not_followed() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("real")).unwrap();
    symlink("real", sandbox.path("out")).unwrap();
    insta::assert_snapshot!(sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out"]), @"error[E_OUTPUT]: output `out` is a symbolic link, which is not followed");
    symlink("nothing", sandbox.path("x.tar")).unwrap();
    insta::assert_snapshot!(sandbox.refused(2, &["build", "demo.yaml", "-o", "oci-archive:x.tar"]), @"error[E_OUTPUT]: output `x.tar` is a symbolic link, which is not followed");
}

#[test]
fn a_docker_archive_of_two_platforms_is_refused() {
    let args = ["build", "demo.yaml", "-o", "docker-archive:x.tar"];
    insta::assert_snapshot!(Sandbox::new().refused(2, &args), @"
    error[E_OUTPUT]: `docker-archive:x.tar` holds one platform, and this customization makes 2
    hint: choose one with --platform
    ");
}

#[test]
fn an_archive_or_a_tag_for_two_targets_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.spec(concat!(
        "targets:\n- {destination: demo/one, base: oci:base:1}\n",
        "- {destination: demo/two, base: oci:base:1}\n",
    ));
    insta::assert_snapshot!(sandbox.refused(2, &["build", "x.yaml", "-o", "oci-archive:x.tar"]), @"
    error[E_OUTPUT]: `oci-archive:x.tar` holds one target, and this customization makes 2
    hint: write to oci:DIR, where every image has a name of its own
    ");
    insta::assert_snapshot!(sandbox.refused(2, &["build", "x.yaml", "-o", "oci:out:tag"]), @"
    error[E_OUTPUT]: `oci:out:tag` holds one target, and this customization makes 2
    hint: write to oci:DIR, where every image has a name of its own
    ");
}

#[test]
fn two_outputs_in_one_place_are_refused() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(
        sandbox.refused(2, &["build", "demo.yaml", "-o", "oci-archive:x.tar", "-o", "oci-archive:./x.tar"]), @"error[E_OUTPUT]: outputs `oci-archive:x.tar` and `oci-archive:./x.tar` are the same place");
}

#[test]
fn an_output_in_a_directory_that_cannot_be_made_is_refused() {
    let args = ["build", "demo.yaml", "-o", "oci-archive:not/there/x.tar"];
    insta::assert_snapshot!(Sandbox::new().refused(6, &args), @"error[E_IO]: not/there: No such file or directory (os error 2)");
}

/// Builds the demo to an output on a file system that is mounted on `small` with these options; gives the exit code and
/// what is said, and holds that a failure leaves nothing there.
fn build_on(options: &str, output: &str) -> Option<(i32, String)> {
    let (Some(unshare), true) = (tool("unshare"), root()) else { return None };
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("small")).unwrap();
    // The mount ends with its namespace, so what is left on it is looked at from within.
    let script =
        "mount -t tmpfs -o $0 none small && \"$@\"; code=$?; find small -mindepth 1 >left; exit $code";
    let mut command = Command::new(unshare);
    command.args(["--mount", "/bin/sh", "-c", script, options, env!("CARGO_BIN_EXE_overcoat")]);
    command
        .args(["build", "demo.yaml", "-o", output])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let run = command.current_dir(sandbox.path("")).output().unwrap();
    let (code, words) = (run.status.code().unwrap(), String::from_utf8(run.stderr).unwrap());
    let left = fs::read_to_string(sandbox.path("left")).unwrap();
    assert_eq!(left.is_empty(), code != 0, "{left}{words}");
    Some((code, words))
}

#[test]
fn l03_a_disk_that_gets_full_at_any_point_is_said_and_nothing_stays() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci-archive:x.tar"]);
    let archive = fs::metadata(sandbox.path("x.tar")).unwrap().len();
    for output in ["oci:small/out", "oci:small", "oci-archive:small/x.tar"] {
        let mut full = 0;
        for pages in (2..).step_by(3) {
            let Some((code, words)) = build_on(&format!("size={}k", pages * 4), output) else { return };
            if code == 0 {
                break;
            }
            assert_eq!(code, 6, "{words}");
            assert!(words.starts_with("error[E_IO_NOSPACE]: "), "{words}");
            assert!(words.ends_with("hint: make room on the output's file system\n"), "{words}");
            let of_the_archive = words.starts_with("error[E_IO_NOSPACE]: small/x.tar: ");
            assert!(
                !of_the_archive || words.contains(&format!("; the file needs {archive} bytes\n")),
                "{words}"
            );
            full += 1;
        }
        assert!(full > 5, "{output} was full {full} times");
    }
}

#[test]
fn l05_a_file_system_that_cannot_be_written_is_said() {
    let Some((code, words)) = build_on("ro", "oci:small/out") else { return };
    assert_eq!(code, 6);
    insta::assert_snapshot!(words, @"error[E_IO]: small: Read-only file system (os error 30)");
    for output in ["oci:small", "oci-archive:small/x.tar"] {
        let Some((code, words)) = build_on("ro", output) else { return };
        assert_eq!(code, 6, "{words}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(words, @"error[E_IO]: small: Read-only file system (os error 30)");
        }
    }
}

#[test]
fn l03_a_limit_on_the_size_of_files_is_an_error_like_any() {
    let Some(shell) = tool("bash") else { return };
    let sandbox = Sandbox::new();
    let before = crate::support::tree(&sandbox.path(""));
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" build demo.yaml -o oci:out";
    let mut command = Command::new(shell);
    command.args(["-c", script, env!("CARGO_BIN_EXE_overcoat")]).env_clear().current_dir(sandbox.path(""));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"
    error[E_IO_NOSPACE]: out/blobs/sha256/18f6bedf823e386c52347acb1dadfe99c042e691fa98eaa656aa05283aaabdb0: File too large (os error 27); the file needs 22551 bytes
    hint: make room on the output's file system
    ");
    assert_eq!(crate::support::tree(&sandbox.path("")), before);
    succeed(&mut sandbox.command(&["build", "demo.yaml", "-o", "oci:out"]));
}
