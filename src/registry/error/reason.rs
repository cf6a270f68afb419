//! Why registries are not asked, or are not shown who asks.

use std::net::IpAddr;

/// Why nothing could be shown to a registry that wants to know who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    /// There is no credential for it.
    #[error("there is no credential for it")]
    Unknown,
    /// It does not take what there is.
    #[error("it does not take the credential")]
    Refused,
    /// It does not take the token that an anonymous request gets.
    #[error("it does not take an anonymous token")]
    Anonymous,
    /// It wants another scheme than basic and bearer, or says none.
    #[error("it names no way to say who asks that is known")]
    Scheme,
}

/// Why a token server may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RealmProblem {
    /// It is no address of HTTP.
    #[error("which is no address")]
    Address,
    /// It is reached without TLS, and the registry is not.
    #[error("which is reached without TLS")]
    Plain,
    /// User information stands in it.
    #[error("which has user information")]
    UserInfo,
    /// It leads into a network that is not public, and the registry is not there.
    #[error("which leads to {0}, an address that is not public")]
    Reach(IpAddr),
    /// It redirects.
    #[error("which redirects the request")]
    Redirected,
    /// It is another host's, so that it was asked without the credential, and that did not do.
    #[error(
        "which is another host, so that the credential is not sent there; without it the registry refuses"
    )]
    Foreign,
}
