//! Reading Zstandard, RFC 8878: all frames of a stream.

mod frame;

use std::io::{BufRead, Read};
use std::thread::{self, ThreadId};

use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use super::blob::{Blob, own};
use super::{LimitError, ReadErrorKind, Reading, Trust};
use crate::limits::Window;

/// The bytes of a stream of one or more frames; skippable ones give none.
pub(super) struct ZstdDecoder<'a> {
    blob: Blob,
    how: &'a Reading<'a>,
    /// Who reads.
    owner: ThreadId,
    /// What decodes frames that have no larger window than those before.
    context: Option<Context>,
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    InFrame,
    BetweenFrames,
    End,
}

/// A decoder of libzstd, which keeps the memory of the largest window it had.
struct Context {
    decoder: DCtx<'static>,
    window: Window,
}

/// Windows are counted in whole units, so that those that grow from frame to frame are few.
const UNIT: u64 = 1 << 20;

impl<'a> ZstdDecoder<'a> {
    /// Decodes a blob, on behalf of the thread that calls; zeros may follow the last frame of a base.
    pub(super) fn new(blob: Blob, how: &'a Reading<'a>) -> Self {
        Self { blob, how, owner: thread::current().id(), context: None, at: At::Start }
    }

    /// Some bytes; none only at the end of the blob.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        let read = self.some(out);
        if !matches!(read, Ok(1..)) {
            // Others wait for the window, while the rest of the blob may still be verified.
            self.context = None;
        }
        read
    }

    /// The blob, wherever reading it stands.
    pub(super) fn blob(&mut self) -> &mut Blob {
        &mut self.blob
    }

    fn some(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        while self.at != At::End {
            // A blob may have millions of frames that hold nothing.
            self.how.interrupt.check()?;
            match self.step(out)? {
                0 => {}
                read => return Ok(read),
            }
        }
        Ok(0)
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        if self.at == At::InFrame {
            return self.decode(out);
        }
        if self.at == At::BetweenFrames && self.is_over()? {
            self.at = At::End;
        } else {
            self.begin()?;
        }
        Ok(0)
    }

    /// Whether no other frame follows.
    fn is_over(&mut self) -> Result<bool, ReadErrorKind> {
        match self.blob.fill_buf().map_err(own)?.first() {
            None => Ok(true),
            Some(0) if self.how.trust == Trust::Base => match self.blob.has_only_zeros().map_err(own)? {
                true => Ok(true),
                false => Err(ReadErrorKind::Zstd("garbage follows the last frame")),
            },
            Some(_) => Ok(false),
        }
    }

    /// Begins a frame: reads its header, waits for the memory it asks for, and lets libzstd read the header too.
    fn begin(&mut self) -> Result<(), ReadErrorKind> {
        let mut bytes = [0; frame::LONGEST];
        let mut length = 0;
        while length < frame::length(&bytes[..length]) {
            let end = frame::length(&bytes[..length]);
            match self.blob.read(&mut bytes[length..end]).map_err(own)? {
                0 => return Err(ReadErrorKind::Zstd(TRUNCATED)),
                read => length += read,
            }
        }
        let header = &bytes[..length];
        let context = self.context(frame::asked(header))?;
        let mut input = InBuffer::around(header);
        let nothing: &mut [u8] = &mut [];
        let hint = context.decoder.decompress_stream(&mut OutBuffer::around(nothing), &mut input);
        hint.map_err(error)?;
        debug_assert_eq!(input.pos(), length, "no frame ends with its header");
        self.at = At::InFrame;
        Ok(())
    }

    /// A decoder whose window may have the bytes asked for.
    fn context(&mut self, asked: Option<frame::Asked>) -> Result<&mut Context, ReadErrorKind> {
        let limit = self.how.limits.zstd_window_log;
        if asked.is_some_and(|asked| asked.window > 1 << limit) {
            return Err(LimitError::Window { limit }.into());
        }
        let memory = asked.map_or(0, |asked| asked.memory().next_multiple_of(UNIT));
        // Nobody waits for a window while holding another.
        let old = self.context.take().filter(|context| memory <= context.window.bytes());
        let context = match old {
            Some(context) => context,
            None => Context::new(self.how, self.owner, memory)?,
        };
        Ok(self.context.insert(context))
    }

    fn decode(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        let context = self.context.as_mut().expect("a frame begins with a decoder for it");
        let bytes = self.blob.fill_buf().map_err(own)?;
        let is_last = bytes.is_empty();
        let mut input = InBuffer::around(bytes);
        let mut output = OutBuffer::around(out);
        let hint = context.decoder.decompress_stream(&mut output, &mut input).map_err(error)?;
        let (consumed, produced) = (input.pos(), output.pos());
        self.blob.consume(consumed);
        if is_last && produced == 0 {
            return Err(ReadErrorKind::Zstd(TRUNCATED));
        }
        if hint == 0 {
            self.at = At::BetweenFrames;
        }
        Ok(produced)
    }
}

impl Context {
    fn new(how: &Reading<'_>, owner: ThreadId, memory: u64) -> Result<Self, ReadErrorKind> {
        let window = how.budget.windows().hold(owner, memory, how.interrupt)?;
        let mut decoder = DCtx::try_create().ok_or(ReadErrorKind::Zstd("no memory for a decoder"))?;
        decoder.set_parameter(DParameter::WindowLogMax(how.limits.zstd_window_log)).map_err(error)?;
        Ok(Self { decoder, window })
    }
}

const TRUNCATED: &str = "it is truncated";

fn error(code: usize) -> ReadErrorKind {
    ReadErrorKind::Zstd(get_error_name(code))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};
    use std::sync::atomic::Ordering;
    use std::thread;

    use zstd::zstd_safe::CParameter;

    use super::*;
    use crate::code::{Code, Coded};
    use crate::layer::LayerIndex;
    use crate::layer::raw::{RawTar, Reader, artifact, base, zstd};
    use crate::limits::{Budget, Limits};
    use crate::oci::{Compression, Descriptor, MediaType};

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

    /// A frame of these bytes whose window has 2^`log` bytes, and no size of its content.
    fn with_window(log: u32, bytes: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.set_parameter(CParameter::WindowLog(log)).unwrap();
        encoder.include_contentsize(false).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn frames_with_windows_of_any_order_are_read() {
        let tar = tar();
        let logs = [20, 10, 23, 22, 27, 10, 24];
        let pieces = tar.chunks(tar.len().div_ceil(logs.len()));
        let blob: Vec<u8> = pieces.zip(logs).flat_map(|(piece, log)| with_window(log, piece)).collect();
        let whole = result(&base(), zstd(&tar)).unwrap();
        assert_eq!(result(&base(), blob), Ok(whole));
    }

    /// Decodes frames one byte at a time; gives the bytes of the window that is held after each.
    fn held(frames: &[u8], reader: &Reader) -> Vec<u64> {
        let descriptor = Descriptor::of(MediaType::Layer(Compression::Zstd), frames);
        let blob = Blob::open(Box::new(Cursor::new(frames.to_vec())), &descriptor, &reader.limits).unwrap();
        let how = reader.how();
        let mut decoder = ZstdDecoder::new(blob, &how);
        let mut held = Vec::new();
        while decoder.read(&mut [0]).unwrap() > 0 {
            held.push(decoder.context.as_ref().unwrap().window.bytes());
        }
        assert!(decoder.context.is_none(), "nothing is held at the end");
        held
    }

    #[test]
    fn a_stream_holds_its_largest_window_until_it_ends() {
        let frames =
            [with_window(21, b"a"), with_window(10, b"b"), with_window(27, b"c"), zstd(b"d")].concat();
        assert_eq!(held(&frames, &base()), [2 << 20, 2 << 20, 128 << 20, 128 << 20]);
        assert_eq!(held(&[SKIPPABLE, &zstd(b"a")].concat(), &base()), [1 << 20], "one segment");
    }

    #[test]
    fn nobody_waits_for_a_window_while_holding_another() {
        let budget = Budget::of(&Limits { zstd_window_bytes: 3 << 20, ..Limits::default() });
        let frames = [with_window(21, b"a"), with_window(22, b"b")].concat();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let reader = Reader { budget: budget.clone(), ..base() };
                    for _ in 0..8 {
                        assert_eq!(held(&frames, &reader), [2 << 20, 4 << 20]);
                    }
                });
            }
        });
    }

    #[test]
    fn waiting_for_a_window_ends_with_an_interrupt() {
        let reader = base();
        let limit = reader.limits.zstd_window_bytes;
        let other = thread::spawn(|| thread::current().id()).join().unwrap();
        let _all = reader.budget.windows().hold(other, limit, &reader.interrupt).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| result(&reader, zstd(&tar())));
            reader.interrupt.signal().store(15, Ordering::Relaxed);
            assert_eq!(waiting.join().unwrap(), Err(Code::Terminated));
        });
    }

    #[test]
    fn a_failure_frees_the_window() {
        let reader = base();
        let frames = [with_window(27, b"a"), b"broken".to_vec()].concat();
        let descriptor = Descriptor::of(MediaType::Layer(Compression::Zstd), &frames);
        let blob = Blob::open(Box::new(Cursor::new(frames)), &descriptor, &reader.limits).unwrap();
        let how = reader.how();
        let mut decoder = ZstdDecoder::new(blob, &how);
        assert_eq!(decoder.read(&mut [0; 9]).unwrap(), 1);
        assert_eq!(decoder.read(&mut [0; 9]).unwrap_err().code(), Code::Zstd);
        assert!(decoder.context.is_none());
    }
}
