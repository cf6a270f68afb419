//! The terminal: arguments in, one call, words out.

mod args;
mod build;
mod crash;
mod failure;
mod hint;
mod inspect;
mod json;
mod list;
mod load;
mod message;
mod packages;
mod progress;
mod registries;
mod schema;
mod several;
mod size;
mod spec_file;
mod store;
mod summary;
mod table;
mod traffic;
mod usage;
mod validate;
mod warnings;
mod workspace;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Command, Overcoat};
use failure::Failure;

/// Runs the command that `arguments` spell, the first being the program's own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    crash::contain();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = match Overcoat::try_parse_from(&arguments) {
        Ok(overcoat) => overcoat.command,
        Err(error) => return usage::tell(&error, arguments.iter().any(|argument| argument == "--json")),
    };
    let json = command.json();
    let done = match command {
        Command::Build(args) => build::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Store(args) => store::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(json);
            ExitCode::from(failure.exit() as u8)
        }
    }
}

/// Tells people something on standard error; where that is closed there is nowhere left to complain.
fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints to standard output; a reader that has gone away has had enough.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}
