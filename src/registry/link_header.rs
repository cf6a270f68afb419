//! `Link` headers (RFC 8288): where a list goes on.

/// The address of the next page that a `Link` header names, as it is written there: absolute or relative.
///
/// `<…>; rel="next"`, among other links or alone; quoted or not, in any case, with other relations beside it. What cannot be
/// understood names no page.
pub fn next_page(link: &str) -> Option<&str> {
    let mut rest = link;
    loop {
        let (address, behind) =
            rest.trim_start_matches([' ', '\t', ',']).strip_prefix('<')?.split_once('>')?;
        let (is_next, behind) = parameters(behind)?;
        if is_next {
            return Some(address.trim());
        }
        rest = behind;
    }
}

/// What may stand between the parts of a header.
const BLANK: [char; 2] = [' ', '\t'];

/// Whether the parameters of a link have the relation `next`, and what comes behind them. Of several `rel` the first counts.
fn parameters(mut rest: &str) -> Option<(bool, &str)> {
    let mut relation = None;
    loop {
        rest = rest.trim_start_matches(BLANK);
        rest = match rest.chars().next() {
            None => break,
            Some(',') => break,
            Some(';') => rest[1..].trim_start_matches(BLANK),
            Some(_) => return None,
        };
        let (name, behind) = rest.split_at(rest.find([';', ',', '=']).unwrap_or(rest.len()));
        let (value, behind) = match behind.strip_prefix('=') {
            Some(value) => self::value(value)?,
            None => ("", behind),
        };
        if name.trim_end_matches(BLANK).eq_ignore_ascii_case("rel") {
            relation = relation.or(Some(value));
        }
        rest = behind;
    }
    let mut relations = relation.unwrap_or_default().split(BLANK);
    Some((relations.any(|relation| relation.eq_ignore_ascii_case("next")), rest))
}

/// A parameter's value, and what comes behind it.
fn value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(BLANK);
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, behind) = text.split_at(text.find([';', ',']).unwrap_or(text.len()));
        return Some((value, behind));
    };
    let mut is_escaped = false;
    let end = quoted.find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })?;
    // No relation has escapes, so the value is left as it is written.
    Some((&quoted[..end], &quoted[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (link, next) in [
            ("</v2/a/tags/list?last=x&n=2>; rel=\"next\"", Some("/v2/a/tags/list?last=x&n=2")),
            ("<https://r.example/v2/a?x=,;>;rel=next", Some("https://r.example/v2/a?x=,;")),
            ("<a>; rel=prev, <b>; REL = \"last Next\"", Some("b")),
            ("<a>; title=\"x, <y>; rel=\\\"next\\\"\"; rel=\"next\"", Some("a")),
            ("<a>; title=\"x, <y>; rel=next\", <b>; rel=next", Some("b")),
            (" , <a> ; rel=first ; rel=next,, <b>;flag; rel=next", Some("b")),
            ("<>; rel=next", Some("")),
            ("<a>; rel=nextest", None),
            ("<a>", None),
            ("a; rel=next", None),
            ("<a; rel=next", None),
            ("<a>; title=\"x; rel=next", None),
            ("<a> rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_page(link), next, "{link}");
        }
    }
}
