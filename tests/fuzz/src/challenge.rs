//! `WWW-Authenticate` as RFC 9110 writes its grammar: by trying all ways to read a text.

use std::collections::BTreeMap;

/// A scheme and its parameters, names in lower case.
pub type Slow = (String, BTreeMap<String, String>);

/// All challenges of a value that the grammar allows; nothing of one that it does not.
///
/// `#challenge`, where `challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]`. Elements are split at each comma outside of
/// quoted strings; each is a parameter of the challenge before it, or begins another.
pub fn challenges(text: &str) -> Option<Vec<Slow>> {
    let mut found: Vec<Slow> = Vec::new();
    for element in split(text)? {
        let element = element.trim_matches([' ', '\t']);
        if element.is_empty() {
            continue;
        }
        if let (Some((_, parameters)), Some((name, value))) = (found.last_mut(), parameter(element)) {
            parameters.entry(name).or_insert(value);
            continue;
        }
        let (scheme, rest) = element.split_once(' ').unwrap_or((element, ""));
        let rest = rest.trim_matches([' ', '\t']);
        if !is_token(scheme) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        if let Some((name, value)) = parameter(rest) {
            parameters.insert(name, value);
        } else if !rest.is_empty() && !is_token68(rest) {
            return None;
        }
        found.push((scheme.to_ascii_lowercase(), parameters));
    }
    Some(found)
}

/// The parts between commas that stand in no quoted string.
fn split(text: &str) -> Option<Vec<String>> {
    let (mut parts, mut is_quoted, mut is_escaped) = (vec![String::new()], false, false);
    for c in text.chars() {
        if c.is_control() && c != '\t' {
            return None;
        }
        match c {
            ',' if !is_quoted => {
                parts.push(String::new());
                continue;
            }
            '"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        parts.last_mut()?.push(c);
    }
    (!is_quoted).then_some(parts)
}

/// `token BWS "=" BWS ( token / quoted-string )`.
fn parameter(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
    let value = if is_token(value) { value.to_owned() } else { unquoted(value)? };
    is_token(name).then(|| (name.to_ascii_lowercase(), value))
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let (mut out, mut is_escaped) = (String::new(), false);
    for c in inner.chars() {
        match c {
            c if is_escaped => {
                out.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return None,
            c => out.push(c),
        }
    }
    (!is_escaped).then_some(out)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn is_token68(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
}
