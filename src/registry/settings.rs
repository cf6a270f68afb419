//! How each registry is reached.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How registries are reached; what is not said holds as it does for most.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By host, and port where one is written.
    pub hosts: BTreeMap<String, HostSettings>,
}

/// How one registry is reached.
#[derive(Clone, Debug, Default)]
pub struct HostSettings {
    /// Whether it is reached without TLS; loopback addresses are where nothing is said.
    pub plain_http: Option<bool>,
    /// Whether its certificate is not verified.
    pub insecure: bool,
    /// Certificates of authorities that are trusted besides the platform's, PEM.
    pub ca: Option<PathBuf>,
    /// A certificate and a key that it is shown, PEM.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Hosts, with a path or not, that are asked before it, in this order.
    pub mirrors: Vec<String>,
    /// Hosts besides its own that its credential may go to for a token.
    pub realms: Vec<String>,
    /// Hosts besides its own that uploads may go to, without a credential.
    pub uploads: Vec<String>,
}
