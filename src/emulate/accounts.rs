//! Users and groups that packages need (packages.md 7.4).

use std::collections::{BTreeMap, BTreeSet};

use super::emulated::Emulated;
use super::scene::{EmulateError, Scene};
use super::site::Id;
use super::static_accounts::{static_group, static_user};
use crate::contents::PathLoop;
use crate::package::Family;
use crate::rootfs::{Login, NewGroup, NewUser, RootPath};

/// Who is there, and who is wished for.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// Users of the image and of the customization.
    users: BTreeMap<String, u32>,
    /// The primary groups of users of the image.
    primary_groups: BTreeMap<String, u32>,
    /// Groups of the image and of the customization.
    groups: BTreeMap<String, u32>,
    wished_users: BTreeMap<String, UserWish>,
    wished_groups: BTreeMap<String, GroupWish>,
    /// Groups with users that are to belong to them.
    members: BTreeSet<(String, String)>,
    /// Where it is a Debian: the accounts of fixed numbers, as the image's own package of them says.
    masters: Option<Masters>,
}

/// Lines of the lists that base-passwd brings.
#[derive(Debug, Default)]
struct Masters {
    passwd: Vec<u8>,
    group: Vec<u8>,
}

/// A user that a package needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserWish {
    pub(super) uid: Option<u32>,
    pub(super) group: PrimaryGroup,
    pub(super) login: Login,
    pub(super) range: Range,
    pub(super) package: String,
}

/// The primary group of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrimaryGroup {
    /// One of its own name.
    Own,
    /// Another.
    Other(Id),
}

/// A group that a package needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupWish {
    pub(super) gid: Option<u32>,
    pub(super) range: Range,
    pub(super) package: String,
}

/// Where numbers are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// From 100 up, as tools of packages' scripts do.
    Up,
    /// From 999 down, as systemd does.
    Down,
}

const PASSWD: &str = "etc/passwd";
const GROUP: &str = "etc/group";
const MASTER_PASSWD: &str = "usr/share/base-passwd/passwd.master";
const MASTER_GROUP: &str = "usr/share/base-passwd/group.master";

impl Accounts {
    /// Those of a scene.
    pub(super) fn of(scene: &Scene<'_>) -> Result<Self, PathLoop> {
        let bytes = |name: &str| -> Result<Vec<u8>, PathLoop> {
            let path = RootPath::parse(name).expect("it is a path");
            let path = scene.view.destination(&path)?;
            let given = scene.files.iter().find(|(given, _)| *given == path).map(|(_, bytes)| *bytes);
            Ok(given.or_else(|| scene.view.kept(&path).map(|bytes| &**bytes)).unwrap_or_default().to_vec())
        };
        let masters = Masters { passwd: bytes(MASTER_PASSWD)?, group: bytes(MASTER_GROUP)? };
        let or_master =
            |bytes: Vec<u8>, master: &[u8]| if bytes.is_empty() { master.to_vec() } else { bytes };
        let passwd = or_master(bytes(PASSWD)?, &masters.passwd);
        let (mut users, primary_groups) = (numbers(&passwd, 2), numbers(&passwd, 3));
        let mut groups = numbers(&or_master(bytes(GROUP)?, &masters.group), 2);
        users.extend(scene.users.iter().map(|user| (user.name.clone(), user.uid)));
        groups.extend(scene.groups.iter().map(|group| (group.name.clone(), group.gid)));
        let own = scene.users.iter().filter(|user| user.gid.is_none());
        own.for_each(|user| _ = groups.entry(user.name.clone()).or_insert(user.uid));
        let masters = (scene.family == Family::Deb).then_some(masters);
        Ok(Self { users, primary_groups, groups, masters, ..Self::default() })
    }

    /// Whether a user is there, or wished for.
    pub(super) fn has_user(&self, name: &str) -> bool {
        self.users.contains_key(name) || self.wished_users.contains_key(name)
    }

    /// Whether a group is there, or wished for.
    pub(super) fn has_group(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.wished_groups.contains_key(name)
    }

    /// Wishes for a user, and a group of its name where that is its primary one.
    pub(super) fn wish_user(&mut self, name: &str, wish: UserWish) {
        if self.has_user(name) {
            return;
        }
        if wish.group == PrimaryGroup::Own {
            let group = GroupWish { gid: wish.uid, range: wish.range, package: wish.package.clone() };
            self.wish_group(name, group);
        }
        self.wished_users.insert(name.to_owned(), wish);
    }

    /// Wishes for a group.
    pub(super) fn wish_group(&mut self, name: &str, wish: GroupWish) {
        if !self.has_group(name) {
            self.wished_groups.insert(name.to_owned(), wish);
        }
    }

    /// Wishes that a user belongs to a group.
    pub(super) fn wish_member(&mut self, group: &str, user: &str) {
        self.members.insert((group.to_owned(), user.to_owned()));
    }

    /// Sees to it that a user whom a script names is there, where Debian gives it a fixed number.
    pub(super) fn need_user(&mut self, name: &str, package: &str) -> bool {
        if self.has_user(name) {
            return true;
        }
        let found = self.masters.as_ref().and_then(|masters| static_user(&masters.passwd, name));
        let Some((uid, gid, login)) = found else { return false };
        let group = PrimaryGroup::Other(Id::Number(gid));
        self.need_group_of(gid, package);
        let wish = UserWish { uid: Some(uid), group, login, range: Range::Up, package: package.to_owned() };
        self.wish_user(name, wish);
        true
    }

    /// Sees to it that a group which a script names is there, where Debian gives it a fixed number.
    pub(super) fn need_group(&mut self, name: &str, package: &str) -> bool {
        if self.has_group(name) {
            return true;
        }
        let found =
            self.masters.as_ref().and_then(|masters| static_group(&masters.group, |own, _| own == name));
        found.map(|(name, gid)| self.wish_static(name, gid, package)).is_some()
    }

    /// The same for a group of a number.
    fn need_group_of(&mut self, gid: u32, package: &str) {
        let is_there = self.groups.values().any(|own| *own == gid);
        let found = self.masters.as_ref().filter(|_| !is_there);
        if let Some((name, gid)) = found.and_then(|masters| static_group(&masters.group, |_, own| own == gid))
        {
            self.wish_static(name, gid, package);
        }
    }

    fn wish_static(&mut self, name: String, gid: u32, package: &str) {
        let wish = GroupWish { gid: Some(gid), range: Range::Up, package: package.to_owned() };
        self.wish_group(&name, wish);
    }

    /// Chooses the numbers that are not given, and gives what has to be added.
    pub(super) fn settle(&mut self, emulated: &mut Emulated) -> Result<(), EmulateError> {
        let uids = self.wished_users.values().filter_map(|wish| wish.uid);
        let gids = self.wished_groups.values().filter_map(|wish| wish.gid);
        let mut taken = Taken {
            uids: self.users.values().copied().chain(uids).collect(),
            gids: self.groups.values().copied().chain(gids).collect(),
        };
        let names: BTreeSet<String> =
            self.wished_users.keys().chain(self.wished_groups.keys()).cloned().collect();
        for name in names {
            self.choose(&name, &mut taken)?;
        }
        emulated.users = self.new_users();
        emulated.groups = self.new_groups();
        Ok(())
    }

    fn choose(&mut self, name: &str, taken: &mut Taken) -> Result<(), EmulateError> {
        let (user, group) = (self.wished_users.get(name), self.wished_groups.get(name));
        let package = user.map(|wish| &wish.package).or(group.map(|wish| &wish.package));
        let range = user.map(|wish| wish.range).or(group.map(|wish| wish.range)).unwrap_or(Range::Up);
        let (uid, gid) = (user.and_then(|wish| wish.uid), group.and_then(|wish| wish.gid));
        let wants = (user.is_some() && uid.is_none(), group.is_some() && gid.is_none());
        // A number that the one has already is the first that the other tries.
        let number = match (wants, uid, gid) {
            ((false, false), ..) => return Ok(()),
            ((true, _), _, Some(gid)) if !taken.uids.contains(&gid) => Some(gid),
            ((_, true), Some(uid), _) if !taken.gids.contains(&uid) => Some(uid),
            _ => taken.free(range, wants),
        };
        let error = || {
            let package = package.cloned().unwrap_or_default();
            EmulateError::Numbers { name: name.to_owned(), package }
        };
        let number = number.ok_or_else(error)?;
        if let (true, Some(user)) = (wants.0, self.wished_users.get_mut(name)) {
            user.uid = Some(number);
            taken.uids.insert(number);
        }
        if let (true, Some(group)) = (wants.1, self.wished_groups.get_mut(name)) {
            group.gid = Some(number);
            taken.gids.insert(number);
        }
        Ok(())
    }

    /// The number of a user.
    pub(super) fn uid(&self, id: &Id) -> Option<u32> {
        match id {
            Id::Number(number) => Some(*number),
            Id::Name(name) => {
                let wished = || self.wished_users.get(name).and_then(|wish| wish.uid);
                self.users.get(name).copied().or_else(wished)
            }
        }
    }

    /// The number of a group.
    pub(super) fn gid(&self, id: &Id) -> Option<u32> {
        match id {
            Id::Number(number) => Some(*number),
            Id::Name(name) => {
                let wished = || self.wished_groups.get(name).and_then(|wish| wish.gid);
                self.groups.get(name).copied().or_else(wished)
            }
        }
    }

    /// The primary group of a user who is there, or wished for.
    pub(super) fn login_group(&self, user: &str) -> Option<Id> {
        if let Some(gid) = self.primary_groups.get(user) {
            return Some(Id::Number(*gid));
        }
        match self.wished_users.get(user).map(|wish| &wish.group) {
            Some(PrimaryGroup::Other(id)) => Some(id.clone()),
            Some(PrimaryGroup::Own) => Some(Id::Name(user.to_owned())),
            None => self.groups.contains_key(user).then(|| Id::Name(user.to_owned())),
        }
    }

    /// The number of a user's primary group, as far as it is wished for here.
    pub(super) fn primary_group(&self, user: &str) -> Option<u32> {
        match &self.wished_users.get(user)?.group {
            PrimaryGroup::Own => self.gid(&Id::Name(user.to_owned())),
            PrimaryGroup::Other(id) => self.gid(id),
        }
    }

    fn new_users(&self) -> Vec<NewUser> {
        let user = |(name, wish): (&String, &UserWish)| {
            let uid = wish.uid?;
            let gid = self.primary_group(name);
            Some(NewUser { name: name.clone(), uid, gid, login: Some(wish.login.clone()) })
        };
        self.wished_users.iter().filter_map(user).collect()
    }

    fn new_groups(&self) -> Vec<NewGroup> {
        let mut groups: BTreeMap<&String, NewGroup> = BTreeMap::new();
        let wished = self.wished_groups.keys();
        for name in wished.chain(self.members.iter().map(|(group, _)| group)) {
            let Some(gid) = self.gid(&Id::Name(name.clone())) else { continue };
            let members = self.members.iter().filter(|(group, user)| group == name && self.has_user(user));
            let members = members.map(|(_, user)| user.clone()).collect();
            groups.insert(name, NewGroup { name: name.clone(), gid, members });
        }
        groups.into_values().collect()
    }
}

/// Numbers in use while others are chosen.
struct Taken {
    uids: BTreeSet<u32>,
    gids: BTreeSet<u32>,
}

impl Taken {
    /// The first number of a range that is free as what is wanted: as a user's, as a group's.
    fn free(&self, range: Range, (user, group): (bool, bool)) -> Option<u32> {
        let is_free =
            |number: &u32| !(user && self.uids.contains(number) || group && self.gids.contains(number));
        match range {
            Range::Up => (100..=999).find(is_free),
            Range::Down => (100..=999).rev().find(is_free),
        }
    }
}

/// Names and numbers in a field of a file of accounts; the first line of a name counts.
fn numbers(bytes: &[u8], field: usize) -> BTreeMap<String, u32> {
    let mut numbers = BTreeMap::new();
    for (name, number) in lines(bytes).filter_map(|fields| Some((*fields.first()?, *fields.get(field)?))) {
        if let (false, Ok(number)) = (name.is_empty(), number.parse()) {
            numbers.entry(name.to_owned()).or_insert(number);
        }
    }
    numbers
}

/// The fields of the lines of a file of accounts.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Vec<&str>> {
    let lines = bytes.split(|b| *b == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    lines.filter(|line| !line.starts_with(['#', '+', '-'])).map(|line| line.split(':').collect())
}

#[cfg(test)]
mod tests;
