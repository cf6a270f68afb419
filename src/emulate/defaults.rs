//! Files that known packages make of what they ship: the time zone, name services, and configurations from defaults.

use super::emulated::Reason;
use super::site::{Draft, Site};
use crate::contents::PathLoop;
use crate::package::Family;
use crate::rootfs::RootPath;

/// Makes them, each where nothing is yet.
pub(super) fn settle(site: &mut Site<'_>) -> Result<(), PathLoop> {
    if site.scene.family != Family::Deb {
        return Ok(());
    }
    for package in site.scene.packages {
        match package.package.name.as_str() {
            "tzdata" => time_zone(site)?,
            "libc-bin" => {
                copy(site, "usr/share/libc-bin/nsswitch.conf", "etc/nsswitch.conf", Reason::Masters)?
            }
            "openssh-server" => {
                copy(site, "usr/share/openssh/sshd_config", "etc/ssh/sshd_config", Reason::Defaults)?;
            }
            name => php(site, name)?,
        }
    }
    Ok(())
}

fn time_zone(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let zone = Draft::link("/usr/share/zoneinfo/Etc/UTC", Reason::TimeZone);
    site.make_missing(&path("etc/localtime"), zone)?;
    if writes_time_zone(site)? {
        let zone = Draft::file(b"Etc/UTC\n".to_vec(), Reason::TimeZone);
        site.make_missing(&path("etc/timezone"), zone)?;
    }
    Ok(())
}

/// Whether the release is one whose tzdata writes `etc/timezone`: up to Debian 12.
fn writes_time_zone(site: &Site<'_>) -> Result<bool, PathLoop> {
    let release = site.bytes(&path("etc/os-release"))?.unwrap_or_default();
    let text = String::from_utf8_lossy(release);
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.trim_matches(['"', '\'']).to_owned())
    };
    let version = value("VERSION_ID").and_then(|version| version.parse::<u32>().ok());
    Ok(value("ID").as_deref() == Some("debian") && version.is_some_and(|version| version <= 12))
}

/// PHP's settings: of `php8.4-fpm` in `etc/php/8.4/fpm/php.ini`.
fn php(site: &mut Site<'_>, name: &str) -> Result<(), PathLoop> {
    const PROGRAMS: [&str; 6] = ["cli", "fpm", "cgi", "phpdbg", "embed", "apache2"];
    let of_apache = name.strip_prefix("libapache2-mod-php").map(|version| (version, "apache2"));
    let other = || name.strip_prefix("php").and_then(|name| name.split_once('-'));
    let Some((version, program)) = of_apache.or_else(other) else { return Ok(()) };
    if !PROGRAMS.contains(&program) || !version.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    let ending = if program == "cli" { ".cli" } else { "" };
    let from = format!("usr/lib/php/{version}/php.ini-production{ending}");
    copy(site, &from, &format!("etc/php/{version}/{program}/php.ini"), Reason::Defaults)
}

fn copy(site: &mut Site<'_>, from: &str, to: &str, reason: Reason) -> Result<(), PathLoop> {
    let Some(bytes) = site.bytes(&path(from))?.map(<[u8]>::to_vec) else { return Ok(()) };
    site.make_missing(&path(to), Draft::file(bytes, reason))
}

fn path(text: &str) -> RootPath {
    RootPath::parse(text).expect("names of packages are components of paths")
}

#[cfg(test)]
mod tests {
    use crate::emulate::sample::{Image, listing, package};

    #[test]
    fn a_time_zone_is_set_where_there_is_none_and_written_as_the_release_does() {
        let tzdata = || package("tzdata", &[], &["usr/share/zoneinfo/Etc/UTC"]);
        let zone = "etc/localtime 777 0:0 -> /usr/share/zoneinfo/Etc/UTC";
        for (release, expected) in [
            ("ID=debian\nVERSION_ID=\"12\"\n", vec![zone, "etc/timezone 644 0:0 =Etc/UTC\n"]),
            ("ID=debian\nVERSION_ID=\"13\"\n", vec![zone]),
            ("", vec![zone]),
        ] {
            let release = format!("usr/lib/os-release={release}");
            let made = Image::new(&[&release, "etc/os-release -> ../usr/lib/os-release"], vec![tzdata()]);
            assert_eq!(listing(&made.emulate()), expected);
        }
        let made =
            Image::new(&["etc/localtime -> /usr/share/zoneinfo/Europe/Berlin"], vec![tzdata()]).emulate();
        assert_eq!(listing(&made), [""; 0]);
    }

    #[test]
    fn defaults_of_known_packages_become_configurations_that_are_missing() {
        let packages = vec![
            package("libc-bin", &[], &["usr/share/libc-bin/nsswitch.conf=hosts: files"]),
            package("openssh-server", &[], &["usr/share/openssh/sshd_config=UsePAM yes"]),
            package("php8.4-cli", &[], &["usr/lib/php/8.4/php.ini-production.cli=cli"]),
            package("php8.4-fpm", &[], &["usr/lib/php/8.4/php.ini-production=fpm"]),
        ];
        let made = Image::new(&["etc/php/8.4/fpm/php.ini=mine"], packages).emulate();
        let expected = [
            "etc/nsswitch.conf 644 0:0 =hosts: files",
            "etc/php/8.4/cli/php.ini 644 0:0 =cli",
            "etc/ssh/sshd_config 644 0:0 =UsePAM yes",
        ];
        assert_eq!(listing(&made), expected);
    }
}
