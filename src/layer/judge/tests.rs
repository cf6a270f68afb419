//! What an artifact may not bring, alone and together.

use super::super::raw::{Memory, RawTar, Reader, artifact, base, listing};
use super::{Fault, LinkFault};
use crate::code::Code;
use crate::layer::{Item, ItemKind, LayerIndex, ReadError, Survey, Visitor, read};
use crate::oci::Compression;
use crate::rootfs::RootPath;

fn path(text: &str) -> RootPath {
    RootPath::parse(text).unwrap()
}

fn survey(tar: &[u8]) -> LayerIndex {
    let memory = Memory::default();
    let layer = memory.layer(Compression::None, tar.to_vec(), tar);
    read(&memory, &layer, &artifact().how(), &mut Survey).unwrap()
}

#[test]
fn t05_an_artifact_never_writes_below_its_own_link() {
    let link = |tar: RawTar| tar.link("d", b'2', "/etc");
    let file = |tar: RawTar| tar.file("d/sub/f", b"");
    for tar in [file(link(RawTar::default())), link(file(RawTar::default()))] {
        let tar = tar.end();
        assert_eq!(artifact().refusal(&tar), Some(Code::TarThroughSymlink));
        assert_eq!(base().refusal(&tar), None);
    }
    let through_hard_link =
        RawTar::default().link("d", b'2', "/etc").link("e", b'1', "d").file("e/f", b"").end();
    assert_eq!(artifact().refusal(&through_hard_link), Some(Code::TarThroughSymlink));
    let beside = RawTar::default()
        .link("d", b'2', "/etc")
        .file("d-x", b"")
        .file("d.x", b"")
        .dir("dd/")
        .file("dd/f", b"");
    assert_eq!(artifact().refusal(&beside.end()), None);
}

#[test]
fn t05_nothing_lies_below_a_file_either() {
    let tar = RawTar::default().file("d", b"").file("d/f", b"").end();
    assert_eq!(artifact().refusal(&tar), Some(Code::TarDuplicate));
    assert_eq!(survey(&tar).faults.get(&1), Some(&Fault::BelowFile(path("d"))));
}

#[test]
fn t08_a_hard_link_names_an_earlier_entry_that_is_no_directory() {
    let file = || RawTar::default().file("usr/f", b"x");
    let cases = [
        ("absolute", file().link("h", b'1', "/usr/f"), None),
        ("spelled oddly", file().link("h", b'1', "./usr//f"), None),
        ("to a symbolic link", RawTar::default().link("s", b'2', "nowhere").link("h", b'1', "s"), None),
        ("forward", RawTar::default().link("h", b'1', "usr/f").file("usr/f", b"x"), Some(LinkFault::Missing)),
        ("to itself", RawTar::default().link("h", b'1', "h"), Some(LinkFault::Missing)),
        ("to nothing", file().link("h", b'1', "usr/g"), Some(LinkFault::Missing)),
        ("to a directory", RawTar::default().dir("d/").link("h", b'1', "d"), Some(LinkFault::Directory)),
        (
            "deleted before",
            RawTar::default().file("usr/.wh.f", b"").file("usr/f", b"x").link("h", b'1', "usr/f"),
            Some(LinkFault::WhitedOut),
        ),
        ("deleted after", file().link("h", b'1', "usr/f").file("usr/.wh.f", b""), Some(LinkFault::WhitedOut)),
        ("deleted above", file().link("h", b'1', "usr/f").file(".wh.usr", b""), Some(LinkFault::WhitedOut)),
        ("made opaque above", file().link("h", b'1', "usr/f").file("usr/.wh..wh..opq", b""), None),
    ];
    for (what, tar, expected) in cases {
        let tar = tar.end();
        assert_eq!(artifact().refusal(&tar), expected.map(|_| Code::TarLinkTarget), "{what}");
        let reasons: Vec<_> = survey(&tar)
            .faults
            .into_values()
            .map(|fault| match fault {
                Fault::LinkTarget { reason, .. } => reason,
                other => panic!("{what}: {other}"),
            })
            .collect();
        assert_eq!(reasons, expected.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(base().refusal(&tar), None, "{what}");
    }
    let outside = RawTar::default().link("h", b'1', "../../etc/passwd").end();
    for reader in [base(), artifact()] {
        assert_eq!(reader.refusal(&outside), Some(Code::TarLinkTarget));
    }
}

#[test]
fn t08_links_lead_to_the_first_name_of_their_file() {
    let tar = RawTar::default()
        .file("f", b"x")
        .link("a", b'1', "f")
        .link("b", b'1', "a")
        .link("s", b'2', "/t")
        .link("c", b'1', "s")
        .link("d", b'1', "c")
        .end();
    let index = artifact().tar(&tar).unwrap();
    assert_eq!(listing(&index), ["f", "a = f", "b = f", "s -> /t", "c -> /t", "d -> /t"]);
    let index = base().tar(&tar).unwrap();
    assert_eq!(
        listing(&index),
        ["f", "a = f", "b = a", "s -> /t", "c = s", "d = c"],
        "a base's stay as they are"
    );
}

#[test]
fn t08_links_in_a_circle_end() {
    let tar = RawTar::default()
        .file("a", b"")
        .link("b", b'1', "a")
        .link("a", b'1', "b")
        .link("b", b'1', "a")
        .link("c", b'1', "b")
        .link("d", b'1', "e")
        .link("e", b'1', "d")
        .link("x", b'1', "d")
        .end();
    let faults = survey(&tar).faults;
    assert_eq!(faults.keys().copied().collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
}

#[test]
fn t09_a_hard_link_to_a_lower_layer_is_refused_from_an_artifact() {
    let tar = RawTar::default().dir("usr/").link("usr/h", b'1', "bin/lower").end();
    assert_eq!(artifact().refusal(&tar), Some(Code::TarLinkTarget));
    assert_eq!(listing(&base().tar(&tar).unwrap()), ["usr/", "usr/h = bin/lower"]);
}

#[test]
fn t10_a_path_stands_once_in_an_artifact() {
    for tar in [
        RawTar::default().file("a/b", b"1").file("./a//b", b"2"),
        RawTar::default().dir("a/").dir("a"),
        RawTar::default().file("a", b"").dir("a/"),
    ] {
        let tar = tar.end();
        assert_eq!(artifact().refusal(&tar), Some(Code::TarDuplicate));
        assert_eq!(survey(&tar).faults.len(), 2, "both are at fault");
        assert_eq!(base().tar(&tar).unwrap().items.len(), 2);
    }
}

#[test]
fn t15_devices_and_pipes_are_refused_unless_allowed() {
    for flag in *b"346" {
        let tar = RawTar::default().member(b"dev/x", flag, b"", |header| header[340] = b'3').end();
        assert_eq!(artifact().refusal(&tar), Some(Code::TarType));
        assert_eq!(Reader { allow_devices: true, ..artifact() }.refusal(&tar), None);
        assert_eq!(base().refusal(&tar), None);
    }
}

#[test]
fn t15_the_device_that_deletes_in_overlayfs_is_never_allowed() {
    let tar = RawTar::default().member(b"etc/passwd", b'3', b"", |_| {}).end();
    assert_eq!(Reader { allow_devices: true, ..artifact() }.refusal(&tar), Some(Code::TarType));
    assert_eq!(base().refusal(&tar), None);
}

#[test]
fn t17_attributes_of_overlayfs_are_refused() {
    for (key, refused) in [
        ("SCHILY.xattr.trusted.overlay.opaque", true),
        ("SCHILY.xattr.user.overlay.redirect", true),
        ("LIBARCHIVE.xattr.trusted%2eoverlay.metacopy", true),
        ("SCHILY.xattr.security.capability", false),
        ("SCHILY.xattr.user.overlayed", false),
    ] {
        let tar = RawTar::default().pax(&[(key, b"eQ")]).dir("d/").end();
        assert_eq!(artifact().refusal(&tar), refused.then_some(Code::TarXattr), "{key}");
        assert_eq!(base().refusal(&tar), None, "{key}");
    }
}

/// Selects what lies in one directory.
struct Selecting(RootPath);

impl Visitor for Selecting {
    fn item(&mut self, _: u32, _: &Item) -> std::io::Result<bool> {
        Ok(false)
    }

    fn data(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn selects(&mut self, _: u32, item: &Item) -> bool {
        matches!(&item.kind, ItemKind::Entry(entry) if entry.path.is_in(&self.0))
    }
}

fn selecting(dir: &str, tar: &[u8]) -> Result<LayerIndex, ReadError> {
    let memory = Memory::default();
    let layer = memory.layer(Compression::None, tar.to_vec(), tar);
    read(&memory, &layer, &artifact().how(), &mut Selecting(path(dir)))
}

#[test]
fn only_what_is_selected_is_judged_and_what_it_links_to() {
    let tar = RawTar::default()
        .member(b"dev/null", b'3', b"", |_| {})
        .file("usr/f", b"")
        .file("etc/twice", b"")
        .file("etc/twice", b"")
        .link("opt/h", b'1', "etc/twice")
        .link("late/h", b'1', "var/f")
        .end();
    let index = selecting("usr", &tar).unwrap();
    assert_eq!(index.faults.keys().copied().collect::<Vec<_>>(), [0, 2, 3, 4, 5]);
    for (dir, code) in [
        ("dev", Code::TarType),
        ("etc", Code::TarDuplicate),
        ("opt", Code::TarDuplicate),
        ("late", Code::TarLinkTarget),
    ] {
        let error = selecting(dir, &tar).unwrap_err();
        assert_eq!(crate::code::Coded::code(&error), code, "{dir}");
        assert!(error.entry.as_deref().is_some_and(|name| name.starts_with(dir.as_bytes())), "{error}");
    }
}

#[test]
fn a_second_name_of_a_symbolic_link_has_its_attributes() {
    let tar = RawTar::default().link("s", b'2', "/t").pax(&[("uid", b"7")]).link("h", b'1', "s").end();
    let index = artifact().tar(&tar).unwrap();
    let [one, other] = [0, 1].map(|ordinal| crate::layer::raw::entry(&index, ordinal).attributes);
    assert_eq!(one, other);
}
