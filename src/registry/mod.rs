//! Images in registries: found, read, pushed, by a synchronous client of the
//! [distribution specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md).
//!
//! [`Registries`] is what all threads of a process share; [`Repository`] has the operations. A credential reaches exactly one
//! origin, and what comes back is verified by digest.

mod abilities;
mod address;
mod agents;
mod auth;
mod endpoint;
mod error;
mod exchange;
mod pace;
mod proxy;
mod registries;
mod repository;
mod request;
mod response;
mod retry;
mod route;
mod scope;
#[cfg(test)]
mod scripted;
mod settings;
mod tls;
mod traffic;
mod url;
mod wire;

pub use abilities::{Abilities, Memory, NoMemory};
pub use auth::{Challenge, CredentialError, CredentialFiles, HelperError, LooseMode, Secret};
pub use error::{Delay, RealmProblem, RedirectProblem, RegistryError, Unauthorized};
pub use proxy::Proxies;
pub use registries::Registries;
pub use repository::Repository;
pub use settings::{HostSettings, Settings};
pub use traffic::Traffic;
