//! Builds that are asked to end before they have ended.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Sandbox, Tar, tree};

/// A sandbox whose build reads long enough to be interrupted.
fn long() -> Sandbox {
    let sandbox = Sandbox::new();
    let lines: String =
        (0..6_000_000_u32).map(|n| format!("{:x}\n", n.wrapping_mul(2_654_435_761))).collect();
    sandbox.image("artifacts", "long", json!({}), vec![Tar::default().file("long", 0o644, &lines)]);
    sandbox.spec("contents: {artifacts: [{name: oci:artifacts:long, includes: [long]}]}\n");
    sandbox
}

#[test]
fn a_build_ends_at_a_signal_and_leaves_nothing_behind() {
    let sandbox = long();
    let before = tree(&sandbox.path(""));
    for (signal, code, expected) in [
        (Signal::INT, 130, "error[E_INTERRUPTED]: stopped by SIGINT\n"),
        (Signal::TERM, 143, "error[E_TERMINATED]: stopped by SIGTERM\n"),
    ] {
        let mut command = sandbox.command(&["build", "x.yaml", "-o", "oci:out", "--jobs", "1"]);
        let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        wait_for(|| tree(&sandbox.path("")).len() > before.len());
        kill_process(Pid::from_child(&child), signal).unwrap();
        let asked = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
        assert_eq!(output.status.code(), Some(code));
        assert!(asked.elapsed() < Duration::from_secs(10), "it hangs");
        assert_eq!(tree(&sandbox.path("")), before);
    }
    assert_eq!(sandbox.build(&[]).names(), ["1_x"]);
}

#[test]
fn a_build_that_waits_for_its_layout_ends_at_a_signal() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci:out:old"]);
    let lock = File::open(sandbox.path("out/.lock")).unwrap();
    lock.lock().unwrap();
    let before = tree(&sandbox.path(""));
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut command = sandbox.command(&["build", "hello.yaml", "-o", "oci:out:new"]);
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        // It opens the lock once all layers are made.
        let open = format!("/proc/{}/fd", child.id());
        let is_lock = |fd: io::Result<DirEntry>| fd.is_ok_and(|fd| links_to(&fd.path(), "out/.lock"));
        wait_for(|| fs::read_dir(&open).is_ok_and(|mut fds| fds.any(is_lock)));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(tree(&sandbox.path("")), before);
    }
    drop(lock);
    sandbox.run(&["build", "hello.yaml", "-o", "oci:out:new"]);
    assert_eq!(sandbox.layout("out").names(), ["new", "old"]);
}

fn links_to(link: &Path, file: &str) -> bool {
    fs::read_link(link).is_ok_and(|target| target.ends_with(file))
}

/// Waits until a build has begun to write.
fn wait_for(mut begun: impl FnMut() -> bool) {
    let start = Instant::now();
    while !begun() {
        assert!(start.elapsed() < Duration::from_secs(30), "the build writes nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
}
