//! What was asked for: `etc/apk/world`, an atom a line, sorted.

use std::collections::BTreeMap;

use crate::package::{Atom, Family, apk_atoms};

/// The bytes of the file with what was asked for added; of two atoms of one name the new one counts.
pub fn world(base: &[u8], asked: &[Atom]) -> Vec<u8> {
    let mut atoms = BTreeMap::new();
    for word in String::from_utf8_lossy(base).split_whitespace() {
        let (forbids, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let name = apk_atoms(rest).pop().map_or_else(|| rest.to_owned(), |atom| atom.name);
        atoms.insert((name, forbids), word.to_owned());
    }
    for atom in asked {
        atoms.remove(&(atom.name.clone(), true));
        atoms.insert((atom.name.clone(), false), atom.written(Family::Apk).to_string());
    }
    let mut lines: Vec<_> = atoms.into_values().collect();
    lines.sort();
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"]).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(base: &str, words: &str) -> String {
        String::from_utf8(world(base.as_bytes(), &apk_atoms(words))).unwrap()
    }

    #[test]
    fn atoms_are_sorted_and_stand_once_for_each_name() {
        assert_eq!(
            asked("zlib\nbusybox~1.2\n", "curl=8-r0 ca-certificates"),
            "busybox~1.2\nca-certificates\ncurl=8-r0\nzlib\n"
        );
        assert_eq!(asked("curl\nnginx=1-r0", "nginx"), "curl\nnginx\n");
        assert_eq!(asked("!curl\n!x\n", "curl>8 y@edge"), "!x\ncurl>8\ny@edge\n");
        assert_eq!(asked("", ""), "");
    }
}
