//! A layer of ours whose files get other attributes than they came with.

use std::collections::HashMap;
use std::sync::Arc;

use super::finding::{Finding, privilege};
use super::operation::{LayerContents, Operation};
use crate::rootfs::{Mode, Owner, RootPath};

impl LayerContents {
    /// The same with other modes and owners at some paths; what is not there is left out. Privileges that files get so, or
    /// lose, are told as those that they come with.
    pub fn amended(&self, changes: &HashMap<RootPath, (Mode, Owner)>) -> Self {
        if changes.is_empty() {
            return self.clone();
        }
        let is_changed = |finding: &Finding| matches!(finding, Finding::Privileged { path, .. } if changes.contains_key(path));
        let mut findings: Vec<Finding> =
            self.findings.iter().filter(|finding| !is_changed(finding)).cloned().collect();
        let change = |operation| match operation {
            Operation::Entry { mut entry, data } => {
                if let Some((mode, owner)) = changes.get(&entry.path) {
                    (entry.attributes.mode, entry.attributes.owner) = (*mode, *owner);
                    let by = privilege(&entry.kind, &entry.attributes);
                    findings.extend(by.map(|by| Finding::Privileged { path: entry.path.clone(), by }));
                }
                Operation::Entry { entry, data }
            }
            deletion => deletion,
        };
        let operations = Arc::new(self.operations.iter().map(change).collect());
        Self { operations, kept: self.kept.clone(), findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::path;
    use crate::rootfs::{Attributes, Entry, FileContent, Kind};

    #[test]
    fn a_file_that_becomes_privileged_is_told_and_one_that_was_is_not() {
        let content = FileContent { size: 0, sha256: [0; 32], sparse: false };
        let entry = |at: &str, mode| Operation::Entry {
            entry: Entry {
                path: path(at),
                kind: Kind::File(content),
                attributes: Attributes::new(Mode::new(mode), Owner::ROOT),
            },
            data: None,
        };
        let was = Finding::Privileged { path: path("b"), by: "setuid" };
        let contents = LayerContents {
            operations: Arc::new([entry("a", 0o755), entry("b", 0o4755)].into_iter().collect()),
            findings: vec![was],
            ..LayerContents::default()
        };
        let change = |at: &str, mode| (path(at), (Mode::new(mode), Owner::ROOT));
        let amended = contents.amended(&[change("a", 0o4755), change("b", 0o755)].into());
        assert_eq!(amended.findings, [Finding::Privileged { path: path("a"), by: "setuid" }]);
        let modes = amended.operations.iter().map(|operation| match operation {
            Operation::Entry { entry, .. } => entry.attributes.mode,
            _ => unreachable!("only entries were put in"),
        });
        assert!(modes.eq([Mode::new(0o4755), Mode::new(0o755)]));
    }
}
