//! Which modules at the root of the crate a source file names.

use super::tokens::{Placed, Token, tokens};

/// A module of the crate's root, or what else stands in its place, and the line that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import<'a> {
    pub(super) line: usize,
    pub(super) module: &'a str,
}

/// What a source file names at the root of the crate: through `crate::`, or through as many `super::` as lead there.
///
/// `within` are the modules the file lies in, from the root: `["oci", "platform"]` for `src/oci/platform.rs`.
pub(super) fn imports<'a>(within: &[&'a str], source: &'a str) -> Vec<Import<'a>> {
    let tokens = tokens(source);
    let mut scope = Scope::new(within.len());
    let mut imports = Vec::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        scope.pass(*token);
        if let Some(length) = way_to_root(&tokens[at..], scope.depth) {
            imports.extend(named(&tokens[at + length..]));
        }
    }
    imports
}

/// The modules that a source file declares as files of their own: `mod oci;`.
pub(super) fn declared(source: &str) -> Vec<&str> {
    let tokens = tokens(source);
    let declared = tokens.windows(3).filter_map(|window| match window {
        [(_, Token::Word("mod")), (_, Token::Word(name)), (_, Token::Mark(';'))] => Some(*name),
        _ => None,
    });
    declared.collect()
}

/// How many modules deep the code at hand lies, inline ones counted.
struct Scope {
    depth: usize,
    braces: usize,
    /// How many braces were open before each inline module.
    inline: Vec<usize>,
    expected: bool,
}

impl Scope {
    fn new(depth: usize) -> Self {
        Self { depth, braces: 0, inline: Vec::new(), expected: false }
    }

    fn pass(&mut self, token: Token<'_>) {
        match token {
            Token::Word("mod") => self.expected = true,
            Token::Mark(';') => self.expected = false,
            Token::Mark('{') => {
                if std::mem::take(&mut self.expected) {
                    self.inline.push(self.braces);
                    self.depth += 1;
                }
                self.braces += 1;
            }
            Token::Mark('}') => {
                self.braces = self.braces.saturating_sub(1);
                if self.inline.last() == Some(&self.braces) {
                    self.inline.pop();
                    self.depth -= 1;
                }
            }
            _ => {}
        }
    }
}

/// How many tokens lead from `depth` modules deep to the root of the crate; none where a path goes elsewhere.
fn way_to_root(tokens: &[Placed<'_>], depth: usize) -> Option<usize> {
    let steps = tokens.chunks_exact(2).map(|pair| (pair[0].1, pair[1].1));
    let begins = |word| move |step: &_| *step == (Token::Word(word), Token::Separator);
    if steps.clone().next().as_ref().is_some_and(begins("crate")) {
        return Some(2);
    }
    let climbed = steps.take_while(begins("super")).count();
    (climbed > 0 && climbed == depth).then_some(2 * climbed)
}

/// The first names of the path, or of each path in braces, that begins here.
fn named<'a>(tokens: &[Placed<'a>]) -> Vec<Import<'a>> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut begins = true;
    for &(line, token) in tokens {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => depth = depth.saturating_sub(1),
            Token::Mark(',') => begins = depth == 1,
            Token::Word(module) if std::mem::take(&mut begins) => names.push(Import { line, module }),
            Token::Mark('*') if std::mem::take(&mut begins) => names.push(Import { line, module: "*" }),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(within: &[&str], source: &str) -> String {
        let names: Vec<_> = imports(within, source)
            .iter()
            .map(|import| format!("{}:{}", import.line, import.module))
            .collect();
        names.join(" ")
    }

    #[test]
    fn every_way_to_name_a_module_of_the_root_is_seen() {
        for (source, expected) in [
            ("use crate::plan;", "1:plan"),
            ("use crate::plan::{Plan, resolve};\nuse crate::oci::Digest;", "1:plan 2:oci"),
            ("use crate::{\n  plan::{Plan, resolve},\n  oci, spec as s,\n};", "2:plan 3:oci 3:spec"),
            ("use {crate::plan, std::io};", "1:plan"),
            ("use crate::{plan::{self, a::{b, c}}, oci::*};", "1:plan 1:oci"),
            ("fn f(a: crate::plan::Plan) -> crate :: oci::Digest {}", "1:plan 1:oci"),
            ("use crate::*;", "1:*"),
            ("macro_rules! m { () => { $crate::plan::new() } }", "1:plan"),
            ("use super::super::plan::Plan;", "1:plan"),
            ("use super::super::{plan, oci};", "1:plan 1:oci"),
            ("mod tests {\n  use super::super::super::plan;\n}", "2:plan"),
            ("mod a { mod b {} fn f() {} }\nuse super::super::plan;", "2:plan"),
            ("#[cfg(test)]\nmod tests {\n  use crate::plan;\n}", "3:plan"),
            ("pub(in crate::store) fn f() {}", "1:store"),
        ] {
            assert_eq!(names(&["oci", "platform"], source), expected, "{source}");
        }
    }

    #[test]
    fn paths_that_stay_in_their_module_are_not_seen() {
        for source in [
            "pub(crate) fn f() {}",
            "use super::plan;",
            "mod tests { use super::super::plan; }",
            "mod tests { use super::*; }",
            "use std::{plan, crates::plan};",
            "// use crate::plan;\n/// [`crate::plan`]\nlet a = \"crate::plan\";",
        ] {
            assert_eq!(names(&["oci", "platform"], source), "", "{source}");
        }
    }

    #[test]
    fn one_super_leads_from_a_file_at_the_root_to_the_root() {
        assert_eq!(names(&["code"], "use super::plan;"), "1:plan");
    }

    #[test]
    fn declared_modules_are_those_with_files_of_their_own() {
        assert_eq!(declared("pub mod a;\n// mod b;\nmod c { mod d; }\npub(crate) mod e;"), ["a", "d", "e"]);
    }
}
