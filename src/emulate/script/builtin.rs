//! Commands that are the shell's own.

use super::parse;
use super::run::{Flow, Shell, Value};
use super::test::holds;
use crate::contents::PathLoop;

/// Whether a script that exits so has failed.
fn fails(arguments: &[Value]) -> bool {
    matches!(arguments, [Some(code), ..] if code != "0")
}

impl Shell<'_, '_> {
    /// Follows a command of the shell's own; nothing where it is none.
    pub(super) fn builtin(&mut self, name: &str, arguments: &[Value]) -> Result<Option<Flow>, PathLoop> {
        let well = Flow::On(Some(true));
        let flow = match name {
            ":" | "true" | "umask" | "trap" | "wait" | "ulimit" | "hash" | "alias" | "unalias" => well,
            "false" => Flow::On(Some(false)),
            "export" | "local" | "readonly" | "declare" | "typeset" => {
                for argument in arguments.iter().flatten() {
                    if let Some((name, value)) = argument.split_once('=') {
                        self.variables.insert(name.to_owned(), Some(value.to_owned()));
                    }
                }
                well
            }
            "unset" => {
                for name in arguments.iter().flatten() {
                    self.variables.remove(name);
                    if arguments.first() == Some(&Some("-f".to_owned())) {
                        self.functions.remove(name);
                    }
                }
                well
            }
            "set" => {
                if let Some(at) = arguments.iter().position(|argument| argument.as_deref() == Some("--")) {
                    self.arguments = arguments[at + 1..].to_vec();
                }
                well
            }
            "shift" => {
                let count = arguments.first().map_or(Some(1), |count| count.as_deref()?.parse().ok());
                let Some(count) = count.filter(|count| *count <= self.arguments.len()) else {
                    return Ok(Some(Flow::On(None)));
                };
                self.arguments.drain(..count);
                well
            }
            "test" | "[" | "[[" => Flow::On(holds(self, name, arguments)?),
            // What fails would end the installation, so that it does not come to that.
            "exit" if self.doubts > 0 && fails(arguments) => well,
            "exit" => Flow::Exit,
            "return" => Flow::Return(match arguments.first() {
                None => None,
                Some(code) => code.as_deref().map(|code| code == "0"),
            }),
            "break" | "continue" => Flow::Leave,
            "read" => {
                let names = arguments.iter().flatten().filter(|name| !name.starts_with('-'));
                names.for_each(|name| _ = self.variables.insert(name.clone(), None));
                Flow::On(None)
            }
            "cd" => {
                let dir = arguments.first().and_then(|dir| self.path(dir.as_deref()?));
                let Some(dir) = dir else { return Ok(Some(Flow::On(None))) };
                self.dir = dir;
                well
            }
            "eval" => return self.eval(arguments).map(Some),
            "exec" | "command" | "builtin" | "nohup" | "env" | "/bin/sh" => {
                return self.wrapped(name, arguments);
            }
            "echo" => return self.echo(arguments).map(Some),
            "db_get" => {
                let answer = arguments.first().and_then(|name| self.answers.get(name.as_deref()?));
                self.variables.insert("RET".to_owned(), answer.cloned());
                well
            }
            "db_fget" => {
                // Nobody has seen a question.
                self.variables.insert("RET".to_owned(), Some("false".to_owned()));
                well
            }
            "db_set" => {
                if let [Some(name), value, ..] = arguments {
                    match value {
                        Some(value) => _ = self.answers.insert(name.clone(), value.clone()),
                        None => _ = self.answers.remove(name),
                    }
                }
                well
            }
            _ => return Ok(None),
        };
        Ok(Some(flow))
    }

    fn eval(&mut self, arguments: &[Value]) -> Result<Flow, PathLoop> {
        let text: Option<Vec<&str>> = arguments.iter().map(Option::as_deref).collect();
        match text.and_then(|text| parse::parse(&text.join(" ")).ok()) {
            Some(commands) => self.list(&commands),
            None => {
                let eval = std::iter::once(Some("eval".to_owned()));
                let words: Vec<Value> = eval.chain(arguments.iter().cloned()).collect();
                self.not_understood(&words);
                Ok(Flow::On(None))
            }
        }
    }

    /// A command that another one starts.
    fn wrapped(&mut self, name: &str, arguments: &[Value]) -> Result<Option<Flow>, PathLoop> {
        let asks = |option: &Value| matches!(option.as_deref(), Some("-v" | "-V"));
        if name == "command" && arguments.first().is_some_and(asks) {
            return Ok(None);
        }
        let is_own = |word: &&Value| {
            word.as_deref().is_some_and(|word| word.starts_with('-') || name == "env" && word.contains('='))
        };
        let own = arguments.iter().take_while(is_own).count();
        match &arguments[own..] {
            [] => Ok(Some(Flow::On(Some(true)))),
            _ if name == "/bin/sh" => Ok(None),
            words => {
                let flow = self.command(words)?;
                Ok(Some(if name == "exec" && flow == Flow::On(Some(true)) { Flow::Exit } else { flow }))
            }
        }
    }

    fn echo(&mut self, arguments: &[Value]) -> Result<Flow, PathLoop> {
        let (end, words) = match arguments.first().map(Option::as_deref) {
            Some(Some("-n")) => ("", &arguments[1..]),
            _ => ("\n", arguments),
        };
        let words: Option<Vec<&str>> = words.iter().map(Option::as_deref).collect();
        // What begins with an option, or holds a `\`, is not the same for every shell.
        let text = words.map(|words| words.join(" "));
        let text = text.filter(|text| !text.starts_with("-e") && !text.contains('\\'));
        self.print(text.map(|text| text + end));
        Ok(Flow::On(Some(true)))
    }
}
