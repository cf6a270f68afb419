//! Several customizations in one call: they share what they read, make and send, and one that fails stops no other.

mod failures;
mod names;

use serde_json::Value;

use super::scene::{Scene, kinds};
use crate::support::registry::{Fault, Log, Method};

/// A scene with files that differ in a label, on one base and with the same of one artifact; each has a repository of its own.
fn files(count: usize) -> (Scene, Vec<String>) {
    let scene = Scene::new();
    std::fs::create_dir(scene.sandbox.path("many")).unwrap();
    let files: Vec<_> = (0..count).map(|number| format!("many/{number:02}.yaml")).collect();
    files.iter().enumerate().for_each(|(number, file)| write(&scene, file, number, ""));
    (scene, files)
}

fn write(scene: &Scene, file: &str, number: usize, more: &str) {
    let (artifact, target) = (
        scene.name("demo/artifacts:tools"),
        scene.target(&format!("demo/app{number}"), &scene.name("demo/base:1")),
    );
    scene.file(
        file,
        &format!(
            "name: n{number}\ntargets: [{target}]\nplatforms: [linux/amd64]\nlabels: {{number: n{number}}}\n\
             contents:\n  artifacts:\n  - {{name: \"{artifact}\", includes: [usr/bin/h*]}}\n{more}"
        ),
    );
}

/// The report of a call, which fits its schema, and what the registry was asked.
fn built(scene: &Scene, files: &[&str], args: &[&str]) -> (Value, Log) {
    let (report, log) = scene.report(&mut scene.push(files, &[&["--json"], args].concat()));
    assert_fits(&report);
    let (up, down) = log.blob_bytes();
    let traffic = &report["traffic"];
    assert_eq!(traffic["requests"], log.len(), "{}", kinds(&log));
    assert_eq!((&traffic["blobBytesOut"], &traffic["blobBytesIn"]), (&up.into(), &down.into()));
    (report, log)
}

fn assert_fits(report: &Value) {
    let validator = jsonschema::draft202012::new(&overcoat::ops::report::several::schema()).unwrap();
    let errors: Vec<_> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
}

/// A value of the report of each build.
fn of_each<'a>(report: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let builds = report["builds"].as_array().unwrap().iter();
    builds.map(|build| build["report"].pointer(pointer).unwrap_or_else(|| panic!("{build:#}"))).collect()
}

fn sum(values: &[&Value]) -> u64 {
    values.iter().map(|value| value.as_u64().unwrap()).sum()
}

#[test]
fn what_files_share_is_resolved_read_made_and_sent_once() {
    for args in [&[][..], &["--no-store"]] {
        let (scene, _) = files(6);
        let (report, log) = built(&scene, &["many"], args);
        assert_eq!((&report["succeeded"], &report["failed"]), (&6.into(), &0.into()));
        for (number, digest) in of_each(&report, "/targets/0/index/digest").into_iter().enumerate() {
            assert_eq!(*digest, scene.complete(&format!("demo/app{number}"), &format!("1_n{number}")));
            assert_eq!(report["builds"][number]["file"], format!("many/{number:02}.yaml"));
        }
        // Without a store each build takes what it needs of an artifact's layer itself.
        let parts = if args.is_empty() { &["/"][..] } else { &["/manifests/", "/v2/demo/base/blobs/"] };
        for part in parts {
            for entry in log.of(Method::Get, part).filter(|entry| !entry.target.contains("/demo/app")) {
                assert_eq!(log.count(Method::Get, &entry.target), 1, "{} is read once", entry.target);
            }
        }
        for input in ["demo/base", "demo/artifacts"] {
            assert_eq!(log.count(Method::Head, &format!("/v2/{input}/manifests/")), 1, "resolved once");
        }
        // The layer of the artifact is sent to one repository and mounted into the others.
        let layers = of_each(&report, "/targets/0/platforms/0/layers/1");
        let hex = layers[0]["digest"].as_str().unwrap().replace("sha256:", "");
        let mounts = log.of(Method::Post, "mount=").filter(|entry| entry.target.contains(&hex));
        assert_eq!(mounts.count(), 5);
        let configs = sum(&of_each(&report, "/targets/0/platforms/0/config/size"));
        assert_eq!(log.blob_bytes().0, configs + layers[0]["compressed"].as_u64().unwrap());
        let work = of_each(&report, "/work");
        let written: u64 = work.iter().map(|work| work["written"]["layers"].as_u64().unwrap()).sum();
        assert_eq!(written, if args.is_empty() { 1 } else { 6 });
    }
}

#[test]
fn files_and_their_directory_are_the_same_call() {
    let (one, names) = files(3);
    let (two, _) = files(3);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (by_name, _) = built(&one, &names, &[]);
    let (by_directory, _) = built(&two, &["many"], &[]);
    for number in 0..3 {
        let files = [&by_name, &by_directory].map(|report| report["builds"][number]["file"].clone());
        assert_eq!(files[0], files[1]);
        one.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
        two.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
    }
}

/// The requests that each of several customizations costs, without those that resolve what all of them need.
fn each(log: &Log, count: usize) -> usize {
    let shared = log.iter().filter(|entry| !entry.target.starts_with("/v2/demo/app")).count();
    println!("{}{} in all, {shared} of them for all", kinds(log), log.len());
    (log.len() - shared).div_ceil(count)
}

#[test]
fn fifty_small_customizations_in_one_repository_cost_eight_requests_each_at_most() {
    let (scene, files) = files(50);
    let write_all = |more: &str| {
        for (number, file) in files.iter().enumerate() {
            write(&scene, file, number, more);
            let text = std::fs::read_to_string(scene.sandbox.path(file)).unwrap();
            scene.sandbox.write(file, &text.replace(&format!("demo/app{number},"), "demo/app,"));
        }
    };
    write_all("");
    let (_, first) = built(&scene, &["many"], &[]);
    assert_eq!((first.len() - 50 * 7, each(&first, 50)), (13, 8));
    write_all("environment: {A: b}\n");
    let (_, second) = built(&scene, &["many"], &[]);
    assert_eq!((second.len() - 50 * 7, each(&second, 50)), (4, 8));
    assert!((0..50).all(|number| scene.registry.complete("demo/app", &format!("1_n{number}"))));
}

#[test]
fn a_repository_of_its_own_costs_a_mount_more_for_each_layer() {
    let (scene, _) = files(20);
    let (_, first) = built(&scene, &["many"], &[]);
    assert_eq!(each(&first, 20), 7 + 2);
}

#[test]
fn one_at_a_time_is_one_after_the_other() {
    let (scene, _) = files(5);
    let (_, log) = built(&scene, &["many"], &["--at-a-time", "1"]);
    let repos = log.iter().filter_map(|entry| entry.target.strip_prefix("/v2/demo/app"));
    let mut repos: Vec<_> = repos.map(|rest| rest[..1].to_owned()).collect();
    repos.dedup();
    assert_eq!(repos, ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_second_call_costs_a_request_for_each_input_and_each_tag() {
    let (scene, _) = files(7);
    built(&scene, &["many"], &[]);
    let (report, log) = built(&scene, &["many"], &[]);
    assert_eq!((log.len(), log.blob_bytes()), (2 + 7, (0, 0)), "{}", kinds(&log));
    assert_eq!(report["builds"][3]["report"]["targets"][0]["pushed"]["tags"][0]["outcome"], "unchanged");
}

#[test]
fn people_read_a_line_for_each_name_and_a_summary() {
    let (scene, _) = files(2);
    let output = scene.push(&["many"], &[]).output().unwrap();
    let (printed, told) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for number in 0..2 {
        let digest = scene.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
        let line = format!("{}:1_n{number}  {digest}\n", scene.name(&format!("demo/app{number}")));
        assert!(told.contains(&line), "{told}");
    }
    assert!(printed.starts_with("2 built, 0 failed\n"), "{printed}");
    assert!(printed.contains(" requests, "), "{printed}");
    let quiet = scene.push(&["many"], &["--quiet"]).output().unwrap();
    assert_eq!((quiet.stdout.len(), &*quiet.stderr), (2 * 72, &b""[..]));
}

#[test]
fn a_fault_of_one_repository_does_not_slow_the_others_down_to_its_own_end() {
    let (scene, _) = files(4);
    scene.registry.fault(Fault::any("/v2/demo/app2/").status(503));
    let output = scene.push(&["many"], &["--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_fits(&report);
    assert_eq!((&report["succeeded"], &report["failed"]), (&3.into(), &1.into()));
    for number in [0, 1, 3] {
        scene.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
    }
    assert!(scene.registry.tags("demo/app2").is_empty());
}
