//! The header of a Zstandard frame, RFC 8878, section 3.1.1.1: what memory it asks for, before any is given.

/// Bytes of the longest header.
pub(super) const LONGEST: usize = 18;

/// Bytes that tell how long a header is: magic number and descriptor.
const SHORTEST: usize = 5;

const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// What a frame asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Bytes of its window, which limits how far back its blocks may refer.
    pub(super) window: u64,
    /// Bytes of its content, where they are told.
    pub(super) content: Option<u64>,
}

impl Asked {
    /// Bytes that a decoder has to remember.
    pub(super) fn memory(self) -> u64 {
        self.content.map_or(self.window, |content| content.min(self.window))
    }
}

/// How many bytes the header has that begins with these; what is no frame, or one to skip, counts as the shortest.
pub(super) fn length(begin: &[u8]) -> usize {
    match descriptor(begin) {
        Some(descriptor) => SHORTEST + descriptor.window + descriptor.dictionary + descriptor.content,
        None => SHORTEST,
    }
}

/// What the frame asks for whose whole header this is; nothing where it is no frame, or one to skip.
pub(super) fn asked(header: &[u8]) -> Option<Asked> {
    let descriptor = descriptor(header)?;
    let rest = header.get(SHORTEST..length(header))?;
    let (window, rest) = rest.split_at(descriptor.window);
    let content = match &rest[descriptor.dictionary..] {
        [] => None,
        [low, high] => Some(u64::from(u16::from_le_bytes([*low, *high])) + 256),
        bytes => Some(bytes.iter().rev().fold(0, |size, byte| (size << 8) | u64::from(*byte))),
    };
    let window = match window {
        [window] => {
            let base = 1_u64 << (10 + (window >> 3));
            base + base / 8 * u64::from(window & 7)
        }
        // One segment, which is its own window.
        _ => content.unwrap_or(0),
    };
    Some(Asked { window, content })
}

/// How many bytes each field of a header has.
struct Descriptor {
    window: usize,
    dictionary: usize,
    content: usize,
}

fn descriptor(begin: &[u8]) -> Option<Descriptor> {
    let byte = *begin.strip_prefix(MAGIC)?.first()?;
    let is_one_segment = byte & 0x20 != 0;
    let content = match byte >> 6 {
        0 => usize::from(is_one_segment),
        flag => 1 << flag,
    };
    Some(Descriptor {
        window: usize::from(!is_one_segment),
        dictionary: [0, 1, 2, 4][usize::from(byte & 3)],
        content,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zstd::zstd_safe::{CParameter, get_frame_content_size};

    use super::*;

    fn frame(fields: &[u8]) -> Vec<u8> {
        [MAGIC, fields].concat()
    }

    #[test]
    fn headers_of_every_form_are_read() {
        for (fields, expected) in [
            (&[0, 0][..], (1 << 10, None)),
            (&[0, 0x0f], (2048 + 7 * 256, None)),
            (&[0, 17 << 3], (1 << 27, None)),
            (&[0, 0xff], ((1 << 41) + 7 * (1 << 38), None)),
            (&[0x20, 7], (7, Some(7))),
            (&[0x40, 0, 1, 1], (1 << 10, Some(513))),
            (&[0x60, 0, 0], (256, Some(256))),
            (&[0x81, 8, 9, 1, 0, 0, 1], (1 << 11, Some((1 << 24) + 1))),
            (&[0xa2, 9, 9, 4, 3, 2, 1], (0x0102_0304, Some(0x0102_0304))),
            (&[0xe3, 9, 9, 9, 9, 1, 0, 0, 0, 0, 0, 0, 0x80], ((1 << 63) + 1, Some((1 << 63) + 1))),
        ] {
            let header = frame(fields);
            assert_eq!(length(&header), header.len(), "{fields:?}");
            let (window, content) = expected;
            assert_eq!(asked(&header), Some(Asked { window, content }), "{fields:?}");
            assert_eq!(length(&header[..5]), header.len(), "{fields:?}");
        }
        assert_eq!(length(&frame(&[0xc3; 20])), LONGEST);
    }

    #[test]
    fn what_is_no_frame_asks_for_nothing() {
        for begin in [&b"\x50\x2a\x4d\x18\x03\0\0\0"[..], b"\x1f\x8b\x08\0\0\0", b"\x28\xb5\x2f", b""] {
            assert_eq!((length(begin), asked(begin)), (SHORTEST, None));
        }
        assert_eq!(asked(&frame(&[0])), None, "half a header");
    }

    #[test]
    fn the_library_writes_what_is_read() {
        for log in [10, 17, 27] {
            for (size, told) in [(0, true), (100, true), (300, false), (70_000, true), (70_000, false)] {
                let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
                encoder.set_parameter(CParameter::WindowLog(log)).unwrap();
                encoder.include_contentsize(told).unwrap();
                encoder.set_pledged_src_size(told.then_some(size)).unwrap();
                encoder.write_all(&vec![7; usize::try_from(size).unwrap()]).unwrap();
                let frame = encoder.finish().unwrap();
                let found = asked(&frame).unwrap();
                assert_eq!(get_frame_content_size(&frame).unwrap(), found.content, "{log} {size} {told}");
                assert_eq!(found.content, told.then_some(size));
                assert!(found.memory() <= 1 << log, "{log} {size} {told}");
                assert!(told || found.window == 1 << log, "{log} {size}");
            }
        }
    }
}
