//! How servers are connected to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::proxy::Proxies;
use super::url::Origin;

/// How servers are connected to; what is not said holds as it does for most.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By host, in lower case and IPv6 in brackets, and port.
    pub hosts: BTreeMap<(String, u16), Tls>,
    /// What requests go through.
    pub proxies: Proxies,
}

/// What TLS is spoken with to one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether its certificate is not verified.
    pub insecure: bool,
    /// Certificates of the authorities that are trusted instead of the platform's, PEM.
    pub ca: Option<PathBuf>,
    /// A certificate and a key that it is shown, PEM.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Settings {
    /// What is said of whoever is at an origin.
    pub(super) fn at(&self, origin: &Origin) -> Option<&Tls> {
        self.hosts.get(&(origin.host.clone(), origin.port))
    }
}
