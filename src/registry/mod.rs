//! Images in registries: found, read, pushed, by a synchronous client of the
//! [distribution specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md).
//!
//! [`Registries`] is what all threads of a process share; [`Repository`] has the operations. A credential reaches exactly one
//! origin, and what comes back is verified by digest.

mod abilities;
mod address;
mod agents;
mod answer;
mod auth;
mod connector;
mod delete;
mod endpoint;
mod error;
mod exchange;
mod link_header;
mod pace;
mod pages;
mod place;
mod proxy;
mod pull;
mod push;
mod referrers;
mod registries;
mod repository;
mod request;
mod response;
mod retry;
mod route;
#[cfg(test)]
mod sample;
mod scope;
#[cfg(test)]
mod scripted;
mod settings;
mod settings_file;
mod tags;
mod tls;
mod traffic;
mod url;
mod wire;

pub use abilities::{Abilities, Memory, NoMemory};
pub use auth::{Challenge, CredentialError, CredentialFiles, HelperError, LooseMode, Secret};
pub use error::{Delay, RealmProblem, RedirectProblem, RegistryError, Unauthorized};
pub use link_header::next_page;
pub use proxy::Proxies;
pub use push::{
    Accepted, Amount, Known, ManifestName, Mount, PushError, Pushed, Pushing, TagOutcome, Upload, push,
};
pub use registries::Registries;
pub use repository::Repository;
pub use settings::{HostSettings, NoHost, Settings};
pub use settings_file::{SettingsError, SettingsFile, SettingsProblem};
pub use traffic::Traffic;
