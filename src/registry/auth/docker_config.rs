//! Files that credentials are kept in: docker's `config.json`, and podman's `auth.json` of the same form.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::credential::Credential;
use super::credentials::CredentialError;
use crate::file_error::At as _;
use crate::http::Secret;

/// A file of credentials.
#[derive(Debug, Default)]
pub(super) struct DockerConfig {
    pub(super) path: PathBuf,
    /// By host, with a namespace or without.
    auths: BTreeMap<String, Credential>,
    /// Programs by host, with a namespace or without.
    pub(super) helpers: BTreeMap<String, String>,
    /// The program for all others.
    pub(super) store: Option<String>,
    /// The file's mode, where others than its owner can read what it holds.
    pub(super) loose: Option<u32>,
}

impl DockerConfig {
    /// Reads a file; nothing where there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CredentialError> {
        const MOST: u64 = 4 << 20;
        let mut file = match File::open(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            file => file.at(path)?,
        };
        let mode = file.metadata().at(path)?.permissions().mode() & 0o7777;
        let mut text = Vec::new();
        file.by_ref().take(MOST).read_to_end(&mut text).at(path)?;
        let mut config = Self::parse(path, &text)?;
        config.loose = (mode & 0o077 != 0 && !config.auths.is_empty()).then_some(mode);
        Ok(Some(config))
    }

    fn parse(path: &Path, text: &[u8]) -> Result<Self, CredentialError> {
        // An error of the parser would quote what it found, which may be a password: only its place is told.
        let shape: Shape = if text.trim_ascii().is_empty() {
            Shape::default()
        } else {
            serde_json::from_slice(text).map_err(|error| CredentialError::Shape {
                path: path.to_owned(),
                line: error.line(),
                column: error.column(),
            })?
        };
        let mut auths = BTreeMap::new();
        for (key, auth) in shape.auths {
            let broken = || CredentialError::Entry { path: path.to_owned(), key: key.clone() };
            if let Some(credential) = auth.credential().ok_or_else(broken)? {
                auths.insert(normal(&key), credential);
            }
        }
        let helpers = shape.helpers.into_iter().map(|(key, name)| (normal(&key), name)).collect();
        let store = shape.store.filter(|name| !name.is_empty());
        Ok(Self { path: path.to_owned(), auths, helpers, store, loose: None })
    }

    /// The credential under a key of [`keys`].
    pub(super) fn auth(&self, key: &str) -> Option<&Credential> {
        self.auths.get(key)
    }
}

/// The keys that the credential of a repository may stand under, the longest first: `ghcr.io/acme/app`, `ghcr.io/acme`,
/// `ghcr.io`.
pub(super) fn keys(host: &str, repository: &str) -> Vec<String> {
    const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
    let hosts = if HUB.contains(&host) { HUB.to_vec() } else { vec![host] };
    let mut paths = vec![repository];
    while let Some((parent, _)) = paths.last().and_then(|path| path.rsplit_once('/')) {
        paths.push(parent);
    }
    let below = paths.into_iter().flat_map(|path| hosts.iter().map(move |host| format!("{host}/{path}")));
    below.chain(hosts.iter().map(|host| (*host).to_owned())).collect()
}

/// A key without what docker writes around a host: `https://index.docker.io/v1/`. Podman's may have a namespace behind it.
fn normal(key: &str) -> String {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    if let Some(bare) = bare {
        return bare.split('/').next().unwrap_or_default().to_owned();
    }
    let key = key.trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    key.to_owned()
}

#[derive(Default, Deserialize)]
struct Shape {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Auth {
    /// The credential; nothing inside where a helper has it, nothing at all where it cannot be read.
    fn credential(self) -> Option<Option<Credential>> {
        let set = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(token) = set(self.identitytoken) {
            return Some(Some(Credential::Identity(Secret::new(token))));
        }
        if let Some(token) = set(self.registrytoken) {
            return Some(Some(Credential::Registry(Secret::new(token))));
        }
        if let Some(auth) = set(self.auth) {
            let pair = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
            let (user, password) = pair.split_once(':')?;
            return Some(Credential::new(user, password.trim_end_matches('\0')));
        }
        let (user, password) = (self.username.unwrap_or_default(), self.password.unwrap_or_default());
        Some(Credential::new(&user, &password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DockerConfig {
        DockerConfig::parse(Path::new("config.json"), text.as_bytes()).unwrap()
    }

    fn found(config: &DockerConfig, host: &str, repository: &str) -> Option<Credential> {
        keys(host, repository).iter().find_map(|key| config.auth(key)).cloned()
    }

    fn basic(user: &str, password: &str) -> Option<Credential> {
        Some(Credential::Basic { user: user.to_owned(), password: Secret::new(password) })
    }

    #[test]
    fn credentials_are_found_by_every_spelling_of_their_host_and_by_the_longest_namespace() {
        let config = parse(
            r#"{"auths": {
                "https://index.docker.io/v1/": {"auth": "aHViOmE6Yg=="},
                "ghcr.io": {"username": "g", "password": "h"},
                "quay.io/acme": {"auth": "YWNtZTp4"},
                "quay.io/acme/app": {"auth": "YXBwOnk="},
                "https://old.example": {"identitytoken": "idt", "auth": "dTpw"},
                "t.example/v2/": {"registrytoken": "rt"},
                "port.example:5000": {"auth": "cDpx"},
                "elsewhere.example": {}
            }, "HttpHeaders": {}, "experimental": "enabled"}"#,
        );
        for (host, repository, expected) in [
            ("docker.io", "library/alpine", basic("hub", "a:b")),
            ("ghcr.io", "a/b", basic("g", "h")),
            ("quay.io", "acme/app", basic("app", "y")),
            ("quay.io", "acme/app/sub", basic("app", "y")),
            ("quay.io", "acme/application", basic("acme", "x")),
            ("quay.io", "acmes/app", None),
            ("old.example", "x", Some(Credential::Identity(Secret::new("idt")))),
            ("t.example", "x", Some(Credential::Registry(Secret::new("rt")))),
            ("port.example:5000", "x", basic("p", "q")),
            ("port.example", "x", None),
            ("elsewhere.example", "x", None),
            ("evil-ghcr.io", "a/b", None),
        ] {
            assert_eq!(found(&config, host, repository), expected, "{host}/{repository}");
        }
    }

    #[test]
    fn helpers_and_empty_files_are_read() {
        let config = parse(
            r#"{"credHelpers": {"https://gcr.io": "gcloud"}, "credsStore": "desktop", "auths": {"a": {}}}"#,
        );
        assert_eq!(config.helpers["gcr.io"], "gcloud");
        assert_eq!(config.store.as_deref(), Some("desktop"));
        assert!(parse("").store.is_none() && parse("{}").auths.is_empty());
    }

    #[test]
    fn x01_what_is_wrong_with_a_file_is_told_without_what_stands_there() {
        for (text, expected) in [
            ("{\"auths\": \"hunter2\"}", "config.json: no such form of credentials (line 1, column 19)"),
            (
                "{\"auths\": {\"a\": {\"auth\": 7}}}",
                "config.json: no such form of credentials (line 1, column 26)",
            ),
            ("{\"auths\": hunter2}", "config.json: no such form of credentials (line 1, column 11)"),
            (
                "{\"auths\": {\"a\": {\"auth\": \"hunter2\"}}}",
                "config.json: `auth` of \"a\" is no name and password in base64",
            ),
            (
                "{\"auths\": {\"a\": {\"auth\": \"aHVudGVyMg==\"}}}",
                "config.json: `auth` of \"a\" is no name and password in base64",
            ),
        ] {
            let error = DockerConfig::parse(Path::new("config.json"), text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
