//! Owners by name: numbers in packages are their builders', names mean the same everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base;
use super::error::ProvisionError;
use super::sources::path;
use crate::contents::View;
use crate::layer::{Item, ItemKind, LayerIndex};
use crate::package::{OwnerNames, Unpacked};
use crate::rootfs::{Entry, Owner, group_of, user_of};

/// The accounts of a base, by name.
pub(super) struct Accounts {
    passwd: Vec<u8>,
    group: Vec<u8>,
}

impl Accounts {
    pub(super) fn of(view: &View) -> Result<Self, ProvisionError> {
        let bytes = |name| base::bytes(view, &path(name));
        Ok(Self { passwd: bytes("etc/passwd")?, group: bytes("etc/group")? })
    }

    /// The entries of a package with the owners that they have on this base: by name where it knows that, else by number.
    pub(super) fn owned(&self, package: &Unpacked) -> Arc<LayerIndex> {
        let owners = self.owners(package);
        if owners.is_empty() {
            return Arc::clone(&package.index);
        }
        let item = |(ordinal, item): (u32, Item)| match (item.kind, owners.get(&ordinal)) {
            (ItemKind::Entry(mut entry), Some(owner)) => {
                entry.attributes.owner = *owner;
                Item { kind: ItemKind::Entry(entry), ..item }
            }
            (kind, _) => Item { kind, ..item },
        };
        let index = &package.index;
        Arc::new(LayerIndex { items: (0..).zip(index.items.iter()).map(item).collect(), ..(**index).clone() })
    }

    /// The owners that are others than the package's numbers, by ordinal.
    fn owners(&self, package: &Unpacked) -> BTreeMap<u32, Owner> {
        let items = &package.index.items;
        let owner = |(ordinal, names): (&u32, &OwnerNames)| {
            let ItemKind::Entry(Entry { attributes, .. }) = items.get(*ordinal).kind else { return None };
            let own = attributes.owner;
            let uid = names.user.as_ref().and_then(|name| user_of(&self.passwd, name)).map(|(uid, _)| uid);
            let gid = names.group.as_ref().and_then(|name| group_of(&self.group, name));
            let owner = Owner { uid: uid.unwrap_or(own.uid), gid: gid.unwrap_or(own.gid) };
            (owner != own).then_some((*ordinal, owner))
        };
        package.owners.iter().filter_map(owner).collect()
    }
}
