//! Progress bars on a terminal.

use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::progress::{Meter, Progress, Silent};

/// Who is told how a command goes on: a terminal, or nobody.
pub(super) fn progress(quiet: bool) -> Box<dyn Progress> {
    if quiet || !io::stderr().is_terminal() { Box::new(Silent) } else { Box::new(Bars(MultiProgress::new())) }
}

struct Bars(MultiProgress);

struct Bar(ProgressBar);

impl Progress for Bars {
    fn begin(&self, what: &str, total: u64) -> Box<dyn Meter> {
        let style =
            ProgressStyle::with_template("{msg:40!} {bar:30} {bytes:>10}/{total_bytes:10} {bytes_per_sec}")
                .expect("the template is well-formed");
        let bar = self.0.add(ProgressBar::new(total).with_style(style).with_message(what.to_owned()));
        Box::new(Bar(bar))
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
