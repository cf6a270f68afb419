//! What a registry wants to see: `WWW-Authenticate` (RFC 9110, section 11.6.1).

use std::collections::BTreeMap;
use std::fmt;

/// One challenge, such as `Bearer realm="https://auth.example.com/token",service="registry.example.com"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case: `bearer`.
    pub scheme: String,
    /// The parameters by their names in lower case; of those given twice the first.
    pub parameters: BTreeMap<String, String>,
}

impl Challenge {
    /// All challenges of a header's value, in their order; what follows the first fault is left out.
    pub fn parse(value: &str) -> Vec<Self> {
        let mut rest = Rest(value);
        let mut found: Vec<Self> = Vec::new();
        loop {
            rest.skip(|c| c == ',' || is_space(c));
            let name = rest.take(is_token).to_ascii_lowercase();
            if name.is_empty() {
                return found;
            }
            let has_space = rest.skip(is_space);
            match found.last_mut() {
                Some(challenge) if rest.eat('=') => {
                    rest.skip(is_space);
                    let value = rest.value();
                    challenge.parameters.entry(name).or_insert(value);
                }
                _ => {
                    if has_space {
                        rest.skip_token68();
                    }
                    found.push(Self { scheme: name, parameters: BTreeMap::new() });
                }
            }
        }
    }

    /// A parameter by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (number, (name, value)) in self.parameters.iter().enumerate() {
            let separator = if number == 0 { ' ' } else { ',' };
            write!(f, "{separator}{name}=\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))?;
        }
        Ok(())
    }
}

/// What is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn take(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !is_wanted(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn skip(&mut self, is_wanted: impl Fn(char) -> bool) -> bool {
        !self.take(is_wanted).is_empty()
    }

    fn eat(&mut self, c: char) -> bool {
        let rest = self.0.strip_prefix(c);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// A token or a quoted string, which may lack its end.
    fn value(&mut self) -> String {
        if !self.eat('"') {
            return self.take(is_token).to_owned();
        }
        let mut value = String::new();
        let mut characters = self.0.chars();
        while let Some(c) = characters.next() {
            match c {
                '"' => break,
                '\\' => value.extend(characters.next()),
                c => value.push(c),
            }
        }
        self.0 = characters.as_str();
        value
    }

    /// Skips credentials in one word, which no scheme of registries has: `Negotiate dG9rZW4=`.
    fn skip_token68(&mut self) {
        let mut ahead = Rest(self.0);
        ahead.skip(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        ahead.skip(|c| c == '=');
        ahead.skip(is_space);
        if ahead.0.is_empty() || ahead.0.starts_with(',') {
            self.0 = ahead.0;
        }
    }
}

fn is_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Whether a character may stand in a token (RFC 9110, section 5.6.2).
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: &str) -> Vec<String> {
        Challenge::parse(value).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_challenge_of_a_header_is_read() {
        for (value, expected) in [
            ("Basic", &["basic"][..]),
            ("BASIC realm=\"a, b\"", &["basic realm=\"a, b\""]),
            (
                "Bearer realm=\"https://a/t?x=1,2\" , Service=reg.io,scope=\"repository:a/b:pull,push\"",
                &["bearer realm=\"https://a/t?x=1,2\",scope=\"repository:a/b:pull,push\",service=\"reg.io\""],
            ),
            (
                "Negotiate, Negotiate dG9rZW4=, Basic realm=x, Bearer realm = \"y\"",
                &["negotiate", "negotiate", "basic realm=\"x\"", "bearer realm=\"y\""],
            ),
            (r#"Basic realm="a\"b\\c""#, &[r#"basic realm="a\"b\\c""#]),
            ("Bearer realm=\"a\",realm=\"b\"", &["bearer realm=\"a\""]),
            ("Bearer realm=\"a", &["bearer realm=\"a\""]),
            ("Bearer realm=", &["bearer"]),
            ("Bearer realm=,service=x", &["bearer service=\"x\""]),
            ("Bearer realm=\"\"", &["bearer realm=\"\""]),
            (",, ,Basic,", &["basic"]),
            ("", &[]),
            ("=", &[]),
            ("\"Basic\"", &[]),
        ] {
            assert_eq!(printed(value), expected, "{value}");
            let joined = printed(value).join(", ");
            assert_eq!(printed(&joined), expected, "{joined}");
        }
    }
}
