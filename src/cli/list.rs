//! Lists of any length, cut short for people.

/// Columns that a line should not go beyond.
const WIDTH: usize = 110;

/// Lines for people, and whether anything was left out of them.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

impl Lines {
    /// Adds a line.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a line of a head and as many items as fit, at least one; nothing where there are none.
    pub(super) fn list(&mut self, head: &str, items: &[String]) {
        let Some((first, rest)) = items.split_first() else { return };
        let mut line = format!("{head}{first}");
        let mut left = rest.len();
        for item in rest {
            if line.chars().count() + item.chars().count() + ", ".len() + " and 999999 more".len() > WIDTH {
                break;
            }
            line.push_str(&format!(", {item}"));
            left -= 1;
        }
        if left > 0 {
            line.push_str(&format!(" and {left} more"));
            self.is_cut = true;
        }
        self.line(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_where_the_line_ends_and_never_before_its_first_item() {
        let items = |count: usize, length: usize| vec!["x".repeat(length); count];
        for (items, line, is_cut) in [
            (items(0, 1), String::new(), false),
            (items(3, 2), "head xx, xx, xx\n".to_owned(), false),
            (items(3, 200), format!("head {} and 2 more\n", "x".repeat(200)), true),
            (items(9, 40), format!("head {0}, {0} and 7 more\n", "x".repeat(40)), true),
        ] {
            let mut lines = Lines::default();
            lines.list("head ", &items);
            assert_eq!((lines.text, lines.is_cut), (line, is_cut));
        }
    }
}
