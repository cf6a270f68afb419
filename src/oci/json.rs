//! Strict JSON in, fixed JSON out.
//!
//! Other readers ignore the case of keys and take the last of two equal ones: one document, two meanings. Here such a
//! document is refused. What is written is compact, in the order of its fields, without a newline at the end.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A text that is no strict JSON, or has not the expected shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct JsonError {
    /// What is wrong, and where in the text.
    pub reason: String,
}

/// Reads `bytes` as a JSON value without duplicate keys, whose objects nest at most 128 deep.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).map_err(error)?;
    deserializer.end().map_err(error)?;
    Ok(value)
}

/// Gives a value read by [`parse`] its type.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, JsonError> {
    serde_json::from_value(value).map_err(error)
}

/// Refuses an object with a key that is one of `known` but for the case of its letters.
pub fn exact_keys<'a>(
    object: &Map<String, Value>,
    known: impl IntoIterator<Item = &'a str>,
) -> Result<(), JsonError> {
    for known in known {
        if let Some(key) = object.keys().find(|key| known.eq_ignore_ascii_case(key) && known != *key) {
            return Err(JsonError { reason: format!("key `{key}` differs from `{known}` in letter case") });
        }
    }
    Ok(())
}

/// The bytes of a document that is written.
pub fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("documents have text keys and no failing serializer")
}

fn error(error: serde_json::Error) -> JsonError {
    JsonError { reason: error.to_string() }
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(serde::de::Error::custom(format_args!("key `{key}` stands twice")));
            }
            let value = entries.next_value_seed(Self)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r04_a_duplicate_key_is_refused_at_any_depth() {
        let error = parse(br#"{"a":[{"b":1,"b":2}]}"#).unwrap_err();
        assert!(error.reason.starts_with("key `b` stands twice"), "{error}");
    }

    #[test]
    fn r04_what_is_no_json_is_refused() {
        for text in [
            &b"\xef\xbb\xbf{}"[..],
            b"{\"a\":NaN}",
            b"{\"a\":\"\xff\"}",
            b"{} {}",
            b"{'a':1}",
            b"{\"a\":1,}",
            b"[1e999]",
            b"",
        ] {
            assert!(parse(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
        let deep = "[".repeat(10_000);
        assert!(parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn r04_a_key_in_other_letters_is_refused() {
        let value = parse(br#"{"Layers":[]}"#).unwrap();
        assert!(exact_keys(value.as_object().unwrap(), ["layers"]).is_err());
        assert!(exact_keys(value.as_object().unwrap(), ["config"]).is_ok());
    }

    #[test]
    fn the_order_of_keys_survives() {
        let text = br#"{"z":1,"a":{"y":null,"b":[true,1.5,-2]}}"#;
        assert_eq!(to_bytes(&parse(text).unwrap()), text);
    }
}
