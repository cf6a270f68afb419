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
