//! Who may ask a registry: everybody, who knows a password, or who has a token for what is asked.

use std::sync::Arc;

use super::credentials::basic;
use super::issuer::{Grants, Issuer, Verdict};
use super::request::{Head, Method, Request};
use super::response::Response;
use super::routes::Route;
use super::server::Answer;
use super::token_server::TokenServer;

/// What a registry wants to see.
#[derive(Clone)]
pub(crate) enum Auth {
    /// Nothing.
    Open,
    /// This user and password.
    Basic(&'static str, &'static str),
    /// A token, which is to be had elsewhere.
    Bearer(Bearer),
}

/// Tokens, and where they are to be had.
#[derive(Clone)]
pub(crate) struct Bearer {
    issuer: Arc<Issuer>,
    /// None for `/token` at the registry itself.
    realm: Option<String>,
}

impl Auth {
    /// Tokens of a server of its own.
    pub(crate) fn tokens(server: &TokenServer) -> Self {
        Self::Bearer(Bearer { issuer: server.issuer(), realm: Some(server.realm()) })
    }

    /// Tokens of a server, to be asked for at this URL as challenges say.
    pub(crate) fn tokens_at(server: &TokenServer, realm: &str) -> Self {
        Self::Bearer(Bearer { issuer: server.issuer(), realm: Some(realm.to_owned()) })
    }

    /// Tokens that the registry itself gives out at `/token`.
    pub(crate) fn own_tokens(issuer: Arc<Issuer>) -> Self {
        Self::Bearer(Bearer { issuer, realm: None })
    }

    /// Answers a request for a token, where the registry itself gives them out.
    pub(super) fn token(&self, request: &Request) -> Option<Response> {
        match self {
            Self::Bearer(Bearer { issuer, realm: None }) if request.head.path() == "/token" => {
                Some(issuer.answer(request, true))
            }
            _ => None,
        }
    }

    /// Refuses a request that lacks what it needs.
    pub(super) fn allows(&self, head: &Head, route: &Route, origin: &str) -> Result<(), Response> {
        let shown = head.headers.get("authorization");
        match self {
            Self::Open => Ok(()),
            Self::Basic(user, password) => match shown {
                Some(shown) if shown == basic(user, password) => Ok(()),
                _ => Err(unauthorized("Basic realm=\"test\"".to_owned())),
            },
            Self::Bearer(bearer) => bearer.allows(shown, &needed(head, route), origin),
        }
    }
}

impl Bearer {
    fn allows(&self, shown: Option<&str>, needed: &Grants, origin: &str) -> Result<(), Response> {
        let token = shown.and_then(|shown| shown.strip_prefix("Bearer "));
        let error = match token.map(|token| self.issuer.judge(token, needed)) {
            Some(Verdict::Good) => return Ok(()),
            Some(Verdict::Insufficient) => ",error=\"insufficient_scope\"",
            Some(Verdict::Unknown) => ",error=\"invalid_token\"",
            None => "",
        };
        let realm = self.realm.clone().unwrap_or_else(|| format!("{origin}/token"));
        let scope = needed.to_string();
        let scope = if scope.is_empty() { scope } else { format!(",scope=\"{scope}\"") };
        let service = self.issuer.service();
        Err(unauthorized(format!("Bearer realm=\"{realm}\",service=\"{service}\"{scope}{error}")))
    }
}

/// What a request needs to be granted.
fn needed(head: &Head, route: &Route) -> Grants {
    let mut needed = Grants::default();
    let Some(repo) = route.repo() else { return needed };
    match head.method {
        Method::Get | Method::Head => needed.add(repo, "pull"),
        Method::Delete if !matches!(route, Route::Upload { .. }) => needed.add(repo, "delete"),
        _ => {
            needed.add(repo, "pull");
            needed.add(repo, "push");
        }
    }
    if let (Some(_), Some(from)) = (head.parameter("mount"), head.parameter("from")) {
        needed.add(&from, "pull");
    }
    needed
}

fn unauthorized(challenge: String) -> Response {
    Response::error(401, "UNAUTHORIZED", "authentication required").with("WWW-Authenticate", challenge)
}
