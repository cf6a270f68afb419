//! Who asks: what a registry is shown when it wants to know.
//!
//! Nothing is read, run or sent of credentials before a registry asks for them by a 401. From then on every request brings
//! what it needs at once.

mod challenge;
mod credential;
mod credentials;
mod docker_config;
mod helper;
mod realm;
mod token;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::http::{HeaderValue, header};

pub use challenge::Challenge;
pub(super) use credential::Credential;
pub(super) use credentials::Credentials;
pub use credentials::{CredentialError, CredentialFiles, LooseMode};
pub use helper::HelperError;

use super::error::{RealmProblem, RegistryError, Unauthorized};
use super::scope::Scope;
use super::wire::Wire;
use crate::http::{self, Origin, Response};
use realm::{Realm, Trust};
use token::{Asked, Token};

/// What one registry is shown.
pub(super) struct Authorizer {
    /// The registry as references name it.
    host: String,
    origin: Origin,
    /// What it wants, once it has said so.
    wanted: Mutex<Option<Wanted>>,
    tokens: Mutex<BTreeMap<Scope, Arc<Mutex<Option<Token>>>>>,
    /// Held by the first request of all, until the registry has answered it.
    first: Mutex<bool>,
}

/// What a registry wants to see.
#[derive(Clone)]
enum Wanted {
    Basic,
    Bearer { realm: Realm, service: Option<String> },
}

/// What a request brings.
#[derive(Clone)]
pub(super) struct Shown {
    header: HeaderValue,
    /// Whether nothing better can be had.
    is_fresh: bool,
    /// Why the registry does not take it, should it not.
    weakness: Weakness,
}

#[derive(Clone, Copy)]
enum Weakness {
    None,
    Anonymous,
    /// There is a credential, which must not go to the token server.
    Withheld,
}

impl Shown {
    pub(super) fn header(&self) -> &HeaderValue {
        &self.header
    }
}

impl Authorizer {
    pub(super) fn new(host: &str, origin: Origin) -> Self {
        let (wanted, tokens, first) = (Mutex::default(), Mutex::default(), Mutex::new(true));
        Self { host: host.to_owned(), origin, wanted, tokens, first }
    }

    /// Lets one request through before all others: what the registry wants is asked once.
    pub(super) fn first(&self) -> Option<First<'_>> {
        let first = locked(&self.first);
        first.then(|| First(first))
    }

    /// What a request for `scope` brings; nothing where the registry did not ask for anything yet.
    pub(super) fn shown(&self, wire: &Wire, scope: &Scope) -> Result<Option<Shown>, RegistryError> {
        let Some(wanted) = locked(&self.wanted).clone() else { return Ok(None) };
        self.show(wire, scope, &wanted, None, None)
    }

    /// What a request brings that was answered with a 401, after it brought `shown`.
    pub(super) fn challenged(
        &self,
        wire: &Wire,
        scope: &Scope,
        answer: Response,
        shown: Option<&Shown>,
    ) -> Result<Shown, RegistryError> {
        if let Some(shown) = shown.filter(|shown| shown.is_fresh) {
            return Err(self.refused(answer, shown.weakness));
        }
        let challenges = challenges(&answer);
        let of = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
        let (wanted, challenged) = match (of("bearer"), of("basic")) {
            (Some(bearer), _) => (self.bearer(wire, bearer)?, bearer.parameter("scope")),
            (None, Some(_)) => (Wanted::Basic, None),
            (None, None) => return Err(self.unauthorized(answer, Unauthorized::Scheme)),
        };
        *locked(&self.wanted) = Some(wanted.clone());
        match self.show(wire, scope, &wanted, challenged, shown)? {
            Some(shown) => Ok(shown),
            None => Err(self.unauthorized(answer, Unauthorized::Unknown)),
        }
    }

    fn bearer(&self, wire: &Wire, challenge: &Challenge) -> Result<Wanted, RegistryError> {
        let text = challenge.parameter("realm").unwrap_or_default();
        let realm = Realm::judge(text, &self.origin, &wire.settings.of(&self.host).realms);
        let realm = realm.map_err(|problem| RegistryError::Realm {
            host: self.host.clone(),
            realm: http::harmless(text),
            problem,
        })?;
        Ok(Wanted::Bearer { realm, service: challenge.parameter("service").map(str::to_owned) })
    }

    /// What is wanted; nothing where there is no credential that would do. `stale` was shown already.
    fn show(
        &self,
        wire: &Wire,
        scope: &Scope,
        wanted: &Wanted,
        challenged: Option<&str>,
        stale: Option<&Shown>,
    ) -> Result<Option<Shown>, RegistryError> {
        let credential = wire.credentials.find(&self.host, &scope.repository, wire.http.interrupt())?;
        match (wanted, &credential) {
            (Wanted::Basic, Some(Credential::Basic { user, password })) => {
                let header = http::basic(user, password);
                Ok(header.map(|header| Shown { header, is_fresh: true, weakness: Weakness::None }))
            }
            (Wanted::Basic, _) => Ok(None),
            (Wanted::Bearer { .. }, Some(Credential::Registry(secret))) => {
                let header = http::bearer(secret.reveal());
                Ok(header.map(|header| Shown { header, is_fresh: true, weakness: Weakness::None }))
            }
            (Wanted::Bearer { realm, service }, credential) => {
                let weakness = match credential {
                    None => Weakness::Anonymous,
                    Some(_) if realm.trust == Trust::Foreign => Weakness::Withheld,
                    Some(_) => Weakness::None,
                };
                let credential = credential.as_ref();
                let asked = Asked { realm, service: service.as_deref(), scope, challenged, credential };
                let (header, is_fresh) = self.token(wire, &asked, stale)?;
                Ok(Some(Shown { header, is_fresh, weakness }))
            }
        }
    }

    /// A token for a scope, and whether it was asked for just now: threads that need the same wait for one of them.
    fn token(
        &self,
        wire: &Wire,
        asked: &Asked<'_>,
        stale: Option<&Shown>,
    ) -> Result<(HeaderValue, bool), RegistryError> {
        let slot = Arc::clone(locked(&self.tokens).entry(asked.scope.clone()).or_default());
        let mut slot = locked(&slot);
        let held = slot.as_ref().filter(|token| token.until > Instant::now());
        if let Some(token) = held.filter(|token| stale.is_none_or(|stale| stale.header != token.header)) {
            return Ok((token.header.clone(), false));
        }
        *slot = None;
        let token = token::fetch(wire, &self.host, &self.origin, asked)?;
        let header = slot.insert(token).header.clone();
        Ok((header, true))
    }

    fn refused(&self, answer: Response, weakness: Weakness) -> RegistryError {
        let realm = match &*locked(&self.wanted) {
            Some(Wanted::Bearer { realm, .. }) => realm.url.shown(),
            _ => String::new(),
        };
        match weakness {
            Weakness::None => self.unauthorized(answer, Unauthorized::Refused),
            Weakness::Anonymous => self.unauthorized(answer, Unauthorized::Anonymous),
            Weakness::Withheld => {
                RegistryError::Realm { host: self.host.clone(), realm, problem: RealmProblem::Foreign }
            }
        }
    }

    fn unauthorized(&self, answer: Response, problem: Unauthorized) -> RegistryError {
        let (what, message) = (answer.what.clone(), answer.into_error().words());
        RegistryError::Unauthorized { what, host: self.host.clone(), message, problem }
    }
}

/// The first request of all to a registry.
pub(super) struct First<'a>(MutexGuard<'a, bool>);

impl Drop for First<'_> {
    fn drop(&mut self) {
        *self.0 = false;
    }
}

fn challenges(answer: &Response) -> Vec<Challenge> {
    let values = answer.headers.get_all(header::WWW_AUTHENTICATE).iter();
    values.flat_map(|value| Challenge::parse(&String::from_utf8_lossy(value.as_bytes()))).collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
