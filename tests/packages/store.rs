//! What a second build takes from the store, and that nothing changes for it.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::scene::{Scene, added, greet, index, library, repository};
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::DebRepository;
use crate::support::registry::{Fault, FileServer, Method};

const STORED: [&str; 2] = ["--store", "store"];

fn served(repository: &DebRepository) -> (Scene, FileServer) {
    let scene = Scene::new(&DebBase::new(Database::Status), repository);
    let server = FileServer::start(scene.path("repo"));
    scene.wants_from(&server.url(), "greet, greet-doc", "", "");
    (scene, server)
}

/// The targets that a server was asked after the request of a number.
fn asked(server: &FileServer, number: usize) -> Vec<String> {
    server.log().after(number).iter().map(|entry| entry.target.clone()).collect()
}

#[test]
fn a_second_build_asks_for_the_release_alone_and_reads_and_writes_no_layer() {
    let (scene, server) = served(&repository());
    let first = scene.report(&STORED);
    let count = server.log().len();
    // The release, an index for each architecture, and packages: greet and libgreet1 of both, greet-doc once.
    assert_eq!(count, 1 + 2 + 5, "{:?}", asked(&server, 0));
    let second = scene.report(&STORED);
    assert_eq!(asked(&server, count), ["/dists/test/InRelease"]);
    assert_eq!(index(&second), index(&first));
    assert_eq!(
        (&second["work"]["read"]["layers"], &second["work"]["written"]["layers"]),
        (&0.into(), &0.into())
    );
    let third = scene.report(&["--store", "store", "--allow", "offline"]);
    assert_eq!(server.log().len(), count + 1, "nothing is asked offline");
    assert_eq!(index(&third), index(&first));
}

#[test]
fn any_number_of_jobs_and_any_store_give_the_same_image() {
    let (scene, _server) = served(&repository());
    let expected = index(&scene.report(&["--no-store"]));
    for jobs in ["1", "2", "8"] {
        let store = format!("store{jobs}");
        for how in
            [&["--no-store"][..], &["--store", &store], &["--store", &store], &["--two-passes", "--no-store"]]
        {
            assert_eq!(index(&scene.report(&[&["--jobs", jobs], how].concat())), expected, "{jobs} {how:?}");
        }
    }
}

#[test]
fn the_same_packages_from_elsewhere_give_the_same_image() {
    let (scene, server) = served(&repository());
    let expected = index(&scene.report(&[]));
    drop(server);
    scene.wants("greet-doc, greet", "");
    assert_eq!(index(&scene.report(&[])), expected);
}

#[test]
fn a_package_that_breaks_off_goes_on_where_it_was() {
    let (scene, server) = served(&repository());
    server.fault(Fault::on(Method::Get, "/pool/main/greet_1.2-1_amd64").first(1).close_at(100));
    scene.report(&STORED);
    let log = server.log();
    let requests: Vec<_> = log.of(Method::Get, "/pool/main/greet_1.2-1_amd64").collect();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].sent, requests[1].headers.get("range")), (100, Some("bytes=100-")));
}

#[test]
fn a_repository_that_moves_on_meanwhile_is_asked_once_more() {
    let (scene, server) = served(&repository());
    let newer = DebRepository::new(vec![library("1.3-1"), greet("1.3-1"), repository().packages[2].clone()]);
    let repo = scene.path("repo");
    let moved = newer.clone();
    let call = move || {
        fs::remove_dir_all(repo.join("pool")).unwrap();
        moved.write(&repo);
    };
    server.fault(Fault::on(Method::Get, "/pool/").nth(1).stop(call));
    assert_eq!(added(&scene.report(&STORED), 0), ["greet=1.3-1", "greet-doc=1.2-1", "libgreet1=1.3-1"]);
    // One that never has what it promises fails.
    fs::remove_dir_all(scene.path("repo/pool")).unwrap();
    let complaint = scene.complaint(4, &[]);
    assert!(complaint.starts_with("error[E_REMOTE]"), "{complaint}");
    assert!(server.log().count(Method::Get, "InRelease") <= 4);
}

/// The files of the store of a package's bytes.
fn kept(store: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let files = WalkDir::new(store).into_iter().map(|file| file.unwrap().into_path());
    files.filter(|file| file.is_file() && fs::read(file).unwrap() == bytes).collect()
}

#[test]
fn p02_a_package_that_was_swapped_in_the_store_is_set_aside_and_fetched_again() {
    let (scene, server) = served(&repository());
    let first = index(&scene.report(&STORED));
    let package = &repository().built("amd64")[1];
    let kept = kept(&scene.path("store"), &package.bytes);
    assert_eq!(kept.len(), 1);
    let mut swapped = package.bytes.clone();
    let middle = swapped.len() / 2;
    swapped[middle] ^= 1;
    fs::set_permissions(&kept[0], std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(&kept[0], &swapped).unwrap();
    // Another image of the same packages, so that their bytes are needed.
    scene.wants_from(&server.url(), "greet", "", "compression: ZSTD\n");
    let count = server.log().len();
    let again = index(&scene.report(&STORED));
    assert_eq!(asked(&server, count), ["/dists/test/InRelease", "/pool/main/greet_1.2-1_amd64.deb"]);
    assert_eq!(again, index(&scene.report(&["--no-store"])));
    assert_ne!(again, first);
    assert_eq!(self::kept(&scene.path("store"), &package.bytes).len(), 1);
}
