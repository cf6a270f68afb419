//! Any bytes as a layer in Zstandard.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::code::Code;
use overcoat::layer::Codec;
use overcoat::limits::Limits;
use overcoat::oci::Compression;
use overcoat_fuzz::blobs::{check_stream, check_written, written};
use zstd::zstd_safe::{decompress, find_frame_compressed_size};

fuzz_target!(|blob: &[u8]| match blob {
    [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => check(blob),
    // May be read as something else, and so is something to compress.
    content => check_own(content),
});

fn check_own(content: &[u8]) {
    let (own, layer) = written(Codec::Zstd, content);
    let tar = zstd::decode_all(&own[..]).expect("what is written is zstd");
    check_written(Codec::Zstd, content, &own, &layer, &tar);
}

fn check(blob: &[u8]) {
    if parsed(blob).any(|frame| frame.is_taken_in_a_stream_alone()) {
        return;
    }
    let limits = Limits { layer_bytes: 1 << 20, zstd_window_log: WINDOW_LOG, ..Limits::default() };
    let expected = frames(blob);
    let expected = expected.as_ref().map(|(tar, clean)| (&tar[..], *clean));
    check_stream(Compression::Zstd, blob, &limits, expected, Code::Zstd, has_large_window(blob));
}

const WINDOW_LOG: u32 = 20;

/// The most bytes that a frame may come to here: more than the limit of a layer.
const LARGEST: usize = 2 << 20;

/// What all frames hold, each decompressed at once, and whether nothing follows but the end; zeros may.
fn frames(blob: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (mut tar, mut rest) = (Vec::new(), blob);
    loop {
        let size = find_frame_compressed_size(rest).ok()?;
        let mut content = Vec::with_capacity(LARGEST);
        decompress(&mut content, &rest[..size]).ok()?;
        // All at once, a block that repeats a byte may be larger than blocks can be.
        Frame::parse(rest).is_none_or(|frame| frame.has_sound_blocks()).then_some(())?;
        tar.extend_from_slice(&content);
        rest = &rest[size..];
        match rest.first() {
            None => return Some((tar, true)),
            Some(0) => return rest.iter().all(|byte| *byte == 0).then_some((tar, false)),
            Some(_) => {}
        }
    }
}

/// Whether a frame has a larger window than is allowed.
fn has_large_window(blob: &[u8]) -> bool {
    parsed(blob).any(|frame| frame.window > 1 << WINDOW_LOG)
}

/// The frames that are not to be skipped, as far as the blob is made of frames.
fn parsed(blob: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let rests = std::iter::successors(Some(blob), |rest| {
        let size = find_frame_compressed_size(rest).ok()?;
        Some(&rest[size..])
    });
    rests.filter_map(Frame::parse)
}

/// A frame that is not to be skipped: RFC 8878, 3.1.1.
struct Frame<'a> {
    window: u64,
    /// Bytes of its content, where it says so.
    size: Option<u64>,
    /// Blocks, and whatever follows.
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let [descriptor, rest @ ..] = bytes.strip_prefix(b"\x28\xb5\x2f\xfd")? else { return None };
        let is_single_segment = descriptor & 0x20 != 0;
        let (window, rest) = match (is_single_segment, rest) {
            (true, rest) => (None, rest),
            (false, [window, rest @ ..]) => {
                let base = 1_u64 << (10 + (window >> 3));
                (Some(base + base / 8 * u64::from(window & 7)), rest)
            }
            (false, []) => return None,
        };
        let rest = rest.get([0, 1, 2, 4][usize::from(descriptor & 3)]..)?;
        let length = match (descriptor >> 6, is_single_segment) {
            (0, is_single_segment) => usize::from(is_single_segment),
            (log, _) => 1 << log,
        };
        let (size, bytes) = rest.split_at_checked(length)?;
        let size = size.iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte));
        let size = if length == 2 { size + 256 } else { size };
        Some(Self { window: window.unwrap_or(size), size: (length > 0).then_some(size), bytes })
    }

    /// Whether it may be one that the library refuses at once and not in a stream, where it passes over a block of no bytes:
    /// compressed ones have some, and with one at the end the size of the content is not compared.
    fn is_taken_in_a_stream_alone(&self) -> bool {
        self.blocks().any(|block| block.size == 0 && (block.is_compressed || self.size.is_some()))
    }

    /// Whether no block comes to more than the window, nor to more than 128 KiB, as far as its header says.
    fn has_sound_blocks(&self) -> bool {
        let largest = self.window.min(128 << 10);
        self.blocks().all(|block| block.size as u64 <= largest)
    }

    fn blocks(&self) -> impl Iterator<Item = Block> {
        let mut rest = self.bytes;
        std::iter::from_fn(move || {
            let (header, after) = rest.split_first_chunk::<3>()?;
            let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
            let (is_last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
            let is_repeated = kind == 1;
            let length = if is_repeated { 1 } else { size };
            rest = after.get(length..).filter(|_| !is_last).unwrap_or_default();
            Some(Block { is_compressed: kind == 2, size })
        })
    }
}

/// What the header of a block says.
struct Block {
    is_compressed: bool,
    size: usize,
}
