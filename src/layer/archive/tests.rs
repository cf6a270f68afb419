//! Archives that are read as GNU tar, bsdtar and Python agree, and archives that are not read.

use std::process::{Command, Stdio};

use super::super::raw::{RawTar, Reader, artifact, base, checked, entry, listing, records_of};
use crate::code::Code;
use crate::layer::Warning;
use crate::rootfs::{FileContent, Kind, Owner};

/// The bytes of a file named `name`: what a careless reader would take for an entry.
fn decoy(name: &str) -> Vec<u8> {
    RawTar::default().file(name, b"").0
}

/// Two archives that are told apart by what is done with a PAX size, each with the names that it holds.
fn pax_sizes() -> [(&'static str, Vec<u8>, Vec<&'static str>); 4] {
    let body = |length: usize| vec![b'x'; length];
    [
        (
            "pax-hidden-entry: the size of one file is not that of the next",
            RawTar::default()
                .pax(&[("size", b"2048")])
                .file("file_a", &body(2048))
                .file("file_b", b"")
                .file("hidden", b"x")
                .end(),
            vec!["file_a", "file_b", "hidden"],
        ),
        (
            "pax-phantom-entry: content that looks like an entry",
            RawTar::default()
                .pax(&[("size", b"512")])
                .member(b"file_a", b'0', b"", |_| {})
                .blocks(&decoy("phantom"))
                .file("file_b", b"x")
                .end(),
            vec!["file_a", "file_b"],
        ),
        (
            "pax-overrides-extension-header: the size is not that of the long name",
            RawTar::default()
                .pax(&[("size", b"2048")])
                .extension(b'L', b"longname.txt\0")
                .file("file_a", &body(2048))
                .file("file_b", b"x")
                .end(),
            vec!["longname.txt", "file_b"],
        ),
        (
            "pax-header-precedence: PAX wins over the header",
            RawTar::default()
                .file("normal.txt", b"x")
                .pax(&[("path", b"blob.bin"), ("size", b"1024")])
                .member(b"other", b'0', b"", |_| {})
                .blocks(&[decoy("inner"), decoy("inner2")].concat())
                .file("marker.txt", b"x")
                .end(),
            vec!["normal.txt", "blob.bin", "marker.txt"],
        ),
    ]
}

#[test]
fn t18_a_pax_size_counts_for_the_next_entry_alone() {
    for (what, tar, names) in pax_sizes() {
        assert_eq!(listing(&base().tar(&tar).unwrap()), names, "{what}");
        assert_eq!(listing(&artifact().tar(&tar).unwrap()), names, "{what}");
    }
}

#[test]
fn t18_other_tools_agree() {
    let dir = tempfile::tempdir().unwrap();
    let python = "import sys, tarfile; print(*tarfile.open(sys.argv[1]).getnames(), sep='\\n')";
    for (what, tar, names) in pax_sizes() {
        let path = dir.path().join("a.tar");
        std::fs::write(&path, &tar).unwrap();
        for (tool, arguments) in [("tar", &["-tf"][..]), ("bsdtar", &["-tf"]), ("python3", &["-c", python])] {
            let output = Command::new(tool).args(arguments).arg(&path).stdin(Stdio::null()).output();
            let Ok(output) = output else {
                eprintln!("{tool} is not installed: nothing compared");
                continue;
            };
            let found = String::from_utf8(output.stdout).unwrap();
            assert_eq!(found.lines().collect::<Vec<_>>(), names, "{tool}: {what}");
        }
    }
}

/// An archive with every extension that a base may have, and the places where entries begin, its end included.
fn everything() -> (Vec<u8>, Vec<usize>) {
    let mut tar = RawTar::default();
    let mut boundaries = vec![0];
    let steps: [fn(RawTar) -> RawTar; 6] = [
        |tar| tar.dir("dir/"),
        |tar| tar.file("dir/file", &[b'x'; 700]),
        |tar| tar.pax(&[("path", b"dir/pax"), ("mtime", b"1.5")]).file("other", b"12345"),
        |tar| tar.extension(b'L', b"dir/long\0").extension(b'K', b"target\0").link("short", b'2', "x"),
        |tar| tar.extension(b'g', &records_of(&[("comment", b"x")])).link("dir/hard", b'1', "dir/file"),
        |tar| tar.pax(&[("SCHILY.xattr.user.a", b"b")]).file("last", &[b'y'; 1024]),
    ];
    for step in steps {
        tar = step(tar);
        boundaries.push(tar.0.len());
    }
    (tar.end(), boundaries)
}

#[test]
fn t19_an_archive_cut_anywhere_but_between_entries_is_refused() {
    let (tar, boundaries) = everything();
    let whole = base().tar(&tar).unwrap();
    for length in 0..=tar.len() {
        let result = base().tar(&tar[..length]);
        // Half an end, a single zero block, is the end of an archive too.
        let is_whole = length == tar.len();
        if boundaries.contains(&length) || length + 512 == tar.len() || is_whole {
            let index = result.unwrap_or_else(|error| panic!("cut at {length}: {error}"));
            let kept = boundaries.iter().filter(|boundary| **boundary > 0 && **boundary <= length).count();
            assert!(index.items.iter().eq(whole.items.iter().take(kept)));
            assert_eq!(index.warnings.contains(&Warning::NoEnd), !is_whole);
        } else {
            let code = crate::code::Coded::code(&result.unwrap_err());
            assert!(matches!(code, Code::TarHeader | Code::TarTruncated), "cut at {length}: {code}");
        }
    }
}

#[test]
fn t19_headers_and_bodies_that_end_early_are_truncated() {
    let header = |flag, size: usize| RawTar::default().member(b"aaa", flag, &vec![0; size], |_| {}).0;
    for (what, tar) in [
        ("half a header", header(b'0', 0)[..200].to_vec()),
        ("a body that is missing", header(b'0', 600)[..512].to_vec()),
        ("a body without its padding", header(b'0', 600)[..1112].to_vec()),
        ("a long name that is missing", header(b'L', 600)[..600].to_vec()),
        ("a PAX header without an entry", RawTar::default().pax(&[("path", b"x")]).0),
    ] {
        for reader in [base(), artifact()] {
            assert_eq!(reader.refusal(&tar), Some(Code::TarTruncated), "{what}");
        }
    }
    let pending = RawTar::default().extension(b'L', b"name").end();
    assert_eq!(base().refusal(&pending), Some(Code::TarHeader), "a long name before the end");
}

#[test]
fn t20_two_sizes_of_one_entry() {
    let tar = RawTar::default()
        .pax(&[("size", b"1024")])
        .member(b"f", b'0', b"x", |_| {})
        .blocks(&decoy("inside"))
        .file("next", b"")
        .end();
    assert_eq!(artifact().refusal(&tar), Some(Code::TarDesync));
    let index = base().tar(&tar).unwrap();
    assert_eq!(listing(&index), ["f", "next"]);
    assert!(matches!(entry(&index, 0).kind, Kind::File(FileContent { size: 1024, .. })));
}

#[test]
fn t21_sizes_that_no_archive_can_have() {
    let sized = |field: &[u8; 12]| {
        let field = *field;
        RawTar::default().member(b"f", b'0', b"", |block| block[124..136].copy_from_slice(&field)).end()
    };
    for field in [
        b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"-0000000001\0",
        b"00000junk00\0",
    ] {
        for reader in [base(), artifact()] {
            assert_eq!(reader.refusal(&sized(field)), Some(Code::TarHeader), "{}", field.escape_ascii());
        }
    }
    for size in ["9223372036854775807", "9223372036854775808", "-1", "1x", "99999999999999999999999"] {
        let tar = RawTar::default().pax(&[("size", size.as_bytes())]).file("f", b"").end();
        assert_eq!(base().refusal(&tar), Some(Code::TarHeader), "{size}");
    }
    assert_eq!(base().refusal(&sized(b"\x80\0\0\0\x40\0\0\0\0\0\0\0")), Some(Code::TarTruncated));
}

/// An old GNU sparse file whose map goes on for `more` blocks.
fn old_sparse(more: usize) -> Vec<u8> {
    let mut tar = RawTar::default().member(b"s", b'S', b"", |block| {
        block[257..265].copy_from_slice(b"ustar  \0");
        block[124..136].copy_from_slice(b"00000001000\0");
        block[482] = u8::from(more > 0);
        block[483..495].copy_from_slice(b"00000100000\0");
    });
    for at in 0..more {
        let mut map = [0; 512];
        map[504] = u8::from(at + 1 < more);
        tar = tar.blocks(&map);
    }
    tar.blocks(&[b'd'; 512]).file("next", b"").end()
}

#[test]
fn t22_sparse_files_of_a_base_are_passed_over_exactly() {
    let pax = |records: &[(&str, &[u8])]| {
        RawTar::default().pax(records).file("GNUSparseFile.0/s", &[b'd'; 700]).file("next", b"").end()
    };
    let records: [&[(&str, &[u8])]; 3] = [
        &[
            ("GNU.sparse.size", b"32768"),
            ("GNU.sparse.numblocks", b"1"),
            ("GNU.sparse.offset", b"0"),
            ("path", b"s"),
        ],
        &[("GNU.sparse.size", b"32768"), ("GNU.sparse.map", b"0,700"), ("GNU.sparse.name", b"s")],
        &[("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"32768"), ("GNU.sparse.name", b"s")],
    ];
    let archives = [old_sparse(0), old_sparse(3)].into_iter().chain(records.map(pax));
    for (at, tar) in archives.enumerate() {
        let index = base().tar(&tar).unwrap();
        assert_eq!(listing(&index), ["s", "next"], "archive {at}");
        let expected = FileContent { size: 32768, sha256: [0; 32], sparse: true };
        assert_eq!(entry(&index, 0).kind, Kind::File(expected), "archive {at}");
        assert_eq!(artifact().refusal(&tar), Some(Code::TarSparse), "archive {at}");
    }
}

#[test]
fn t22_the_map_of_a_sparse_file_is_bounded() {
    let mut reader = base();
    reader.limits.tar_header_bytes = 2048;
    assert_eq!(reader.refusal(&old_sparse(4)), None);
    assert_eq!(reader.refusal(&old_sparse(5)), Some(Code::LimitHeader));
}

#[test]
fn t23_headers_that_lead_nowhere_end() {
    for record in [&b"0 path=x\n"[..], b"00000000000 path=x\n", b"1\n", b"", b"\0\0\0\0"] {
        let tar = RawTar::default().extension(b'x', record).file("f", b"").end();
        let expected = (!record.is_empty()).then_some(Code::TarHeader);
        assert_eq!(base().refusal(&tar), expected, "{}", record.escape_ascii());
    }
    let nameless = RawTar::default().file("", b"").0;
    assert_eq!(base().refusal(&nameless.repeat(10_000)), Some(Code::TarHeader));
    let mut reader = base();
    reader.limits.layer_entries = 9_999;
    let many = RawTar::default().file("f", b"").0.repeat(10_000);
    assert_eq!(reader.refusal(&many), Some(Code::LimitEntries));
    assert_eq!(reader.refusal(&many[512..]), None);
}

#[test]
fn t24_extension_headers_are_bounded() {
    let large = RawTar::default().pax(&[("comment", &[b'x'; 1 << 20])]).file("f", b"").end();
    let many = RawTar::default().extension(b'x', &b"5 a=\n".repeat(1_000_000)).file("f", b"").end();
    let long = RawTar::default().extension(b'L', &[b'a'; (1 << 20) + 1]).file("f", b"").end();
    let mut global = RawTar::default();
    for _ in 0..3 {
        global = global.extension(b'g', &records_of(&[("comment", &[b'x'; 400_000])]));
    }
    for tar in [large, many, long, global.file("f", b"").end()] {
        assert_eq!(base().refusal(&tar), Some(Code::LimitHeader));
    }
}

#[test]
fn t24_a_size_is_not_believed_before_its_bytes_are_there() {
    let tar = RawTar::default()
        .member(b"x", b'x', b"", |block| block[124..136].copy_from_slice(b"77777777777\0"))
        .end();
    assert_eq!(base().refusal(&tar), Some(Code::LimitHeader));
}

#[test]
fn t31_long_paths_are_refused_wherever_they_are_spelled() {
    for path in [[b'a'; 4097].to_vec(), [b'a'; 256].to_vec(), b"a/".repeat(500_000)] {
        for tar in [
            RawTar::default().pax(&[("path", &path)]).file("f", b""),
            RawTar::default().extension(b'L', &path).file("f", b""),
        ] {
            assert_eq!(base().refusal(&tar.end()), Some(Code::LimitPath), "{} bytes", path.len());
        }
    }
    let link = RawTar::default().pax(&[("linkpath", &[b'a'; 4096])]).link("l", b'2', "x").end();
    assert_eq!(base().refusal(&link), Some(Code::LimitPath));
}

#[test]
fn attributes_come_from_the_header_and_pax_overrides_them() {
    let header = |block: &mut [u8; 512]| {
        block[100..108].copy_from_slice(b"0104755\0");
        block[108..116].copy_from_slice(b"0001750\0");
        block[116..124].copy_from_slice(b"\x80\0\0\0\0\x20\0\0");
        block[136..148].copy_from_slice(b"14524752440\0");
    };
    let records: &[(&str, &[u8])] = &[
        ("uid", b"4294967294"),
        ("mtime", b"-1.25"),
        ("SCHILY.xattr.security.capability", b"\0\n=\xff"),
        ("LIBARCHIVE.xattr.user.%61", b"Yg"),
        ("uname", b"somebody"),
        ("VENDOR.unknown", b""),
    ];
    let tar = RawTar::default()
        .member(b"a", b'0', b"", header)
        .pax(records)
        .member(b"b", b'0', b"", header)
        .pax(&[("uid", b"7"), ("uid", b"")])
        .member(b"c", b'0', b"", header)
        .end();
    let index = base().tar(&tar).unwrap();
    let [a, b, c] = [0, 1, 2].map(|at| entry(&index, at).attributes.clone());
    assert_eq!((a.mode.bits(), a.owner, a.mtime), (0o4755, Owner { uid: 1000, gid: 1 << 21 }, 1_699_992_864));
    assert_eq!((b.owner, b.mtime), (Owner { uid: u32::MAX - 1, gid: 1 << 21 }, -2));
    let xattrs: Vec<_> = b.xattrs.iter().collect();
    assert_eq!(xattrs, [(&b"security.capability"[..], &b"\0\n=\xff"[..]), (b"user.a", b"b")]);
    assert_eq!(c, a, "a record without a value takes the one before it back");
}

#[test]
fn ids_that_mean_no_change_are_refused() {
    for records in [[("uid", &b"4294967295"[..])], [("gid", b"4294967296")], [("uid", b"-2")]] {
        let tar = RawTar::default().pax(&records).file("f", b"").end();
        assert_eq!(base().refusal(&tar), Some(Code::TarHeader), "{records:?}");
    }
}

#[test]
fn extended_attributes_are_bounded() {
    let refusal = |reader: &Reader, records: &[(&str, &[u8])]| {
        reader.refusal(&RawTar::default().pax(records).file("f", b"").end())
    };
    let mut reader = base();
    reader.limits.xattrs = 2;
    reader.limits.xattr_bytes = 10;
    let [a, b, c] = ["SCHILY.xattr.user.a", "SCHILY.xattr.user.b", "SCHILY.xattr.user.c"];
    assert_eq!(refusal(&reader, &[(a, &[0; 10]), (b, b""), (a, b"")]), None);
    assert_eq!(refusal(&reader, &[(a, b""), (b, b""), (c, b"")]), Some(Code::LimitPath));
    assert_eq!(refusal(&reader, &[(a, &[0; 11])]), Some(Code::LimitPath));
    assert_eq!(refusal(&reader, &[("SCHILY.xattr.", b"")]), Some(Code::TarHeader));
    let long = format!("SCHILY.xattr.{}", "x".repeat(256));
    assert_eq!(refusal(&base(), &[(&long, b"")]), Some(Code::LimitPath));
}

#[test]
fn names_and_attributes_of_a_layer_are_bounded_together() {
    let tar = RawTar::default()
        .file("12345", b"")
        .link("s", b'2', "234")
        .pax(&[("SCHILY.xattr.user.a", b"bcd")])
        .file("f", b"")
        .end();
    let mut reader = base();
    reader.limits.layer_name_bytes = 19;
    assert_eq!(reader.refusal(&tar), None);
    reader.limits.layer_name_bytes = 18;
    assert_eq!(reader.refusal(&tar), Some(Code::LimitHeader));
}

#[test]
fn the_prefix_belongs_to_posix_names_alone() {
    let prefixed = |magic: &'static [u8; 8]| {
        let change = |block: &mut [u8; 512]| {
            block[257..265].copy_from_slice(magic);
            block[345..348].copy_from_slice(b"dir");
        };
        listing(&base().tar(&RawTar::default().member(b"f", b'0', b"", change).end()).unwrap())
    };
    assert_eq!(prefixed(b"ustar\x0000"), ["dir/f"]);
    assert_eq!(prefixed(b"ustar\0\0\0"), ["dir/f"]);
    assert_eq!(prefixed(b"ustar  \0"), ["f"]);
    assert_eq!(prefixed(b"\0\0\0\0\0\0\0\0"), ["f"]);
}

#[test]
fn files_are_known_under_their_old_types() {
    let old = |block: &mut [u8; 512]| block[257..265].fill(0);
    let tar = RawTar::default()
        .member(b"nul", 0, b"x", |_| {})
        .member(b"contiguous", b'7', b"x", |_| {})
        .member(b"old/", b'0', b"", old)
        .member(b"older/", 0, b"", |_| {})
        .end();
    assert_eq!(listing(&artifact().tar(&tar).unwrap()), ["nul", "contiguous", "old/", "older/"]);
}

#[test]
fn t02_a_file_spelled_as_a_directory_is_a_file() {
    let tar = RawTar::default().member(b"f/", b'0', b"x", |_| {}).end();
    assert_eq!(listing(&artifact().tar(&tar).unwrap()), ["f"]);
}

#[test]
fn signed_checksums_are_accepted_and_wrong_ones_are_not() {
    let tar = RawTar::default().member(b"\xff\xfe", b'0', b"", |_| {});
    let mut signed = tar.0.clone();
    let sum: i64 = signed[..512]
        .iter()
        .enumerate()
        .map(|(at, byte)| match at {
            148..156 => i64::from(b' '),
            _ => i64::from(byte.cast_signed()),
        })
        .sum();
    signed[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(base().refusal(&signed), None);
    let mut wrong = tar.0;
    wrong[0] ^= 1;
    assert_eq!(base().refusal(&wrong), Some(Code::TarHeader));
}

#[test]
fn an_archive_ends_at_its_first_two_zero_blocks() {
    let tar = RawTar::default().file("f", b"").end();
    let padded = [tar.clone(), vec![0; 10 * 512 + 7]].concat();
    assert_eq!(base().tar(&padded).unwrap().warnings, []);
    assert_eq!(artifact().refusal(&padded), None);
    let trailing = [tar, vec![0; 300_000], decoy("late")].concat();
    let index = base().tar(&trailing).unwrap();
    assert_eq!(
        (listing(&index), index.warnings.as_slice()),
        (vec!["f".to_owned()], &[Warning::Trailing][..])
    );
    assert_eq!(index.size, trailing.len() as u64);
    assert_eq!(artifact().refusal(&trailing), Some(Code::TarTrailing));
    let single = [RawTar::default().file("f", b"").0, vec![0; 512], decoy("late")].concat();
    assert_eq!(base().refusal(&single), Some(Code::TarHeader));
}

#[test]
fn an_archive_without_an_end_is_taken_with_a_warning() {
    for tar in [Vec::new(), decoy("f"), [decoy("f"), vec![0; 512]].concat()] {
        assert_eq!(base().tar(&tar).unwrap().warnings, [Warning::NoEnd]);
        assert_eq!(artifact().tar(&tar).unwrap().warnings, [Warning::NoEnd]);
    }
}

#[test]
fn two_extensions_that_contradict_each_other_are_refused_from_an_artifact() {
    let tar = RawTar::default;
    for (what, tar, names) in [
        ("GNU, then PAX", tar().extension(b'L', b"gnu\0").pax(&[("path", b"pax")]).file("f", b""), ["pax"]),
        ("PAX, then GNU", tar().pax(&[("path", b"pax")]).extension(b'L', b"gnu\0").file("f", b""), ["pax"]),
        ("two PAX", tar().pax(&[("path", b"a")]).pax(&[("uid", b"1")]).file("f", b""), ["f"]),
        ("two GNU", tar().extension(b'L', b"a").extension(b'L', b"b").file("f", b""), ["b"]),
    ] {
        let tar = tar.end();
        assert_eq!(artifact().refusal(&tar), Some(Code::TarHeader), "{what}");
        assert_eq!(listing(&base().tar(&tar).unwrap()), names, "{what}");
    }
    let same = tar().extension(b'L', b"same\0").pax(&[("path", b"same")]).file("f", b"").end();
    assert_eq!(listing(&artifact().tar(&same).unwrap()), ["same"]);
}

#[test]
fn global_headers_change_nothing_and_must_not_try_to() {
    let global = |key| RawTar::default().extension(b'g', &records_of(&[(key, b"7")])).file("f", b"").end();
    assert_eq!(artifact().refusal(&global("comment")), None);
    for key in ["path", "size", "uid", "SCHILY.xattr.user.a", "GNU.sparse.size"] {
        assert_eq!(artifact().refusal(&global(key)), Some(Code::TarHeader), "{key}");
        let index = base().tar(&global(key)).unwrap();
        assert_eq!((listing(&index), entry(&index, 0).attributes.owner), (vec!["f".to_owned()], Owner::ROOT));
    }
}

#[test]
fn what_is_no_file_has_no_content() {
    for flag in *b"123456" {
        let sized = |block: &mut [u8; 512]| {
            block[157] = b't';
            block[124..136].copy_from_slice(b"00000001000\0");
        };
        let tar = RawTar::default().member(b"f", flag, b"", sized).file("next", b"").end();
        assert_eq!(artifact().refusal(&tar), Some(Code::TarHeader));
        assert_eq!(base().tar(&tar).unwrap().items.len(), 2);
    }
}

#[test]
fn offsets_lead_to_headers_with_their_extensions() {
    let (tar, boundaries) = everything();
    let index = base().tar(&tar).unwrap();
    let offsets: Vec<_> = index.items.iter().map(|item| item.offset as usize).collect();
    assert_eq!(offsets, boundaries[..boundaries.len() - 1]);
    let block: [u8; 512] = tar[..512].try_into().unwrap();
    assert_eq!(checked(block), block, "the builder's own checksum is sound");
}
