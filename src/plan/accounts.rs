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
    /// Where the specification speaks of accounts.
    pub place: Option<Place>,
}

impl From<&Accounts> for AccountsPlan {
    fn from(accounts: &Accounts) -> Self {
        let users = accounts.users.iter().map(|user| NewUser {
            name: user.name.to_string(),
            uid: user.uid,
            gid: user.gid,
        });
        let groups = accounts.groups.iter().map(|group| NewGroup {
            name: group.name.to_string(),
            gid: group.gid,
            members: group.members.iter().map(|member| member.to_string()).collect(),
        });
        let users_place = accounts.users.first().map(|user| user.name.place);
        let place = users_place.or_else(|| accounts.groups.first().map(|group| group.name.place));
        Self {
            root: accounts.root,
            runs_as: accounts.runs_as.as_ref().map(|user| (user.value.clone(), user.place)),
            users: users.collect(),
            groups: groups.collect(),
            place,
        }
    }
}
