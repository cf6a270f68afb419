//! Accounts: users, groups, and the user that an image runs as.

use std::collections::BTreeMap;

use super::form::{Id, Text};
use super::reader::Reader;
use super::{At, Excerpt, written};
use crate::code::{Code, Coded};

/// Users, groups and the image's user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Whether the root account may be used.
    pub root: bool,
    /// The image's user, where one is named.
    pub runs_as: Option<At<RunAs>>,
    /// Users, in order.
    pub users: Vec<User>,
    /// Groups, in order.
    pub groups: Vec<Group>,
}

/// The user that an image runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// By name.
    Name(String),
    /// By number.
    Id(u32),
}

/// A user that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: At<String>,
    /// The number.
    pub uid: u32,
    /// The primary group, where one is named.
    pub gid: Option<u32>,
}

/// A group that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: At<String>,
    /// The number.
    pub gid: u32,
    /// Names of users that belong to it; each a name, known or not.
    pub members: Vec<At<String>>,
}

/// An account that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A name that account files cannot hold.
    #[error("`{0}` cannot be the name of an account")]
    Name(Excerpt),
    /// A number that account files cannot hold, or that means something else.
    #[error("`{0}` is no user or group id")]
    Id(Excerpt),
    /// A name that stands twice.
    #[error("{what} `{name}` is given twice, first on line {first}")]
    Repeated {
        /// Whether users or groups.
        what: &'static str,
        /// The name.
        name: Excerpt,
        /// The line of the first.
        first: u32,
    },
    /// A number that two names have.
    #[error("{what} `{name}` has the id {id} of `{other}`")]
    SharedId {
        /// Whether users or groups.
        what: &'static str,
        /// The name.
        name: Excerpt,
        /// The number.
        id: u32,
        /// The other name.
        other: Excerpt,
    },
}

/// An image's user that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunAsError {
    /// It is root, which is not allowed to be used.
    #[error("the image cannot run as `{0}`: `accounts.root` is false")]
    Root(Excerpt),
}

impl Coded for AccountError {
    fn code(&self) -> Code {
        match self {
            Self::Name(_) | Self::Id(_) => Code::SpecUser,
            Self::Repeated { .. } | Self::SharedId { .. } => Code::SpecUserConflict,
        }
    }
}

impl Coded for RunAsError {
    fn code(&self) -> Code {
        Code::SpecRunAs
    }
}

impl AccountError {
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Name(_) => {
                Some("a name is `[a-z_][a-z0-9_-]{0,30}`, with a `$` at the end if need be".to_owned())
            }
            Self::Id(_) => Some("ids are decimal, from 0 to 2147483647 without 65535".to_owned()),
            Self::Repeated { .. } | Self::SharedId { .. } => None,
        }
    }
}

impl RunAsError {
    pub(super) fn hint(&self) -> Option<String> {
        Some("set `accounts.root: true`, or name another user".to_owned())
    }
}

/// `[a-z_][a-z0-9_-]{0,30}[$]?`
fn is_name(text: &str) -> bool {
    let text = text.strip_suffix('$').unwrap_or(text).as_bytes();
    let is_first = |b: &u8| b.is_ascii_lowercase() || *b == b'_';
    let is_next = |b: &u8| is_first(b) || b.is_ascii_digit() || *b == b'-';
    match text {
        [first, rest @ ..] => is_first(first) && rest.len() <= 30 && rest.iter().all(is_next),
        [] => false,
    }
}

fn name(text: At<Text>, reader: &mut Reader) -> Option<At<String>> {
    let checked = if is_name(&text.0) { Ok(()) } else { Err(AccountError::Name(text.0.as_str().into())) };
    reader.check(text.place, checked)?;
    Some(text.map(|text| text.0))
}

/// The accounts, typed.
pub(super) fn accounts(written: written::Accounts, reader: &mut Reader) -> Accounts {
    let root_is_read = written.root.is_some() || !written.has("root");
    let root = written.root.is_some_and(|flag| flag.0);
    let users: Vec<_> = written.users.into_iter().flatten().filter_map(|one| user(one, reader)).collect();
    let groups: Vec<_> = written.groups.into_iter().flatten().filter_map(|one| group(one, reader)).collect();
    check_conflicts("user", users.iter().map(|user| (&user.name, user.uid)), reader);
    check_conflicts("group", groups.iter().map(|group| (&group.name, group.gid)), reader);
    let runs_as = written.runs_as.and_then(|text| runs_as(text, reader));
    if let Some(user) = runs_as.as_ref().filter(|user| !root && root_is_read && is_root(user, &users)) {
        reader.fault::<()>(user.place, RunAsError::Root(user.shown().as_str().into()));
    }
    Accounts { root, runs_as, users, groups }
}

fn user(written: written::User, reader: &mut Reader) -> Option<User> {
    let name = written.name.and_then(|text| name(text, reader));
    Some(User { name: name?, uid: written.uid?.value.0, gid: written.gid.map(|gid| gid.value.0) })
}

fn group(written: written::Group, reader: &mut Reader) -> Option<Group> {
    let of_group = written.name.and_then(|text| name(text, reader));
    let members = written.members.into_iter().flatten().filter_map(|text| name(text, reader)).collect();
    Some(Group { name: of_group?, gid: written.gid?.value.0, members })
}

fn check_conflicts<'a>(
    what: &'static str,
    accounts: impl Iterator<Item = (&'a At<String>, u32)>,
    reader: &mut Reader,
) {
    let mut by_name: BTreeMap<&str, u32> = BTreeMap::new();
    let mut by_id: BTreeMap<u32, &str> = BTreeMap::new();
    for (name, id) in accounts {
        let shown = || Excerpt::from(name.as_str());
        if let Some(first) = by_name.get(name.as_str()) {
            reader.fault::<()>(name.place, AccountError::Repeated { what, name: shown(), first: *first });
        } else if let Some(other) = by_id.get(&id) {
            let other = (*other).into();
            reader.fault::<()>(name.place, AccountError::SharedId { what, name: shown(), id, other });
        }
        by_name.entry(name).or_insert(name.place.line);
        by_id.entry(id).or_insert(name);
    }
}

fn runs_as(text: At<Text>, reader: &mut Reader) -> Option<At<RunAs>> {
    let place = text.place;
    let is_number = !text.0.is_empty() && text.0.bytes().all(|b| b.is_ascii_digit());
    match is_number {
        true => reader.check(place, Id::parse(&text.0)).map(|id| At::new(RunAs::Id(id), place)),
        false => name(text, reader).map(|name| name.map(RunAs::Name)),
    }
}

/// Whether a user is root, as far as the file alone can tell.
fn is_root(user: &RunAs, users: &[User]) -> bool {
    match user {
        RunAs::Id(id) => *id == 0,
        RunAs::Name(name) => {
            name == "root" || users.iter().any(|user| user.name.value == *name && user.uid == 0)
        }
    }
}

impl RunAs {
    fn shown(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Id(id) => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::{codes, errors, image};

    #[test]
    fn accounts_are_read() {
        let accounts = image(
            "accounts: {runs-as: app, users: [{name: app, uid: 1000, gid: 5}, {name: b$, uid: 7}], \
             groups: [{name: app, gid: 1000, members: [app, stranger]}]}",
        )
        .accounts;
        assert_eq!(accounts.runs_as.unwrap().value, RunAs::Name("app".to_owned()));
        assert_eq!(
            (accounts.users[0].uid, accounts.users[0].gid, accounts.users[1].gid),
            (1000, Some(5), None)
        );
        assert_eq!(accounts.groups[0].members.len(), 2);
        assert_eq!(image("accounts: {runs-as: 65532}").accounts.runs_as.unwrap().value, RunAs::Id(65532));
    }

    #[test]
    fn s04_names_are_what_account_files_can_hold() {
        let long = "a".repeat(32);
        let names = [
            r"a:b",
            r"a\nroot",
            r"a\r",
            r"a\0",
            r"a\uFF1Ab",
            "0",
            "",
            "A",
            "-a",
            "$",
            "a$b",
            "a b",
            "é",
            &long,
        ];
        for name in names {
            for more in [
                format!("accounts: {{users: [{{name: \"{name}\", uid: 1}}]}}"),
                format!("accounts: {{groups: [{{name: \"{name}\", gid: 1}}]}}"),
                format!("accounts: {{groups: [{{name: a, gid: 1, members: [\"{name}\"]}}]}}"),
            ] {
                assert_eq!(codes(&more), [Code::SpecUser], "{more}");
            }
        }
        for name in ["a", "_", "a-b_c9", "a$", &"a".repeat(31)] {
            assert!(is_name(name), "{name}");
        }
    }

    #[test]
    fn s04_ids_are_what_account_files_can_hold() {
        for id in ["-1", "4294967295", "2147483648", "65535", "01"] {
            assert_eq!(
                codes(&format!("accounts: {{users: [{{name: a, uid: {id}}}]}}")),
                [Code::SpecUser],
                "{id}"
            );
            assert_eq!(
                codes(&format!("accounts: {{groups: [{{name: a, gid: {id}}}]}}")),
                [Code::SpecUser],
                "{id}"
            );
        }
    }

    #[test]
    fn s05_accounts_of_one_file_do_not_contradict_each_other() {
        assert_eq!(
            errors("accounts: {users: [{name: a, uid: 1}, {name: a, uid: 2}, {name: b, uid: 1}]}"),
            ["user `a` is given twice, first on line 4", "user `b` has the id 1 of `a`"]
        );
        let groups = "accounts: {groups: [{name: a, gid: 1}, {name: b, gid: 1}]}";
        assert_eq!(codes(groups), [Code::SpecUserConflict]);
    }

    #[test]
    fn s09_root_has_to_be_allowed() {
        for user in ["root", "0", "toor"] {
            let accounts = format!("runs-as: {user}, users: [{{name: toor, uid: 0}}]");
            assert_eq!(codes(&format!("accounts: {{{accounts}}}")), [Code::SpecRunAs], "{user}");
            assert!(image(&format!("accounts: {{root: true, {accounts}}}")).accounts.root);
        }
        assert_eq!(codes("accounts: {runs-as: 'a:b'}"), [Code::SpecUser]);
        assert_eq!(codes("accounts: {runs-as: 65535}"), [Code::SpecUser]);
    }
}
