//! Any text as a `Link` header, and headers that are written from what they mean.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use overcoat::registry::next_page;
use overcoat_fuzz::link::next;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Text(&'a str),
    Links(Vec<Link<'a>>),
}

#[derive(Arbitrary, Debug)]
struct Link<'a> {
    address: &'a str,
    parameters: Vec<(&'a str, Value<'a>)>,
    is_next: Option<(bool, u8)>,
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    None,
    Token(&'a str),
    Quoted(&'a str),
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Text(text) => assert_eq!(next_page(text), next(text), "{text:?}"),
    Input::Links(links) => {
        let written: Vec<_> = links.iter().map(Link::written).collect();
        let header = written.join(", ");
        let first = links.iter().find(|link| link.is_next.is_some());
        assert_eq!(
            next_page(&header),
            first.map(|link| address(link).trim().to_owned()).as_deref(),
            "{header:?}"
        );
        assert_eq!(next_page(&header), next(&header), "{header:?}");
    }
});

impl Link<'_> {
    fn written(&self) -> String {
        let mut text = format!("<{}>", address(self));
        if let Some((is_quoted, case)) = self.is_next {
            let (rel, next) = if case % 2 == 0 { ("rel", "next") } else { ("REL", "Next") };
            let quote = if is_quoted { "\"" } else { "" };
            text.push_str(&format!("; {rel}={quote}{next}{quote}"));
        }
        for (name, value) in &self.parameters {
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            // Of two relations the first counts.
            let name = if name.eq_ignore_ascii_case("rel") { "title".to_owned() } else { name };
            match value {
                Value::None => text.push_str(&format!(";{name}")),
                Value::Token(value) => {
                    let value: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
                    text.push_str(&format!(" ; {name}={value}"));
                }
                Value::Quoted(value) => {
                    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                    text.push_str(&format!(";{name} = \"{value}\" "));
                }
            }
        }
        text
    }
}

fn address(link: &Link<'_>) -> String {
    link.address.replace('>', "")
}
