//! Processes that are killed at a request.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A process that a fault of a registry gives a signal: `Fault::at(3).stop(victim.signal(Signal::KILL))`.
#[derive(Clone, Default)]
pub(crate) struct Victim(Arc<AtomicU32>);

impl Victim {
    /// Gives the process a signal, when called back.
    pub(crate) fn signal(&self, signal: Signal) -> impl Fn() + Send + Sync + 'static {
        let id = Arc::clone(&self.0);
        move || {
            // Its first request may be faster than whoever started it.
            while id.load(Ordering::SeqCst) == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            let id = i32::try_from(id.load(Ordering::SeqCst)).expect("the kernel counts so far");
            // It may have ended by itself.
            let _ = kill_process(Pid::from_raw(id).expect("no process has number 0"), signal);
        }
    }

    /// Runs the process to its end.
    pub(crate) fn run(&self, command: &mut Command) -> Output {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("the program can be run");
        self.0.store(child.id(), Ordering::SeqCst);
        child.wait_with_output().expect("a child can be waited for")
    }
}
