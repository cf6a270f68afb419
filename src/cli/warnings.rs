//! Warnings of a build, those of one kind together.

use super::list::Lines;
use crate::ops::report::WarningReport;
use crate::printable::escaped;

/// Warnings of one kind that are shown.
const SHOWN: usize = 4;

/// Tells warnings in the order in which their kinds came up; `platforms` is how many there are in all.
pub(super) fn tell(warnings: &[WarningReport], platforms: usize, lines: &mut Lines) {
    let mut codes: Vec<&str> = Vec::new();
    for warning in warnings {
        if !codes.contains(&warning.code.as_str()) {
            codes.push(&warning.code);
        }
    }
    for code in codes {
        let all: Vec<_> = warnings.iter().filter(|warning| warning.code == code).collect();
        kind(code, &all, platforms, lines);
    }
}

fn kind(code: &str, all: &[&WarningReport], platforms: usize, lines: &mut Lines) {
    let shown = &all[..all.len().min(SHOWN)];
    let shared = shown.iter().all(|one| one.hint == shown[0].hint);
    for (number, warning) in shown.iter().enumerate() {
        let only = match warning.platforms.len() {
            count if count < platforms => format!(" ({})", warning.platforms.join(", ")),
            _ => String::new(),
        };
        lines.line(&format!("warning[{code}]: {}{only}", escaped(&warning.message)));
        let is_last = number + 1 == shown.len();
        if is_last && all.len() > shown.len() {
            lines.line(&format!("and {} more of this kind", all.len() - shown.len()));
            lines.is_cut = true;
        }
        if let (Some(hint), true) = (&warning.hint, is_last || !shared) {
            lines.line(&format!("hint: {}", escaped(hint)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(code: &str, message: &str, hint: &str, platforms: &[&str]) -> WarningReport {
        let platforms = platforms.iter().map(|one| (*one).to_owned()).collect();
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        WarningReport { code: code.to_owned(), message: message.to_owned(), hint, platforms }
    }

    #[test]
    fn warnings_of_one_kind_stand_together_with_the_hint_they_share() {
        let (both, one) = (&["linux/amd64", "linux/arm64"][..], &["linux/arm64"][..]);
        let mut warnings = vec![warning("W_A", "a\u{1b}1", "do a", both), warning("W_B", "b1", "do 1", one)];
        warnings.extend([warning("W_A", "a2", "do a", one), warning("W_B", "b2", "do 2", both)]);
        warnings.extend((0..9).map(|_| warning("W_C", "c", "", both)));
        let mut lines = Lines::default();
        tell(&warnings, 2, &mut lines);
        assert!(lines.is_cut);
        let expected = "warning[W_A]: a\\u{1b}1\nwarning[W_A]: a2 (linux/arm64)\nhint: do a\n\
            warning[W_B]: b1 (linux/arm64)\nhint: do 1\nwarning[W_B]: b2\nhint: do 2\n\
            warning[W_C]: c\nwarning[W_C]: c\nwarning[W_C]: c\nwarning[W_C]: c\nand 5 more of this kind\n";
        assert_eq!(lines.text, expected);
    }
}
