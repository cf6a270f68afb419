//! TLS.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How a server speaks TLS.
#[derive(Clone)]
pub(crate) struct Tls(Arc<ServerConfig>);

impl Tls {
    /// Shakes hands.
    pub(super) fn accept<S: Read + Write>(
        &self,
        mut stream: S,
    ) -> io::Result<StreamOwned<ServerConnection, S>> {
        let mut session = ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        session.complete_io(&mut stream)?;
        Ok(StreamOwned::new(session, stream))
    }
}
