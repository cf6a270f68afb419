//! Why no signature counts.

use std::fmt;

use crate::code::{Code, Coded};
use crate::package::Moment;

/// A text that nobody has signed who is trusted with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not put together as a signed text is.
    #[error("it is not signed as it should be: {0}")]
    Form(String),
    /// It cannot be taken apart into a text and its signatures.
    #[error(transparent)]
    Cleartext(#[from] FormProblem),
    /// None of its signatures counts.
    #[error("no signature counts: {}", list(.0))]
    NoneCounts(Vec<Refused>),
}

/// What keeps a text from being taken apart into what is signed and its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    /// It does not begin as a signed text does.
    #[error("it does not begin with `-----BEGIN PGP SIGNED MESSAGE-----`")]
    NoStart,
    /// Something else than names of digests stands above the text.
    #[error("something else than `Hash:` stands above its text")]
    Header,
    /// A line begins with `-` and is not escaped.
    #[error("a line begins with `-` that is not escaped")]
    Escape,
    /// No signature follows.
    #[error("no whole signature stands below its text")]
    NoSignature,
    /// Something follows its signatures.
    #[error("something stands below its signatures")]
    Trailing,
    /// Its signatures cannot be read.
    #[error("its signatures cannot be read")]
    Armour,
    /// It has control characters, or is no UTF-8.
    #[error("it has control characters or is no UTF-8")]
    NoText,
}

/// A signature that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Who it says it is of: a fingerprint or a key id.
    pub issuer: Option<String>,
    /// Why it does not count.
    pub why: Rejection,
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It does not say who made it.
    #[error("it does not say whose it is")]
    Anonymous,
    /// Its key is not among those that are trusted.
    #[error("the key is not in the keyring")]
    Unknown,
    /// It is of a form that is not known.
    #[error("its form is not supported")]
    Unsupported,
    /// Its digest can be forged.
    #[error("its digest is {0}, which does not count")]
    WeakDigest(String),
    /// Its key can be broken.
    #[error("its key is {0}, which does not count")]
    WeakKey(String),
    /// It is of other bytes.
    #[error("it is of other bytes")]
    Mismatch,
    /// Its own time is over.
    #[error("it expired at {at}, and this machine's clock says {now}")]
    Expired {
        /// When it expired.
        at: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// It was made in what is the future here.
    #[error("it is of {at}, and this machine's clock says {now}")]
    NotYet {
        /// When it was made.
        at: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// It is older than its key.
    #[error("it is of {at}, and its key of {key}")]
    BeforeKey {
        /// When it was made.
        at: Moment,
        /// When the key was made.
        key: Moment,
    },
    /// Its key was made in what is the future here.
    #[error("its key is of {at}, and this machine's clock says {now}")]
    KeyNotYet {
        /// When the key was made.
        at: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// Its key's time is over.
    #[error("its key expired at {at}, and this machine's clock says {now}")]
    KeyExpired {
        /// When the key expired.
        at: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// Its key was revoked.
    #[error("its key is revoked")]
    KeyRevoked,
    /// Its key is not for signing.
    #[error("its key is not for signing")]
    NotForSigning,
    /// Nothing valid says whose the key is, or what it is for.
    #[error("no self-signature of its key counts")]
    Unbound,
}

impl SignatureError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        let Self::NoneCounts(refused) = self else { return None };
        let is_any = |is: fn(&Rejection) -> bool| refused.iter().any(|one| is(&one.why));
        if is_any(|why| matches!(why, Rejection::NotYet { .. } | Rejection::KeyNotYet { .. })) {
            Some("set this machine's clock, if it is behind")
        } else if is_any(|why| matches!(why, Rejection::Expired { .. } | Rejection::KeyExpired { .. })) {
            Some("set this machine's clock, if it is ahead; else a newer key is needed in `contents.keyring`")
        } else if refused.iter().all(|one| one.why == Rejection::Unknown) {
            Some("add the repository's key to `contents.keyring`, after comparing its fingerprint")
        } else {
            None
        }
    }
}

impl Coded for SignatureError {
    fn code(&self) -> Code {
        Code::PackageSignature
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.issuer {
            Some(issuer) => write!(f, "{issuer}: {}", self.why),
            None => self.why.fmt(f),
        }
    }
}

fn list(refused: &[Refused]) -> String {
    match refused {
        [] => "there is none".to_owned(),
        refused => refused.iter().map(Refused::to_string).collect::<Vec<_>>().join("; "),
    }
}
