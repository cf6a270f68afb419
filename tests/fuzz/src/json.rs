//! JSON as RFC 8259 lays it out, read slowly and with every key as often as it stands.

use serde_json::Value;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A string without its escapes.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object in its order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text that is one value; nothing where it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0 };
        let value = reader.value()?;
        reader.space();
        (reader.at == bytes.len()).then_some(value)
    }

    /// How deep its arrays and objects nest.
    pub fn depth(&self) -> usize {
        self.below().map(|value| value.depth() + 1).max().unwrap_or(usize::from(self.is_nest()))
    }

    /// Whether an object in it has a key twice.
    pub fn has_twice(&self) -> bool {
        let own = match self {
            Self::Object(list) => {
                list.iter().enumerate().any(|(at, (key, _))| list[..at].iter().any(|(other, _)| other == key))
            }
            _ => false,
        };
        own || self.below().any(Self::has_twice)
    }

    /// Whether a number in it is too large to be one.
    pub fn has_infinite(&self) -> bool {
        let own = matches!(self, Self::Number(text) if text.parse::<f64>().is_ok_and(f64::is_infinite));
        own || self.below().any(Self::has_infinite)
    }

    /// The value of a key of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(list) = self else { return None };
        list.iter().find(|(own, _)| own == key).map(|(_, value)| value)
    }

    /// The keys of an object, in their order.
    pub fn keys(&self) -> Vec<&str> {
        let Self::Object(list) = self else { return Vec::new() };
        list.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// Whether both say the same, in the same order.
    pub fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(own), Value::Bool(other)) => own == other,
            (Self::Text(own), Value::String(other)) => own == other,
            (Self::Number(own), Value::Number(other)) => match other.as_i128() {
                Some(other) => own.parse() == Ok(other),
                None => own.parse().ok() == other.as_f64(),
            },
            (Self::List(own), Value::Array(other)) => {
                own.len() == other.len() && own.iter().zip(other).all(|(own, other)| own.is(other))
            }
            (Self::Object(own), Value::Object(other)) => {
                let is_same = |((key, own), (other_key, other)): (&(String, Self), (&String, &Value))| {
                    key == other_key && own.is(other)
                };
                own.len() == other.len() && own.iter().zip(other).all(is_same)
            }
            _ => false,
        }
    }

    fn is_nest(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_))
    }

    fn below(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::List(list) => Box::new(list.iter()),
            Self::Object(list) => Box::new(list.iter().map(|(_, value)| value)),
            _ => Box::new(std::iter::empty()),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.rest().starts_with(token).then(|| self.at += token.len())
    }

    fn char(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.rest().chars().next()? {
            '{' => self.object(),
            '[' => self.list(),
            '"' => self.string().map(Json::Text),
            'n' => self.take("null").map(|()| Json::Null),
            't' => self.take("true").map(|()| Json::Bool(true)),
            'f' => self.take("false").map(|()| Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn list(&mut self) -> Option<Json> {
        let mut list = Vec::new();
        self.take("[")?;
        self.space();
        while self.take("]").is_none() {
            if !list.is_empty() {
                self.take(",")?;
            }
            list.push(self.value()?);
            self.space();
        }
        Some(Json::List(list))
    }

    fn object(&mut self) -> Option<Json> {
        let mut list = Vec::new();
        self.take("{")?;
        self.space();
        while self.take("}").is_none() {
            if !list.is_empty() {
                self.take(",")?;
                self.space();
            }
            let key = self.string()?;
            self.space();
            self.take(":")?;
            list.push((key, self.value()?));
            self.space();
        }
        Some(Json::Object(list))
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        _ = self.take("-");
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").or_else(|| self.take("E")).is_some() {
            _ = self.take("+").or_else(|| self.take("-"));
            self.digits()?;
        }
        Some(Json::Number(self.text[start..self.at].to_owned()))
    }

    fn digits(&mut self) -> Option<()> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits;
        (digits > 0).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        self.take("\"")?;
        loop {
            match self.char()? {
                '"' => return Some(text),
                '\\' => text.push(self.escaped()?),
                '\0'..='\x1f' => return None,
                char => text.push(char),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.char()? {
            char @ ('"' | '\\' | '/') => char,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.unit()? {
                high @ 0xd800..=0xdbff => {
                    self.take("\\u")?;
                    char::decode_utf16([high, self.unit()?]).next()?.ok()?
                }
                unit => char::from_u32(unit.into())?,
            },
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let unit = u16::from_str_radix(digits, 16).ok();
        self.at += 4;
        unit
    }
}
