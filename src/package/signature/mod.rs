//! Who signed what: keys of people who configure repositories, and signatures of those who run them.

mod error;
mod fingerprint;
mod keyring;
pub mod openpgp;

pub use error::{FormProblem, Refused, Rejection, SignatureError};
pub use fingerprint::Fingerprint;
pub use keyring::{KeyError, Keyring};
