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
    /// Whether a build can do without the call: it tidies up, or saves a copy.
    pub(super) is_dispensable: bool,
}

/// The thread of a call. `strace` counts the calls of each thread apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thread {
    /// The first thread, which is traced alone.
    Main,
    /// Another one, whose call comes before the one of the first thread that has its number.
    Other,
    /// Another one, and only calls that name this path count.
    OtherOn(String),
    /// Another one, whose call comes after the one of the first thread that has its number, which would be hit instead.
    Hidden,
}

/// The points among the calls of a run, which `strace` finds by their number as long as calls come in the same order.
pub(super) fn points(calls: &[Call]) -> Vec<Point> {
    let main = calls.first().expect("there are calls").thread;
    let mut points = Vec::new();
    for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.is_mutating()) {
        let (thread, number) = place(&calls[..=at], call, main);
        let (is_report, is_dispensable) = (call.is_report(), call.is_dispensable());
        points.push(Point { call: call.name.clone(), number, thread, is_report, is_dispensable });
    }
    points
}

/// The thread of the last of these calls, and its number.
fn place(calls: &[Call], call: &Call, main: u32) -> (Thread, usize) {
    let of = |thread| calls.iter().filter(move |other| other.thread == thread && other.name == call.name);
    let number = of(call.thread).count();
    match call.text() {
        _ if call.thread == main => (Thread::Main, number),
        Some(path) if call.name != "write" => {
            let number = of(call.thread).filter(|other| other.text() == Some(path)).count();
            (Thread::OtherOn(path.to_owned()), number)
        }
        _ if of(main).count() >= number => (Thread::Hidden, number),
        _ => (Thread::Other, number),
    }
}

impl Point {
    /// Whether `strace` would find another call in its stead.
    pub(super) fn is_hidden(&self) -> bool {
        self.thread == Thread::Hidden
    }

    /// The arguments with which `strace` makes the fault happen here.
    pub(super) fn arguments(&self, fault: Fault) -> Vec<String> {
        let mut arguments = match &self.thread {
            Thread::Main => vec![],
            Thread::Other | Thread::Hidden => vec!["-f".to_owned()],
            Thread::OtherOn(path) => vec!["-f".to_owned(), "-P".to_owned(), path.clone()],
        };
        let inject = format!("inject={}:{}:when={}", self.call, fault.expression(), self.number);
        arguments.extend(["-e".to_owned(), format!("trace={}", self.call), "-e".to_owned(), inject]);
        arguments
    }

    /// How often the fault has happened in the run that a log is of; first of all it has to be just here.
    pub(super) fn hits(&self, fault: Fault, log: &str) -> usize {
        let thread = |line: &str| line.split(' ').next().map(str::to_owned);
        let marked: Vec<&str> = log.lines().filter(|line| line.contains(&fault.mark())).collect();
        let first = marked.first().unwrap_or_else(|| panic!("the point was not reached: {log}"));
        if self.thread != Thread::Main && fault != Fault::Kill {
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
