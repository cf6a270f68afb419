//! Which known word was probably meant.

/// The candidate closest to `word`, where one is close enough to have been meant.
///
/// Close enough is an edit distance (insert, delete, replace, swap of neighbours) of a third of the word, and at least 1.
/// Letter case and `-` against `_` count for nothing; of two that are as close the first is taken.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = folded(word);
    if word.len() > LONGEST {
        return None;
    }
    let allowed = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &folded(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Longer words are no misspelling of anything.
const LONGEST: usize = 256;

fn folded(word: &str) -> Vec<char> {
    word.chars()
        .take(LONGEST + 1)
        .flat_map(char::to_lowercase)
        .map(|c| if c == '_' { '-' } else { c })
        .collect()
}

/// The optimal string alignment distance, over three rows of its table.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_candidate_is_found() {
        let known = ["environment", "entrypoint", "labels", "runs-as", "cmd"];
        for (word, found) in [
            ("enviroment", Some("environment")),
            ("entrypiont", Some("entrypoint")),
            ("label", Some("labels")),
            ("runs_as", Some("runs-as")),
            ("CMD", Some("cmd")),
            ("mcd", Some("cmd")),
            ("packages", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), found, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), known), None);
        assert_eq!(nearest("tolls", ["jre", "tools", "ca"]), Some("tools"));
        assert_eq!(nearest("1.25", ["1.24", "2.0"]), Some("1.24"));
    }
}
