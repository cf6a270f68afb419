//! olareg, which has the referrers API.

use std::process::Command;

use super::super::{scratch, tool};
use super::{Access, Process};

/// Starts olareg; says that the test is skipped where it is not installed.
pub(crate) fn olareg() -> Option<Process> {
    let program = tool("olareg")?;
    let dir = scratch();
    let mut command = Command::new(program);
    command.args(["serve", "--addr", "127.0.0.1", "--port", "0", "--api-delete", "--api-blob-delete"]);
    command.arg("--dir").arg(dir.path().join("storage"));
    Some(Process::start(dir, command, Access::default()))
}
