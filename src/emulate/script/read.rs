//! The words and signs that scripts consist of.

use super::parse::{DEPTH, Unreadable, parse_output, parse_within};
use super::syntax::{Change, Part, Redirect, Word};

/// What comes next in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Newline,
    Operator(&'static str),
    /// A redirection begins, which [`Input::redirect`] reads.
    Redirect,
    Word(Word),
}

/// A script while it is read.
pub(super) struct Input<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// What was looked at last, and where it ends.
    peeked: Option<(Token, usize)>,
    /// Texts that begin at the end of a line, and end elsewhere.
    texts: Option<(usize, usize)>,
}

/// Signs, the longer before those they begin with.
const OPERATORS: [&str; 9] = ["&&", "||", ";;", ";&", ";", "|", "&", "(", ")"];
/// Characters that end a word.
const ENDS: &str = " \t\n;|&()<>";

/// What ends a run of parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Of a word: what separates words.
    Blank,
    /// Of a text in double quotes: the quote.
    Quote,
    /// Of what stands in `${...}`.
    Brace,
    /// Of a text that stands in the script: its end.
    End,
}

impl<'a> Input<'a> {
    pub(super) fn new(text: &'a str, depth: usize) -> Self {
        Self { text, at: 0, depth, peeked: None, texts: None }
    }

    /// Where the next token begins, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What comes next.
    pub(super) fn peek(&mut self) -> Result<Token, Unreadable> {
        if let Some((token, _)) = &self.peeked {
            return Ok(token.clone());
        }
        let before = self.at;
        let token = self.read()?;
        let after = std::mem::replace(&mut self.at, before);
        self.peeked = Some((token.clone(), after));
        Ok(token)
    }

    /// Takes what comes next.
    pub(super) fn next(&mut self) -> Result<Token, Unreadable> {
        let token = self.peek()?;
        if let Some((_, after)) = self.peeked.take() {
            self.at = after;
        }
        Ok(token)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
            match self.rest().strip_prefix("\\\n") {
                Some(_) => self.at += 2,
                None => break,
            }
        }
        if self.rest().starts_with('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn read(&mut self) -> Result<Token, Unreadable> {
        self.skip_blanks();
        let rest = self.rest();
        if rest.is_empty() {
            return Ok(Token::End);
        }
        if rest.starts_with('\n') {
            self.at = match self.texts.take_if(|(line, _)| *line == self.at) {
                Some((_, end)) => end,
                None => self.at + 1,
            };
            return Ok(Token::Newline);
        }
        let unnumbered = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if unnumbered.starts_with(['<', '>']) || rest.starts_with("&>") {
            return Ok(Token::Redirect);
        }
        if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            self.at += operator.len();
            return Ok(Token::Operator(operator));
        }
        Ok(Token::Word(Word(self.parts(Until::Blank)?)))
    }

    /// Reads a redirection.
    pub(super) fn redirect(&mut self) -> Result<Redirect, Unreadable> {
        self.peeked = None;
        self.skip_blanks();
        let rest = self.rest();
        let unnumbered = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = &rest[..rest.len() - unnumbered.len()];
        const SIGNS: [&str; 11] = ["<<<", "<<-", "<<", "<&", "<>", "<", "&>", ">>", ">&", ">|", ">"];
        let sign = SIGNS.iter().find(|sign| unnumbered.starts_with(**sign)).ok_or(Unreadable)?;
        self.at += number.len() + sign.len();
        self.skip_blanks();
        let word = Word(self.parts(Until::Blank)?);
        Ok(match *sign {
            ">" | ">|" | ">>" if matches!(number, "" | "1") => {
                Redirect::Out { to: word, append: *sign == ">>" }
            }
            "<<" | "<<-" => Redirect::Here(self.text_until(&word, *sign == "<<-")?),
            _ => Redirect::Other,
        })
    }

    /// Reads the text that ends with a line of this word, and begins after this line or the text before.
    fn text_until(&mut self, word: &Word, strip: bool) -> Result<Word, Unreadable> {
        let (line, start) = match self.texts {
            Some(texts) => texts,
            None => {
                let line = self.at + self.rest().find('\n').ok_or(Unreadable)?;
                (line, line + 1)
            }
        };
        let end: String = word.0.iter().map(|part| part.text().unwrap_or_default()).collect();
        let (mut text, mut at) = (String::new(), start);
        for whole in self.text[start..].split_inclusive('\n') {
            at += whole.len();
            let own = if strip { whole.trim_start_matches('\t') } else { whole };
            if own.trim_end_matches('\n') == end {
                break;
            }
            text.push_str(own);
        }
        self.texts = Some((line, at));
        if word.0.iter().any(Part::is_quoted) {
            return Ok(Word(vec![Part::Text { text, quoted: true }]));
        }
        Ok(Word(Input::new(&text, self.depth).parts(Until::End)?))
    }

    fn parts(&mut self, until: Until) -> Result<Vec<Part>, Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Unreadable);
        }
        let parts = self.parts_to(until)?;
        self.depth -= 1;
        Ok(parts)
    }

    fn parts_to(&mut self, until: Until) -> Result<Vec<Part>, Unreadable> {
        let mut parts = Vec::new();
        let quoted = matches!(until, Until::Quote | Until::End);
        loop {
            let rest = self.rest();
            let Some(char) = rest.chars().next() else {
                let is_whole = matches!(until, Until::Blank | Until::End);
                return if is_whole { Ok(parts) } else { Err(Unreadable) };
            };
            match (until, char) {
                (Until::Blank, char) if ENDS.contains(char) => return Ok(parts),
                (Until::Quote, '"') | (Until::Brace, '}') => {
                    self.at += 1;
                    return Ok(parts);
                }
                (_, '\\') => self.escape(quoted, &mut parts),
                (Until::Blank | Until::Brace, '\'') => {
                    let text = &rest[1..];
                    let text = &text[..text.find('\'').ok_or(Unreadable)?];
                    self.at += text.len() + 2;
                    parts.push(Part::Text { text: text.to_owned(), quoted: true });
                }
                (Until::Blank | Until::Brace, '"') => {
                    self.at += 1;
                    parts.push(Part::Text { text: String::new(), quoted: true });
                    parts.extend(self.parts(Until::Quote)?);
                }
                (_, '$') => parts.push(self.dollar(quoted)?),
                (_, '`') => parts.push(self.backquoted(quoted)?),
                _ => {
                    self.at += char.len_utf8();
                    push_text(&mut parts, char, quoted);
                }
            }
        }
    }

    fn escape(&mut self, quoted: bool, parts: &mut Vec<Part>) {
        self.at += 1;
        let Some(char) = self.rest().chars().next() else {
            push_text(parts, '\\', true);
            return;
        };
        self.at += char.len_utf8();
        match char {
            '\n' => {}
            char if quoted && !"$`\"\\".contains(char) => {
                push_text(parts, '\\', true);
                push_text(parts, char, true);
            }
            char => push_text(parts, char, true),
        }
    }

    fn backquoted(&mut self, quoted: bool) -> Result<Part, Unreadable> {
        let (mut inner, mut escaped) = (String::new(), false);
        for (at, char) in self.rest().char_indices().skip(1) {
            match char {
                '`' if !escaped => {
                    self.at += at + 1;
                    let body = parse_within(&inner, self.depth + 1)?;
                    return Ok(Part::Output { body, quoted });
                }
                '\\' if !escaped => escaped = true,
                char => {
                    if escaped && !"`$\\".contains(char) {
                        inner.push('\\');
                    }
                    escaped = false;
                    inner.push(char);
                }
            }
        }
        Err(Unreadable)
    }

    fn dollar(&mut self, quoted: bool) -> Result<Part, Unreadable> {
        self.at += 1;
        let rest = self.rest();
        if rest.starts_with("((") {
            return self.arithmetic();
        }
        if let Some(commands) = rest.strip_prefix('(') {
            let (body, length) = parse_output(commands, self.depth + 1)?;
            self.at += 1 + length;
            return Ok(Part::Output { body, quoted });
        }
        if rest.starts_with('{') {
            self.at += 1;
            return self.braced(quoted);
        }
        let name = variable(rest);
        self.at += name.len();
        Ok(match name {
            "" => Part::Text { text: "$".to_owned(), quoted: true },
            name => Part::Variable { name: name.to_owned(), change: None, quoted },
        })
    }

    fn arithmetic(&mut self) -> Result<Part, Unreadable> {
        let mut open = 0usize;
        for (at, char) in self.rest().char_indices() {
            match char {
                '(' => open += 1,
                ')' if open == 1 => {
                    self.at += at + 1;
                    return Ok(Part::Unknown);
                }
                ')' => open -= 1,
                _ => {}
            }
        }
        Err(Unreadable)
    }

    fn braced(&mut self, quoted: bool) -> Result<Part, Unreadable> {
        let name = variable(self.rest()).to_owned();
        let has_name = match name.as_str() {
            "" => false,
            // `${#x}` is how long something is.
            "#" => self.rest()[1..].starts_with('}'),
            _ => true,
        };
        if has_name {
            self.at += name.len();
        }
        const SIGNS: [&str; 13] = [":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "#", "%", "?", "}"];
        let sign = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)).copied().unwrap_or_default();
        self.at += sign.len();
        if sign == "}" && has_name {
            return Ok(Part::Variable { name, change: None, quoted });
        }
        let mut word = Word(self.parts(Until::Brace)?);
        if quoted {
            word.0.iter_mut().for_each(Part::quote);
        }
        let or_empty = sign.starts_with(':');
        let change = match sign {
            ":-" | "-" | ":=" | "=" => Change::Default { or_empty, word },
            ":+" | "+" => Change::Instead { or_empty, word },
            "#" | "##" => Change::Prefix { longest: sign.len() == 2, word },
            "%" | "%%" => Change::Suffix { longest: sign.len() == 2, word },
            _ => Change::Other,
        };
        let change = if has_name { change } else { Change::Other };
        Ok(Part::Variable { name, change: Some(change), quoted })
    }
}

/// The name of a variable that a text begins with.
fn variable(text: &str) -> &str {
    if text.starts_with(|c: char| "@*#?!$-".contains(c) || c.is_ascii_digit()) {
        return &text[..1];
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

fn push_text(parts: &mut Vec<Part>, char: char, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: own }) if *own == quoted => text.push(char),
        _ => parts.push(Part::Text { text: char.into(), quoted }),
    }
}

impl Part {
    /// The text, where it is one.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    fn is_quoted(&self) -> bool {
        matches!(self, Self::Text { quoted: true, .. })
    }

    fn quote(&mut self) {
        match self {
            Self::Text { quoted, .. } | Self::Variable { quoted, .. } | Self::Output { quoted, .. } => {
                *quoted = true;
            }
            Self::Unknown => {}
        }
    }
}

impl Word {
    /// The word as it stands, where nothing of it is quoted or expanded.
    pub(super) fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }

    /// A name and what is assigned to it, where the word assigns something.
    pub(super) fn assignment(&self) -> Option<(String, Word)> {
        let Part::Text { text, quoted: false } = self.0.first()? else { return None };
        let (name, value) = text.split_once('=')?;
        let is_name =
            variable(name) == name && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let first = Part::Text { text: value.to_owned(), quoted: false };
        let rest = self.0.iter().skip(1).cloned();
        is_name.then(|| (name.to_owned(), Word(std::iter::once(first).chain(rest).collect())))
    }
}
