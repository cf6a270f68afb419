//! What is written reads the same, here and elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;
use crate::layer::raw::{Memory, base, entry, listing};
use crate::layer::{Item, LayerBlob, LayerIndex, Visitor, read};
use crate::oci::Descriptor;
use crate::rootfs::{Device, Xattrs};

type Given = (Entry, Vec<u8>);

fn file(content: &[u8]) -> Kind {
    let Digest::Sha256(sha256) = Digest::of(content) else { panic!("a sha512") };
    Kind::File(FileContent { size: content.len() as u64, sha256, sparse: false })
}

fn given(path: impl AsRef<[u8]>, kind: Kind, mode: u32) -> Entry {
    let path = RootPath::parse(path).unwrap();
    Entry { path, kind, attributes: Attributes::new(Mode::new(mode), Owner::ROOT) }
}

fn written(codec: Codec, threads: usize, entries: &[Given]) -> (Vec<u8>, WrittenLayer) {
    let mut writer = LayerWriter::new(Vec::new(), codec, threads).unwrap();
    for (entry, content) in entries {
        writer.entry(entry).unwrap();
        content.chunks(700).for_each(|piece| writer.data(piece).unwrap());
    }
    writer.finish().unwrap()
}

/// Collects contents by ordinal.
#[derive(Default)]
struct Contents(BTreeMap<u32, Vec<u8>>, u32);

impl Visitor for Contents {
    fn item(&mut self, ordinal: u32, _: &Item) -> io::Result<bool> {
        self.1 = ordinal;
        Ok(true)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.entry(self.1).or_default().extend_from_slice(bytes);
        Ok(())
    }
}

fn read_back(codec: Codec, blob: Vec<u8>, layer: &WrittenLayer) -> (LayerIndex, Contents) {
    let descriptor = Descriptor::new(codec.media_type(), layer.digest, layer.size);
    let memory = Memory::default();
    memory.put(&descriptor, blob);
    let mut contents = Contents::default();
    let blob = LayerBlob { descriptor, diff_id: layer.diff_id };
    let index = read(&memory, &blob, &base().how(), &mut contents).unwrap();
    (index, contents)
}

fn assert_round_trip(codec: Codec, entries: &[Given]) {
    let (blob, layer) = written(codec, 2, entries);
    let (index, contents) = read_back(codec, blob, &layer);
    assert_eq!(index.size, layer.uncompressed);
    assert_eq!(index.warnings, []);
    assert_eq!(index.items.len(), entries.len());
    for (at, (given, content)) in (0..).zip(entries) {
        assert_eq!(entry(&index, at), *given);
        let found = contents.0.get(&at).map_or(&[][..], Vec::as_slice);
        assert_eq!(found, content, "{}", given.path);
    }
}

fn any_path() -> impl Strategy<Value = RootPath> {
    let component = prop_oneof![
        8 => proptest::collection::vec(1..=255_u8, 1..8),
        1 => proptest::collection::vec(1..=255_u8, 90..130),
        1 => proptest::collection::vec(b'a'..=b'z', 150..=255),
    ];
    proptest::collection::vec(component, 1..6)
        .prop_map(|components| components.join(&b'/'))
        .prop_filter_map("a path", |bytes| RootPath::parse(bytes).ok())
        .prop_filter("no whiteout and no root", |path| {
            !path.is_root() && !path.components().any(|component| component.starts_with(b".wh."))
        })
}

fn any_given() -> impl Strategy<Value = Given> {
    let target = proptest::collection::vec(1..=255_u8, 1..300);
    let device = (0..=0o777_7777_u32, 0..=0o777_7777_u32).prop_map(|(major, minor)| Device { major, minor });
    let content = proptest::collection::vec(any::<u8>(), 0..3000);
    let kind = prop_oneof![
        Just((Kind::Directory, Vec::new())),
        content.prop_map(|content| (file(&content), content)),
        target.prop_map(|target| (Kind::Symlink(target.into()), Vec::new())),
        any_path().prop_map(|target| (Kind::Hardlink(target), Vec::new())),
        device.clone().prop_map(|device| (Kind::CharDevice(device), Vec::new())),
        device.prop_map(|device| (Kind::BlockDevice(device), Vec::new())),
        Just((Kind::Fifo, Vec::new())),
    ];
    let id = prop_oneof![0..5000_u32, 0..u32::MAX];
    let mtime = prop_oneof![0..1_i64 << 34, any::<i32>().prop_map(i64::from)];
    let xattr = (proptest::collection::vec(33..=60_u8, 1..9), proptest::collection::vec(any::<u8>(), 0..99));
    let xattrs = proptest::collection::vec(xattr, 0..4).prop_map(|list| {
        let mut xattrs = Xattrs::default();
        list.iter().for_each(|(name, value)| xattrs.set(name, value));
        xattrs
    });
    let attributes =
        (0..=0o7777_u32, id.clone(), id, mtime, xattrs).prop_map(|(mode, uid, gid, mtime, xattrs)| {
            Attributes { mode: Mode::new(mode), owner: Owner { uid, gid }, mtime, xattrs }
        });
    (any_path(), kind, attributes)
        .prop_map(|(path, (kind, content), attributes)| (Entry { path, kind, attributes }, content))
}

proptest! {
    #[test]
    fn t32_whatever_is_written_reads_the_same(
        entries in proptest::collection::vec(any_given(), 0..12),
        is_zstd in any::<bool>(),
    ) {
        assert_round_trip(if is_zstd { Codec::Zstd } else { Codec::Gzip }, &entries);
    }
}

#[test]
fn a_file_of_more_than_8_gibibytes_has_a_pax_size() {
    let kind = Kind::File(FileContent { size: 1 << 33, sha256: [0; 32], sparse: false });
    let blocks = headers(&given("large", kind, 0o644)).unwrap();
    assert_eq!(blocks.len(), 3 * BLOCK);
    assert!(blocks[BLOCK..].starts_with(b"19 size=8589934592\n"), "{}", blocks.escape_ascii());
    assert_eq!(&blocks[2 * BLOCK + 124..2 * BLOCK + 136], b"00000000000\0");
}

#[test]
fn an_entry_that_fits_has_one_header_without_names_of_owners() {
    let blocks = headers(&given("a/b", file(b""), 0o4755)).unwrap();
    assert_eq!(blocks.len(), BLOCK);
    assert_eq!(&blocks[..4], b"a/b\0");
    assert_eq!(&blocks[100..136], b"0004755\x000000000\x000000000\x0000000000000\0");
    assert_eq!(&blocks[257..265], b"ustar\x0000");
    assert!(blocks[265..].iter().all(|byte| *byte == 0));
}

#[test]
fn the_root_and_directories_end_in_a_slash() {
    for (path, name) in [("", &b"./\0"[..]), ("usr/lib", b"usr/lib/\0")] {
        assert!(headers(&given(path, Kind::Directory, 0o755)).unwrap().starts_with(name));
    }
}

#[test]
fn deletions_are_markers_and_the_archive_ends_right_after_them() {
    let mut writer = LayerWriter::new(Vec::new(), Codec::Gzip, 1).unwrap();
    writer.whiteout(&RootPath::parse("a/b").unwrap(), 5).unwrap();
    writer.opaque(&RootPath::parse("c").unwrap(), 5).unwrap();
    writer.opaque(&RootPath::root(), 5).unwrap();
    let (blob, layer) = writer.finish().unwrap();
    assert_eq!(layer.uncompressed, 3 * 512 + 1024);
    assert_eq!((layer.digest, layer.size), (Digest::of(&blob), blob.len() as u64));
    assert_eq!(listing(&read_back(Codec::Gzip, blob, &layer).0), ["-a/b", "!c", "!/"]);
}

#[test]
fn misuse_is_an_error() {
    let new = || LayerWriter::new(Vec::new(), Codec::Zstd, 1).unwrap();
    let five = given("f", file(b"12345"), 0o644);
    let mut writer = new();
    writer.entry(&five).unwrap();
    assert!(writer.data(b"123456").is_err(), "more than its size");
    writer.data(b"1234").unwrap();
    assert!(writer.entry(&five).is_err(), "an entry inside a file");
    assert!(writer.finish().is_err(), "an end inside a file");
    assert!(new().data(b"1").is_err(), "bytes without a file");
    assert!(new().whiteout(&RootPath::root(), 0).is_err(), "the root");
    assert!(new().whiteout(&RootPath::parse("x".repeat(252)).unwrap(), 0).is_err(), "a long name");
    let sparse = Kind::File(FileContent { size: 1, sha256: [0; 32], sparse: true });
    assert!(new().entry(&given("s", sparse, 0)).is_err(), "a sparse file");
    let device = Kind::CharDevice(Device { major: 1 << 21, minor: 0 });
    assert!(new().entry(&given("d", device, 0)).is_err(), "a large device number");
    let mut odd = given("x", Kind::Directory, 0);
    odd.attributes.xattrs.set(b"user.a=b", b"");
    assert!(new().entry(&odd).is_err(), "an equals sign in an attribute's name");
}

/// Names on which other tools often differ from us: all lengths around the limits of ustar, and bytes of all sorts.
fn names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [99, 100, 101, 154, 155, 156, 200, 254, 255, 256, 257, 300]
        .iter()
        .map(|length| (0..*length).map(|at| if at % 50 == 25 { b'/' } else { b'a' }).collect())
        .collect();
    names.extend([
        vec![b'x'; 101],
        "käse/ß".into(),
        b"bad\xff\xfe".to_vec(),
        [vec![b'y'; 120], b"\xff".to_vec()].concat(),
    ]);
    names
}

/// What a tool lists of an archive; nothing where it is not there.
fn listed(tool: &str, arguments: &[&str], tar: &Path) -> Option<String> {
    let command = &mut Command::new(tool);
    let output = command.args(arguments).arg(tar).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").output();
    let Ok(output) = output else {
        eprintln!("{tool} is not installed: nothing compared");
        return None;
    };
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{tool}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A name as GNU tar and bsdtar print it: what is no UTF-8 in octal.
fn escaped(name: &[u8]) -> String {
    let chunks = name.utf8_chunks();
    let octal = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:03o}")).collect::<String>();
    chunks.map(|chunk| format!("{}{}", chunk.valid(), octal(chunk.invalid()))).collect::<String>() + "\n"
}

#[test]
fn t32_other_tools_list_the_names_that_were_written() {
    let names = names();
    let entries: Vec<_> = names.iter().map(|name| (given(name, file(b"x"), 0o644), b"x".to_vec())).collect();
    let dir = tempfile::tempdir().unwrap();
    let expected: String = names.iter().map(|name| escaped(name)).collect();
    let python = r"
import os, re, sys, tarfile
octal = lambda match: ''.join('\%03o' % byte for byte in os.fsencode(match[0]))
for name in tarfile.open(sys.argv[1]).getnames():
    print(re.sub('[\ud800-\udfff]+', octal, name))";
    // GNU tar does not know the record that bsdtar must have for names that are no UTF-8.
    let gnu = ["--quoting-style=escape", "--warning=no-unknown-keyword", "-tf"];
    for (tool, arguments) in [("tar", &gnu[..]), ("bsdtar", &["-tf"]), ("python3", &["-c", python])] {
        let tar = dir.path().join("layer.tar.gz");
        std::fs::write(&tar, written(Codec::Gzip, 1, &entries).0).unwrap();
        if let Some(found) = listed(tool, arguments, &tar) {
            assert_eq!(found, expected, "{tool}");
        }
    }
}

#[test]
fn other_tools_see_the_attributes_that_were_written() {
    let mut owned = given("owned", file(b"12345"), 0o4750);
    owned.attributes = Attributes {
        owner: Owner { uid: 3_000_000_000, gid: 2_097_152 },
        mtime: 1_700_000_000,
        ..owned.attributes
    };
    let link = given("link", Kind::Symlink("t".repeat(150).into_bytes().into()), 0o777);
    let hard = given("hard", Kind::Hardlink(RootPath::parse("owned").unwrap()), 0o4750);
    let entries = [(owned, b"12345".to_vec()), (link, Vec::new()), (hard, Vec::new())];
    let dir = tempfile::tempdir().unwrap();
    let tar = dir.path().join("layer.tar.gz");
    std::fs::write(&tar, written(Codec::Gzip, 1, &entries).0).unwrap();
    let python = r"
import sys, tarfile
for m in tarfile.open(sys.argv[1]):
    print(m.name, oct(m.mode), m.uid, m.gid, m.size, int(m.mtime), m.linkname)";
    if let Some(found) = listed("python3", &["-c", python], &tar) {
        let long = "t".repeat(150);
        let expected = format!(
            "owned 0o4750 3000000000 2097152 5 1700000000 \n\
             link 0o777 0 0 0 315532800 {long}\n\
             hard 0o4750 0 0 0 315532800 owned\n"
        );
        assert_eq!(found, expected);
    }
    for (tool, arguments) in
        [("tar", &["--numeric-owner", "-tvf"][..]), ("bsdtar", &["--numeric-owner", "-tvf"])]
    {
        if let Some(found) = listed(tool, arguments, &tar) {
            let line = found.lines().next().unwrap();
            assert!(line.starts_with("-rwsr-x---"), "{tool}: {line}");
            assert!(line.contains("3000000000") && line.contains("2097152"), "{tool}: {line}");
            assert!(found.contains("link to owned"), "{tool}: {found}");
        }
    }
}
