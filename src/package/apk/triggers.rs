//! What packages want to be told of: `lib/apk/db/triggers`, a line for each: what its package is known by, and directories.

use super::checksum::written;
use crate::package::{Identity, Unpacked};

/// The bytes of the file with the triggers of packages added, and without those of packages that are gone.
pub fn triggers(base: &[u8], gone: &[&Identity], added: &[(&Unpacked, &Identity)]) -> Vec<u8> {
    let is_gone = |line: &&[u8]| {
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let identity = std::str::from_utf8(word).ok().and_then(Identity::of_apk);
        identity.is_some_and(|identity| gone.contains(&&identity))
    };
    let mut out = Vec::with_capacity(base.len());
    base.split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !is_gone(line))
        .for_each(|line| out.extend_from_slice(line));
    for (unpacked, identity) in added {
        let globs: Vec<_> = unpacked.fields.all("triggers").flat_map(str::split_ascii_whitespace).collect();
        if globs.is_empty() {
            continue;
        }
        if out.last().is_some_and(|byte| *byte != b'\n') {
            out.push(b'\n');
        }
        out.extend_from_slice(format!("{} {}\n", written(identity), globs.join(" ")).as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::apk::sample::unpacked;

    #[test]
    fn lines_come_and_go_with_their_packages() {
        let (old, kept) = (Identity::ControlSha1([1; 20]), Identity::ControlSha1([2; 20]));
        let base = format!("{} /bin\n{} /lib /usr/lib", written(&old), written(&kept));
        let (with, file) = unpacked("triggers = /usr/share/x /etc/x*\n", &[]);
        let (without, other) = unpacked("", &[]);
        let added = [(&with, &file.identity), (&without, &other.identity)];
        let text = String::from_utf8(triggers(base.as_bytes(), &[&old], &added)).unwrap();
        let line = format!("{} /usr/share/x /etc/x*\n", written(&file.identity));
        assert_eq!(text, format!("{} /lib /usr/lib\n{line}", written(&kept)));
        assert_eq!(triggers(b"", &[], &added), line.as_bytes());
        assert!(triggers(b"", &[], &[]).is_empty());
    }
}
