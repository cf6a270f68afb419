//! The points of a run at which something can happen to it.

use super::calls::Call;
use super::fault::Fault;

/// A call that changes something, and how `strace` finds it again in another run.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) call: String,
    /// Which of the calls it is that `strace` sees.
    number: usize,
    thread: Thread,
    /// Whether it writes what people read, and not to an output.
    pub(super) is_report: bool,
}

/// The thread of a call. `strace` counts the calls of each thread apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thread {
    /// The first thread, which is traced alone.
    Main,
    /// Another one, whose call comes before the one of the main thread that has its number.
    Other,
    /// Another one, and only calls that name this path count.
    OtherOn(String),
}

/// The points among the calls of a run, which `strace` finds by their number as long as calls come in the same order.
pub(super) fn points(calls: &[Call]) -> Vec<Point> {
    let main = calls.first().expect("there are calls").thread;
    let mut points = Vec::new();
    for (at, call) in calls.iter().enumerate() {
        if !call.is_mutating() {
            continue;
        }
        let alike = |other: &&Call| other.thread == call.thread && other.name == call.name;
        let earlier = calls[..=at].iter().filter(alike);
        let (thread, number) = match call.text() {
            _ if call.thread == main => (Thread::Main, earlier.count()),
            Some(path) if call.name != "write" => {
                let number = earlier.filter(|other| other.text() == Some(path)).count();
                (Thread::OtherOn(path.to_owned()), number)
            }
            _ => (Thread::Other, earlier.count()),
        };
        points.push(Point { call: call.name.clone(), number, thread, is_report: call.is_report() });
    }
    points
}

impl Point {
    /// The arguments with which `strace` makes the fault happen here.
    pub(super) fn arguments(&self, fault: Fault) -> Vec<String> {
        let mut arguments = match &self.thread {
            Thread::Main => vec![],
            Thread::Other => vec!["-f".to_owned()],
            Thread::OtherOn(path) => vec!["-f".to_owned(), "-P".to_owned(), path.clone()],
        };
        let inject = format!("inject={}:{}:when={}", self.call, fault.expression(), self.number);
        arguments.extend(["-e".to_owned(), format!("trace={}", self.call), "-e".to_owned(), inject]);
        arguments
    }

    /// Whether the log of a run shows that the fault has happened just here.
    pub(super) fn was_hit(&self, fault: Fault, log: &str) -> bool {
        let marked: Vec<&str> = log.lines().filter(|line| line.contains(&fault.mark())).collect();
        match (&self.thread, fault) {
            (Thread::Main, _) => marked.len() == 1,
            // Every thread is killed.
            (_, Fault::Kill) => !marked.is_empty(),
            // The main thread ends last.
            (_, _) => {
                let thread = |line: &str| line.split(' ').next().map(str::to_owned);
                let main = log.lines().last().and_then(thread);
                marked.first().is_some_and(|line| thread(line) != main)
            }
        }
    }

    /// Whether a build can do without the call: it tidies up, or saves a copy.
    pub(super) fn is_dispensable(&self) -> bool {
        ["unlink", "unlinkat", "rmdir", "link", "linkat"].contains(&self.call.as_str())
    }
}
