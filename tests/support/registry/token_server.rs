//! Servers beside a registry: one that gives out tokens, and one that nobody should tell anything.

use std::net::IpAddr;
use std::sync::Arc;

use super::faults::Fault;
use super::issuer::{Accounts, Issuer};
use super::log::Log;
use super::request::Request;
use super::response::Response;
use super::server::{Answer, LOOPBACK, Server};
use super::tls::Tls;

/// A server of tokens on a port of its own, until it is dropped.
pub(crate) struct TokenServer {
    server: Server,
    issuer: Arc<Issuer>,
}

impl TokenServer {
    pub(crate) fn start(accounts: Accounts) -> Self {
        Self::on(LOOPBACK, None, accounts)
    }

    pub(crate) fn on(ip: IpAddr, tls: Option<Tls>, accounts: Accounts) -> Self {
        let issuer = Issuer::new(accounts);
        Self { server: Server::start(ip, tls, Arc::<Issuer>::clone(&issuer)), issuer }
    }

    /// Where tokens are to be had: `http://127.0.0.1:41234/token`.
    pub(crate) fn realm(&self) -> String {
        format!("{}/token", self.server.url())
    }

    pub(crate) fn host(&self) -> String {
        self.server.authority()
    }

    pub(crate) fn issuer(&self) -> Arc<Issuer> {
        Arc::clone(&self.issuer)
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.server.fault(fault);
    }

    /// What it was asked, with all credentials that it was shown.
    pub(crate) fn log(&self) -> Log {
        self.server.log()
    }
}

/// A server that nobody should contact, or tell anything: it knows nothing, and notes all.
pub(crate) struct Catcher(Server);

impl Catcher {
    pub(crate) fn start() -> Self {
        Self::on(LOOPBACK, None)
    }

    pub(crate) fn on(ip: IpAddr, tls: Option<Tls>) -> Self {
        Self(Server::start(ip, tls, Arc::new(Nothing)))
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    pub(crate) fn host(&self) -> String {
        self.0.authority()
    }

    /// Gives it something to answer.
    pub(crate) fn fault(&self, fault: Fault) {
        self.0.fault(fault);
    }

    /// How many connections there have been, with or without a request.
    pub(crate) fn connections(&self) -> usize {
        self.0.connections()
    }

    pub(crate) fn log(&self) -> Log {
        self.0.log()
    }
}

struct Nothing;

impl Answer for Nothing {
    fn answer(&self, _: &Request, _: bool) -> Response {
        Response::new(404)
    }
}
