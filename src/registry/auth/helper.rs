//! Programs that keep credentials: `docker-credential-NAME`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::credential::Credential;
use crate::interrupt::{Interrupt, Interrupted};
use crate::printable::{beginning, printable};

/// Why a helper gives no credential.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Its name could be a path or an option.
    #[error("its name is not of lower case letters, digits and `-`")]
    Name,
    /// No absolute directory of the search path has it.
    #[error("`docker-credential-{0}` is not found")]
    Missing(String),
    /// It cannot be run.
    #[error("it cannot be run: {0}")]
    Run(std::io::Error),
    /// It does not end.
    #[error("it does not answer within {} s", TIME.as_secs())]
    Time,
    /// It says more than a credential takes.
    #[error("it answers more than {MOST} bytes")]
    Size,
    /// It fails; what it says is cut to 512 bytes and escaped.
    #[error("it fails: {0}")]
    Failed(String),
    /// It answers something else than a credential.
    #[error("it answers no credential")]
    Answer,
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

const TIME: Duration = Duration::from_secs(10);
const MOST: u64 = 64 << 10;
const SHOWN: usize = 512;

/// Asks the helper `name`, found in one of `programs`, for the credential of `server`; nothing where it has none.
pub(super) fn ask(
    name: &str,
    server: &str,
    programs: &[PathBuf],
    interrupt: &Interrupt,
) -> Result<Option<Credential>, HelperError> {
    let (output, status) = answer(&find(name, programs)?, server, TIME, interrupt)?;
    if !status.success() {
        return failure(&output, status);
    }
    let found: Found = serde_json::from_slice(&output).map_err(|_| HelperError::Answer)?;
    Ok(Credential::new(&found.user, &found.secret))
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Username")]
    user: String,
    #[serde(rename = "Secret")]
    secret: String,
}

fn find(name: &str, programs: &[PathBuf]) -> Result<PathBuf, HelperError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(HelperError::Name);
    }
    let file = format!("docker-credential-{name}");
    let directories = programs.iter().filter(|directory| directory.is_absolute());
    let found = directories.map(|directory| directory.join(&file)).find(|path| path.is_file());
    found.ok_or_else(|| HelperError::Missing(name.to_owned()))
}

/// What it means that a helper fails: mostly that it has nothing.
fn failure(output: &[u8], status: ExitStatus) -> Result<Option<Credential>, HelperError> {
    const NOTHING: [&str; 3] = ["credentials not found", "no credentials server url", "no usernames for"];
    let text = printable(output.trim_ascii());
    if NOTHING.iter().any(|nothing| text.to_ascii_lowercase().contains(nothing)) {
        return Ok(None);
    }
    // What looks like an answer may be one, and hold a secret.
    let looks = output.iter().any(|byte| b"{\"".contains(byte));
    let text = if text.is_empty() || looks { status.to_string() } else { text };
    Err(HelperError::Failed(beginning(&text, SHOWN).to_owned()))
}

fn answer(
    program: &Path,
    server: &str,
    time: Duration,
    interrupt: &Interrupt,
) -> Result<(Vec<u8>, ExitStatus), HelperError> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = Running(command.spawn().map_err(HelperError::Run)?);
    let until = Instant::now() + time;
    if let Some(mut input) = running.0.stdin.take() {
        // A helper that does not read what it is asked tells so by its answer.
        let _ = input.write_all(format!("{server}\n").as_bytes());
    }
    let output = running.0.stdout.take().expect("standard output is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answer = Vec::new();
        let read = output.take(MOST + 1).read_to_end(&mut answer).map(|_| answer);
        let _ = sender.send(read);
    });
    let answer = poll(until, interrupt, || match receiver.try_recv() {
        Ok(read) => Some(read.map_err(HelperError::Run)),
        Err(mpsc::TryRecvError::Empty) => None,
        Err(mpsc::TryRecvError::Disconnected) => Some(Err(HelperError::Answer)),
    })?;
    if answer.len() as u64 > MOST {
        return Err(HelperError::Size);
    }
    let status = poll(until, interrupt, || running.0.try_wait().map_err(HelperError::Run).transpose())?;
    Ok((answer, status))
}

/// Looks again and again until there is something, the time is over, or somebody asks to stop.
fn poll<T>(
    until: Instant,
    interrupt: &Interrupt,
    mut look: impl FnMut() -> Option<Result<T, HelperError>>,
) -> Result<T, HelperError> {
    loop {
        if let Some(found) = look() {
            return found;
        }
        interrupt.check()?;
        if Instant::now() >= until {
            return Err(HelperError::Time);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A process that does not outlive who asks it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, and then both say so.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;
    use crate::http::Secret;

    fn helper(script: &str) -> (TempDir, Vec<PathBuf>) {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("docker-credential-x");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let programs = vec![PathBuf::from("."), dir.path().to_owned()];
        (dir, programs)
    }

    fn asked(script: &str) -> Result<Option<Credential>, String> {
        let (_dir, programs) = helper(script);
        ask("x", "reg.example", &programs, &Interrupt::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_helper_is_asked_by_the_host_and_answers_a_credential() {
        let script = r#"read host; [ "$1 $host" = "get reg.example" ] && echo '{"ServerURL":"x","Username":"u","Secret":"s"}'"#;
        let basic = Credential::Basic { user: "u".to_owned(), password: Secret::new("s") };
        assert_eq!(asked(script), Ok(Some(basic)));
        let token = r#"echo '{"Username":"<token>","Secret":"t"}'"#;
        assert_eq!(asked(token), Ok(Some(Credential::Identity(Secret::new("t")))));
        assert_eq!(asked("echo 'credentials not found in native keychain'; exit 1"), Ok(None));
        assert_eq!(asked(r#"echo '{"Username":"","Secret":""}'"#), Ok(None));
    }

    #[test]
    fn x01_a_helper_that_fails_is_told_of_without_what_could_be_secret() {
        for (script, expected) in [
            ("echo 'the agent is locked\u{1b}[0m'; exit 3", r"it fails: the agent is locked\u{1b}[0m"),
            (r#"echo '{"Secret":"hunter2"}'; exit 3"#, "it fails: exit status: 3"),
            ("exit 4", "it fails: exit status: 4"),
            ("echo hunter2", "it answers no credential"),
            ("head -c 70000 /dev/zero", "it answers more than 65536 bytes"),
        ] {
            assert_eq!(asked(script), Err(expected.to_owned()), "{script}");
        }
    }

    #[test]
    fn a_helper_has_a_plain_name_and_stands_in_an_absolute_directory() {
        let (dir, _) = helper("exit 0");
        let all = [dir.path().to_owned()];
        for name in ["../x", "X", "x y", "", "x/y", "x\n"] {
            assert!(matches!(find(name, &all), Err(HelperError::Name)), "{name}");
        }
        assert!(find("x", &all).is_ok() && find("y", &all).is_err());
        assert!(find("x", &[PathBuf::from("."), PathBuf::new()]).is_err());
    }

    #[test]
    fn a_helper_that_does_not_end_is_ended() {
        let (dir, _) = helper("exec sleep 60");
        let program = dir.path().join("docker-credential-x");
        let began = Instant::now();
        let error = answer(&program, "x", Duration::from_millis(50), &Interrupt::default()).unwrap_err();
        assert!(matches!(error, HelperError::Time), "{error}");
        let interrupt = Interrupt::default();
        interrupt.signal().store(2, std::sync::atomic::Ordering::Relaxed);
        let error = answer(&program, "x", TIME, &interrupt).unwrap_err();
        assert!(matches!(error, HelperError::Interrupted(_)), "{error}");
        assert!(began.elapsed() < Duration::from_secs(9));
    }
}
