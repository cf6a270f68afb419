//! Who makes connections: one pool of them for all hosts that are reached alike.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::Agent;

use super::address::{self, Lookup, Reach};
use super::client::Client;
use super::connector::connector;
use super::deliver::Undelivered;
use super::pace::Pace;
use super::settings::Tls;
use super::tls;
use super::url::Origin;

/// The pools of connections that were needed so far.
#[derive(Default)]
pub(super) struct Agents(Mutex<BTreeMap<Key, Agent>>);

/// What hosts have to have in common for a pool.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The host, where there are settings for it.
    settings: Option<String>,
    reach: Reach,
    /// Whether connections go through the proxy, and that of TLS.
    proxy: Option<bool>,
}

/// Connections that are kept open to one host: no more than transfers at a time are of use.
const IDLE: usize = 64;

impl Agents {
    /// The pool for an origin; connections lead to addresses within `reach` alone.
    pub(super) fn agent(&self, origin: &Origin, reach: Reach, client: &Client) -> Result<Agent, Undelivered> {
        let (settings, limits, interrupt) = (client.settings(), client.limits(), client.interrupt());
        let host = origin.authority();
        let own = settings.at(origin);
        let proxy = settings.proxies.proxy(origin);
        if let Some(address) = address::literal(&origin.host).filter(|address| !reach.allows(*address)) {
            return Err(Undelivered::OutOfReach(address));
        }
        // A proxy may be anywhere, and names lead where it says.
        let reach = if proxy.is_some() { Reach::ALL } else { reach };
        let key = Key { settings: own.map(|_| host.clone()), reach, proxy: proxy.map(|_| origin.is_tls) };
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = made.get(&key) {
            return Ok(agent.clone());
        }
        let proxy = proxy.map(|proxy| proxy.parse(&host)).transpose()?;
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("overcoat/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(4 * IDLE)
            .max_idle_connections_per_host(IDLE)
            .timeout_resolve(seconds(limits.connect_seconds))
            .timeout_connect(seconds(limits.connect_seconds))
            .timeout_recv_response(seconds(limits.first_byte_seconds))
            .tls_config(tls::config(own.unwrap_or(&Tls::default()))?)
            .proxy(proxy)
            .build();
        let agent = Agent::with_parts(config, connector(Pace::new(limits, interrupt)), Lookup::new(reach));
        made.insert(key, agent.clone());
        Ok(agent)
    }
}
