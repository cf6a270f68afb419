//! The cleartext framework: a text, and its signatures below it (RFC 9580, 7).
//!
//! Read strictly: whatever could be taken for the text by one reader and not by another is refused.

use crate::package::signature::error::{FormProblem, SignatureError};

/// The parts of a signed text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// The text with line feeds, without one at its end, without escapes and without blanks at the ends of lines.
    pub(super) text: String,
    /// The signatures in their armour.
    pub(super) armour: &'a str,
}

const MESSAGE: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Takes a signed text apart; nothing stands before or behind it.
pub(super) fn parts(signed: &[u8]) -> Result<Parts<'_>, SignatureError> {
    let whole = text(signed)?;
    let mut lines = whole.split_inclusive('\n').map(|line| {
        let start = line.as_ptr() as usize - whole.as_ptr() as usize;
        (start, line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line)))
    });
    if lines.next().is_none_or(|(_, line)| line != MESSAGE) {
        return Err(FormProblem::NoStart.into());
    }
    loop {
        match lines.next() {
            Some((_, "")) => break,
            Some((_, line)) if line.starts_with("Hash: ") => {}
            _ => return Err(FormProblem::Header.into()),
        }
    }
    let mut text = Vec::new();
    let start = loop {
        match lines.next() {
            Some((start, BEGIN)) => break start,
            Some((_, line)) => text.push(plain(line)?),
            None => return Err(FormProblem::NoSignature.into()),
        }
    };
    if !lines.any(|(_, line)| line == END) {
        return Err(FormProblem::NoSignature.into());
    }
    if lines.any(|(_, line)| !line.is_empty()) {
        return Err(FormProblem::Trailing.into());
    }
    Ok(Parts { text: text.join("\n"), armour: &whole[start..] })
}

/// A line as it was signed.
fn plain(line: &str) -> Result<&str, FormProblem> {
    let line = match line.strip_prefix("- ") {
        None if line.starts_with('-') => return Err(FormProblem::Escape),
        None => line,
        Some(line) => line,
    };
    Ok(line.trim_end_matches([' ', '\t']))
}

/// A text whose lines every reader sees alike.
pub(super) fn text(bytes: &[u8]) -> Result<&str, SignatureError> {
    let text = std::str::from_utf8(bytes).map_err(|_| FormProblem::NoText)?;
    let is_plain = |(at, byte): (usize, u8)| match byte {
        b'\r' => bytes.get(at + 1) == Some(&b'\n'),
        b'\n' | b'\t' => true,
        byte => !byte.is_ascii_control(),
    };
    if bytes.iter().copied().enumerate().all(is_plain) { Ok(text) } else { Err(FormProblem::NoText.into()) }
}
