//! What remembers who can stand for a name: files of `var/lib/dpkg/alternatives`.

use std::collections::BTreeMap;

use super::{Choice, Install};

/// A name, and all that can stand for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Whether somebody chose, so that priorities do not count.
    is_manual: bool,
    /// Where people look for it.
    pub(super) link: String,
    /// Names that come with it, and where people look for those.
    pub(super) slaves: BTreeMap<String, String>,
    /// In the order in which they came.
    pub(super) choices: Vec<Choice>,
}

impl Group {
    pub(super) fn new(link: &str) -> Self {
        Self { is_manual: false, link: link.to_owned(), slaves: BTreeMap::new(), choices: Vec::new() }
    }

    /// Reads a file; nothing where it is none of this kind.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.split('\n');
        let is_manual = match lines.next()? {
            "auto" => false,
            "manual" => true,
            _ => return None,
        };
        let link = lines.next()?.to_owned();
        let mut names = Vec::new();
        loop {
            match lines.next()? {
                "" => break,
                name => names.push((name.to_owned(), lines.next()?.to_owned())),
            }
        }
        let mut choices = Vec::new();
        loop {
            let path = match lines.next()? {
                "" => break,
                path => path.to_owned(),
            };
            let priority = lines.next()?.parse().ok()?;
            let mut slaves = BTreeMap::new();
            for (name, _) in &names {
                match lines.next()? {
                    "" => {}
                    target => _ = slaves.insert(name.clone(), target.to_owned()),
                }
            }
            choices.push(Choice { path, priority, slaves });
        }
        Some(Self { is_manual, link, slaves: names.into_iter().collect(), choices })
    }

    /// Takes in what a package offers; the same path once more has the new priority.
    pub(super) fn add(&mut self, offer: &Install) {
        self.link.clone_from(&offer.link);
        for (link, name, _) in &offer.slaves {
            self.slaves.insert(name.clone(), link.clone());
        }
        let slaves = offer.slaves.iter().map(|(_, name, path)| (name.clone(), path.clone())).collect();
        let choice = Choice { path: offer.path.clone(), priority: offer.priority, slaves };
        match self.choices.iter_mut().find(|own| own.path == choice.path) {
            Some(own) => *own = choice,
            None => self.choices.push(choice),
        }
    }

    /// Who stands for the name: who was chosen, else the one of highest priority, of several the one in place, else the first.
    pub(super) fn winner(&self, current: Option<&str>) -> Option<&Choice> {
        let in_place = self.choices.iter().find(|choice| Some(choice.path.as_str()) == current);
        if self.is_manual && in_place.is_some() {
            return in_place;
        }
        let best = self.choices.iter().map(|choice| choice.priority).max()?;
        in_place
            .filter(|choice| choice.priority == best)
            .or_else(|| self.choices.iter().find(|choice| choice.priority == best))
    }

    /// The file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\n{}\n", if self.is_manual { "manual" } else { "auto" }, self.link);
        for (name, link) in &self.slaves {
            text.push_str(&format!("{name}\n{link}\n"));
        }
        text.push('\n');
        let mut choices: Vec<&Choice> = self.choices.iter().collect();
        choices.sort_by(|a, b| a.path.cmp(&b.path));
        for Choice { path, priority, slaves } in choices {
            text.push_str(&format!("{path}\n{priority}\n"));
            for name in self.slaves.keys() {
                text.push_str(slaves.get(name).map_or("", String::as_str));
                text.push('\n');
            }
        }
        text.push('\n');
        text.into_bytes()
    }
}
