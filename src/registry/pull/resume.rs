//! A blob that survives connections that break off.

use super::blob;
use crate::http::{Again, Response, Resumed};
use crate::oci::{Descriptor, Digest};
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;

/// Asks for a blob; one that is not there is an error.
pub(in crate::registry) fn open_blob(
    repository: &Repository,
    descriptor: &Descriptor,
) -> Result<Resumed<Blob>, RegistryError> {
    find_blob(repository, descriptor)?.ok_or_else(|| missing(repository, &descriptor.digest))
}

/// Asks for a blob that may not be there.
pub(in crate::registry) fn find_blob(
    repository: &Repository,
    descriptor: &Descriptor,
) -> Result<Option<Resumed<Blob>>, RegistryError> {
    let (digest, size) = (descriptor.digest, descriptor.size);
    let body = repository.read(|place| blob::from(place, &digest, 0))?;
    let blob = Blob { repository: repository.clone(), digest, size };
    Ok(body.map(|body| Resumed::new(&repository.shared().wire.http, blob, body)))
}

/// A blob in a repository.
pub(in crate::registry) struct Blob {
    repository: Repository,
    digest: Digest,
    size: u64,
}

impl Blob {
    fn from(&self, first: u64) -> Result<Response, RegistryError> {
        let answer = self.repository.read(|place| blob::from(place, &self.digest, first))?;
        answer.ok_or_else(|| missing(&self.repository, &self.digest))
    }
}

impl Again for Blob {
    type Error = RegistryError;

    fn whole(&mut self, _: u64) -> Result<Response, RegistryError> {
        self.from(0)
    }

    fn rest(&mut self, first: u64) -> Result<Option<Response>, RegistryError> {
        match self.from(first) {
            Err(error) if error.status() == Some(416) => Ok(None),
            answer => answer.map(Some),
        }
    }

    fn size(&self) -> Option<u64> {
        Some(self.size)
    }
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
    use std::io::{self, Read as _};

    use super::*;
    use crate::code::AnyFailure;
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
        assert_eq!(repository.shared().traffic().blob_bytes_in(), SIZE as u64);
        assert_eq!(repository.shared().traffic().requests(), 2);
    }
}
