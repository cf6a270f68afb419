//! Options of commands.

/// The arguments of a command, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options<'a> {
    /// Options as they are written, `-p` and `--parents`, with their values.
    given: Vec<(String, Option<&'a str>)>,
    /// What is no option.
    pub(super) operands: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// Takes arguments apart. `known` are the options: those with a value end in `=`. Nothing where there is another one.
    pub(super) fn parse(arguments: &[&'a str], known: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter().copied();
        let takes = |name: &str| known.iter().any(|own| own.strip_suffix('=') == Some(name));
        while let Some(argument) = rest.next() {
            if argument == "--" {
                options.operands.extend(rest.by_ref());
            } else if argument.starts_with("--") {
                let (name, value) = match argument.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (argument, None),
                };
                match (takes(name), value) {
                    (true, Some(value)) => options.give(name, Some(value)),
                    (true, None) => options.give(name, Some(rest.next()?)),
                    (false, None) if known.contains(&name) => options.give(name, None),
                    _ => return None,
                }
            } else if argument.len() > 1 && argument.starts_with('-') {
                options.short(&argument[1..], &mut rest, known, takes)?;
            } else {
                options.operands.push(argument);
            }
        }
        Some(options)
    }

    /// Options of one letter each, the last of which may have a value.
    fn short(
        &mut self,
        letters: &'a str,
        rest: &mut dyn Iterator<Item = &'a str>,
        known: &[&str],
        takes: impl Fn(&str) -> bool,
    ) -> Option<()> {
        for (at, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            if takes(&name) {
                let value = &letters[at + letter.len_utf8()..];
                let value = if value.is_empty() { rest.next()? } else { value };
                self.give(&name, Some(value));
                return Some(());
            }
            if !known.contains(&name.as_str()) {
                return None;
            }
            self.give(&name, None);
        }
        Some(())
    }

    fn give(&mut self, name: &str, value: Option<&'a str>) {
        self.given.push((name.to_owned(), value));
    }

    /// Whether one of these options is given.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(own, _)| names.contains(&own.as_str()))
    }

    /// The last value that one of these options is given.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.given.iter().rev().find(|(own, _)| names.contains(&own.as_str()))?.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_apart_as_people_write_them() {
        let known = ["-p", "-m=", "--mode=", "--parents"];
        let options =
            Options::parse(&["-pm755", "a", "--mode", "700", "--parents", "--", "-x"], &known).unwrap();
        assert_eq!(options.operands, ["a", "-x"]);
        assert!(options.has(&["-p"]) && options.has(&["--parents"]) && !options.has(&["-x"]));
        assert_eq!(options.value(&["-m", "--mode"]), Some("700"));
        assert_eq!(
            Options::parse(&["--mode=1", "-m", "2"], &known).unwrap().value(&["-m", "--mode"]),
            Some("2")
        );
        for unknown in [&["-x"][..], &["--other"], &["-m"], &["--mode"], &["--parents=1"]] {
            assert_eq!(Options::parse(unknown, &known), None, "{unknown:?}");
        }
    }
}
