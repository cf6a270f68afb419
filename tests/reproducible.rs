//! The same inputs give the same bytes, whatever machine, user and hour they are built on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::support::{Sandbox, Tar, root, succeed, tool, tree};

/// The digest of an index, and the layout that was written.
type Outcome = (String, BTreeMap<PathBuf, String>);

const DEMO: [&str; 5] = ["build", "demo.yaml", "--quiet", "-o", "oci:out"];

/// Builds the demo in a directory of its own, by a command that may have been changed.
fn demo(change: impl FnOnce(&mut Command)) -> Outcome {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&DEMO);
    change(&mut command);
    (succeed(&mut command), tree(&sandbox.path("out")))
}

/// Builds the demo by a program that runs the command it is given.
fn demo_under(program: &PathBuf, args: &[&str]) -> Outcome {
    let sandbox = Sandbox::new();
    let mut command = Command::new(program);
    command.args(args).arg(env!("CARGO_BIN_EXE_overcoat")).args(DEMO);
    (succeed(command.env_clear().current_dir(sandbox.path(""))), tree(&sandbox.path("out")))
}

#[test]
fn m05_any_number_of_jobs_gives_the_same_layout() {
    let expected = demo(|_| ());
    assert!(expected.0.starts_with("sha256:"));
    for jobs in ["1", "2", "8"] {
        assert_eq!(demo(|command| _ = command.args(["--jobs", jobs])), expected, "{jobs}");
    }
    assert_eq!(demo(|command| _ = command.env("OVERCOAT_JOBS", "3")), expected);
    assert_eq!(demo(|command| _ = command.args(["--two-passes", "--jobs", "2"])), expected);
}

#[test]
fn m05_a_layer_of_many_blocks_is_the_same_for_any_number_of_jobs() {
    // Lines that differ, so that what one block of a compressor knows of another shows.
    let lines: String = (0..600_000_u32).map(|n| format!("{:x}\n", n.wrapping_mul(2_654_435_761))).collect();
    for codec in ["ZSTD", "GZIP"] {
        let sandbox = Sandbox::new();
        sandbox.image("artifacts", "large", json!({}), vec![Tar::default().file("large", 0o644, &lines)]);
        sandbox.spec(&format!(
            "compression: {codec}\ncontents: {{artifacts: [{{name: oci:artifacts:large, includes: [large]}}]}}\n"
        ));
        let build = |jobs: &str| {
            sandbox.run(&["build", "x.yaml", "--quiet", "-o", &format!("oci:{jobs}"), "--jobs", jobs])
        };
        let one = build("1");
        let image = sandbox.layout("1").image("1_x", "linux/amd64");
        assert!(image.layers.last().is_some_and(|layer| layer.len() > 1 << 20));
        assert_eq!([build("2"), build("8")], [one.clone(), one], "{codec}");
    }
}

#[test]
fn m06_a_second_build_changes_nothing_and_one_elsewhere_gives_the_same_layout() {
    let sandbox = Sandbox::new();
    let digest = sandbox.run(&DEMO);
    let first = tree(&sandbox.path("out"));
    assert_eq!(sandbox.run(&DEMO), digest);
    assert_eq!(tree(&sandbox.path("out")), first);
    assert_eq!(sandbox.run(&["build", "demo.yaml", "--quiet", "-o", "oci:deep/in/another"]), digest);
    assert_eq!(tree(&sandbox.path("deep/in/another")), first);
}

#[test]
fn m06_archives_are_the_same_bytes_again_and_hold_the_same_index() {
    let sandbox = Sandbox::new();
    let archives = |n: usize| [format!("oci-archive:{n}.oci"), format!("docker-archive:{n}.docker")];
    let build = |output: &str, more: &[&str]| {
        sandbox.run(&[&["build", "demo.yaml", "--quiet", "-o", output], more].concat())
    };
    let [one, other] = [1, 2].map(|n| {
        let [oci, docker] = archives(n);
        build(&docker, &["--platform", "linux/amd64"]);
        build(&oci, &["--jobs", &n.to_string()])
    });
    assert_eq!(one, other);
    assert_eq!(one, sandbox.run(&DEMO));
    let archives = tree(&sandbox.path(""));
    let archive = |name: &str| &archives[&PathBuf::from(name)];
    assert_eq!(archive("1.oci"), archive("2.oci"));
    assert_eq!(archive("1.docker"), archive("2.docker"));
}

#[test]
fn m06_time_zone_language_home_and_working_directory_do_not_matter() {
    let expected = demo(|_| ());
    for (name, value) in [
        ("TZ", "Asia/Kathmandu"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "de_DE.ISO-8859-1"),
        ("HOME", "/nonexistent"),
        ("USER", "somebody"),
        ("TMPDIR", "/nonexistent"),
    ] {
        assert_eq!(demo(|command| _ = command.env(name, value)), expected, "{name}");
    }
    let sandbox = Sandbox::new();
    let (file, output) = (sandbox.path("demo.yaml"), format!("oci:{}", sandbox.path("out").display()));
    let mut command = sandbox.command(&["build", file.to_str().unwrap(), "--quiet", "-o", &output]);
    let digest = succeed(command.current_dir("/"));
    assert_eq!((digest, tree(&sandbox.path("out"))), expected);
}

#[test]
fn m06_the_umask_does_not_matter() {
    let Some(shell) = tool("sh") else { return };
    let expected = demo(|_| ());
    for umask in ["000", "022", "077"] {
        let script = format!("umask {umask} && exec \"$0\" \"$@\"");
        assert_eq!(demo_under(&shell, &["-c", &script]), expected, "{umask}");
    }
}

#[test]
fn m06_the_name_of_the_host_does_not_matter() {
    let (Some(unshare), true) = (tool("unshare"), root()) else { return };
    let script = "echo another-host >/proc/sys/kernel/hostname && exec \"$0\" \"$@\"";
    assert_eq!(demo_under(&unshare, &["--uts", "/bin/sh", "-c", script]), demo(|_| ()));
}

#[test]
fn m06_the_clock_does_not_matter() {
    let Some(faketime) = tool("faketime") else { return };
    let expected = demo(|_| ());
    for clock in ["-1y", "+1y", "1970-01-02 00:00:00"] {
        assert_eq!(demo_under(&faketime, &["-f", clock]), expected, "{clock}");
    }
}

#[test]
fn m06_the_time_that_is_set_from_outside_changes_the_image_and_gives_one_digest_again() {
    let at = |time: &'static str, zone: &'static str| {
        demo(|command| _ = command.env("SOURCE_DATE_EPOCH", time).env("TZ", zone))
    };
    let (early, late) = (at("1000000000", "UTC"), at("2000000000", "UTC"));
    assert_ne!(early.0, late.0);
    assert!(!early.1.is_empty() && demo(|_| ()).0 != early.0 && demo(|_| ()).0 != late.0);
    assert_eq!(at("1000000000", "Asia/Kathmandu"), early);
    assert_eq!(at("2000000000", "Asia/Kathmandu"), late);
    assert_eq!(at("", "UTC"), demo(|_| ()));
}
