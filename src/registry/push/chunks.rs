//! Blobs uploaded in chunks.

use std::io::Read;

use super::outgoing::{Outgoing, fault};
use super::session::Upload;
use crate::http::{Body, Method};
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;

/// Bytes of a chunk, which is held in memory.
const CHUNK: u64 = 8 << 20;

impl Repository {
    pub(super) fn upload_chunks(
        &self,
        outgoing: &Outgoing<'_>,
        session: Option<Upload>,
    ) -> Result<(), RegistryError> {
        self.replayed(session, |upload| self.chunks(outgoing, upload))
    }

    fn chunks(&self, outgoing: &Outgoing<'_>, mut upload: Upload) -> Result<(), RegistryError> {
        let mut reader = outgoing.open()?;
        let (mut chunk, mut at) = (Vec::new(), 0);
        loop {
            chunk.clear();
            let read = reader.by_ref().take(CHUNK).read_to_end(&mut chunk);
            read.map_err(fault)?;
            if chunk.is_empty() {
                return self.end_upload(upload, &outgoing.descriptor.digest, Body::Empty);
            }
            let end = at + chunk.len() as u64;
            let headers = vec![("content-range", format!("{at}-{}", end - 1))];
            let answer = self.send_part(Method::Patch, upload.location, headers, Body::Bytes(&chunk))?;
            upload = answer.expect(&[202])?.session()?;
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{Descriptor, MediaType};
    use crate::registry::sample::{Blob, Server, answer, bytes, repository, unseen};

    /// A registry that takes chunks alone: says where each goes on, and refuses a PUT with a body.
    fn chunked() -> Server {
        Server::start(|asked| match asked.method.as_str() {
            "POST" => answer(202).with("location", "/upload/0"),
            "PATCH" => {
                let range = &asked.headers["content-range"];
                let (begin, end) = range.split_once('-').unwrap();
                assert_eq!(asked.target, format!("/upload/{begin}"));
                let end = end.parse::<usize>().unwrap() + 1;
                assert_eq!(end - begin.parse::<usize>().unwrap(), asked.body.len());
                answer(202).with("location", format!("/upload/{end}"))
            }
            "PUT" if asked.body.is_empty() => answer(201),
            _ => answer(413),
        })
    }

    #[test]
    fn chunks_follow_each_other_and_an_empty_put_ends_them() {
        let size = CHUNK as usize + 1000;
        let (server, bytes) = (chunked(), bytes(size));
        let descriptor = Descriptor::of(MediaType::Config, &bytes);
        let repository = repository(&server);
        repository.upload_chunked(&descriptor, None, &Blob(bytes.clone()), &unseen).unwrap();
        let asked = server.asked();
        let ranges: Vec<_> = asked.iter().filter_map(|asked| asked.headers.get("content-range")).collect();
        assert_eq!(ranges, [&format!("0-{}", CHUNK - 1), &format!("{CHUNK}-{}", size - 1)]);
        let patches = asked.iter().filter(|asked| asked.method == "PATCH");
        assert_eq!(patches.flat_map(|asked| asked.body.clone()).collect::<Vec<_>>(), bytes);
        assert_eq!(asked[3].line(), format!("PUT /upload/{size}?digest={}", descriptor.digest));
        assert_eq!(repository.shared().traffic().blob_bytes_out(), size as u64);
    }

    #[test]
    fn a_registry_that_refuses_large_requests_gets_chunks_from_then_on() {
        let server = chunked();
        let repository = repository(&server);
        for size in [100_000, 100_001] {
            let bytes = bytes(size);
            let descriptor = Descriptor::of(MediaType::Config, &bytes);
            repository.upload(&descriptor, None, &Blob(bytes), &unseen).unwrap();
        }
        assert_eq!((server.count("PUT", ""), server.count("PATCH", ""), server.count("POST", "")), (3, 2, 3));
    }
}
