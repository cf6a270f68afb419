//! The order of tags: the most specific first.

use std::cmp::Reverse;

/// Sorts tags so that whoever follows a floating one finds what the specific ones lead to already there.
///
/// A tag of more parts, as `.`, `-` and `_` separate them, goes first: `1.2.3-debian13` before `1.2.3`, that before
/// `1.2`; of as many parts the longer one, then the order of their letters. `latest`, and what begins with that part, is
/// last.
pub(super) fn most_specific_first(tags: &mut [&str]) {
    tags.sort_by_key(|tag| {
        let parts: Vec<&str> = tag.split(['.', '-', '_']).filter(|part| !part.is_empty()).collect();
        (parts.first() == Some(&"latest"), Reverse(parts.len()), Reverse(tag.len()), tag.to_owned())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_tags_come_after_what_they_float_over() {
        let mut tags = ["latest", "1", "dev", "1.2", "1.2.3", "1.2.3-debian13", "1.10", "1-dev"];
        most_specific_first(&mut tags);
        assert_eq!(tags, ["1.2.3-debian13", "1.2.3", "1-dev", "1.10", "1.2", "dev", "1", "latest"]);
    }

    #[test]
    fn a_suffix_makes_no_floating_tag_specific() {
        let mut tags = ["latest_tools", "1_tools", "latest-debian13_tools", "1.2_tools"];
        most_specific_first(&mut tags);
        assert_eq!(tags, ["1.2_tools", "1_tools", "latest-debian13_tools", "latest_tools"]);
    }
}
