//! The `overcoat` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    overcoat::cli::main(std::env::args_os())
}
