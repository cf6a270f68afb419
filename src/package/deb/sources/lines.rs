//! One line each: `deb [options] address suite components…`.

use super::{SourcesError, SourcesProblem, Written};
use crate::package::Source;

/// The sources of a `.list`.
pub(super) fn read(text: &str) -> Result<Vec<Source>, SourcesError> {
    let mut sources = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.split_once('#').map_or(text, |(before, _)| before).trim();
        if !text.is_empty() {
            sources.extend(source(text).map_err(|problem| SourcesError { line, problem })?);
        }
    }
    Ok(sources)
}

/// What a line says; nothing where it is about sources.
fn source(line: &str) -> Result<Vec<Source>, SourcesProblem> {
    let (kind, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match kind {
        "deb" => {}
        "deb-src" => return Ok(Vec::new()),
        _ => return Err(SourcesProblem::Type(kind.to_owned())),
    }
    let mut written = Written::default();
    let rest = match rest.trim_start().strip_prefix('[') {
        Some(options) => {
            let (options, rest) = options.split_once(']').ok_or(SourcesProblem::Options)?;
            for option in options.split_whitespace() {
                let (name, value) = option.split_once('=').ok_or(SourcesProblem::Options)?;
                written.option(&name.to_ascii_lowercase(), value)?;
            }
            rest
        }
        None => rest,
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    written.urls.extend(words.next());
    written.suites.extend(words.next());
    written.components.extend(words);
    written.sources()
}
