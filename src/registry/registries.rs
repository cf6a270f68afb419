//! All registries that a process talks to.

use std::sync::Arc;

use super::abilities::{Learned, Memory};
use super::endpoint::Endpoint;
use super::referrers::Subjects;
use super::repository::Repository;
use super::settings::Settings;
use super::traffic::Traffic;
use crate::interrupt::Interrupt;
use crate::limits::Limits;

/// The registries that a process talks to, with their connections, tokens and abilities; clones share them.
#[derive(Clone)]
pub struct Registries(Arc<Shared>);

/// What all repositories share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) memory: Box<dyn Memory>,
    pub(super) learned: Learned,
    pub(super) subjects: Subjects,
    pub(super) limits: Limits,
    pub(super) interrupt: Interrupt,
    pub(super) traffic: Arc<Traffic>,
}

impl Registries {
    /// Registries that are reached as `settings` says.
    pub fn new(settings: Settings, memory: Box<dyn Memory>, limits: &Limits, interrupt: &Interrupt) -> Self {
        let (limits, interrupt, traffic) = (limits.clone(), interrupt.clone(), Arc::default());
        let (learned, subjects) = (Learned::default(), Subjects::default());
        Self(Arc::new(Shared { settings, memory, learned, subjects, limits, interrupt, traffic }))
    }

    /// A repository of a registry.
    pub fn repository(&self, host: &str, repository: &str) -> Repository {
        Repository::new(Arc::clone(&self.0), Endpoint::new(&self.0, host), host, repository)
    }

    /// What went over the network so far.
    pub fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }
}
