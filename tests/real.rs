//! Real images: a Java runtime, git, curl and certificates on Debian, judged by the tools that people use.

mod images;
mod programs;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use crate::support::{Layout, overcoat_in, succeed, workload};

/// What the customization of `tests/real/real.yaml` gives its image.
const TAG: &str = "13_real-workload";

const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];
const ARTIFACTS: [&str; 3] = ["jre", "tools", "ca"];

/// The directory with the images that are built on.
fn images() -> Option<PathBuf> {
    Some(fs::canonicalize(workload()?).expect("OVERCOAT_WORKLOAD is a directory"))
}

/// What was built with one codec, by all tests together.
struct Built(PathBuf);

impl Built {
    /// Both platforms, in the codec that customizations get by themselves.
    fn zstd() -> Option<&'static Self> {
        workload()?;
        static BUILT: LazyLock<Option<Built>> = LazyLock::new(|| {
            let built = Built::new("zstd", "")?;
            built.build(&["-o", "oci:both"]);
            Some(built)
        });
        BUILT.as_ref()
    }

    /// Each platform by itself, in the codec that every tool reads; one of them as a docker archive too.
    fn gzip() -> Option<&'static Self> {
        workload()?;
        static BUILT: LazyLock<Option<Built>> = LazyLock::new(|| {
            let built = Built::new("gzip", "compression: GZIP\n")?;
            built.build(&["--platform", "linux/amd64", "-o", "oci:amd64", "-o", "docker-archive:amd64.tar"]);
            built.build(&["--platform", "linux/arm64", "-o", "oci:arm64"]);
            Some(built)
        });
        BUILT.as_ref()
    }

    /// A directory that is always the same one: nothing takes away at the end what tests share.
    fn new(name: &str, more: &str) -> Option<Self> {
        images()?;
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real").join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/real.yaml")).unwrap();
        fs::write(dir.join("real.yaml"), text + more).unwrap();
        Some(Self(dir))
    }

    fn build(&self, args: &[&str]) {
        let images = images().expect("nothing is built without images");
        let layout = |name: &str| format!("oci:{}", images.join(name).display());
        let mut map = vec![format!("--registry-map=dhi.io/debian-base={}", layout("base"))];
        map.extend(
            ARTIFACTS.map(|name| format!("--registry-map=acme/{name}={}:{name}", layout("artifacts"))),
        );
        let start = Instant::now();
        succeed(overcoat_in(&self.0, ["build", "real.yaml", "--quiet"]).args(map).args(args));
        println!("built {} in {:.1} s", args.join(" "), start.elapsed().as_secs_f32());
    }

    fn layout(&self, name: &str) -> Layout {
        Layout::new(self.0.join(name))
    }
}
