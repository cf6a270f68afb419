//! Addresses: an origin, and what is asked of it.

use std::fmt;
use std::str::FromStr;

use ureq::http::Uri;

use super::error::RegistryError;
use crate::printable::escaped;

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

    /// Host and port as references write them: the port where it is not the scheme's own.
    pub(super) fn authority(&self) -> String {
        if self.port == default_port(self.is_tls) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Url {
    /// The address that `reference`, absolute or relative, is from here: RFC 3986, section 5.2.
    pub(super) fn join(&self, reference: &str) -> Result<Self, RegistryError> {
        let reference = reference.split('#').next().unwrap_or_default();
        if has_scheme(reference) {
            return reference.parse();
        }
        if reference.starts_with("//") {
            let scheme = if self.origin.is_tls { "https:" } else { "http:" };
            return format!("{scheme}{reference}").parse();
        }
        let (base, query) =
            self.path.split_once('?').map_or((&*self.path, None), |(path, q)| (path, Some(q)));
        let (path, own_query) =
            reference.split_once('?').map_or((reference, None), |(path, q)| (path, Some(q)));
        let (path, query) = match path {
            "" => (base.to_owned(), own_query.or(query)),
            path if path.starts_with('/') => (without_dots(path), own_query),
            path => {
                let directory = base.rfind('/').map_or("/", |slash| &base[..=slash]);
                (without_dots(&format!("{directory}{path}")), own_query)
            }
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{path}{query}", self.origin).parse()
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

    /// Without its query, for messages: signed addresses carry secrets there. A path that is longer than any of the
    /// specification is cut.
    pub(super) fn shown(&self) -> String {
        const SHOWN: usize = 512;
        let path = self.path.split('?').next().unwrap_or_default();
        let path = &path[..path.floor_char_boundary(SHOWN)];
        let scheme = if self.origin.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.origin.authority())
    }
}

impl FromStr for Url {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let error = || RegistryError::Address(harmless(text));
        let uri: Uri = text.split('#').next().unwrap_or_default().parse().map_err(|_| error())?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(error()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(error)?.to_ascii_lowercase();
        // `host:` and `host:99999` have no port that can be read, and are not the default's.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let has_port = authority.rsplit_once('@').map_or(authority, |(_, rest)| rest).len() > host.len();
        let port = if has_port { uri.port_u16().ok_or_else(error)? } else { default_port(is_tls) };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self { origin: Origin { is_tls, host, port }, path: format!("{slash}{path}") })
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

fn default_port(is_tls: bool) -> u16 {
    if is_tls { 443 } else { 80 }
}

/// Whether a reference begins with a scheme (RFC 3986, section 3.1).
fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// An absolute path without `.` and `..` segments (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.pop();
                }
                if is_last {
                    out.push("");
                }
            }
            segment => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

/// What can be shown of a text that is no address: neither query nor user information, and not too much.
pub(super) fn harmless(text: &str) -> String {
    const SHOWN: usize = 200;
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let text = match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        (None, Some((_, rest))) => rest.to_owned(),
        (_, None) => text.to_owned(),
    };
    escaped(&text).chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_joined_as_rfc_3986_says() {
        let base: Url = "https://Reg.example/v2/a/blobs/uploads/1?state=x&y=2".parse().unwrap();
        for (reference, expected) in [
            ("/v2/a/blobs/uploads/2?_state=z", "https://reg.example:443/v2/a/blobs/uploads/2?_state=z"),
            ("2?q", "https://reg.example:443/v2/a/blobs/uploads/2?q"),
            ("../x", "https://reg.example:443/v2/a/blobs/x"),
            ("./", "https://reg.example:443/v2/a/blobs/uploads/"),
            ("/a/./b/../c", "https://reg.example:443/a/c"),
            ("/../../x", "https://reg.example:443/x"),
            ("?z=1", "https://reg.example:443/v2/a/blobs/uploads/1?z=1"),
            ("", "https://reg.example:443/v2/a/blobs/uploads/1?state=x&y=2"),
            ("#f", "https://reg.example:443/v2/a/blobs/uploads/1?state=x&y=2"),
            ("//cdn.example:8443/x", "https://cdn.example:8443/x"),
            ("http://user:secret@other/x#f", "http://other:80/x"),
            ("HTTPS://other", "https://other:443/"),
            ("https://other?x=1", "https://other:443/?x=1"),
            ("/x?to=http://other/", "https://reg.example:443/x?to=http://other/"),
            ("https://[2001:DB8::1]:5000/x", "https://[2001:db8::1]:5000/x"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), expected, "{reference}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_shown_without_what_could_be_secret() {
        for (text, shown) in [
            ("ftp://reg.example/x?token=1", "ftp://reg.example/x"),
            ("https://user:secret@reg.example:x/y", "https://reg.example:x/y"),
            ("https://reg.example:99999/y", "https://reg.example:99999/y"),
            ("https:///y", "https:///y"),
            ("https://a b/\u{1b}[31m", r"https://a b/\u{1b}[31m"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("", ""),
        ] {
            let error = text.parse::<Url>().unwrap_err().to_string();
            assert_eq!(error, format!("`{shown}` is no address"), "{text}");
        }
    }

    #[test]
    fn x01_a_query_is_not_shown() {
        let url: Url = "https://cdn.example/blob?X-Amz-Signature=secret".parse().unwrap();
        assert_eq!(url.shown(), "https://cdn.example/blob");
        let url: Url = "http://127.0.0.1:5000/".parse().unwrap();
        assert_eq!(
            url.clone().with("a", "b c").with("d", "e").to_string(),
            "http://127.0.0.1:5000/?a=b%20c&d=e"
        );
        assert_eq!(url.shown(), "http://127.0.0.1:5000/");
    }
}
