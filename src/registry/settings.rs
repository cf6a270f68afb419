//! How each registry is reached.

use std::collections::BTreeMap;

use super::auth::CredentialFiles;
use crate::http::{self, Origin, Proxies, Tls};
use crate::oci::RegistryName;
use crate::printable::{escaped, without_user};

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
    /// What TLS is spoken with.
    pub tls: Tls,
    /// Hosts, with a path or not, that are asked before it, in this order.
    pub mirrors: Vec<String>,
    /// Hosts besides its own that its credential may go to for a token.
    pub realms: Vec<String>,
    /// Hosts besides its own that uploads may go to, without a credential.
    pub uploads: Vec<String>,
}

/// A text that is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host, such as `registry.example.com:5000`")]
pub struct NoHost(pub String);

/// A host as references name registries, with a port or without.
pub(super) fn parse_host(text: &str) -> Result<String, NoHost> {
    let name = format!("{text}/x").parse::<RegistryName>().ok();
    // Of what is no host the grammar makes a path on Docker Hub.
    let host = name.filter(|name| name.repository() == "x" || name.repository() == "library/x");
    host.map(|name| name.host().to_owned()).ok_or_else(|| NoHost::of(text))
}

/// A host, or a host and a path below it.
pub(super) fn parse_mirror(text: &str) -> Result<String, NoHost> {
    let (host, path) = text.split_once('/').unwrap_or((text, "x"));
    let name = parse_host(host).ok().and_then(|host| format!("{host}/{path}").parse::<RegistryName>().ok());
    let is_one = name.is_some_and(|name| name.repository().ends_with(path));
    if is_one { Ok(text.to_owned()) } else { Err(NoHost::of(text)) }
}

impl NoHost {
    fn of(text: &str) -> Self {
        const SHOWN: usize = 80;
        Self(escaped(&without_user(text)).chars().take(SHOWN).collect())
    }
}

impl Settings {
    /// The settings of a registry, to be changed.
    pub fn host_mut(&mut self, host: &str) -> Result<&mut HostSettings, NoHost> {
        Ok(self.hosts.entry(parse_host(host)?).or_default())
    }

    /// Has a mirror asked before a registry, after those it has already.
    pub fn add_mirror(&mut self, host: &str, mirror: &str) -> Result<(), NoHost> {
        let mirror = parse_mirror(mirror)?;
        self.host_mut(host)?.mirrors.push(mirror);
        Ok(())
    }

    /// Where a registry is, which references name by `host`.
    pub(super) fn origin(&self, host: &str) -> Origin {
        let address = if host == "docker.io" { "registry-1.docker.io" } else { host };
        let (name, port) = match address.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() => (name, port.parse().ok()),
            _ => (address, None),
        };
        let name = name.to_ascii_lowercase();
        let settings = self.hosts.get(host).cloned().unwrap_or_default();
        let speaks_of_tls = settings.tls != Tls::default();
        let is_plain = settings.plain_http.unwrap_or(!speaks_of_tls && http::is_loopback(&name));
        let port = port.unwrap_or(if is_plain { 80 } else { 443 });
        Origin { is_tls: !is_plain, host: name, port }
    }

    /// How servers are connected to, registries and others.
    pub(super) fn http(&self) -> http::Settings {
        let mut hosts = BTreeMap::new();
        for (host, settings) in &self.hosts {
            let Origin { host, port, .. } = self.origin(host);
            hosts.entry((host, port)).or_insert_with(|| settings.tls.clone());
        }
        http::Settings { hosts, proxies: self.proxies.clone() }
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
    fn hosts_and_mirrors_are_what_references_can_name() {
        for text in
            ["docker.io", "localhost", "a.example:5000", "10.0.0.1:5000", "docker.io/cache", "a.io/x/y"]
        {
            assert_eq!(parse_mirror(text).unwrap(), text);
            assert_eq!(parse_host(text).is_ok(), !text.contains('/'), "{text}");
        }
        assert_eq!(parse_host("index.docker.io").unwrap(), "docker.io");
        for text in [
            "",
            "acme",
            "https://a.io",
            "a.io/",
            "a.io/X",
            "a.io/x:1",
            "a.io:x",
            "[::1]:5000",
            "a b.io",
            "u@a.io",
        ] {
            assert!(parse_mirror(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_reached_without_tls_unless_settings_say_so() {
        let mut settings = Settings::default();
        let host = |plain_http, ca: Option<&str>| HostSettings {
            plain_http,
            tls: Tls { ca: ca.map(Into::into), ..Tls::default() },
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
