//! Scripts of the shell, taken apart.

use std::rc::Rc;

/// Commands one after another.
pub(super) type List = Vec<Node>;

/// A command of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Words, with what is assigned before them and where output goes.
    Simple(Simple),
    /// Commands of which each reads what the one before it writes; of a single one nothing reads.
    Pipe { parts: Vec<Node>, negated: bool },
    /// A command, and others that depend on how it ended.
    AndOr { first: Box<Node>, rest: Vec<(Join, Node)> },
    /// `if`: conditions with what depends on each, then what is left.
    If { arms: Vec<(List, List)>, otherwise: List },
    /// `case`: patterns with what each leads to.
    Case { subject: Word, arms: Vec<(Vec<Word>, List)> },
    /// `for`; without words it goes over the arguments.
    For { name: String, words: Option<Vec<Word>>, body: List },
    /// `while` and `until`.
    While { condition: List, body: List },
    /// `{ ...; }` and `( ... )`.
    Group { body: List, redirects: Vec<Redirect>, subshell: bool },
    /// A function.
    Function { name: String, body: Rc<Node> },
}

/// How a command hangs on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

/// A command that is words alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) assigns: Vec<(String, Word)>,
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
}

/// Where output goes to, or input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// `> file`, `>> file`, of the standard output.
    Out { to: Word, append: bool },
    /// Text that stands in the script.
    Here(Word),
    /// Anything else: other descriptors, `< file`.
    Other,
}

/// A word before it is expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<Part>);

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as it is; quoted, it is neither split nor a pattern.
    Text { text: String, quoted: bool },
    /// `$name`, `${name}`, `${name:-word}` and the like.
    Variable { name: String, change: Option<Change>, quoted: bool },
    /// The output of commands.
    Output { body: List, quoted: bool },
    /// Arithmetic: nobody knows.
    Unknown,
}

/// What becomes of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// `${x-w}`, and `${x:-w}`, which holds for an empty one too; `=` sets it besides.
    Default { or_empty: bool, word: Word },
    /// `${x+w}`, `${x:+w}`.
    Instead { or_empty: bool, word: Word },
    /// `${x#w}`, `${x##w}`.
    Prefix { longest: bool, word: Word },
    /// `${x%w}`, `${x%%w}`.
    Suffix { longest: bool, word: Word },
    /// Any other.
    Other,
}
