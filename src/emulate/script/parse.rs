//! The grammar of the shell, as far as scripts of packages use it.

use std::rc::Rc;

use super::read::{Input, Token};
use super::syntax::{Join, List, Node, Redirect, Simple};

/// A script that is not understood as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// How deep commands may lie in each other.
pub(super) const DEPTH: usize = 60;

/// Reads a whole script.
pub(super) fn parse(text: &str) -> Result<List, Unreadable> {
    parse_within(text, 0)
}

/// Reads commands that stand in a word of a script, which lies so deep.
pub(super) fn parse_within(text: &str, depth: usize) -> Result<List, Unreadable> {
    let mut parser = Parser { input: Input::new(text, depth), depth };
    let list = parser.list(&[])?;
    if parser.input.peek()? == Token::End { Ok(list) } else { Err(Unreadable) }
}

/// Reads commands up to the parenthesis that ends them; gives them, and how many bytes they take with it.
pub(super) fn parse_output(text: &str, depth: usize) -> Result<(List, usize), Unreadable> {
    let mut parser = Parser { input: Input::new(text, depth), depth };
    let list = parser.list(&[])?;
    parser.operator(")")?;
    Ok((list, parser.input.at()))
}

struct Parser<'a> {
    input: Input<'a>,
    depth: usize,
}

impl Parser<'_> {
    /// Commands up to one of these words, which stays.
    fn list(&mut self, ends: &[&str]) -> Result<List, Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Unreadable);
        }
        let mut list = List::new();
        loop {
            match self.input.peek()? {
                Token::Newline | Token::Operator(";" | "&") => _ = self.input.next()?,
                Token::End | Token::Operator(")" | ";;" | ";&") => break,
                Token::Word(word) if word.plain().is_some_and(|word| ends.contains(&word)) => break,
                _ => list.push(self.and_or()?),
            }
        }
        self.depth -= 1;
        Ok(list)
    }

    fn and_or(&mut self) -> Result<Node, Unreadable> {
        let first = self.pipe()?;
        let mut rest = Vec::new();
        loop {
            let join = match self.input.peek()? {
                Token::Operator("&&") => Join::And,
                Token::Operator("||") => Join::Or,
                _ => break,
            };
            self.input.next()?;
            self.newlines()?;
            rest.push((join, self.pipe()?));
        }
        Ok(if rest.is_empty() { first } else { Node::AndOr { first: Box::new(first), rest } })
    }

    fn pipe(&mut self) -> Result<Node, Unreadable> {
        let mut negated = false;
        while self.takes("!")? {
            negated = !negated;
        }
        let mut parts = vec![self.command()?];
        while self.input.peek()? == Token::Operator("|") {
            self.input.next()?;
            self.newlines()?;
            parts.push(self.command()?);
        }
        if parts.len() == 1 && !negated {
            return parts.pop().ok_or(Unreadable);
        }
        Ok(Node::Pipe { parts, negated })
    }

    fn command(&mut self) -> Result<Node, Unreadable> {
        if self.input.peek()? == Token::Operator("(") {
            self.input.next()?;
            let body = self.list(&[])?;
            self.operator(")")?;
            return Ok(Node::Group { body, redirects: self.redirects()?, subshell: true });
        }
        let word = match self.input.peek()? {
            Token::Word(word) => word,
            Token::Redirect => return self.simple(),
            _ => return Err(Unreadable),
        };
        let node = match word.plain() {
            Some("{") => {
                self.input.next()?;
                let body = self.list(&["}"])?;
                self.word("}")?;
                return Ok(Node::Group { body, redirects: self.redirects()?, subshell: false });
            }
            Some("if") => self.conditional()?,
            Some("case") => self.case()?,
            Some("for") => self.each()?,
            Some("while" | "until") => self.repeated()?,
            Some("function") => {
                self.input.next()?;
                return self.function();
            }
            _ => return self.simple(),
        };
        let redirects = self.redirects()?;
        if redirects.is_empty() {
            return Ok(node);
        }
        Ok(Node::Group { body: vec![node], redirects, subshell: false })
    }

    fn conditional(&mut self) -> Result<Node, Unreadable> {
        self.word("if")?;
        let (mut arms, mut otherwise) = (Vec::new(), List::new());
        loop {
            let condition = self.list(&["then"])?;
            self.word("then")?;
            arms.push((condition, self.list(&["elif", "else", "fi"])?));
            if self.takes("elif")? {
                continue;
            }
            if self.takes("else")? {
                otherwise = self.list(&["fi"])?;
            }
            self.word("fi")?;
            return Ok(Node::If { arms, otherwise });
        }
    }

    fn case(&mut self) -> Result<Node, Unreadable> {
        self.word("case")?;
        let Token::Word(subject) = self.input.next()? else { return Err(Unreadable) };
        self.newlines()?;
        self.word("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.takes("esac")? {
                return Ok(Node::Case { subject, arms });
            }
            if self.input.peek()? == Token::Operator("(") {
                self.input.next()?;
            }
            let mut patterns = Vec::new();
            loop {
                let Token::Word(pattern) = self.input.next()? else { return Err(Unreadable) };
                patterns.push(pattern);
                match self.input.next()? {
                    Token::Operator("|") => {}
                    Token::Operator(")") => break,
                    _ => return Err(Unreadable),
                }
            }
            arms.push((patterns, self.list(&["esac"])?));
            if self.input.peek()? == Token::Operator(";;") {
                self.input.next()?;
            }
        }
    }

    fn each(&mut self) -> Result<Node, Unreadable> {
        self.word("for")?;
        let Token::Word(name) = self.input.next()? else { return Err(Unreadable) };
        let name = name.plain().ok_or(Unreadable)?.to_owned();
        self.newlines()?;
        let words = if self.takes("in")? {
            let mut words = Vec::new();
            while let Token::Word(word) = self.input.peek()? {
                self.input.next()?;
                words.push(word);
            }
            Some(words)
        } else {
            None
        };
        Ok(Node::For { name, words, body: self.body()? })
    }

    fn repeated(&mut self) -> Result<Node, Unreadable> {
        self.input.next()?;
        let condition = self.list(&["do"])?;
        Ok(Node::While { condition, body: self.body()? })
    }

    /// `do ... done`
    fn body(&mut self) -> Result<List, Unreadable> {
        while matches!(self.input.peek()?, Token::Newline | Token::Operator(";")) {
            self.input.next()?;
        }
        self.word("do")?;
        let body = self.list(&["done"])?;
        self.word("done")?;
        Ok(body)
    }

    /// A function from its name on.
    fn function(&mut self) -> Result<Node, Unreadable> {
        let Token::Word(name) = self.input.next()? else { return Err(Unreadable) };
        let name = name.plain().ok_or(Unreadable)?.to_owned();
        if self.input.peek()? == Token::Operator("(") {
            self.input.next()?;
            self.operator(")")?;
        }
        self.newlines()?;
        Ok(Node::Function { name, body: Rc::new(self.command()?) })
    }

    fn simple(&mut self) -> Result<Node, Unreadable> {
        let mut simple = Simple::default();
        loop {
            match self.input.peek()? {
                Token::Redirect => simple.redirects.push(self.redirect()?),
                Token::Word(word) => {
                    self.input.next()?;
                    if simple.words.is_empty()
                        && let Some((name, value)) = word.assignment()
                    {
                        simple.assigns.push((name, value));
                        continue;
                    }
                    let is_first = simple.words.is_empty();
                    simple.words.push(word);
                    if is_first && self.input.peek()? == Token::Operator("(") {
                        return self.named_function(simple);
                    }
                }
                _ => break,
            }
        }
        let is_nothing = simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.is_empty();
        if is_nothing { Err(Unreadable) } else { Ok(Node::Simple(simple)) }
    }

    /// A function whose name was taken for a command.
    fn named_function(&mut self, simple: Simple) -> Result<Node, Unreadable> {
        let name = simple.words[0].plain().ok_or(Unreadable)?.to_owned();
        self.operator("(")?;
        self.operator(")")?;
        self.newlines()?;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Unreadable);
        }
        let body = Rc::new(self.command()?);
        self.depth -= 1;
        Ok(Node::Function { name, body })
    }

    fn redirects(&mut self) -> Result<Vec<Redirect>, Unreadable> {
        let mut redirects = Vec::new();
        while self.input.peek()? == Token::Redirect {
            redirects.push(self.redirect()?);
        }
        Ok(redirects)
    }

    fn redirect(&mut self) -> Result<Redirect, Unreadable> {
        self.input.redirect()
    }

    fn newlines(&mut self) -> Result<(), Unreadable> {
        while self.input.peek()? == Token::Newline {
            self.input.next()?;
        }
        Ok(())
    }

    /// Takes a word where it is the next.
    fn takes(&mut self, wanted: &str) -> Result<bool, Unreadable> {
        let is_next = matches!(self.input.peek()?, Token::Word(word) if word.plain() == Some(wanted));
        if is_next {
            self.input.next()?;
        }
        Ok(is_next)
    }

    fn word(&mut self, wanted: &str) -> Result<(), Unreadable> {
        if self.takes(wanted)? { Ok(()) } else { Err(Unreadable) }
    }

    fn operator(&mut self, wanted: &'static str) -> Result<(), Unreadable> {
        if self.input.next()? == Token::Operator(wanted) { Ok(()) } else { Err(Unreadable) }
    }
}
