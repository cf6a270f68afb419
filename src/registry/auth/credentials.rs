//! Where credentials come from: files and helpers, looked at when a registry first asks for one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::credential::Credential;
use super::docker_config::{DockerConfig, keys};
use super::helper::{self, HelperError};
use crate::code::{self, Code, Coded};
use crate::file_error::FileError;
use crate::interrupt::Interrupt;

/// Where credentials are kept.
#[derive(Clone, Debug, Default)]
pub struct CredentialFiles {
    /// A file that has to be there, and is looked into first.
    pub named: Option<PathBuf>,
    /// Files of docker's form that are looked into where they are there, in this order.
    pub usual: Vec<PathBuf>,
    /// Directories that have credential helpers; only absolute ones count.
    pub programs: Vec<PathBuf>,
}

/// A credential that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is missing that was named.
    #[error("{}: there is no such file of credentials", .0.display())]
    Missing(PathBuf),
    /// A file has another form.
    #[error("{}: no such form of credentials (line {line}, column {column})", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// An entry cannot be read.
    #[error("{}: `auth` of {key:?} is no name and password in base64", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry's key.
        key: String,
    },
    /// A helper fails.
    #[error("{}: credential helper {name:?}: {problem}", path.display())]
    Helper {
        /// The file that names it.
        path: PathBuf,
        /// Its name.
        name: String,
        /// What is wrong.
        problem: HelperError,
    },
}

impl CredentialError {
    /// What to do about it, where that is known.
    pub(in crate::registry) fn hint(&self) -> Option<String> {
        match self {
            Self::Helper { name, problem: HelperError::Missing(_), .. } => {
                Some(format!("install docker-credential-{name}, or remove it from the file"))
            }
            _ => None,
        }
    }
}

impl Coded for CredentialError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => code::of_io(&error.source),
            Self::Helper { problem: HelperError::Interrupted(interrupted), .. } => interrupted.code(),
            _ => Code::Auth,
        }
    }
}

/// A file of credentials that others than its owner can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseMode {
    /// The file.
    pub path: PathBuf,
    /// Its permissions.
    pub mode: u32,
}

/// The credentials of a process; files are read and helpers run once.
pub(in crate::registry) struct Credentials {
    files: CredentialFiles,
    configs: Mutex<Option<Arc<Vec<DockerConfig>>>>,
    /// What helpers answered, by name and server.
    answers: Mutex<BTreeMap<(String, String), Option<Credential>>>,
}

impl Credentials {
    pub(in crate::registry) fn new(files: CredentialFiles) -> Self {
        Self { files, configs: Mutex::default(), answers: Mutex::default() }
    }

    /// The credential for a repository of the registry `host`; nothing where there is none.
    pub(in crate::registry) fn find(
        &self,
        host: &str,
        repository: &str,
        interrupt: &Interrupt,
    ) -> Result<Option<Credential>, CredentialError> {
        let keys = keys(host, repository);
        for config in self.configs()?.iter() {
            let own = keys.iter().find_map(|key| config.helpers.get(key));
            for name in own.into_iter().chain(&config.store) {
                if let Some(found) = self.ask(config, name, host, interrupt)? {
                    return Ok(Some(found));
                }
            }
            if let Some(found) = keys.iter().find_map(|key| config.auth(key)) {
                return Ok(Some(found.clone()));
            }
        }
        Ok(None)
    }

    /// Files, of those that were read, that others can read as well.
    pub(in crate::registry) fn loose(&self) -> Vec<LooseMode> {
        let configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        let configs = configs.iter().flat_map(|configs| configs.iter());
        configs
            .filter_map(|config| Some(LooseMode { path: config.path.clone(), mode: config.loose? }))
            .collect()
    }

    fn configs(&self) -> Result<Arc<Vec<DockerConfig>>, CredentialError> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = &*configs {
            return Ok(Arc::clone(read));
        }
        let mut read = Vec::new();
        if let Some(path) = &self.files.named {
            read.push(DockerConfig::read(path)?.ok_or_else(|| CredentialError::Missing(path.clone()))?);
        }
        for path in &self.files.usual {
            read.extend(DockerConfig::read(path)?);
        }
        Ok(Arc::clone(configs.insert(Arc::new(read))))
    }

    fn ask(
        &self,
        config: &DockerConfig,
        name: &str,
        host: &str,
        interrupt: &Interrupt,
    ) -> Result<Option<Credential>, CredentialError> {
        // Docker's own name for its registry.
        let server = if host == "docker.io" { "https://index.docker.io/v1/" } else { host };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), server.to_owned());
        if let Some(known) = answers.get(&key) {
            return Ok(known.clone());
        }
        let answer = helper::ask(name, server, &self.files.programs, interrupt).map_err(|problem| {
            CredentialError::Helper { path: config.path.clone(), name: name.to_owned(), problem }
        })?;
        answers.insert(key, answer.clone());
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use tempfile::TempDir;

    use super::*;
    use crate::http::Secret;

    fn file(path: &Path, text: &str, mode: u32) -> PathBuf {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_owned()
    }

    fn basic(user: &str, password: &str) -> Option<Credential> {
        Some(Credential::Basic { user: user.to_owned(), password: Secret::new(password) })
    }

    #[test]
    fn files_are_looked_into_in_order_and_helpers_before_what_a_file_holds() {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        let script = r#"#!/bin/sh
echo run >> "$0.log"; read host
[ "$host" = https://index.docker.io/v1/ ] && echo '{"Username":"hub","Secret":"s"}' && exit
[ "$host" = own.example ] && echo '{"Username":"own","Secret":"s"}' && exit
echo credentials not found; exit 1"#;
        file(&at("docker-credential-h"), script, 0o755);
        let first = r#"{"credHelpers": {"own.example": "h"}, "auths": {"own.example": {"auth": "YTpi"}, "a.example": {"auth": "YTpi"}}}"#;
        let second =
            r#"{"credsStore": "h", "auths": {"a.example": {"auth": "Yzpk"}, "b.example": {"auth": "Yzpk"}}}"#;
        let files = CredentialFiles {
            named: Some(file(&at("first"), first, 0o600)),
            usual: vec![at("missing"), file(&at("second"), second, 0o644)],
            programs: vec![dir.path().to_owned()],
        };
        let credentials = Credentials::new(files);
        assert_eq!(credentials.loose(), [], "nothing is read before it is needed");
        let find = |host: &str| credentials.find(host, "x/y", &Interrupt::default()).unwrap();
        for _ in 0..2 {
            assert_eq!(find("own.example"), basic("own", "s"));
            assert_eq!(find("a.example"), basic("a", "b"));
            assert_eq!(find("b.example"), basic("c", "d"));
            assert_eq!(find("docker.io"), basic("hub", "s"));
            assert_eq!(find("c.example"), None);
        }
        let runs = fs::read_to_string(at("docker-credential-h.log")).unwrap();
        assert_eq!(runs.lines().count(), 4, "each server is asked for once");
        assert_eq!(credentials.loose(), [LooseMode { path: at("second"), mode: 0o644 }]);
    }

    #[test]
    fn what_was_named_has_to_be_there_and_to_work() {
        let dir = TempDir::new().unwrap();
        let find = |files| {
            let credentials = Credentials::new(files);
            credentials.find("a.example", "x", &Interrupt::default()).unwrap_err().to_string()
        };
        let named = dir.path().join("auth.json");
        let error = find(CredentialFiles { named: Some(named.clone()), ..CredentialFiles::default() });
        assert_eq!(error, format!("{}: there is no such file of credentials", named.display()));
        let usual = vec![file(&named, r#"{"credsStore": "../evil"}"#, 0o600)];
        let error = find(CredentialFiles { usual, ..CredentialFiles::default() });
        let expected = "credential helper \"../evil\": its name is not of lower case letters, digits and `-`";
        assert_eq!(error, format!("{}: {expected}", named.display()));
    }
}
