//! The client of registries on the wire: whom it tells what, over TLS, through proxies, and what it says of it.

mod command;
mod credentials;
mod early;
mod proxy;
mod realm;
mod tls;

use std::fs;
use std::path::{Path, PathBuf};

use overcoat::code::{Code, Coded, Failure};
use overcoat::interrupt::Interrupt;
use overcoat::limits::Limits;
use overcoat::registry::{CredentialFiles, HostSettings, NoMemory, Registries, RegistryError, Settings};
use tempfile::TempDir;

use crate::support::registry::{Registry, basic};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What no message and no stranger may see.
const CANARY: &str = "canary7231";

/// A client of its own, and files that it reads.
struct Client {
    registries: Registries,
    dir: TempDir,
}

/// What a client is made of.
#[derive(Default)]
struct Making {
    settings: Settings,
    auths: String,
}

impl Making {
    /// Sets something for a registry.
    fn host(mut self, host: &str, set: impl FnOnce(&mut HostSettings)) -> Self {
        set(self.settings.hosts.entry(host.to_owned()).or_default());
        self
    }

    /// Knows a user and a password for a registry.
    fn user(self, host: &str, user: &str, password: &str) -> Self {
        let pair = basic(user, password);
        self.auth(host, &format!("\"auth\": \"{}\"", pair.trim_start_matches("Basic ")))
    }

    /// Knows what docker's file says of a registry.
    fn auth(mut self, host: &str, json: &str) -> Self {
        let comma = if self.auths.is_empty() { "" } else { ", " };
        self.auths += &format!("{comma}\"{host}\": {{{json}}}");
        self
    }

    fn client(mut self) -> Client {
        let dir = TempDir::new().unwrap();
        let path = write(dir.path(), "config.json", &format!("{{\"auths\": {{{}}}}}", self.auths));
        self.settings.credentials = CredentialFiles { usual: vec![path], ..CredentialFiles::default() };
        let limits = Limits { retry_milliseconds: 1, retry_after_seconds: 0, ..Limits::default() };
        let registries = Registries::new(self.settings, Box::new(NoMemory), &limits, &Interrupt::default());
        Client { registries, dir }
    }
}

impl Client {
    /// Whether `HOST/a/b:1` is there.
    fn ask(&self, host: &str) -> Result<bool, RegistryError> {
        Ok(self.registries.repository(host, "a/b").tagged("1")?.is_some())
    }

    /// Why it cannot be said whether `HOST/a/b:1` is there; nothing of it is secret.
    fn refused(&self, host: &str) -> (Code, String) {
        let error = self.ask(host).unwrap_err();
        let all = format!("{error} {error:?} {:?} {:?}", error.hint(), error.limit());
        assert!(!all.contains(CANARY), "{all}");
        (error.code(), error.to_string())
    }
}

/// Writes a file; gives its path.
fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Puts `a/b:1` into a registry.
fn fill(registry: Registry) -> Registry {
    registry.put_manifest("a/b", Some("1"), MANIFEST, MINIMAL.as_bytes());
    registry
}

/// A manifest of nothing.
const MINIMAL: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
