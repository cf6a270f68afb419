//! Faults do what they say.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::Fault;
use super::*;

/// A registry with a blob of 1,000 bytes, and where it is.
fn with_blob() -> (Registry, String, Vec<u8>) {
    let registry = Registry::start();
    let blob: Vec<u8> = (0..1000).map(|n| n as u8).collect();
    let target = format!("/v2/a/blobs/{}", registry.put_blob("a", &blob));
    (registry, target, blob)
}

#[test]
fn a_status_comes_instead_of_the_answer_as_often_as_it_shall() {
    let (registry, target, _) = with_blob();
    registry.fault(Fault::on(Method::Get, "/blobs/").nth(2).status(503));
    registry.fault(Fault::any("/blobs/").first(1).too_many("7"));
    let first = registry.get(&target);
    assert_eq!((first.status, first.code().as_str()), (429, "TOOMANYREQUESTS"));
    assert_eq!(first.header("retry-after"), Some("7"));
    assert_eq!([registry.get(&target).status, registry.get(&target).status], [503, 200]);
    registry.fault(Fault::at(4).redirect(307, "http://other/x").body("elsewhere"));
    let moved = registry.get(&target);
    assert_eq!((moved.status, moved.header("location")), (307, Some("http://other/x")));
    assert_eq!(moved.body, b"elsewhere");
    registry.fault(Fault::on(Method::Get, "").status(500));
    registry.clear_faults();
    assert_eq!(registry.get(&target).status, 200);
    registry.fault(Fault::on(Method::Get, "").moved(302, "https://other:1"));
    assert_eq!(registry.get(&target).header("location"), Some(&*format!("https://other:1{target}")));
}

#[test]
fn an_answer_stalls_until_the_client_has_had_enough() {
    let (registry, target, blob) = with_blob();
    registry.fault(Fault::any("").stall_at(400));
    let stream = TcpStream::connect(registry.host()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let stalled = Ask::get(&target).over(stream, &registry.host()).unwrap();
    assert_eq!((stalled.fault, &*stalled.body), (Some(ErrorKind::WouldBlock), &blob[..400]));
}

#[test]
fn a_connection_is_reset_before_the_answer_or_within_its_body() {
    let (registry, target, blob) = with_blob();
    registry.fault(Fault::any("").nth(1).reset_at(0));
    registry.fault(Fault::any("").nth(2).reset_at(1));
    registry.fault(Fault::any("").nth(3).reset_at(999));
    let none = Ask::get(&target).send(&registry.host()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::ConnectionReset);
    for expected in [1, 999] {
        let answer = registry.get(&target);
        assert_eq!((answer.fault, &*answer.body), (Some(ErrorKind::ConnectionReset), &blob[..expected]));
    }
    assert_eq!(registry.log().iter().map(|entry| entry.sent).collect::<Vec<_>>(), [0, 1, 999]);
}

#[test]
fn a_body_is_cut_with_the_length_of_the_whole_or_with_its_own() {
    let (registry, target, blob) = with_blob();
    registry.fault(Fault::any("").nth(1).close_at(500));
    registry.fault(Fault::any("").nth(2).cut_to(500));
    registry.fault(Fault::any("").nth(3).body("other"));
    registry.fault(Fault::any("").nth(4).chunked());
    registry.fault(Fault::any("").nth(5).chunked().close_at(500));
    let [closed, cut, other, chunked, ended] = [(); 5].map(|()| registry.get(&target));
    assert_eq!((closed.fault, &*closed.body), (Some(ErrorKind::UnexpectedEof), &blob[..500]));
    assert_eq!(closed.header("content-length"), Some("1000"));
    assert_eq!((cut.fault, &*cut.body, cut.header("content-length")), (None, &blob[..500], Some("500")));
    assert_eq!((other.fault, &*other.body), (None, &b"other"[..]));
    assert_eq!((chunked.fault, &chunked.body, chunked.header("content-length")), (None, &blob, None));
    assert_eq!((ended.fault, &*ended.body), (Some(ErrorKind::UnexpectedEof), &blob[..500]));
}

#[test]
fn headers_of_the_answer_are_set_and_left_out() {
    let (registry, target, _) = with_blob();
    registry.fault(
        Fault::any("")
            .header("Docker-Content-Digest", "sha256:0")
            .without("ETag")
            .more("Accept-Ranges", "lines"),
    );
    let answer = registry.get(&target);
    assert_eq!(answer.headers.all("docker-content-digest").collect::<Vec<_>>(), ["sha256:0"]);
    assert_eq!(answer.headers.all("accept-ranges").collect::<Vec<_>>(), ["bytes", "lines"]);
    assert_eq!((answer.status, answer.header("etag")), (200, None));
}

#[test]
fn an_answer_is_late_or_slow() {
    let (registry, target, blob) = with_blob();
    registry.fault(Fault::any("").nth(1).delay(Duration::from_millis(100)));
    registry.fault(Fault::any("").nth(2).rate(5000));
    for _ in 0..2 {
        let began = Instant::now();
        assert_eq!(registry.get(&target).body, blob);
        assert!(began.elapsed() >= Duration::from_millis(100));
    }
}

#[test]
fn a_request_is_dropped_within_its_body_and_nothing_is_done() {
    let registry = Registry::start();
    registry.fault(Fault::on(Method::Post, "/uploads/").first(1).drop_at(10));
    let blob = [7; 100];
    let target = format!("/v2/a/blobs/uploads/?digest={}", digest(&blob));
    let dropped = Ask::new(Method::Post, &target).body(blob).send(&registry.host()).unwrap_err();
    assert_eq!(dropped.kind(), ErrorKind::ConnectionReset);
    assert_eq!((registry.log()[0].received, registry.log()[0].status), (10, None));
    assert_eq!(registry.blob(&digest(&blob)), None);
    assert_eq!(registry.ask(&Ask::new(Method::Post, &target).body(blob)).status, 201);
}

#[test]
fn an_answer_may_come_before_the_body_was_read() {
    let registry = Registry::start();
    registry.fault(Fault::on(Method::Post, "").status(401).unread().header("WWW-Authenticate", "Basic"));
    let refused = registry.ask(&Ask::new(Method::Post, "/v2/a/blobs/uploads/").body(vec![0; 100_000]));
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Basic")));
    assert_eq!(registry.log()[0].received, 0);
}

#[test]
fn a_mount_is_not_done_once_and_then_it_is() {
    let registry = Registry::start();
    let digest = registry.put_blob("from", b"x");
    registry.fault(Fault::any("mount=").nth(1).no_mount());
    let mount = Ask::new(Method::Post, &format!("/v2/to/blobs/uploads/?mount={digest}&from=from"));
    assert_eq!([registry.ask(&mount).status, registry.ask(&mount).status], [202, 201]);
}

#[test]
fn a_test_is_called_at_a_request_that_is_then_done_or_not() {
    let registry = Registry::start();
    registry.put_blob("a", b"{}");
    let calls = Arc::new(AtomicUsize::new(0));
    let count = || {
        let calls = Arc::clone(&calls);
        move || {
            calls.fetch_add(1, Ordering::SeqCst);
        }
    };
    registry.fault(Fault::at(1).stop(count()));
    registry.fault(Fault::at(2).stop_after(count()));
    for (tag, is_done) in [("1", false), ("2", true)] {
        let stopped = put(&format!("/v2/a/manifests/{tag}"), manifest(b"{}")).send(&registry.host());
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(registry.complete("a", tag), is_done);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
