//! Registries that fail, and connections that break off or stand still.

use super::Demo;
use crate::support::registry::{Fault, Method};

/// What every build asks: a tag, an index, a manifest, a config and a layer.
fn requests(demo: &Demo) -> Vec<(Method, String)> {
    let [index, manifest, _] = demo.base_digests();
    let image = demo.sandbox.layout("base").image("1", "linux/amd64");
    let config = image.manifest["config"]["digest"].as_str().unwrap().to_owned();
    let (layer, _) = demo.base_layer();
    let get = |digest| (Method::Get, digest);
    vec![
        (Method::Head, "/demo/base/manifests/1".to_owned()),
        get(index),
        get(manifest),
        get(config),
        get(layer),
    ]
}

#[test]
fn r14_a_registry_that_fails_once_is_asked_again() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for (method, part) in requests(&demo) {
        for status in [500, 502, 503, 504] {
            demo.registry.clear_faults();
            demo.registry.fault(Fault::on(method, &part).first(1).status(status));
            assert_eq!(demo.built(&[]), expected, "{method} {part} {status}");
        }
    }
}

#[test]
fn r14_a_registry_that_fails_always_is_asked_five_times() {
    for number in 0..5 {
        let demo = Demo::start();
        let (method, part) = requests(&demo).swap_remove(number);
        demo.registry.fault(Fault::on(method, &part).status(503));
        let words = demo.refused(4, &["--platform", "linux/amd64"]);
        assert!(words.starts_with("error[E_REMOTE]: ") && words.contains("status 503"), "{part}: {words}");
        assert_eq!(demo.count(method, &part), 5, "{method} {part}");
    }
}

#[test]
fn r14_a_status_that_another_try_does_not_change_is_not_tried_again() {
    for (status, code) in [(403, "E_AUTH"), (400, "E_REMOTE"), (451, "E_REMOTE")] {
        let demo = Demo::start();
        demo.registry.fault(Fault::on(Method::Head, "/demo/base/").status(status));
        let words = demo.refused(4, &[]);
        assert!(
            words.starts_with(&format!("error[{code}]: ")) && words.contains(&format!("status {status}")),
            "{words}"
        );
        assert_eq!(demo.count(Method::Head, "/demo/base/"), 1);
    }
}

#[test]
fn r14_a_connection_that_is_reset_is_made_again() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for (method, part) in requests(&demo).split_off(1) {
        let length = demo.bytes(&part).len();
        for at in [0, 1, length / 2, length - 1] {
            for fault in [
                Fault::on(method, &part).first(1).reset_at(at),
                Fault::on(method, &part).first(1).close_at(at),
            ] {
                demo.registry.clear_faults();
                demo.registry.fault(fault);
                assert_eq!(demo.built(&[]), expected, "{method} {part} {at}");
            }
        }
    }
}

#[test]
fn r14_a_layer_goes_on_where_it_broke_off() {
    let demo = Demo::start();
    let (digest, bytes) = demo.base_layer();
    // Each breaks off 1,000 bytes behind the last.
    for n in 1..=4 {
        demo.registry.fault(Fault::on(Method::Get, &digest).nth(n).reset_at(1_000));
    }
    demo.build(&["--platform", "linux/amd64", "--store", "store"]);
    let log = demo.registry.log();
    let asked: Vec<_> =
        log.of(Method::Get, &digest).map(|entry| entry.headers.get("range").map(str::to_owned)).collect();
    let ranges = [1_000, 2_000, 3_000, 4_000].map(|first| Some(format!("bytes={first}-")));
    assert_eq!(asked[0], None);
    assert_eq!(asked[1..], ranges);
    let sent: u64 = log.of(Method::Get, &digest).map(|entry| entry.sent).sum();
    assert_eq!(sent, bytes.len() as u64);
}

#[test]
fn r14_a_layer_that_always_breaks_off_is_left_after_five_tries() {
    let demo = Demo::start();
    let (digest, bytes) = demo.base_layer();
    for fault in [
        Fault::on(Method::Get, &digest).reset_at(1),
        Fault::on(Method::Get, &digest).close_at(1),
        Fault::on(Method::Get, &digest).cut_to(1),
    ] {
        demo.registry.clear_faults();
        demo.registry.fault(fault);
        let before = demo.count(Method::Get, &digest);
        let words = demo.refused(4, &["--platform", "linux/amd64"]);
        let head = format!("of {} after 5 tries: ", bytes.len());
        assert!(words.starts_with("error[E_REMOTE]: ") && words.contains(&head), "{words}");
        assert_eq!(demo.count(Method::Get, &digest) - before, 5);
    }
}

#[test]
fn r14_a_layer_that_is_longer_than_it_should_be_is_refused() {
    let demo = Demo::start();
    let (digest, mut bytes) = demo.base_layer();
    bytes.push(0);
    for fault in [Fault::on(Method::Get, &digest), Fault::on(Method::Get, &digest).chunked()] {
        demo.registry.clear_faults();
        demo.registry.fault(fault.body(bytes.clone()));
        let words = demo.refused(7, &["--platform", "linux/amd64"]);
        assert!(words.starts_with("error[E_SIZE]: ") || words.starts_with("error[E_DIGEST]: "), "{words}");
    }
}

#[test]
fn r14_a_transfer_that_crawls_or_stands_still_is_left() {
    let quick = ["--platform", "linux/amd64", "--limit", "stall-seconds=1", "--limit", "tries=1"];
    let demo = Demo::start();
    let (layer, _) = demo.base_layer();
    for (fault, problem) in [
        (Fault::on(Method::Get, &layer).rate(100), "fewer than 1024 bytes per second"),
        (Fault::on(Method::Get, &layer).stall_at(1_000), "nothing moved for 1 s"),
        (Fault::on(Method::Get, "/demo/base/manifests/").rate(1), "fewer than 1024 bytes per second"),
        (Fault::on(Method::Get, "/demo/base/manifests/").stall_at(10), "nothing moved for 1 s"),
    ] {
        demo.registry.clear_faults();
        demo.registry.fault(fault);
        let words = demo.refused(4, &quick);
        assert!(words.starts_with("error[E_REMOTE]: ") && words.contains(problem), "{problem}: {words}");
    }
}

#[test]
fn r14_an_answer_that_does_not_begin_is_not_waited_for() {
    let demo = Demo::start();
    demo.registry.fault(Fault::on(Method::Head, "").delay(std::time::Duration::from_secs(3)));
    let words = demo.refused(4, &["--limit", "first-byte-seconds=1", "--limit", "tries=1"]);
    assert!(words.starts_with("error[E_REMOTE]: ") && words.contains("no answer within 1 s"), "{words}");
    assert!(words.contains("first-byte-seconds"), "{words}");
}
