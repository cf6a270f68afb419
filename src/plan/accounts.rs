//! Accounts: who is added, and who the image runs as.

use crate::rootfs::{NewGroup, NewUser};
use crate::spec::{Accounts, Place, RunAs};

/// The accounts that are wanted.
#[derive(Clone, Debug, Default)]
pub struct AccountsPlan {
    /// Whether root may be the image's user.
    pub root: bool,
    /// The image's user.
    pub runs_as: Option<(RunAs, Place)>,
    /// Users to add.
    pub users: Vec<NewUser>,
    /// Groups to add.
    pub groups: Vec<NewGroup>,
    /// Where the specification names each user.
    pub user_places: Vec<Place>,
    /// Where the specification names each group.
    pub group_places: Vec<Place>,
}

impl AccountsPlan {
    /// Where the specification names a user.
    pub fn user_place(&self, name: &str) -> Option<Place> {
        self.users.iter().zip(&self.user_places).find(|(user, _)| user.name == name).map(|(_, place)| *place)
    }

    /// Where the specification names a group, or else the user whose own group it is.
    pub fn group_place(&self, name: &str) -> Option<Place> {
        let found = self.groups.iter().zip(&self.group_places).find(|(group, _)| group.name == name);
        found.map(|(_, place)| *place).or_else(|| self.user_place(name))
    }

    /// Where the specification first speaks of accounts.
    pub fn place(&self) -> Option<Place> {
        self.user_places.iter().chain(&self.group_places).min().copied()
    }
}

impl From<&Accounts> for AccountsPlan {
    fn from(accounts: &Accounts) -> Self {
        let users = accounts.users.iter().map(|user| NewUser {
            name: user.name.to_string(),
            uid: user.uid,
            gid: user.gid,
            login: None,
        });
        let groups = accounts.groups.iter().map(|group| NewGroup {
            name: group.name.to_string(),
            gid: group.gid,
            members: group.members.iter().map(|member| member.to_string()).collect(),
        });
        Self {
            root: accounts.root,
            runs_as: accounts.runs_as.as_ref().map(|user| (user.value.clone(), user.place)),
            users: users.collect(),
            groups: groups.collect(),
            user_places: accounts.users.iter().map(|user| user.name.place).collect(),
            group_places: accounts.groups.iter().map(|group| group.name.place).collect(),
        }
    }
}
