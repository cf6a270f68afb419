//! Tokens: who gets which, and what they are good for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::credentials::basic;
use super::request::{Method, Request, form};
use super::response::Response;
use super::server::Answer;

/// Whom tokens are given to, and how.
pub(crate) struct Accounts {
    /// Users with their passwords.
    pub(crate) users: Vec<(&'static str, &'static str)>,
    /// Identity tokens with their users.
    pub(crate) identities: Vec<(&'static str, &'static str)>,
    /// Whether a user, or nobody, is granted an action in a repository.
    pub(crate) grants: fn(Option<&str>, &str, &str) -> bool,
    /// What a challenge calls the registry, and a request for a token has to.
    pub(crate) service: &'static str,
    /// How long tokens are good.
    pub(crate) lifetime: Duration,
    /// What is said of it, in seconds; none says nothing.
    pub(crate) expires_in: Option<u64>,
    /// The field of the answer to a GET that has the token.
    pub(crate) field: &'static str,
    /// Takes POST, with identity tokens; 405 otherwise.
    pub(crate) oauth: bool,
}

impl Default for Accounts {
    /// `user` with the password `secret` or the token `identity` may do all, and nobody may pull.
    fn default() -> Self {
        Self {
            users: vec![("user", "secret")],
            identities: vec![("identity", "user")],
            grants: |user, _, action| user.is_some() || action == "pull",
            service: "test-registry",
            lifetime: Duration::from_secs(300),
            expires_in: Some(300),
            field: "token",
            oauth: true,
        }
    }
}

/// Actions by repository; written as scopes are: `repository:a:pull,push repository:b:pull`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants(BTreeMap<String, BTreeSet<String>>);

impl Grants {
    /// Those of scopes, one or several to a text.
    fn parse(scopes: impl Iterator<Item = String>) -> Self {
        let mut grants = Self::default();
        for scopes in scopes {
            for scope in scopes.split(' ') {
                let named = scope.strip_prefix("repository:").and_then(|scope| scope.rsplit_once(':'));
                let (repo, actions) = named.unwrap_or_default();
                actions.split(',').filter(|_| !repo.is_empty()).for_each(|action| grants.add(repo, action));
            }
        }
        grants
    }

    pub(super) fn add(&mut self, repo: &str, action: &str) {
        self.0.entry(repo.to_owned()).or_default().insert(action.to_owned());
    }

    fn covers(&self, needed: &Self) -> bool {
        let has =
            |repo, actions: &BTreeSet<String>| self.0.get(repo).is_some_and(|own| own.is_superset(actions));
        needed.0.iter().all(|(repo, actions)| has(repo, actions))
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (repo, actions)) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { " " };
            let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
            write!(f, "{separator}repository:{repo}:{}", actions.join(","))?;
        }
        Ok(())
    }
}

/// Gives out tokens, and knows what they are good for.
pub(crate) struct Issuer {
    accounts: Accounts,
    given: Mutex<Vec<Token>>,
}

/// A token that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) value: String,
    /// None where nobody asked for it.
    pub(crate) user: Option<String>,
    pub(crate) granted: Grants,
    expires: Instant,
}

/// What a token is good for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Insufficient,
    Unknown,
}

impl Issuer {
    pub(crate) fn new(accounts: Accounts) -> Arc<Self> {
        Arc::new(Self { accounts, given: Mutex::default() })
    }

    pub(super) fn service(&self) -> &'static str {
        self.accounts.service
    }

    /// The tokens that were given out, in their order.
    pub(crate) fn given(&self) -> Vec<Token> {
        self.lock().clone()
    }

    /// Ends every token that was given out.
    pub(crate) fn revoke(&self) {
        self.lock().iter_mut().for_each(|token| token.expires = Instant::now());
    }

    pub(super) fn judge(&self, token: &str, needed: &Grants) -> Verdict {
        let given = self.lock();
        match given.iter().find(|given| given.value == token && Instant::now() < given.expires) {
            Some(token) if token.granted.covers(needed) => Verdict::Good,
            Some(_) => Verdict::Insufficient,
            None => Verdict::Unknown,
        }
    }

    /// Who asks by GET, with user and password or as nobody.
    fn by_password(&self, request: &Request) -> Result<Option<&'static str>, Response> {
        let Some(shown) = request.head.headers.get("authorization") else { return Ok(None) };
        let mut users = self.accounts.users.iter();
        let found = users.find(|(user, password)| basic(user, password) == shown);
        found.map(|(user, _)| Some(*user)).ok_or_else(refused)
    }

    /// Who asks by POST, with an identity token or with user and password.
    fn by_form(&self, form: &Form<'_>) -> Result<Option<&'static str>, Response> {
        let Accounts { users, identities, .. } = &self.accounts;
        let found = match form.get("grant_type").as_deref() {
            Some("refresh_token") => {
                let shown = form.get("refresh_token");
                identities.iter().find(|(token, _)| Some(*token) == shown.as_deref()).map(|(_, user)| *user)
            }
            Some("password") => {
                let shown = form.get("username").zip(form.get("password"));
                let is_shown = |user: &str, password: &str| {
                    shown.as_ref().is_some_and(|shown| (&*shown.0, &*shown.1) == (user, password))
                };
                users.iter().find(|(user, password)| is_shown(user, password)).map(|(user, _)| *user)
            }
            _ => return Err(Response::error(400, "UNSUPPORTED", "unknown grant_type")),
        };
        found.map(Some).ok_or_else(refused)
    }

    fn issue(&self, user: Option<&'static str>, asked: &Grants) -> Token {
        let mut granted = Grants::default();
        for (repo, actions) in &asked.0 {
            let actions = actions.iter().filter(|action| (self.accounts.grants)(user, repo, action));
            actions.for_each(|action| granted.add(repo, action));
        }
        let mut given = self.lock();
        let value = hex::encode(Sha256::digest(format!("{}{:p}", given.len(), self)));
        let expires = Instant::now() + self.accounts.lifetime;
        given.push(Token { value, user: user.map(str::to_owned), granted, expires });
        given[given.len() - 1].clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Token>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self, request: &Request) -> Result<Response, Response> {
        let head = &request.head;
        let query = head.target.split_once('?').map_or("", |(_, query)| query);
        let body = String::from_utf8_lossy(&request.body);
        let (form, field) = match head.method {
            Method::Get => (Form(query), self.accounts.field),
            Method::Post if self.accounts.oauth => (Form(&body), "access_token"),
            _ => return Err(Response::error(405, "UNSUPPORTED", "the operation is not supported")),
        };
        let user = if head.method == Method::Get { self.by_password(request) } else { self.by_form(&form) }?;
        if form.get("service").as_deref() != Some(self.accounts.service) {
            return Err(Response::error(400, "DENIED", "unknown service"));
        }
        let token = self.issue(user, &Grants::parse(form.all("scope")));
        let mut document = json!({field: token.value, "scope": token.granted.to_string()});
        if let Some(seconds) = self.accounts.expires_in {
            document["expires_in"] = seconds.into();
        }
        Ok(Response::new(200).json(&document))
    }
}

impl Answer for Issuer {
    fn answer(&self, request: &Request, _: bool) -> Response {
        self.token(request).unwrap_or_else(|refusal| refusal)
    }
}

/// A form, as queries and bodies write it.
struct Form<'a>(&'a str);

impl Form<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        form(self.0, name)
    }
}

fn refused() -> Response {
    Response::error(401, "UNAUTHORIZED", "incorrect username or password")
}
