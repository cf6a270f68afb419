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
mod tests {
    use super::*;
    use crate::rootfs::user_of;
    use proptest::prelude::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/false\n";
    const GROUP: &str = "root:x:0:\napp:x:1000:\nstaff:x:50:root,app\nempty:x:60";

    fn base() -> AccountFiles {
        AccountFiles {
            passwd: Some(PASSWD.into()),
            group: Some(GROUP.into()),
            shadow: Some("root:*:19000:0:99999:7:::\n".into()),
            gshadow: Some("staff:*::root\n".into()),
        }
    }

    fn user(name: &str, uid: u32, gid: Option<u32>) -> NewUser {
        NewUser { name: name.into(), uid, gid, login: None }
    }

    fn group(name: &str, gid: u32, members: &[&str]) -> NewGroup {
        NewGroup { name: name.into(), gid, members: members.iter().map(|name| (*name).into()).collect() }
    }

    fn text(bytes: &Option<Vec<u8>>) -> &str {
        std::str::from_utf8(bytes.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn a_user_gets_a_group_of_its_name_a_home_and_lines_at_the_end() {
        let merged = merge_accounts(&base(), &[user("web", 2000, None)], &[]).unwrap();
        assert_eq!(text(&merged.files.passwd), format!("{PASSWD}web:x:2000:2000::/home/web:/sbin/nologin\n"));
        assert_eq!(text(&merged.files.group), format!("{GROUP}\nweb:x:2000:\n"));
        assert_eq!(text(&merged.files.shadow), "root:*:19000:0:99999:7:::\nweb:!:::::::\n");
        assert_eq!(text(&merged.files.gshadow), "staff:*::root\nweb:!::\n");
        let path = RootPath::parse("home/web").unwrap();
        assert_eq!(merged.homes, [Home { path, uid: 2000, gid: 2000 }]);
    }

    #[test]
    fn a_user_logs_in_as_it_is_said_and_has_a_home_where_it_wants_one() {
        let login = |home: &str, makes_home| {
            let (comment, shell) = ("Web server".to_owned(), "/bin/false".to_owned());
            Some(Login { comment, home: home.to_owned(), shell, makes_home })
        };
        let users = [
            NewUser { login: login("/var/www", true), ..user("web", 100, Some(50)) },
            NewUser { login: login("/nonexistent", false), ..user("db", 101, Some(50)) },
        ];
        let merged = merge_accounts(&base(), &users, &[]).unwrap();
        let lines = "web:x:100:50:Web server:/var/www:/bin/false\n\
                     db:x:101:50:Web server:/nonexistent:/bin/false\n";
        assert_eq!(text(&merged.files.passwd), format!("{PASSWD}{lines}"));
        let path = RootPath::parse("var/www").unwrap();
        assert_eq!(merged.homes, [Home { path, uid: 100, gid: 50 }]);
    }

    #[test]
    fn a_user_joins_the_group_of_its_name_or_the_one_it_asks_for() {
        let users = [user("web", 2000, None), user("db", 2001, Some(50)), user("empty", 2002, None)];
        let merged = merge_accounts(&base(), &users, &[group("web", 3000, &[])]).unwrap();
        let passwd = text(&merged.files.passwd);
        let ids = |name| user_of(passwd.as_bytes(), name).unwrap();
        assert_eq!([ids("web"), ids("db"), ids("empty")], [(2000, 3000), (2001, 50), (2002, 60)]);
    }

    #[test]
    fn a_group_that_exists_gets_members_on_its_own_line() {
        let groups = [group("staff", 50, &["app", "web"]), group("empty", 60, &["web", "db"])];
        let merged = merge_accounts(&base(), &[], &groups).unwrap();
        assert_eq!(
            text(&merged.files.group),
            "root:x:0:\napp:x:1000:\nstaff:x:50:root,app,web\nempty:x:60:web,db"
        );
        assert_eq!(text(&merged.files.gshadow), "staff:*::root,app,web\n");
        assert_eq!((merged.files.passwd, merged.files.shadow), (None, None));
    }

    #[test]
    fn what_is_there_is_left_alone_and_gets_no_home() {
        let users = [user("app", 1000, None), user("app", 1000, Some(1000))];
        let merged = merge_accounts(&base(), &users, &[group("staff", 50, &["root"])]).unwrap();
        let gshadow_is_all_there = merge_accounts(&base(), &[], &[group("app", 1000, &[])]).unwrap();
        assert_eq!(merged, MergedAccounts::default());
        assert_eq!(gshadow_is_all_there, MergedAccounts::default());
    }

    #[test]
    fn passwd_and_group_are_made_where_they_are_missing_and_shadow_files_are_not() {
        let merged =
            merge_accounts(&AccountFiles::default(), &[user("app", 10, None)], &[group("g", 11, &["app"])]);
        let files = merged.unwrap().files;
        assert_eq!(text(&files.passwd), "app:x:10:10::/home/app:/sbin/nologin\n");
        assert_eq!(text(&files.group), "g:x:11:app\napp:x:10:\n");
        assert_eq!((files.shadow, files.gshadow), (None, None));
    }

    #[test]
    fn s05_conflicting_accounts_are_refused() {
        let user_error = |new| merge_accounts(&base(), &[new], &[]).unwrap_err();
        let group_error = |new| merge_accounts(&base(), &[], &[new]).unwrap_err();
        for (error, message) in [
            (user_error(user("app", 7, None)), "user `app` has uid 1000 already, not 7"),
            (user_error(user("app", 1000, Some(50))), "user `app` has gid 1000 already, not 50"),
            (user_error(user("web", 1000, None)), "uid 1000, asked for `web`, belongs to user `app` already"),
            (user_error(user("web", 7, Some(8))), "user `web` asks for gid 8, which no group has"),
            (user_error(user("web", 50, None)), "gid 50, asked for `web`, belongs to group `staff` already"),
            (group_error(group("staff", 51, &[])), "group `staff` has gid 50 already, not 51"),
            (group_error(group("web", 50, &[])), "gid 50, asked for `web`, belongs to group `staff` already"),
        ] {
            assert_eq!(error.to_string(), message);
            assert_eq!(error.code(), Code::SpecUserConflict, "{message}");
        }
    }

    #[test]
    fn lines_that_hold_no_account_are_kept_and_say_nothing() {
        let odd = "#web:x:2000:1::/:/\n\n+web::2000:1:::\nweb:x:abc:1::/:/\n  tab:x:7:7::/:/\nweb\nx:x:+2000:1::/:/\nweb:x";
        let base = AccountFiles { passwd: Some(odd.into()), ..AccountFiles::default() };
        let merged = merge_accounts(&base, &[user("web", 2000, None)], &[]).unwrap();
        assert_eq!(text(&merged.files.passwd), format!("{odd}\nweb:x:2000:2000::/home/web:/sbin/nologin\n"));
        assert_eq!(user_of(odd.as_bytes(), "tab"), Some((7, 7)));
        assert_eq!(user_of(odd.as_bytes(), "web"), None);
    }

    #[test]
    fn files_and_lines_past_the_limit_are_refused() {
        let with = |passwd: Vec<u8>| AccountFiles { passwd: Some(passwd), ..AccountFiles::default() };
        let error = |base| merge_accounts(&base, &[user("web", 1, None)], &[]).unwrap_err();
        let long = error(with([b"a\n".as_slice(), &[b'x'; 4097]].concat()));
        assert_eq!(long.to_string(), "line 2 of `etc/passwd` would have 4097 bytes, more than 4096");
        let large = error(with(b"x\n".repeat((1 << 19) - 1)));
        assert!(matches!(large, AccountError::FileTooLong { file: "etc/passwd", .. }), "{large}");
        assert_eq!((long.code(), large.code()), (Code::Accounts, Code::Accounts));
        let members: Vec<_> = (0..1000).map(|n| format!("member{n}")).collect();
        let group = NewGroup { name: "g".into(), gid: 1, members };
        let error = merge_accounts(&AccountFiles::default(), &[], &[group]).unwrap_err();
        assert!(matches!(error, AccountError::LineTooLong { file: "etc/group", line: 1, .. }), "{error}");
    }

    prop_compose! {
        fn accounts()(
            users in prop::collection::vec(("[a-c]", 0..6_u32, prop::option::of(0..6_u32)), 0..4),
            groups in prop::collection::vec(("[a-d]", 0..6_u32, prop::collection::vec("[a-d]", 0..3)), 0..4),
        ) -> (Vec<NewUser>, Vec<NewGroup>) {
            (
                users.into_iter().map(|(name, uid, gid)| NewUser { name, uid, gid, login: None }).collect(),
                groups.into_iter().map(|(name, gid, members)| NewGroup { name, gid, members }).collect(),
            )
        }
    }

    proptest! {
        #[test]
        fn m08_every_byte_of_the_base_stays_but_for_members_and_merging_again_changes_nothing(
            lines in prop::collection::vec("[a-d#]:x:[0-5]:([0-5]|[a-d](,[a-d])?)?(::/:/)?|[a:\u{e9} ]{0,4}", 0..5),
            newline in any::<bool>(),
            (users, groups) in accounts(),
        ) {
            let mut bytes = lines.join("\n").into_bytes();
            if newline { bytes.push(b'\n') }
            let all = Some(bytes);
            let base =
                AccountFiles { passwd: all.clone(), group: all.clone(), shadow: all.clone(), gshadow: all };
            let merged = merge_accounts(&base, &users, &groups);
            prop_assume!(merged.is_ok());
            let merged = merged.unwrap();
            let of = |files: &AccountFiles| {
                [files.passwd.clone(), files.group.clone(), files.shadow.clone(), files.gshadow.clone()]
            };
            for (place, (before, after)) in of(&base).into_iter().zip(of(&merged.files)).enumerate() {
                let (Some(before), Some(after)) = (before, after) else { continue };
                let mut old: Vec<_> = before.split(|b| *b == b'\n').collect();
                if old.last().is_some_and(|last| last.is_empty()) { old.pop(); }
                let new: Vec<_> = after.split(|b| *b == b'\n').collect();
                prop_assert!(new.len() >= old.len());
                for (old, new) in old.iter().zip(&new) {
                    let is_group = place % 2 == 1;
                    let extends = is_group && groups.iter().any(|group| {
                        !group.members.is_empty() && old.trim_ascii_start().starts_with(group.name.as_bytes())
                    });
                    prop_assert!(old == new || (extends && new.starts_with(old)), "{:?} {:?}", old, new);
                }
            }
            let [passwd, group, shadow, gshadow] = [
                merged.files.passwd.or(base.passwd), merged.files.group.or(base.group),
                merged.files.shadow.or(base.shadow), merged.files.gshadow.or(base.gshadow),
            ];
            let again = merge_accounts(&AccountFiles { passwd, group, shadow, gshadow }, &users, &groups);
            prop_assert_eq!(again, Ok(MergedAccounts::default()));
        }
    }
}
