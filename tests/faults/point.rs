//! The points of a run at which something can happen to it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::calls::Call;
use super::fault::Fault;

/// A call that changes something, and how `strace` finds it again in another run.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) call: String,
    /// Which of the calls it is that `strace` sees.
    number: usize,
    thread: Thread,
    /// What the call is for, and, where more are hit later on, what those are for.
    pub(super) needs: Vec<Need>,
}

/// What a build needs a call for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// For nothing: it tidies up.
    Nothing,
    /// To save a copy, where that can be.
    Link,
    /// To say what it has done.
    Report,
    /// To keep something for later builds.
    Store,
    /// For its output, or to open the store that it was told to use.
    Output,
}

/// The thread of a call. `strace` counts the calls of each thread apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thread {
    /// The first thread, which is traced alone.
    Main,
    /// Another one, whose call comes before those of all others that have its number.
    Other,
    /// Another one, and only calls that name this path count.
    OtherOn(String),
    /// Another one, and only calls in this directory count, which lies in the one of the trial.
    OtherIn(PathBuf),
    /// Another one, whose call comes after one of another thread that has its number, which would be hit instead.
    Hidden,
}

/// The points among the calls of a run, which `strace` finds by their number as long as calls come in the same order.
///
/// `root` is the directory of the trial in that run.
pub(super) fn points(calls: &[Call], root: &Path) -> Vec<Point> {
    let main = calls.first().expect("there are calls").thread;
    let mut points = Vec::new();
    for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.is_mutating()) {
        let (thread, number) = place(&calls[..=at], call, main, root);
        let mut needs = vec![Need::of(call, main)];
        if thread == Thread::Other {
            let also = others(calls, call).filter_map(|other| of(calls, other, &call.name).nth(number - 1));
            needs.extend(also.map(|call| Need::of(call, main)));
        }
        points.push(Point { call: call.name.clone(), number, thread, needs });
    }
    points
}

impl Need {
    /// Whether a build may fail for it before there is an output.
    pub(super) fn is_of_output(&self) -> bool {
        matches!(self, Self::Link | Self::Output)
    }

    fn of(call: &Call, main: u32) -> Self {
        match () {
            () if ["link", "linkat"].contains(&call.name.as_str()) => Self::Link,
            () if call.is_dispensable() => Self::Nothing,
            () if call.is_report() => Self::Report,
            // The first thread opens it.
            () if call.is_on_store() && call.thread != main => Self::Store,
            () => Self::Output,
        }
    }
}

/// The thread of the last of these calls, and its number.
fn place(calls: &[Call], call: &Call, main: u32, root: &Path) -> (Thread, usize) {
    let number = of(calls, call.thread, &call.name).count();
    let dir = call.descriptor().and_then(|dir| dir.strip_prefix(root).ok());
    match call.text() {
        _ if call.thread == main => (Thread::Main, number),
        Some(path) if call.name != "write" => {
            let number = of(calls, call.thread, &call.name).filter(|other| other.names(path)).count();
            (Thread::OtherOn(path.to_owned()), number)
        }
        None if call.name == "openat" && dir.is_some_and(|dir| dir.starts_with("store")) => {
            let is_there = |other: &&Call| other.descriptor() == call.descriptor();
            let of = |thread| of(calls, thread, "openat").filter(is_there).count();
            let number = of(call.thread);
            let is_first = others(calls, call).all(|other| of(other) < number);
            let thread = dir.filter(|_| is_first).map(Path::to_owned);
            (thread.map_or(Thread::Hidden, Thread::OtherIn), number)
        }
        _ if others(calls, call).any(|other| of(calls, other, &call.name).count() >= number) => {
            (Thread::Hidden, number)
        }
        _ => (Thread::Other, number),
    }
}

/// The threads of these calls but that of this one.
fn others(calls: &[Call], call: &Call) -> impl Iterator<Item = u32> {
    let threads: BTreeSet<u32> = calls.iter().map(|other| other.thread).collect();
    let thread = call.thread;
    threads.into_iter().filter(move |other| *other != thread)
}

/// The calls of this name that a thread makes.
fn of<'a>(calls: &'a [Call], thread: u32, name: &'a str) -> impl Iterator<Item = &'a Call> {
    calls.iter().filter(move |call| call.thread == thread && call.name == name)
}

impl Point {
    /// Whether `strace` would find another call in its stead.
    pub(super) fn is_hidden(&self) -> bool {
        self.thread == Thread::Hidden
    }

    /// Whether it keeps something in a store.
    pub(super) fn is_of_store(&self) -> bool {
        self.needs[0] == Need::Store
    }

    /// The arguments with which `strace` makes the fault happen here, in a run whose directory is `root`.
    pub(super) fn arguments(&self, fault: Fault, root: &Path) -> Vec<String> {
        let mut arguments = match &self.thread {
            Thread::Main => vec![],
            Thread::Other | Thread::Hidden => vec!["-f".to_owned()],
            Thread::OtherOn(path) => vec!["-f".to_owned(), "-P".to_owned(), path.clone()],
            Thread::OtherIn(dir) => {
                vec!["-f".to_owned(), "-P".to_owned(), root.join(dir).to_string_lossy().into_owned()]
            }
        };
        if let Fault::Hold { .. } = fault {
            // The process that is started is the one to be held.
            arguments.push("-D".to_owned());
        }
        let inject = format!("inject={}:{}:when={}", self.call, fault.expression(), self.number);
        arguments.extend(["-e".to_owned(), format!("trace={}", self.call), "-e".to_owned(), inject]);
        arguments
    }

    /// How often the fault has happened in the run that a log is of; first of all it has to be just here.
    pub(super) fn hits(&self, fault: Fault, log: &str) -> usize {
        let thread = |line: &str| line.split(' ').next().map(str::to_owned);
        let marked: Vec<&str> = log.lines().filter(|line| line.contains(&fault.mark())).collect();
        let first = marked.first().unwrap_or_else(|| panic!("the point was not reached: {log}"));
        if self.thread != Thread::Main && !fault.kills() {
            // The main thread ends last; of a process that is killed, all threads are.
            assert_ne!(
                thread(first),
                log.lines().last().and_then(thread),
                "another point was reached: {log}"
            );
        }
        marked.len()
    }
}
