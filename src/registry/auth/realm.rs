//! Whom a registry may send us to for a token, and what that server is shown.

use ureq::http::Uri;

use crate::http::{Origin, Reach, Url, is_in, literal, reach_of};
use crate::registry::error::RealmProblem;

/// A token server that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Realm {
    pub(super) url: Url,
    pub(super) trust: Trust,
}

/// What a token server is to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The registry's host itself, or one that is known or said to be its own: it gets the credential.
    Own,
    /// A host below the registry's: it gets the credential, at a public address.
    Below,
    /// Another host: it is asked without the credential, at a public address.
    Foreign,
}

/// Registries whose token server has a host of its own.
const KNOWN: [(&str, &str); 3] = [
    ("registry-1.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
    ("registry.digitalocean.com", "api.digitalocean.com"),
];

impl Realm {
    /// Judges the realm that the registry at `registry` names; `own` are hosts that are said to be its own.
    ///
    /// Who is whose is not read from names beyond that: `evil.co.uk` and `reg.co.uk` have a parent in common.
    pub(super) fn judge(text: &str, registry: &Origin, own: &[String]) -> Result<Self, RealmProblem> {
        if text.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some_and(|all| all.as_str().contains('@')))
        {
            return Err(RealmProblem::UserInfo);
        }
        let url: Url = text.parse().map_err(|_| RealmProblem::Address)?;
        let host = &url.origin.host;
        if !url.origin.is_tls && registry.is_tls {
            return Err(RealmProblem::Plain);
        }
        if is_odd_number(host) {
            return Err(RealmProblem::Address);
        }
        let is_own = *host == registry.host
            || KNOWN.contains(&(&registry.host, host))
            || own.iter().any(|own| *own == *host || *own == url.origin.authority());
        let is_below = literal(&registry.host).is_none() && is_in(host, &registry.host);
        let trust = match (is_own, is_below) {
            (true, _) => Trust::Own,
            (_, true) => Trust::Below,
            _ => Trust::Foreign,
        };
        Ok(Self { url, trust })
    }

    /// Where its addresses may lie: what is not the registry's own has to be public, unless the registry is not either.
    pub(super) fn reach(&self, registry: &Origin) -> Reach {
        match self.trust {
            Trust::Own => Reach::ALL,
            Trust::Below | Trust::Foreign => reach_of(registry),
        }
    }
}

/// Whether a host is a number that some lookups take for an IPv4 address: `0x7f.1`, `2130706433`.
fn is_odd_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number =
        last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    is_number && literal(host).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse::<Url>().unwrap().origin
    }

    #[test]
    fn r10_a_credential_goes_to_the_registrys_own_hosts_alone() {
        let hub = origin("https://registry-1.docker.io");
        let own = origin("https://reg.co.uk:5000");
        let plain = origin("http://127.0.0.1:5000");
        for (registry, realm, trust) in [
            (&hub, "https://auth.docker.io/token", Trust::Own),
            (&hub, "https://auth.docker.io.evil.example/token", Trust::Foreign),
            (&own, "https://reg.co.uk/token", Trust::Own),
            (&own, "https://REG.co.uk:5001/token?a=b", Trust::Own),
            (&own, "https://auth.reg.co.uk/token", Trust::Below),
            (&own, "https://co.uk/token", Trust::Foreign),
            (&own, "https://evil.co.uk/token", Trust::Foreign),
            (&own, "https://evilreg.co.uk/token", Trust::Foreign),
            (&own, "https://auth.docker.io/token", Trust::Foreign),
            (&own, "https://said.example/token", Trust::Own),
            (&own, "https://ported.example:8443/token", Trust::Own),
            (&own, "https://ported.example/token", Trust::Foreign),
            (&plain, "http://127.0.0.1:5001/token", Trust::Own),
            (&plain, "http://evil.127.0.0.1/token", Trust::Foreign),
            (&plain, "https://127.0.0.2/token", Trust::Foreign),
        ] {
            let said = ["said.example".to_owned(), "ported.example:8443".to_owned()];
            let judged = Realm::judge(realm, registry, &said);
            match judged {
                Ok(found) => assert_eq!(found.trust, trust, "{registry} {realm}"),
                Err(problem) => assert_eq!(problem, RealmProblem::Address, "{registry} {realm}"),
            }
        }
    }

    #[test]
    fn r10_realms_that_no_request_goes_to() {
        let registry = origin("https://reg.example");
        for (realm, problem) in [
            ("http://reg.example/token", RealmProblem::Plain),
            ("http://127.0.0.1/token", RealmProblem::Plain),
            ("https://reg.example@evil.example/token", RealmProblem::UserInfo),
            ("https://user:password@reg.example/token", RealmProblem::UserInfo),
            ("ftp://reg.example/token", RealmProblem::Address),
            ("/token", RealmProblem::Address),
            ("", RealmProblem::Address),
            ("https://0x7f.1/token", RealmProblem::Address),
            ("https://2130706433/token", RealmProblem::Address),
            ("https://127.1/token", RealmProblem::Address),
        ] {
            assert_eq!(Realm::judge(realm, &registry, &[]), Err(problem), "{realm}");
        }
    }

    #[test]
    fn r10_only_a_registry_that_is_not_public_has_a_token_server_that_is_not() {
        let public = origin("https://1.1.1.1");
        for (registry, realm, address, is_allowed) in [
            (&public, "https://127.0.0.1/t", "127.0.0.1", false),
            (&public, "https://169.254.169.254/t", "169.254.169.254", false),
            (&public, "https://[::ffff:169.254.169.254]/t", "::ffff:169.254.169.254", false),
            (&public, "https://auth.example/t", "127.0.0.1", false),
            (&public, "https://auth.example/t", "10.0.0.1", false),
            (&public, "https://auth.example/t", "8.8.8.8", true),
            (&origin("http://127.0.0.1:5000"), "http://localhost:1/t", "127.0.0.1", true),
            (&origin("http://127.0.0.1:5000"), "http://auth.example/t", "169.254.169.254", false),
            (&origin("http://127.0.0.1:5000"), "http://auth.example/t", "10.0.0.1", false),
            (&origin("https://10.0.0.1:5000"), "https://10.0.0.2/t", "10.0.0.2", true),
            (&origin("https://10.0.0.1:5000"), "https://x.example/t", "127.0.0.1", false),
        ] {
            let reach = Realm::judge(realm, registry, &[]).unwrap().reach(registry);
            assert_eq!(reach.allows(address.parse().unwrap()), is_allowed, "{registry} {realm} {address}");
        }
    }
}
