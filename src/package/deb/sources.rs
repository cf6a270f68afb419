//! The repositories that an image is configured with: `etc/apt/sources.list` and the files beside it (sources.list(5)).

mod lines;
mod stanzas;

use super::stanza::StanzaError;
use crate::code::{Code, Coded};
use crate::package::{SignedBy, Source};
use crate::printable::{escaped, without_user};

/// A configuration that cannot be read or followed, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SourcesError {
    /// The line, counted from 1: in a stanza the one it begins at.
    pub line: usize,
    /// What is wrong.
    pub problem: SourcesProblem,
}

/// What is wrong with the configuration of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourcesProblem {
    /// It is no text.
    #[error("not UTF-8")]
    Encoding,
    /// A stanza cannot be read.
    #[error("{0}")]
    Stanza(super::StanzaProblem),
    /// It begins with another word than `deb` or `deb-src`.
    #[error("`{}` is no type of a repository", escaped(.0))]
    Type(String),
    /// Something that has to be said is not.
    #[error("no {0} is given")]
    Missing(&'static str),
    /// Options are not closed by `]`, or one has no value.
    #[error("options in `[` and `]` cannot be read")]
    Options,
    /// The address is none that packages can be fetched from.
    #[error("`{}` is no address of a repository: expected http:, https: or file:", escaped(&without_user(.0)))]
    Url(String),
    /// Who has to have signed it is neither a file nor a fingerprint.
    #[error("`{}` is neither the absolute path of a key file nor a fingerprint", escaped(.0))]
    SignedBy(String),
    /// Components are given for a repository without suites.
    #[error("suite `{}` is a path, which has no components", escaped(.0))]
    Components(String),
    /// An option asks to leave out what every repository is held to.
    #[error("option `{0}` would have unsigned packages taken")]
    Trusted(String),
    /// An option that changes what is fetched, and that is not known here.
    #[error("option `{0}` is not supported")]
    Unsupported(String),
}

impl Coded for SourcesError {
    fn code(&self) -> Code {
        Code::PackageSources
    }
}

/// Reads a file of the configuration by the ending of its name: `.list` has lines, `.sources` stanzas. Any other is not read
/// by apt either, and gives nothing.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Source>, SourcesError> {
    let read = match name.rsplit_once('.') {
        Some((_, "list")) => lines::read,
        Some((_, "sources")) => stanzas::read,
        _ => return Ok(Vec::new()),
    };
    if let Some(chunk) = bytes.utf8_chunks().find(|chunk| !chunk.invalid().is_empty()) {
        let valid = chunk.valid().len() + (chunk.valid().as_ptr() as usize - bytes.as_ptr() as usize);
        let line = bytes[..valid].split(|byte| *byte == b'\n').count();
        return Err(SourcesError { line, problem: SourcesProblem::Encoding });
    }
    read(std::str::from_utf8(bytes).expect("all of its chunks are valid"))
}

/// What a line or a stanza says, before it becomes one source for each address and suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Written {
    urls: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    architectures: Vec<String>,
    signed_by: Vec<SignedBy>,
}

impl Written {
    /// The sources: suites of an address follow one another.
    fn sources(&self) -> Result<Vec<Source>, SourcesProblem> {
        if self.urls.is_empty() {
            return Err(SourcesProblem::Missing("address"));
        }
        if self.suites.is_empty() {
            return Err(SourcesProblem::Missing("suite"));
        }
        let each = self.urls.iter().flat_map(|url| self.suites.iter().map(move |suite| (url, suite)));
        each.map(|(url, suite)| self.source(url, suite)).collect()
    }

    fn source(&self, url: &str, suite: &str) -> Result<Source, SourcesProblem> {
        if let Some(variable) = [url, suite].into_iter().find(|text| text.contains("$(")) {
            return Err(SourcesProblem::Unsupported(escaped(variable)));
        }
        match (suite.ends_with('/'), self.components.is_empty()) {
            (true, false) => return Err(SourcesProblem::Components(suite.to_owned())),
            (false, true) => return Err(SourcesProblem::Missing("component")),
            _ => {}
        }
        Ok(Source::Deb {
            url: address(url)?,
            suite: suite.to_owned(),
            components: self.components.clone(),
            architectures: self.architectures.clone(),
            signed_by: self.signed_by.clone(),
        })
    }

    /// Takes an option over, by the name that it has in lines.
    fn option(&mut self, name: &str, value: &str) -> Result<(), SourcesProblem> {
        match name {
            "arch" => self.architectures = list(value),
            "signed-by" => self.signed_by = signed_by(value)?,
            "trusted" | "allow-insecure" | "allow-weak" | "allow-downgrade-to-insecure" if !is_no(value) => {
                return Err(SourcesProblem::Trusted(name.to_owned()));
            }
            // Others change what is fetched, or where from.
            "arch+" | "arch-" | "inrelease-path" | "snapshot" => {
                return Err(SourcesProblem::Unsupported(name.to_owned()));
            }
            // Translations, deltas, dates: nothing of it makes other packages, and what is checked is not up to an image.
            _ => {}
        }
        Ok(())
    }
}

/// An address without a final slash.
fn address(url: &str) -> Result<String, SourcesProblem> {
    let wrong = || SourcesProblem::Url(url.to_owned());
    let (scheme, rest) = url.split_once(':').ok_or_else(wrong)?;
    let is_fit = match scheme {
        "http" | "https" => {
            rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        }
        "file" => rest.starts_with('/'),
        _ => false,
    };
    is_fit.then(|| url.trim_end_matches('/').to_owned()).ok_or_else(wrong)
}

/// Files, fingerprints, or keys in armour.
fn signed_by(value: &str) -> Result<Vec<SignedBy>, SourcesProblem> {
    if value.contains(ARMOUR) {
        return Ok(vec![SignedBy::Inline(unfolded(value))]);
    }
    let one = |text: String| match text.starts_with('/') {
        true => Ok(SignedBy::File(text.into())),
        false => fingerprint(&text).map(SignedBy::Fingerprint).ok_or(SourcesProblem::SignedBy(text)),
    };
    list(value).into_iter().map(one).collect()
}

const ARMOUR: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

fn fingerprint(text: &str) -> Option<String> {
    let hex = text.strip_suffix('!').unwrap_or(text);
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && [40, 64].contains(&hex.len())).then(|| hex.to_ascii_uppercase())
}

/// The lines of a folded value; a lone `.` stands for an empty one.
fn unfolded(value: &str) -> String {
    let lines = value.trim().lines().map(|line| if line.trim() == "." { "" } else { line.trim() });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What is separated by commas or blanks.
fn list(value: &str) -> Vec<String> {
    let parts = value.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// What apt takes for no.
fn is_no(value: &str) -> bool {
    ["no", "false", "without", "off", "disable", "0"].iter().any(|no| value.trim().eq_ignore_ascii_case(no))
}

impl From<StanzaError> for SourcesError {
    fn from(error: StanzaError) -> Self {
        Self { line: error.line, problem: SourcesProblem::Stanza(error.problem) }
    }
}

#[cfg(test)]
mod tests;
