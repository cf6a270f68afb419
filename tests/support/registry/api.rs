//! The distribution API, version 1.1: who may ask, and which part answers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::auth::Auth;
use super::behaviour::Behaviour;
use super::request::{Method, Request};
use super::response::Response;
use super::routes::Route;
use super::server::Answer;
use super::store::Store;
use super::{blobs, lists, manifests, uploads};

/// A registry that answers.
pub(super) struct Api {
    scheme: &'static str,
    auth: Auth,
    behaviour: Mutex<Behaviour>,
    store: Mutex<Store>,
}

/// One request, and what is needed to answer it.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) behaviour: &'a Behaviour,
    pub(super) store: &'a mut Store,
    pub(super) mounts: bool,
    /// Scheme, host and port as the client wrote them.
    origin: String,
}

impl Api {
    pub(super) fn new(scheme: &'static str, auth: Auth, behaviour: Behaviour) -> Self {
        Self { scheme, auth, behaviour: Mutex::new(behaviour), store: Mutex::default() }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer for Api {
    fn answer(&self, request: &Request, mounts: bool) -> Response {
        let head = &request.head;
        let host = head.headers.get("host").unwrap_or_default();
        let origin = format!("{}://{host}", self.scheme);
        if let Some(answer) = self.auth.token(request) {
            return answer;
        }
        let Some(route) = Route::parse(head.path()) else {
            return Response::error(404, "NAME_INVALID", "no such path");
        };
        if let Err(refusal) = self.auth.allows(head, &route, &origin) {
            return refusal;
        }
        let behaviour = self.behaviour().clone();
        let mut store = self.store();
        let mounts = mounts && behaviour.mounts;
        let mut call = Call { request, behaviour: &behaviour, store: &mut store, mounts, origin };
        call.answer(&route).with("Docker-Distribution-Api-Version", "registry/2.0")
    }
}

impl Call<'_> {
    fn answer(&mut self, route: &Route) -> Response {
        let method = self.request.head.method;
        match method {
            Method::Head if !self.behaviour.heads => return unsupported(),
            Method::Delete if !self.behaviour.deletes && !matches!(route, Route::Upload { .. }) => {
                return unsupported();
            }
            _ => {}
        }
        // A HEAD is answered as a GET is; what sends the answer leaves out its body.
        let method = if method == Method::Head { Method::Get } else { method };
        match (method, route) {
            (Method::Get, Route::Base) => Response::new(200).typed("application/json", "{}"),
            (Method::Get, Route::Manifest { repo, reference }) => manifests::get(self, repo, reference),
            (Method::Put, Route::Manifest { repo, reference }) => manifests::put(self, repo, reference),
            (Method::Delete, Route::Manifest { repo, reference }) => manifests::delete(self, repo, reference),
            (Method::Get, Route::Blob { repo, digest }) => blobs::get(self, repo, digest),
            (Method::Delete, Route::Blob { repo, digest }) => blobs::delete(self, repo, digest),
            (Method::Post, Route::Uploads { repo }) => uploads::begin(self, repo),
            (Method::Get, Route::Upload { repo, id }) => uploads::status(self, repo, id),
            (Method::Patch, Route::Upload { repo, id }) => uploads::patch(self, repo, id),
            (Method::Put, Route::Upload { repo, id }) => uploads::put(self, repo, id),
            (Method::Delete, Route::Upload { repo, id }) => uploads::cancel(self, repo, id),
            (Method::Get, Route::Tags { repo }) => lists::tags(self, repo),
            (Method::Get, Route::Referrers { repo, digest }) => lists::referrers(self, repo, digest),
            _ => unsupported(),
        }
    }

    /// A URL of this registry, written out or not.
    pub(super) fn url(&self, path: &str) -> String {
        if self.behaviour.absolute_urls { format!("{}{path}", self.origin) } else { path.to_owned() }
    }
}

fn unsupported() -> Response {
    Response::error(405, "UNSUPPORTED", "the operation is not supported")
}
