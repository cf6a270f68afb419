//! Progress bars on a terminal.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::printable::escaped;
use crate::progress::{Meter, Progress, Silent};

/// Who is told how a command goes on: a terminal that can redraw lines, or nobody.
pub(super) fn progress(quiet: bool) -> Box<dyn Progress> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == OsStr::new("dumb"));
    if quiet || is_dumb || !io::stderr().is_terminal() {
        return Box::new(Silent);
    }
    Box::new(Bars(MultiProgress::new()))
}

/// What is done before anybody could read its bar gets none.
const WORTH_A_BAR: u64 = 1 << 20;

struct Bars(MultiProgress);

struct Bar(ProgressBar);

impl Progress for Bars {
    fn begin(&self, what: &str, total: u64) -> Box<dyn Meter> {
        if total < WORTH_A_BAR {
            return Box::new(Silent);
        }
        // What it is for comes last, as it is cut where the terminal ends.
        let style = ProgressStyle::with_template("{bar:20} {bytes:>10} of {total_bytes:<10} {wide_msg}")
            .expect("the template is well-formed");
        let bar = ProgressBar::new(total).with_style(style).with_message(escaped(what));
        Box::new(Bar(self.0.add(bar)))
    }
}

impl Meter for Bar {
    fn advance(&mut self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
