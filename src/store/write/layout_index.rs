//! The `index.json` of a layout, with one image more than before.

use serde_json::{Map, Value};

use crate::oci::annotations::REF_NAME;
use crate::oci::{Annotations, Descriptor, Index, json};

/// An `index.json` in which `image` has these names and what else stood in `existing` is as it was.
///
/// An entry that had one of the names goes. Entries stand in the order of their names, those without one first, so that
/// the order in which images were added does not show. Without a name, the image gets an entry that has none.
///
/// Fails with what is wrong with `existing`.
pub(super) fn with_entries(
    existing: Option<&[u8]>,
    image: &Descriptor,
    names: &[String],
) -> Result<Vec<u8>, String> {
    let mut document = match existing {
        Some(bytes) => object(bytes)?,
        None => object(&json::to_bytes(&Index::new(Vec::new(), Annotations::new())))?,
    };
    let Some(Value::Array(entries)) = document.get_mut("manifests") else {
        return Err("it has no list of manifests".to_owned());
    };
    let added = entries_of(image, names);
    entries.retain(|entry| match name(entry) {
        Some(name) => !names.iter().any(|new| new == name),
        None => !added.contains(entry),
    });
    entries.extend(added);
    entries.sort_by(|one, other| name(one).cmp(&name(other)));
    Ok(json::to_bytes(&document))
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let value = json::parse(bytes).map_err(|error| error.to_string())?;
    let Value::Object(document) = value else { return Err("it is no object".to_owned()) };
    json::exact_keys(&document, ["schemaVersion", "mediaType", "manifests"])
        .map_err(|error| error.to_string())?;
    Ok(document)
}

fn name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

fn entries_of(image: &Descriptor, names: &[String]) -> Vec<Value> {
    let value = |name: Option<&String>| {
        let mut entry = image.clone();
        entry.annotations.extend(name.map(|name| (REF_NAME.to_owned(), name.clone())));
        serde_json::to_value(entry).expect("a descriptor has text keys")
    };
    if names.is_empty() { vec![value(None)] } else { names.iter().map(|name| value(Some(name))).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::MediaType;

    fn image(text: &str) -> Descriptor {
        Descriptor::of(MediaType::Index, text.as_bytes())
    }

    fn add(existing: Option<&[u8]>, text: &str, names: &[&str]) -> Vec<u8> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        with_entries(existing, &image(text), &names).unwrap()
    }

    #[test]
    fn entries_of_others_stay_as_they_were() {
        let digest = Digest::of(b"other");
        let other = format!(
            r#"{{"x-own":[1,{{"z":null,"a":1.5}}],"mediaType":"a/b","digest":"{digest}","size":5,"annotations":{{"{REF_NAME}":"other","b":"2","a":"1"}},"data":"b3RoZXI="}}"#
        );
        let existing =
            format!(r#"{{"schemaVersion":2,"x-top":true,"manifests":[{other}],"annotations":{{}}}}"#);
        let text = String::from_utf8(add(Some(existing.as_bytes()), "mine", &["mine"])).unwrap();
        assert!(text.contains(&other), "{text}");
        assert!(text.starts_with(r#"{"schemaVersion":2,"x-top":true,"manifests":[{"#), "{text}");
    }

    #[test]
    fn a_name_moves_to_the_newer_image() {
        let once = add(None, "old", &["a", "b"]);
        let twice = add(Some(&once), "new", &["a"]);
        let index: Index = json::typed(json::parse(&twice).unwrap()).unwrap();
        let entries: Vec<_> = index
            .manifests
            .iter()
            .map(|e| (&*e.descriptor.annotations[REF_NAME], e.descriptor.digest))
            .collect();
        assert_eq!(entries, [("a", image("new").digest), ("b", image("old").digest)]);
        assert_eq!(add(Some(&twice), "new", &["a"]), twice);
    }

    #[test]
    fn the_order_of_additions_does_not_show() {
        let one = add(Some(&add(None, "1", &["a"])), "2", &["b"]);
        let other = add(Some(&add(None, "2", &["b"])), "1", &["a"]);
        assert_eq!(one, other);
    }

    #[test]
    fn an_image_without_a_name_has_one_entry() {
        let once = add(None, "1", &[]);
        assert_eq!(add(Some(&once), "1", &[]), once);
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for text in ["[]", "{}", r#"{"manifests":1}"#, r#"{"manifests":[],"manifests":[]}"#, "x"] {
            assert!(with_entries(Some(text.as_bytes()), &image("x"), &[]).is_err(), "{text}");
        }
    }

    use crate::oci::Digest;
}
