//! `Link` headers, character by character.

/// Where the reader of a header is.
#[derive(Clone, Copy)]
enum At {
    Between,
    Address,
    Behind,
    Name,
    BeforeValue,
    Token,
    Quoted,
    Escaped,
}

/// The address of the next page that a header names: nothing from where it cannot be understood.
pub fn next(header: &str) -> Option<&str> {
    let (mut at, mut begin) = (At::Between, 0);
    let (mut address, mut name, mut relation): (&str, &str, Option<&str>) = ("", "", None);
    // An end of the header ends everything that an end of a link does.
    for (here, c) in header.char_indices().chain([(header.len(), ',')]) {
        let is_end = here == header.len();
        at = match (at, c) {
            (At::Between, _) if is_end => At::Between,
            (At::Between, ' ' | '\t' | ',') => At::Between,
            (At::Between, '<') => {
                begin = here + 1;
                At::Address
            }
            (At::Between, _) => return None,
            (At::Address | At::Quoted | At::Escaped, _) if is_end => return None,
            (At::Address, '>') => {
                (address, relation) = (&header[begin..here], None);
                At::Behind
            }
            (At::Address, _) => At::Address,
            (At::Behind, ' ' | '\t') => At::Behind,
            (At::Behind, ';') => {
                (name, begin) = ("", here + 1);
                At::Name
            }
            (At::Behind, ',') => At::Between,
            (At::Behind, _) => return None,
            (At::Name, '=') => {
                (name, begin) = (&header[begin..here], here + 1);
                At::BeforeValue
            }
            (At::Name, ';' | ',') => {
                noted(&mut relation, &header[begin..here], "");
                begin = here + 1;
                if c == ';' { At::Name } else { At::Between }
            }
            (At::Name, _) => At::Name,
            (At::BeforeValue, ' ' | '\t') => At::BeforeValue,
            (At::BeforeValue, '"') => {
                begin = here + 1;
                At::Quoted
            }
            (At::BeforeValue | At::Token, ';' | ',') => {
                noted(&mut relation, name, if matches!(at, At::Token) { &header[begin..here] } else { "" });
                begin = here + 1;
                if c == ';' { At::Name } else { At::Between }
            }
            (At::BeforeValue, _) => {
                begin = here;
                At::Token
            }
            (At::Token, _) => At::Token,
            (At::Quoted, '\\') => At::Escaped,
            (At::Quoted, '"') => {
                noted(&mut relation, name, &header[begin..here]);
                At::Behind
            }
            (At::Quoted | At::Escaped, _) => At::Quoted,
        };
        if matches!(at, At::Between) && is_next(relation.take()) {
            return Some(address.trim());
        }
    }
    None
}

fn noted<'a>(relation: &mut Option<&'a str>, name: &str, value: &'a str) {
    if name.trim_matches([' ', '\t']).eq_ignore_ascii_case("rel") && relation.is_none() {
        *relation = Some(value);
    }
}

fn is_next(relation: Option<&str>) -> bool {
    relation.unwrap_or_default().split([' ', '\t']).any(|word| word.eq_ignore_ascii_case("next"))
}
