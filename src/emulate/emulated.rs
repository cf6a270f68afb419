//! What comes of emulating scripts.

use std::fmt;

use crate::rootfs::{Mode, NewGroup, NewUser, Owner, RootPath};

/// Everything that scripts would have made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emulated {
    /// Files, links and directories, in the order of their paths, each path once.
    pub files: Vec<Generated>,
    /// Users that packages need and nobody has, in the order of their names.
    pub users: Vec<NewUser>,
    /// Groups that packages need, with the members they get; those that exist are here for their members alone. In the order
    /// of their names.
    pub groups: Vec<NewGroup>,
    /// What was not made, in the order of packages.
    pub notes: Vec<Note>,
}

/// Something that a script would have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where, links above it followed.
    pub path: RootPath,
    /// What.
    pub made: Made,
    /// Its permissions; a link's are not used.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
    /// Why it is there.
    pub reason: Reason,
}

/// What a generated path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// A regular file of these bytes.
    File(Vec<u8>),
    /// A symbolic link to this target.
    Symlink(Vec<u8>),
    /// A directory, made or with other attributes than it has.
    Directory,
    /// The regular file that is there, with other attributes than it has.
    Attributes,
}

/// What a generated path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The cache of the dynamic loader.
    LibraryCache,
    /// One of the names that several packages can stand for, and what remembers them.
    Alternatives,
    /// Certificates of authorities, together and by their hashes.
    Certificates,
    /// Certificates of authorities as Java wants them.
    JavaCertificates,
    /// Names of commands that busybox is.
    Busybox,
    /// The time zone.
    TimeZone,
    /// What an image without accounts, or without configured name services, begins with.
    Masters,
    /// A copy of a configuration that a package ships as a default.
    Defaults,
    /// What the script of a package would have made.
    Script,
    /// What a package lists in `tmpfiles.d`.
    TemporaryFiles,
}

impl Reason {
    /// The words for people: `etc/ld.so.cache` is generated `for` them.
    pub fn words(self) -> &'static str {
        match self {
            Self::LibraryCache => "the dynamic loader",
            Self::Alternatives => "alternatives",
            Self::Certificates => "certificates of authorities",
            Self::JavaCertificates => "certificates of authorities for Java",
            Self::Busybox => "commands of busybox",
            Self::TimeZone => "the time zone",
            Self::Masters => "accounts and name services",
            Self::Defaults => "defaults of a configuration",
            Self::Script => "a package's script",
            Self::TemporaryFiles => "directories of tmpfiles.d",
        }
    }
}

/// Something that a package wants and does not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The package.
    pub package: String,
    /// What it does not get.
    pub gap: Gap,
}

/// What a package does not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The work of a script that is not understood.
    Script {
        /// The script as its package calls it: `postinst`, `.post-install`.
        script: String,
        /// The first of its commands that are not understood, on one line.
        command: String,
        /// How many there are.
        commands: usize,
    },
    /// A cache that its trigger would have built.
    Cache {
        /// What it is a cache of.
        of: &'static str,
    },
    /// Java without certificates of authorities.
    JavaCertificates,
    /// Certificates that cannot be read, and are in no bundle.
    Certificate {
        /// The file.
        path: RootPath,
    },
}

impl Note {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self.gap {
            Gap::Script { .. } => "W_PKG_SCRIPT",
            Gap::Cache { .. } => "W_PKG_CACHE",
            Gap::JavaCertificates => "W_PKG_JAVA",
            Gap::Certificate { .. } => "W_PKG_CERTIFICATE",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = &self.package;
        match &self.gap {
            Gap::Script { script, command, commands: 1 } => {
                write!(f, "`{package}`: its script {script} was not run, and does `{command}`")
            }
            Gap::Script { script, command, commands } => {
                let others = commands - 1;
                write!(
                    f,
                    "`{package}`: its script {script} was not run, and does `{command}` and {others} more"
                )
            }
            Gap::Cache { of } => write!(f, "`{package}`: the cache of {of} was not built"),
            Gap::JavaCertificates => {
                write!(
                    f,
                    "`{package}`: Java finds no certificates of authorities without ca-certificates-java"
                )
            }
            Gap::Certificate { path } => {
                write!(f, "`{package}`: `{path}` is no certificate and was left out")
            }
        }
    }
}
