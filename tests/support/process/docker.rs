//! Debian's docker-registry.

use std::fs;
use std::process::Command;

use super::super::registry::{Authority, Identity, basic};
use super::super::{scratch, tool};
use super::{Access, Process};

/// How docker-registry is started: plainly, unless told otherwise.
#[derive(Default)]
pub(crate) struct DockerRegistry {
    tls: Option<(String, Identity)>,
    has_password: bool,
}

impl DockerRegistry {
    /// With a certificate of an authority.
    pub(crate) fn tls(self, authority: &Authority) -> Self {
        Self { tls: Some((authority.pem(), authority.server(&["127.0.0.1", "localhost"]))), ..self }
    }

    /// For one user alone, who is [`USER`] with [`PASSWORD`].
    pub(crate) fn password(self) -> Self {
        Self { has_password: true, ..self }
    }

    /// Starts it; says that the test is skipped where it is not installed.
    pub(crate) fn start(self) -> Option<Process> {
        let program = tool("docker-registry")?;
        let dir = scratch();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let write = |name: &str, text: &str| {
            fs::write(path(name), text).expect("the directory can be written");
            path(name)
        };
        let mut config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n",
            path("storage")
        );
        let mut access = Access::default();
        if self.has_password {
            let file = write("htpasswd", HTPASSWD);
            config += &format!("auth: {{htpasswd: {{realm: test, path: {file}}}}}\n");
            access.credentials = Some(basic(USER, PASSWORD));
        }
        config += "http:\n  addr: 127.0.0.1:0\n  secret: only for uploads that go on\n";
        if let Some((authority, identity)) = self.tls {
            let (certificate, key) =
                (write("cert.pem", &identity.certificate), write("key.pem", &identity.key));
            config += &format!("  tls: {{certificate: {certificate}, key: {key}}}\n");
            access.authority = Some(authority);
        }
        let mut command = Command::new(program);
        command.arg("serve").arg(write("config.yml", &config));
        Some(Process::start(dir, command, access))
    }
}

/// The one user of a docker-registry that wants a password.
pub(crate) const USER: &str = "user";

/// The password of that user.
pub(crate) const PASSWORD: &str = "secret";

/// What `htpasswd -nbB -C 5 user secret` prints, for one salt.
const HTPASSWD: &str = "user:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
