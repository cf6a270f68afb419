//! Single commands: what they are called with, where their output goes, and what they do.

use std::rc::Rc;

use super::run::{DEPTH, Flow, Left, Shell, Value};
use super::syntax::{Node, Redirect, Simple};
use super::{Did, Printed};
use crate::contents::PathLoop;
use crate::emulate::commands;

impl Shell<'_, '_> {
    pub(super) fn simple(&mut self, simple: &Simple) -> Result<Flow, PathLoop> {
        let mut status = Some(true);
        for (name, value) in &simple.assigns {
            let (value, own) = self.assigned(value)?;
            status = own;
            if simple.words.is_empty() {
                self.variables.insert(name.clone(), value);
            }
        }
        let words = self.fields(&simple.words)?;
        self.redirected(&simple.redirects, |shell| match words.as_slice() {
            [] => Ok(Flow::On(status)),
            words => shell.command(words),
        })
    }

    /// Follows something whose output goes where redirections lead.
    pub(super) fn redirected(
        &mut self,
        redirects: &[Redirect],
        follow: impl FnOnce(&mut Self) -> Result<Flow, PathLoop>,
    ) -> Result<Flow, PathLoop> {
        let mut out = None;
        for redirect in redirects {
            match redirect {
                Redirect::Out { to, append } => out = Some((self.text(to)?, *append)),
                Redirect::Here(text) => self.input = self.text(text)?,
                Redirect::Other => {}
            }
        }
        let Some((to, append)) = out else {
            let flow = follow(self)?;
            self.input = None;
            return Ok(flow);
        };
        let before = self.printed.replace(String::new());
        let flow = follow(self)?;
        let printed = std::mem::replace(&mut self.printed, before);
        self.input = None;
        self.write(to, printed, append)?;
        Ok(flow)
    }

    /// Writes what was printed to a file.
    fn write(&mut self, to: Value, printed: Value, append: bool) -> Result<(), PathLoop> {
        let path = to.as_deref().and_then(|to| self.path(to));
        if let Some(to) = &path
            && (to.as_bytes().starts_with(b"dev/") || to.as_bytes() == b"dev")
        {
            return Ok(());
        }
        let written = match (path, printed) {
            (Some(path), Some(text)) if self.doubts == 0 => commands::write(self, &path, &text, append)?,
            _ => false,
        };
        if !written {
            self.not_understood(&[Some(if append { ">>" } else { ">" }.to_owned()), to]);
        }
        Ok(())
    }

    pub(super) fn command(&mut self, words: &[Value]) -> Result<Flow, PathLoop> {
        let name = words[0].clone();
        let function = name.as_ref().and_then(|name| self.functions.get(name)).cloned();
        if let Some(body) = function {
            return self.call(&body, &words[1..]);
        }
        if let Some(name) = &name
            && let Some(flow) = self.builtin(name, &words[1..])?
        {
            return Ok(flow);
        }
        let known: Option<Vec<&str>> = words.iter().map(Option::as_deref).collect();
        let did = match (&name, &known) {
            (Some(_), Some(words)) => commands::run(self, words)?,
            (Some(_), None) => {
                let known: Vec<&str> = words.iter().filter_map(Option::as_deref).collect();
                commands::idle(&known).unwrap_or(Did::Unknown)
            }
            (None, _) => Did::Unknown,
        };
        match did {
            Did::Done(status, Printed::Text(text)) => {
                self.print(Some(text));
                Ok(Flow::On(status))
            }
            Did::Done(status, Printed::Unknown) => {
                self.print(None);
                Ok(Flow::On(status))
            }
            Did::Unknown => {
                match name.as_deref().and_then(commands::cache_of) {
                    Some(of) => _ = self.caches.insert(of),
                    None => self.not_understood(words),
                }
                self.print(None);
                Ok(Flow::On(None))
            }
        }
    }

    /// Adds to what is printed.
    pub(super) fn print(&mut self, text: Value) {
        self.printed = match (self.printed.take(), text) {
            (Some(before), Some(text)) => Some(before + &text),
            _ => None,
        };
    }

    fn call(&mut self, body: &Rc<Node>, arguments: &[Value]) -> Result<Flow, PathLoop> {
        if self.depth >= DEPTH {
            return Ok(Flow::Exit);
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.arguments, arguments.to_vec());
        let before = self.left;
        let flow = self.node(&Rc::clone(body))?;
        self.come_back(before, Left::Function);
        self.arguments = outer;
        self.depth -= 1;
        Ok(match flow {
            Flow::Return(status) => Flow::On(status),
            flow => flow,
        })
    }
}
