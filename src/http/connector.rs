//! How connections are made: to a proxy or a server, with TLS on top.

use std::fmt;

use ureq::Error;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, RustlsConnector, TcpConnector,
};

use super::pace::{Pace, PacedConnector};

/// Makes connections that keep a pace; `ureq`'s own way, but for what lies between TCP and TLS.
pub(super) fn connector(pace: Pace) -> impl Connector<()> {
    let connections = ConnectProxyConnector::default().chain(TcpConnector::default());
    Attempt(connections.chain(PacedConnector(pace)).chain(RustlsConnector::default()))
}

/// A connection that cannot be made: nothing of the request was sent.
#[derive(Debug)]
pub(super) struct Unconnected(pub(super) Error);

impl fmt::Display for Unconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection: {}", self.0)
    }
}

impl std::error::Error for Unconnected {}

/// Marks what goes wrong before there is a connection.
#[derive(Debug)]
struct Attempt<C>(C);

impl<C: Connector<()>> Connector<()> for Attempt<C> {
    type Out = C::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<C::Out>, Error> {
        self.0.connect(details, None).map_err(|error| Error::Other(Box::new(Unconnected(error))))
    }
}
