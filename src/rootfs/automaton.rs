//! Matching of many globs at once, in time that no glob can make worse.
//!
//! Every token of every glob is a bit of one long state, set where the token may come next; a character moves all bits at
//! once (Wu and Manber's extension of shift-and). A state can be kept and gone on with, so a path costs what it has beyond
//! its directory. Sets of regular expressions are no match for this: a thousand globs such as `**/a*b*c*` outgrow the cache
//! of their lazy automaton with every path.

use super::glob::{Glob, Token};

/// Globs, and what of them each character advances.
#[derive(Clone, Debug)]
pub(super) struct Automaton {
    tokens: Vec<Token>,
    /// The bit of each glob's end, ascending.
    ends: Vec<usize>,
    /// The state before a path.
    start: Bits,
    /// What the tokens do whatever the character is.
    words: Vec<Word>,
    /// What a character advances, by ASCII character; the last row is for all others.
    advances: Vec<Bits>,
}

/// Which tokens may come next, 64 to a word.
pub(super) type Bits = Vec<u64>;

/// The nature of 64 tokens.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    ends: u64,
    /// What any character leaves where it is, and what any but `/` does.
    stays: u64,
    stays_within: u64,
    /// What needs no character: to the next token or the one after it, and to the next token.
    enters: u64,
    skips: u64,
    /// What has to be asked about a character that is not ASCII.
    asks: u64,
}

/// What one word hands on to the next.
#[derive(Default)]
struct Carry {
    advanced: u64,
    entered: u64,
    skipped: u64,
}

const OTHERS: usize = 128;

impl Automaton {
    pub(super) fn new<'a>(globs: impl IntoIterator<Item = &'a Glob>) -> Self {
        let (mut tokens, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for glob in globs {
            starts.push(tokens.len());
            tokens.extend_from_slice(glob.tokens());
            ends.push(tokens.len() - 1);
        }
        let mut start = vec![0; tokens.len().div_ceil(64)];
        starts.into_iter().for_each(|at| start[at / 64] |= 1 << (at % 64));
        let words: Vec<_> = tokens.chunks(64).map(Word::new).collect();
        let mut carry = Carry::default();
        start.iter_mut().zip(&words).for_each(|(bits, word)| *bits = word.skip(*bits, &mut carry));
        Self {
            start,
            words,
            advances: (0..=OTHERS).map(|row| advances(&tokens, row)).collect(),
            tokens,
            ends,
        }
    }

    /// The state before a path.
    pub(super) fn start(&self) -> Bits {
        self.start.clone()
    }

    /// Moves a state over text; a byte that belongs to no character counts as one.
    pub(super) fn advance(&self, state: &mut Bits, text: &[u8]) {
        for chunk in text.utf8_chunks() {
            chunk.valid().chars().for_each(|char| self.step(state, char));
            chunk.invalid().iter().for_each(|_| self.step(state, char::REPLACEMENT_CHARACTER));
        }
    }

    /// Whether a glob ends here.
    pub(super) fn accepts(&self, state: &Bits) -> bool {
        self.ended(state).any(|ended| ended != 0)
    }

    /// The globs that end here, by their place, ascending.
    pub(super) fn accepted(&self, state: &Bits) -> impl Iterator<Item = usize> {
        let ended = self.ended(state).enumerate().filter(|(_, ended)| *ended != 0);
        ended
            .flat_map(|(word, ended)| ones(ended).map(move |bit| word * 64 + bit))
            .map(|bit| self.ends.binary_search(&bit).expect("the words hold the ends of globs alone"))
    }

    fn ended(&self, state: &Bits) -> impl Iterator<Item = u64> {
        state.iter().zip(&self.words).map(|(bits, word)| bits & word.ends)
    }

    fn step(&self, state: &mut Bits, char: char) {
        let (row, within) = (if char.is_ascii() { char as usize } else { OTHERS }, char != '/');
        let mut carry = Carry::default();
        let words = state.iter_mut().zip(&self.advances[row]).zip(&self.words).enumerate();
        for (at, ((bits, row), word)) in words {
            let mut advanced = *bits & row;
            let asks = *bits & word.asks;
            if asks != 0 && !char.is_ascii() {
                advanced |= self.asked(at, asks, char);
            }
            let stays = word.stays | if within { word.stays_within } else { 0 };
            let moved = *bits & stays | advanced << 1 | carry.advanced;
            carry.advanced = advanced >> 63;
            *bits = word.skip(moved, &mut carry);
        }
    }

    #[cold]
    fn asked(&self, word: usize, bits: u64, char: char) -> u64 {
        let takes = |bit: &usize| self.tokens[word * 64 + bit].takes(char);
        ones(bits).filter(takes).fold(0, |found, bit| found | 1 << bit)
    }
}

impl Word {
    fn new(tokens: &[Token]) -> Self {
        let all = |is: fn(&Token) -> bool| mask(tokens, is);
        Self {
            ends: all(|token| *token == Token::End),
            stays: all(|token| matches!(token, Token::Anything | Token::Directories)),
            stays_within: all(|token| *token == Token::Star),
            enters: all(|token| *token == Token::MaybeDirectories),
            skips: all(|token| matches!(token, Token::Anything | Token::Star)),
            asks: all(Token::asks),
        }
    }

    /// Goes on where no character is needed: into and past directories first, as no `*` comes before them.
    fn skip(&self, bits: u64, carry: &mut Carry) -> u64 {
        let enters = bits & self.enters;
        let bits = bits | enters << 1 | enters << 2 | carry.entered;
        let skips = bits & self.skips;
        let skipped = skips << 1 | carry.skipped;
        carry.entered = enters >> 62 | enters >> 63;
        carry.skipped = skips >> 63;
        bits | skipped
    }
}

/// What a character advances: one of ASCII by its number, or any other.
fn advances(tokens: &[Token], row: usize) -> Bits {
    let row = u8::try_from(row).ok().map(char::from).filter(char::is_ascii);
    let takes = |token: &Token| match row {
        Some(char) => token.takes(char),
        None => !token.asks() && token.takes(char::REPLACEMENT_CHARACTER),
    };
    tokens.chunks(64).map(|tokens| mask(tokens, takes)).collect()
}

fn mask(tokens: &[Token], is: impl Fn(&Token) -> bool) -> u64 {
    tokens.iter().rev().fold(0, |mask, token| mask << 1 | u64::from(is(token)))
}

fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(bit)
    })
}
