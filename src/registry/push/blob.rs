//! Blobs uploaded: as a stream in one piece, and again from the beginning where that fails.

use super::outgoing::{Outgoing, blamed};
use super::session::Upload;
use super::small::SMALL;
use crate::http::{Body, Retry};
use crate::layer::BlobSource;
use crate::oci::Descriptor;
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;

impl Repository {
    /// Uploads a blob, verified on the way: one that is not what its descriptor says is never completed.
    ///
    /// It is streamed, in the given session or one of its own, and sent again where that fails. `progress` is told how
    /// many more bytes are sent.
    pub fn upload(
        &self,
        descriptor: &Descriptor,
        session: Option<Upload>,
        source: &dyn BlobSource,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RegistryError> {
        let shared = self.shared();
        let outgoing = Outgoing::new(descriptor, source, &shared.interrupt, shared.traffic(), progress);
        if descriptor.size <= SMALL {
            return self.upload_small(&outgoing, session);
        }
        if self.abilities().whole_put == Some(false) {
            return self.upload_chunks(&outgoing, session);
        }
        match self.upload_stream(&outgoing, session) {
            Err(error) if matches!(error.status(), Some(405 | 413)) => {
                self.learn(|abilities| abilities.whole_put = Some(false));
                self.upload_chunks(&outgoing, None)
            }
            result => result,
        }
    }

    /// Uploads a blob in chunks, as registries need it that limit the size of a request.
    pub fn upload_chunked(
        &self,
        descriptor: &Descriptor,
        session: Option<Upload>,
        source: &dyn BlobSource,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RegistryError> {
        let shared = self.shared();
        let outgoing = Outgoing::new(descriptor, source, &shared.interrupt, shared.traffic(), progress);
        self.upload_chunks(&outgoing, session)
    }

    fn upload_stream(&self, outgoing: &Outgoing<'_>, session: Option<Upload>) -> Result<(), RegistryError> {
        let Descriptor { digest, size, .. } = outgoing.descriptor;
        let open = || outgoing.open();
        let put = |session| self.end_upload(session, digest, Body::Stream { size: *size, open: &open });
        self.replayed(session, put).map_err(blamed)
    }

    /// Sends a blob by `send` in a session, and in new ones where that fails in a way that another try may mend.
    pub(super) fn replayed(
        &self,
        mut session: Option<Upload>,
        send: impl Fn(Upload) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let mut retry = Retry::new(&self.shared().limits, &self.shared().interrupt);
        loop {
            self.shared().interrupt.check()?;
            let upload = session.take().map_or_else(|| self.begin_upload(), Ok)?;
            match send(upload) {
                Err(error) if is_passing(&error) && retry.wait(None)? => self.shared().traffic().retry(),
                result => return result,
            }
        }
    }
}

/// Whether another session may succeed: the answer was lost, the session was, or the server failed.
fn is_passing(error: &RegistryError) -> bool {
    error.is_lost() || matches!(error.status(), Some(404 | 416 | 500 | 502 | 504))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::oci::{Digest, MediaType};
    use crate::registry::sample::{
        Answer, Asked, Blob, Server, Shelf, answer, bytes, refusal, repository, unseen, working,
    };
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    /// More than is held in memory.
    const SIZE: usize = 200_000;

    fn blob(size: usize) -> (Descriptor, Blob) {
        let bytes = bytes(size);
        (Descriptor::of(MediaType::Config, &bytes), Blob(bytes))
    }

    /// A registry that `answer` stands before.
    fn before(answer: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
        let shelf = Shelf::default();
        Server::start(move |asked| answer(asked).unwrap_or_else(|| shelf.answer(asked)))
    }

    fn upload(server: &Server, size: usize) -> Result<(), RegistryError> {
        let (descriptor, blob) = blob(size);
        repository(server).upload(&descriptor, None, &blob, &unseen)
    }

    #[test]
    fn a_blob_goes_in_one_piece_to_where_the_registry_says() {
        for size in [0, 1, SMALL as usize, SMALL as usize + 1, SIZE] {
            let (shelf, server, repository) = working();
            let (descriptor, blob) = blob(size);
            let sent = AtomicU64::new(0);
            let count = |bytes| _ = sent.fetch_add(bytes, Ordering::Relaxed);
            assert!(!repository.has_blob(&descriptor).unwrap());
            repository.upload(&descriptor, None, &blob, &count).unwrap();
            assert!(repository.has_blob(&descriptor).unwrap());
            assert_eq!(shelf.blobs.lock().unwrap()[&format!("acme/app {}", descriptor.digest)], blob.0);
            let expected = format!("PUT /v2/acme/app/blobs/uploads/1?_state=x&digest={}", descriptor.digest);
            assert_eq!(server.lines()[2], expected);
            assert_eq!(server.count("POST", ""), 1);
            assert_eq!(sent.into_inner(), size as u64);
            assert_eq!(repository.shared().traffic().blob_bytes_out(), size as u64);
        }
    }

    #[test]
    fn a_small_blob_takes_one_request_where_the_registry_allows_it() {
        let server = Server::start(|asked| match asked.method.as_str() {
            "POST" => answer(201),
            _ => unreachable!("nothing else is needed"),
        });
        upload(&server, 10).unwrap();
        assert_eq!(server.asked()[0].body, bytes(10));
        for status in [202, 400, 405, 413] {
            let server =
                before(move |asked| (status != 202 && asked.is("POST", "digest=")).then(|| answer(status)));
            let repository = repository(&server);
            for size in [10, 11] {
                let (descriptor, blob) = blob(size);
                repository.upload(&descriptor, None, &blob, &unseen).unwrap();
            }
            assert_eq!(server.count("POST", "digest="), 1, "what it cannot do is learned");
            assert_eq!(server.count("PUT", "digest="), 2);
        }
    }

    #[test]
    fn a_blob_that_is_not_what_it_is_called_never_arrives_whole() {
        for size in [10, SMALL as usize + 1, SIZE] {
            for wrong in [bytes(size - 1), bytes(size + 1), vec![0; size]] {
                let (shelf, server, repository) = working();
                let (descriptor, _) = blob(size);
                let (code, length) =
                    if wrong.len() == size { (Code::Digest, size) } else { (Code::Size, wrong.len()) };
                for chunked in [false, true] {
                    let blob = Blob(wrong.clone());
                    let result = if chunked {
                        repository.upload_chunked(&descriptor, None, &blob, &unseen)
                    } else {
                        repository.upload(&descriptor, None, &blob, &unseen)
                    };
                    assert_eq!(result.unwrap_err().code(), code, "{size} {length}");
                }
                assert!(server.asked().iter().all(|asked| asked.body.len() < size), "{size} {length}");
                assert!(server.count("PUT", "") <= 1, "it is not tried again");
                assert!(shelf.blobs.lock().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn an_upload_that_fails_is_begun_anew() {
        for size in [10, SIZE] {
            for times in [1, 4] {
                let puts = AtomicUsize::new(0);
                let server = before(move |asked| {
                    let fails = asked.is("PUT", "/uploads/") && puts.fetch_add(1, Ordering::Relaxed) < times;
                    fails.then(|| answer(404).body("lost"))
                });
                upload(&server, size).unwrap();
                assert_eq!(server.count("PUT", ""), times + 1);
                assert_eq!(server.count("POST", ""), times + 1);
            }
            let server = before(|asked| asked.is("PUT", "/uploads/").then(|| answer(404)));
            assert_eq!(upload(&server, size).unwrap_err().code(), Code::Remote);
            assert_eq!(server.count("PUT", ""), 5);
        }
    }

    #[test]
    fn an_upload_whose_connection_ends_is_begun_anew() {
        let puts = AtomicUsize::new(0);
        let server = before(move |asked| {
            let fails = asked.is("PUT", "/uploads/") && puts.fetch_add(1, Ordering::Relaxed) == 0;
            fails.then(|| answer(500).with("content-length", 10).cut(0))
        });
        let sent = AtomicU64::new(0);
        let (descriptor, blob) = blob(SIZE);
        let count = |bytes| _ = sent.fetch_add(bytes, Ordering::Relaxed);
        repository(&server).upload(&descriptor, None, &blob, &count).unwrap();
        assert_eq!(sent.into_inner(), SIZE as u64, "bytes that are sent again are no progress");
    }

    #[test]
    fn r17_only_a_201_with_the_right_digest_or_none_counts() {
        let created = || answer(201).with("docker-content-digest", Digest::of(b"other"));
        for size in [10, SIZE] {
            for (reply, code) in [
                (created(), Some(Code::Digest)),
                (answer(200), Some(Code::Remote)),
                (answer(202), Some(Code::Remote)),
                (refusal(400, "DIGEST_INVALID"), Some(Code::Remote)),
                (answer(201), None),
            ] {
                let server = before(move |asked| asked.is("PUT", "/uploads/").then(|| reply.clone()));
                assert_eq!(upload(&server, size).err().map(|error| error.code()), code);
                assert_eq!(server.count("PUT", ""), 1);
            }
        }
        let server = Server::start(move |_| created());
        assert_eq!(upload(&server, 10).unwrap_err().code(), Code::Digest);
    }

    #[test]
    fn an_upload_without_a_place_to_go_on_is_an_error_that_says_so() {
        for size in [10, SIZE] {
            let server = Server::start(|_| answer(202));
            let error = upload(&server, size).unwrap_err();
            assert_eq!(error.code(), Code::Remote);
            assert!(error.to_string().contains("no `Location`"), "{error}");
        }
    }

    #[test]
    fn an_interrupt_ends_an_upload() {
        let (shelf, _server, repository) = working();
        let (descriptor, blob) = blob(SIZE);
        let stop = |_| repository.shared().interrupt.signal().store(15, Ordering::Relaxed);
        let error = repository.upload(&descriptor, None, &blob, &stop).unwrap_err();
        assert_eq!(error.code(), Code::Terminated, "{error}");
        assert!(shelf.blobs.lock().unwrap().is_empty());
    }

    #[test]
    fn a_blob_that_is_missing_is_blamed_itself() {
        struct Nothing;
        impl BlobSource for Nothing {
            fn open(
                &self,
                descriptor: &Descriptor,
            ) -> Result<Box<dyn std::io::Read + Send>, crate::layer::SourceError> {
                Err(crate::layer::SourceError::Missing { digest: descriptor.digest })
            }
        }
        for size in [10, SIZE] {
            let (_shelf, server, repository) = working();
            let error = repository.upload(&blob(size).0, None, &Nothing, &unseen).unwrap_err();
            assert_eq!(error.code(), Code::SourceMissing, "{error}");
            assert!(server.lines().len() <= 2);
        }
    }
}
