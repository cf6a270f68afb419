//! What a registry is shown of who asks.

use crate::http::Secret;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::registry) enum Credential {
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token that others are got with.
    Identity(Secret),
    /// A token for the registry itself.
    Registry(Secret),
}

impl Credential {
    /// The credential that a name and a secret stand for; helpers mark identity tokens by the name `<token>`.
    pub(super) fn new(user: &str, secret: &str) -> Option<Self> {
        match (user, secret) {
            ("", "") => None,
            ("<token>", token) => Some(Self::Identity(Secret::new(token))),
            (user, password) => Some(Self::Basic { user: user.to_owned(), password: Secret::new(password) }),
        }
    }
}
