//! One stanza each: `Types`, `URIs`, `Suites`, `Components` and options.

use super::{SourcesError, SourcesProblem, Written, is_no, list};
use crate::package::deb::stanza;
use crate::package::{Fields, Source};

/// What options are called in lines whose names do not follow from those in stanzas.
const RENAMED: [(&str, &str); 3] =
    [("architectures", "arch"), ("architectures-add", "arch+"), ("architectures-remove", "arch-")];

/// The sources of a `.sources`.
pub(super) fn read(text: &str) -> Result<Vec<Source>, SourcesError> {
    let mut sources = Vec::new();
    for block in stanza::blocks(text.as_bytes()) {
        let fields = stanza::fields(&text.as_bytes()[block.range], block.line, true)?;
        let line = block.line;
        sources.extend(source(&fields).map_err(|problem| SourcesError { line, problem })?);
    }
    Ok(sources)
}

/// What a stanza says; nothing where it is about sources, is switched off, or holds comments alone.
fn source(fields: &Fields) -> Result<Vec<Source>, SourcesProblem> {
    if fields.iter().next().is_none() || fields.get("Enabled").is_some_and(is_no) {
        return Ok(Vec::new());
    }
    let types = list(fields.get("Types").ok_or(SourcesProblem::Missing("type"))?);
    if let Some(other) = types.iter().find(|kind| !["deb", "deb-src"].contains(&kind.as_str())) {
        return Err(SourcesProblem::Type(other.clone()));
    }
    if !types.iter().any(|kind| kind == "deb") {
        return Ok(Vec::new());
    }
    let words = |name| fields.get(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let mut written = Written {
        urls: words("URIs"),
        suites: words("Suites"),
        components: words("Components"),
        ..Written::default()
    };
    for (name, value) in fields.iter() {
        let name = name.to_ascii_lowercase();
        let renamed = RENAMED.iter().find(|(field, _)| *field == name);
        written.option(renamed.map_or(&name, |(_, option)| option), value)?;
    }
    written.sources()
}
