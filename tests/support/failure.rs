//! Commands that fail: P0 holds after each of them, and their memory can be measured.

use std::process::{Command, Output};

use super::{Sandbox, tool, tree};

/// A command that was measured.
pub(crate) struct Measured {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The most memory it had at a time, in bytes.
    pub(crate) peak: u64,
}

/// Runs a command for some seconds at most, which is a guard against hanging and says nothing of speed; prints the most
/// memory that it had, in KiB.
const MEASURE: &str = r#"
import os, resource, subprocess, sys
try:
    code = subprocess.run(sys.argv[2:], timeout=float(sys.argv[1]), env={"TMPDIR": os.getcwd()}).returncode
except subprocess.TimeoutExpired:
    code = 124
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"#;

/// Seconds that a command may take, however slow the machine and whatever else it does.
const PATIENCE: &str = "300";

impl Sandbox {
    /// Runs a command that has to exit with `code` and to leave everything in the sandbox as it was: outputs, what lies
    /// beside them, and the directory of temporary files.
    pub(crate) fn fails(&self, code: i32, command: &mut Command) -> Output {
        let before = tree(&self.path(""));
        let output = command.env("TMPDIR", self.path("")).output().expect("the program can be run");
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}");
        assert!(!words.contains("panicked"), "{words}");
        assert_eq!(tree(&self.path("")), before, "something is left behind");
        output
    }

    /// What `overcoat` complains of, and its memory; as [`Sandbox::refused`] otherwise. Nothing where it cannot be measured.
    pub(crate) fn refused_measured(&self, code: i32, args: &[&str]) -> Option<Measured> {
        let measured = measured(self.fails(code, &mut self.measuring(args)?));
        assert_eq!(measured.stdout, "");
        Some(measured)
    }

    /// What `overcoat` says, and its memory; it has to succeed. Nothing where it cannot be measured.
    pub(crate) fn run_measured(&self, args: &[&str]) -> Option<Measured> {
        let output = self.measuring(args)?.output().expect("python can be run");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {words}", output.status);
        Some(measured(output))
    }

    fn measuring(&self, args: &[&str]) -> Option<Command> {
        let mut command = Command::new(tool("python3")?);
        command.args(["-I", "-c", MEASURE, PATIENCE, env!("CARGO_BIN_EXE_overcoat")]);
        command.args(args).env_clear().current_dir(self.path(""));
        Some(command)
    }
}

fn measured(output: Output) -> Measured {
    let text = |bytes| String::from_utf8(bytes).expect("people read text");
    let (mut stdout, stderr) = (text(output.stdout), text(output.stderr));
    let line = stdout.trim_end().rfind('\n').map_or(0, |end| end + 1);
    let peak: u64 = stdout[line..].trim().parse().expect("the last line is a number");
    stdout.truncate(line);
    Measured { stdout, stderr, peak: peak << 10 }
}
