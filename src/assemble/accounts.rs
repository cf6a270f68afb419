//! The accounts of an image, and everything else its state layer adds.

use std::sync::Arc;

use crate::code::{Code, Coded};
use crate::contents::{Addition, AdditionKind, PathLoop, View};
use crate::plan::{AccountsPlan, Content, FileKind, ImagePlan};
use crate::rootfs::{
    AccountError, AccountFiles, AccountName, Attributes, Kind, Mode, Owner, RootPath, merge_accounts, user_of,
};
use crate::spec::{Place, RunAs};

/// What the state layer of an image adds; the lists have the same length.
#[derive(Default)]
pub(super) struct Additions {
    pub(super) list: Vec<Addition>,
    /// The content of each file.
    pub(super) contents: Vec<Option<Content>>,
    /// Where the specification asks for each.
    pub(super) places: Vec<Option<Place>>,
}

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

const FILES: [&str; 4] = ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"];

/// What the state layer of a planned image adds to the view below it: accounts, homes, then static files in their order.
pub(super) fn additions(plan: &ImagePlan, below: &View) -> Result<Additions, AccountsError> {
    let mut additions = Additions::default();
    let (accounts, place) = (&plan.accounts, plan.accounts.place());
    let mut base = AccountFiles::default();
    let mut found: Vec<Option<Found>> = Vec::new();
    for (number, name) in FILES.iter().enumerate() {
        let one = find(name, below)?;
        *slot(&mut base, number) = one.bytes.as_ref().map(|bytes| bytes.to_vec());
        found.push(Some(one));
    }
    let merged = merge_accounts(&base, &accounts.users, &accounts.groups)?;
    let mut files = merged.files;
    for (number, one) in found.into_iter().flatten().enumerate() {
        // A static file that names it is what the image gets.
        let is_given = plan.files.iter().any(|file| file.path == one.path);
        let Some(bytes) = slot(&mut files, number).as_ref().filter(|_| !is_given) else { continue };
        let mode = if number < 2 { Mode::new(0o644) } else { one.mode.unwrap_or(Mode::new(0o640)) };
        additions.file(one.path, Content::of(bytes), one.mode.unwrap_or(mode), one.owner, place);
    }
    for home in merged.homes {
        if below.get(&below.destination(&home.path)?).is_none() {
            let owner = Owner { uid: home.uid, gid: home.gid };
            additions.add(home.path, AdditionKind::Directory, Mode::new(0o755), owner, place);
        }
    }
    for file in &plan.files {
        let kind = match &file.kind {
            FileKind::File(content) => {
                additions.file(file.path.clone(), content.clone(), file.mode, file.owner, Some(file.place));
                continue;
            }
            FileKind::Directory => AdditionKind::Directory,
            FileKind::Symlink(target) => AdditionKind::Symlink(target.as_bytes().into()),
            FileKind::Delete => AdditionKind::Delete,
        };
        additions.add(file.path.clone(), kind, file.mode, file.owner, Some(file.place));
    }
    check_user(plan, files.passwd.or(base.passwd))?;
    Ok(additions)
}

/// Where the specification asks for what failed.
pub(super) fn place(plan: &AccountsPlan, error: &AccountsError) -> Option<Place> {
    match error {
        AccountsError::Merge(error) => match error.account() {
            Some(AccountName::User(name)) => plan.user_place(name),
            Some(AccountName::Group(name)) => plan.group_place(name),
            None => plan.place(),
        },
        AccountsError::NoUser { .. } | AccountsError::Root { .. } => {
            plan.runs_as.as_ref().map(|(_, place)| *place)
        }
        AccountsError::Loop(_) | AccountsError::Unreadable { .. } => plan.place(),
    }
}

/// Refuses a user that the image does not have, and root where that is not allowed.
fn check_user(plan: &ImagePlan, passwd: Option<Vec<u8>>) -> Result<(), AccountsError> {
    let given = plan.files.iter().rev().find(|file| file.path.as_bytes() == FILES[0].as_bytes());
    let given = given.and_then(|file| match &file.kind {
        FileKind::File(content) => content.bytes().ok(),
        _ => None,
    });
    let passwd = given.or(passwd).unwrap_or_default();
    let (name, uid) = match &plan.accounts.runs_as {
        None => return Ok(()),
        Some((RunAs::Id(uid), _)) => (uid.to_string(), *uid),
        Some((RunAs::Name(name), _)) => {
            let user = user_of(&passwd, name.as_str());
            let (uid, _) = user.ok_or_else(|| AccountsError::NoUser { name: name.to_string() })?;
            (name.to_string(), uid)
        }
    };
    if uid == 0 && !plan.accounts.root { Err(AccountsError::Root { name }) } else { Ok(()) }
}

impl Additions {
    fn file(&mut self, path: RootPath, content: Content, mode: Mode, owner: Owner, place: Option<Place>) {
        self.add(path, AdditionKind::File(content.file), mode, owner, place);
        *self.contents.last_mut().expect("an addition was pushed above") = Some(content);
    }

    fn add(&mut self, path: RootPath, kind: AdditionKind, mode: Mode, owner: Owner, place: Option<Place>) {
        self.list.push(Addition { path, kind, mode, owner });
        self.contents.push(None);
        self.places.push(place);
    }
}

/// A file of accounts in the view below: where it is, and what it is like.
struct Found {
    path: RootPath,
    bytes: Option<Arc<[u8]>>,
    mode: Option<Mode>,
    owner: Owner,
}

fn find(name: &str, below: &View) -> Result<Found, AccountsError> {
    let path = RootPath::parse(name).expect("the names of account files are paths");
    let path = below.destination(&path)?;
    let Some(node) = below.get(&path) else {
        return Ok(Found { path, bytes: None, mode: None, owner: Owner::ROOT });
    };
    let Attributes { mode, owner, .. } = node.entry.attributes;
    match (&node.entry.kind, below.kept(&path)) {
        (Kind::File(content), _) if content.size == 0 => {
            Ok(Found { path, bytes: Some(Arc::from([])), mode: Some(mode), owner })
        }
        (Kind::File(_), Some(bytes)) => {
            Ok(Found { path, bytes: Some(Arc::clone(bytes)), mode: Some(mode), owner })
        }
        _ => Err(AccountsError::Unreadable { path }),
    }
}

fn slot(files: &mut AccountFiles, number: usize) -> &mut Option<Vec<u8>> {
    match number {
        0 => &mut files.passwd,
        1 => &mut files.group,
        2 => &mut files.shadow,
        _ => &mut files.gshadow,
    }
}
