//! Documents for machines, which people may look at on a terminal all the same.

use serde::Serialize;

use crate::printable::is_harmful;

/// A document with a line break at its end. What would act on a terminal stands in it as `\u` escapes of JSON.
pub(super) fn document(value: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(value).expect("what is printed has text keys alone");
    let mut text = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        match c {
            // Between values alone: in texts it is an escape already.
            '\n' => text.push('\n'),
            c if is_harmful(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_moves_no_cursor_and_means_the_same() {
        let value = serde_json::json!({"a\u{9b}": "x\u{1b}[1m\n\u{202e}é\u{7f}"});
        let text = document(&value);
        assert_eq!(text, "{\n  \"a\\u009b\": \"x\\u001b[1m\\n\\u202eé\\u007f\"\n}\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
