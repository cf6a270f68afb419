//! Blobs uploaded: as a stream in one piece, and again from the beginning where that fails.

use super::outgoing::Outgoing;
use super::session::Upload;
use super::small::SMALL;
use crate::layer::BlobSource;
use crate::oci::Descriptor;
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::request::Body;

/// How often a blob is sent.
const TRIES: u32 = 5;

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
        let outgoing = Outgoing::new(descriptor, source, &shared.interrupt, &shared.traffic, progress);
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
        let outgoing = Outgoing::new(descriptor, source, &shared.interrupt, &shared.traffic, progress);
        self.upload_chunks(&outgoing, session)
    }

    fn upload_stream(&self, outgoing: &Outgoing<'_>, session: Option<Upload>) -> Result<(), RegistryError> {
        let Descriptor { digest, size, .. } = outgoing.descriptor;
        let open = || outgoing.open();
        let put = |session| self.end_upload(session, digest, Body::Stream { size: *size, open: &open });
        let sent = self.replayed(session, put, || outgoing.is_at_fault());
        sent.map_err(|error| outgoing.blame(error))
    }

    /// Sends a blob by `send` in a session, and in new ones where that fails in a way that another try may mend.
    pub(super) fn replayed(
        &self,
        mut session: Option<Upload>,
        send: impl Fn(Upload) -> Result<(), RegistryError>,
        is_hopeless: impl Fn() -> bool,
    ) -> Result<(), RegistryError> {
        let mut tries = 1;
        loop {
            self.shared().interrupt.check()?;
            let upload = session.take().map_or_else(|| self.begin_upload(), Ok)?;
            match send(upload) {
                Err(error) if tries < TRIES && !is_hopeless() && is_passing(&error) => tries += 1,
                result => return result,
            }
        }
    }
}

/// Whether another session may succeed: the answer was lost, the session was, or the server failed.
fn is_passing(error: &RegistryError) -> bool {
    let lost = matches!(error, RegistryError::Unanswered { .. });
    lost || matches!(error.status(), Some(404 | 416 | 500 | 502 | 504))
}
