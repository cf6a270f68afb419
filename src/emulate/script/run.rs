//! Going through a script, command by command.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::syntax::{Join, List, Node, Redirect, Word};
use super::{Script, glob};
use crate::contents::PathLoop;
use crate::emulate::site::{Site, resolve};
use crate::printable::printable;
use crate::rootfs::RootPath;

/// A text, where it is known.
pub(super) type Value = Option<String>;
/// Whether a command ended well, where it is known.
pub(super) type Status = Option<bool>;

/// A shell that follows one script.
pub(in crate::emulate) struct Shell<'s, 'a> {
    pub(in crate::emulate) site: &'s mut Site<'a>,
    pub(in crate::emulate) script: Script<'s>,
    /// What debconf answers.
    pub(super) answers: BTreeMap<String, String>,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) arguments: Vec<Value>,
    pub(super) functions: BTreeMap<String, Rc<Node>>,
    pub(in crate::emulate) dir: RootPath,
    /// What is printed, where it is known.
    pub(super) printed: Value,
    /// The text that stands in the script for a command to read.
    pub(super) input: Value,
    /// How many conditions that are not known lie around.
    pub(in crate::emulate) doubts: u32,
    /// How far the script may have been left already: what comes after is as doubtful.
    pub(super) left: Option<Left>,
    /// Caches that would have been built.
    pub(super) caches: BTreeSet<&'static str>,
    pub(super) depth: u32,
    steps: u32,
    pub(super) unknown: Vec<String>,
}

/// How a command leaves the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next command follows.
    On(Status),
    Return(Status),
    /// Of a loop: out of it, or to its next turn.
    Leave,
    Exit,
}

/// What may have been left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    Loop,
    Function,
    Script,
}

/// Commands that are followed; a loop ends where they are used up.
const STEPS: u32 = 100_000;
/// How deep functions may call each other.
pub(super) const DEPTH: u32 = 50;

impl<'s, 'a> Shell<'s, 'a> {
    pub(super) fn new(site: &'s mut Site<'a>, script: Script<'s>, answers: BTreeMap<String, String>) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let variables = [
            ("DPKG_MAINTSCRIPT_PACKAGE", text(&script.package.package.name)),
            ("DPKG_MAINTSCRIPT_NAME", text(script.name)),
            ("DPKG_MAINTSCRIPT_ARCH", text(&script.package.package.architecture)),
            ("DEBIAN_FRONTEND", text("noninteractive")),
            ("DPKG_ROOT", text("")),
            ("PATH", None),
            ("HOME", None),
            ("IFS", None),
        ];
        Self {
            arguments: script.arguments.iter().map(|argument| text(argument)).collect(),
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            functions: BTreeMap::new(),
            dir: RootPath::root(),
            printed: None,
            input: None,
            doubts: 0,
            left: None,
            caches: BTreeSet::new(),
            depth: 0,
            steps: 0,
            unknown: Vec::new(),
            site,
            script,
            answers,
        }
    }

    pub(super) fn run_script(&mut self, commands: &List) -> Result<(), PathLoop> {
        self.list(commands).map(drop)
    }

    /// What was not understood, and the caches that would have been built.
    pub(super) fn finish(self) -> (Vec<String>, BTreeSet<&'static str>) {
        (self.unknown, self.caches)
    }

    /// Takes down a command that is not understood.
    pub(super) fn not_understood(&mut self, words: &[Value]) {
        let words: Vec<String> =
            words.iter().map(|word| word.clone().unwrap_or_else(|| "…".to_owned())).collect();
        let line = printable(words.join(" ").as_bytes());
        self.unknown.push(match line.char_indices().nth(100) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        });
    }

    /// The text that stands in the script for the command to read.
    pub(in crate::emulate) fn take_input(&mut self) -> Option<String> {
        self.input.take()
    }

    /// The path that a word means.
    pub(in crate::emulate) fn path(&self, text: &str) -> Option<RootPath> {
        resolve(&self.dir, text)
    }

    pub(super) fn list(&mut self, list: &[Node]) -> Result<Flow, PathLoop> {
        let mut status = Some(true);
        for node in list {
            let has_left = self.left.is_some();
            let flow = match has_left && self.doubts == 0 {
                true => self.doubting(|shell| shell.node(node))?,
                false => self.node(node)?,
            };
            match flow {
                Flow::On(own) => status = own,
                flow if self.doubts == 0 && !has_left => return Ok(flow),
                flow => {
                    self.may_have_left(flow);
                    break;
                }
            }
        }
        Ok(Flow::On(status))
    }

    /// Remembers a leave of which it is not known whether it comes to that.
    fn may_have_left(&mut self, flow: Flow) {
        let left = match flow {
            Flow::On(_) => return,
            Flow::Leave => Left::Loop,
            Flow::Return(_) => Left::Function,
            Flow::Exit => Left::Script,
        };
        self.left = self.left.max(Some(left));
    }

    pub(super) fn node(&mut self, node: &Node) -> Result<Flow, PathLoop> {
        self.steps += 1;
        if self.steps > STEPS {
            return Ok(Flow::Exit);
        }
        match node {
            Node::Simple(simple) => self.simple(simple),
            Node::Pipe { parts, negated } => self.pipe(parts, *negated),
            Node::AndOr { first, rest } => self.and_or(first, rest),
            Node::If { arms, otherwise } => self.conditional(arms, otherwise),
            Node::Case { subject, arms } => self.case(subject, arms),
            Node::For { name, words, body } => self.each(name, words.as_deref(), body),
            Node::While { condition, body } => self.repeated(condition, body),
            Node::Group { body, redirects, subshell } => self.group(body, redirects, *subshell),
            Node::Function { name, body } => {
                self.functions.insert(name.clone(), Rc::clone(body));
                Ok(Flow::On(Some(true)))
            }
        }
    }

    fn pipe(&mut self, parts: &[Node], negated: bool) -> Result<Flow, PathLoop> {
        let mut flow = Flow::On(Some(true));
        let (is_single, before) = (parts.len() == 1, self.printed.take());
        for (number, part) in parts.iter().enumerate() {
            self.printed = if is_single { before.clone() } else { Some(String::new()) };
            flow = self.node(part)?;
            if number + 1 < parts.len() {
                self.input = self.printed.take();
            }
        }
        self.input = None;
        if !is_single {
            self.printed = match (before, self.printed.take()) {
                (Some(before), Some(own)) => Some(before + &own),
                _ => None,
            };
            flow = match flow {
                Flow::On(status) => Flow::On(status),
                _ => Flow::On(Some(true)),
            };
        }
        Ok(match flow {
            Flow::On(status) if negated => Flow::On(status.map(|status| !status)),
            flow => flow,
        })
    }

    fn and_or(&mut self, first: &Node, rest: &[(Join, Node)]) -> Result<Flow, PathLoop> {
        let mut status = match self.node(first)? {
            Flow::On(status) => status,
            flow => return Ok(flow),
        };
        for (join, node) in rest {
            let is_next = match join {
                Join::And => status,
                Join::Or => status.map(|status| !status),
            };
            status = match is_next {
                Some(false) => status,
                Some(true) => match self.node(node)? {
                    Flow::On(status) => status,
                    flow => return Ok(flow),
                },
                None => {
                    let own = self.doubting(|shell| shell.node(node))?;
                    self.may_have_left(own);
                    // Whatever the first did, `|| true` ends well.
                    match (join, own) {
                        (Join::Or, Flow::On(Some(true))) => Some(true),
                        _ => None,
                    }
                }
            };
        }
        Ok(Flow::On(status))
    }

    fn conditional(&mut self, arms: &[(List, List)], otherwise: &List) -> Result<Flow, PathLoop> {
        let Some(((condition, body), rest)) = arms.split_first() else { return self.list(otherwise) };
        match self.list(condition)? {
            Flow::On(Some(true)) => self.list(body),
            Flow::On(Some(false)) => self.conditional(rest, otherwise),
            Flow::On(None) => {
                self.doubting(|shell| shell.list(body))?;
                self.doubting(|shell| shell.conditional(rest, otherwise))?;
                Ok(Flow::On(None))
            }
            flow => Ok(flow),
        }
    }

    fn case(&mut self, subject: &Word, arms: &[(Vec<Word>, List)]) -> Result<Flow, PathLoop> {
        let subject = self.text(subject)?;
        for (patterns, body) in arms {
            let mut fits = Some(false);
            for pattern in patterns {
                let pattern = self.pattern(pattern)?;
                fits = match (&subject, pattern) {
                    (_, Some(pattern)) if pattern == "*" => Some(true),
                    (Some(subject), Some(pattern)) if glob::matches(&pattern, subject) => Some(true),
                    (Some(_), Some(_)) => fits,
                    _ => fits.filter(|fits| *fits),
                };
                if fits == Some(true) {
                    break;
                }
            }
            match fits {
                // After one that may have fit, this one is as doubtful.
                Some(true) if subject.is_some() => return self.list(body),
                Some(false) => {}
                _ => _ = self.doubting(|shell| shell.list(body))?,
            }
        }
        Ok(Flow::On(if subject.is_some() { Some(true) } else { None }))
    }

    fn each(&mut self, name: &str, words: Option<&[Word]>, body: &List) -> Result<Flow, PathLoop> {
        let values = match words {
            Some(words) => self.fields(words)?,
            None => self.arguments.clone(),
        };
        let before = self.left;
        for value in values {
            let is_known = value.is_some();
            self.variables.insert(name.to_owned(), value);
            let flow = match is_known {
                true => self.list(body)?,
                false => self.doubting(|shell| shell.list(body))?,
            };
            if let Flow::Exit | Flow::Return(_) = flow {
                return Ok(flow);
            }
        }
        self.come_back(before, Left::Loop);
        Ok(Flow::On(Some(true)))
    }

    /// A loop with a condition: as nobody counts, its body is looked at once.
    fn repeated(&mut self, condition: &List, body: &List) -> Result<Flow, PathLoop> {
        if let Flow::On(Some(false)) = self.list(condition)? {
            return Ok(Flow::On(Some(true)));
        }
        let before = self.left;
        self.doubting(|shell| shell.list(body))?;
        self.come_back(before, Left::Loop);
        Ok(Flow::On(None))
    }

    /// Ends what may have been left: what comes after is no more doubtful than it was before.
    pub(super) fn come_back(&mut self, before: Option<Left>, from: Left) {
        self.left = self.left.filter(|left| *left > from).max(before);
    }

    fn group(&mut self, body: &List, redirects: &[Redirect], subshell: bool) -> Result<Flow, PathLoop> {
        let outer = subshell.then(|| (self.variables.clone(), self.dir.clone(), self.arguments.clone()));
        let before = self.left;
        let flow = self.redirected(redirects, |shell| shell.list(body))?;
        let Some((variables, dir, arguments)) = outer else { return Ok(flow) };
        (self.variables, self.dir, self.arguments) = (variables, dir, arguments);
        self.left = before;
        Ok(match flow {
            Flow::On(status) | Flow::Return(status) => Flow::On(status),
            Flow::Leave | Flow::Exit => Flow::On(None),
        })
    }

    /// Follows what may not be done. What it sets to something else is not known afterwards.
    pub(super) fn doubting<T>(
        &mut self,
        follow: impl FnOnce(&mut Self) -> Result<T, PathLoop>,
    ) -> Result<T, PathLoop> {
        let before = self.variables.clone();
        let (arguments, dir) = (self.arguments.clone(), self.dir.clone());
        self.doubts += 1;
        let followed = follow(self);
        self.doubts -= 1;
        (self.arguments, self.dir) = (arguments, dir);
        for (name, value) in &mut self.variables {
            if before.get(name) != Some(value) {
                *value = None;
            }
        }
        followed
    }
}
