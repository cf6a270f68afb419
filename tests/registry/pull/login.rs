//! Who a build says it is: files of credentials as docker and podman write them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::Demo;
use crate::support::registry::basic;

/// The user whom [`PASSWORD`] belongs to.
pub(super) const USER: &str = "user";
/// A password that stands nowhere by chance.
pub(super) const PASSWORD: &str = "canary-p4ssw0rd";

/// An entry of a file of credentials, for a user with a password.
pub(super) fn entry(user: &str, password: &str) -> Value {
    json!({"auth": basic(user, password).trim_start_matches("Basic ")})
}

impl Demo {
    /// Writes a file that only its owner can read.
    pub(super) fn write_private(&self, name: &str, content: &Value) {
        self.sandbox.write(name, &content.to_string());
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(self.sandbox.path(name), mode).expect("the sandbox can be written");
    }

    /// Writes `auth.json`: a user and a password for each host, with a path or without.
    pub(super) fn log_in(&self, logins: &[(&str, &str, &str)]) {
        let auths = logins.iter().map(|(key, user, password)| ((*key).to_owned(), entry(user, password)));
        self.write_private("auth.json", &json!({"auths": auths.collect::<serde_json::Map<_, _>>()}));
    }

    /// Writes `auth.json`: [`USER`] and [`PASSWORD`] for a host.
    pub(super) fn log_in_to(&self, host: &str) {
        self.log_in(&[(host, USER, PASSWORD)]);
    }
}

/// What makes a build look into `auth.json`.
pub(super) const AUTH: [&str; 2] = ["--authfile", "auth.json"];
