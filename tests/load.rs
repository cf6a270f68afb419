//! `build --load`: the image of this machine's platform in a container engine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Sandbox, Tar, succeed, tool, tree};

/// An engine of this name: it keeps what it is asked to do, and of an archive the list and a copy.
const ENGINE: &str = r#"#!/bin/sh
echo "${0##*/} $*" >> "$TEST_DIR/asked"
case "$1" in
    version) ANSWER ;;
    load) LOAD ;;
esac
"#;
const TAKES: &str =
    r#"cp "$3" "$TEST_DIR/loaded.tar"; tar -xOf "$3" manifest.json > "$TEST_DIR/manifest.json""#;

/// The architecture of this machine as images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

struct Machine {
    sandbox: Sandbox,
    test: PathBuf,
}

impl Machine {
    /// One without engines, whose temporary files and notes lie in directories of their own.
    fn new() -> Self {
        let sandbox = Sandbox::new();
        for dir in ["bin", "tmp", "test"] {
            fs::create_dir(sandbox.path(dir)).unwrap();
        }
        let test = sandbox.path("test");
        Self { sandbox, test }
    }

    /// Installs an engine that answers and loads by these scripts.
    fn with(self, name: &str, answer: &str, load: &str) -> Self {
        let script = ENGINE.replace("ANSWER", answer).replace("LOAD", load);
        let program = self.sandbox.path("bin").join(name);
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command(&[&["build", "demo.yaml", "--load"], args].concat());
        // Only the engines that the test installs are found: theirs is the first place.
        let path = format!("{}:/usr/bin:/bin", self.sandbox.path("bin").display());
        command.env("PATH", path).env("TEST_DIR", &self.test).env("TMPDIR", self.sandbox.path("tmp"));
        command
    }

    /// What the engines were asked, with the archive's directory left out.
    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.test.join("asked")).unwrap_or_default();
        let shown = |line: &str| match line.rsplit_once(' ') {
            Some((question, file)) if file.ends_with("/load.tar") => format!("{question} load.tar"),
            _ => line.to_owned(),
        };
        asked.lines().map(shown).collect()
    }

    /// What is said of a failure that exits with `code`; nothing is left behind but what the engines noted.
    fn refused(&self, code: i32, args: &[&str]) -> String {
        let before = self.left();
        let output = self.command(args).output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words}");
        assert_eq!(self.left(), before);
        words
    }

    fn left(&self) -> Vec<PathBuf> {
        tree(&self.sandbox.path("")).into_keys().filter(|path| !path.starts_with("test")).collect()
    }
}

const DOCKER_QUESTION: &str = "docker version --format {{.Server.Version}}";

#[test]
fn docker_gets_the_image_of_this_machine_under_its_full_names() {
    let machine = Machine::new().with("docker", "echo 27.0", TAKES).with("podman", "true", TAKES);
    let report: Value = serde_json::from_str(&succeed(&mut machine.command(&["--json"]))).unwrap();
    assert_eq!(machine.asked(), [DOCKER_QUESTION, "docker load -i load.tar"]);
    let platform = format!("linux/{}", architecture());
    let name = "docker.io/demo/app:1_demo-with-tools";
    assert_eq!(
        report["loaded"],
        serde_json::json!({"engine": "docker", "platform": platform, "names": [name]})
    );
    let list: Value = serde_json::from_slice(&fs::read(machine.test.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(list[0]["RepoTags"], serde_json::json!([name]));
    // What the engine got is the image that an archive has.
    let out = machine.sandbox.path("test/whole.tar");
    let output = format!("docker-archive:{}", out.display());
    machine.sandbox.run(&["build", "demo.yaml", "--platform", &platform, "-o", &output]);
    assert!(fs::read(out).unwrap() == fs::read(machine.test.join("loaded.tar")).unwrap());
    assert_eq!(tree(&machine.sandbox.path("tmp")), Default::default(), "the archive is gone");
}

#[test]
fn podman_gets_the_image_where_no_docker_answers_or_where_it_is_chosen() {
    let machine = Machine::new()
        .with("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1", "exit 9")
        .with("podman", "echo 4.3.1", TAKES);
    let printed = succeed(&mut machine.command(&["-o", "oci:out"]));
    assert_eq!(machine.asked(), [DOCKER_QUESTION, "podman version", "podman load -i load.tar"]);
    let line = format!(
        "written to oci:out\nloaded into podman for linux/{}: docker.io/demo/app:1_demo-with-tools\n",
        architecture()
    );
    assert!(printed.contains(&line), "{printed}");
    assert_eq!(machine.sandbox.layout("out").names(), ["1_demo-with-tools"]);
    fs::remove_file(machine.test.join("asked")).unwrap();
    succeed(&mut machine.command(&["--engine", "podman"]));
    assert_eq!(machine.asked(), ["podman version", "podman load -i load.tar"]);
}

#[test]
fn every_target_is_loaded() {
    let machine =
        Machine::new().with("docker", "true", "tar -xOf \"$3\" manifest.json >> \"$TEST_DIR/lists\"");
    let spec = fs::read_to_string(machine.sandbox.path("demo.yaml")).unwrap();
    let more = "targets:\n  - {destination: demo/other, base: oci:base:1, tags: ['2', '3']}\n";
    machine.sandbox.write("demo.yaml", &spec.replace("targets:\n", more));
    let report: Value = serde_json::from_str(&succeed(&mut machine.command(&["--json"]))).unwrap();
    let names: Vec<&str> =
        report["loaded"]["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(names.len(), 3);
    let lists = fs::read_to_string(machine.test.join("lists")).unwrap();
    assert!(names.iter().all(|name| lists.contains(&format!("\"{name}\""))), "{lists}");
}

#[test]
fn where_no_engine_answers_each_is_named_with_the_reason_and_nothing_is_built() {
    let machine = Machine::new()
        .with("docker", "printf 'Cannot \\033[2Jconnect\\nis it running?' >&2; exit 1", "exit 9")
        .with("podman", "exit 125", "exit 9");
    insta::assert_snapshot!(machine.refused(4, &["-o", "oci:out"]), @r"
    error[E_ENGINE]: no container engine answers: docker failed with exit status: 1: Cannot \u{1b}[2Jconnect\nis it running?; podman failed with exit status: 125
    hint: start one, or pass -o docker-archive:FILE and load that where one runs
    ");
    let machine = Machine::new();
    let mut command = machine.command(&["--engine", "docker"]);
    let output = command.env("PATH", machine.sandbox.path("bin")).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    error[E_ENGINE]: no container engine answers: docker is not installed
    hint: start one, or pass -o docker-archive:FILE and load that where one runs
    ");
}

#[test]
fn an_engine_that_does_not_answer_in_time_is_passed_over() {
    let machine = Machine::new().with("docker", "sleep 600", "exit 9").with("podman", "true", TAKES);
    let begun = Instant::now();
    succeed(&mut machine.command(&[]));
    assert!(begun.elapsed() >= Duration::from_secs(5), "it was waited for");
    assert!(begun.elapsed() < Duration::from_secs(300), "it was waited for too long");
    assert_eq!(machine.asked().last().map(String::as_str), Some("podman load -i load.tar"));
}

#[test]
fn an_engine_that_refuses_the_image_is_quoted_in_short() {
    let words =
        "i=0; while [ $i -lt 999 ]; do echo noise $i; i=$((i+1)); done >&2; echo 'no space left' >&2; exit 1";
    let machine = Machine::new().with("docker", "true", words);
    let said = machine.refused(4, &[]);
    let head = "error[E_ENGINE]: docker load: failed with exit status: 1: ";
    assert!(said.starts_with(head) && said.ends_with("\\nno space left\n"), "{said}");
    assert!(said.len() < head.len() + 512 + 100, "{said}");
}

#[test]
fn a_platform_that_is_not_built_is_named_with_those_that_are() {
    let machine = Machine::new().with("docker", "true", "exit 9");
    let other = if architecture() == "amd64" { "linux/arm64" } else { "linux/amd64" };
    let said = machine.refused(2, &["--platform", other]);
    let expected = format!(
        "error[E_PLATFORM_ABSENT]: no image for linux/{}, the platform of this machine; there is {other}\n",
        architecture()
    );
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(machine.asked(), [""; 0]);
}

#[test]
fn an_engine_is_chosen_only_for_loading() {
    let said = Sandbox::new().refused(2, &["build", "demo.yaml", "-o", "oci:out", "--engine", "docker"]);
    assert!(said.contains("--load"), "{said}");
}

#[test]
fn a_signal_ends_the_engine_and_leaves_nothing_behind() {
    let machine = Machine::new().with("docker", "true", "sleep 600");
    let before = machine.left();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let child = machine.command(&[]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while machine.asked().last().is_none_or(|asked| !asked.starts_with("docker load")) {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing is loaded");
            thread::sleep(Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        // The pipes are the engine's too: they close when it has ended, with what it started.
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert!(begun.elapsed() < Duration::from_secs(300), "the engine was waited for");
        assert_eq!(machine.left(), before);
        fs::remove_file(machine.test.join("asked")).unwrap();
    }
}

#[test]
fn podman_itself_takes_the_image() {
    let Some(podman) = tool("podman") else { return };
    let sandbox = Sandbox::new();
    let (storage, run) = (sandbox.path("storage"), sandbox.path("run"));
    let config = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
        storage.display(),
        run.display()
    );
    sandbox.write("storage.conf", &config);
    let in_its_own = |command: &mut Command| {
        command.env("CONTAINERS_STORAGE_CONF", sandbox.path("storage.conf")).env("HOME", sandbox.path(""));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TMPDIR", sandbox.path(""));
        succeed(command)
    };
    // Where it may not even keep an image it has made itself, nothing is to be learned.
    fs::write(sandbox.path("one.tar"), Tar::of(&["etc"]).finish()).unwrap();
    let mut check = Command::new(&podman);
    check.arg("import").arg(sandbox.path("one.tar")).env("HOME", sandbox.path(""));
    check.env("CONTAINERS_STORAGE_CONF", sandbox.path("storage.conf")).env("TMPDIR", sandbox.path(""));
    if !check.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: podman cannot keep images here");
        return;
    }
    let args = ["build", "demo.yaml", "--load", "--engine", "podman", "--json"];
    let report: Value = serde_json::from_str(&in_its_own(&mut sandbox.command(&args))).unwrap();
    let name = report["loaded"]["names"][0].as_str().unwrap();
    let inspected = in_its_own(Command::new(&podman).args(["image", "inspect", name]));
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    let built = report["targets"][0]["platforms"].as_array().unwrap().iter();
    let built = built.into_iter().find(|one| one["platform"] == report["loaded"]["platform"]).unwrap();
    // An engine calls an image by the digest of its config.
    let config = built["config"]["digest"].as_str().unwrap();
    assert_eq!(inspected[0]["Id"], config.strip_prefix("sha256:").unwrap());
    let diff_ids: Vec<&Value> =
        built["layers"].as_array().unwrap().iter().map(|one| &one["diffId"]).collect();
    assert_eq!(inspected[0]["RootFS"]["Layers"], serde_json::json!(diff_ids));
    assert_eq!(inspected[0]["Config"]["User"], "app");
}
