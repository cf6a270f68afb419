//! How registries are reached: flags and environment to settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::message::Message;
use crate::code::{Code, Coded as _};
use crate::http::{Proxies, Secret};
use crate::registry::{CredentialFiles, LooseMode, Registries, Settings, SettingsFile};

/// How registries are reached.
#[derive(Args, Default)]
pub(super) struct RegistryChoice {
    /// Settings of registries: TLS, mirrors, hosts of tokens [default: overcoat/registries.toml in the user's
    /// configuration, where it is there]
    #[arg(long, value_name = "FILE", env = "OVERCOAT_REGISTRIES")]
    pub(super) registries: Option<PathBuf>,

    /// A file of credentials as docker and podman write it, which is looked into first
    #[arg(long, value_name = "FILE", env = "OVERCOAT_REGISTRY_AUTH_FILE")]
    pub(super) authfile: Option<PathBuf>,

    /// Reach this registry without TLS, as localhost is anyway; repeatable
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) plain_http: Vec<String>,

    /// Do not verify the certificate of this registry; repeatable
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) insecure: Vec<String>,

    /// Trust the authorities in FILE, and no others, for this registry; repeatable
    #[arg(long, value_name = "HOST[:PORT]=FILE")]
    pub(super) ca: Vec<String>,

    /// Ask this mirror before the registry; repeatable
    #[arg(long, value_name = "HOST[:PORT]=MIRROR")]
    pub(super) mirror: Vec<String>,
}

/// What flags, files and environment say of registries.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) settings: Settings,
    /// Prefixes and what they are looked for at instead, `FROM=TO`; those of flags come after them.
    pub(super) map: Vec<String>,
}

/// Reads what there is of settings; credentials are read when a registry asks for them.
pub(super) fn chosen(choice: &RegistryChoice) -> Result<Chosen, Failure> {
    chosen_in(choice, &|name| std::env::var_os(name))
}

/// Tells people of files of credentials that were read and that others can read.
pub(super) fn tell_warnings(registries: &Registries) {
    for warning in warnings(&registries.loose_files()) {
        super::tell(&warning.text());
    }
}

/// A warning for each file of credentials that others can read.
fn warnings(loose: &[LooseMode]) -> Vec<Message> {
    let warning = |file: &LooseMode| {
        let path = file.path.display();
        let message = format!("{path} holds credentials, and others can read it (mode {:04o})", file.mode);
        Message::warning(
            "W_CREDENTIALS_MODE",
            &message,
            Some(&format!("close it to others: chmod 600 {path}")),
        )
    };
    loose.iter().map(warning).collect()
}

/// The values of the environment.
type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn chosen_in(choice: &RegistryChoice, environment: Environment<'_>) -> Result<Chosen, Failure> {
    let file = settings_file(choice.registries.as_deref(), environment)?;
    let mut settings = Settings {
        hosts: file.hosts,
        credentials: credentials(choice, environment),
        proxies: proxies(environment),
    };
    for host in &choice.plain_http {
        settings.host_mut(host).map_err(|error| usage(&error))?.plain_http = Some(true);
    }
    for host in &choice.insecure {
        settings.host_mut(host).map_err(|error| usage(&error))?.tls.insecure = true;
    }
    for text in &choice.ca {
        let (host, path) = pair("--ca", text)?;
        settings.host_mut(host).map_err(|error| usage(&error))?.tls.ca = Some(path.into());
    }
    for text in &choice.mirror {
        let (host, mirror) = pair("--mirror", text)?;
        settings.add_mirror(host, mirror).map_err(|error| usage(&error))?;
    }
    let map = file.map.into_iter().map(|(from, to)| format!("{from}={to}")).collect();
    Ok(Chosen { settings, map })
}

fn settings_file(named: Option<&Path>, environment: Environment<'_>) -> Result<SettingsFile, Failure> {
    let named = named.filter(|path| !path.as_os_str().is_empty());
    let usual = configuration(environment).map(|dir| dir.join("overcoat/registries.toml"));
    let path = named.map(Path::to_owned).or_else(|| usual.filter(|path| path.exists()));
    let Some(path) = path else { return Ok(SettingsFile::default()) };
    SettingsFile::read(&path)
        .map_err(|error| Failure::of(error.code(), &error.to_string(), error.hint().as_deref()))
}

fn credentials(choice: &RegistryChoice, environment: Environment<'_>) -> CredentialFiles {
    let home = absolute(environment, "HOME");
    let docker = absolute(environment, "DOCKER_CONFIG").or_else(|| home.map(|home| home.join(".docker")));
    let usual = [
        environment("REGISTRY_AUTH_FILE").filter(|path| !path.is_empty()).map(PathBuf::from),
        docker.map(|dir| dir.join("config.json")),
        absolute(environment, "XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json")),
        configuration(environment).map(|dir| dir.join("containers/auth.json")),
    ];
    let path = environment("PATH").unwrap_or_default();
    CredentialFiles {
        named: choice.authfile.clone().filter(|path| !path.as_os_str().is_empty()),
        usual: usual.into_iter().flatten().collect(),
        programs: std::env::split_paths(&path).filter(|dir| dir.is_absolute()).collect(),
    }
}

/// Proxies as every program finds them; the spelling in lower case counts first.
fn proxies(environment: Environment<'_>) -> Proxies {
    let value = |name: &str| {
        let value = environment(&name.to_lowercase()).or_else(|| environment(name));
        value.and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
    };
    let proxy = |name: &str| value(name).or_else(|| value("ALL_PROXY")).map(Secret::new);
    Proxies::new(proxy("HTTPS_PROXY"), proxy("HTTP_PROXY"), &value("NO_PROXY").unwrap_or_default())
}

/// The directory of the user's configuration.
fn configuration(environment: Environment<'_>) -> Option<PathBuf> {
    let home = || absolute(environment, "HOME").map(|home| home.join(".config"));
    absolute(environment, "XDG_CONFIG_HOME").or_else(home)
}

fn absolute(environment: Environment<'_>, name: &str) -> Option<PathBuf> {
    environment(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn pair<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').filter(|(_, value)| !value.is_empty()).ok_or_else(|| {
        let message = format!("{flag} {text}: expected a host and, behind `=`, what it gets");
        Failure::of(Code::Usage, &message, None)
    })
}

fn usage(error: &dyn std::error::Error) -> Failure {
    Failure::of(Code::Usage, &error.to_string(), None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn in_environment(choice: &RegistryChoice, values: &[(&str, &str)]) -> Result<Chosen, String> {
        let found = |name: &str| values.iter().find(|(own, _)| *own == name).map(|(_, value)| value.into());
        chosen_in(choice, &found).map_err(|failure| failure.text())
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn flags_say_more_than_the_file_and_the_file_is_found_where_configuration_lies() {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("overcoat")).unwrap();
        let file = dir.path().join("overcoat/registries.toml");
        let text = "[registry.\"a.io\"]\nca = \"ca.pem\"\nmirrors = [\"m.io\"]\n[map]\n\"b.io\" = \"c.io\"";
        fs::write(&file, text).unwrap();
        let home = [("XDG_CONFIG_HOME", dir.path().to_str().unwrap())];
        let choice = RegistryChoice {
            plain_http: texts(&["p.io:5000"]),
            insecure: texts(&["i.io"]),
            ca: texts(&["a.io=other=ca.pem"]),
            mirror: texts(&["a.io=n.io/cache"]),
            ..RegistryChoice::default()
        };
        let chosen = in_environment(&choice, &home).unwrap();
        let host = |name: &str| &chosen.settings.hosts[name];
        assert_eq!(host("a.io").tls.ca.as_deref(), Some(Path::new("other=ca.pem")));
        assert_eq!(host("a.io").mirrors, ["m.io", "n.io/cache"]);
        assert!(host("p.io:5000").plain_http == Some(true) && host("i.io").tls.insecure);
        assert_eq!(chosen.map, ["b.io=c.io"]);
        let none = in_environment(&RegistryChoice::default(), &[]).unwrap();
        assert!(none.settings.hosts.is_empty() && none.map.is_empty());
        let named = RegistryChoice { registries: Some(file.clone()), ..RegistryChoice::default() };
        assert!(in_environment(&named, &[]).unwrap().settings.hosts.contains_key("a.io"));
        let missing = RegistryChoice { registries: Some("/nowhere".into()), ..RegistryChoice::default() };
        assert!(in_environment(&missing, &[]).unwrap_err().starts_with("error[E_IO]: /nowhere: "));
        fs::write(&file, "[registrys]").unwrap();
        let error = in_environment(&named, &[]).unwrap_err();
        assert!(
            error.starts_with("error[E_USAGE]: ") && error.contains("hint: did you mean `registry`?"),
            "{error}"
        );
    }

    #[test]
    fn flags_that_name_no_host_are_refused() {
        for (choice, expected) in [
            (
                RegistryChoice { plain_http: texts(&["http://a.io"]), ..Default::default() },
                "`http://a.io` is no host",
            ),
            (RegistryChoice { ca: texts(&["ca.pem"]), ..Default::default() }, "--ca ca.pem: expected a host"),
            (RegistryChoice { mirror: texts(&["a.io=acme"]), ..Default::default() }, "`acme` is no host"),
        ] {
            let error = in_environment(&choice, &[]).unwrap_err();
            assert!(error.starts_with(&format!("error[E_USAGE]: {expected}")), "{error}");
        }
    }

    #[test]
    fn credentials_are_looked_for_where_docker_and_podman_keep_them() {
        let choice = RegistryChoice { authfile: Some("own.json".into()), ..RegistryChoice::default() };
        let all = [
            ("HOME", "/h"),
            ("REGISTRY_AUTH_FILE", "reg.json"),
            ("XDG_RUNTIME_DIR", "/run/u"),
            ("PATH", "/bin:.:bin:/usr/bin:"),
        ];
        let files = in_environment(&choice, &all).unwrap().settings.credentials;
        assert_eq!(files.named, Some("own.json".into()));
        let usual = [
            "reg.json",
            "/h/.docker/config.json",
            "/run/u/containers/auth.json",
            "/h/.config/containers/auth.json",
        ];
        assert_eq!(files.usual, usual.map(PathBuf::from));
        assert_eq!(files.programs, ["/bin", "/usr/bin"].map(PathBuf::from));
        let own = [("HOME", "/h"), ("DOCKER_CONFIG", "/d"), ("XDG_CONFIG_HOME", "/c")];
        let files = in_environment(&RegistryChoice::default(), &own).unwrap().settings.credentials;
        assert_eq!(files.usual, ["/d/config.json", "/c/containers/auth.json"].map(PathBuf::from));
    }

    #[test]
    fn x01_a_proxys_password_is_not_printed() {
        let values = [("https_proxy", "http://u:hunter2@proxy"), ("ALL_PROXY", "http://u:hunter2@other")];
        let chosen = in_environment(&RegistryChoice::default(), &values).unwrap();
        let printed = format!("{chosen:?}");
        assert!(!printed.contains("hunter2") && printed.contains("ProxyAddress"), "{printed}");
    }

    #[test]
    fn a_file_that_others_can_read_is_warned_of() {
        let loose = [LooseMode { path: "/h/.docker/config.json".into(), mode: 0o644 }];
        let text: String = warnings(&loose).iter().map(Message::text).collect();
        let expected = "warning[W_CREDENTIALS_MODE]: /h/.docker/config.json holds credentials, and others can read it \
                        (mode 0644)\nhint: close it to others: chmod 600 /h/.docker/config.json\n";
        assert_eq!(text, expected);
    }
}
