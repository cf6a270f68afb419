//! Where packages come from, as a customization or an image says.

use std::path::PathBuf;

/// A repository as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A repository of apk: packages are at `<url>/<arch>/`, the index at `<url>/<arch>/APKINDEX.tar.gz`, or at `index`.
    Apk {
        /// The URL, without a final `/`: `https:`, `http:` or `file:`.
        url: String,
        /// The tag without `@`: only requests with it are served from here.
        tag: Option<String>,
        /// Where the index is, where that is not the usual place (`ndx` lines).
        index: Option<String>,
    },
    /// A suite of a repository of Debian's kind.
    Deb {
        /// The URL, without a final `/`: `https:`, `http:` or `file:`.
        url: String,
        /// The suite (`trixie-security`), or a path that ends in `/` for a repository without suites.
        suite: String,
        /// Its components, in order; none for one without suites.
        components: Vec<String>,
        /// The architectures it is for; all where there are none.
        architectures: Vec<String>,
        /// Who has to have signed it, where that is said here.
        signed_by: Vec<SignedBy>,
    },
}

/// Who has to have signed a suite.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignedBy {
    /// A key file of the image.
    File(PathBuf),
    /// A key by its fingerprint, in upper case without blanks; a `!` at its end is dropped.
    Fingerprint(String),
    /// Keys in armour.
    Inline(String),
}
