//! The stable codes of errors and warnings, and the exit code that each stands for.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::file_error::{self, FileError};
use crate::interrupt::Interrupted;

/// What kind of failure ends a run; the process exits with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Usage or specification is invalid.
    Usage = 2,
    /// An input is hostile or corrupt.
    Input = 3,
    /// A remote or an authentication failed.
    Remote = 4,
    /// A limit was reached.
    Limit = 5,
    /// Local input or output failed.
    Io = 6,
    /// Bytes are not what a digest promised.
    Verification = 7,
    /// A tag moved remotely in the meantime.
    Moved = 8,
    /// A finding was refused by policy.
    Policy = 9,
    /// SIGINT ended the run.
    Interrupted = 130,
    /// SIGTERM ended the run.
    Terminated = 143,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal => $exit:ident,)*) => {
        /// A stable, machine-readable name of a failure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code there is, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it is printed, such as `E_TAR_PATH`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The exit code of a run that fails with it.
            pub const fn exit(self) -> Exit {
                match self { $(Self::$name => Exit::$exit,)* }
            }
        }
    };
}

codes! {
    /// The command line cannot be understood or carried out.
    Usage = "E_USAGE" => Usage,
    /// Something that is not built yet was asked for.
    Unsupported = "E_UNSUPPORTED" => Usage,
    /// The YAML cannot be read, or one of its budgets is spent.
    SpecYaml = "E_SPEC_YAML" => Usage,
    /// A key is unknown, missing, given twice or excludes another.
    SpecKey = "E_SPEC_KEY" => Usage,
    /// A value has the wrong type or form.
    SpecValue = "E_SPEC_VALUE" => Usage,
    /// A destination path cannot be used.
    SpecPath = "E_SPEC_PATH" => Usage,
    /// A pattern cannot be used.
    SpecPattern = "E_SPEC_PATTERN" => Usage,
    /// A user or group name or id cannot be used.
    SpecUser = "E_SPEC_USER" => Usage,
    /// An account exists with other ids, or its group is missing.
    SpecUserConflict = "E_SPEC_USER_CONFLICT" => Usage,
    /// An environment variable's name or value cannot be used.
    SpecEnvironment = "E_SPEC_ENVIRONMENT" => Usage,
    /// A label or annotation in a namespace that others own.
    SpecReserved = "E_SPEC_RESERVED" => Usage,
    /// A tag or tag suffix cannot be used.
    SpecTag = "E_SPEC_TAG" => Usage,
    /// The image's user is missing, or is root on a base where root is not allowed.
    SpecRunAs = "E_SPEC_RUNAS" => Usage,
    /// An image reference cannot be used.
    SpecReference = "E_SPEC_REFERENCE" => Usage,
    /// What the hosted service would refuse.
    SpecHosted = "E_SPEC_HOSTED" => Usage,
    /// A budget of the specification is spent: size, depth, nodes, aliases or patterns.
    LimitSpec = "E_LIMIT_SPEC" => Limit,
    /// An input image cannot be found.
    SourceMissing = "E_SRC_MISSING" => Usage,
    /// A file beside the specification lies outside its directory.
    SourceOutside = "E_SRC_OUTSIDE" => Usage,
    /// A file beside the specification is no regular file.
    SourceType = "E_SRC_TYPE" => Usage,
    /// A file beside the specification changed while it was read.
    SourceChanged = "E_SRC_CHANGED" => Usage,
    /// A file beside the specification is too large.
    SourceSize = "E_SRC_SIZE" => Usage,
    /// A pattern selects nothing.
    GlobEmpty = "E_GLOB_EMPTY" => Usage,
    /// A file meets a directory or link that it must not replace.
    Conflict = "E_CONFLICT" => Usage,
    /// The platform is not offered.
    PlatformAbsent = "E_PLATFORM_ABSENT" => Usage,
    /// Two outputs or tags collide, or an output cannot hold what it is asked to.
    Output = "E_OUTPUT" => Usage,
    /// A key file that holds no key.
    PackageKey = "E_PKG_KEY" => Usage,
    /// No repository to take packages from: none is named, or it is of another kind than the base, or lacks the suite,
    /// component, architecture or format that is asked for.
    PackageRepository = "E_PKG_REPOSITORY" => Usage,
    /// There is no package of a name that is asked for.
    PackageUnknown = "E_PKG_UNKNOWN" => Usage,
    /// No set of packages meets what is asked for.
    PackageUnsatisfied = "E_PKG_UNSATISFIED" => Usage,
    /// The platforms do not get the same packages.
    PackagePlatforms = "E_PKG_PLATFORMS" => Usage,
    /// The store's directory cannot be trusted or is none.
    Store = "E_STORE" => Usage,
    /// A tar path leaves the image.
    TarPath = "E_TAR_PATH" => Input,
    /// The root of an image is no directory.
    TarRoot = "E_TAR_ROOT" => Input,
    /// An artifact's layer writes below a symbolic link of the same layer.
    TarThroughSymlink = "E_TAR_THROUGH_SYMLINK" => Input,
    /// Symbolic links that never end.
    PathLoop = "E_PATH_LOOP" => Input,
    /// A hard link's target is no earlier entry that it may name.
    TarLinkTarget = "E_TAR_LINK_TARGET" => Input,
    /// A path stands twice in an artifact's layer.
    TarDuplicate = "E_TAR_DUPLICATE" => Input,
    /// A whiteout that is none.
    TarWhiteout = "E_TAR_WHITEOUT" => Input,
    /// An entry type that an artifact may not bring.
    TarType = "E_TAR_TYPE" => Input,
    /// An extended attribute that would poison a file system.
    TarXattr = "E_TAR_XATTR" => Input,
    /// A tar header that cannot be read.
    TarHeader = "E_TAR_HEADER" => Input,
    /// A tar stream that ends inside an entry.
    TarTruncated = "E_TAR_TRUNCATED" => Input,
    /// Two sizes for one entry.
    TarDesync = "E_TAR_DESYNC" => Input,
    /// A sparse entry where its content is needed.
    TarSparse = "E_TAR_SPARSE" => Input,
    /// Bytes after the end of an archive.
    TarTrailing = "E_TAR_TRAILING" => Input,
    /// A gzip stream that is broken.
    Gzip = "E_GZIP" => Input,
    /// A zstd stream that is broken.
    Zstd = "E_ZSTD" => Input,
    /// A layer whose compression is not the one of its media type.
    Compression = "E_COMPRESSION" => Input,
    /// A document that is no strict JSON of the expected shape.
    Json = "E_JSON" => Input,
    /// A document that can be read as two things.
    Ambiguous = "E_AMBIGUOUS" => Input,
    /// An archive or layout that is not put together as its format says.
    Layout = "E_LAYOUT" => Input,
    /// A package of apk, or a database of packages, that is not put together as its format says.
    PackageFormat = "E_PKG_FORMAT" => Input,
    /// A base's database of packages that cannot be read or extended.
    PackageDatabase = "E_PKG_DATABASE" => Input,
    /// A base's configuration of repositories that cannot be read or followed.
    PackageSources = "E_PKG_SOURCES" => Input,
    /// A package of Debian's that is not put together as its format says.
    DebFormat = "E_DEB_FORMAT" => Input,
    /// A config whose platform is not the one of its index entry.
    Platform = "E_PLATFORM" => Input,
    /// A file of accounts that cannot be extended.
    Accounts = "E_ACCOUNTS" => Input,
    /// An index that contains itself.
    IndexCycle = "E_INDEX_CYCLE" => Input,
    /// An index of packages that is not as its format says.
    PackageIndex = "E_PKG_INDEX" => Input,
    /// Content that only a foreign address holds.
    Foreign = "E_FOREIGN" => Remote,
    /// A registry cannot be reached, does not answer, or answers with an error.
    Remote = "E_REMOTE" => Remote,
    /// A registry refuses the credentials, or needs some.
    Auth = "E_AUTH" => Remote,
    /// A registry sends credentials to where they must not go.
    Realm = "E_REALM" => Remote,
    /// A registry sends an upload to where it must not go.
    Location = "E_LOCATION" => Remote,
    /// A registry redirects to where it must not.
    Redirect = "E_REDIRECT" => Remote,
    /// A registry's certificate is not trusted.
    Tls = "E_TLS" => Remote,
    /// No container engine answers, or it does not take an image.
    Engine = "E_ENGINE" => Remote,
    /// Too many referrers or pages of them.
    LimitReferrers = "E_LIMIT_REFERRERS" => Limit,
    /// A registry's token or answer is too large.
    LimitResponse = "E_LIMIT_RESPONSE" => Limit,
    /// A tag was moved by somebody else in the meantime.
    TagMoved = "E_TAG_MOVED" => Moved,
    /// Too many entries in a layer.
    LimitEntries = "E_LIMIT_ENTRIES" => Limit,
    /// A tar extension header or an index of a layer that is too large.
    LimitHeader = "E_LIMIT_HEADER" => Limit,
    /// Too many bytes, compressed or not.
    LimitBytes = "E_LIMIT_BYTES" => Limit,
    /// Too many members of a gzip stream.
    LimitMembers = "E_LIMIT_MEMBERS" => Limit,
    /// A zstd window that is too large.
    LimitWindow = "E_LIMIT_WINDOW" => Limit,
    /// A path, component, link target or extended attribute that is too long.
    LimitPath = "E_LIMIT_PATH" => Limit,
    /// Too many layers.
    LimitLayers = "E_LIMIT_LAYERS" => Limit,
    /// A manifest, index or config that is too large.
    LimitManifest = "E_LIMIT_MANIFEST" => Limit,
    /// An index with too many entries or levels.
    LimitIndex = "E_LIMIT_INDEX" => Limit,
    /// Another local input or output error.
    Io = "E_IO" => Io,
    /// No space is left.
    IoNoSpace = "E_IO_NOSPACE" => Io,
    /// Bytes that do not have their digest.
    Digest = "E_DIGEST" => Verification,
    /// Bytes that do not have their size.
    Size = "E_SIZE" => Verification,
    /// An uncompressed layer that does not have its diff ID, or another number of them.
    DiffId = "E_DIFFID" => Verification,
    /// An index or a package that nobody has signed who is trusted with it.
    PackageSignature = "E_PKG_SIG" => Verification,
    /// A package or an index that is not what the index or the release before it promised.
    PackageDigest = "E_PKG_DIGEST" => Verification,
    /// An index that is older than one seen before.
    PackageRollback = "E_PKG_ROLLBACK" => Verification,
    /// An index that is too old to be trusted.
    PackageStale = "E_PKG_STALE" => Verification,
    /// Packages that are not those that are pinned.
    PackageLock = "E_PKG_LOCK" => Verification,
    /// A finding that `--deny` refuses.
    Denied = "E_DENIED" => Policy,
    /// SIGINT ended the run.
    Interrupted = "E_INTERRUPTED" => Interrupted,
    /// SIGTERM ended the run.
    Terminated = "E_TERMINATED" => Terminated,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that has a stable code.
pub trait Coded {
    /// The code of this error.
    fn code(&self) -> Code;
}

/// An error of a place whose kind the reader of its bytes does not know, such as a registry's.
pub trait Failure: Error + Coded + Send + Sync + 'static {
    /// What to do about it, where that is known.
    fn hint(&self) -> Option<String>;
    /// The limit it is about, where it is about one.
    fn limit(&self) -> Option<&'static str>;
}

/// A [`Failure`] of any kind; it passes through [`io::Error`] and keeps its code, its words and its hint.
#[derive(Clone, Debug)]
pub struct AnyFailure(Arc<dyn Failure>);

impl AnyFailure {
    /// Takes a failure of a certain kind.
    pub fn new(failure: impl Failure) -> Self {
        Self(Arc::new(failure))
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    /// The limit it is about, where it is about one.
    pub fn limit(&self) -> Option<&'static str> {
        self.0.limit()
    }

    /// The failure in the guise of an error of the system, for readers.
    pub fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// The failure that an error of the system is the guise of.
    pub fn of_io(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl fmt::Display for AnyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for AnyFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Coded for AnyFailure {
    fn code(&self) -> Code {
        self.0.code()
    }
}

impl Coded for FileError {
    fn code(&self) -> Code {
        of_io(&self.source)
    }
}

impl Coded for Interrupted {
    fn code(&self) -> Code {
        const SIGTERM: usize = 15;
        if self.signal == SIGTERM { Code::Terminated } else { Code::Interrupted }
    }
}

/// The code of an error of the system, or of an interrupt or a failure in its guise.
pub fn of_io(error: &io::Error) -> Code {
    if let Some(failure) = AnyFailure::of_io(error) {
        return failure.code();
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Interrupted>()) {
        Some(interrupted) => interrupted.code(),
        None if file_error::is_no_space(error) => Code::IoNoSpace,
        None => Code::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_spelled_alike() {
        let all: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(all.len(), Code::ALL.len());
        assert!(all.iter().all(|code| code.starts_with("E_") && code.to_uppercase() == **code));
    }
}
