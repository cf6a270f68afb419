//! Words to what they stand for.

use super::glob;
use super::run::{Flow, Shell, Status, Value};
use super::syntax::{Change, List, Part, Word};
use crate::contents::PathLoop;
use crate::emulate::site::resolve;
use crate::rootfs::RootPath;

/// What a word has come to so far.
#[derive(Default)]
struct Field {
    text: String,
    /// The text with a `\` before each sign of a pattern that is quoted.
    pattern: String,
    is_known: bool,
    /// Whether it is there even if it is empty.
    is_there: bool,
    is_pattern: bool,
}

impl Field {
    fn new() -> Self {
        Self { is_known: true, ..Self::default() }
    }

    fn push(&mut self, text: &str, quoted: bool) {
        self.text.push_str(text);
        for char in text.chars() {
            if quoted && "*?[\\".contains(char) {
                self.pattern.push('\\');
            }
            self.pattern.push(char);
        }
        self.is_there |= quoted || !text.is_empty();
        self.is_pattern |= !quoted && glob::is_pattern(text);
    }

    fn push_unknown(&mut self) {
        self.is_known = false;
        self.is_there = true;
    }
}

impl Shell<'_, '_> {
    /// The value of a word that is one whatever it holds.
    pub(super) fn text(&mut self, word: &Word) -> Result<Value, PathLoop> {
        let field = self.whole(word)?;
        Ok(field.is_known.then_some(field.text))
    }

    /// A word as a pattern.
    pub(super) fn pattern(&mut self, word: &Word) -> Result<Value, PathLoop> {
        let field = self.whole(word)?;
        Ok(field.is_known.then_some(field.pattern))
    }

    /// What is assigned, and how the commands in it ended.
    pub(super) fn assigned(&mut self, word: &Word) -> Result<(Value, Status), PathLoop> {
        let mut status = Some(true);
        if let [Part::Output { body, .. }] | [Part::Text { .. }, Part::Output { body, .. }] =
            word.0.as_slice()
        {
            let (value, own) = self.output(body)?;
            let before = match word.0.first() {
                Some(Part::Text { text, .. }) => text.as_str(),
                _ => "",
            };
            status = own;
            return Ok((value.map(|value| before.to_owned() + &value), status));
        }
        Ok((self.text(word)?, status))
    }

    fn whole(&mut self, word: &Word) -> Result<Field, PathLoop> {
        let mut field = Field::new();
        for part in &word.0 {
            match self.part(part)? {
                Some(text) => field.push(&text, part.is_literal()),
                None => field.push_unknown(),
            }
        }
        Ok(field)
    }

    /// The words that words come to: split, and patterns replaced by the paths that fit.
    pub(super) fn fields(&mut self, words: &[Word]) -> Result<Vec<Value>, PathLoop> {
        let mut values = Vec::new();
        for word in words {
            for field in self.split(word)? {
                let paths = match field.is_known && field.is_pattern {
                    true => self.paths(&field.pattern)?,
                    false => Vec::new(),
                };
                match paths.is_empty() {
                    true => values.push(field.is_known.then_some(field.text)),
                    false => values.extend(paths.into_iter().map(Some)),
                }
            }
        }
        Ok(values)
    }

    fn split(&mut self, word: &Word) -> Result<Vec<Field>, PathLoop> {
        let (mut fields, mut field) = (Vec::new(), Field::new());
        for part in &word.0 {
            if let Part::Variable { name, change: None, quoted } = part
                && (name == "@" || name == "*" && !quoted)
            {
                for (number, argument) in self.arguments.clone().into_iter().enumerate() {
                    if number > 0 {
                        fields.push(std::mem::replace(&mut field, Field::new()));
                    }
                    match argument {
                        Some(text) => field.push(&text, true),
                        None => field.push_unknown(),
                    }
                }
                continue;
            }
            match self.part(part)? {
                None => field.push_unknown(),
                Some(text) if part.is_literal() || matches!(part, Part::Text { .. }) => {
                    field.push(&text, part.is_literal());
                }
                Some(text) => {
                    let is_blank = |char: char| matches!(char, ' ' | '\t' | '\n');
                    let mut pieces = text.split(is_blank);
                    field.push(pieces.next().unwrap_or_default(), false);
                    for piece in pieces {
                        fields.push(std::mem::replace(&mut field, Field::new()));
                        field.push(piece, false);
                    }
                }
            }
        }
        fields.push(field);
        fields.retain(|field| field.is_there);
        Ok(fields)
    }

    fn part(&mut self, part: &Part) -> Result<Value, PathLoop> {
        match part {
            Part::Text { text, .. } => Ok(Some(text.clone())),
            Part::Variable { name, change, .. } => self.variable(name, change.as_ref()),
            Part::Output { body, .. } => Ok(self.output(body)?.0),
            Part::Unknown => Ok(None),
        }
    }

    /// What commands print, without the ends of lines at its end, and how they end.
    fn output(&mut self, body: &List) -> Result<(Value, Status), PathLoop> {
        let before = self.printed.replace(String::new());
        let (variables, left) = (self.variables.clone(), self.left);
        let flow = self.list(body)?;
        self.variables = variables;
        self.left = left;
        let printed = std::mem::replace(&mut self.printed, before);
        let status = match flow {
            Flow::On(status) | Flow::Return(status) => status,
            Flow::Leave | Flow::Exit => None,
        };
        Ok((printed.map(|text| text.trim_end_matches('\n').to_owned()), status))
    }

    /// The value of a variable; nothing in it where it is not set.
    fn value(&self, name: &str) -> Option<Value> {
        if let Ok(number) = name.parse::<usize>() {
            return match number.checked_sub(1) {
                Some(number) => self.arguments.get(number).cloned(),
                None => Some(Some(self.script.name.to_owned())),
            };
        }
        match name {
            "#" => Some(Some(self.arguments.len().to_string())),
            "@" | "*" => {
                let all: Option<Vec<&str>> = self.arguments.iter().map(Option::as_deref).collect();
                Some(all.map(|all| all.join(" ")))
            }
            "?" | "$" | "!" | "-" => Some(None),
            name => self.variables.get(name).cloned(),
        }
    }

    fn variable(&mut self, name: &str, change: Option<&Change>) -> Result<Value, PathLoop> {
        let found = self.value(name);
        let Some(change) = change else { return Ok(found.unwrap_or_else(|| Some(String::new()))) };
        let has_value = |or_empty: bool| match &found {
            None => Some(false),
            Some(None) => None,
            Some(Some(text)) => Some(!(or_empty && text.is_empty())),
        };
        let own = || found.clone().unwrap_or_else(|| Some(String::new()));
        match change {
            Change::Default { or_empty, word } => match has_value(*or_empty) {
                Some(true) => Ok(own()),
                Some(false) => self.text(word),
                None => Ok(None),
            },
            Change::Instead { or_empty, word } => match has_value(*or_empty) {
                Some(true) => self.text(word),
                Some(false) => Ok(Some(String::new())),
                None => Ok(None),
            },
            Change::Prefix { longest, word } => {
                let pattern = self.pattern(word)?;
                Ok(own().zip(pattern).map(|(text, pattern)| without_prefix(&text, &pattern, *longest)))
            }
            Change::Suffix { longest, word } => {
                let pattern = self.pattern(word)?;
                Ok(own().zip(pattern).map(|(text, pattern)| without_suffix(&text, &pattern, *longest)))
            }
            Change::Other => Ok(None),
        }
    }

    /// The paths of the image that a pattern describes, in order.
    fn paths(&self, pattern: &str) -> Result<Vec<String>, PathLoop> {
        let is_absolute = pattern.starts_with('/');
        let mut found = vec![(if is_absolute { String::new() } else { ".".to_owned() }, self.dir.clone())];
        if is_absolute {
            found[0].1 = RootPath::root();
        }
        for component in pattern.split('/').filter(|component| !component.is_empty()) {
            let mut next = Vec::new();
            for (text, dir) in found {
                let below = match glob::is_pattern(component) {
                    true => self.names_in(&dir, component)?,
                    false => vec![component.replace('\\', "")],
                };
                for name in below {
                    let Some(path) = resolve(&dir, &name) else { continue };
                    if self.site.leads_to(&path)?.is_some() {
                        next.push((format!("{text}/{name}"), path));
                    }
                }
            }
            found = next;
        }
        let texts = found.into_iter().map(|(text, _)| text);
        Ok(texts.map(|text| text.strip_prefix("./").map_or(text.clone(), str::to_owned)).collect())
    }

    /// The names in a directory that a pattern describes.
    fn names_in(&self, dir: &RootPath, pattern: &str) -> Result<Vec<String>, PathLoop> {
        let paths = self.site.within(dir)?;
        let names = paths.iter().filter_map(|path| std::str::from_utf8(path.name()).ok());
        let is_shown = |name: &&str| !name.starts_with('.') || pattern.starts_with('.');
        Ok(names.filter(is_shown).filter(|name| glob::matches(pattern, name)).map(str::to_owned).collect())
    }
}

impl Part {
    /// Whether what it stands for is neither split nor a pattern.
    fn is_literal(&self) -> bool {
        match self {
            Self::Text { quoted, .. } | Self::Variable { quoted, .. } | Self::Output { quoted, .. } => {
                *quoted
            }
            Self::Unknown => true,
        }
    }
}

fn without_prefix(text: &str, pattern: &str, longest: bool) -> String {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let fits = |end: &&usize| glob::matches(pattern, &text[..**end]);
    let end = if longest { ends.iter().rev().find(fits) } else { ends.iter().find(fits) };
    text[end.copied().unwrap_or(0)..].to_owned()
}

fn without_suffix(text: &str, pattern: &str, longest: bool) -> String {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let fits = |start: &&usize| glob::matches(pattern, &text[**start..]);
    let start = if longest { starts.iter().find(fits) } else { starts.iter().rev().find(fits) };
    text[..start.copied().unwrap_or(text.len())].to_owned()
}
