use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::code::{Code, Coded};
use crate::layer::raw::{RawTar, artifact, base};
use crate::layer::{IndexOnly, replay_tar};
use crate::package::Sum;
use crate::package::deb::Compression;
use crate::package::deb::database::{DatabaseKind, files};
use crate::package::deb::made::{CONTROL, Made, archive, compressed, data, ending, made, promised, small};
use crate::package::deb::stanza::print;
use crate::package::sample::fixtures;
use crate::rootfs::Kind;

const COMPRESSIONS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Xz, Compression::Lzma, Compression::Zstd];

#[test]
fn a_package_is_read_in_every_compression() {
    for compression in COMPRESSIONS {
        let control = if compression == Compression::Lzma { Compression::None } else { compression };
        let made = Made { compressions: [control, compression], ..small() };
        let bytes = made.bytes();
        let unpacked = made.read(&bytes, &artifact()).unwrap();
        assert_eq!(unpacked.package.name, "made", "{compression}");
        assert_eq!(unpacked.fields.get("description"), Some("nothing"));
        assert_eq!(unpacked.index.diff_id, Digest::of(&made.data), "{compression}");
        assert_eq!(made.read_data(&bytes, &artifact()).unwrap(), made.data, "{compression}");
    }
}

#[test]
fn every_regular_file_and_hard_link_has_its_sum() {
    let made = small();
    let unpacked = made.read(&made.bytes(), &artifact()).unwrap();
    let sums: Vec<_> = unpacked.sums.iter().map(|(ordinal, sum)| (*ordinal, *sum)).collect();
    let md5 = *b"\xa9\xc4\x49\xd4\xfa\x44\xe9\xe5\xa4\x1c\x57\x4a\xe5\x5c\xe4\xd9";
    assert_eq!(sums, [(3, Sum::Md5(md5)), (4, Sum::Md5(md5))]);
    assert!(matches!(unpacked.index.items.inodes().kind(4), Kind::Hardlink(_)));
}

#[test]
fn members_of_the_control_section_come_along() {
    let made = made(CONTROL, &[("postinst", "#!/bin/sh\n"), ("triggers", "")], data());
    let unpacked = made.read(&made.bytes(), &artifact()).unwrap();
    let members: Vec<_> = unpacked.members.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    assert_eq!(members, [("postinst", &b"#!/bin/sh\n"[..]), ("triggers", b"")]);
}

#[test]
fn p02_a_package_of_other_bytes_is_refused_whatever_else_is_wrong() {
    let made = small();
    let right = made.bytes();
    for at in 0..right.len() {
        let mut wrong = right.clone();
        wrong[at] ^= 1;
        let refused = unpack(&wrong[..], &made.expected(&right), &artifact().how()).unwrap_err();
        assert_eq!(refused.code(), Code::PackageDigest, "byte {at}: {refused}");
        let mut tar = Vec::new();
        let reader = artifact();
        let how = reader.how();
        let read = open_data(&wrong[..], &made.expected(&right), &how)
            .map_err(|error| error.code())
            .and_then(|mut data| data.read_to_end(&mut tar).map_err(|error| crate::code::of_io(&error)));
        assert!(read.is_err(), "byte {at}");
    }
}

#[test]
fn p02_a_package_of_another_size_is_refused() {
    let made = small();
    let right = made.bytes();
    for wrong in [[&right[..], b"x"].concat(), right[..right.len() - 1].to_vec(), Vec::new()] {
        let refused = unpack(&wrong[..], &made.expected(&right), &artifact().how()).unwrap_err();
        assert_eq!(refused.code(), Code::PackageDigest, "{refused}");
    }
}

#[test]
fn p02_a_package_that_says_it_is_another_is_refused() {
    let made = small();
    let bytes = made.bytes();
    for other in [
        Made { name: "mode".to_owned(), ..made.clone() },
        Made { version: "1.0-2".to_owned(), ..made.clone() },
        Made { architecture: "arm64".to_owned(), ..made.clone() },
    ] {
        assert_eq!(other.refusal(&bytes), Some(Code::PackageDigest));
    }
}

#[test]
fn p02_a_file_that_has_not_the_sum_the_package_gives_it_is_refused() {
    let right = "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/bin/made\n";
    let refusal = |sums: &str| {
        let made = made(CONTROL, &[("md5sums", sums)], data());
        made.refusal(&made.bytes())
    };
    assert_eq!(refusal(right), None);
    assert_eq!(refusal(&right.replace("made", "same")), None, "a hard link has the sum of its file");
    assert_eq!(refusal(&right.replace("bin/made", "bin/gone")), None, "a file that is not there");
    assert_eq!(refusal(&right.replace('a', "b").replace("mbde", "made")), Some(Code::PackageDigest));
    assert_eq!(refusal("usr/bin/made\n"), Some(Code::DebFormat));
}

#[test]
fn p04_members_swapped_missing_extra_or_twice_are_refused() {
    let made = small();
    let [version, control, data]: [_; 3] = made.members().try_into().unwrap();
    let extra = |name: &str| (name.to_owned(), b"x".to_vec());
    let renamed = |(_, bytes): &(String, Vec<u8>), name: &str| (name.to_owned(), bytes.clone());
    for members in [
        vec![],
        vec![version.clone()],
        vec![version.clone(), control.clone()],
        vec![version.clone(), data.clone()],
        vec![control.clone(), data.clone()],
        vec![version.clone(), data.clone(), control.clone()],
        vec![control.clone(), version.clone(), data.clone()],
        vec![version.clone(), control.clone(), data.clone(), data.clone()],
        vec![version.clone(), control.clone(), control.clone(), data.clone()],
        vec![version.clone(), control.clone(), data.clone(), extra("_gpgorigin")],
        vec![version.clone(), extra("_gpgorigin"), control.clone(), data.clone()],
        vec![version.clone(), control.clone(), data.clone(), extra("x")],
        vec![version.clone(), control.clone(), renamed(&data, "data.tar.bz2")],
        vec![version.clone(), control.clone(), renamed(&data, "data.tar.Z")],
        vec![version.clone(), control.clone(), renamed(&data, "data.tarx")],
        vec![version.clone(), renamed(&control, "control.tar.lzma"), data.clone()],
        vec![renamed(&version, "debian_binary"), control.clone(), data.clone()],
    ] {
        let bytes = archive(&members);
        let names: Vec<_> = members.iter().map(|(name, _)| name).collect();
        assert_eq!(made.refusal(&bytes), Some(Code::DebFormat), "{names:?}");
        assert!(made.read_data(&bytes, &artifact()).is_err(), "{names:?}");
    }
    for text in ["2.0", "2.1\n", "2.0\n\n", "3.0\n", ""] {
        let version = ("debian-binary".to_owned(), text.as_bytes().to_vec());
        let bytes = archive(&[version, control.clone(), data.clone()]);
        assert_eq!(made.refusal(&bytes), Some(Code::DebFormat), "{text:?}");
    }
    let slashes = [&version, &control, &data].map(|member| renamed(member, &format!("{}/", member.0)));
    assert_eq!(made.refusal(&archive(&slashes)), None, "names may end in a slash");
}

#[test]
fn p04_a_package_cut_anywhere_is_refused() {
    let made = Made { compressions: [Compression::Zstd, Compression::Gzip], ..small() };
    let bytes = made.bytes();
    for length in 0..bytes.len() {
        let refusal = made.refusal(&bytes[..length]);
        assert_eq!(refusal, Some(Code::DebFormat), "cut at {length} of {}", bytes.len());
    }
}

#[test]
fn p04_something_behind_a_compressed_tar_is_refused() {
    let made = small();
    for compression in COMPRESSIONS.into_iter().skip(1) {
        for rest in [&b"x"[..], b"\0\0\0\0", &compressed(Compression::Xz, b"")[..4]] {
            let mut members = made.members();
            let whole = compressed(compression, &made.data);
            members[2] = (format!("data.tar{}", ending(compression)), [&whole, rest].concat());
            let refusal = made.refusal(&archive(&members));
            assert_eq!(refusal, Some(Code::DebFormat), "{compression} {}", rest.escape_ascii());
        }
    }
}

#[test]
fn p04_a_bomb_is_refused_at_its_limit() {
    let zeros = vec![0; 3 << 20];
    let mut reader = artifact();
    reader.limits.layer_bytes = 1 << 20;
    reader.limits.control_bytes = 1 << 20;
    for compression in COMPRESSIONS {
        let data = RawTar::default().file("./zeros", &zeros);
        let large = Made { compressions: [Compression::Zstd, compression], ..made(CONTROL, &[], data) };
        let refused = large.read(&large.bytes(), &reader).unwrap_err();
        assert_eq!(refused.code(), Code::LimitBytes, "{compression}: {refused}");
    }
    let zeros = String::from_utf8(zeros).unwrap();
    let large = made(CONTROL, &[("postinst", &zeros)], data());
    let refused = large.read(&large.bytes(), &reader).unwrap_err();
    assert_eq!(refused.code(), Code::LimitBytes, "{refused}");
    assert_eq!(crate::limits::Limited::limit(&refused), Some("control-bytes"));
}

#[test]
fn p04_memory_that_a_decoder_asks_for_has_a_limit() {
    let mut reader = artifact();
    reader.limits.xz_memory_bytes = 1 << 16;
    reader.limits.zstd_window_log = 10;
    for (compression, limit) in [
        (Compression::Xz, "xz-memory-bytes"),
        (Compression::Lzma, "xz-memory-bytes"),
        (Compression::Zstd, "zstd-window-log"),
    ] {
        let made = Made { compressions: [Compression::None, compression], ..small() };
        let refused = made.read(&made.bytes(), &reader).unwrap_err();
        assert_eq!(refused.code(), Code::LimitWindow, "{compression}: {refused}");
        assert_eq!(crate::limits::Limited::limit(&refused), Some(limit));
    }
}

#[test]
fn p04_control_sections_of_another_shape_are_refused() {
    let refusal = |control: RawTar| {
        let made = Made { control: control.end(), ..small() };
        made.refusal(&made.bytes())
    };
    let control = || RawTar::default().file("./control", CONTROL.as_bytes());
    assert_eq!(refusal(control()), None);
    for wrong in [
        RawTar::default().dir("./"),
        RawTar::default().link("./control", b'2', "x"),
        control().dir("./x"),
        control().file("./x/y", b""),
        control().file("./list", b""),
        control().file("./.hidden", b""),
        control().file("./a b", b""),
        control().link("./postinst", b'2', "/bin/sh"),
        control().link("./postinst", b'1', "control"),
        RawTar::default().file("./control", b""),
        RawTar::default().file("./control", format!("{CONTROL}\n{CONTROL}").as_bytes()),
        RawTar::default().file("./control", CONTROL.replace("made", "../made").as_bytes()),
        RawTar::default().file("./control", CONTROL.replace("1.0-1", "1.0/1").as_bytes()),
        RawTar::default().file("./control", CONTROL.replace("Version", "Werion").as_bytes()),
        RawTar::default().file("./control", format!("{CONTROL}package: x\n").as_bytes()),
    ] {
        assert_eq!(refusal(wrong), Some(Code::DebFormat));
    }
    assert_eq!(refusal(control().file("./control", b"")), Some(Code::TarDuplicate));
}

#[test]
fn files_that_no_package_may_bring_are_refused() {
    for (tar, code) in [
        (data().file("./usr/.wh.bin", b""), Code::TarWhiteout),
        (data().file("./usr/.wh..wh..opq", b""), Code::TarWhiteout),
        (data().member(b"./usr/null", b'3', b"", |_| {}), Code::TarType),
        (data().member(b"./usr/pipe", b'6', b"", |_| {}), Code::TarType),
        (data().file("./proc/self/x", b""), Code::TarPath),
        (data().file("./proc", b""), Code::TarPath),
        (data().link("./sys", b'2', "x"), Code::TarPath),
        (data().dir("./dev/shm/"), Code::TarPath),
        (data().file("./usr/a\nb", b""), Code::TarPath),
        (data().file("./../x", b""), Code::TarPath),
        (data().file("./usr/bin/other/x", b""), Code::TarThroughSymlink),
        (data().file("./usr/bin/made", b""), Code::TarDuplicate),
        (data().link("./usr/bin/x", b'1', "./usr/bin/gone"), Code::TarLinkTarget),
    ] {
        let made = made(CONTROL, &[], tar);
        let mut reader = base();
        reader.allow_devices = true;
        let refused = made.read(&made.bytes(), &reader).unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
    let empty = made(CONTROL, &[], data().dir("./proc/").dir("./sys/").dir("./dev/"));
    assert_eq!(empty.refusal(&empty.bytes()), None, "the directories themselves are base-files'");
}

#[test]
fn an_interrupt_ends_reading() {
    let (made, reader) = (small(), artifact());
    reader.interrupt.signal().store(15, std::sync::atomic::Ordering::Relaxed);
    let refused = made.read(&made.bytes(), &reader).unwrap_err();
    assert_eq!(refused.code(), Code::Terminated);
}

/// All real packages: those of the fixtures, and what `OVERCOAT_DEBS` names a directory of.
fn packages() -> impl Iterator<Item = PathBuf> {
    let fixtures = fixtures().map(|fixtures| fixtures.join("deb/debs"));
    if fixtures.is_none() {
        println!("skipped: there are no package fixtures");
    }
    let dirs = fixtures.into_iter().chain(std::env::var_os("OVERCOAT_DEBS").map(PathBuf::from));
    let files = dirs.flat_map(|dir| walkdir::WalkDir::new(dir).sort_by_file_name());
    let paths = files.map(|file| file.unwrap().into_path());
    paths.filter(|file| file.extension().is_some_and(|ending| ending == "deb"))
}

#[test]
fn real_packages_are_read_and_read_again() {
    for path in packages() {
        let (made, reader, bytes) = (promised(&path), artifact(), fs::read(&path).unwrap());
        let path = path.display();
        let unpacked = made.read(&bytes, &reader).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(unpacked.members.contains_key("md5sums"), "{path}");
        let (how, expected) = (reader.how(), made.expected(&bytes));
        let tar = open_data(&bytes[..], &expected, &how).unwrap();
        replay_tar(Box::new(tar), expected.digest(), unpacked.index.diff_id, &how, &mut IndexOnly).unwrap();
        files(DatabaseKind::Status, b"", &[&unpacked]).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

#[test]
fn real_packages_are_what_dpkg_says_they_are() {
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        println!("skipped: there is no dpkg-deb");
        return;
    }
    let dpkg_deb =
        |how: &str, path: &Path| Command::new("dpkg-deb").arg(how).arg(path).output().unwrap().stdout;
    for path in packages() {
        let unpacked = promised(&path).read(&fs::read(&path).unwrap(), &artifact()).unwrap();
        let control = String::from_utf8(dpkg_deb("--field", &path)).unwrap();
        assert_eq!(print(&unpacked.fields), control, "{}", path.display());
        let tar = Digest::of(&dpkg_deb("--fsys-tarfile", &path));
        assert_eq!(unpacked.index.diff_id, tar, "{}", path.display());
    }
}
