//! Users and groups, added to the files that hold those of an image.

use super::RootPath;
use super::account_file::AccountFile;
use crate::code::{Code, Coded};
use crate::printable::printable;

/// The files of accounts of an image, or those of them that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFiles {
    /// `etc/passwd`
    pub passwd: Option<Vec<u8>>,
    /// `etc/group`
    pub group: Option<Vec<u8>>,
    /// `etc/shadow`
    pub shadow: Option<Vec<u8>>,
    /// `etc/gshadow`
    pub gshadow: Option<Vec<u8>>,
}

/// A user that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// Its name, of characters that account files can hold.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its primary group; without, the group of its own name.
    pub gid: Option<u32>,
    /// Where and how it logs in; without, `/home/<name>`, which is made, and not at all.
    pub login: Option<Login>,
}

/// The last fields of a user's line, of characters that account files can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// What is said of the user.
    pub comment: String,
    /// Its home directory, absolute.
    pub home: String,
    /// Its shell.
    pub shell: String,
    /// Whether its home is to exist.
    pub makes_home: bool,
}

/// A group that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its name, of characters that account files can hold.
    pub name: String,
    /// Its number.
    pub gid: u32,
    /// The names of users that are to belong to it, known or not.
    pub members: Vec<String>,
}

/// What adding accounts comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergedAccounts {
    /// The files that changed.
    pub files: AccountFiles,
    /// The home directories of the users that were added.
    pub homes: Vec<Home>,
}

/// A home directory that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Where it is.
    pub path: RootPath,
    /// The user it belongs to.
    pub uid: u32,
    /// The user's primary group.
    pub gid: u32,
}

/// Accounts that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A user exists with another number.
    #[error("user `{name}` has uid {found} already, not {wanted}")]
    Uid {
        /// The user.
        name: String,
        /// Its number.
        found: u32,
        /// The number it is to have.
        wanted: u32,
    },
    /// A user exists with another primary group.
    #[error("user `{name}` has gid {found} already, not {wanted}")]
    PrimaryGroup {
        /// The user.
        name: String,
        /// The number of its group.
        found: u32,
        /// The number of the group it is to have.
        wanted: u32,
    },
    /// Another user has the number.
    #[error("uid {uid}, asked for `{name}`, belongs to user `{holder}` already")]
    UidTaken {
        /// The user that is to have it.
        name: String,
        /// The number.
        uid: u32,
        /// The user that has it.
        holder: String,
    },
    /// A group exists with another number.
    #[error("group `{name}` has gid {found} already, not {wanted}")]
    Gid {
        /// The group.
        name: String,
        /// Its number.
        found: u32,
        /// The number it is to have.
        wanted: u32,
    },
    /// Another group has the number.
    #[error("gid {gid}, asked for `{name}`, belongs to group `{holder}` already")]
    GidTaken {
        /// The group that is to have it.
        name: String,
        /// The number.
        gid: u32,
        /// The group that has it.
        holder: String,
    },
    /// A user's primary group does not exist.
    #[error("user `{name}` asks for gid {gid}, which no group has")]
    NoGroup {
        /// The user.
        name: String,
        /// The number of the group.
        gid: u32,
    },
    /// A file is too long, as it is or with what is added.
    #[error("`{file}` would have {found} bytes, more than {limit}")]
    FileTooLong {
        /// The file.
        file: &'static str,
        /// The bytes it has.
        found: usize,
        /// The bytes it may have.
        limit: usize,
    },
    /// A line is too long, as it is or with what is added.
    #[error("line {line} of `{file}` would have {found} bytes, more than {limit}")]
    LineTooLong {
        /// The file.
        file: &'static str,
        /// The line, counted from 1.
        line: usize,
        /// The bytes it has.
        found: usize,
        /// The bytes it may have.
        limit: usize,
    },
}

/// Whom an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountName<'a> {
    /// A user that was asked for.
    User(&'a str),
    /// A group that was asked for, or a user's own.
    Group(&'a str),
}

impl AccountError {
    /// The account that cannot be added, where it is one.
    pub fn account(&self) -> Option<AccountName<'_>> {
        match self {
            Self::Uid { name, .. }
            | Self::PrimaryGroup { name, .. }
            | Self::UidTaken { name, .. }
            | Self::NoGroup { name, .. } => Some(AccountName::User(name)),
            Self::Gid { name, .. } | Self::GidTaken { name, .. } => Some(AccountName::Group(name)),
            Self::FileTooLong { .. } | Self::LineTooLong { .. } => None,
        }
    }
}

impl Coded for AccountError {
    fn code(&self) -> Code {
        match self {
            Self::FileTooLong { .. } | Self::LineTooLong { .. } => Code::Accounts,
            Self::Uid { .. }
            | Self::PrimaryGroup { .. }
            | Self::UidTaken { .. }
            | Self::Gid { .. }
            | Self::GidTaken { .. }
            | Self::NoGroup { .. } => Code::SpecUserConflict,
        }
    }
}

/// Adds groups, then users, to the files of `base`.
///
/// What exists with the same numbers is left alone, but for members that its group lacks. Lines of the base stay as they
/// are, except those of groups that get members; new lines stand at the end. `passwd` and `group` are made where they are
/// missing, `shadow` and `gshadow` are not. Without users and groups nothing is read.
pub fn merge_accounts(
    base: &AccountFiles,
    users: &[NewUser],
    groups: &[NewGroup],
) -> Result<MergedAccounts, AccountError> {
    if users.is_empty() && groups.is_empty() {
        return Ok(MergedAccounts::default());
    }
    let mut merge = Merge::of(base)?;
    groups.iter().try_for_each(|group| merge.add_group(group))?;
    users.iter().try_for_each(|user| merge.add_user(user))?;
    merge.finish()
}

impl Login {
    fn of(name: &str) -> Self {
        Self {
            comment: String::new(),
            home: format!("/home/{name}"),
            shell: "/sbin/nologin".to_owned(),
            makes_home: true,
        }
    }
}

struct Merge {
    passwd: AccountFile,
    group: AccountFile,
    shadow: Option<AccountFile>,
    gshadow: Option<AccountFile>,
    homes: Vec<Home>,
}

impl Merge {
    fn of(base: &AccountFiles) -> Result<Self, AccountError> {
        let optional = |name, bytes: &Option<Vec<u8>>| {
            bytes.as_ref().map(|bytes| AccountFile::read(name, bytes)).transpose()
        };
        Ok(Self {
            passwd: AccountFile::read("etc/passwd", base.passwd.as_deref().unwrap_or_default())?,
            group: AccountFile::read("etc/group", base.group.as_deref().unwrap_or_default())?,
            shadow: optional("etc/shadow", &base.shadow)?,
            gshadow: optional("etc/gshadow", &base.gshadow)?,
            homes: Vec::new(),
        })
    }

    fn add_group(&mut self, new: &NewGroup) -> Result<(), AccountError> {
        let name = &new.name;
        match self.group.id(name) {
            Some(found) if found != new.gid => {
                return Err(AccountError::Gid { name: name.clone(), found, wanted: new.gid });
            }
            Some(_) => self.group.add_members(name, &new.members),
            None => {
                if let Some(holder) = self.group.holder(new.gid) {
                    let holder = printable(holder);
                    return Err(AccountError::GidTaken { name: name.clone(), gid: new.gid, holder });
                }
                self.group.append(&format!("{name}:x:{}:", new.gid));
                self.group.add_members(name, &new.members);
                if let Some(gshadow) = self.gshadow.as_mut().filter(|gshadow| !gshadow.has(name)) {
                    gshadow.append(&format!("{name}:!::"));
                }
            }
        }
        if let Some(gshadow) = &mut self.gshadow {
            gshadow.add_members(name, &new.members);
        }
        Ok(())
    }

    fn add_user(&mut self, new: &NewUser) -> Result<(), AccountError> {
        let (name, uid) = (&new.name, new.uid);
        if let Some(found) = self.passwd.user(name) {
            return same_user(new, found);
        }
        if let Some(holder) = self.passwd.holder(uid) {
            return Err(AccountError::UidTaken { name: name.clone(), uid, holder: printable(holder) });
        }
        let gid = self.primary_group(new)?;
        let login = new.login.clone().unwrap_or_else(|| Login::of(name));
        let Login { comment, home, shell, makes_home } = &login;
        self.passwd.append(&format!("{name}:x:{uid}:{gid}:{comment}:{home}:{shell}"));
        if let Some(shadow) = self.shadow.as_mut().filter(|shadow| !shadow.has(name)) {
            shadow.append(&format!("{name}:!:::::::"));
        }
        // A home that cannot be a path is one that nobody has.
        if let (true, Ok(path)) = (makes_home, RootPath::parse(home)) {
            self.homes.push(Home { path, uid, gid });
        }
        Ok(())
    }

    fn primary_group(&mut self, new: &NewUser) -> Result<u32, AccountError> {
        match new.gid {
            Some(gid) if self.group.holder(gid).is_none() => {
                Err(AccountError::NoGroup { name: new.name.clone(), gid })
            }
            Some(gid) => Ok(gid),
            None => match self.group.id(&new.name) {
                Some(gid) => Ok(gid),
                None => {
                    let own = NewGroup { name: new.name.clone(), gid: new.uid, members: Vec::new() };
                    self.add_group(&own).map(|()| new.uid)
                }
            },
        }
    }

    fn finish(self) -> Result<MergedAccounts, AccountError> {
        let optional = |file: Option<AccountFile>| file.map_or(Ok(None), AccountFile::into_changed);
        let files = AccountFiles {
            passwd: self.passwd.into_changed()?,
            group: self.group.into_changed()?,
            shadow: optional(self.shadow)?,
            gshadow: optional(self.gshadow)?,
        };
        Ok(MergedAccounts { files, homes: self.homes })
    }
}

/// Whether a user that exists is the one that is asked for.
fn same_user(new: &NewUser, (uid, gid): (u32, u32)) -> Result<(), AccountError> {
    let name = || new.name.clone();
    if uid != new.uid {
        return Err(AccountError::Uid { name: name(), found: uid, wanted: new.uid });
    }
    match new.gid {
        Some(wanted) if wanted != gid => Err(AccountError::PrimaryGroup { name: name(), found: gid, wanted }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
