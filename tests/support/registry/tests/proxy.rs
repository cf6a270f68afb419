//! A proxy takes every client to its server.

use std::io::Write;
use std::net::TcpStream;

use rustls::{ClientConnection, StreamOwned};

use super::super::request::{Headers, line};
use super::super::{Authority, Options, Proxy, Tls, tls};
use super::*;

/// A connection to a host through a proxy, or the status of its refusal.
fn connect(proxy: &Proxy, host: &str, more: &str) -> Result<TcpStream, String> {
    let mut stream = TcpStream::connect(proxy.host()).unwrap();
    stream.write_all(format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n").as_bytes()).unwrap();
    // Nothing comes behind the headers before something was asked, so no byte is lost in the buffer.
    let mut reader = std::io::BufReader::new(&stream);
    let status = line(&mut reader).unwrap().unwrap()[9..12].to_owned();
    Headers::read(&mut reader).unwrap();
    if status == "200" { Ok(stream) } else { Err(status) }
}

#[test]
fn a_name_that_nobody_knows_leads_to_the_server_of_the_proxy() {
    let authority = Authority::new();
    let tls = Some(Tls::new(&authority.server(&["registry.test"])));
    let registry = Registry::with(Options { tls, ..Options::default() });
    let proxy = Proxy::start(&registry.host());
    let stream = connect(&proxy, "registry.test:443", "").unwrap();
    let client = tls::client(&authority.pem(), None);
    let session = ClientConnection::new(client, "registry.test".try_into().unwrap()).unwrap();
    let answer = Ask::get("/v2/").over(StreamOwned::new(session, stream), "registry.test").unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(registry.log()[0].headers.get("host"), Some("registry.test"));
    assert_eq!(proxy.asked(), ["CONNECT registry.test:443"]);
}

#[test]
fn a_whole_url_is_asked_for_without_what_was_for_the_proxy() {
    let registry = Registry::start();
    let proxy = Proxy::for_user(&registry.host(), "user", "secret");
    let ask = Ask::new(Method::Post, "http://registry.test/v2/a/blobs/uploads/?digest=x").body("body");
    assert_eq!(ask.send(proxy.host()).unwrap().status, 407);
    let known = basic("user", "secret");
    assert_eq!(connect(&proxy, "registry.test:80", "").unwrap_err(), "407");
    assert!(connect(&proxy, "registry.test:80", &format!("Proxy-Authorization: {known}\r\n")).is_ok());
    let answer = ask.header("Proxy-Authorization", &known).send(proxy.host()).unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "DIGEST_INVALID"));
    let log = registry.log();
    assert_eq!(
        (log.len(), &*log[0].target, &*log[0].body),
        (1, "/v2/a/blobs/uploads/?digest=x", &b"body"[..])
    );
    assert!(!log.saw(&known));
}
