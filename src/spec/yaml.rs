//! YAML text to a tree of nodes with places, within budgets.
//!
//! What is read is one document of YAML 1.2 without directives, custom tags and merge keys. Aliases are expanded here: the
//! node that stands for one has the alias's place, what lies below it keeps its own.

use std::collections::HashMap;

use serde_yaml::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, StrInput, Tag, options};

use super::node::{Entry, Node, NodeKind, Scalar, ScalarKind};
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
    /// Errors that are said.
    #[error("there are more than {0} errors, and the rest is not listed")]
    Errors(usize),
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
            Self::Tag(tag) if !tag.begins_with("!!") => {
                format!("a text that begins with `!` needs quotes: `'{tag}'`")
            }
            Self::MergeKey => "write the keys out, or give the whole mapping an alias".to_owned(),
            Self::Key(_) => "put the key in quotes".to_owned(),
            Self::Tag(_) | Self::Syntax(_) | Self::Endless(_) => return None,
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
                Err(match error.kind() {
                    ErrorKind::RecursionLimitExceeded => SpecError::new(place, SpecLimit::Depth(DEEPEST)),
                    _ => SpecError::new(place, YamlError::Syntax(error.info().as_str().into())),
                })
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

    fn mapping(&mut self, depth: usize) -> Result<(Vec<Entry>, usize), SpecError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::{codes, errors, image, of};
    use crate::spec::parse;
    use std::time::{Duration, Instant};

    fn place(text: &str) -> (Code, u32) {
        let started = Instant::now();
        let errors = parse(&of(text)).unwrap_err();
        // A guard against hanging, far above what it takes.
        assert!(started.elapsed() < Duration::from_secs(10));
        (errors[0].code(), errors[0].place.line)
    }

    #[test]
    fn s01_an_alias_bomb_ends_at_its_budget() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = format!("*a{}, ", level - 1).repeat(9);
            text += &format!("a{level}: &a{level} [{below}]\n");
        }
        assert_eq!(place(&text), (Code::LimitSpec, 5));
    }

    #[test]
    fn s01_a_bomb_of_one_long_text_ends_at_its_budget() {
        let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 19), "*a, ".repeat(900));
        assert_eq!(place(&text), (Code::LimitSpec, 2));
    }

    #[test]
    fn s01_nesting_and_size_are_limited() {
        assert_eq!(place(&"[".repeat(100_000)), (Code::LimitSpec, 1));
        assert_eq!(place(&"a: ".repeat(100_000)).0, Code::SpecYaml);
        assert_eq!(place(&format!("a:\n{}", "- ".repeat(100_000))), (Code::LimitSpec, 2));
        assert_eq!(place(&"#\n".repeat(1 << 20)), (Code::LimitSpec, 1));
        assert_eq!(place(&format!("a: [{}]", "1,".repeat(200_000))), (Code::LimitSpec, 1));
        let nested = |depth: usize| format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEEPEST)).is_ok());
        assert!(read(&nested(DEEPEST + 1)).is_err());
    }

    #[test]
    fn s01_aliases_cannot_nest_deeper_than_text() {
        let half = format!("{}x{}", "[".repeat(40), "]".repeat(40));
        let text = format!("a: &a {half}\nb: {}*a{}\n", "[".repeat(40), "]".repeat(40));
        assert_eq!(place(&text), (Code::LimitSpec, 2));
    }

    #[test]
    fn s01_tags_documents_and_merge_keys_are_refused() {
        assert_eq!(codes("id: !!python/x y"), [Code::SpecYaml]);
        assert_eq!(place("name: x\n---\nname: y"), (Code::SpecYaml, 2));
        assert_eq!(place("name: &x {}\ntargets: *y"), (Code::SpecYaml, 2));
        assert_eq!(place("name: x\ntargets: &y [*y]"), (Code::SpecYaml, 2));
        assert_eq!(place("%YAML 1.1\n---\nname: x"), (Code::SpecYaml, 1));
        assert_eq!(place("").0, Code::SpecYaml);
        assert_eq!(place("# nothing\n").0, Code::SpecYaml);
        assert_eq!(codes("labels: &a {x: y}\nannotations: {<<: *a}"), [Code::SpecYaml]);
    }

    #[test]
    fn a_tag_costs_one_error_and_the_rest_is_read() {
        let errors = errors("contents: {packages: [!mawk , '']}");
        assert_eq!(errors, ["tag `!mawk` is not known", "`` is no package name"]);
        assert_eq!(image("id: !!str 1.10").id.as_deref(), Some("1.10"));
    }

    #[test]
    fn an_alias_stands_where_it_is_used() {
        let spec = image("labels: &a {k: v}\nannotations: *a");
        assert_eq!(spec.labels, spec.annotations);
        let file = of("name: &a x\ntargets: *a\nplatforms: [linux/amd64]");
        let error = &parse(&file).unwrap_err()[0];
        assert_eq!((error.place.line, error.place.column, error.place.length), (2, 10, 2));
    }

    #[test]
    fn places_count_characters_and_end_with_their_line() {
        let tree = read("\u{feff}é: [ü, \"x\n  y\"]\nb: |\n  text\nc:\n").unwrap();
        let NodeKind::Mapping(keys) = &tree.root.kind else { panic!() };
        let at = |place: Place| (place.line, place.column, place.length);
        assert_eq!(at(keys[0].0.place), (1, 1, 1));
        let NodeKind::List(list) = &keys[0].1.kind else { panic!() };
        assert_eq!(at(list[0].place), (1, 5, 1));
        assert_eq!(at(list[1].place), (1, 8, 2));
        assert_eq!(at(keys[1].1.place), (4, 3, 4));
        assert_eq!(at(keys[2].1.place).0, 5);
    }

    #[test]
    fn s02_a_key_that_stands_twice_is_an_error_at_the_second() {
        let errors = parse(&of("name: x\nname: y")).unwrap_err();
        let twice =
            errors.iter().find(|error| error.code() == Code::SpecKey && error.place.line == 2).unwrap();
        assert_eq!(twice.to_string(), "key `name` is given twice, first on line 1");
    }
}
