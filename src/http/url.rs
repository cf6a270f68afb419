//! Addresses: an origin, and what is asked of it.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use ureq::http::{HeaderValue, Uri};

use super::authorization::basic;
use super::secret::Secret;
use crate::code::{Code, Coded};
use crate::printable::{beginning, escaped};

/// Who answers: scheme, host and port. A credential belongs to one origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    /// Whether it is reached by TLS.
    pub(crate) is_tls: bool,
    /// The host in lower case: a name or an IP address, IPv6 in brackets.
    pub(crate) host: String,
    /// The port, never left out.
    pub(crate) port: u16,
}

/// An absolute address of HTTP without fragment: `https://user:password@host:8443/path?query`.
///
/// The name and the password are no part of what is written or compared; whoever asks shows them to the address's own origin
/// alone.
#[derive(Clone, Debug)]
pub struct Url {
    /// Whom to ask.
    pub(crate) origin: Origin,
    /// Path and query; begins with `/`.
    pub(crate) path: String,
    /// Who asks.
    login: Option<Login>,
}

/// A name and a password.
#[derive(Clone, Debug)]
struct Login {
    user: String,
    password: Secret,
}

/// A text that is no address of HTTP; without what could be secret of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address")]
pub struct NoAddress(pub String);

impl Coded for NoAddress {
    fn code(&self) -> Code {
        Code::Remote
    }
}

impl Origin {
    /// The address of `path`, which begins with `/`, at this origin.
    pub(crate) fn at(&self, path: String) -> Url {
        Url { origin: self.clone(), path, login: None }
    }

    /// Host and port as references write them: the port where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        if self.port == default_port(self.is_tls) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Url {
    /// The address that `reference`, absolute or relative, is from here: RFC 3986, section 5.2. Who asks stays behind, and a
    /// name and a password in `reference` are dropped.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, NoAddress> {
        let reference = reference.split('#').next().unwrap_or_default();
        if has_scheme(reference) {
            return reference.parse().map(Self::anonymous);
        }
        if reference.starts_with("//") {
            let scheme = if self.origin.is_tls { "https:" } else { "http:" };
            return format!("{scheme}{reference}").parse().map(Self::anonymous);
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
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path.push(separator);
        self.path.push_str(name);
        self.path.push('=');
        self.path.push_str(&encoded(value));
        self
    }

    /// The address of a file below this one; `path` is not encoded, and its segments are separated by `/`. The query stays.
    pub fn below(&self, path: &str) -> Self {
        let (own, query) = self.path.split_once('?').map_or((&*self.path, None), |(path, q)| (path, Some(q)));
        let segments: Vec<String> = path.split('/').map(encoded).collect();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}/{}{query}", own.trim_end_matches('/'), segments.join("/"));
        Self { path, ..self.clone() }
    }

    /// Without its query, for messages: signed addresses carry secrets there. A path that is longer than any of the
    /// specification is cut.
    pub fn shown(&self) -> String {
        const SHOWN: usize = 512;
        let path = self.path.split('?').next().unwrap_or_default();
        let path = beginning(path, SHOWN);
        let scheme = if self.origin.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.origin.authority())
    }
}

impl Url {
    /// What its origin is shown of who asks.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        self.login.as_ref().and_then(|login| basic(&login.user, &login.password))
    }

    fn anonymous(self) -> Self {
        Self { login: None, ..self }
    }
}

impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        (&self.origin, &self.path) == (&other.origin, &other.path)
    }
}

impl Eq for Url {}

impl FromStr for Url {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let error = || NoAddress(harmless(text));
        let uri: Uri = text.split('#').next().unwrap_or_default().parse().map_err(|_| error())?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(error()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(error)?.to_ascii_lowercase();
        // `host:` and `host:99999` have no port that can be read, and are not the default's.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let (user, place) =
            authority.rsplit_once('@').map_or((None, authority), |(user, rest)| (Some(user), rest));
        let has_port = place.len() > host.len();
        let port = if has_port { uri.port_u16().ok_or_else(error)? } else { default_port(is_tls) };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let slash = if path.starts_with('/') { "" } else { "/" };
        let login = match user {
            Some(user) if !user.is_empty() => Some(Login::of(user).ok_or_else(error)?),
            _ => None,
        };
        Ok(Self { origin: Origin { is_tls, host, port }, path: format!("{slash}{path}"), login })
    }
}

impl Login {
    /// User information as addresses have it, percent-encoded; nothing where it is no text.
    fn of(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        Some(Self { user: decoded(user)?, password: Secret::new(decoded(password)?) })
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

/// A segment of a path or a value of a query: all but unreserved characters and `:` become `%XX` (RFC 3986, section 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string can be written to");
        }
    }
    out
}

/// The text that was percent-encoded; nothing where it is none.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digit = |digit: u8| char::from(digit).to_digit(16);
        out.push(u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()?);
        rest = after;
    }
    String::from_utf8(out).ok()
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
pub(crate) fn harmless(text: &str) -> String {
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

    #[test]
    fn files_lie_below_an_address() {
        for (base, path, expected) in [
            ("https://a.io", "x86_64/APKINDEX.tar.gz", "https://a.io:443/x86_64/APKINDEX.tar.gz"),
            (
                "https://a.io/debian/",
                "pool/g++_1%3a2~3_all.deb",
                "https://a.io:443/debian/pool/g%2B%2B_1%253a2~3_all.deb",
            ),
            ("http://a.io/x?key=1", "a b?c#d", "http://a.io:80/x/a%20b%3Fc%23d?key=1"),
        ] {
            let base: Url = base.parse().unwrap();
            assert_eq!(base.below(path).to_string(), expected);
        }
    }

    #[test]
    fn x01_who_asks_is_taken_out_of_an_address_and_stays_behind_elsewhere() {
        let authorization = |text: &str| {
            let url: Url = text.parse().unwrap();
            assert!(!format!("{url} {url:?} {}", url.shown()).contains("secret"), "{url:?}");
            let header = url.authorization();
            header.map(|header| header.to_str().unwrap().to_owned())
        };
        assert_eq!(authorization("https://a.io/x@y:z"), None);
        assert_eq!(authorization("https://@a.io/"), None);
        assert_eq!(authorization("https://a:secret@a.io:8443/").as_deref(), Some("Basic YTpzZWNyZXQ="));
        assert_eq!(authorization("https://a%3ab:secret%25@a.io/").as_deref(), Some("Basic YTpiOnNlY3JldCU="));
        assert_eq!(authorization("https://token@a.io/").as_deref(), Some("Basic dG9rZW46"));
        let url: Url = "https://a:secret@a.io/x".parse().unwrap();
        assert!(url.below("y").authorization().is_some());
        for reference in
            ["y", "/y", "//b.io/y", "https://a.io/y", "https://b:secret@a.io/y", "//b:secret@a.io/y"]
        {
            assert!(url.join(reference).unwrap().authorization().is_none(), "{reference}");
        }
        for text in ["https://a:%zz@a.io/", "https://a:secret%2@a.io/", "https://a:secret%ff@a.io/"] {
            let error = text.parse::<Url>().unwrap_err();
            assert_eq!(error, NoAddress("https://a.io/".to_owned()), "{text}");
        }
    }
}
