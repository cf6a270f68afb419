//! Command lines that cannot be understood or carried out.

use crate::support::Sandbox;

fn refused(args: &[&str]) -> String {
    Sandbox::new().refused(2, &[&["build", "demo.yaml"], args].concat())
}

#[test]
fn a_build_needs_an_output() {
    insta::assert_snapshot!(refused(&[]), @"
    error[E_USAGE]: no output is asked for
    hint: pass --push, --load, -o oci:DIR, -o oci-archive:FILE or -o docker-archive:FILE
    ");
}

#[test]
fn an_unknown_flag_is_named_with_the_nearest() {
    insta::assert_snapshot!(refused(&["--outputs", "oci:out"]), @"
    error: unexpected argument '--outputs' found

      tip: a similar argument exists: '--output'

    Usage: overcoat build --output <OUTPUT> <FILE>...

    For more information, try '--help'.
    ");
}

#[test]
fn an_output_that_is_none_is_refused() {
    insta::assert_snapshot!(refused(&["-o", "acme/app:1"]), @"
    error: invalid value 'acme/app:1' for '--output <OUTPUT>': `acme/app:1` is no output: expected oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused(&["-o", "oci:"]), @"
    error: invalid value 'oci:' for '--output <OUTPUT>': `oci:` is no image reference: the directory is missing

    For more information, try '--help'.
    ");
}

#[test]
fn a_platform_that_is_none_is_refused() {
    insta::assert_snapshot!(refused(&["-o", "oci:out", "--platform", "linux"]), @"
    error: invalid value 'linux' for '--platform <OS/ARCH>': `linux` is no platform: expected operating system and architecture, such as `linux/amd64`

    For more information, try '--help'.
    ");
}

#[test]
fn a_map_that_is_none_is_refused() {
    insta::assert_snapshot!(refused(&["-o", "oci:out", "--registry-map", "docker.io"]), @"error[E_USAGE]: `docker.io` is no mapping: expected FROM=TO, such as `docker.io/acme=oci:./images`");
}

#[test]
fn a_time_that_is_none_is_refused() {
    for time in ["yesterday", "-1", "1.5", "99999999999999", "0x10"] {
        let sandbox = Sandbox::new();
        let mut command = sandbox.command(&["build", "demo.yaml", "-o", "oci:out"]);
        let output = sandbox.fails(2, command.env("SOURCE_DATE_EPOCH", time));
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.starts_with(&format!("error[E_USAGE]: SOURCE_DATE_EPOCH is `{time}`")), "{words}");
    }
}
