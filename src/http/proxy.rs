//! Proxies, as the environment names them for every program.

use std::fmt;
use std::net::IpAddr;

use super::address;
use super::error::HttpError;
use super::secret::Secret;
use super::url::Origin;

/// Which proxies are used, and for whom none is.
///
/// Every request goes through a tunnel (`CONNECT`). No proxy is ever used for this machine itself.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    https: Option<ProxyAddress>,
    http: Option<ProxyAddress>,
    exceptions: Vec<Exception>,
}

/// The address of a proxy, which may hold a password: it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyAddress(Secret);

impl Proxies {
    /// Proxies for TLS and for plain HTTP; `exceptions` are hosts that are reached without them, as `NO_PROXY` lists them.
    ///
    /// An exception is `*`, a host, which stands for all below it as well, an IP address or a network of them
    /// (`10.0.0.0/8`), each with `:PORT` behind it where only that is meant.
    pub fn new(https: Option<Secret>, http: Option<Secret>, exceptions: &str) -> Self {
        let address =
            |secret: Option<Secret>| secret.filter(|text| !text.reveal().is_empty()).map(ProxyAddress);
        let exceptions = exceptions.split([',', ' ']).map(str::trim).filter(|text| !text.is_empty());
        Self {
            https: address(https),
            http: address(http),
            exceptions: exceptions.map(Exception::new).collect(),
        }
    }

    /// The proxy for an origin, where there is one.
    pub(crate) fn proxy(&self, origin: &Origin) -> Option<&ProxyAddress> {
        let proxy = if origin.is_tls { &self.https } else { &self.http };
        let is_direct =
            || address::is_loopback(&origin.host) || self.exceptions.iter().any(|one| one.matches(origin));
        proxy.as_ref().filter(|_| !is_direct())
    }
}

impl ProxyAddress {
    /// The proxy for `host` as the client takes it: one of HTTP, without scheme as well.
    pub(crate) fn parse(&self, host: &str) -> Result<ureq::Proxy, HttpError> {
        let error = |problem| HttpError::Proxy { host: host.to_owned(), problem };
        let proxy = ureq::Proxy::new(self.0.reveal()).map_err(|_| error("its address cannot be read"))?;
        match proxy.protocol() {
            ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(proxy),
            _ => Err(error("it is none of HTTP")),
        }
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyAddress")
    }
}

/// Whom no proxy is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    who: Who,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    All,
    /// A host and all below it.
    Domain(String),
    /// The addresses that begin with so many bits.
    Network(IpAddr, u32),
}

impl Exception {
    fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let (host, port) = match text.rsplit_once(':') {
            // More colons are those of an IPv6 address, unless it stands in brackets.
            Some((host, port)) if !host.contains(':') || host.contains(']') => (host, port.parse().ok()),
            _ => (&*text, None),
        };
        let (base, bits) =
            host.split_once('/').map_or((host, None), |(base, bits)| (base, bits.parse().ok()));
        let bare = base.trim_start_matches('[').trim_end_matches(']');
        let who = match bare.parse::<IpAddr>() {
            _ if host == "*" => Who::All,
            Ok(address) => Who::Network(address, bits.unwrap_or(u32::MAX)),
            Err(_) => Who::Domain(host.trim_start_matches('*').trim_matches('.').to_owned()),
        };
        Self { who, port }
    }

    fn matches(&self, origin: &Origin) -> bool {
        if self.port.is_some_and(|port| port != origin.port) {
            return false;
        }
        match &self.who {
            Who::All => true,
            Who::Domain(domain) => is_in(&origin.host, domain),
            Who::Network(network, bits) => {
                address::literal(&origin.host).is_some_and(|address| shares(address, *network, *bits))
            }
        }
    }
}

/// Whether `host` is `domain` or below it.
pub(crate) fn is_in(host: &str, domain: &str) -> bool {
    let below = host.strip_suffix(domain);
    !domain.is_empty() && below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Whether two addresses begin with the same bits.
fn shares(one: IpAddr, other: IpAddr, bits: u32) -> bool {
    let (one, other, length) = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits()), u128::from(other.to_bits()), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return false,
    };
    (one ^ other).checked_shr(length - bits.min(length)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse::<super::super::url::Url>().unwrap().origin
    }

    #[test]
    fn r27_exceptions_are_read_as_other_programs_read_them() {
        for (exceptions, direct, proxied) in [
            ("", &[][..], &["https://a.io"][..]),
            ("*", &["https://a.io", "http://10.0.0.1"], &[]),
            (
                "a.io, B.io",
                &["https://a.io", "https://x.a.io", "https://b.io:5000"],
                &["https://aa.io", "https://io"],
            ),
            (".a.io", &["https://a.io", "https://x.a.io"], &["https://xa.io"]),
            ("*.a.io", &["https://x.a.io"], &["https://xa.io"]),
            ("a.io:5000", &["https://a.io:5000"], &["https://a.io", "https://a.io:5001"]),
            (
                "10.0.0.0/8",
                &["https://10.1.2.3"],
                &["https://11.1.2.3", "https://10.example.com", "https://[::a00:1]"],
            ),
            ("192.168.1.7", &["http://192.168.1.7:5000"], &["http://192.168.1.8"]),
            ("[fd00::]/8:443", &["https://[fd12::1]"], &["https://[fd12::1]:444", "https://[fe80::1]"]),
            ("fd00::1", &["https://[fd00::1]:5000"], &["https://[fd00::2]"]),
            ("0.0.0.0/0", &["https://8.8.8.8"], &["https://a.io"]),
            (".", &[], &["https://a.io"]),
        ] {
            let secret = || Some(Secret::new("http://proxy:3128"));
            let proxies = Proxies::new(secret(), secret(), exceptions);
            for text in direct {
                assert!(proxies.proxy(&origin(text)).is_none(), "{exceptions} {text}");
            }
            for text in proxied {
                assert!(proxies.proxy(&origin(text)).is_some(), "{exceptions} {text}");
            }
            for text in ["http://localhost:5000", "https://127.0.0.1", "https://[::1]:5000"] {
                assert!(proxies.proxy(&origin(text)).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn r27_each_scheme_has_its_proxy_and_what_is_none_is_refused_without_being_shown() {
        let proxies = Proxies::new(Some(Secret::new("user:hunter2@proxy:3128")), None, "");
        assert!(proxies.proxy(&origin("http://a.io")).is_none());
        let found = proxies.proxy(&origin("https://a.io")).unwrap().parse("a.io").unwrap();
        assert_eq!((found.host(), found.port(), found.username()), ("proxy", 3128, Some("user")));
        assert!(!format!("{proxies:?} {found:?}").contains("hunter2"), "{proxies:?} {found:?}");
        for text in ["socks5://user:hunter2@proxy", "user:hunter2@", "https://user:hunter2@a b"] {
            let error = ProxyAddress(Secret::new(text)).parse("a.io").unwrap_err();
            assert!(
                !error.to_string().contains("hunter2") && !format!("{error:?}").contains("hunter2"),
                "{error}"
            );
        }
    }
}
