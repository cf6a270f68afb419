//! What other tools think of the images, and what was made of the base.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{ARCHITECTURES, Built, TAG, images};
use crate::support::{Layout, root, scratch, succeed, tool};

#[test]
fn a01_every_digest_and_diff_id_of_the_real_image_is_right() {
    let Some(built) = Built::zstd() else { return };
    built.layout("both").assert_whole();
}

#[test]
fn a01_skopeo_inspects_and_copies_the_real_image() {
    let (Some(skopeo), Some(built)) = (tool("skopeo"), Built::zstd()) else { return };
    let image = format!("oci:{}:{TAG}", built.0.join("both").display());
    for architecture in ARCHITECTURES {
        let mut inspect = Command::new(&skopeo);
        inspect.args(["inspect", "--override-arch", architecture, &image]);
        let seen: Value = serde_json::from_str(&succeed(&mut inspect)).unwrap();
        assert_eq!(seen["Architecture"], architecture);
        assert_eq!(seen["Layers"].as_array().unwrap().len(), 5);
        assert_eq!(seen["Labels"]["org.example.app"], "app");
    }
    let copies = scratch();
    let copy = format!("oci:{}:{TAG}", copies.path().join("copy").display());
    succeed(Command::new(&skopeo).args(["--insecure-policy", "copy", "--all", "--quiet", &image, &copy]));
    let copied = Layout::new(copies.path().join("copy"));
    assert_eq!(copied.named(TAG)["digest"], built.layout("both").named(TAG)["digest"]);
}

#[test]
fn a01_crane_and_skopeo_take_the_real_image_as_a_docker_archive() {
    let Some(built) = Built::gzip() else { return };
    let archive = built.0.join("amd64.tar");
    if let Some(crane) = tool("crane") {
        succeed(Command::new(crane).args(["validate", "--tarball"]).arg(&archive));
    }
    if let Some(skopeo) = tool("skopeo") {
        let image = format!("docker-archive:{}", archive.display());
        let seen = succeed(Command::new(skopeo).args(["inspect", "--override-arch", "amd64", &image]));
        let seen: Value = serde_json::from_str(&seen).unwrap();
        assert_eq!((&seen["Architecture"], &seen["Os"]), (&"amd64".into(), &"linux".into()));
    }
}

#[test]
fn every_layer_of_the_real_base_is_in_the_image_byte_for_byte() {
    let (Some(built), Some(images)) = (Built::zstd(), images()) else { return };
    let (base, made) = (Layout::new(images.join("base")), built.layout("both"));
    for architecture in ARCHITECTURES {
        let platform = format!("linux/{architecture}");
        let (base, image) = (base.image("13", &platform), made.image(TAG, &platform));
        assert_eq!(image.manifest["layers"][0], base.manifest["layers"][0]);
        assert!(image.layers.starts_with(&base.layers));
        assert_eq!(
            image.manifest["annotations"]["org.opencontainers.image.base.digest"],
            base.digest.as_str()
        );
    }
}

#[test]
fn t06_no_link_of_the_real_base_is_replaced_and_no_layer_writes_below_one() {
    let Some(built) = Built::zstd() else { return };
    for architecture in ARCHITECTURES {
        let image = built.layout("both").image(TAG, &format!("linux/{architecture}"));
        assert_eq!(image.file(4, "usr/lib/marker").as_deref(), Some("here"));
        let links: BTreeMap<String, String> =
            entries(&image.list(0)).filter(|(_, rest)| rest.starts_with("->")).collect();
        assert_eq!(links["lib"], "-> usr/lib");
        for (path, rest) in (1..5).flat_map(|layer| entries(&image.list(layer)).collect::<Vec<_>>()) {
            assert!(links.get(&path).is_none_or(|link| *link == rest), "{path} is replaced");
            let mut above = Path::new(&path).ancestors().skip(1).map(|above| above.to_str().unwrap());
            assert!(above.all(|above| !links.contains_key(above)), "{path} lies below a link");
        }
    }
}

/// The paths of a listing, and what follows each.
fn entries(list: &str) -> impl Iterator<Item = (String, String)> {
    let split = |line: &str| {
        let path = line.splitn(3, ' ').nth(2).expect("a line has mode, owner and path");
        let (path, rest) = path.split_once(' ').unwrap_or((path, ""));
        (path.trim_start_matches("./").trim_end_matches('/').to_owned(), rest.to_owned())
    };
    list.lines().map(split).collect::<Vec<_>>().into_iter()
}

#[test]
fn umoci_unpacks_the_real_image_and_finds_every_link_of_the_base() {
    let (Some(umoci), true) = (tool("umoci"), root()) else { return };
    let Some(built) = Built::gzip() else { return };
    for architecture in ARCHITECTURES {
        let bundle = scratch();
        let unpacked = unpack(&umoci, &built.0.join(architecture), bundle.path());
        for (link, target) in [("lib", "usr/lib"), ("bin", "usr/bin"), ("sbin", "usr/sbin")] {
            assert_eq!(fs::read_link(unpacked.join(link)).unwrap(), Path::new(target));
        }
        assert_eq!(fs::read_to_string(unpacked.join("usr/lib/marker")).unwrap(), "here");
    }
}

/// Unpacks the image of a layout, and gives its root directory.
pub(super) fn unpack(umoci: &Path, layout: &Path, bundle: &Path) -> std::path::PathBuf {
    let dir = bundle.join("bundle");
    let image = format!("{}:{TAG}", layout.display());
    succeed(Command::new(umoci).args(["unpack", "--image", &image]).arg(&dir));
    dir.join("rootfs")
}
