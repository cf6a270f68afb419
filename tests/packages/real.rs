//! Real packages of Debian on a real base of two architectures: built, run, and judged by dpkg and ldconfig.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{overcoat_in, root, scratch, succeed, tool, workload};

/// A package, and commands that show it works.
struct Case {
    package: &'static str,
    commands: &'static [(&'static [&'static str], &'static str)],
}

const CASES: &[Case] = &[
    Case { package: "curl", commands: &[(&["/usr/bin/curl", "--version"], "curl 8.")] },
    Case { package: "git", commands: &[(&["/usr/bin/git", "--version"], "git version 2.")] },
    Case {
        package: "python3",
        commands: &[(&["/usr/bin/python3", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"], "OpenSSL 3.")],
    },
    Case { package: "nginx", commands: &[(&["/usr/sbin/nginx", "-t"], "test is successful")] },
    Case { package: "ca-certificates", commands: &[] },
    Case {
        package: "openjdk-21-jre-headless",
        commands: &[(&["/usr/bin/java", "-version"], "openjdk version \"21")],
    },
];

/// Runs a program on another root, in a mount namespace that ends with it.
const ON_ROOT: &str = concat!(
    "mount --bind /proc \"$0/proc\" && mount --rbind /dev \"$0/dev\" && ",
    "exec chroot \"$0\" \"$@\"",
);

const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

#[test]
fn packages_of_debian_run_and_audit_clean() {
    let Some(workload) = workload() else { return };
    let all = ["skopeo", "umoci", "dpkg", "unshare", "apt-get"].map(tool);
    if all.iter().any(Option::is_none) || !root() {
        return;
    }
    let workload = fs::canonicalize(workload).unwrap();
    let dir = scratch();
    fs::copy("/usr/share/keyrings/debian-archive-keyring.gpg", dir.path().join("debian.gpg")).unwrap();
    for case in CASES {
        build(case, dir.path(), &workload);
        for architecture in ARCHITECTURES {
            let root = unpack(dir.path(), case.package, architecture);
            judge(case, &root, architecture);
            fs::remove_dir_all(root).unwrap();
        }
    }
}

fn build(case: &Case, dir: &Path, workload: &Path) {
    let package = case.package;
    let mirror = |ending: &str| {
        let targets = succeed(Command::new("apt-get").args([
            "indextargets",
            "--format",
            "$(REPO_URI)",
            "Created-By: Packages",
        ]));
        let found = targets.lines().map(|url| url.trim_end_matches('/')).find(|url| url.ends_with(ending));
        found.expect("apt has a mirror of Debian").to_owned()
    };
    let (main, security) = (mirror("/debian"), mirror("security"));
    let text = format!(
        "name: {package}\n\
         targets: [{{destination: acme/{package}, base: 'oci:{base}:13'}}]\n\
         contents:\n  repositories:\n  - deb {main} trixie main\n  - deb {main} trixie-updates main\n  \
         - deb {security} trixie-security main\n  keyring: [debian.gpg]\n  packages: [{package}]\n\
         platforms: [linux/amd64, linux/arm64]\ncompression: GZIP\n",
        base = workload.join("base").display(),
    );
    fs::write(dir.join(format!("{package}.yaml")), text).unwrap();
    let (file, output) = (format!("{package}.yaml"), format!("oci:{package}:x"));
    let args = ["build", &file, "-o", &output, "--quiet", "--store", "store"];
    let digest = succeed(&mut overcoat_in(dir, args));
    let again = succeed(&mut overcoat_in(dir, args));
    assert_eq!(digest, again, "{package}: the second build comes to the same");
}

/// The root filesystem of an image, as umoci unpacks it.
fn unpack(dir: &Path, package: &str, architecture: &str) -> PathBuf {
    let one = format!("oci:{package}-{architecture}:x");
    let copy =
        ["--insecure-policy", "--override-os=linux", "--override-arch", architecture, "copy", "--quiet"];
    let from = format!("oci:{package}:x");
    succeed(Command::new("skopeo").args(copy).args([&from, &one]).current_dir(dir));
    let bundle = dir.join(format!("bundle-{package}-{architecture}"));
    let image = format!("{}:x", dir.join(format!("{package}-{architecture}")).display());
    succeed(Command::new("umoci").args(["unpack", "--image", &image]).arg(&bundle));
    let root = dir.join(format!("root-{package}-{architecture}"));
    fs::rename(bundle.join("rootfs"), &root).unwrap();
    fs::remove_dir_all(bundle).unwrap();
    root
}

fn judge(case: &Case, root: &Path, architecture: &str) {
    let package = case.package;
    let dpkg = |arguments: &[&str]| {
        let root = format!("--root={}", root.display());
        succeed(Command::new("dpkg").arg(root).args(arguments))
    };
    assert_eq!(dpkg(&["--audit"]), "", "{package} {architecture}");
    let listed = dpkg(&["-l", package]);
    assert!(listed.lines().any(|line| line.starts_with("ii")), "{listed}");
    assert_eq!(dpkg(&["-V"]), "", "{package} {architecture}: files are what their packages say");
    let interpreter = match architecture {
        "arm64" => match tool("qemu-aarch64-static") {
            None => return,
            Some(qemu) => {
                fs::copy(qemu, root.join("qemu")).unwrap();
                Some("/qemu")
            }
        },
        _ => None,
    };
    for (command, expected) in case.commands {
        let mut run = Command::new("unshare");
        run.args(["--mount", "/bin/sh", "-c", ON_ROOT]).arg(root).args(interpreter).args(*command);
        let output = run.env_clear().current_dir("/").output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        println!(
            "{architecture} $ {}\n{}",
            command.join(" "),
            text.lines().take(3).collect::<Vec<_>>().join("\n")
        );
        assert!(output.status.success() && text.contains(expected), "{architecture} {command:?}: {text}");
    }
}
