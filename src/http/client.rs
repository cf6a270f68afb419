//! What all threads of a process share to ask servers.

use std::fmt;
use std::sync::Arc;

use super::agents::Agents;
use super::settings::Settings;
use super::traffic::Traffic;
use crate::interrupt::Interrupt;
use crate::limits::Limits;

/// Asks servers; clones share connections and counts.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What all clones share.
struct Shared {
    settings: Settings,
    limits: Limits,
    interrupt: Interrupt,
    traffic: Traffic,
    agents: Agents,
}

impl Client {
    /// A client that connects as `settings` says.
    pub fn new(settings: Settings, limits: &Limits, interrupt: &Interrupt) -> Self {
        let (limits, interrupt) = (limits.clone(), interrupt.clone());
        let (traffic, agents) = (Traffic::default(), Agents::default());
        Self(Arc::new(Shared { settings, limits, interrupt, traffic, agents }))
    }

    /// What went over the network so far.
    pub fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.0.interrupt
    }

    pub(super) fn agents(&self) -> &Agents {
        &self.0.agents
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}
