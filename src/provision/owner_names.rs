//! The numbers that the names of owners stand for in an image.

use std::collections::HashMap;
use std::sync::Arc;

use crate::contents::View;
use crate::layer::{Item, ItemKind, LayerIndex};
use crate::package::{OwnerNames, Unpacked};
use crate::rootfs::{Owner, RootPath};

/// The users and groups that packages add to an image.
#[derive(Clone, Debug, Default)]
pub struct Newcomers {
    /// Users, with their numbers.
    pub users: Vec<(String, u32)>,
    /// Groups, with their numbers.
    pub groups: Vec<(String, u32)>,
}

/// The users and groups of an image, by name.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    users: HashMap<String, u32>,
    groups: HashMap<String, u32>,
}

impl Accounts {
    /// Those of `etc/passwd` and `etc/group`.
    pub(super) fn of(view: &View) -> Self {
        Self { users: numbers(view, "etc/passwd"), groups: numbers(view, "etc/group") }
    }

    /// Adds those that the packages themselves bring.
    pub(super) fn extend(&mut self, newcomers: Newcomers) {
        for (name, number) in newcomers.users {
            self.users.entry(name).or_insert(number);
        }
        for (name, number) in newcomers.groups {
            self.groups.entry(name).or_insert(number);
        }
    }

    /// Whether an owner of a package's entries has a name that nobody here has.
    pub(super) fn lack(&self, unpacked: &Unpacked) -> bool {
        let lacks = |known: &HashMap<String, u32>, name: &Option<String>| {
            name.as_ref().is_some_and(|name| !known.contains_key(name))
        };
        unpacked
            .owners
            .values()
            .any(|names| lacks(&self.users, &names.user) || lacks(&self.groups, &names.group))
    }

    /// A package with its entries owned as their names say, where the image knows those: numbers are the builder's.
    pub(super) fn owning(&self, unpacked: Arc<Unpacked>) -> Arc<Unpacked> {
        let inodes = unpacked.index.items.inodes();
        let renumbered = unpacked.owners.iter().filter_map(|(ordinal, names)| {
            let own = inodes.attributes(*ordinal).owner;
            Some((*ordinal, self.owner(own, names))).filter(|(_, owner)| *owner != own)
        });
        let renumbered: HashMap<u32, Owner> = renumbered.collect();
        if renumbered.is_empty() {
            return unpacked;
        }
        let index = Arc::new(with_owners(&unpacked.index, &renumbered));
        Arc::new(Unpacked { index, ..(*unpacked).clone() })
    }

    fn owner(&self, own: Owner, names: &OwnerNames) -> Owner {
        let number = |known: &HashMap<String, u32>, name: &Option<String>| known.get(name.as_ref()?).copied();
        Owner {
            uid: number(&self.users, &names.user).unwrap_or(own.uid),
            gid: number(&self.groups, &names.group).unwrap_or(own.gid),
        }
    }
}

/// The numbers of a file of accounts, whose lines begin with `name:password:number`.
fn numbers(view: &View, file: &str) -> HashMap<String, u32> {
    let path = RootPath::parse(file).ok().and_then(|path| view.destination(&path).ok());
    let bytes = path.and_then(|path| view.kept(&path).cloned()).unwrap_or_default();
    let mut numbers = HashMap::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(number)) = (fields.next(), fields.nth(1).and_then(|text| text.parse().ok()))
        {
            // As everywhere, the first line of a name counts.
            numbers.entry(name.to_owned()).or_insert(number);
        }
    }
    numbers
}

fn with_owners(index: &LayerIndex, owners: &HashMap<u32, Owner>) -> LayerIndex {
    let items =
        (0..).zip(index.items.iter()).map(|(ordinal, item)| match (item.kind, owners.get(&ordinal)) {
            (ItemKind::Entry(mut entry), Some(owner)) => {
                entry.attributes.owner = *owner;
                Item { kind: ItemKind::Entry(entry), offset: item.offset }
            }
            (kind, _) => Item { kind, offset: item.offset },
        });
    LayerIndex { items: items.collect(), ..index.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::{index, view_of_files};
    use crate::package::{Family, Fields, Package};

    #[test]
    fn entries_are_whose_their_names_say_where_the_image_knows_them() {
        let view = view_of_files(
            &[
                ("etc/passwd", "root:x:0:0::/:/x\nwww:x:33:34:::\nwww:x:99:99:::\n"),
                ("etc/group", "www:x:44:\nbad\n"),
            ],
            &[],
        );
        let names = |user: &str, group: &str| OwnerNames {
            user: (!user.is_empty()).then(|| user.to_owned()),
            group: (!group.is_empty()).then(|| group.to_owned()),
        };
        let unpacked = |owners| {
            Arc::new(Unpacked {
                family: Family::Apk,
                package: Package::default(),
                fields: Fields::default(),
                members: Default::default(),
                index: Arc::new(index(&["a", "b", "c", "d"])),
                sums: Default::default(),
                owners,
            })
        };
        let accounts = Accounts::of(&view);
        let owners = [(0, names("www", "www")), (1, names("nobody", "www")), (3, names("www", ""))].into();
        let owned = accounts.owning(unpacked(owners));
        let inodes = owned.index.items.inodes();
        let found: Vec<_> = (0..4).map(|at| inodes.attributes(at).owner.to_string()).collect();
        assert_eq!(found, ["33:44", "0:44", "0:0", "33:0"]);
        let unknown = unpacked([(0, names("nobody", "nogroup"))].into());
        assert!(accounts.lack(&unknown) && !accounts.lack(&unpacked([(0, names("www", ""))].into())));
        assert!(
            Arc::ptr_eq(&accounts.owning(Arc::clone(&unknown)), &unknown),
            "nothing is copied for nothing"
        );
        let (users, groups) = (vec![("nobody".to_owned(), 65_534), ("www".to_owned(), 1)], Vec::new());
        let mut accounts = accounts;
        accounts.extend(Newcomers { users, groups });
        let inodes = |owned: &Unpacked| owned.index.items.inodes().attributes(0).owner.to_string();
        assert_eq!(inodes(&accounts.owning(unknown)), "65534:0");
        assert_eq!(inodes(&accounts.owning(unpacked([(0, names("www", "www"))].into()))), "33:44");
    }
}
