use proptest::prelude::*;

use super::*;
use crate::package::deb::made::{archive, small};

fn members(bytes: &[u8]) -> Result<Vec<(Compression, Vec<u8>)>, ArchiveError> {
    let read = || {
        let mut archive = Archive::open(bytes)?;
        let mut members = Vec::new();
        for member in [Member::Control, Member::Data] {
            let compression = archive.enter(member)?;
            let mut content = Vec::new();
            archive.read_to_end(&mut content)?;
            members.push((compression, content));
        }
        archive.finish()?;
        Ok(members)
    };
    read().map_err(|error: io::Error| error.downcast().unwrap())
}

fn parts(control: &[u8], data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut parts = small().members();
    parts[1] = ("control.tar".to_owned(), control.to_vec());
    parts[2] = ("data.tar.zst".to_owned(), data.to_vec());
    parts
}

#[test]
fn members_of_any_length_are_read() {
    for control in 0..5 {
        for data in 0..5 {
            let (control, data) = (vec![b'c'; control], vec![b'd'; data]);
            let bytes = archive(&parts(&control, &data));
            assert_eq!(bytes.len() % 2, 0);
            let expected = vec![(Compression::None, control), (Compression::Zstd, data)];
            assert_eq!(members(&bytes), Ok(expected));
        }
    }
}

proptest! {
    #[test]
    fn members_of_any_content_are_read(control: Vec<u8>, data: Vec<u8>) {
        let bytes = archive(&parts(&control, &data));
        prop_assert_eq!(members(&bytes), Ok(vec![(Compression::None, control), (Compression::Zstd, data)]));
    }

    #[test]
    fn p04_no_bytes_make_an_archive_that_others_read_otherwise(
        at in 0_usize..200, byte: u8, control in proptest::collection::vec(any::<u8>(), 0..9)
    ) {
        let right = archive(&parts(&control, b"data"));
        let mut changed = right.clone();
        let at = at % right.len();
        changed[at] = byte;
        if let Ok(read) = members(&changed) {
            // What is not read anyhow: time, owner and mode of a member; or what is its content.
            let [version, header, content] = [8, 8 + 60 + 4, 8 + 60 + 4 + 60];
            let is_of_members = read != members(&right).unwrap();
            let second = content + control.len().next_multiple_of(2);
            let is_free = |start: usize| (start + 16..start + 48).contains(&at);
            let is_own = is_of_members || byte == right[at];
            let is_name = byte == b'/' || byte == b' ' || byte.is_ascii_whitespace();
            let starts = [version, header, second];
            prop_assert!(is_own || is_name || starts.into_iter().any(is_free), "{} {}", at, byte);
        }
    }
}

#[test]
fn members_are_read_over() {
    let bytes = archive(&parts(b"control", b"data"));
    let mut archive = Archive::open(&bytes[..]).unwrap();
    archive.enter(Member::Control).unwrap();
    archive.enter(Member::Data).unwrap();
    archive.finish().unwrap();
}

#[test]
fn p04_headers_of_another_form_are_refused() {
    let right = archive(&parts(b"12345", b"67"));
    // The header of the second member.
    let header = 8 + 60 + 4;
    for (at, bytes, error) in [
        (0, &b"!<arch>\r"[..], ArchiveError::Magic),
        (header + 58, b"\n\n", ArchiveError::Header),
        (header + 48, b"          ", ArchiveError::Header),
        (header + 48, b"-5", ArchiveError::Header),
        (header + 48, b"+5", ArchiveError::Header),
        (header + 48, b"5 5", ArchiveError::Header),
        (header + 48, b" 5", ArchiveError::Header),
        (header + 48, b"0x5", ArchiveError::Header),
        (header + 48, b"9999999999", ArchiveError::Truncated),
        (header + 65, b"\0", ArchiveError::Padding),
        (
            header,
            b"#1/20",
            ArchiveError::Member { expected: "control.tar", found: b"#1/20ol.tar".as_slice().into() },
        ),
    ] {
        let mut wrong = right.clone();
        wrong[at..at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(members(&wrong), Err(error), "{}", bytes.escape_ascii());
    }
}

#[test]
fn p04_bzip2_is_told_by_its_name() {
    let mut members_of = parts(b"", b"");
    members_of[2].0 = "data.tar.bz2".to_owned();
    assert_eq!(members(&archive(&members_of)), Err(ArchiveError::Bzip2));
    members_of[1].0 = "control.tar.bz2".to_owned();
    assert!(matches!(members(&archive(&members_of)), Err(ArchiveError::Member { .. })));
}

#[test]
fn a_fault_stays() {
    let bytes = archive(&parts(b"12345", b""));
    let mut archive = Archive::open(&bytes[..8 + 60 + 4 + 60 + 3]).unwrap();
    archive.enter(Member::Control).unwrap();
    let mut content = Vec::new();
    for _ in 0..2 {
        let error = archive.read_to_end(&mut content).unwrap_err();
        assert_eq!(error.downcast::<ArchiveError>().unwrap(), ArchiveError::Truncated);
    }
    assert_eq!(content, b"123");
}
