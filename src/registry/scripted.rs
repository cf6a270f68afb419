//! Clients of a scripted server, for tests.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::auth::CredentialFiles;
use super::request::{Request, Target};
use super::route::Route;
use super::scope::{Access, Scope};
use super::{Registries, RegistryError, Settings};
pub(super) use crate::http::scripted::{Asked, Piece, Server, answer, quick};
use crate::http::{Body, Method, Resend};
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::oci::Digest;

/// Registries, and a file of credentials for them.
pub(super) struct Client {
    pub(super) registries: Registries,
    pub(super) interrupt: Interrupt,
    _dir: TempDir,
}

impl Client {
    /// Registries that know these credentials: a host, and `user:password` for it.
    pub(super) fn new(settings: Settings, credentials: &[(&str, &str)], limits: &Limits) -> Self {
        let dir = TempDir::new().unwrap();
        let auth =
            |(host, pair): &(&str, &str)| format!("\"{host}\": {{\"auth\": \"{}\"}}", STANDARD.encode(pair));
        let auths: Vec<String> = credentials.iter().map(auth).collect();
        Self::with_file(settings, &format!("{{\"auths\": {{{}}}}}", auths.join(", ")), limits, dir)
    }

    /// Registries that read credentials from a file with this text.
    pub(super) fn with_file(settings: Settings, text: &str, limits: &Limits, dir: TempDir) -> Self {
        let path = dir.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        let credentials = CredentialFiles { usual: vec![path], ..CredentialFiles::default() };
        let (settings, interrupt) = (Settings { credentials, ..settings }, Interrupt::default());
        let registries = Registries::new(settings, Box::new(super::NoMemory), limits, &interrupt);
        Self { registries, interrupt, _dir: dir }
    }

    /// Sends a request to `host` and reads all of the answer: its status and body.
    pub(super) fn send(&self, host: &str, request: &Request<'_>) -> Result<(u16, String), RegistryError> {
        let endpoint = self.registries.endpoint(host);
        let mut answer = endpoint.send(request)?;
        let mut body = String::new();
        answer.body.read_to_string(&mut body).map_err(RegistryError::Unreadable)?;
        Ok((answer.status, body))
    }
}

/// A request for a manifest of `acme/app`, to be sent again at will.
pub(super) fn request(method: Method, access: Access) -> Request<'static> {
    let scope = Scope { repository: "acme/app".to_owned(), access, source: None };
    let target = Target::Route(Route::manifest("acme/app", "1"), Vec::new());
    Request { method, target, scope, headers: Vec::new(), body: Body::Empty, resend: Resend::Always }
}

/// A request for a blob of `acme/app`.
pub(super) fn blob_request() -> Request<'static> {
    let target = Target::Blob(Route::blob("acme/app", &Digest::of(b"blob")));
    Request { target, ..request(Method::Get, Access::Pull) }
}
