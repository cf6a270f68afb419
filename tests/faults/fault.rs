//! What happens to a build at a call, and what becomes of it.

use super::point::{Need, Point};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The process is gone before the call does anything.
    Kill,
    /// The call fails, without having done anything.
    Error(&'static str),
    /// The process gets a signal at the call, which ends it with this code.
    Signal(&'static str, i32),
    /// The process is held after the call while another build uses its store, and killed or let go then.
    Hold { kill: bool },
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Killed; readers find what was there before.
    Old,
    /// Killed; readers find the new image.
    New,
    /// Failed; all is as it was.
    Refused,
    /// Succeeded, as the call was not needed: to tidy up, or to save a copy.
    Tolerated,
    /// Succeeded, and said that the store could not be written.
    Unstored,
    /// Failed to say what it has done.
    Unreported,
    /// Stopped by the signal; all is as it was.
    Stopped,
    /// Succeeded, as the signal came too late, or only held it.
    Finished,
}

impl Outcome {
    /// Whether it is of interest which calls it has to do with.
    pub(super) fn names_calls(self) -> bool {
        matches!(self, Self::Tolerated | Self::Unstored | Self::Unreported)
    }
}

impl Fault {
    /// Whether it is always tried at this call, which gives a file its place or makes that last.
    pub(super) fn is_crucial(self, call: &str) -> bool {
        match self {
            Self::Kill => call.starts_with("rename") || ["linkat", "fsync"].contains(&call),
            Self::Error("EIO") => call == "fsync",
            Self::Error(_) | Self::Signal(..) | Self::Hold { .. } => false,
        }
    }

    /// Whether the process ends without a word.
    pub(super) fn kills(self) -> bool {
        matches!(self, Self::Kill | Self::Hold { kill: true })
    }

    /// The part of an `inject` expression.
    pub(super) fn expression(self) -> String {
        match self {
            Self::Kill => "signal=SIGKILL".to_owned(),
            Self::Error(error) => format!("error={error}"),
            Self::Signal(signal, _) => format!("signal={signal}"),
            Self::Hold { .. } => "signal=SIGSTOP".to_owned(),
        }
    }

    /// What `strace` prints where it has happened.
    pub(super) fn mark(self) -> String {
        match self {
            Self::Kill => "+++ killed by SIGKILL".to_owned(),
            Self::Error(_) => "(INJECTED)".to_owned(),
            Self::Signal(signal, _) => format!("--- {signal} "),
            Self::Hold { .. } => "--- SIGSTOP ".to_owned(),
        }
    }

    /// How the words begin that this fault makes a build say.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Error("EIO") => "error[E_IO]: ",
            Self::Error(_) => "error[E_IO_NOSPACE]: ",
            Self::Kill | Self::Hold { .. } => "",
            Self::Signal("SIGINT", _) => "error[E_INTERRUPTED]: ",
            Self::Signal(..) => "error[E_TERMINATED]: ",
        }
    }

    /// What an exit code means after this fault, and whether what was said suits it; nothing where it does not.
    pub(super) fn outcome(
        self,
        code: Option<i32>,
        words: &str,
        report: &str,
        point: &Point,
    ) -> Option<Outcome> {
        match (self, code) {
            (Self::Kill | Self::Hold { kill: true }, None) => Some(Outcome::Old),
            (Self::Error(_), Some(0)) => outcome_of_success(report, &point.needs),
            (Self::Error(_), Some(6)) if !point.needs.iter().any(Need::is_of_output) => {
                point.needs.contains(&Need::Report).then_some(Outcome::Unreported)
            }
            (Self::Signal(..) | Self::Hold { kill: false }, Some(0)) => Some(Outcome::Finished),
            (Self::Error(_), Some(6)) => words.starts_with(self.words()).then_some(Outcome::Refused),
            (Self::Signal(_, stopped), Some(found)) if found == stopped => {
                words.starts_with(self.words()).then_some(Outcome::Stopped)
            }
            _ => None,
        }
    }
}

/// What becomes of a build that succeeds though calls that are needed like this fail.
fn outcome_of_success(report: &str, needs: &[Need]) -> Option<Outcome> {
    if needs.iter().any(|need| matches!(need, Need::Output | Need::Report)) {
        return None;
    }
    match needs.contains(&Need::Store) {
        true => report.contains("W_STORE").then_some(Outcome::Unstored),
        false => Some(Outcome::Tolerated),
    }
}
