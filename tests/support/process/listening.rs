//! Where a process listens, when it was left to choose.

use std::collections::BTreeSet;
use std::fs;

/// The port on which a process listens.
pub(super) fn port(process: u32) -> Option<u16> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?;
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let own: BTreeSet<String> = links.filter_map(|link| Some(link.to_str()?.to_owned())).collect();
    ["tcp", "tcp6"].iter().find_map(|family| {
        let table = fs::read_to_string(format!("/proc/{process}/net/{family}")).ok()?;
        table.lines().skip(1).find_map(|line| listening(line, &own))
    })
}

/// The port in a line of the table, if it is of one of these sockets and listens.
fn listening(line: &str, own: &BTreeSet<String>) -> Option<u16> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, local, _, LISTEN, _, _, _, _, _, inode, ..] = fields.as_slice() else { return None };
    let (_, port) = local.rsplit_once(':')?;
    own.contains(&format!("socket:[{inode}]")).then(|| u16::from_str_radix(port, 16).ok()).flatten()
}

const LISTEN: &str = "0A";
