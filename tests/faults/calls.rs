//! The system calls of a run, as `strace` lists them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tool;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The thread that made it.
    pub(super) thread: u32,
    pub(super) name: String,
    /// Its arguments as they are printed, descriptors with their paths.
    pub(super) args: String,
    /// Whether it succeeded.
    pub(super) succeeded: bool,
}

/// Calls that change files, directories or locks, or make changes last.
const MUTATING: &str = "\
    chmod chown copy_file_range creat fallocate fchmod fchmodat fchown fchownat fdatasync flock fremovexattr \
    fsetxattr fsync ftruncate futimesat io_uring_enter lchown link linkat lremovexattr lsetxattr mkdir mkdirat \
    mknod mknodat mount msync pwrite64 pwritev pwritev2 removexattr rename renameat renameat2 rmdir sendfile \
    setxattr splice symlink symlinkat sync_file_range syncfs truncate unlink unlinkat utimensat writev";

/// Calls on files and descriptors that change nothing.
const HARMLESS: &str = "\
    access close dup dup2 dup3 epoll_create1 epoll_ctl epoll_wait eventfd2 execve faccessat faccessat2 fadvise64 \
    fcntl fstat fstatfs getcwd getdents64 ioctl lseek newfstatat pipe2 poll ppoll pread64 preadv read readlink \
    readlinkat readv signalfd4 stat statfs statx";

fn lists(list: &str, name: &str) -> bool {
    list.split(' ').any(|listed| listed == name)
}

impl Call {
    /// Whether it changes something; fails where it is not known what the call does.
    pub(super) fn is_mutating(&self) -> bool {
        let name = self.name.as_str();
        match name {
            "open" | "openat" | "openat2" => {
                ["O_CREAT", "O_TMPFILE", "O_TRUNC"].iter().any(|flag| self.args.contains(flag))
            }
            "write" => true,
            "mmap" if !self.args.contains("MAP_SHARED") => false,
            _ if lists(MUTATING, name) => true,
            _ => {
                assert!(lists(HARMLESS, name), "does {name}({}) change anything?", self.args);
                false
            }
        }
    }

    /// Whether it writes what people read, and not to an output.
    pub(super) fn is_report(&self) -> bool {
        self.name == "write" && ["1<", "2<"].iter().any(|stream| self.args.starts_with(stream))
    }

    /// Whether a build can do without it: it tidies up, asks whether another process still works or says
    /// when an entry of the store was used.
    pub(super) fn is_dispensable(&self) -> bool {
        let tidies = ["unlink", "unlinkat", "rmdir", "utimensat"].contains(&self.name.as_str());
        tidies || (self.name == "flock" && !self.succeeded)
    }

    /// Whether it has to do with a directory `store`, or with what is in it.
    pub(super) fn is_on_store(&self) -> bool {
        ["/store/", "/store>", "/store\""].iter().any(|end| self.args.contains(end))
    }

    /// Whether an argument of it is this text.
    pub(super) fn names(&self, text: &str) -> bool {
        self.args.split('"').skip(1).step_by(2).any(|found| found == text)
    }

    /// Its first argument that is text, and the same text in every run.
    pub(super) fn text(&self) -> Option<&str> {
        self.args.split('"').skip(1).step_by(2).find(|text| !text.starts_with(".overcoat-"))
    }
}

impl Call {
    /// The paths it is given, each below the directory that it is relative to.
    pub(super) fn paths(&self, cwd: &Path) -> Vec<PathBuf> {
        let (mut dir, mut paths) = (cwd, Vec::new());
        for arg in self.args.split(", ") {
            if let Some(path) = arg.strip_prefix('"') {
                paths.push(dir.join(path.split('"').next().expect("a split gives a piece")));
            } else if let Some(path) = path_of(arg) {
                dir = path;
            }
        }
        paths
    }

    /// The path of the descriptor that is its first argument.
    pub(super) fn descriptor(&self) -> Option<&Path> {
        path_of(&self.args)
    }
}

/// `12</a/path>` to `/a/path`.
pub(super) fn path_of(descriptor: &str) -> Option<&Path> {
    let (_, path) = descriptor.split_once('<')?;
    Some(Path::new(path.split('>').next()?))
}

/// Starts `strace` of this output; nothing where it is missing, or may not trace.
pub(super) fn strace(log: &Path, args: &[&str]) -> Option<Command> {
    let mut command = Command::new(tool("strace")?);
    command.env_clear().arg("-o").arg(log).args(args);
    Some(command)
}

/// Whether a process may be traced here; says that the test is skipped where it may not.
pub(super) fn may_trace() -> bool {
    let Some(mut command) = strace(Path::new("/dev/null"), &["true"]) else { return false };
    let traced = command.env("PATH", "/usr/bin:/bin").output().is_ok_and(|output| output.status.success());
    if !traced {
        println!("skipped: strace may not trace processes here");
    }
    traced
}

/// The calls of a log that `strace -f -y` wrote, in the order in which they began.
pub(super) fn read(log: &Path) -> Vec<Call> {
    let log = fs::read_to_string(log).expect("strace prints text");
    let mut calls: Vec<Call> = Vec::new();
    for line in log.lines() {
        let (thread, line) = line.split_once(' ').expect("a line begins with its thread");
        let thread = thread.parse().expect("a thread has a number");
        let line = line.trim_start();
        let succeeded = !line.contains(" = -1 ");
        if line.starts_with("<... ") {
            let begun = calls.iter_mut().rev().find(|call| call.thread == thread);
            begun.expect("what is resumed has begun").succeeded = succeeded;
        } else if let Some((name, args)) = line.split_once('(').filter(|_| !line.starts_with(['+', '-'])) {
            calls.push(Call { thread, name: name.to_owned(), args: args.to_owned(), succeeded });
        }
    }
    calls
}
