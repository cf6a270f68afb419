//! Programs of others, run to their end: without input, with little to say, and never waited for in vain.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupt::{Interrupt, Interrupted};

/// How a program ended.
pub(super) struct Ended {
    /// Its exit status; nothing where it was ended because it took too long.
    pub(super) status: Option<ExitStatus>,
    /// The end of what it said on standard error.
    pub(super) words: String,
}

/// A program that cannot be run, or did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Bytes of standard error that are kept, from its end.
const WORDS: u64 = 512;
/// How long a look at the program takes to come again.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs `program` until it ends, `patience` is over or somebody asks to stop; then it is ended, with what it started.
pub(super) fn run(
    program: &Path,
    arguments: &[&OsStr],
    patience: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<Ended, RunError> {
    // A file and no pipe: nobody has to read it while the program runs, and what the program leaves running cannot hold it up.
    let mut errors = tempfile::tempfile()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone()?);
    // A group of its own: a terminal's signal ends it through us alone, and whatever it started with it.
    let mut child = Group(command.process_group(0).spawn()?);
    let status = child.wait(patience, interrupt)?;
    Ok(Ended { status, words: last_words(&mut errors)? })
}

/// A process that leads a group; both end when it is dropped.
struct Group(Child);

impl Group {
    fn wait(
        &mut self,
        patience: Option<Duration>,
        interrupt: &Interrupt,
    ) -> Result<Option<ExitStatus>, RunError> {
        let begun = Instant::now();
        loop {
            interrupt.check()?;
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            if patience.is_some_and(|patience| begun.elapsed() >= patience) {
                return Ok(None);
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // One that has ended was waited for, and its number may be another's by now.
        if matches!(self.0.try_wait(), Ok(None)) {
            let leader = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
            // Nothing is left to do about a failure.
            let _ = leader.map(|leader| kill_process_group(leader, Signal::KILL));
            let _ = self.0.wait();
        }
    }
}

fn last_words(errors: &mut File) -> io::Result<String> {
    let length = errors.seek(SeekFrom::End(0))?;
    errors.seek(SeekFrom::Start(length.saturating_sub(WORDS)))?;
    let mut words = Vec::new();
    errors.take(WORDS).read_to_end(&mut words)?;
    Ok(String::from_utf8_lossy(&words).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    fn shell(script: &str, patience: Option<Duration>, interrupt: &Interrupt) -> Result<Ended, RunError> {
        run(Path::new("/bin/sh"), &["-c".as_ref(), script.as_ref()], patience, interrupt)
    }

    #[test]
    fn a_program_says_how_it_ended_and_its_last_words() {
        let ended = shell("echo no >&2; exit 3", None, &Interrupt::default()).unwrap();
        assert_eq!((ended.status.and_then(|status| status.code()), ended.words.as_str()), (Some(3), "no"));
        let script = "i=0; while [ $i -lt 9999 ]; do echo $i; i=$((i+1)); done >&2";
        let ended = shell(script, None, &Interrupt::default()).unwrap();
        assert!(ended.words.len() <= 512 && ended.words.ends_with("\n9998"), "{}", ended.words);
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
        let begun = Instant::now();
        let patience = Some(Duration::from_millis(50));
        let ended = shell("sleep 600 & echo $! >&2; wait", patience, &Interrupt::default()).unwrap();
        assert!(ended.status.is_none() && begun.elapsed() < Duration::from_secs(60));
        let started = Path::new("/proc").join(&ended.words).join("cmdline");
        // What is ended may be a zombie until its new parent looks: it has no command line any more.
        let is_gone = || std::fs::read(&started).map_or(true, |command| command.is_empty());
        let gone = (0..200).any(|_| {
            is_gone() || {
                thread::sleep(PAUSE);
                false
            }
        });
        assert!(gone, "{} still runs", ended.words);
    }

    #[test]
    fn a_program_is_ended_once_somebody_asks_to_stop() {
        let interrupt = Interrupt::default();
        interrupt.signal().store(2, Ordering::Relaxed);
        let error = shell("sleep 600", None, &interrupt).err();
        assert!(matches!(error, Some(RunError::Interrupted(Interrupted { signal: 2 }))));
    }

    #[test]
    fn a_program_that_is_none_is_an_error() {
        assert!(matches!(run(Path::new("/nowhere"), &[], None, &Interrupt::default()), Err(RunError::Io(_))));
    }
}
