//! Calls of update-alternatives.

use crate::rootfs::RootPath;

/// A call that offers a path to stand for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::emulate) struct Install {
    /// Where people look for it, absolute.
    pub(in crate::emulate) link: String,
    /// The name.
    pub(in crate::emulate) name: String,
    /// What is offered, absolute.
    pub(in crate::emulate) path: String,
    /// How good it is.
    pub(in crate::emulate) priority: i64,
    /// What comes with it: links, names and paths.
    pub(in crate::emulate) slaves: Vec<(String, String, String)>,
}

impl Install {
    /// Reads the arguments of a call; nothing where they are not understood.
    pub(in crate::emulate) fn parse(arguments: &[&str]) -> Option<Self> {
        const IGNORED: [&str; 5] = ["--force", "--quiet", "--verbose", "--debug", "--skip-auto"];
        let mut install: Option<Self> = None;
        let mut rest = arguments;
        loop {
            rest = match rest {
                [] => return install,
                ["--install", link, name, path, priority, rest @ ..] if install.is_none() => {
                    let slaves = Vec::new();
                    let (link, name, path) = checked(link, name, path)?;
                    install = Some(Self { link, name, path, priority: priority.parse().ok()?, slaves });
                    rest
                }
                ["--slave", link, name, path, rest @ ..] => {
                    install.as_mut()?.slaves.push(checked(link, name, path)?);
                    rest
                }
                [option, rest @ ..] if IGNORED.contains(option) => rest,
                _ => return None,
            };
        }
    }
}

/// A link, a name and a path that a line of what remembers them can hold.
fn checked(link: &str, name: &str, path: &str) -> Option<(String, String, String)> {
    let is_path =
        |text: &str| text.starts_with('/') && RootPath::parse(text).is_ok_and(|path| !path.is_root());
    let is_line = |text: &str| !text.contains(char::is_control);
    let is_name =
        !name.is_empty() && name.len() <= RootPath::COMPONENT_LIMIT && !name.contains(['/', ' ', '\t']);
    let fits = [link, name, path].into_iter().all(is_line) && is_path(link) && is_path(path);
    let fits = fits && is_name && !matches!(name, "." | "..");
    fits.then(|| (link.to_owned(), name.to_owned(), path.to_owned()))
}
