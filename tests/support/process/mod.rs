//! Registries that are processes of their own, as people run them: each test that needs one starts and ends it.

mod docker;
mod listening;
mod olareg;
mod push;
#[cfg(test)]
mod tests;
mod victim;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::registry::{Answer, Ask};
pub(crate) use docker::{DockerRegistry, PASSWORD, USER};
pub(crate) use olareg::olareg;
pub(crate) use victim::Victim;

/// A registry that runs until it is dropped, with a directory of its own.
pub(crate) struct Process {
    child: Child,
    dir: TempDir,
    port: u16,
    /// What a client needs.
    access: Access,
}

/// What a client needs to be let in.
#[derive(Default)]
struct Access {
    /// The certificate of whom it trusts, where the registry speaks TLS.
    authority: Option<String>,
    /// The value of `Authorization`.
    credentials: Option<String>,
}

impl Process {
    /// Starts a program that listens on a port of its choice, in an empty directory.
    fn start(dir: TempDir, mut command: Command, access: Access) -> Self {
        let log = File::create(dir.path().join("log")).expect("the directory can be written");
        let copy = log.try_clone().expect("files can be opened twice");
        let child =
            command.stdin(Stdio::null()).stdout(log).stderr(copy).spawn().expect("the program can be run");
        let mut process = Self { child, dir, port: 0, access };
        let began = Instant::now();
        while process.port == 0 {
            let ended = process.child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "{command:?}: {}", process.log());
            thread::sleep(Duration::from_millis(10));
            process.port = listening::port(process.child.id()).unwrap_or(0);
        }
        process
    }

    /// Host and port, as references to images begin: `127.0.0.1:41234`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where it keeps what it holds.
    pub(crate) fn storage(&self) -> PathBuf {
        self.dir.path().join("storage")
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).expect("the log is text")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request with whatever is needed to be let in.
    pub(crate) fn ask(&self, ask: Ask) -> io::Result<Answer> {
        let ask = self.access.credentials.iter().fold(ask, |ask, value| ask.header("Authorization", value));
        match &self.access.authority {
            Some(authority) => ask.send_tls(&self.host(), authority, None),
            None => ask.send(&self.host()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a program may take to listen, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(60);
