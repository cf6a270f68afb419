//! Blobs uploaded in chunks.

use std::io::Read;

use super::outgoing::Outgoing;
use super::session::Upload;
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::request::{Body, Method};

/// Bytes of a chunk, which is held in memory.
const CHUNK: u64 = 8 << 20;

impl Repository {
    pub(super) fn upload_chunks(
        &self,
        outgoing: &Outgoing<'_>,
        session: Option<Upload>,
    ) -> Result<(), RegistryError> {
        let sent = self.replayed(session, |upload| self.chunks(outgoing, upload), || outgoing.is_at_fault());
        sent.map_err(|error| outgoing.blame(error))
    }

    fn chunks(&self, outgoing: &Outgoing<'_>, mut upload: Upload) -> Result<(), RegistryError> {
        let mut reader = outgoing.open()?;
        let (mut chunk, mut at) = (Vec::new(), 0);
        loop {
            chunk.clear();
            let read = reader.by_ref().take(CHUNK).read_to_end(&mut chunk);
            read.map_err(RegistryError::Unreadable)?;
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
