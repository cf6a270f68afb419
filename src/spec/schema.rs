//! The JSON Schema of the format, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::written::{Chart, Image};

/// The JSON Schema (draft 2020-12) of customizations: of charts where `reference_mappings` is given, else of images.
///
/// It accepts every spelling that is read. It cannot see how a number was spelled, so it takes any number that could be a
/// mode, and knows no rule that joins two values.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let image = generator.subschema_for::<Image>().to_value();
    let chart = generator.subschema_for::<Chart>().to_value();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Customization of hardened images and charts",
        "type": "object",
        "if": { "type": "object", "required": ["reference_mappings"] },
        "then": chart,
        "else": image,
        "$defs": generator.take_definitions(true),
    })
}
