//! Images in registries: found, read, pushed, by a synchronous client of the
//! [distribution specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md).
//!
//! [`Registries`] is what all threads of a process share; [`Repository`] has the operations. A credential reaches exactly one
//! origin, and what comes back is verified by digest.

mod abilities;
mod answer;
mod auth;
mod delete;
mod endpoint;
mod error;
mod link_header;
mod pages;
mod place;
mod pull;
mod push;
mod referrers;
mod registries;
mod repository;
mod request;
mod route;
#[cfg(test)]
mod sample;
mod scope;
#[cfg(test)]
mod scripted;
mod settings;
mod settings_file;
mod tags;
mod wire;

pub use abilities::{Abilities, Memory, NoMemory};
pub use auth::{Challenge, CredentialError, CredentialFiles, HelperError, LooseMode};
pub use error::{RealmProblem, RegistryError, Unauthorized};
pub use link_header::next_page;
pub use push::{
    Accepted, Amount, Known, ManifestName, Mount, PushError, Pushed, Pushing, TagOutcome, Upload, push,
};
pub use registries::Registries;
pub use repository::Repository;
pub use settings::{HostSettings, NoHost, Settings};
pub use settings_file::{SettingsError, SettingsFile, SettingsProblem};
