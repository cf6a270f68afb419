//! HTTP as far as everything needs it that is got or sent: connections, retries, redirects, and files that survive
//! connections which break off.
//!
//! [`Client`] is what all threads of a process share. A credential reaches exactly one origin, and nothing but the body of an
//! answer says what a file holds: who gets one verifies it.

mod address;
mod agents;
mod authorization;
mod client;
mod connector;
mod deliver;
mod download;
mod error;
mod exchange;
mod follow;
mod pace;
mod proxy;
mod request;
mod response;
mod resume;
mod retry;
#[cfg(test)]
pub(crate) mod scripted;
mod secret;
mod settings;
mod tls;
mod traffic;
mod url;
mod validator;

pub(crate) use address::{Reach, is_loopback, literal, reach_of};
pub(crate) use authorization::{basic, bearer};
pub use client::Client;
pub(crate) use deliver::Undelivered;
pub use download::Download;
pub use error::{Delay, HttpError, RedirectProblem};
pub use proxy::Proxies;
pub(crate) use proxy::is_in;
pub(crate) use request::{Body, Method, Request, Resend};
pub(crate) use response::{Response, shown};
pub(crate) use resume::{Again, Resumed};
pub(crate) use retry::Retry;
pub use secret::Secret;
pub use settings::{Settings, Tls};
pub use traffic::Traffic;
pub use url::{NoAddress, Url};
pub(crate) use url::{Origin, encoded, harmless};
