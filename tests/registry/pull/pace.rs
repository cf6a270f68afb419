//! Registries that want to be left alone for a while.

use std::time::{Duration, Instant};

use super::Demo;
use crate::support::registry::{Fault, Method};

/// What keeps a registry from making anybody wait for long.
const SECOND: [&str; 2] = ["--limit", "retry-after-seconds=1"];

#[test]
fn r13_who_is_asked_to_wait_waits_and_asks_again() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for (part, method) in
        [("/manifests/1", Method::Head), ("/manifests/sha256:", Method::Get), ("/blobs/", Method::Get)]
    {
        demo.registry.clear_faults();
        demo.registry.fault(Fault::on(method, part).first(1).too_many("1"));
        let began = Instant::now();
        assert_eq!(demo.built(&[]), expected);
        assert!(began.elapsed() >= Duration::from_secs(1), "{part}: {:?}", began.elapsed());
    }
}

#[test]
fn r13_no_wait_is_longer_than_the_limit() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for asked in ["99999", "99999999999999999999999"] {
        demo.registry.clear_faults();
        demo.registry.fault(Fault::on(Method::Head, "/manifests/").first(1).too_many(asked));
        let began = Instant::now();
        assert_eq!(demo.built(&SECOND), expected);
        let took = began.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(60)).contains(&took), "{took:?}");
    }
}

#[test]
fn r13_what_is_no_time_is_as_if_nothing_was_asked() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for asked in ["garbage", "-1", "", "1.5", "Thu, 99 Foo 2026"] {
        demo.registry.clear_faults();
        demo.registry.fault(Fault::on(Method::Head, "/manifests/").first(1).too_many(asked));
        // An hour would be noticed.
        assert_eq!(demo.built(&["--limit", "retry-total-seconds=1"]), expected, "{asked}");
    }
}

#[test]
fn r13_who_never_gets_through_gives_up() {
    let demo = Demo::start();
    demo.registry.fault(Fault::on(Method::Head, "/manifests/").too_many("0"));
    let words = demo.refused(4, &[]);
    assert!(words.starts_with("error[E_REMOTE]: ") && words.contains("status 429"), "{words}");
    assert!(words.contains("hint: try again later, or log in"), "{words}");
    assert_eq!(demo.count(Method::Head, "/demo/base/"), 5);
}

#[test]
fn r13_all_waits_for_one_request_together_have_a_limit() {
    let demo = Demo::start();
    demo.registry.fault(Fault::on(Method::Head, "/demo/base/").too_many("1"));
    let began = Instant::now();
    let words = demo.refused(4, &["--limit", "retry-total-seconds=2"]);
    assert!(words.starts_with("error[E_REMOTE]: "), "{words}");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(demo.count(Method::Head, "/demo/base/"), 2, "the second wait would be one too long");
}
