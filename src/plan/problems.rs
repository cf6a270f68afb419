//! Problems as planning finds them: gathered, each once, told in the order of their places.

use super::error::{PlanError, Problem};
use crate::spec::Place;

#[derive(Default)]
pub(super) struct Problems(Vec<PlanError>);

impl Problems {
    /// Adds a problem; one that several platforms or targets have is told once.
    pub(super) fn add(&mut self, place: Option<Place>, problem: Problem) {
        let known =
            |other: &PlanError| other.place == place && other.problem.to_string() == problem.to_string();
        if !self.0.iter().any(known) {
            self.0.push(PlanError { place, problem });
        }
    }

    /// The value, or nothing and its problem added.
    pub(super) fn keep<T>(&mut self, place: Option<Place>, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(place, problem)).ok()
    }

    /// `value` where there was no problem.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Vec<PlanError>> {
        self.0.sort_by_key(|error| error.place);
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32) -> Option<Place> {
        Some(Place { line, column: 1, length: 1 })
    }

    #[test]
    fn problems_are_told_once_and_in_the_order_of_their_places() {
        let mut problems = Problems::default();
        for (line, what) in [(9, "b"), (2, "a"), (9, "b"), (9, "a")] {
            problems.add(place(line), Problem::Unsupported { what });
        }
        problems.add(None, Problem::Unsupported { what: "flag" });
        assert_eq!(problems.keep(place(1), Ok(1)), Some(1));
        let told: Vec<_> =
            problems.or(()).unwrap_err().into_iter().map(|e| (e.place, e.to_string())).collect();
        let lines: Vec<_> = told.iter().map(|(place, text)| (place.map(|p| p.line), text.as_str())).collect();
        let unsupported = |what: &str| format!("{what} are not supported yet");
        let (a, b, flag) = (unsupported("a"), unsupported("b"), unsupported("flag"));
        assert_eq!(lines, [(None, &*flag), (Some(2), &a), (Some(9), &b), (Some(9), &a)]);
        assert!(Problems::default().or(()).is_ok());
    }
}
