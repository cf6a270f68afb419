//! Addresses: an origin, and what is asked of it.

use std::fmt;
use std::str::FromStr;

use ureq::http::Uri;

use super::error::RegistryError;

/// Who answers: scheme, host and port. A credential belongs to one origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Origin {
    /// Whether it is reached by TLS.
    pub(super) is_tls: bool,
    /// The host in lower case: a name or an IP address, IPv6 in brackets.
    pub(super) host: String,
    /// The port, never left out.
    pub(super) port: u16,
}

/// An absolute address without user information and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Whom to ask.
    pub(super) origin: Origin,
    /// Path and query; begins with `/`.
    pub(super) path: String,
}

impl Origin {
    /// The address of `path`, which begins with `/`, at this origin.
    pub(super) fn at(&self, path: String) -> Url {
        Url { origin: self.clone(), path }
    }
}

impl Url {
    /// The address that `reference`, absolute or relative, is from here: RFC 3986, section 5.
    pub(super) fn join(&self, reference: &str) -> Result<Self, RegistryError> {
        if reference.contains("://") {
            return reference.parse();
        }
        if reference.starts_with('/') {
            return Ok(self.origin.at(reference.to_owned()));
        }
        Err(RegistryError::Address(reference.to_owned()))
    }

    /// The same address with one more parameter in its query; `value` is percent-encoded.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path.push(separator);
        self.path.push_str(name);
        self.path.push('=');
        self.path.push_str(&super::route::encoded(value));
        self
    }

    /// Without its query, for messages: signed addresses carry secrets there.
    pub(super) fn shown(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{}{path}", self.origin)
    }
}

impl FromStr for Url {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let error = || RegistryError::Address(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| error())?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(error()),
        };
        let host = uri.host().ok_or_else(error)?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { origin: Origin { is_tls, host, port }, path })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}
