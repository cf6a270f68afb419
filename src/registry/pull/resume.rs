//! A blob that survives connections that break off.

use std::io::{self, Read};

use super::blob;
use crate::code::AnyFailure;
use crate::interrupt::Interrupted;
use crate::oci::{Descriptor, Digest};
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::response::Response;
use crate::registry::retry::Retry;

/// A blob's bytes, all of them, from as many answers as it takes.
///
/// An answer that is no more than the rest of the blob goes on where the last one broke off; of any other the bytes that
/// came already are skipped. Whoever hashes the whole notices when they were others.
pub(in crate::registry) struct Resumed {
    repository: Repository,
    digest: Digest,
    size: u64,
    /// The bytes that were passed on.
    at: u64,
    body: Option<Response>,
    /// The bytes of the answer that were passed on from an earlier one.
    skip: u64,
    tries: u32,
    /// Whether answers to a range were right so far.
    ranges: bool,
}

impl Resumed {
    /// Asks for a blob; one that is not there is an error.
    pub(in crate::registry) fn open(
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<Self, RegistryError> {
        Self::find(repository, descriptor)?.ok_or_else(|| missing(repository, &descriptor.digest))
    }

    /// Asks for a blob that may not be there.
    pub(in crate::registry) fn find(
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<Option<Self>, RegistryError> {
        let (digest, size) = (descriptor.digest, descriptor.size);
        let body = repository.read(|place| blob::from(place, &digest, 0))?;
        Ok(body.map(|body| {
            let repository = repository.clone();
            Self { repository, digest, size, at: 0, body: Some(body), skip: 0, tries: 1, ranges: true }
        }))
    }

    /// Reads a part; one of no bytes is the end of the blob.
    fn part(&mut self, out: &mut [u8]) -> Result<usize, RegistryError> {
        loop {
            self.repository.shared().interrupt.check()?;
            if self.body.is_none() {
                self.body = Some(self.again()?);
            }
            let Some(body) = &mut self.body else { continue };
            match skipping(&mut self.skip, body, out) {
                Ok(0) if self.at < self.size => {
                    let problem = format!("{}: the answer ends too soon", body.what);
                    self.broken_off(problem)?;
                }
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => match error.downcast::<Interrupted>() {
                    Ok(interrupted) => return Err(interrupted.into()),
                    Err(error) => self.broken_off(error.to_string())?,
                },
            }
        }
    }

    /// Asks for what is left, and sets how much of the answer came before.
    fn again(&mut self) -> Result<Response, RegistryError> {
        if self.ranges && self.at > 0 {
            if let Some(rest) = self.rest()? {
                return Ok(rest);
            }
            self.ranges = false;
        }
        self.skip = self.at;
        let whole = self.repository.read(|place| blob::from(place, &self.digest, 0))?;
        whole.ok_or_else(|| missing(&self.repository, &self.digest))
    }

    /// Asks for the bytes that did not come; nothing where ranges are not understood.
    fn rest(&mut self) -> Result<Option<Response>, RegistryError> {
        let answer = match self.repository.read(|place| blob::from(place, &self.digest, self.at)) {
            Err(error) if error.status() == Some(416) => return Ok(None),
            answer => answer?.ok_or_else(|| missing(&self.repository, &self.digest))?,
        };
        self.skip = if answer.status == 206 { 0 } else { self.at };
        let is_rest = |range: &str| continues(range, self.at, self.size);
        let is_right = answer.status == 200 || answer.header("content-range").is_some_and(is_rest);
        Ok(is_right.then_some(answer))
    }

    /// Notes that an answer broke off, and waits before the next try.
    fn broken_off(&mut self, problem: String) -> Result<(), RegistryError> {
        self.body = None;
        let shared = self.repository.shared();
        let mut retry = Retry::after(self.tries, &shared.limits, &shared.interrupt);
        if !retry.wait(None)? {
            return Err(RegistryError::BrokenOff {
                at: self.at,
                size: self.size,
                tries: self.tries,
                problem,
            });
        }
        shared.traffic.retry();
        self.tries = retry.tries();
        Ok(())
    }
}

impl Read for Resumed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let read = self.part(out).map_err(|error| AnyFailure::new(error).into_io())?;
        self.at += read as u64;
        self.repository.shared().traffic.received(read as u64);
        Ok(read)
    }
}

/// Reads what comes after `skip` bytes, which are read and forgotten first.
fn skipping(skip: &mut u64, body: &mut Response, out: &mut [u8]) -> io::Result<usize> {
    while *skip > 0 {
        let part = usize::try_from(*skip).unwrap_or(usize::MAX).min(out.len());
        match body.body.read(&mut out[..part])? {
            0 => return Ok(0),
            read => *skip -= read as u64,
        }
    }
    body.body.read(out)
}

/// Whether a `Content-Range` is that of all bytes of a blob from `first` on.
fn continues(range: &str, first: u64, size: u64) -> bool {
    let parts = range.trim().strip_prefix("bytes ").and_then(|range| range.split_once('/'));
    let Some(((begin, end), total)) = parts.and_then(|(range, total)| Some((range.split_once('-')?, total)))
    else {
        return false;
    };
    let is = |text: &str, number: u64| text == number.to_string();
    is(begin, first) && is(end, size.saturating_sub(1)) && (total == "*" || is(total, size))
}

fn missing(repository: &Repository, digest: &Digest) -> RegistryError {
    RegistryError::Status {
        what: format!("blob {digest} in {}", repository.full_name()),
        status: 404,
        message: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::layer::VerifiedReader;
    use crate::oci::MediaType;
    use crate::registry::sample::{Answer, Asked, Server, answer, bytes, repository};
    use std::sync::atomic::{AtomicUsize, Ordering};

    const SIZE: usize = 100_000;

    fn descriptor() -> Descriptor {
        Descriptor::of(MediaType::Config, &bytes(SIZE))
    }

    /// The first byte that is asked for.
    fn first(asked: &Asked) -> usize {
        let range = asked.headers.get("range").map(|range| range.strip_prefix("bytes=").unwrap());
        range.map_or(0, |range| range.strip_suffix('-').unwrap().parse().unwrap())
    }

    /// The answer to a range.
    fn partial(first: usize) -> Answer {
        let range = format!("bytes {first}-{}/{SIZE}", SIZE - 1);
        answer(206).with("content-range", range).body(&bytes(SIZE)[first..])
    }

    fn whole(asked: &Asked) -> Answer {
        match first(asked) {
            0 => answer(200).body(bytes(SIZE)),
            first => partial(first),
        }
    }

    fn read(server: &Server) -> io::Result<Vec<u8>> {
        let blob = repository(server).blob(&descriptor()).unwrap();
        let mut read = Vec::new();
        VerifiedReader::new(blob, &descriptor()).read_to_end(&mut read).map(|_| read)
    }

    /// A server whose first answers are made by `broken`, and the others whole.
    fn breaking(times: usize, broken: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
        let asked_for = AtomicUsize::new(0);
        Server::start(move |asked| {
            if asked_for.fetch_add(1, Ordering::Relaxed) < times { broken(asked) } else { whole(asked) }
        })
    }

    #[test]
    fn r14_a_blob_goes_on_where_it_broke_off() {
        for at in [0, 1, SIZE / 2, SIZE - 1] {
            let server = breaking(1, move |asked| whole(asked).cut(at));
            assert_eq!(read(&server).unwrap(), bytes(SIZE), "{at}");
            let second = server.asked()[1].clone();
            assert!(first(&second) <= at, "{at}");
            assert_eq!(first(&second) > 0, at > 0);
        }
        let server = breaking(4, |asked| whole(asked).cut(1000));
        assert_eq!(read(&server).unwrap(), bytes(SIZE));
        assert_eq!(server.lines().len(), 5);
    }

    #[test]
    fn r14_a_blob_that_always_breaks_off_is_an_error_after_five_tries() {
        for broken in [(|asked: &Asked| whole(asked).cut(10)) as fn(&Asked) -> Answer, |_| {
            answer(200).body(&bytes(SIZE)[..SIZE / 2])
        }] {
            let server = breaking(usize::MAX, broken);
            let error = read(&server).unwrap_err();
            assert_eq!(AnyFailure::of_io(&error).unwrap().code(), Code::Remote, "{error}");
            assert_eq!(crate::code::of_io(&error), Code::Remote);
            let gets = server.lines().len();
            assert!((5..=6).contains(&gets), "{gets}");
        }
    }

    #[test]
    fn r15_what_is_not_the_rest_is_read_from_the_beginning() {
        let wrong: [fn(usize) -> Answer; 6] = [
            |_| answer(200).body(bytes(SIZE)),
            |_| answer(416),
            |first| partial(first + 1),
            |first| partial(first - 1),
            |first| partial(first).without("content-range"),
            |first| partial(first).without("content-range").with("content-range", "bytes 0-1/2"),
        ];
        for (case, wrong) in wrong.into_iter().enumerate() {
            let asked_for = AtomicUsize::new(0);
            let server = Server::start(move |asked| {
                match (asked_for.fetch_add(1, Ordering::Relaxed), asked.headers.contains_key("range")) {
                    (0, _) => answer(200).body(bytes(SIZE)).cut(70_000),
                    (_, true) => wrong(first(asked)),
                    (_, false) => answer(200).body(bytes(SIZE)),
                }
            });
            assert_eq!(read(&server).unwrap(), bytes(SIZE), "{case}");
        }
    }

    #[test]
    fn what_breaks_off_while_it_is_skipped_is_asked_for_again() {
        let asked_for = AtomicUsize::new(0);
        let server = Server::start(move |_| match asked_for.fetch_add(1, Ordering::Relaxed) {
            0 => answer(200).body(bytes(SIZE)).cut(70_000),
            1 => answer(200).body(bytes(SIZE)).cut(20_000),
            _ => answer(200).body(bytes(SIZE)),
        });
        assert_eq!(read(&server).unwrap(), bytes(SIZE));
    }

    #[test]
    fn every_byte_that_comes_is_counted_once() {
        let server = breaking(1, |asked| whole(asked).cut(50_000));
        let repository = repository(&server);
        io::copy(&mut repository.blob(&descriptor()).unwrap(), &mut io::sink()).unwrap();
        assert_eq!(repository.shared().traffic.blob_bytes_in(), SIZE as u64);
        assert_eq!(repository.shared().traffic.requests(), 2);
    }

    #[test]
    fn a_range_is_the_rest_only_if_it_is_exactly_that() {
        for (range, expected) in [
            ("bytes 5-9/10", true),
            ("bytes 5-9/*", true),
            ("bytes 5-8/10", false),
            ("bytes 4-9/10", false),
            ("bytes 5-9/11", false),
            ("bytes */10", false),
            ("items 5-9/10", false),
            ("bytes=5-9/10", false),
            ("bytes +5-9/10", false),
            ("", false),
        ] {
            assert_eq!(continues(range, 5, 10), expected, "{range}");
        }
    }
}
