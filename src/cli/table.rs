//! Aligned columns.

use unicode_width::UnicodeWidthStr;

/// Rows whose cells stand below each other.
pub(super) struct Table {
    columns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

/// On which side of its column a cell stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Table {
    /// A table with this head.
    pub(super) fn new(head: &[(&str, Align)]) -> Self {
        let (names, columns) = head.iter().map(|(name, align)| ((*name).to_owned(), *align)).unzip();
        Self { columns, rows: vec![names] }
    }

    /// Adds a row, a cell for each column.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells.into());
    }

    /// The lines, each indented by `indent` spaces.
    pub(super) fn print(&self, indent: usize) -> String {
        let width = |column: usize| self.rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells =
                row.iter().zip(&self.columns).zip(&widths).map(|((cell, align), width)| match align {
                    Align::Left => format!("{cell}{}", " ".repeat(width - columns(cell))),
                    Align::Right => format!("{}{cell}", " ".repeat(width - columns(cell))),
                });
            let line = cells.collect::<Vec<_>>().join("  ");
            text.push_str(&" ".repeat(indent));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// The columns of a terminal that a text takes.
fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other() {
        let mut table = Table::new(&[("name", Align::Left), ("size", Align::Right)]);
        table.row(["a".to_owned(), "1".to_owned()]);
        table.row(["longer".to_owned(), "12345".to_owned()]);
        assert_eq!(table.print(1), " name     size\n a           1\n longer  12345\n");
        table.row(["日本".to_owned(), "7".to_owned()]);
        assert!(table.print(1).ends_with("\n 日本        7\n"), "wide characters take two columns");
    }
}
