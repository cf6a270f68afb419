//! Small blobs: verified before they are sent, in one request where the registry takes that.

use std::io::Read;

use super::outgoing::{Outgoing, fault};
use super::session::Upload;
use crate::http::Body;
use crate::layer::VerifiedReader;
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;

/// Bytes of a blob that is held in memory while it is sent.
pub(super) const SMALL: u64 = 64 << 10;

impl Repository {
    /// Uploads a small blob.
    pub(super) fn upload_small(
        &self,
        outgoing: &Outgoing<'_>,
        session: Option<Upload>,
    ) -> Result<(), RegistryError> {
        let bytes = whole(outgoing)?;
        self.send_small(outgoing, &bytes, session)?;
        // Once, however often it was sent: what a registry does not take at once is a matter of chance.
        outgoing.traffic.sent(bytes.len() as u64);
        outgoing.advance(bytes.len() as u64);
        Ok(())
    }

    fn send_small(
        &self,
        outgoing: &Outgoing<'_>,
        bytes: &[u8],
        session: Option<Upload>,
    ) -> Result<(), RegistryError> {
        let session = match session {
            None if self.abilities().single_post != Some(false) => match self.post(outgoing, bytes)? {
                Posted::Done => return Ok(()),
                Posted::Session(session) => session,
            },
            session => session,
        };
        let put = |session| self.end_upload(session, &outgoing.descriptor.digest, Body::Bytes(bytes));
        self.replayed(session, put)
    }

    fn post(&self, outgoing: &Outgoing<'_>, bytes: &[u8]) -> Result<Posted, RegistryError> {
        let digest = &outgoing.descriptor.digest;
        let answer = self.begin_with(vec![("digest", digest.to_string())], Body::Bytes(bytes))?;
        match answer.status {
            201 => {
                answer.check_digest(digest)?;
                answer.discard();
                self.learn(|abilities| abilities.single_post = Some(true));
                Ok(Posted::Done)
            }
            202 => {
                self.learn(|abilities| abilities.single_post = Some(false));
                answer.session().map(|session| Posted::Session(Some(session)))
            }
            400 | 405 | 411 | 413 | 415 | 501 => {
                answer.discard();
                self.learn(|abilities| abilities.single_post = Some(false));
                Ok(Posted::Session(None))
            }
            _ => Err(answer.into_error()),
        }
    }
}

/// What became of a blob that was sent in one POST.
enum Posted {
    Done,
    /// It has to be sent again, in the session that was begun, or another.
    Session(Option<Upload>),
}

/// All bytes of a blob, verified.
fn whole(outgoing: &Outgoing<'_>) -> Result<Vec<u8>, RegistryError> {
    let mut bytes = Vec::new();
    let source = outgoing.source.open(outgoing.descriptor)?;
    let read = VerifiedReader::new(source, outgoing.descriptor).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(fault)
}
