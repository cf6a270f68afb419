//! All registries that a process talks to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::abilities::{Learned, Memory};
use super::auth::{Credentials, LooseMode};
use super::endpoint::Endpoint;
use super::referrers::Subjects;
use super::repository::Repository;
use super::settings::Settings;
use super::wire::Wire;
use crate::http::{Client, Traffic};
use crate::interrupt::Interrupt;
use crate::limits::Limits;

/// The registries that a process talks to, with their connections, tokens and abilities; clones share them.
#[derive(Clone)]
pub struct Registries(Arc<Shared>);

/// What all repositories share.
pub(super) struct Shared {
    pub(super) wire: Arc<Wire>,
    endpoints: Mutex<BTreeMap<String, Endpoint>>,
    pub(super) settings: Settings,
    pub(super) memory: Box<dyn Memory>,
    pub(super) learned: Learned,
    pub(super) subjects: Subjects,
    pub(super) limits: Limits,
    pub(super) interrupt: Interrupt,
}

impl Registries {
    /// Registries that are reached as `settings` says.
    pub fn new(settings: Settings, memory: Box<dyn Memory>, limits: &Limits, interrupt: &Interrupt) -> Self {
        let wire = Arc::new(Wire {
            http: Client::new(settings.http(), limits, interrupt),
            credentials: Credentials::new(settings.credentials.clone()),
            settings: settings.clone(),
        });
        let (limits, interrupt, endpoints) = (limits.clone(), interrupt.clone(), Mutex::default());
        let (learned, subjects) = (Learned::default(), Subjects::default());
        Self(Arc::new(Shared { wire, endpoints, settings, memory, learned, subjects, limits, interrupt }))
    }

    /// A repository of a registry.
    pub fn repository(&self, host: &str, repository: &str) -> Repository {
        Repository::new(Arc::clone(&self.0), self.endpoint(host), host, repository)
    }

    pub(super) fn endpoint(&self, host: &str) -> Endpoint {
        Endpoint::new(&self.0, host)
    }

    /// What went over the network so far.
    pub fn traffic(&self) -> &Traffic {
        self.0.traffic()
    }

    /// What gets other files, by the same connections and settings.
    pub fn http(&self) -> &Client {
        &self.0.wire.http
    }

    /// Files of credentials that were read, and that others than their owner can read as well.
    pub fn loose_files(&self) -> Vec<LooseMode> {
        self.0.wire.credentials.loose()
    }
}

impl Shared {
    /// What went over the network so far.
    pub(super) fn traffic(&self) -> &Traffic {
        self.wire.http.traffic()
    }

    /// The endpoint of a registry, made by the first who asks.
    pub(super) fn endpoint(&self, host: &str, made: impl FnOnce() -> Endpoint) -> Endpoint {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        endpoints.entry(host.to_owned()).or_insert_with(made).clone()
    }
}
