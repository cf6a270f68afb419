//! The log says what was asked.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

#[test]
fn every_request_is_noted_with_what_it_carried_and_got() {
    let registry = Registry::start();
    let blob = registry.put_blob("a", b"{}");
    registry.get(&format!("/v2/a/blobs/{blob}"));
    registry.ask(&put("/v2/a/manifests/1", manifest(b"{}")).header("X-Canary", "tweet"));
    registry.ask(&Ask::new(Method::Head, "/v2/a/manifests/2"));
    registry.ask(&Ask::new(Method::Post, &format!("/v2/b/blobs/uploads/?mount={blob}&from=a")));
    let log = registry.log();
    let kinds: Vec<_> = log.kinds().into_iter().collect();
    let expected = ["GET blob 200", "HEAD manifest 404", "POST mount 201", "PUT manifest 201"];
    assert_eq!(kinds, expected.map(|kind| (kind.to_owned(), 1)));
    assert_eq!(log.blob_bytes(), (0, 2));
    assert_eq!((log[1].number, log[1].connection, &log[1].body), (2, 2, &manifest(b"{}")));
    assert!(log.saw("tweet") && log.saw("schemaVersion") && !log.saw("twitter"));
    assert_eq!((log.count(Method::Put, "/manifests/"), log.after(2).len()), (1, 2));
    assert_eq!((registry.connections(), registry.port() > 0), (4, true));
}

#[test]
fn one_connection_carries_many_requests() {
    let registry = Registry::start();
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    for last in ["", "Connection: close\r\n"] {
        write!(stream, "GET /v2/ HTTP/1.1\r\nHost: x\r\n{last}\r\n").unwrap();
    }
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2);
    assert_eq!(registry.log().iter().map(|entry| entry.connection).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_client_that_waits_is_told_to_go_on() {
    let registry = Registry::start();
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    write!(stream, "POST /v2/a/blobs/uploads/?digest={} HTTP/1.1\r\nHost: x\r\n", digest(b"x")).unwrap();
    stream.write_all(b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\n").unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"x").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
}

/// Asks for one thing after the other, and whether that was a push in order.
fn push_order(asks: &[Ask]) -> Result<(), String> {
    let registry = Registry::start();
    for ask in asks {
        assert_eq!(registry.ask(ask).status, 201);
    }
    registry.log().push_order()
}

#[test]
fn a_push_is_in_order_if_tags_come_last_and_what_is_named_first() {
    let blob = |bytes: &'static [u8]| {
        Ask::new(Method::Post, &format!("/v2/a/blobs/uploads/?digest={}", digest(bytes))).body(bytes)
    };
    let named = manifest(b"{}");
    let by_digest = format!("/v2/a/manifests/{}", digest(&named));
    let by_tag = |tag: &str| put(&format!("/v2/a/manifests/{tag}"), manifest(b"{}"));
    let listing = json!({"manifests": [{"digest": digest(&named), "size": named.len()}]}).to_string();
    let fallback = format!("/v2/a/manifests/sha256-{}", "0".repeat(64));
    assert_eq!(push_order(&[blob(b"{}"), put(&by_digest, &*named), by_tag("1"), by_tag("2")]), Ok(()));
    assert_eq!(
        push_order(&[blob(b"{}"), put(&fallback, &*named), put(&by_digest, &*named), by_tag("1")]),
        Ok(())
    );
    let late = push_order(&[blob(b"{}"), by_tag("1"), blob(b"x")]);
    assert_eq!(late, Err(format!("{} came after tag 1 of a", digest(b"x"))));
    let registry = Registry::start();
    registry.put_blob("a", b"{}");
    registry.put_manifest("a", None, MANIFEST, &named);
    registry.ask(&put(&format!("/v2/a/manifests/{}", digest(listing.as_bytes())), &*listing));
    registry.ask(&put(&by_digest, &*named));
    assert!(registry.log().push_order().unwrap_err().ends_with("which names it"));
}
