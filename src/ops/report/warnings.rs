//! Warnings, each once with the platforms it is about.

use std::collections::HashMap;

use super::WarningReport;

/// Warnings in the order in which they came up.
#[derive(Default)]
pub(super) struct Warnings {
    list: Vec<WarningReport>,
    /// Where in the list the warnings of a code and a message are.
    places: HashMap<(String, String), usize>,
}

impl Warnings {
    /// Adds a warning; one that another platform has too is told once.
    pub(super) fn add(&mut self, platform: &str, code: &str, message: String, hint: Option<String>) {
        let place = *self.places.entry((code.to_owned(), message.clone())).or_insert_with(|| {
            self.list.push(WarningReport { code: code.to_owned(), platforms: Vec::new(), message, hint });
            self.list.len() - 1
        });
        let platforms = &mut self.list[place].platforms;
        if !platforms.iter().any(|known| known == platform) {
            platforms.push(platform.to_owned());
        }
    }

    /// Adds a warning that is about no platform of its own.
    pub(super) fn add_to_all(&mut self, code: &str, message: String, hint: Option<String>) {
        self.list.push(WarningReport { code: code.to_owned(), platforms: Vec::new(), message, hint });
    }

    /// All of them.
    pub(super) fn into_list(self) -> Vec<WarningReport> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_of_two_platforms_is_told_once() {
        let mut warnings = Warnings::default();
        for (platform, message) in
            [("linux/amd64", "b"), ("linux/amd64", "a"), ("linux/arm64", "b"), ("linux/arm64", "b")]
        {
            warnings.add(platform, "W_X", message.to_owned(), None);
        }
        let list = warnings.into_list().into_iter().map(|one| (one.message, one.platforms.join(" ")));
        let expected = [("b", "linux/amd64 linux/arm64"), ("a", "linux/amd64")];
        assert_eq!(list.collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
