//! Tokens, as docker's and OAuth2's token servers give them.

use std::io::Read as _;
use std::time::{Duration, Instant};

use serde::Deserialize;
use ureq::http::HeaderValue;

use super::credential::Credential;
use super::realm::{Realm, Trust};
use crate::http::{
    Body, HttpError, Method, Origin, Request, Resend, Response, Undelivered, basic, bearer, encoded,
};
use crate::printable::escaped;
use crate::registry::error::{RealmProblem, RegistryError};
use crate::registry::scope::Scope;
use crate::registry::wire::Wire;

/// A token, and until when it is good.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) header: HeaderValue,
    pub(super) until: Instant,
}

/// What a token is asked with.
pub(super) struct Asked<'a> {
    pub(super) realm: &'a Realm,
    pub(super) service: Option<&'a str>,
    pub(super) scope: &'a Scope,
    /// What a challenge says of scopes.
    pub(super) challenged: Option<&'a str>,
    pub(super) credential: Option<&'a Credential>,
}

/// Asks a token server for a token for the registry at `registry`, which references name by `host`.
pub(super) fn fetch(
    wire: &Wire,
    host: &str,
    registry: &Origin,
    asked: &Asked<'_>,
) -> Result<Token, RegistryError> {
    let realm = asked.realm;
    let credential = asked.credential.filter(|_| realm.trust != Trust::Foreign);
    let refused = |problem| RegistryError::Realm { host: host.to_owned(), realm: realm.url.shown(), problem };
    let began = Instant::now();
    let scopes = asked.scope.parameters(asked.challenged);
    let answer = match credential {
        Some(Credential::Identity(secret)) => {
            let mut form = "grant_type=refresh_token&client_id=overcoat".to_owned();
            for (name, value) in [("service", asked.service.unwrap_or(host)), ("scope", &scopes.join(" "))] {
                form.push_str(&format!("&{name}={}", encoded(value)));
            }
            form.push_str(&format!("&refresh_token={}", encoded(secret.reveal())));
            let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
            send(wire, registry, asked, Method::Post, headers, Body::Bytes(form.as_bytes()), None)
        }
        credential => {
            let authorization = match credential {
                Some(Credential::Basic { user, password }) => basic(user, password),
                _ => None,
            };
            send(wire, registry, asked, Method::Get, Vec::new(), Body::Empty, authorization.as_ref())
        }
    };
    let answer = answer.map_err(|error| match error {
        Undelivered::Error(error) => error.into(),
        Undelivered::OutOfReach(address) => refused(RealmProblem::Reach(address)),
    })?;
    match answer.status {
        200 => token(answer, wire.http.limits().token_bytes, began),
        300..=399 => Err(refused(RealmProblem::Redirected)),
        _ if asked.credential.is_some() && credential.is_none() => Err(refused(RealmProblem::Foreign)),
        400..=499 => {
            let (what, status, words) = (answer.what.clone(), answer.status, answer.into_error().words());
            let colon = if words.is_empty() { "" } else { ": " };
            Err(RegistryError::Token { what, problem: format!("status {status}{colon}{words}") })
        }
        _ => Err(answer.into_error()),
    }
}

fn send(
    wire: &Wire,
    registry: &Origin,
    asked: &Asked<'_>,
    method: Method,
    headers: Vec<(&'static str, String)>,
    body: Body<'_>,
    authorization: Option<&HeaderValue>,
) -> Result<Response, Undelivered> {
    let mut url = asked.realm.url.clone();
    if method == Method::Get {
        url = asked.service.iter().fold(url, |url, service| url.with("service", service));
        url =
            asked.scope.parameters(asked.challenged).iter().fold(url, |url, scope| url.with("scope", scope));
    }
    let request = Request { method, headers: &headers, body, resend: Resend::Always };
    wire.http.deliver(&url, asked.realm.reach(registry), &request, authorization)
}

#[derive(Deserialize)]
struct Shape {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<f64>,
}

/// The token of an answer that came for a request sent at `began`.
fn token(answer: Response, most: u64, began: Instant) -> Result<Token, RegistryError> {
    let what = answer.what.clone();
    let problem = |problem: &str| RegistryError::Token { what: what.clone(), problem: problem.to_owned() };
    let mut text = Vec::new();
    let read = answer.body.take(most.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|error| HttpError::Unanswered { what: what.clone(), problem: escaped(&error.to_string()) })?;
    if text.len() as u64 > most {
        return Err(RegistryError::TooLarge { what, most, limit: "token-bytes" });
    }
    let shape: Shape =
        serde_json::from_slice(&text).map_err(|_| problem("the answer is none of a token server"))?;
    let set = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token =
        set(shape.token).or(set(shape.access_token)).ok_or_else(|| problem("the answer holds none"))?;
    let header = bearer(&token).ok_or_else(|| problem("the answer holds one that cannot be sent"))?;
    Ok(Token { header, until: began + lifetime(shape.expires_in) })
}

/// How long a token is used: it ends a sixth before the server says, so that none ends on its way.
fn lifetime(seconds: Option<f64>) -> Duration {
    const USUAL: f64 = 60.0;
    const LONGEST: f64 = 86_400.0;
    let seconds = seconds.filter(|seconds| *seconds > 0.0).unwrap_or(USUAL).min(LONGEST);
    Duration::from_secs_f64(seconds * 5.0 / 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        for (said, used) in [(None, 50.0), (Some(300.0), 250.0), (Some(0.0), 50.0), (Some(-1.0), 50.0)] {
            assert_eq!(lifetime(said), Duration::from_secs_f64(used));
        }
        assert_eq!(lifetime(Some(f64::MAX)), Duration::from_secs(72_000));
        assert_eq!(lifetime(Some(f64::NAN)), Duration::from_secs(50));
    }
}
