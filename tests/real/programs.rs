//! The programs of the images run: as the image's user, with its environment, on its root.

use std::path::Path;
use std::process::Command;

use super::images::unpack;
use super::{Built, TAG};
use crate::support::{root, scratch, succeed, tool};

/// Runs a program on another root as the user `app`, in a mount namespace that ends with it.
const ON_ROOT: &str = concat!(
    "mount --bind /proc \"$0/proc\" && mount --rbind /dev \"$0/dev\" && ",
    "exec chroot --userspec=10001:10001 \"$0\" \"$@\"",
);

#[test]
fn java_git_and_curl_run_in_the_real_image_as_its_user() {
    let Some(image) = Unpacked::of("amd64") else { return };
    let java = "/usr/lib/jvm/java-21-openjdk-amd64/bin/java";
    assert!(image.run(&[java, "--version"]).contains("OpenJDK"));
    assert!(image.run(&["git", "--version"]).starts_with("git version"));
    assert!(image.run(&["curl", "--version"]).starts_with("curl "));
}

#[test]
fn java_git_and_curl_run_in_the_real_image_of_the_other_platform() {
    let (Some(emulator), Some(image)) = (tool("qemu-aarch64-static"), Unpacked::of("arm64")) else { return };
    std::fs::copy(emulator, image.root.join("emulator")).unwrap();
    // A kernel may not know the emulator, so it is called by its name.
    let java = "/usr/lib/jvm/java-21-openjdk-arm64/bin/java";
    assert!(image.run(&["/emulator", java, "--version"]).contains("OpenJDK"));
    assert!(image.run(&["/emulator", "/usr/bin/git", "--version"]).starts_with("git version"));
    assert!(image.run(&["/emulator", "/usr/bin/curl", "--version"]).starts_with("curl "));
}

/// An image on the disk.
struct Unpacked {
    root: std::path::PathBuf,
    environment: Vec<(String, String)>,
    _dir: tempfile::TempDir,
}

impl Unpacked {
    fn of(architecture: &str) -> Option<Self> {
        let (Some(umoci), Some(_), true) = (tool("umoci"), tool("unshare"), root()) else { return None };
        let built = Built::gzip()?;
        let config = built.layout(architecture).image(TAG, &format!("linux/{architecture}"));
        let dir = scratch();
        let root = unpack(&umoci, &built.0.join(architecture), dir.path());
        assert_eq!(config.run("User"), "app");
        let variables = config.run("Env").as_array().unwrap().iter();
        let split = |one: &serde_json::Value| {
            let (name, value) = one.as_str().unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        Some(Self { root, environment: variables.map(split).collect(), _dir: dir })
    }

    /// What a program prints.
    fn run(&self, program: &[&str]) -> String {
        let mut command = Command::new(tool("unshare").expect("found when the image was unpacked"));
        command.args(["--mount", "/bin/sh", "-c", ON_ROOT]).arg(&self.root).args(program);
        succeed(command.env_clear().envs(self.environment.clone()).current_dir(Path::new("/")))
    }
}
