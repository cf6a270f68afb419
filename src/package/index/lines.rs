//! The lines of an index, within limits.

use std::io::{BufRead, BufReader, Read};

use super::error::IndexError;

/// What is left of an index to read, line by line.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    left: u64,
    most: Most,
}

/// How much an index may have.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// In all, in bytes.
    pub(super) bytes: u64,
    /// The name of that limit.
    pub(super) name: &'static str,
    /// In one line, without its end, in bytes.
    pub(super) line: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, most: Most) -> Self {
        let input = BufReader::with_capacity(BUFFER, input);
        Self { input, line: Vec::new(), number: 0, left: most.bytes, most }
    }

    /// The next line, without its end; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, IndexError> {
        self.line.clear();
        let mut input = (&mut self.input).take(self.most.line.saturating_add(1));
        let read = input.read_until(b'\n', &mut self.line)? as u64;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let over = IndexError::Bytes { limit: self.most.bytes, name: self.most.name };
        self.left = self.left.checked_sub(read).ok_or(over)?;
        match self.line.strip_suffix(b"\n") {
            Some(line) => Ok(Some(line)),
            None if read > self.most.line => {
                Err(IndexError::Line { line: self.number, limit: self.most.line })
            }
            None => Ok(Some(&self.line)),
        }
    }

    /// The number of the line that was given last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

const BUFFER: usize = 128 << 10;
