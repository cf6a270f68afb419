//! How each registry is reached.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::address;
use super::auth::CredentialFiles;
use super::proxy::Proxies;
use super::url::Origin;

/// How registries are reached; what is not said holds as it does for most.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By host, and port where one is written.
    pub hosts: BTreeMap<String, HostSettings>,
    /// Where credentials are kept.
    pub credentials: CredentialFiles,
    /// What requests go through.
    pub proxies: Proxies,
}

/// How one registry is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostSettings {
    /// Whether it is reached without TLS. Where nothing is said, this machine is, unless something is said of TLS.
    pub plain_http: Option<bool>,
    /// Whether its certificate is not verified.
    pub insecure: bool,
    /// Certificates of the authorities that are trusted instead of the platform's, PEM.
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

impl Settings {
    /// Where a registry is, which references name by `host`.
    pub(super) fn origin(&self, host: &str) -> Origin {
        let address = if host == "docker.io" { "registry-1.docker.io" } else { host };
        let (name, port) = match address.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() => (name, port.parse().ok()),
            _ => (address, None),
        };
        let name = name.to_ascii_lowercase();
        let settings = self.hosts.get(host).cloned().unwrap_or_default();
        let speaks_of_tls = settings.insecure || settings.ca.is_some() || settings.client.is_some();
        let is_plain = settings.plain_http.unwrap_or(!speaks_of_tls && address::is_loopback(&name));
        let port = port.unwrap_or(if is_plain { 80 } else { 443 });
        Origin { is_tls: !is_plain, host: name, port }
    }

    /// What is said of whoever is at an origin.
    pub(super) fn at(&self, origin: &Origin) -> Option<&HostSettings> {
        let found = self.hosts.iter().find(|(host, _)| {
            let own = self.origin(host);
            (&own.host, own.port) == (&origin.host, origin.port)
        });
        found.map(|(_, settings)| settings)
    }

    /// What is said of a registry.
    pub(super) fn of(&self, host: &str) -> HostSettings {
        self.hosts.get(host).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_without_tls_unless_settings_say_so() {
        let mut settings = Settings::default();
        let host = |plain_http, ca: Option<&str>| HostSettings {
            plain_http,
            ca: ca.map(Into::into),
            ..HostSettings::default()
        };
        settings.hosts.insert("plain.example".to_owned(), host(Some(true), None));
        settings.hosts.insert("localhost:5001".to_owned(), host(Some(false), None));
        settings.hosts.insert("localhost:5002".to_owned(), host(None, Some("ca.pem")));
        for (name, expected) in [
            ("docker.io", "https://registry-1.docker.io:443"),
            ("Quay.io", "https://quay.io:443"),
            ("reg.example:5000", "https://reg.example:5000"),
            ("10.0.0.1:5000", "https://10.0.0.1:5000"),
            ("localhost", "http://localhost:80"),
            ("localhost:5000", "http://localhost:5000"),
            ("127.0.0.7:5000", "http://127.0.0.7:5000"),
            ("localhost:5001", "https://localhost:5001"),
            ("localhost:5002", "https://localhost:5002"),
            ("plain.example", "http://plain.example:80"),
        ] {
            assert_eq!(settings.origin(name).to_string(), expected);
        }
    }
}
