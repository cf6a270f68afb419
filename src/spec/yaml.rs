//! YAML text to a tree of nodes with places, within budgets.
//!
//! What is read is one document of YAML 1.2 without directives, custom tags and merge keys. Aliases are expanded here: the
//! node that stands for one has the alias's place, what lies below it keeps its own.

use std::collections::HashMap;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag, options};

use super::node::{Node, NodeKind, Scalar, ScalarKind};
use super::{At, Excerpt, KeyError, Place, SpecError, SpecErrorKind};
use crate::code::{Code, Coded};

/// Bytes of a specification.
pub(super) const LARGEST: usize = 1 << 20;
/// Lists and mappings within each other.
const DEEPEST: usize = 64;
/// Values and keys, those that aliases stand for counted each time.
const MOST_NODES: usize = 100_000;
/// Aliases, those within what aliases stand for counted each time.
const MOST_ALIASES: usize = 1_000;
/// Bytes of all scalars, those that aliases stand for counted each time.
const MOST_TEXT: usize = 8 << 20;

/// A document, and what is wrong with it that does not keep it from being read.
#[derive(Debug)]
pub(super) struct Document {
    /// Its root.
    pub root: Node,
    /// Duplicate keys, tags and merge keys; what they stand at is left out of the tree.
    pub errors: Vec<SpecError>,
}

/// YAML that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is no YAML.
    #[error("this is no YAML: {0}")]
    Syntax(Excerpt),
    /// There is no document.
    #[error("the file holds no YAML document")]
    Empty,
    /// The file goes on after its document.
    #[error("a second document begins here")]
    SecondDocument,
    /// A tag other than `!!str`.
    #[error("tag `{0}` is not known")]
    Tag(Excerpt),
    /// `<<`, which YAML 1.2 does not have.
    #[error("merge key `<<` is not supported")]
    MergeKey,
    /// An alias within the node that it stands for.
    #[error("alias `{0}` stands within what it names")]
    Endless(Excerpt),
    /// A key that is neither text nor a whole number.
    #[error("a key has to be text, found {0}")]
    Key(String),
}

/// A budget of the specification is spent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecLimit {
    /// Bytes of the file.
    #[error("a specification has at most {limit} bytes, this one has {found}")]
    Bytes {
        /// The bytes it has.
        found: u64,
        /// The bytes it may have.
        limit: usize,
    },
    /// Lists and mappings within each other.
    #[error("lists and mappings are nested deeper than {0}")]
    Depth(usize),
    /// Values and keys.
    #[error("the file holds more than {0} values")]
    Nodes(usize),
    /// Aliases after expansion.
    #[error("more than {0} aliases are used")]
    Aliases(usize),
    /// Bytes of all scalars after expansion.
    #[error("texts that aliases stand for come to more than {0} bytes")]
    Text(usize),
    /// Patterns of all artifacts.
    #[error("there are more than {0} includes and excludes")]
    Patterns(usize),
    /// Bytes of a pattern.
    #[error("a pattern has at most {limit} bytes, this one has {found}")]
    Pattern {
        /// The bytes it has.
        found: usize,
        /// The bytes it may have.
        limit: usize,
    },
}

impl Coded for YamlError {
    fn code(&self) -> Code {
        Code::SpecYaml
    }
}

impl YamlError {
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Empty => "the least a file needs is `name`, `targets` and `platforms`".to_owned(),
            Self::SecondDocument => {
                "one file is one customization; several bases are several `targets`".to_owned()
            }
            Self::Tag(tag) => format!("a text that begins with `!` needs quotes: `'{tag}'`"),
            Self::MergeKey => "write the keys out, or give the whole mapping an alias".to_owned(),
            Self::Key(_) => "put the key in quotes".to_owned(),
            Self::Syntax(_) | Self::Endless(_) => return None,
        })
    }
}

impl Coded for SpecLimit {
    fn code(&self) -> Code {
        Code::LimitSpec
    }
}

/// Reads the one document of `text`; a leading byte order mark is passed over.
///
/// Fails at the first error that keeps the rest from being read: bad syntax or a spent budget.
pub(super) fn read(text: &str) -> Result<Document, SpecError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LARGEST {
        let limit = SpecLimit::Bytes { found: text.len() as u64, limit: LARGEST };
        return Err(SpecError::new(TOP, limit));
    }
    let parser = Parser::new_from_str_with_options(
        text,
        options! { emit_comments: false, disallow_directives: true, strict_indentation: false },
    );
    Reading { text, parser, anchors: HashMap::new(), spent: Weight::default(), errors: Vec::new() }.document()
}

/// The first character of the file.
pub(super) const TOP: Place = Place { line: 1, column: 1, length: 1 };

/// What a node and all below it cost.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    nodes: usize,
    aliases: usize,
    text: usize,
}

/// A node that an alias may stand for.
struct Anchored {
    node: Node,
    height: usize,
    weight: Weight,
}

struct Reading<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Anchored>,
    spent: Weight,
    errors: Vec<SpecError>,
}

impl<'t> Reading<'t> {
    fn document(mut self) -> Result<Document, SpecError> {
        let root = loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, _) => return Err(SpecError::new(TOP, YamlError::Empty)),
                (event, span) => break self.node(event, span, 1)?.0,
            }
        };
        loop {
            match self.next()? {
                (Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(Document { root, errors: self.errors }),
                (_, span) => return Err(SpecError::new(self.place(&span), YamlError::SecondDocument)),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), SpecError> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker();
                let place = Place { line: count(at.line()).max(1), column: count(at.col()) + 1, length: 1 };
                Err(SpecError::new(place, YamlError::Syntax(error.info().as_str().into())))
            }
            // The parser ends with an event of its own.
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The node that `event` begins, and how many levels it has.
    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<(Node, usize), SpecError> {
        let place = self.place(&span);
        let before = self.spent;
        self.spend(place, Weight { nodes: 1, ..Weight::default() })?;
        let (kind, (anchor, tag), below) = match event {
            Event::Alias(id) => return self.alias(id, &span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(place, Weight { text: text.len(), ..Weight::default() })?;
                (scalar(&text, style, &span, tag.is_some()), (anchor, tag), 0)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_depth(depth, place)?;
                let (list, below) = self.list(depth)?;
                (NodeKind::List(list), (anchor, tag), below)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_depth(depth, place)?;
                let (mapping, below) = self.mapping(depth)?;
                (NodeKind::Mapping(mapping), (anchor, tag), below)
            }
            _ => return Err(SpecError::new(place, YamlError::Syntax("a value is missing here".into()))),
        };
        let place = visible(place, &kind);
        let kind = if self.check_tag(tag.as_deref(), &span) { kind } else { NodeKind::Faulty };
        let node = Node { place, kind };
        let height = below + 1;
        if anchor != 0 {
            let weight = self.spent.since(before);
            self.anchors.insert(anchor, Anchored { node: node.clone(), height, weight });
        }
        Ok((node, height))
    }

    fn alias(&mut self, id: usize, span: &Span, depth: usize) -> Result<(Node, usize), SpecError> {
        let place = self.place(span);
        let Some(Anchored { node, height, weight }) = self.anchors.get(&id) else {
            let name = span.slice(self.text).unwrap_or("*").into();
            return Err(SpecError::new(place, YamlError::Endless(name)));
        };
        // What it stands for is paid for before it is copied.
        let (height, weight) = (*height, Weight { aliases: weight.aliases + 1, ..*weight });
        if depth + height > DEEPEST + 1 {
            return Err(SpecError::new(place, SpecLimit::Depth(DEEPEST)));
        }
        let kind = node.kind.clone();
        self.spend(place, weight)?;
        Ok((Node { place, kind }, height))
    }

    fn list(&mut self, depth: usize) -> Result<(Vec<Node>, usize), SpecError> {
        let (mut list, mut height) = (Vec::new(), 0);
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok((list, height)),
                (event, span) => {
                    let (node, below) = self.node(event, span, depth + 1)?;
                    list.push(node);
                    height = height.max(below);
                }
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<(Vec<(At<String>, Node)>, usize), SpecError> {
        let (mut mapping, mut height) = (Vec::new(), 0);
        let mut lines: HashMap<String, u32> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok((mapping, height));
            }
            let key = self.node(event, span, depth + 1)?.0;
            let (event, span) = self.next()?;
            let (value, below) = self.node(event, span, depth + 1)?;
            height = height.max(below);
            let Some(key) = self.key(key) else { continue };
            match lines.get(&key.value) {
                Some(line) => {
                    let first = *line;
                    self.fault(key.place, KeyError::Twice { key: key.value.as_str().into(), first });
                }
                None => {
                    lines.insert(key.value.clone(), key.place.line);
                    mapping.push((key, value));
                }
            }
        }
    }

    fn key(&mut self, node: Node) -> Option<At<String>> {
        let found = node.described();
        match node.kind {
            NodeKind::Scalar(Scalar { text, quoted: false, .. }) if text == "<<" => {
                self.fault(node.place, YamlError::MergeKey);
                None
            }
            NodeKind::Scalar(Scalar { text, kind: ScalarKind::Text | ScalarKind::Integer, .. }) => {
                Some(At::new(text, node.place))
            }
            NodeKind::Faulty => None,
            _ => {
                self.fault(node.place, YamlError::Key(found));
                None
            }
        }
    }

    fn check_depth(&self, depth: usize, place: Place) -> Result<(), SpecError> {
        match depth {
            ..=DEEPEST => Ok(()),
            _ => Err(SpecError::new(place, SpecLimit::Depth(DEEPEST))),
        }
    }

    /// Whether a node has no tag, or that of text; any other is reported.
    fn check_tag(&mut self, tag: Option<&Tag>, span: &Span) -> bool {
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema_tag("str")) else { return true };
        let place = self.place(&span.tag_span().unwrap_or(*span));
        self.fault(place, YamlError::Tag(tag.original().as_str().into()));
        false
    }

    fn spend(&mut self, place: Place, weight: Weight) -> Result<(), SpecError> {
        self.spent.nodes += weight.nodes;
        self.spent.aliases += weight.aliases;
        self.spent.text += weight.text;
        let limit = match self.spent {
            Weight { nodes, .. } if nodes > MOST_NODES => SpecLimit::Nodes(MOST_NODES),
            Weight { aliases, .. } if aliases > MOST_ALIASES => SpecLimit::Aliases(MOST_ALIASES),
            Weight { text, .. } if text > MOST_TEXT => SpecLimit::Text(MOST_TEXT),
            _ => return Ok(()),
        };
        Err(SpecError::new(place, limit))
    }

    fn fault(&mut self, place: Place, kind: impl Into<SpecErrorKind>) {
        self.errors.push(SpecError::new(place, kind));
    }

    /// Where a span begins, and how far it goes on that line.
    fn place(&self, span: &Span) -> Place {
        let (start, end) = (span.start, span.end);
        let length = match start.line() == end.line() {
            true => end.index().saturating_sub(start.index()),
            false => {
                let rest = start.byte_offset().and_then(|at| self.text.get(at..)).unwrap_or("");
                rest.lines().next().unwrap_or("").trim_end().chars().count()
            }
        };
        Place {
            line: count(start.line()).max(1),
            column: count(start.col()) + 1,
            length: count(length).max(1),
        }
    }
}

impl Weight {
    fn since(self, before: Self) -> Self {
        Self {
            nodes: self.nodes - before.nodes,
            aliases: self.aliases - before.aliases,
            text: self.text - before.text,
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, span: &Span, is_tagged: bool) -> NodeKind {
    let quoted = style != ScalarStyle::Plain;
    // The parser gives `~` for a value that is not there.
    let text = if !quoted && span.is_empty() { "" } else { text };
    let kind = if quoted || is_tagged { ScalarKind::Text } else { ScalarKind::of_plain(text) };
    NodeKind::Scalar(Scalar { text: text.to_owned(), quoted, kind })
}

/// A block has no brackets to point at: its first key or element stands for it.
fn visible(place: Place, kind: &NodeKind) -> Place {
    let first = match kind {
        NodeKind::Mapping(mapping) => mapping.first().map(|(key, _)| key.place),
        NodeKind::List(_) | NodeKind::Scalar(_) | NodeKind::Faulty => None,
    };
    first.filter(|first| (first.line, first.column) == (place.line, place.column)).unwrap_or(place)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
