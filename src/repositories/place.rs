//! Where files of repositories are: on servers, or on this machine.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Problem;
use crate::code::AnyFailure;
use crate::file_error::{At, FileError, Irregular};
use crate::http::{Client, HttpError, Url};

/// A file or directory of a repository.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// On a server.
    Http(Box<Url>),
    /// On this machine.
    File(PathBuf),
}

/// A file on its way.
pub(super) struct Body {
    /// How many bytes it has, where that is known.
    pub(super) length: Option<u64>,
    /// Its bytes.
    pub(super) reader: Box<dyn Read + Send>,
}

impl Place {
    /// The place that a URL names: `https:`, `http:` or `file:`.
    pub(super) fn parse(url: &str) -> Result<Self, Problem> {
        match url.split_once(':') {
            Some(("file", path)) => {
                file_path(path).map(Self::File).ok_or_else(|| Problem::Url(url.to_owned()))
            }
            Some(("http" | "https", _)) => match url.parse() {
                Ok(url) => Ok(Self::Http(Box::new(url))),
                Err(error) => Err(Problem::Remote(AnyFailure::new(HttpError::from(error)))),
            },
            _ => Err(Problem::Url(url.to_owned())),
        }
    }

    /// The file or directory at a path below this one.
    pub(super) fn below(&self, path: &str) -> Self {
        match self {
            Self::Http(url) => Self::Http(Box::new(url.below(path))),
            Self::File(own) => Self::File(own.join(path)),
        }
    }

    /// Whether a server is asked for it.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// The file, to be read; nothing where there is none.
    pub(super) fn open(&self, client: &Client) -> Result<Option<Body>, Problem> {
        match self {
            Self::File(path) => open_file(path),
            Self::Http(url) => match client.get(url) {
                Ok(download) => Ok(Some(Body { length: download.length(), reader: Box::new(download) })),
                Err(HttpError::NotFound { .. }) => Ok(None),
                Err(HttpError::Interrupted(error)) => Err(error.into()),
                Err(error) => Err(Problem::Remote(AnyFailure::new(error))),
            },
        }
    }

    /// All bytes of the file; nothing where there is none.
    pub(super) fn read(
        &self,
        client: &Client,
        limit: (&'static str, u64),
    ) -> Result<Option<Vec<u8>>, Problem> {
        let Some(body) = self.open(client)? else { return Ok(None) };
        let (name, most) = limit;
        let too_large = || Problem::Limit { name, most };
        if body.length.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let read = body.reader.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| self.failed(error))?;
        if bytes.len() as u64 > most { Err(too_large()) } else { Ok(Some(bytes)) }
    }

    /// What kept the file from being read to its end.
    pub(super) fn failed(&self, error: io::Error) -> Problem {
        match (AnyFailure::of_io(&error), self) {
            (Some(failure), _) => Problem::Remote(failure.clone()),
            (None, Self::File(path)) => FileError { path: path.clone(), source: error }.into(),
            (None, Self::Http(_)) => Problem::Io(error),
        }
    }
}

/// As it is shown: without queries, users and passwords.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => f.write_str(&url.shown()),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// The path that the rest of a `file:` URL names.
fn file_path(rest: &str) -> Option<PathBuf> {
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
    };
    let path = path.starts_with('/').then(|| unescaped(path))??;
    Some(PathBuf::from(path))
}

/// A path without the escapes of URLs.
fn unescaped(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                bytes.extend(hex::decode(digits).ok()?);
                rest = after;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

/// A regular file; what a pipe would be waited for is none.
fn open_file(path: &Path) -> Result<Option<Body>, Problem> {
    let metadata = match fs::metadata(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        metadata => metadata.at(path)?,
    };
    if !metadata.is_file() {
        return Err(FileError { path: path.to_owned(), source: io::Error::other(Irregular) }.into());
    }
    let file = File::open(path).at(path)?;
    Ok(Some(Body { length: Some(metadata.len()), reader: Box::new(file) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_server_or_a_file_of_this_machine() {
        for (url, shown) in [
            ("https://user:secret@deb.example.org:8443/debian?x=1", "https://deb.example.org:8443/debian"),
            ("http://deb.example.org/", "http://deb.example.org/"),
            ("file:/srv/a%20b", "file:/srv/a b"),
            ("file:///srv/a", "file:/srv/a"),
            ("file://localhost/srv", "file:/srv"),
        ] {
            assert_eq!(Place::parse(url).unwrap().to_string(), shown);
        }
        for url in [
            "ftp://a/b",
            "cdrom:[a]/",
            "a/b",
            "file:a",
            "file://other/a",
            "file:/a%2",
            "file:/a%00",
            "http://",
        ] {
            assert!(Place::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn what_lies_below_is_escaped_as_its_place_needs() {
        let below = |url: &str, path: &str| Place::parse(url).unwrap().below(path).to_string();
        assert_eq!(
            below("https://a.example/debian/", "pool/a b+c.deb"),
            "https://a.example/debian/pool/a%20b%2Bc.deb"
        );
        assert_eq!(below("file:///srv", "pool/a b+c.deb"), "file:/srv/pool/a b+c.deb");
    }
}
