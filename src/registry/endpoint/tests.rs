use std::io::{self, Read};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::super::scope::Access;
use super::super::scripted::{Asked, Client, Piece, Server, answer, blob_request, quick, request};
use super::super::settings::{HostSettings, Settings};
use super::*;
use crate::code::{Code, Coded as _};
use crate::http::{Body, HttpError, Method, RedirectProblem, Resend};

use crate::interrupt::Interrupted;
use crate::layer::SourceError;
use crate::limits::Limits;

fn client(limits: &Limits) -> Client {
    Client::new(Settings::default(), &[], limits)
}

fn get() -> Request<'static> {
    request(Method::Get, Access::Pull)
}

#[test]
fn a_request_is_sent_as_it_is_written_and_its_answer_is_read() {
    let server = Server::start(|_| answer(200, &[("docker-content-digest", "x")], "body"));
    let client = client(&quick());
    let put = Request {
        headers: vec![("content-type", "text/plain".to_owned())],
        body: Body::Bytes(b"sent"),
        ..request(Method::Put, Access::Push)
    };
    assert_eq!(client.send(&server.host(), &put).unwrap(), (200, "body".to_owned()));
    let post = Request { body: Body::Empty, ..request(Method::Post, Access::Push) };
    client.send(&server.host(), &post).unwrap();
    client.send(&server.host(), &request(Method::Delete, Access::Delete)).unwrap();
    let asked = server.asked();
    assert_eq!(
        server.lines(),
        ["PUT", "POST", "DELETE"].map(|method| format!("{method} /v2/acme/app/manifests/1"))
    );
    assert_eq!(
        (asked[0].body.as_slice(), asked[0].header("content-type")),
        (&b"sent"[..], Some("text/plain"))
    );
    assert_eq!(asked[0].header("user-agent"), Some(concat!("overcoat/", env!("CARGO_PKG_VERSION"))));
    assert_eq!((asked[1].header("content-length"), asked[2].header("content-length")), (Some("0"), None));
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(client.registries.traffic().requests(), 3);
}

#[test]
fn r14_overloaded_servers_and_lost_answers_are_tried_again_five_times_at_most() {
    for status in [429, 500, 502, 503, 504] {
        let server =
            Server::start(move |asked| answer(if asked.number < 4 { status } else { 200 }, &[], "x"));
        let client = client(&quick());
        assert_eq!(client.send(&server.host(), &get()).unwrap().0, 200, "{status}");
        assert_eq!((client.registries.traffic().requests(), client.registries.traffic().retries()), (5, 4));
        let server = Server::start(move |_| answer(status, &[], "x"));
        assert_eq!(client.send(&server.host(), &get()).unwrap().0, status);
        assert_eq!(server.asked().len(), 5, "{status}");
    }
    for lost in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"nonsense\r\n\r\n"] {
        let piece = move |asked: &Asked| match asked.number {
            0..4 => vec![Piece::Bytes(lost.to_owned()), Piece::End],
            _ => answer(200, &[], "x"),
        };
        let server = Server::start(piece);
        assert_eq!(client(&quick()).send(&server.host(), &get()).unwrap().0, 200);
        let server = Server::start(move |_| vec![Piece::Bytes(lost.to_owned()), Piece::End]);
        let error = client(&quick()).send(&server.host(), &get()).unwrap_err();
        assert!(error.to_string().ends_with("(5 tries)") && error.code() == Code::Remote, "{error}");
        assert_eq!(server.asked().len(), 5);
    }
}

#[test]
fn r14_what_must_not_be_done_twice_is_sent_again_only_if_the_server_refused_it() {
    for (status, requests) in [(500, 1), (502, 1), (504, 1), (429, 5), (503, 5)] {
        let server = Server::start(move |_| answer(status, &[], ""));
        let once = Request { resend: Resend::Refused, ..request(Method::Post, Access::Push) };
        assert_eq!(client(&quick()).send(&server.host(), &once).unwrap().0, status);
        assert_eq!(server.asked().len(), requests, "{status}");
    }
    let server = Server::start(|_| vec![Piece::End]);
    let once = Request { resend: Resend::Refused, ..request(Method::Post, Access::Push) };
    client(&quick()).send(&server.host(), &once).unwrap_err();
    assert_eq!(server.asked().len(), 1);
    // What could not even be sent is another matter.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = client(&quick());
    client.send(&closed.to_string(), &once).unwrap_err();
    assert_eq!(client.registries.traffic().requests(), 5);
}

#[test]
fn r13_a_server_that_asks_to_wait_is_waited_for() {
    let server = Server::start(|asked| match asked.number {
        0 => answer(429, &[("retry-after", "1")], ""),
        1 => answer(503, &[("retry-after", "garbage")], ""),
        _ => answer(200, &[], ""),
    });
    let began = Instant::now();
    let limits = Limits { retry_after_seconds: 120, ..quick() };
    assert_eq!(client(&limits).send(&server.host(), &get()).unwrap().0, 200);
    assert!((1.0..2.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    let server = Server::start(|_| answer(429, &[("retry-after", "99999")], "slow down"));
    let limits = Limits { retry_after_seconds: 1, retry_total_seconds: 2, ..quick() };
    let began = Instant::now();
    let answer = client(&limits).send(&server.host(), &get()).unwrap();
    assert_eq!((answer, server.asked().len()), ((429, "slow down".to_owned()), 2));
    assert!((1.0..2.5).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
}

#[test]
fn r14_bodies_that_end_early_stand_still_or_crawl_are_errors() {
    let head = |size| Piece::Bytes(format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").into_bytes());
    let server = Server::start(move |asked| match asked.line.as_str() {
        "GET /v2/acme/app/manifests/short" => vec![head(10), Piece::Bytes(b"abc".to_vec()), Piece::End],
        "GET /v2/acme/app/manifests/still" => vec![head(10), Piece::Wait(Duration::from_secs(3)), Piece::End],
        "GET /v2/acme/app/manifests/mute" => vec![Piece::Wait(Duration::from_secs(3)), Piece::End],
        _ => {
            let drop = || [Piece::Bytes(b"x".to_vec()), Piece::Wait(Duration::from_millis(100))];
            [head(100)].into_iter().chain((0..40).flat_map(|_| drop())).collect()
        }
    });
    let limits = Limits { tries: 1, ..quick() };
    for (tag, expected, limit) in [
        ("short", "Peer disconnected", None),
        ("still", "nothing moved for 1 s", Some("stall-seconds")),
        ("crawl", "fewer than 1024 bytes per second moved", Some("least-rate")),
        ("mute", "no answer within 1 s", Some("first-byte-seconds")),
    ] {
        let route = super::super::route::Route::manifest("acme/app", tag);
        let request = Request { target: Target::Route(route, Vec::new()), ..get() };
        let began = Instant::now();
        let error = client(&limits).send(&server.host(), &request).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!((error.code(), crate::code::Failure::limit(&error)), (Code::Remote, limit), "{tag}");
        assert!(began.elapsed() < Duration::from_millis(2800), "{tag}: {:?}", began.elapsed());
    }
}

#[test]
fn a_connection_that_says_more_than_it_promised_is_not_used_again() {
    let server = Server::start(|asked| {
        let mut pieces = answer(200, &[], if asked.number == 0 { "a" } else { "b" });
        pieces.push(Piece::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil".to_vec()));
        pieces
    });
    let client = client(&quick());
    assert_eq!(client.send(&server.host(), &get()).unwrap().1, "a");
    thread::sleep(Duration::from_millis(50));
    assert_eq!(client.send(&server.host(), &get()).unwrap().1, "b");
}

#[test]
fn an_interrupt_ends_a_request_that_waits_for_its_answer() {
    let server = Server::start(|_| vec![Piece::Wait(Duration::from_secs(20)), Piece::End]);
    let client = client(&Limits { first_byte_seconds: 60, ..quick() });
    let signal = client.interrupt.signal();
    let began = Instant::now();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        signal.store(2, Ordering::Relaxed);
    });
    let error = client.send(&server.host(), &get()).unwrap_err();
    assert!(matches!(error, RegistryError::Interrupted(Interrupted { signal: 2 })), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_stream_is_opened_for_every_try_and_its_own_fault_ends_all() {
    let server = Server::start(|asked| answer(if asked.number < 2 { 500 } else { 201 }, &[], ""));
    let opened = std::sync::atomic::AtomicUsize::new(0);
    let open = || -> Result<Box<dyn Read + Send>, SourceError> {
        opened.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(&b"streamed"[..]))
    };
    let put = Request { body: Body::Stream { size: 8, open: &open }, ..request(Method::Put, Access::Push) };
    assert_eq!(client(&quick()).send(&server.host(), &put).unwrap().0, 201);
    assert_eq!(opened.load(Ordering::Relaxed), 3);
    assert!(server.asked().iter().all(|asked| asked.body == b"streamed"));

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let open = || -> Result<Box<dyn Read + Send>, SourceError> { Ok(Box::new(Broken)) };
    let put = Request { body: Body::Stream { size: 8, open: &open }, ..request(Method::Put, Access::Push) };
    let client = client(&quick());
    let error = client.send(&server.host(), &put).unwrap_err();
    assert!(error.to_string().ends_with("cannot be read: the disk is gone"), "{error}");
    assert_eq!((error.code(), client.registries.traffic().requests()), (Code::Io, 1));
}

/// A registry that redirects reads of blobs to what the closure says.
fn redirecting(to: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Server {
    Server::start(move |asked| match asked.header("authorization") {
        None => answer(401, &[("www-authenticate", "Basic")], ""),
        Some(_) => answer(307, &[("location", &to(asked)), ("set-cookie", "canary=1")], ""),
    })
}

#[test]
fn r11_a_blob_is_read_where_it_lies_without_the_credential() {
    let storage = Server::start(|_| answer(206, &[], "blob"));
    let to = format!("http://{}/storage?signature=x", storage.host());
    let registry = redirecting(move |_| to.clone());
    let client = Client::new(Settings::default(), &[(&registry.host(), "user:canary")], &quick());
    let blob = Request { headers: vec![("range", "bytes=5-".to_owned())], ..blob_request() };
    assert_eq!(client.send(&registry.host(), &blob).unwrap(), (206, "blob".to_owned()));
    let asked = storage.asked();
    assert_eq!(asked[0].line, "GET /storage?signature=x");
    assert_eq!(asked[0].header("range"), Some("bytes=5-"));
    assert_eq!((asked[0].header("authorization"), asked[0].header("cookie")), (None, None));
    assert!(registry.asked()[1].header("authorization").is_some());
}

#[test]
fn r11_a_blob_elsewhere_on_its_registry_is_read_with_the_credential() {
    let registry = Server::start(|asked| match asked.line.as_str() {
        "GET /there" => answer(200, &[], asked.header("authorization").unwrap_or_default()),
        _ if asked.header("authorization").is_none() => answer(401, &[("www-authenticate", "Basic")], ""),
        _ => answer(302, &[("location", "/there")], ""),
    });
    let client = Client::new(Settings::default(), &[(&registry.host(), "u:p")], &quick());
    assert_eq!(client.send(&registry.host(), &blob_request()).unwrap().1, "Basic dTpw");
}

#[test]
fn r11_redirects_that_are_not_followed() {
    let limits = Limits { redirects: 2, ..quick() };
    let problem = |error: RegistryError| match error {
        RegistryError::Http(HttpError::Redirect { problem, .. }) => Some(problem),
        RegistryError::Redirect { .. } => None,
        error => panic!("{error}"),
    };
    let reach = RedirectProblem::Reach("169.254.169.254".parse().unwrap());
    for (to, request, expected, requests) in [
        ("/again", blob_request(), Some(RedirectProblem::Count), 3),
        ("", blob_request(), Some(RedirectProblem::Address), 1),
        ("ftp://x/", blob_request(), Some(RedirectProblem::Address), 1),
        ("/there", get(), None, 1),
        ("/there", Request { method: Method::Put, ..blob_request() }, None, 1),
        ("http://169.254.169.254/", blob_request(), Some(reach), 1),
    ] {
        let registry = Server::start(move |_| answer(307, &[("location", to)], ""));
        let error = client(&limits).send(&registry.host(), &request).unwrap_err();
        assert_eq!(error.code(), Code::Redirect);
        assert_eq!((problem(error), registry.asked().len()), (expected, requests), "{to}");
    }
}

#[test]
fn r12_an_upload_goes_on_elsewhere_only_where_that_is_said_and_without_the_credential() {
    let elsewhere = Server::start(|_| answer(201, &[], ""));
    let registry = Server::start(|asked| match asked.header("authorization") {
        None => answer(401, &[("www-authenticate", "Basic")], ""),
        Some(_) => answer(202, &[], ""),
    });
    let upload = |host: &str| {
        let url: Url = format!("http://{host}/upload?state=secret").parse().unwrap();
        Request { target: Target::Upload(url), body: Body::Bytes(b"x"), ..request(Method::Put, Access::Push) }
    };
    let send = |uploads: Vec<String>| {
        let mut settings = Settings::default();
        settings.hosts.insert(registry.host(), HostSettings { uploads, ..HostSettings::default() });
        let client = Client::new(settings, &[(&registry.host(), "user:canary")], &quick());
        assert_eq!(client.send(&registry.host(), &upload(&registry.host())).unwrap().0, 202);
        client.send(&registry.host(), &upload(&elsewhere.host()))
    };
    let error = send(vec!["other.example".to_owned()]).unwrap_err();
    assert_eq!(error.code(), Code::Location);
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(elsewhere.asked().is_empty());
    assert_eq!(send(vec![elsewhere.host()]).unwrap().0, 201);
    assert_eq!(elsewhere.asked()[0].header("authorization"), None);
}

#[test]
fn r23_a_list_goes_on_at_its_registry_alone() {
    let elsewhere = Server::start(|_| answer(200, &[], ""));
    let registry = Server::start(|_| answer(200, &[], "page"));
    let page = |host: &str| Request {
        target: Target::Page(format!("http://{host}/v2/acme/app/tags/list?last=x").parse().unwrap()),
        ..get()
    };
    let client = client(&quick());
    assert_eq!(client.send(&registry.host(), &page(&registry.host())).unwrap().1, "page");
    let error = client.send(&registry.host(), &page(&elsewhere.host())).unwrap_err();
    assert!(matches!(error, RegistryError::Page { .. }) && elsewhere.asked().is_empty(), "{error}");
}

#[test]
fn x02_an_errors_body_is_cut_and_escaped() {
    let body = format!("\u{1b}[31m{}", "x".repeat(1 << 20));
    let registry = Server::start(move |_| answer(404, &[], &body));
    let endpoint = client(&quick()).registries.endpoint(&registry.host());
    let error = endpoint.send(&get()).unwrap().expect(&[200]).err().unwrap();
    let RegistryError::Status { message, status: 404, .. } = &error else { panic!("{error}") };
    assert!(message.starts_with(r"\u{1b}[31mxxx") && message.len() <= 512, "{message}");
}
