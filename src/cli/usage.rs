//! Arguments that cannot be understood.

use std::process::ExitCode;

use super::failure::Failure;
use crate::code::Code;

/// Tells what is wrong with arguments, or the help that was asked for.
pub(super) fn tell(error: &clap::Error, json: bool) -> ExitCode {
    if json && error.use_stderr() {
        let failure = failure(&error.render().to_string());
        failure.print(true);
        return ExitCode::from(failure.exit() as u8);
    }
    // Help and version are no failures; a closed pipe is no reason to complain.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The error that a text like `error: …`, with `tip: …` and the usage below, stands for.
fn failure(text: &str) -> Failure {
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let words = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let tip = rest.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    Failure::of(Code::Usage, &words, Some(tip.unwrap_or("--help lists what there is")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Overcoat;

    fn message(arguments: &[&str]) -> String {
        let error = Overcoat::try_parse_from(arguments).err().unwrap();
        failure(&error.render().to_string()).text()
    }

    #[test]
    fn a_wrong_argument_is_told_in_a_line_with_what_was_meant() {
        let wrong = message(&["overcoat", "build", "x", "--limits", "a"]);
        assert!(wrong.starts_with("error[E_USAGE]: unexpected argument '--limits' found\nhint: "), "{wrong}");
        assert!(wrong.contains("'--limit'"), "{wrong}");
        let missing = message(&["overcoat", "validate", "--json"]);
        let expected = "error[E_USAGE]: the following required arguments were not provided: <FILES>...\n";
        assert!(missing.starts_with(expected), "{missing}");
    }
}
