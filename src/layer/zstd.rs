//! Reading Zstandard, RFC 8878: all frames of a stream.

use std::io::BufRead;

use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use super::blob::{Blob, own};
use super::{LimitError, ReadErrorKind};

/// The bytes of a stream of one or more frames; skippable ones give none.
pub(super) struct ZstdDecoder {
    blob: Blob,
    context: DCtx<'static>,
    window_log: u32,
    at: At,
    /// Whether zeros may follow the last frame.
    padded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    InFrame,
    BetweenFrames,
    End,
}

impl ZstdDecoder {
    /// Decodes a blob whose windows have up to 2^`window_log` bytes; `padded` allows zeros after the last frame.
    pub(super) fn new(blob: Blob, window_log: u32, padded: bool) -> Result<Self, ReadErrorKind> {
        let mut context = DCtx::try_create().ok_or(ReadErrorKind::Zstd("no memory for a decoder"))?;
        context
            .set_parameter(DParameter::WindowLogMax(window_log))
            .map_err(|code| error(code, window_log))?;
        Ok(Self { blob, context, window_log, at: At::Start, padded })
    }

    /// Some bytes; none only at the end of the blob.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        while self.at != At::End {
            match self.step(out)? {
                0 => {}
                read => return Ok(read),
            }
        }
        Ok(0)
    }

    /// The blob, wherever reading it stands.
    pub(super) fn blob(&mut self) -> &mut Blob {
        &mut self.blob
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        let bytes = self.blob.fill_buf().map_err(own)?;
        match (bytes.first(), self.at) {
            (None, At::BetweenFrames) => self.at = At::End,
            (Some(0), At::BetweenFrames) if self.padded => match self.blob.has_only_zeros().map_err(own)? {
                true => self.at = At::End,
                false => return Err(ReadErrorKind::Zstd("garbage follows the last frame")),
            },
            _ => return self.decode(out),
        }
        Ok(0)
    }

    fn decode(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        let bytes = self.blob.fill_buf().map_err(own)?;
        let is_last = bytes.is_empty();
        let mut input = InBuffer::around(bytes);
        let mut output = OutBuffer::around(out);
        let hint = self.context.decompress_stream(&mut output, &mut input);
        let hint = hint.map_err(|code| error(code, self.window_log))?;
        let (consumed, produced) = (input.pos(), output.pos());
        self.blob.consume(consumed);
        if is_last && produced == 0 {
            return Err(ReadErrorKind::Zstd("it is truncated"));
        }
        self.at = if hint == 0 { At::BetweenFrames } else { At::InFrame };
        Ok(produced)
    }
}

fn error(code: usize, window_log: u32) -> ReadErrorKind {
    // The library reports -code as a size.
    if code.wrapping_neg() == ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge as usize {
        return LimitError::Window { limit: window_log }.into();
    }
    ReadErrorKind::Zstd(get_error_name(code))
}

#[cfg(test)]
mod tests {
    use crate::code::{Code, Coded};
    use crate::layer::LayerIndex;
    use crate::layer::raw::{RawTar, Reader, artifact, base, zstd};
    use crate::oci::Compression;

    /// A frame to skip, with three bytes.
    const SKIPPABLE: &[u8] = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";

    fn tar() -> Vec<u8> {
        RawTar::default().file("a", &[b'a'; 900]).file("b", b"b").end()
    }

    fn result(reader: &Reader, blob: Vec<u8>) -> Result<LayerIndex, Code> {
        reader.blob(Compression::Zstd, blob, &tar()).map_err(|error| error.code())
    }

    #[test]
    fn all_frames_are_read_and_skippable_ones_skipped() {
        let tar = tar();
        let whole = result(&artifact(), zstd(&tar)).unwrap();
        for blob in [
            [zstd(&tar[..1000]), zstd(&tar[1000..])].concat(),
            [SKIPPABLE, &zstd(b""), &zstd(&tar), SKIPPABLE].concat(),
            tar.chunks(7).flat_map(zstd).collect(),
        ] {
            assert_eq!(result(&artifact(), blob).as_ref(), Ok(&whole));
        }
    }

    #[test]
    fn a_broken_stream_is_refused() {
        let blob = zstd(&tar());
        for length in 0..blob.len() {
            for reader in [base(), artifact()] {
                assert_eq!(result(&reader, blob[..length].to_vec()), Err(Code::Zstd), "cut at {length}");
            }
        }
        for rest in [&b"x"[..], b"\0\0x", &SKIPPABLE[..9], b"\x28\xb5\x2f\xfd"] {
            for reader in [base(), artifact()] {
                let found = result(&reader, [&blob, rest].concat());
                assert_eq!(found, Err(Code::Zstd), "{}", rest.escape_ascii());
            }
        }
    }

    #[test]
    fn zeros_may_follow_in_a_base_alone() {
        let blob = [zstd(&tar()), vec![0; 400_000]].concat();
        assert!(result(&base(), blob.clone()).is_ok());
        assert_eq!(result(&artifact(), blob), Err(Code::Zstd));
    }

    /// A frame with nothing but a window of 2^`log` bytes, and an empty last block.
    fn window(log: u8) -> Vec<u8> {
        [0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, 1, 0, 0].to_vec()
    }

    #[test]
    fn t26_a_window_beyond_the_limit_is_refused() {
        let code = |log| base().blob(Compression::Zstd, window(log), b"").err().map(|error| error.code());
        assert_eq!([code(27), code(28), code(31)], [None, Some(Code::LimitWindow), Some(Code::LimitWindow)]);
        let mut reader = base();
        reader.limits.zstd_window_log = 20;
        assert_eq!(reader.blob(Compression::Zstd, window(21), b"").unwrap_err().code(), Code::LimitWindow);
    }
}
