//! Users and groups, added to any files.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use overcoat::rootfs::{
    AccountError, AccountFiles, MergedAccounts, NewGroup, NewUser, RootPath, merge_accounts, user_of,
};

fuzz_target!(|input: Input<'_>| {
    let own = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    let base = AccountFiles {
        passwd: own(input.passwd),
        group: own(input.group),
        shadow: own(input.shadow),
        gshadow: own(input.gshadow),
    };
    let users: Vec<NewUser> = input.users.iter().take(6).map(User::asked_for).collect();
    let groups: Vec<NewGroup> = input.groups.iter().take(6).map(Group::asked_for).collect();
    match merge_accounts(&base, &users, &groups) {
        Ok(merged) => check(&base, &merged, &users, &groups),
        Err(error) => check_error(&error, &base, &users, &groups),
    }
});

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    users: Vec<User>,
    groups: Vec<Group>,
    passwd: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
    shadow: Option<&'a [u8]>,
    gshadow: Option<&'a [u8]>,
}

#[derive(Arbitrary, Debug)]
struct User {
    name: Name,
    uid: Number,
    gid: Option<Number>,
}

#[derive(Arbitrary, Debug)]
struct Group {
    name: Name,
    gid: Number,
    members: Vec<Name>,
}

#[derive(Arbitrary, Debug)]
struct Name(u8);

#[derive(Arbitrary, Debug)]
struct Number(u8);

impl Name {
    fn text(&self) -> String {
        const NAMES: [&str; 6] = ["a", "b", "app", "root", "_x-1", "web$"];
        NAMES[usize::from(self.0) % NAMES.len()].to_owned()
    }
}

impl Number {
    fn get(&self) -> u32 {
        const NUMBERS: [u32; 6] = [0, 1, 7, 10, 65_534, i32::MAX as u32];
        NUMBERS[usize::from(self.0) % NUMBERS.len()]
    }
}

impl User {
    fn asked_for(&self) -> NewUser {
        NewUser {
            name: self.name.text(),
            uid: self.uid.get(),
            gid: self.gid.as_ref().map(Number::get),
            login: None,
        }
    }
}

impl Group {
    fn asked_for(&self) -> NewGroup {
        let members = self.members.iter().take(4).map(Name::text).collect();
        NewGroup { name: self.name.text(), gid: self.gid.get(), members }
    }
}

/// Everybody is there, and everything that was there as well.
fn check(base: &AccountFiles, merged: &MergedAccounts, users: &[NewUser], groups: &[NewGroup]) {
    let (own, changed) = (files(base), files(&merged.files));
    for ((before, after), is_group) in own.iter().zip(&changed).zip([false, true, false, true]) {
        if let Some(after) = after {
            check_kept(before.unwrap_or_default(), after, is_group);
        }
    }
    assert!(own[2].is_some() || changed[2].is_none(), "shadow files are not made");
    assert!(own[3].is_some() || changed[3].is_none(), "shadow files are not made");
    let [passwd, group, ..] = [0, 1, 2, 3].map(|at| changed[at].or(own[at]).unwrap_or_default());
    for user in users {
        let (uid, gid) = user_of(passwd, &user.name).expect("a user that was asked for is there");
        assert_eq!((uid, user.gid.unwrap_or(gid)), (user.uid, gid));
    }
    for wanted in groups {
        let own = accounts(group)
            .find(|account| account.name() == wanted.name.as_bytes() && account.id().is_some());
        let own = own.expect("a group that was asked for is there");
        assert_eq!(own.id(), Some(wanted.gid));
        let listed: Vec<&[u8]> = own.members().split(|byte| *byte == b',').collect();
        assert!(wanted.members.iter().all(|member| listed.contains(&member.as_bytes())));
    }
    check_homes(base, merged);
    let files = &merged.files;
    let again = AccountFiles {
        passwd: files.passwd.clone().or(base.passwd.clone()),
        group: files.group.clone().or(base.group.clone()),
        shadow: files.shadow.clone().or(base.shadow.clone()),
        gshadow: files.gshadow.clone().or(base.gshadow.clone()),
    };
    assert_eq!(merge_accounts(&again, users, groups), Ok(MergedAccounts::default()));
}

/// The bytes that were there are the first of those that are there now, but for members of groups and a last newline.
fn check_kept(before: &[u8], after: &[u8], is_group: bool) {
    if !is_group {
        assert!(after.starts_with(before));
        assert!(before.is_empty() || before.ends_with(b"\n") || after[before.len()] == b'\n');
    }
    let old: Vec<&[u8]> = before.strip_suffix(b"\n").unwrap_or(before).split(|byte| *byte == b'\n').collect();
    let new: Vec<&[u8]> = after.strip_suffix(b"\n").unwrap_or(after).split(|byte| *byte == b'\n').collect();
    let old = if before.is_empty() { &[] } else { &old[..] };
    assert!(new.len() >= old.len());
    for (old, new) in old.iter().zip(&new) {
        let added = new.strip_prefix(*old).expect("what is on a line stays");
        let is_text = |byte: &u8| byte.is_ascii_graphic();
        assert!(added.is_empty() || is_group && added.iter().all(is_text), "{}", added.escape_ascii());
    }
    for added in &new[old.len()..] {
        let account = Account(added);
        assert!(
            !account.name().is_empty() && added.iter().all(u8::is_ascii_graphic),
            "{}",
            added.escape_ascii()
        );
    }
}

/// Those have homes who were not there.
fn check_homes(base: &AccountFiles, merged: &MergedAccounts) {
    let passwd = base.passwd.as_deref().unwrap_or_default();
    for home in &merged.homes {
        let name = std::str::from_utf8(home.path.name()).expect("names are text");
        assert_eq!(home.path, RootPath::parse(format!("home/{name}")).expect("it is a path"));
        assert_eq!(user_of(passwd, name), None);
        let after = merged.files.passwd.as_deref().expect("a user was added");
        assert_eq!(user_of(after, name), Some((home.uid, home.gid)));
    }
}

/// An error is one that is there.
fn check_error(error: &AccountError, base: &AccountFiles, users: &[NewUser], groups: &[NewGroup]) {
    let passwd = base.passwd.as_deref().unwrap_or_default();
    match error {
        AccountError::Uid { name, found, wanted } => {
            assert_ne!(found, wanted);
            let there = user_of(passwd, name)
                .map_or_else(|| users.iter().any(|user| user.uid == *found), |(uid, _)| uid == *found);
            assert!(there, "{error}");
        }
        AccountError::PrimaryGroup { name, found, wanted } => {
            assert!(
                found != wanted && users.iter().any(|user| user.name == *name && user.gid == Some(*wanted))
            );
        }
        AccountError::UidTaken { uid, holder, .. } => {
            let is_holder = |account: Account<'_>| account.id() == Some(*uid);
            let is_new = users.iter().any(|user| user.name == *holder && user.uid == *uid);
            assert!(is_new || accounts(passwd).any(is_holder), "{error}");
        }
        AccountError::Gid { found, wanted, .. } => assert_ne!(found, wanted),
        AccountError::GidTaken { gid, holder, .. } => {
            let group = base.group.as_deref().unwrap_or_default();
            let is_new = groups.iter().any(|group| group.name == *holder && group.gid == *gid)
                || users.iter().any(|user| user.name == *holder && user.uid == *gid);
            assert!(is_new || accounts(group).any(|account| account.id() == Some(*gid)), "{error}");
        }
        AccountError::NoGroup { gid, .. } => assert!(!groups.iter().any(|group| group.gid == *gid)),
        AccountError::FileTooLong { found, limit, .. } | AccountError::LineTooLong { found, limit, .. } => {
            assert!(found > limit);
        }
    }
    assert!(!error.to_string().contains(char::is_control));
}

fn files(files: &AccountFiles) -> [Option<&[u8]>; 4] {
    [&files.passwd, &files.group, &files.shadow, &files.gshadow].map(|file| file.as_deref())
}

/// A line, in fields.
struct Account<'a>(&'a [u8]);

impl<'a> Account<'a> {
    fn field(&self, number: usize) -> Option<&'a [u8]> {
        self.0.split(|byte| *byte == b':').nth(number)
    }

    fn name(&self) -> &'a [u8] {
        self.field(0).expect("a line has a first field")
    }

    fn id(&self) -> Option<u32> {
        let digits = self.field(2)?.iter().map(|byte| byte.is_ascii_digit().then(|| byte - b'0'));
        let number = digits.into_iter().try_fold(0_u64, |number, digit| {
            Some(number * 10 + u64::from(digit?)).filter(|number| *number <= u32::MAX.into())
        })?;
        if self.field(2)?.is_empty() { None } else { u32::try_from(number).ok() }
    }

    fn members(&self) -> &'a [u8] {
        self.0.splitn(4, |byte| *byte == b':').nth(3).unwrap_or_default()
    }
}

/// The lines that hold an account.
fn accounts(file: &[u8]) -> impl Iterator<Item = Account<'_>> {
    let lines = file.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    lines.filter(|line| !matches!(line.first(), None | Some(b'#' | b'+' | b'-'))).map(Account)
}
