//! The accounts of an image: those of the view below and those that are asked for.

use super::additions::Additions;
use crate::code::{Code, Coded};
use crate::contents::{AdditionKind, PathLoop, View};
use crate::emulate::{Emulated, Made};
use crate::plan::{AccountsPlan, Content, FileKind, ImagePlan};
use crate::rootfs::{
    AccountError, AccountFiles, AccountName, Attributes, Kind, Mode, Owner, RootPath, merge_accounts, user_of,
};
use crate::spec::{Place, RunAs};

/// Accounts that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountsError {
    /// They do not fit those of the base.
    #[error(transparent)]
    Merge(#[from] AccountError),
    /// The path of a file of accounts never ends.
    #[error(transparent)]
    Loop(#[from] PathLoop),
    /// A file of accounts is too large, or no regular file.
    #[error("`{path}` cannot be read as a file of accounts")]
    Unreadable {
        /// The file.
        path: RootPath,
    },
    /// The image's user is not in its accounts.
    #[error("user `{name}` is not in the image")]
    NoUser {
        /// The user.
        name: String,
    },
    /// The image's user is root, which the customization does not allow.
    #[error("the image would run as root (`{name}` is user 0), and `accounts.root` is not true")]
    Root {
        /// The user.
        name: String,
    },
}

impl AccountsError {
    /// Where the specification asks for what cannot be.
    pub(super) fn place(&self, accounts: &AccountsPlan) -> Option<Place> {
        let runs_as = accounts.runs_as.as_ref().map(|(_, place)| *place);
        match self {
            Self::NoUser { .. } | Self::Root { .. } => runs_as,
            Self::Merge(error) => match error.account() {
                Some(AccountName::User(name)) => accounts.user_place(name),
                Some(AccountName::Group(name)) => accounts.group_place(name),
                None => accounts.place(),
            },
            Self::Loop(_) | Self::Unreadable { .. } => accounts.place().or(runs_as),
        }
    }
}

impl Coded for AccountsError {
    fn code(&self) -> Code {
        match self {
            Self::Merge(error) => error.code(),
            Self::Loop(error) => error.code(),
            Self::Unreadable { .. } => Code::Accounts,
            Self::NoUser { .. } | Self::Root { .. } => Code::SpecRunAs,
        }
    }
}

/// Adds what accounts need: the files that change, and homes that are not there yet.
///
/// The files of the view below are looked at only where something depends on them.
pub(super) fn add(
    plan: &ImagePlan,
    emulated: &Emulated,
    below: &View,
    additions: &mut Additions,
) -> Result<(), AccountsError> {
    let accounts = &plan.accounts;
    let runs_as_name = matches!(accounts.runs_as, Some((RunAs::Name(_), _)));
    let users = [&emulated.users[..], &accounts.users].concat();
    let groups = [&emulated.groups[..], &accounts.groups].concat();
    if users.is_empty() && groups.is_empty() && !runs_as_name {
        return check_user(plan, None);
    }
    let masters = |path: &RootPath| generated(emulated, path);
    let mut base = AccountFiles::default();
    let mut found = Vec::new();
    for (number, name) in FILES.iter().enumerate() {
        let (file, bytes) = find(name, below, &masters)?;
        *slot(&mut base, number) = bytes;
        found.push(file);
    }
    let mut merged = merge_accounts(&base, &users, &groups)?;
    for (number, file) in found.into_iter().enumerate() {
        // A static file of this path is what the image gets.
        let is_given = plan.files.iter().any(|given| given.path == file.path);
        if let (Some(bytes), false) = (slot(&mut merged.files, number), is_given) {
            let mode = file.mode.unwrap_or(Mode::new(if number < 2 { 0o644 } else { 0o640 }));
            additions.file(file.path, Content::of(bytes), mode, file.owner, accounts.place());
        }
    }
    for home in merged.homes {
        if below.get(&below.destination(&home.path)?).is_none() {
            let owner = Owner { uid: home.uid, gid: home.gid };
            additions.other(home.path, AdditionKind::Directory, Mode::new(0o755), owner, accounts.place());
        }
    }
    check_user(plan, merged.files.passwd.or(base.passwd))
}

const FILES: [&str; 4] = ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"];

fn slot(files: &mut AccountFiles, number: usize) -> &mut Option<Vec<u8>> {
    match number {
        0 => &mut files.passwd,
        1 => &mut files.group,
        2 => &mut files.shadow,
        _ => &mut files.gshadow,
    }
}

/// Refuses a user that the image does not have, and root where that is not allowed.
fn check_user(plan: &ImagePlan, passwd: Option<Vec<u8>>) -> Result<(), AccountsError> {
    let (name, uid) = match &plan.accounts.runs_as {
        None => return Ok(()),
        Some((RunAs::Id(uid), _)) => (uid.to_string(), *uid),
        Some((RunAs::Name(name), _)) => {
            let passwd = given_passwd(plan).or(passwd).unwrap_or_default();
            let (uid, _) =
                user_of(&passwd, name).ok_or_else(|| AccountsError::NoUser { name: name.clone() })?;
            (name.clone(), uid)
        }
    };
    if uid == 0 && !plan.accounts.root { Err(AccountsError::Root { name }) } else { Ok(()) }
}

/// The users that a static file brings in place of those below.
fn given_passwd(plan: &ImagePlan) -> Option<Vec<u8>> {
    let given = plan.files.iter().rev().find(|file| file.path.as_bytes() == FILES[0].as_bytes())?;
    match &given.kind {
        FileKind::File(content) => content.bytes().ok(),
        _ => None,
    }
}

/// Where a file of accounts is, and what it is like where it is there.
struct Found {
    path: RootPath,
    mode: Option<Mode>,
    owner: Owner,
}

/// The bytes of a file of accounts that packages begin, where the base has none.
fn generated(emulated: &Emulated, path: &RootPath) -> Option<Vec<u8>> {
    emulated.files.iter().find_map(|one| match &one.made {
        Made::File(bytes) if one.path == *path => Some(bytes.clone()),
        _ => None,
    })
}

fn find(
    name: &str,
    below: &View,
    masters: &dyn Fn(&RootPath) -> Option<Vec<u8>>,
) -> Result<(Found, Option<Vec<u8>>), AccountsError> {
    let path = RootPath::parse(name).expect("the names of account files are paths");
    let path = below.destination(&path)?;
    let Some(node) = below.get(&path) else {
        let bytes = masters(&path);
        return Ok((Found { path, mode: None, owner: Owner::ROOT }, bytes));
    };
    let Attributes { mode, owner, .. } = node.attributes();
    let bytes = match (node.kind(), below.kept(&path)) {
        (Kind::File(content), _) if content.size == 0 => Vec::new(),
        (Kind::File(_), Some(bytes)) => bytes.to_vec(),
        _ => return Err(AccountsError::Unreadable { path }),
    };
    Ok((Found { path, mode: Some(mode), owner }, Some(bytes)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::oci::Compression;
    use crate::plan::{FilePlan, Runtime, Timestamp};
    use crate::rootfs::NewUser;

    fn plan(accounts: AccountsPlan) -> ImagePlan {
        ImagePlan {
            platform: "linux/amd64".parse().unwrap(),
            base: None,
            packages: Arc::default(),
            locked: None,
            artifacts: Vec::new(),
            files: Vec::new(),
            accounts,
            runtime: Runtime::default(),
            compression: Compression::Zstd,
            created: Timestamp::from_seconds(0).unwrap(),
            latest: None,
        }
    }

    fn place(line: u32) -> Place {
        Place { line, column: 1, length: 1 }
    }

    fn app() -> Vec<NewUser> {
        vec![NewUser { name: "app".to_owned(), uid: 1000, gid: None, login: None }]
    }

    fn runs_as(user: RunAs) -> AccountsPlan {
        AccountsPlan { runs_as: Some((user, place(7))), ..AccountsPlan::default() }
    }

    fn added(plan: &ImagePlan) -> Result<Vec<String>, AccountsError> {
        let mut additions = Additions::default();
        add(plan, &Emulated::default(), &View::default(), &mut additions)?;
        Ok(additions
            .list()
            .iter()
            .map(|one| format!("{} {} {}", one.path, one.mode, one.owner.uid))
            .collect())
    }

    #[test]
    fn a_base_without_accounts_gets_its_files_and_the_home() {
        let plan = plan(AccountsPlan { users: app(), ..runs_as(RunAs::Name("app".to_owned())) });
        let expected = ["etc/passwd 0644 0", "etc/group 0644 0", "home/app 0755 1000"];
        assert_eq!(added(&plan).unwrap(), expected);
    }

    #[test]
    fn a_static_file_of_accounts_is_what_the_image_gets() {
        let mut plan = plan(AccountsPlan { users: app(), ..runs_as(RunAs::Name("other".to_owned())) });
        plan.files.push(FilePlan {
            path: RootPath::parse("etc/passwd").unwrap(),
            place: place(1),
            kind: FileKind::File(Content::of(b"other:x:7:7::/:/bin/sh\n")),
            mode: Mode::new(0o644),
            owner: Owner::ROOT,
        });
        assert_eq!(added(&plan).unwrap(), ["etc/group 0644 0", "home/app 0755 1000"]);
    }

    #[test]
    fn s09_a_user_that_is_not_there_and_root_are_refused_where_they_are_asked_for() {
        for (user, code) in [
            (RunAs::Name("nobody".to_owned()), Some(Code::SpecRunAs)),
            (RunAs::Id(0), Some(Code::SpecRunAs)),
            (RunAs::Id(4711), None),
        ] {
            let plan = plan(runs_as(user));
            let error = added(&plan).err();
            assert_eq!(error.as_ref().map(Coded::code), code);
            assert_eq!(error.and_then(|error| error.place(&plan.accounts)), code.map(|_| place(7)));
        }
        assert_eq!(added(&plan(AccountsPlan { root: true, ..runs_as(RunAs::Id(0)) })).unwrap(), [""; 0]);
    }
}
