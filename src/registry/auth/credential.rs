//! What a registry is shown of who asks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::http::HeaderValue;

use super::secret::Secret;

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

/// `Basic` with a name and a password (RFC 7617).
pub(super) fn basic(user: &str, password: &Secret) -> Option<HeaderValue> {
    let pair = STANDARD.encode(format!("{user}:{}", password.reveal()));
    sensitive(&format!("Basic {pair}"))
}

/// `Bearer` with a token (RFC 6750); nothing where it cannot stand in a header.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {token}")).filter(|_| !token.is_empty())
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
