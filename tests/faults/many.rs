//! Many processes that write to one layout at a time.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::Sandbox;

const PROCESSES: usize = 32;

/// A sandbox and 32 processes that add an image each, of four that differ, to the layout `out`.
fn start() -> (Sandbox, Vec<Child>) {
    let sandbox = Sandbox::new();
    let targets = "targets: [{destination: demo/app, base: oci:base:1}]\nplatforms: [linux/amd64]";
    for number in 0..4 {
        sandbox.write(
            &format!("{number}.yaml"),
            &format!("name: x\n{targets}\npaths: [{{path: /etc/number, contents: \"{number}\"}}]\n"),
        );
    }
    let start = |number: usize| {
        let (spec, output) = (format!("{}.yaml", number % 4), format!("oci:out:{}", tag(number)));
        let mut command = sandbox.command(&["build", &spec, "--quiet", "-o", &output]);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let children = (0..PROCESSES).map(start).collect();
    (sandbox, children)
}

fn tag(number: usize) -> String {
    format!("tag-{number:02}")
}

#[test]
fn l01_thirty_two_processes_add_thirty_two_references() {
    let (sandbox, children) = start();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let layout = sandbox.layout("out");
    assert_eq!(layout.names(), (0..PROCESSES).map(tag).collect::<Vec<_>>());
    layout.assert_whole();
    let images: BTreeSet<String> =
        layout.names().iter().map(|tag| layout.named(tag)["digest"].to_string()).collect();
    assert_eq!(images.len(), 4);
}

#[test]
fn l01_processes_that_are_killed_take_nothing_from_the_others() {
    let (sandbox, children) = start();
    let mut expected = Vec::new();
    for (number, mut child) in children.into_iter().enumerate() {
        if number % 2 == 1 {
            thread::sleep(Duration::from_millis(20));
            child.kill().unwrap();
        }
        if child.wait().unwrap().success() {
            expected.push(tag(number));
        }
    }
    assert!(expected.len() >= PROCESSES / 2);
    sandbox.run(&["build", "0.yaml", "--quiet", "-o", "oci:out:tag-00"]);
    let layout = sandbox.layout("out");
    // One that was killed may just have added its own.
    let names = layout.names();
    assert!(expected.iter().all(|tag| names.contains(tag)), "{names:?}");
    for tag in names {
        layout.image(&tag, "linux/amd64").assert_whole();
    }
    let left = crate::support::tree(&sandbox.path(""));
    assert!(
        !left.keys().any(|path| path.iter().any(|name| name.as_encoded_bytes().starts_with(b".overcoat-")))
    );
}
