//! What a fault of the program itself shows and leaves: where it was, and nothing that it held in memory.

use std::panic::{self, Location};

use rustix::process::{Resource, Rlimit, setrlimit};

/// Keeps values, which may be secrets, out of what a panic prints, and memory out of files that the kernel would write.
pub(super) fn contain() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // Less is always allowed; where it is not, there is nobody to tell who could do anything about it.
    let _ = setrlimit(Resource::Core, none);
    panic::set_hook(Box::new(|info| super::tell(&words(info.location()))));
}

/// The place of a panic without its message, which holds values.
fn words(place: Option<&Location<'_>>) -> String {
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    format!("error: overcoat panicked{place}; that is a fault of its own\nhint: please report it\n")
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;
    use std::thread;

    use rustix::process::getrlimit;

    use super::*;

    /// Set in the process that this test starts of itself: a hook and a limit are of a process, not of a thread.
    const PANICS: &str = "OVERCOAT_TEST_PANICS";
    const NAME: &str = "cli::crash::tests::x03_a_panic_prints_no_values_and_leaves_no_core";

    #[test]
    fn x03_a_panic_prints_no_values_and_leaves_no_core() {
        if env::var_os(PANICS).is_some() {
            contain();
            println!("core {:?}", getrlimit(Resource::Core));
            let worker = thread::spawn(|| {
                let password: Result<(), _> = Err("canary");
                password.expect("canary");
            });
            assert_eq!(worker.join().map_err(drop), Ok(()), "canary");
        }
        let mut again = Command::new(env::current_exe().unwrap());
        let output = again.args(["--exact", NAME, "--nocapture"]).env(PANICS, "1").output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success() && !said.contains("canary"), "{said}");
        let place = format!("error: overcoat panicked at {}:", file!());
        assert_eq!(said.matches(&place).count(), 2, "{said}");
        assert!(said.contains("core Rlimit { current: Some(0), maximum: Some(0) }"), "{said}");
    }
}
