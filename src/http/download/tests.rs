use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::super::error::RedirectProblem;
use super::super::scripted::{Asked, Piece, Server, answer, quick};
use super::super::settings::Settings;
use super::*;
use crate::code::{AnyFailure, Code, Coded as _, Failure as _};
use crate::interrupt::Interrupt;
use crate::limits::Limits;

const SIZE: usize = 50_000;
const TAG: (&str, &str) = ("etag", "\"1\"");

/// No two parts of it are alike.
fn bytes() -> Vec<u8> {
    (0..SIZE as u32 / 4).flat_map(u32::to_le_bytes).collect()
}

fn client(limits: &Limits) -> Client {
    Client::new(Settings::default(), limits, &Interrupt::default())
}

fn url(server: &Server) -> Url {
    format!("http://{}/file?key=canary", server.host()).parse().unwrap()
}

/// Gets a file and reads all of it.
fn get(client: &Client, url: &Url) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    client.get(url).map_err(|error| AnyFailure::new(error).into_io())?.read_to_end(&mut read)?;
    Ok(read)
}

fn head(status: u16, headers: &[(&str, &str)]) -> Piece {
    let mut text = format!("HTTP/1.1 {status} X\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    Piece::Bytes(format!("{text}\r\n").into_bytes())
}

/// The file from byte `first` on, as of status 200 or 206; the connection ends before byte `end` where that comes first.
fn part(status: u16, first: usize, end: usize, headers: &[(&str, &str)]) -> Vec<Piece> {
    let (length, range) = ((SIZE - first).to_string(), format!("bytes {first}-{}/{SIZE}", SIZE - 1));
    let mut all = vec![("content-length", &*length)];
    all.extend((status == 206).then_some(("content-range", &*range)));
    all.extend(headers);
    let mut pieces = vec![head(status, &all), Piece::Bytes(bytes()[first..end.max(first)].to_vec())];
    pieces.extend((end < SIZE).then_some(Piece::End));
    pieces
}

fn whole(headers: &[(&str, &str)]) -> Vec<Piece> {
    part(200, 0, SIZE, headers)
}

/// The first byte that is asked for.
fn first(asked: &Asked) -> Option<usize> {
    let range = asked.header("range")?;
    Some(range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap())
}

/// A server that understands ranges, and whose first answers end at these bytes.
fn breaking(ends: &'static [usize], headers: &'static [(&'static str, &'static str)]) -> Server {
    Server::start(move |asked| {
        let end = ends.get(asked.number).copied().unwrap_or(SIZE);
        match first(asked) {
            Some(first) => part(206, first, end, headers),
            None => part(200, 0, end, headers),
        }
    })
}

#[test]
fn a_file_is_got_with_its_length() {
    let server = Server::start(|_| whole(&[]));
    let client = client(&quick());
    let download = client.get(&url(&server)).unwrap();
    assert_eq!(download.length(), Some(SIZE as u64));
    assert_eq!(get(&client, &url(&server)).unwrap(), bytes());
    assert_eq!(server.lines(), ["GET /file?key=canary"; 2]);
    assert_eq!(server.asked()[0].header("accept-encoding"), None, "its bytes are wanted as they are");
    assert_eq!(client.traffic().blob_bytes_in(), SIZE as u64);
}

#[test]
fn what_is_not_there_is_told_apart_from_what_fails() {
    for status in [404, 410] {
        let server = Server::start(move |_| answer(status, &[], "<html>"));
        let error = client(&quick()).get(&url(&server)).unwrap_err();
        assert!(matches!(error, HttpError::NotFound { status: found, .. } if found == status), "{error}");
        assert_eq!((error.code(), server.asked().len()), (Code::Remote, 1));
    }
    let html = ("content-type", "text/html");
    let plain = ("content-type", "text/plain; charset=utf-8");
    for (status, kind, code, words) in [
        (400, html, Code::Remote, "status 400"),
        (401, plain, Code::Auth, "status 401: no\\u{1b}"),
        (403, html, Code::Auth, "status 403"),
        (204, plain, Code::Remote, "status 204"),
        (206, html, Code::Remote, "status 206"),
    ] {
        let body = if status == 204 { "" } else { "no\u{1b}" };
        let server = Server::start(move |_| answer(status, &[kind], body));
        let error = client(&quick()).get(&url(&server)).unwrap_err();
        assert_eq!(error.to_string(), format!("GET http://{}/file: {words}", server.host()));
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn r14_a_download_goes_on_where_it_broke_off() {
    let modified: &[_] =
        &[("last-modified", "Sun, 06 Nov 1994 08:49:36 GMT"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    for headers in [&[TAG][..], modified] {
        for ends in [&[0][..], &[1], &[SIZE / 2], &[SIZE - 1], &[10, 1_000, 2_000, SIZE - 1]] {
            let server = breaking(ends, headers);
            assert_eq!(get(&client(&quick()), &url(&server)).unwrap(), bytes(), "{ends:?}");
            let asked = server.asked();
            assert_eq!(asked.len(), ends.len() + 1, "{ends:?}");
            for (asked, end) in asked[1..].iter().zip(ends) {
                assert_eq!(first(asked), Some(*end).filter(|end| *end > 0));
                let said = Some(headers[0].1).filter(|_| *end > 0);
                assert_eq!(asked.header("if-range"), said);
            }
        }
    }
}

#[test]
fn r14_a_download_that_always_breaks_off_is_an_error_after_five_tries() {
    for end in [0, 10] {
        let server = Server::start(move |asked| match first(asked) {
            Some(first) => part(206, first, first, &[TAG]),
            None => part(200, 0, end, &[TAG]),
        });
        let error = get(&client(&quick()), &url(&server)).unwrap_err();
        assert_eq!(crate::code::of_io(&error), Code::Remote);
        let begin = format!("broken off at byte {end} of {SIZE} after 5 tries: GET http://");
        assert!(error.to_string().starts_with(&begin), "{error}");
        assert_eq!(server.asked().len(), 5);
    }
}

#[test]
fn r14_overloaded_servers_are_asked_five_times_at_most() {
    for status in [429, 500, 502, 503, 504] {
        let late = Server::start(move |asked| match asked.number {
            0..4 => answer(status, &[], ""),
            _ => whole(&[]),
        });
        assert_eq!(get(&client(&quick()), &url(&late)).unwrap(), bytes());
        let never = Server::start(move |_| answer(status, &[], ""));
        let error = client(&quick()).get(&url(&never)).unwrap_err();
        assert!(matches!(error, HttpError::Status { status: found, .. } if found == status), "{error}");
        assert_eq!((error.code(), never.asked().len()), (Code::Remote, 5));
    }
}

#[test]
fn r13_a_server_that_asks_to_wait_is_waited_for() {
    let server = Server::start(|asked| match asked.number {
        0 => answer(429, &[("retry-after", "1")], ""),
        1 => answer(503, &[("retry-after", "garbage")], ""),
        _ => whole(&[]),
    });
    let limits = Limits { retry_after_seconds: 120, ..quick() };
    let began = Instant::now();
    assert_eq!(get(&client(&limits), &url(&server)).unwrap(), bytes());
    assert!(began.elapsed() >= Duration::from_secs(1));
    let server = Server::start(|_| answer(429, &[("retry-after", "99999")], ""));
    let limits = Limits { retry_after_seconds: 120, retry_total_seconds: 1, ..quick() };
    let error = client(&limits).get(&url(&server)).unwrap_err();
    assert_eq!((error.hint().as_deref(), server.asked().len()), (Some("try again later"), 1));
}

#[test]
fn r14_what_stands_still_or_crawls_is_left() {
    for (slow, words) in [
        (vec![Piece::Wait(Duration::from_secs(20))], "nothing moved for 1 s"),
        (
            (0..200).flat_map(|_| [Piece::Bytes(vec![0]), Piece::Wait(Duration::from_millis(50))]).collect(),
            "fewer than 1000000 bytes per second moved",
        ),
    ] {
        let slow = std::sync::Mutex::new(slow);
        let server = Server::start(move |_| {
            let mut pieces = vec![head(200, &[("content-length", "1000")])];
            pieces.append(&mut slow.lock().unwrap());
            pieces
        });
        let limits = Limits { tries: 1, least_rate: 1_000_000, ..quick() };
        let began = Instant::now();
        let error = get(&client(&limits), &url(&server)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(began.elapsed() < Duration::from_secs(8));
    }
}

#[test]
fn r15_what_is_not_the_rest_is_read_from_the_beginning() {
    type Wrong = fn(usize) -> Vec<Piece>;
    let wrong: [(Wrong, usize); 6] = [
        (|_| whole(&[TAG]), 2),
        (|_| answer(416, &[], ""), 3),
        (|first| part(206, first + 4, SIZE, &[TAG]), 3),
        (|first| part(206, first - 4, SIZE, &[TAG]), 3),
        (|_| vec![head(206, &[("content-length", "1"), TAG]), Piece::Bytes(vec![0])], 3),
        (|first| part(206, first, SIZE, &[("etag", "\"2\"")]), 3),
    ];
    for (case, (wrong, requests)) in wrong.into_iter().enumerate() {
        let server = Server::start(move |asked| match first(asked) {
            _ if asked.number == 0 => part(200, 0, 30_000, &[TAG]),
            Some(first) => wrong(first),
            None => whole(&[TAG]),
        });
        let client = client(&quick());
        assert_eq!(get(&client, &url(&server)).unwrap(), bytes(), "{case}");
        assert_eq!(server.asked().len(), requests, "{case}");
        assert_eq!(client.traffic().blob_bytes_in(), SIZE as u64, "every byte is counted once");
    }
}

/// Headers of a file's first answer, what the server answers from then on, and how often it is asked in all.
type Changed = (&'static [(&'static str, &'static str)], fn(&Asked) -> Vec<Piece>, usize);

#[test]
fn r15_a_file_that_may_be_another_by_now_is_not_mixed_with_what_came() {
    const OTHER: (&str, &str) = ("etag", "\"2\"");
    const MODIFIED: (&str, &str) = ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    const DATE: (&str, &str) = ("date", MODIFIED.1);
    let cases: [Changed; 8] = [
        (&[TAG], |_| whole(&[OTHER]), 2),
        (&[TAG], |_| whole(&[]), 2),
        (&[TAG], |_| vec![head(200, &[("content-length", "40000"), TAG]), Piece::Bytes(vec![0; 40_000])], 2),
        // A server that minds no `If-Range`.
        (
            &[TAG],
            |asked| match first(asked) {
                Some(first) => part(206, first, SIZE, &[OTHER]),
                None => whole(&[OTHER]),
            },
            3,
        ),
        (&[TAG, MODIFIED], |_| whole(&[OTHER, MODIFIED]), 2),
        (&[], |_| whole(&[]), 1),
        (&[("etag", "W/\"1\"")], |_| whole(&[("etag", "W/\"1\"")]), 1),
        // Within a second it may have changed twice.
        (&[MODIFIED, DATE], |_| whole(&[MODIFIED, DATE]), 1),
    ];
    for (case, (headers, later, requests)) in cases.into_iter().enumerate() {
        let server = Server::start(move |asked| match asked.number {
            0 => part(200, 0, 30_000, headers),
            _ => later(asked),
        });
        let error = get(&client(&quick()), &url(&server)).unwrap_err();
        let words = "broken off at byte 30000, and what is there now is not known to be the same";
        assert_eq!(error.to_string(), format!("GET http://{}/file: {words}", server.host()), "{case}");
        assert_eq!(server.asked().len(), requests, "{case}");
    }
}

#[test]
fn r15_a_file_of_which_nothing_came_may_be_another() {
    let server = Server::start(|asked| match asked.number {
        0 => part(200, 0, 0, &[TAG]),
        _ => answer(200, &[("etag", "\"2\"")], "new"),
    });
    let client = client(&quick());
    let mut download = client.get(&url(&server)).unwrap();
    let mut read = String::new();
    download.read_to_string(&mut read).unwrap();
    assert_eq!((&*read, download.length()), ("new", Some(3)));
}

#[test]
fn r14_a_file_of_unknown_length_goes_on_too() {
    let chunk = |bytes: &[u8]| {
        let size = Piece::Bytes(format!("{:x}\r\n", bytes.len()).into_bytes());
        [size, Piece::Bytes([bytes, b"\r\n"].concat())]
    };
    let server = Server::start(move |asked| match first(asked) {
        Some(first) => part(206, first, SIZE, &[TAG]),
        None => {
            let mut pieces = vec![head(200, &[("transfer-encoding", "chunked"), TAG])];
            pieces.extend(chunk(&bytes()[..10_000]));
            pieces.push(Piece::End);
            pieces
        }
    });
    let client = client(&quick());
    assert_eq!(client.get(&url(&server)).unwrap().length(), None);
    assert_eq!(get(&client, &url(&server)).unwrap(), bytes());
    let whole = Server::start(move |_| {
        let mut pieces = vec![head(200, &[("transfer-encoding", "chunked")])];
        pieces.extend(chunk(&bytes()));
        pieces.push(Piece::Bytes(b"0\r\n\r\n".to_vec()));
        pieces
    });
    assert_eq!(get(&client, &url(&whole)).unwrap(), bytes());
}

#[test]
fn a_file_that_is_gone_when_it_goes_on_is_not_found() {
    let server = Server::start(|asked| match asked.number {
        0 => part(200, 0, 10, &[TAG]),
        _ => answer(404, &[], ""),
    });
    let error = get(&client(&quick()), &url(&server)).unwrap_err();
    assert!(error.to_string().ends_with("/file: there is no such file (status 404)"), "{error}");
}

#[test]
fn an_interrupt_ends_a_download() {
    let server = Server::start(|_| {
        vec![head(200, &[("content-length", "10")]), Piece::Wait(Duration::from_secs(20)), Piece::End]
    });
    let interrupt = Interrupt::default();
    let client = Client::new(Settings::default(), &Limits { stall_seconds: 60, ..quick() }, &interrupt);
    let mut download = client.get(&url(&server)).unwrap();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        interrupt.signal().store(15, Ordering::Relaxed);
    });
    let began = Instant::now();
    let error = download.read(&mut [0; 10]).unwrap_err();
    assert_eq!(crate::code::of_io(&error), Code::Terminated);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(client.get(&url(&server)).unwrap_err().code(), Code::Terminated);
}

#[test]
fn r11_a_file_is_read_where_it_lies_and_its_own_origin_alone_learns_who_asks() {
    let storage = Server::start(|asked| match (asked.number, first(asked)) {
        (0, _) => part(200, 0, 100, &[TAG, ("set-cookie", "canary=1")]),
        (_, Some(first)) => part(206, first, SIZE, &[TAG]),
        _ => whole(&[TAG]),
    });
    // What a redirect says of who asks counts for nothing.
    let to = format!("http://other:canary@{}/storage?signature=x", storage.host());
    let server = Server::start(move |asked| match asked.line.as_str() {
        "GET /file" => answer(302, &[("location", "/there")], ""),
        _ => answer(307, &[("location", &to), ("set-cookie", "canary=1")], ""),
    });
    let url = format!("http://user:canary@{}/file", server.host()).parse().unwrap();
    assert_eq!(get(&client(&quick()), &url).unwrap(), bytes());
    assert_eq!(server.lines(), ["GET /file", "GET /there", "GET /file", "GET /there"]);
    let basic = Some("Basic dXNlcjpjYW5hcnk=");
    assert!(server.asked().iter().all(|asked| asked.header("authorization") == basic));
    assert_eq!(storage.lines(), ["GET /storage?signature=x"; 2]);
    assert_eq!(first(&storage.asked()[1]), Some(100));
    for asked in storage.asked().iter().chain(&server.asked()) {
        assert_eq!(asked.header("cookie"), None);
    }
    assert!(storage.asked().iter().all(|asked| asked.header("authorization").is_none()));
}

#[test]
fn r11_redirects_that_are_not_followed() {
    let limits = Limits { redirects: 2, ..quick() };
    let reach = RedirectProblem::Reach("169.254.169.254".parse().unwrap());
    for (to, expected, requests) in [
        ("/again?key=canary", RedirectProblem::Count, 3),
        ("", RedirectProblem::Address, 1),
        ("ftp://user:canary@x/?canary", RedirectProblem::Address, 1),
        ("http://169.254.169.254/?canary", reach, 1),
    ] {
        let server = Server::start(move |_| answer(301, &[("location", to)], ""));
        let error = client(&limits).get(&url(&server)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        let HttpError::Redirect { problem, .. } = error else { panic!("{error}") };
        assert_eq!((problem, server.asked().len()), (expected, requests), "{to}");
    }
}

#[test]
fn x01_a_password_in_an_address_is_sent_and_not_shown() {
    let server = Server::start(|asked| match asked.line.as_str() {
        "GET /refused" => answer(401, &[("www-authenticate", "Basic")], ""),
        _ if asked.header("authorization") == Some("Basic bWU6cEBzcyBjYW5hcnk=") => answer(200, &[], "ok"),
        _ => answer(403, &[], ""),
    });
    let client = client(&quick());
    let url: Url = format!("http://me:p%40ss%20canary@{}/file", server.host()).parse().unwrap();
    let mut download = client.get(&url).unwrap();
    assert_eq!(io::read_to_string(&mut download).unwrap(), "ok");
    let base: Url = format!("http://me:canary@{}", server.host()).parse().unwrap();
    let refused = client.get(&base.below("refused")).unwrap_err();
    assert_eq!(refused.code(), Code::Auth);
    assert!(server.asked()[1].header("authorization").is_some(), "a file below is asked for with it");
    let lost: Url = "http://me:canary@127.0.0.1:1/".parse().unwrap();
    let lost = Client::new(Settings::default(), &Limits { tries: 1, ..quick() }, &Interrupt::default())
        .get(&lost)
        .unwrap_err();
    let shown = [
        format!("{url} {url:?} {} {download:?}", url.shown()),
        format!("{refused} {refused:?} {lost} {lost:?}"),
    ];
    assert!(shown.iter().all(|shown| !shown.contains("canary")), "{shown:?}");
}
