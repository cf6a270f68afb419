//! Conditions.

use super::glob;
use super::run::{Shell, Status, Value};
use crate::contents::PathLoop;
use crate::emulate::site::There;

/// Whether a condition holds, where that is known. `name` is the command: `test`, `[` or `[[`.
pub(super) fn holds(shell: &mut Shell<'_, '_>, name: &str, arguments: &[Value]) -> Result<Status, PathLoop> {
    let end = match name {
        "[" => Some("]"),
        "[[" => Some("]]"),
        _ => None,
    };
    let words = match (end, arguments.split_last()) {
        (None, _) => arguments,
        (Some(end), Some((last, words))) if last.as_deref() == Some(end) => words,
        _ => return Ok(None),
    };
    let mut test = Test { shell, words, at: 0, is_double: name == "[[" };
    let status = test.any()?;
    Ok(if test.at == words.len() { status } else { None })
}

struct Test<'t, 's, 'a> {
    shell: &'t mut Shell<'s, 'a>,
    words: &'t [Value],
    at: usize,
    is_double: bool,
}

impl Test<'_, '_, '_> {
    fn any(&mut self) -> Result<Status, PathLoop> {
        let mut status = self.all()?;
        while self.takes("-o") || self.takes("||") {
            let other = self.all()?;
            status = match (status, other) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(status)
    }

    fn all(&mut self) -> Result<Status, PathLoop> {
        let mut status = self.one()?;
        while self.takes("-a") || self.takes("&&") {
            let other = self.one()?;
            status = match (status, other) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Ok(status)
    }

    fn one(&mut self) -> Result<Status, PathLoop> {
        let left = self.words.len() - self.at;
        if left == 0 {
            return Ok(Some(false));
        }
        if left > 2 && self.binary_follows() {
            return Ok(self.binary());
        }
        if left > 1 && self.takes("!") {
            return Ok(self.one()?.map(|status| !status));
        }
        if left > 1 && self.takes("(") {
            let status = self.any()?;
            return Ok(if self.takes(")") { status } else { None });
        }
        if left > 1
            && let Some(sign) = self.words[self.at].clone().filter(|word| is_unary(word))
        {
            let operand = self.words[self.at + 1].clone();
            self.at += 2;
            return self.unary(&sign, operand);
        }
        let word = self.words[self.at].clone();
        self.at += 1;
        Ok(word.map(|word| !word.is_empty()))
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|word| word.as_deref() == Some(wanted));
        self.at += usize::from(is_next);
        is_next
    }

    fn binary_follows(&self) -> bool {
        const SIGNS: [&str; 14] =
            ["=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "=~", "<"];
        self.words.get(self.at + 1).and_then(Option::as_deref).is_some_and(|sign| SIGNS.contains(&sign))
    }

    fn binary(&mut self) -> Status {
        let words = &self.words[self.at..self.at + 3];
        self.at += 3;
        let (left, sign, right) = (words[0].as_deref()?, words[1].as_deref()?, words[2].as_deref()?);
        let number = |text: &str| text.trim().parse::<i64>().ok();
        match sign {
            "=" | "==" if self.is_double => Some(glob::matches(right, left)),
            "!=" if self.is_double => Some(!glob::matches(right, left)),
            "=" | "==" => Some(left == right),
            "!=" => Some(left != right),
            "-eq" => Some(number(left)? == number(right)?),
            "-ne" => Some(number(left)? != number(right)?),
            "-lt" => Some(number(left)? < number(right)?),
            "-le" => Some(number(left)? <= number(right)?),
            "-gt" => Some(number(left)? > number(right)?),
            "-ge" => Some(number(left)? >= number(right)?),
            _ => None,
        }
    }

    fn unary(&mut self, sign: &str, operand: Value) -> Result<Status, PathLoop> {
        let Some(operand) = operand else { return Ok(None) };
        match sign {
            "-n" => return Ok(Some(!operand.is_empty())),
            "-z" => return Ok(Some(operand.is_empty())),
            // Nobody sits before it.
            "-t" => return Ok(Some(false)),
            "-v" => return Ok(None),
            _ => {}
        }
        if operand.is_empty() {
            return Ok(Some(false));
        }
        let Some(path) = self.shell.path(&operand) else { return Ok(Some(false)) };
        // What runs while the image is used is not there yet.
        if path.as_bytes().starts_with(b"run/") || path.as_bytes().starts_with(b"proc/") {
            return Ok(Some(false));
        }
        let there = match sign {
            "-L" | "-h" => self.shell.site.there(&path)?,
            _ => self.shell.site.leads_to(&path)?,
        };
        Ok(match sign {
            "-L" | "-h" => Some(there == Some(There::Symlink)),
            "-d" => Some(there == Some(There::Directory)),
            "-f" => Some(there == Some(There::File)),
            "-e" | "-r" | "-w" => Some(there.is_some()),
            "-x" => match there {
                Some(There::File) => self.shell.site.mode(&path)?.map(|mode| mode.bits() & 0o111 != 0),
                there => Some(there.is_some()),
            },
            "-s" => match self.shell.site.bytes(&path)? {
                Some(bytes) => Some(!bytes.is_empty()),
                None => there.is_some().then_some(true).or(Some(false)),
            },
            "-p" | "-S" | "-b" | "-c" if there != Some(There::Special) => Some(false),
            _ => None,
        })
    }
}

fn is_unary(word: &str) -> bool {
    word.len() == 2
        && word.starts_with('-')
        && word[1..].starts_with(|sign| "nztvLhdferwxspSbcugkOG".contains(sign))
}
