mod skopeo;

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;
use crate::image::{PlatformMismatch, PublishedLayer};
use crate::layer::BlobSource;
use crate::limits::Limits;
use crate::oci::annotations::REF_NAME;
use crate::oci::{Compression, Descriptor, Document, ImageConfig, MediaType, json};
use crate::store::layout as format;
use crate::store::sample::{
    Memory, copying, image, layer, one_platform, publication, snapshot, two_platforms,
};
use crate::store::{find, tags};

fn output(text: &str, root: &Path) -> Output {
    text.replace("ROOT", root.to_str().unwrap()).parse().unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every kind of output, each beside the others.
const OUTPUTS: [&str; 3] =
    ["oci:ROOT/layout:1", "oci-archive:ROOT/oci.tar:1", "docker-archive:ROOT/d.tar:a/b:1"];

/// Fails to write this to every kind of output, old or new, and finds each as it was.
fn fails_without_a_trace(publication: &Publication, expected: Code) {
    let root = tempfile::tempdir().unwrap();
    for text in OUTPUTS {
        let output = output(text, root.path());
        for _ in ["new", "old"] {
            let before = snapshot(root.path());
            let error = write(&output, &[], publication, &copying()).unwrap_err();
            assert_eq!(error.code(), expected, "{text}: {error}");
            assert_eq!(snapshot(root.path()), before, "{text}");
            write(&output, &[], &one_platform("before"), &copying()).unwrap();
        }
    }
}

/// Reads all documents below a layout's index again and recomputes every digest.
fn check_layout(dir: &Path, names: &[&str]) {
    let tagged = tags(dir, &Limits::default()).unwrap();
    assert_eq!(tagged.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    for (_, descriptor) in tagged {
        let Document::Index(index) = check_document(dir, &descriptor) else { panic!("no index") };
        for entry in index.manifests {
            let Document::Manifest(manifest) = check_document(dir, &entry.descriptor) else {
                panic!("no manifest")
            };
            let config = ImageConfig::parse(&check_blob(dir, &manifest.config)).unwrap();
            assert_eq!(Some(config.platform().clone()), entry.platform());
            assert_eq!(config.diff_ids().len(), manifest.layers.len());
            manifest.layers.iter().for_each(|layer| drop(check_blob(dir, layer)));
        }
    }
}

fn check_document(dir: &Path, descriptor: &Descriptor) -> Document {
    Document::parse(&descriptor.media_type, &check_blob(dir, descriptor)).unwrap()
}

fn check_blob(dir: &Path, descriptor: &Descriptor) -> Vec<u8> {
    let bytes = fs::read(dir.join(format::blob_path(&descriptor.digest))).unwrap();
    assert_eq!((Digest::of(&bytes), bytes.len() as u64), (descriptor.digest, descriptor.size));
    bytes
}

#[test]
fn a01_a_layout_is_whole_and_every_digest_is_right() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("a/b");
    let output = Output::Layout { dir: dir.clone(), tag: None };
    write(&output, &names(&["acme/app:1", "1"]), &two_platforms("x"), &copying()).unwrap();
    write(&output, &names(&["2"]), &two_platforms("y"), &copying()).unwrap();
    check_layout(&dir, &["1", "2", "acme/app:1"]);
    assert_eq!(fs::read_to_string(dir.join("oci-layout")).unwrap(), r#"{"imageLayoutVersion":"1.0.0"}"#);
    let mut files = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
    files.sort();
    assert_eq!(files, [".lock", "blobs", "index.json", "oci-layout"]);
}

#[test]
fn a_second_write_of_the_same_image_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let output = output("oci:ROOT/layout:1", root.path());
    write(&output, &[], &two_platforms("x"), &copying()).unwrap();
    let (before, index) = (snapshot(root.path()), root.path().join("layout/index.json"));
    let inode = fs::metadata(&index).unwrap().ino();
    write(&output, &[], &two_platforms("x"), &copying()).unwrap();
    assert_eq!(snapshot(root.path()), before);
    assert_eq!(fs::metadata(&index).unwrap().ino(), inode, "the file itself stays");
}

#[test]
fn a_blob_of_another_size_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let output = output("oci:ROOT/layout:1", root.path());
    let image = two_platforms("x");
    write(&output, &[], &image, &copying()).unwrap();
    let broken =
        root.path().join("layout").join(format::blob_path(&image.images[0].layers[0].descriptor.digest));
    fs::write(&broken, "").unwrap();
    write(&output, &[], &image, &copying()).unwrap();
    check_layout(&root.path().join("layout"), &["1"]);
}

#[test]
fn the_images_of_other_tools_stay() {
    let root = tempfile::tempdir().unwrap();
    let output = output("oci:ROOT/layout:mine", root.path());
    write(&output, &[], &two_platforms("x"), &copying()).unwrap();
    let index = root.path().join("layout/index.json");
    let own = fs::read_to_string(&index).unwrap();
    let other = format!(
        r#"{{"mediaType":"a/b","digest":"{}","size":1,"x-unknown":[1.5],"annotations":{{"{REF_NAME}":"other"}}}}"#,
        Digest::of(b"x")
    );
    fs::write(&index, own.replace("\"manifests\":[", &format!("\"manifests\":[{other},"))).unwrap();
    write(&output, &[], &two_platforms("y"), &copying()).unwrap();
    assert!(fs::read_to_string(&index).unwrap().contains(&other));
}

#[test]
fn archives_are_the_same_bytes_every_time() {
    let root = tempfile::tempdir().unwrap();
    for (text, file) in
        [("oci-archive:ROOT/FILE:1", ["a", "b"]), ("docker-archive:ROOT/FILE:x/y:1", ["c", "d"])]
    {
        for name in file {
            write(&output(&text.replace("FILE", name), root.path()), &[], &one_platform("x"), &copying())
                .unwrap();
        }
        let [one, other] = file.map(|name| fs::read(root.path().join(name)).unwrap());
        assert!(one == other, "{text}");
    }
    let mut archive = tar::Archive::new(fs::File::open(root.path().join("a")).unwrap());
    let mut paths = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let directory = header.entry_type().is_dir();
        assert_eq!(header.mode().unwrap(), if directory { 0o755 } else { 0o644 });
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        paths.push(String::from_utf8(entry.path_bytes().into_owned()).unwrap());
    }
    assert_eq!(paths[..4], ["oci-layout", "index.json", "blobs/", "blobs/sha256/"]);
    assert!(paths[4..].is_sorted() && paths.len() == 4 + 5);
}

#[test]
fn an_archive_keeps_its_name_while_another_is_written_over_it() {
    let root = tempfile::tempdir().unwrap();
    let output = output("oci-archive:ROOT/x.tar:1", root.path());
    write(&output, &[], &two_platforms("x"), &copying()).unwrap();
    let old = fs::File::open(root.path().join("x.tar")).unwrap();
    write(&output, &[], &two_platforms("y"), &copying()).unwrap();
    assert_ne!(old.metadata().unwrap().ino(), fs::metadata(root.path().join("x.tar")).unwrap().ino());
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn a_docker_archive_holds_plain_tars_each_once() {
    let root = tempfile::tempdir().unwrap();
    let shared = layer("shared", Compression::Gzip);
    let layers = vec![shared.clone(), layer("own", Compression::Zstd), shared];
    let written = publication(vec![image("linux/amd64", layers)]);
    let output = Output::DockerArchive { file: root.path().join("x.tar"), name: None };
    write(&output, &names(&["acme/app:1", "quay.io/a/b:2"]), &written, &copying()).unwrap();
    let mut archive = tar::Archive::new(fs::File::open(root.path().join("x.tar")).unwrap());
    assert_eq!(archive.entries().unwrap().count(), 2 + 2);
    for name in ["docker.io/acme/app:1", "quay.io/a/b:2"] {
        let locator = format!("docker-archive:{}/x.tar:{name}", root.path().display()).parse().unwrap();
        let found =
            find(&locator, &Limits::default(), PlatformMismatch::Refuse, &Interrupt::default()).unwrap();
        let image = found.image(&written.images[0].platform).unwrap();
        assert_eq!(image.config.to_bytes(), written.images[0].config);
        let diff_ids = written.images[0].layers.iter().map(|layer| layer.diff_id);
        assert!(image.layers.iter().map(|layer| layer.descriptor.digest).eq(diff_ids));
    }
}

#[test]
fn a_docker_archive_of_several_platforms_is_refused_before_anything_is_written() {
    let root = tempfile::tempdir().unwrap();
    let docker = output("docker-archive:ROOT/x.tar", root.path());
    let error = write(&docker, &[], &two_platforms("x"), &copying()).unwrap_err();
    assert_eq!(error.code(), Code::Output);
    assert_eq!(error.hint(), Some("choose one with --platform"));
    let error = write(&docker, &names(&["1.0"]), &one_platform("x"), &copying()).unwrap_err();
    assert_eq!(error.to_string(), "`1.0` is no name for an image in this output");
    assert!(snapshot(root.path()).is_empty());
}

fn changed(mut layer: PublishedLayer, change: impl FnOnce(&mut Vec<u8>)) -> PublishedLayer {
    let mut bytes = Vec::new();
    layer.blob.open(&layer.descriptor).unwrap().read_to_end(&mut bytes).unwrap();
    change(&mut bytes);
    layer.blob = Arc::new(Memory([(layer.descriptor.digest, bytes)].into()));
    layer
}

#[test]
fn t29_other_bytes_than_promised_are_refused_without_a_trace() {
    let of =
        |layer| publication(vec![image("linux/amd64", vec![self::layer("good", Compression::None), layer])]);
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let layer = || layer("bad", compression);
        let flipped = changed(layer(), |bytes| *bytes.last_mut().unwrap() ^= 1);
        let shorter = changed(layer(), |bytes| bytes.truncate(bytes.len() - 1));
        let longer = changed(layer(), |bytes| bytes.push(0));
        let missing = PublishedLayer { blob: Arc::new(Memory::default()), ..layer() };
        for (layer, code) in [(shorter, Code::Size), (longer, Code::Size), (missing, Code::SourceMissing)] {
            let root = tempfile::tempdir().unwrap();
            let error = write(&output(OUTPUTS[0], root.path()), &[], &of(layer), &copying()).unwrap_err();
            assert_eq!((error.code(), snapshot(root.path()).len()), (code, 0), "{compression}");
        }
        fails_without_a_trace(&of(flipped), Code::Digest);
    }
    let root = tempfile::tempdir().unwrap();
    let docker = output(OUTPUTS[2], root.path());
    let wrong = PublishedLayer { diff_id: Digest::of(b"other"), ..layer("x", Compression::Gzip) };
    assert_eq!(write(&docker, &[], &of(wrong), &copying()).unwrap_err().code(), Code::DiffId);
    assert!(snapshot(root.path()).is_empty());
}

#[test]
fn t30_a_layer_that_is_no_tar_at_all_is_copied_byte_for_byte() {
    let root = tempfile::tempdir().unwrap();
    let bytes = b"\x28\xb5\x2f\xfdnothing that could be decoded".to_vec();
    let descriptor = Descriptor::of(MediaType::Layer(Compression::Zstd), &bytes);
    let blob = Arc::new(Memory([(descriptor.digest, bytes.clone())].into()));
    let layer = PublishedLayer {
        descriptor: descriptor.clone(),
        diff_id: Digest::of(b"tar"),
        uncompressed: 3,
        blob,
        is_new: true,
    };
    let written = publication(vec![image("linux/amd64", vec![layer])]);
    for text in &OUTPUTS[..2] {
        let output = output(text, root.path());
        write(&output, &[], &written, &copying()).unwrap();
        let found =
            find(&(&output).into(), &Limits::default(), PlatformMismatch::Refuse, &Interrupt::default())
                .unwrap();
        let image = found.image(&written.images[0].platform).unwrap();
        let mut copied = Vec::new();
        image.blobs.open(&descriptor).unwrap().read_to_end(&mut copied).unwrap();
        assert_eq!(copied, bytes);
    }
    let error = write(&output(OUTPUTS[2], root.path()), &[], &written, &copying()).unwrap_err();
    assert_eq!(error.code(), Code::Zstd);
}

#[test]
fn r09_a_foreign_layer_is_left_where_it_is() {
    let root = tempfile::tempdir().unwrap();
    let mut foreign = layer("foreign", Compression::Gzip);
    foreign.descriptor.urls = vec!["http://127.0.0.1:1/layer".to_owned()];
    foreign.blob = Arc::new(Memory::default());
    let written = publication(vec![image("linux/amd64", vec![layer("x", Compression::None), foreign])]);
    for text in &OUTPUTS[..2] {
        let output = output(text, root.path());
        write(&output, &[], &written, &copying()).unwrap();
        let found =
            find(&(&output).into(), &Limits::default(), PlatformMismatch::Refuse, &Interrupt::default())
                .unwrap();
        let image = found.image(&written.images[0].platform).unwrap();
        assert_eq!(image.layers[1].descriptor.urls.len(), 1);
        assert_eq!(image.blobs.open(&image.layers[1].descriptor).err().unwrap().code(), Code::Foreign);
    }
    let error = write(&output(OUTPUTS[2], root.path()), &[], &written, &copying()).unwrap_err();
    assert_eq!(error.code(), Code::Foreign);
}

#[test]
fn a_sha512_is_never_written() {
    let mut layer = layer("x", Compression::None);
    layer.descriptor.digest = format!("sha512:{}", "00".repeat(64)).parse().unwrap();
    fails_without_a_trace(&publication(vec![image("linux/amd64", vec![layer])]), Code::Output);
}

#[test]
fn an_interrupt_ends_the_work_without_a_trace() {
    for (signal, code) in [(2, Code::Interrupted), (15, Code::Terminated)] {
        let interrupt = Interrupt::default();
        // Asked to stop while the first layer is under way.
        let progress = |_| interrupt.signal().store(signal, Ordering::Relaxed);
        let copying = Copying { interrupt: &interrupt, progress: &progress, ..copying() };
        let root = tempfile::tempdir().unwrap();
        for text in OUTPUTS {
            interrupt.signal().store(0, Ordering::Relaxed);
            let error = write(&output(text, root.path()), &[], &one_platform("x"), &copying).unwrap_err();
            assert_eq!((error.code(), snapshot(root.path()).len()), (code, 0), "{text}");
        }
    }
}

#[test]
fn who_waits_for_a_layout_can_be_interrupted() {
    let root = tempfile::tempdir().unwrap();
    let output = output("oci:ROOT/layout:1", root.path());
    write(&output, &[], &one_platform("x"), &copying()).unwrap();
    let lock = fs::File::open(root.path().join("layout/.lock")).unwrap();
    lock.lock().unwrap();
    let before = snapshot(root.path());
    let interrupt = Interrupt::default();
    let error = thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let copying = Copying { interrupt: &interrupt, ..copying() };
            write(&output, &[], &two_platforms("y"), &copying).unwrap_err()
        });
        thread::sleep(std::time::Duration::from_millis(50));
        assert!(!waiting.is_finished(), "the lock is held");
        interrupt.signal().store(2, Ordering::Relaxed);
        waiting.join().unwrap()
    });
    assert_eq!(error.code(), Code::Interrupted);
    assert_eq!(snapshot(root.path()), before);
}

#[test]
fn l01_writers_of_one_layout_keep_each_others_references() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("new/layout");
    let tags: Vec<String> = (0..32).map(|n| format!("tag-{n:02}")).collect();
    thread::scope(|scope| {
        for tag in &tags {
            scope.spawn(|| {
                let output = Output::Layout { dir: dir.clone(), tag: Some(tag.clone()) };
                write(&output, &[], &two_platforms(tag), &copying()).unwrap();
            });
        }
    });
    check_layout(&dir, &tags.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn l01_writers_that_fail_take_nothing_from_those_that_do_not() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("a/b/layout");
    let bad = PublishedLayer { blob: Arc::new(Memory::default()), ..layer("bad", Compression::Gzip) };
    let failing = publication(vec![image("linux/amd64", vec![layer("shared", Compression::Gzip), bad])]);
    thread::scope(|scope| {
        for n in 0..32 {
            let (dir, failing) = (&dir, &failing);
            scope.spawn(move || {
                let output = Output::Layout { dir: dir.clone(), tag: Some(format!("{n:02}")) };
                let fails = n % 2 == 1;
                let written = if fails { failing } else { &two_platforms(&n.to_string()) };
                let result = write(&output, &[], written, &copying());
                assert_eq!(result.is_err(), fails, "{n}: {result:?}");
            });
        }
    });
    let tags: Vec<String> = (0..32).step_by(2).map(|n| format!("{n:02}")).collect();
    check_layout(&dir, &tags.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn l05_an_unusable_output_is_refused_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::create_dir_all(path("full")).unwrap();
    fs::write(path("full/file"), "mine").unwrap();
    fs::create_dir(path("empty")).unwrap();
    symlink("empty", path("link")).unwrap();
    symlink("full/file", path("file-link")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    let before = snapshot(root.path());
    for text in [
        "oci:ROOT/full",
        "oci:ROOT/link",
        "oci:ROOT/dangling",
        "oci:ROOT/full/file",
        "oci-archive:ROOT/full",
        "oci-archive:ROOT/file-link",
        "docker-archive:ROOT/file-link",
        "oci-archive:ROOT/dangling",
        "oci-archive:ROOT/link/x.tar",
    ] {
        let checked = output(text, root.path()).check().unwrap_err();
        assert_eq!(checked.code(), Code::Output, "{text}: {checked}");
        let error = write(&output(text, root.path()), &[], &one_platform("x"), &copying()).unwrap_err();
        assert_eq!(error.code(), Code::Output, "{text}: {error}");
        assert_eq!(snapshot(root.path()), before, "{text}");
    }
    fs::create_dir_all(path("parts/blobs")).unwrap();
    let parts = write(&output("oci:ROOT/parts", root.path()), &[], &one_platform("x"), &copying());
    assert_eq!(parts.unwrap_err().code(), Code::Output);
    assert_eq!(fs::read_dir(path("parts")).unwrap().count(), 1);
    let beyond = write(&output("oci:ROOT/dangling/x", root.path()), &[], &one_platform("x"), &copying());
    assert_eq!(beyond.unwrap_err().code(), Code::Io);
    let error = write(&output("oci:ROOT/full/file/x", root.path()), &[], &one_platform("x"), &copying());
    assert_eq!(error.unwrap_err().code(), Code::Io);
    write(&output("oci:ROOT/empty", root.path()), &[], &one_platform("x"), &copying()).unwrap();
}

#[test]
fn l05_a_read_only_output_is_refused_as_it_is() {
    if rustix::process::geteuid().is_root() {
        eprintln!("not tested: nothing is read-only to root");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o555)).unwrap();
    for text in OUTPUTS {
        let error = write(&output(text, root.path()), &[], &one_platform("x"), &copying()).unwrap_err();
        assert_eq!((error.code(), snapshot(root.path()).len()), (Code::Io, 0), "{text}");
    }
}

#[test]
fn what_a_killed_writer_left_goes_and_its_layout_is_finished() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("layout");
    fs::create_dir(&dir).unwrap();
    for orphan in [".lock", ".overcoat-0123456789abcdef"] {
        fs::write(dir.join(orphan), "cut off").unwrap();
    }
    let output = output("oci:ROOT/layout:1", root.path());
    write(&output, &[], &two_platforms("x"), &copying()).unwrap();
    fs::remove_file(dir.join("index.json")).unwrap();
    write(&output, &[], &two_platforms("x"), &copying()).unwrap();
    check_layout(&dir, &["1"]);
    assert!(!dir.join(".overcoat-0123456789abcdef").exists());
}

#[test]
fn staged_blobs_are_linked_and_all_bytes_are_reported() {
    let root = tempfile::tempdir().unwrap();
    let layout = output("oci:ROOT/layout:1", root.path());
    let staging = Arc::new(Staging::beside(&layout).unwrap());
    let mut written = one_platform("x");
    for layer in &mut written.images[0].layers {
        let mut file = staging.create().unwrap();
        io::copy(&mut layer.blob.open(&layer.descriptor).unwrap(), &mut file).unwrap();
        file.complete(layer.descriptor.digest, layer.descriptor.size).unwrap();
        layer.blob = Arc::clone(&staging) as Arc<dyn BlobSource>;
    }
    let reported = AtomicU64::new(0);
    let progress = |bytes| {
        reported.fetch_add(bytes, Ordering::Relaxed);
    };
    let copying = Copying { staging: Some(&staging), progress: &progress, ..copying() };
    write(&layout, &[], &written, &copying).unwrap();
    let layers = &written.images[0].layers;
    assert_eq!(reported.into_inner(), layers.iter().map(|layer| layer.descriptor.size).sum::<u64>());
    let blob = root.path().join("layout").join(format::blob_path(&layers[0].descriptor.digest));
    assert_eq!(fs::metadata(&blob).unwrap().nlink(), 2);
    drop((written, staging));
    assert_eq!(fs::metadata(&blob).unwrap().nlink(), 1);
    check_layout(&root.path().join("layout"), &["1"]);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn the_bytes_that_are_told_of_are_those_that_were_promised() {
    for text in OUTPUTS {
        let root = tempfile::tempdir().unwrap();
        let (output, written) = (output(text, root.path()), one_platform("x"));
        let told = AtomicU64::new(0);
        let progress = |bytes| {
            told.fetch_add(bytes, Ordering::Relaxed);
        };
        write(&output, &[], &written, &Copying { progress: &progress, ..copying() }).unwrap();
        assert_eq!(told.into_inner(), output.bytes_of(&written), "{text}");
    }
}
