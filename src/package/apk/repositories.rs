//! Where an image is configured to get packages from, and whose signatures it trusts.

use std::collections::BTreeMap;

use crate::code::{Code, Coded};
use crate::package::Source;
use crate::printable::{printable, without_user};
use crate::rootfs::RootPath;

/// A line of a configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`, line {line}: {fault}")]
pub struct RepositoriesError {
    /// The file.
    pub file: RootPath,
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: RepositoriesFault,
}

/// What is wrong with a line of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepositoriesFault {
    /// It is no text.
    #[error("it is no UTF-8")]
    Text,
    /// It has another form.
    #[error("expected `[v2] [@tag] url [component...]`, `ndx [@tag] url` or `set [-default] key=value`")]
    Form,
    /// A repository of version 3.
    #[error("repositories in version 3 of apk's format are not supported")]
    Version3,
    /// A variable has no value.
    #[error("the variable `{0}` has no value")]
    Variable(String),
    /// A repository that is not in the network.
    #[error("`{0}` is no URL of a server")]
    Url(String),
}

impl Coded for RepositoriesError {
    fn code(&self) -> Code {
        Code::PackageRepository
    }
}

/// The repositories that these files of an image configure, in apk's order, for an architecture. Files that say nothing of it
/// are passed over.
pub fn repositories<'a>(
    files: impl IntoIterator<Item = (&'a RootPath, &'a [u8])>,
    architecture: &str,
) -> Result<Vec<Source>, RepositoriesError> {
    let mut configured = BTreeMap::new();
    for (path, bytes) in files {
        let Some((place, name)) = place(path) else { continue };
        configured.insert((place, name), (path, bytes));
    }
    let mut lines = Lines::new(architecture);
    let mut seen = Vec::new();
    for ((_, name), (path, bytes)) in configured {
        if seen.contains(&name) {
            continue;
        }
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let error = |fault| RepositoriesError { file: path.clone(), line: at + 1, fault };
            let line = std::str::from_utf8(line).map_err(|_| error(RepositoriesFault::Text))?;
            lines.read(line).map_err(error)?;
        }
        seen.push(name);
    }
    Ok(lines.sources)
}

/// The architectures that an image takes packages of, by its `etc/apk/arch`; those that fit every one come besides.
pub fn architectures(file: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(file).split_whitespace().map(str::to_owned).collect()
}

/// Whether a file of an image is a key that signatures are held against: by its name they choose among keys.
pub fn is_key(path: &RootPath, architecture: &str) -> bool {
    let above = path.parent().unwrap_or_else(RootPath::root);
    let above = above.as_bytes();
    path.name().ends_with(b".pub")
        && (KEYS.contains(&above) || above.strip_prefix(KEYS_OF) == Some(architecture.as_bytes()))
}

const KEYS: &[&[u8]] = &[b"etc/apk/keys", b"lib/apk/keys", b"usr/lib/apk/keys"];

/// Directories of keys, one for each architecture.
const KEYS_OF: &[u8] = b"usr/share/apk/keys/";

/// When a file is read among others, and the name by which it hides later ones; nothing where it configures no repositories.
fn place(path: &RootPath) -> Option<(usize, Vec<u8>)> {
    if path.as_bytes() == b"etc/apk/repositories" {
        return Some((0, Vec::new()));
    }
    let above = path.parent()?;
    let order = FRAGMENTS.iter().position(|directory| *directory == above.as_bytes())?;
    path.name().ends_with(b".list").then(|| (order + 1, path.name().to_vec()))
}

/// Directories of files that configure repositories, in their order. `/lib` may lead to `/usr/lib`.
const FRAGMENTS: &[&[u8]] =
    &[b"etc/apk/repositories.d", b"lib/apk/repositories.d", b"usr/lib/apk/repositories.d"];

/// What the lines so far say.
struct Lines {
    variables: BTreeMap<String, String>,
    sources: Vec<Source>,
}

impl Lines {
    fn new(architecture: &str) -> Self {
        let variables = BTreeMap::from([("APK_ARCH".to_owned(), architecture.to_owned())]);
        Self { variables, sources: Vec::new() }
    }

    fn read(&mut self, line: &str) -> Result<(), RepositoriesFault> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let mut words = line.split_ascii_whitespace().peekable();
        match words.next_if(|word| matches!(*word, "v2" | "v3" | "ndx" | "set")) {
            Some("set") => self.set(words.collect()),
            kind => {
                let tag = words.next_if(|word| word.starts_with('@')).map(|word| word[1..].to_owned());
                let url = words.next().ok_or(RepositoriesFault::Form)?;
                let url = self.expanded(url)?;
                let components = words.map(|word| self.expanded(word)).collect::<Result<Vec<_>, _>>()?;
                let is_index = [".adb", ".tar.gz"].iter().any(|end| url.ends_with(end));
                match kind.unwrap_or(if is_index { "ndx" } else { "v2" }) {
                    "v2" => self.repositories(&url, tag, &components),
                    "ndx" if components.is_empty() => self.index(url, tag),
                    "ndx" => Err(RepositoriesFault::Form),
                    _ => Err(RepositoriesFault::Version3),
                }
            }
        }
    }

    fn set(&mut self, words: Vec<&str>) -> Result<(), RepositoriesFault> {
        let (is_default, pair) = match words[..] {
            ["-default", pair] => (true, pair),
            [pair] => (false, pair),
            _ => return Err(RepositoriesFault::Form),
        };
        let (key, value) = pair.split_once('=').ok_or(RepositoriesFault::Form)?;
        let value = self.expanded(value)?;
        if !is_default || !self.variables.contains_key(key) {
            self.variables.insert(key.to_owned(), value);
        }
        Ok(())
    }

    /// A repository, or one for each component.
    fn repositories(
        &mut self,
        url: &str,
        tag: Option<String>,
        components: &[String],
    ) -> Result<(), RepositoriesFault> {
        let url = on_server(url)?;
        let below = |component: &String| format!("{url}/{}", component.trim_matches('/'));
        let urls = match components {
            [] => vec![url.to_owned()],
            components => components.iter().map(below).collect(),
        };
        self.sources.extend(urls.into_iter().map(|url| Source::Apk { url, tag: tag.clone(), index: None }));
        Ok(())
    }

    /// A repository by its index, beside which its packages are.
    fn index(&mut self, index: String, tag: Option<String>) -> Result<(), RepositoriesFault> {
        if index.ends_with(".adb") {
            return Err(RepositoriesFault::Version3);
        }
        let (url, _) = on_server(&index)?.rsplit_once('/').ok_or(RepositoriesFault::Form)?;
        self.sources.push(Source::Apk { url: url.to_owned(), tag, index: Some(index.clone()) });
        Ok(())
    }

    /// A word with `${key}` replaced.
    fn expanded(&self, word: &str) -> Result<String, RepositoriesFault> {
        let (mut out, mut rest) = (String::new(), word);
        while let Some((before, after)) = rest.split_once("${") {
            let (key, after) = after.split_once('}').ok_or(RepositoriesFault::Form)?;
            let value = self.variables.get(key);
            out.push_str(before);
            out.push_str(value.ok_or_else(|| RepositoriesFault::Variable(printable(key.as_bytes())))?);
            rest = after;
        }
        Ok(out + rest)
    }
}

/// A URL without what is no part of a directory's name at its end.
fn on_server(url: &str) -> Result<&str, RepositoriesFault> {
    let is_server = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    match is_server {
        true => Ok(url.trim_end_matches('/')),
        false => Err(RepositoriesFault::Url(printable(without_user(url).as_bytes()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(files: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let files: Vec<_> =
            files.iter().map(|(path, text)| (RootPath::parse(path).unwrap(), *text)).collect();
        let sources = repositories(files.iter().map(|(path, text)| (path, text.as_bytes())), "aarch64");
        let written = |source: Source| match source {
            Source::Apk { url, tag, index } => {
                let tag = tag.map(|tag| format!("@{tag} ")).unwrap_or_default();
                format!("{tag}{url}{}", index.map(|index| format!(" ({index})")).unwrap_or_default())
            }
            Source::Deb { .. } => unreachable!(),
        };
        Ok(sources.map_err(|error| error.to_string())?.into_iter().map(written).collect())
    }

    fn lines(text: &str) -> Result<Vec<String>, String> {
        configured(&[("etc/apk/repositories", text)])
    }

    #[test]
    fn lines_configure_repositories() {
        let text = "# comment\n\nhttps://a.example/main/\n  @edge http://b.example/x  \nv2 @t https://c.example main community\n\
                    set mirror=https://m.example/v3\nset -default mirror=https://other.example\nset -default r=main\n\
                    ${mirror}/${r}\nndx https://n.example/${APK_ARCH}/APKINDEX.tar.gz\nhttps://o.example/i/x.tar.gz\n";
        assert_eq!(
            lines(text).unwrap(),
            [
                "https://a.example/main",
                "@edge http://b.example/x",
                "@t https://c.example/main",
                "@t https://c.example/community",
                "https://m.example/v3/main",
                "https://n.example/aarch64 (https://n.example/aarch64/APKINDEX.tar.gz)",
                "https://o.example/i (https://o.example/i/x.tar.gz)",
            ]
        );
        assert!(lines("").unwrap().is_empty());
    }

    #[test]
    fn files_are_read_in_order_and_hide_each_other() {
        let found = configured(&[
            ("usr/lib/apk/repositories.d/a.list", "https://hidden.example"),
            ("lib/apk/repositories.d/z.list", "https://4.example"),
            ("lib/apk/repositories.d/a.list", "https://hidden.example"),
            ("etc/apk/repositories.d/b.list", "https://3.example"),
            ("etc/apk/repositories.d/a.list", "https://2.example"),
            ("etc/apk/repositories.d/a.conf", "https://none.example"),
            ("etc/apk/repositories", "https://1.example"),
            ("etc/apt/sources.list", "deb https://none.example x main"),
        ]);
        assert_eq!(found.unwrap(), [1, 2, 3, 4].map(|number| format!("https://{number}.example")));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_line() {
        for (text, fault) in [
            ("@tag", "expected `[v2]"),
            ("set a", "expected `[v2]"),
            ("set -default a=b c", "expected `[v2]"),
            ("ndx https://a.example/x.tar.gz main", "expected `[v2]"),
            ("https://${a", "expected `[v2]"),
            ("https://${a}", "the variable `a` has no value"),
            ("v3 https://a.example", "repositories in version 3"),
            ("https://a.example/Packages.adb", "repositories in version 3"),
            ("/home/me/packages", "`/home/me/packages` is no URL of a server"),
            ("ftp://user:secret@a.example", "`ftp://***@a.example` is no URL of a server"),
        ] {
            let error = lines(&format!("\n{text}\n")).unwrap_err();
            assert!(error.starts_with(&format!("`etc/apk/repositories`, line 2: {fault}")), "{error}");
            assert!(!error.contains("secret"));
        }
    }

    #[test]
    fn keys_are_where_apk_and_apko_have_them() {
        for (path, expected) in [
            ("etc/apk/keys/a.rsa.pub", true),
            ("lib/apk/keys/a.pub", true),
            ("usr/lib/apk/keys/a.pub", true),
            ("usr/share/apk/keys/aarch64/a.pub", true),
            ("usr/share/apk/keys/x86_64/a.pub", false),
            ("usr/share/apk/keys/a.pub", false),
            ("etc/apk/keys/a.rsa", false),
            ("etc/apk/keys/x/a.pub", false),
        ] {
            assert_eq!(is_key(&RootPath::parse(path).unwrap(), "aarch64"), expected, "{path}");
        }
        assert_eq!(architectures(b"x86_64\nx86\n"), ["x86_64", "x86"]);
    }
}
