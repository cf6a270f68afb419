//! How requests get to registries.

use super::auth::Credentials;
use super::settings::Settings;
use crate::http::Client;

/// What all endpoints of a process share.
pub(super) struct Wire {
    pub(super) settings: Settings,
    pub(super) credentials: Credentials,
    pub(super) http: Client,
}
