//! Real images, built from registries that people run and pushed to them, and what other clients make of that.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::process::{DockerRegistry, PASSWORD, Process, USER, olareg};
use crate::support::registry::{Ask, Authority, basic};
use crate::support::{digest, overcoat_in, scratch, succeed, tool, workload};

/// What the customization of `tests/real/real.yaml` gives its image.
const TAG: &str = "13_real-workload";

const GZIP: &str = "compression: GZIP\n";

const ARTIFACTS: [&str; 3] = ["jre", "tools", "ca"];

/// A registry with the images of the workload, and how clients reach it.
struct Place {
    registry: Process,
    dir: TempDir,
    /// Arguments of ours.
    args: Vec<String>,
    /// Whether it speaks TLS, by an authority whose certificate is `ca.crt` in the directory.
    has_tls: bool,
}

/// What all tests build by, one after the other: layers are made once.
static STORE: LazyLock<Mutex<TempDir>> = LazyLock::new(|| Mutex::new(scratch()));

impl Place {
    /// One that is open to all, without TLS.
    fn plain(registry: Option<Process>) -> Option<Self> {
        Self { registry: registry?, dir: scratch(), args: Vec::new(), has_tls: false }.filled()
    }

    /// One with TLS by an authority of its own.
    fn tls(mut self, authority: &Authority) -> Self {
        fs::write(self.path("ca.crt"), authority.pem()).unwrap();
        self.args.extend(["--ca".to_owned(), format!("{}=ca.crt", self.registry.host())]);
        Self { has_tls: true, ..self }
    }

    /// With a file of credentials.
    fn password(mut self) -> Self {
        let auth = basic(USER, PASSWORD).replace("Basic ", "");
        let config = json!({"auths": {self.registry.host(): {"auth": auth}}}).to_string();
        fs::write(self.path("config.json"), config).unwrap();
        fs::set_permissions(self.path("config.json"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        self.args.extend(["--authfile".to_owned(), "config.json".to_owned()]);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts the images of the workload into the registry, and the customization beside it; nothing where there is no workload.
    fn filled(self) -> Option<Self> {
        let images = fs::canonicalize(workload()?).unwrap();
        for tag in ["13", "13-patched"] {
            self.registry.push_layout(&images.join("base"), tag, "debian-base");
        }
        for name in ARTIFACTS {
            self.registry.push_layout(&images.join("artifacts"), name, "acme/artifacts");
        }
        let real = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/real.yaml");
        let mut text = fs::read_to_string(real).unwrap();
        for name in ARTIFACTS {
            text = text.replace(&format!("acme/{name}:1"), &format!("acme/artifacts:{name}"));
        }
        // What every client reads: crane takes all layers for gzip.
        fs::write(self.path("real.yaml"), text + GZIP).unwrap();
        Some(self)
    }

    /// Builds from the registry and pushes to it.
    fn push(&self, more: &[&str]) -> Value {
        let host = self.registry.host();
        let maps = [format!("dhi.io={host}"), format!("docker.io/acme={host}/acme")];
        let mut command = overcoat_in(self.dir.path(), ["build", "real.yaml", "--push", "--json"]);
        for map in maps {
            command.args(["--registry-map", &map]);
        }
        let store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
        let began = Instant::now();
        let report =
            succeed(command.args(&self.args).args(more).arg("--store").arg(store.path().join("store")));
        let report: Value = serde_json::from_str(&report).unwrap();
        println!("{host}: {:.1} s, {}", began.elapsed().as_secs_f32(), report["traffic"]);
        report
    }

    /// The image in the registry.
    fn name(&self) -> String {
        format!("{}/acme/app:{TAG}", self.registry.host())
    }

    /// A command of another client, which finds the credential and the authority by its environment.
    fn client(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("PATH", "/usr/bin:/bin");
        if self.has_tls {
            command.env("SSL_CERT_FILE", self.path("ca.crt"));
        }
        command.env("DOCKER_CONFIG", self.dir.path()).env("REGISTRY_AUTH_FILE", self.path("config.json"));
        command
    }

    /// Holds that the image is what the report says, and that the clients which are installed read all of it.
    fn assert_accepted(&self, report: &Value) {
        self.assert_copied(report);
        if let Some(crane) = tool("crane") {
            succeed(self.client(crane).args(["validate", "--remote", &self.name()]));
        }
    }

    /// The same by those clients that know zstd.
    fn assert_copied(&self, report: &Value) {
        let index = report["targets"][0]["index"]["digest"].as_str().unwrap();
        let manifest = Ask::get(&format!("/v2/acme/app/manifests/{TAG}"))
            .header("Accept", "application/vnd.oci.image.index.v1+json");
        assert_eq!(digest(&self.registry.ask(manifest).unwrap().body), index);
        let verify = format!("--src-tls-verify={}", self.has_tls);
        if let Some(skopeo) = tool("skopeo") {
            let mut copy = self.client(skopeo);
            copy.args(["--insecure-policy", "copy", "--all", "--quiet", &verify]);
            succeed(copy.arg(format!("docker://{}", self.name())).arg("oci:copied:it"));
            assert_eq!(self.copied("copied"), index, "skopeo");
        }
        if let Some(regctl) = tool("regctl") {
            let tls = if self.has_tls { "enabled" } else { "disabled" };
            let host = format!("reg={},tls={tls}", self.registry.host());
            succeed(self.client(regctl).args([
                "--host",
                &host,
                "image",
                "copy",
                &self.name(),
                "ocidir://regctl:it",
            ]));
            assert_eq!(self.copied("regctl"), index, "regctl");
        }
    }

    /// The digest of the only image of a layout.
    fn copied(&self, layout: &str) -> String {
        let index: Value =
            serde_json::from_slice(&fs::read(self.path(layout).join("index.json")).unwrap()).unwrap();
        index["manifests"][0]["digest"].as_str().unwrap().to_owned()
    }

    /// Pushes, has the clients read it, and pushes again, which costs next to nothing and changes nothing.
    fn assert_works(&self) {
        let first = self.push(&[]);
        self.assert_accepted(&first);
        let second = self.push(&[]);
        assert_eq!(second["targets"][0]["index"], first["targets"][0]["index"]);
        assert_eq!(
            (&second["traffic"]["blobBytesIn"], &second["traffic"]["blobBytesOut"]),
            (&0.into(), &0.into())
        );
        assert_eq!(second["targets"][0]["pushed"]["tags"][0]["outcome"], "unchanged");
        assert_eq!(second["work"]["written"]["layers"], 0);
    }
}

#[test]
fn a_real_image_goes_from_docker_registry_to_docker_registry() {
    let Some(place) = Place::plain(DockerRegistry::default().start()) else { return };
    place.assert_works();
}

#[test]
fn a_real_image_goes_to_docker_registry_with_tls_for_its_user() {
    let authority = Authority::new();
    let Some(place) = Place::plain(DockerRegistry::default().tls(&authority).password().start()) else {
        return;
    };
    place.tls(&authority).password().assert_works();
}

#[test]
fn a_real_image_goes_to_docker_registry_with_tls_and_to_one_with_a_password() {
    let authority = Authority::new();
    if let Some(place) = Place::plain(DockerRegistry::default().tls(&authority).start()) {
        place.tls(&authority).assert_works();
    }
    if let Some(place) = Place::plain(DockerRegistry::default().password().start()) {
        place.password().assert_works();
    }
}

#[test]
fn a_real_image_goes_to_olareg() {
    let Some(place) = Place::plain(olareg()) else { return };
    place.assert_works();
}

#[test]
fn a_real_base_that_moves_costs_its_configs_alone() {
    let Some(place) = Place::plain(DockerRegistry::default().start()) else { return };
    let text = fs::read_to_string(place.path("real.yaml")).unwrap();
    // In the codec that customizations get by themselves.
    let text = text.replace(GZIP, "").replace("linux/amd64, linux/arm64", "linux/amd64");
    fs::write(place.path("real.yaml"), &text).unwrap();
    let first = place.push(&[]);
    place.assert_copied(&first);
    let on = |tag: &str, more: &str| {
        let base = format!("base: dhi.io/debian-base:{tag}\n    tags: [\"13\"]");
        fs::write(
            place.path("real.yaml"),
            text.replace("tag_definition_id: debian-base/debian-13/13", &base) + more,
        )
        .unwrap();
    };
    // Somebody else has built on it.
    on("13-patched", "tag-suffix: other\n");
    place.push(&[]);
    on("13-patched", "");
    let moved = place.push(&[]);
    assert_ne!(moved["targets"][0]["index"], first["targets"][0]["index"]);
    let sizes = moved["targets"][0]["platforms"].as_array().unwrap().iter();
    let configs: u64 = sizes.map(|platform| platform["config"]["size"].as_u64().unwrap()).sum();
    let sent = moved["traffic"]["blobBytesOut"].as_u64().unwrap();
    // A registry that takes no blob in one request may be sent one in vain, once.
    assert!(sent <= configs, "{sent} bytes were sent, {configs} of configs");
    assert_eq!(moved["traffic"]["blobBytesIn"], 0);
}
