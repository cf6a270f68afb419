use super::*;

fn written(name: &str, text: &str) -> Result<Vec<String>, String> {
    let show = |source: &Source| match source {
        Source::Deb { url, suite, components, architectures, signed_by } => {
            let signed_by = signed_by.iter().map(|by| match by {
                SignedBy::File(file) => file.display().to_string(),
                SignedBy::Fingerprint(hex) => hex[..8].to_owned(),
                SignedBy::Inline(armour) => format!("{armour:?}"),
            });
            let signed_by = signed_by.collect::<Vec<_>>().join("+");
            format!("{url} {suite} {} [{}] {signed_by}", components.join("+"), architectures.join("+"))
        }
        Source::Apk { .. } => unreachable!("sources of apt are Debian's"),
    };
    let sources = read(name, text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(sources.iter().map(show).collect())
}

#[test]
fn lines_become_sources() {
    let text = "\
# comment
deb http://deb.example.org/debian/ trixie main contrib # more
deb-src http://deb.example.org/debian trixie main

  deb\t[ arch=amd64,arm64 signed-by=/usr/share/keyrings/x.gpg lang=none ]  https://example.org/x  stable  main
deb [signed-by=/a.gpg,0123456789abcdef0123456789ABCDEF01234567!] file:/srv/packages ./
";
    assert_eq!(
        written("sources.list", text).unwrap(),
        [
            "http://deb.example.org/debian trixie main+contrib [] ",
            "https://example.org/x stable main [amd64+arm64] /usr/share/keyrings/x.gpg",
            "file:/srv/packages ./  [] /a.gpg+01234567",
        ]
    );
}

#[test]
fn stanzas_become_sources() {
    let text = "\
# Debian
Types: deb deb-src
URIs: http://deb.example.org/debian http://other.example.org/debian/
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp
X-Name: anything

# Only a comment.

Types: deb
URIs: https://example.org/x
Suites:
 stable
# and
 testing
Components: main
Architectures: amd64
Enabled: yes
Trusted: no

types: deb-src
URIs: x

Types: deb
Enabled: No
";
    assert_eq!(
        written("debian.sources", text).unwrap(),
        [
            "http://deb.example.org/debian trixie main [] /usr/share/keyrings/debian-archive-keyring.pgp",
            "http://deb.example.org/debian trixie-updates main [] /usr/share/keyrings/debian-archive-keyring.pgp",
            "http://other.example.org/debian trixie main [] /usr/share/keyrings/debian-archive-keyring.pgp",
            "http://other.example.org/debian trixie-updates main [] /usr/share/keyrings/debian-archive-keyring.pgp",
            "https://example.org/x stable main [amd64] ",
            "https://example.org/x testing main [amd64] ",
        ]
    );
}

#[test]
fn a_key_may_stand_in_a_stanza() {
    let text = "\
Types: deb
URIs: https://example.org/x
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEX
 =abcd
 -----END PGP PUBLIC KEY BLOCK-----
";
    let armour = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEX\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";
    let expected = format!("https://example.org/x stable main [] {armour:?}");
    assert_eq!(written("x.sources", text).unwrap(), [expected]);
}

#[test]
fn files_of_other_names_are_not_read() {
    for name in ["x.list.save", "x", "sources.bak", "README"] {
        assert_eq!(written(name, "nonsense"), Ok(Vec::new()), "{name}");
    }
}

#[test]
fn what_cannot_be_followed_is_refused_with_its_line() {
    for (line, error) in [
        ("rpm http://x.example a b", "`rpm` is no type of a repository"),
        ("deb", "no address is given"),
        ("deb http://x.example", "no suite is given"),
        ("deb http://x.example stable", "no component is given"),
        ("deb http://x.example ./ main", "suite `./` is a path, which has no components"),
        ("deb [arch=amd64 http://x.example stable main", "options in `[` and `]` cannot be read"),
        ("deb [arch] http://x.example stable main", "options in `[` and `]` cannot be read"),
        (
            "deb [trusted=yes] http://x.example stable main",
            "option `trusted` would have unsigned packages taken",
        ),
        (
            "deb [Allow-Insecure=1] http://x.example s m",
            "option `allow-insecure` would have unsigned packages taken",
        ),
        ("deb [arch-=i386] http://x.example stable main", "option `arch-` is not supported"),
        ("deb http://x.example/$(ARCH) stable main", "option `http://x.example/$(ARCH)` is not supported"),
        (
            "deb [signed-by=keys/x.gpg] http://x.example stable main",
            "`keys/x.gpg` is neither the absolute path of a key file nor a fingerprint",
        ),
        (
            "deb ftp://user:secret@x.example stable main",
            "`ftp://***@x.example` is no address of a repository: expected http:, https: or file:",
        ),
        (
            "deb file:srv stable main",
            "`file:srv` is no address of a repository: expected http:, https: or file:",
        ),
        (
            "deb http:///x stable main",
            "`http:///x` is no address of a repository: expected http:, https: or file:",
        ),
    ] {
        assert_eq!(written("x.list", &format!("#\n{line}\n")).unwrap_err(), format!("line 2: {error}"));
    }
    for (stanza, error) in [
        ("URIs: http://x.example", "line 3: no type is given"),
        ("Types: deb\nSuites: a\nComponents: b", "line 3: no address is given"),
        ("Types: deb\nURIs: http://x.example\nSuites: a", "line 3: no component is given"),
        ("Types: deb\nTrusted: yes", "line 3: option `trusted` would have unsigned packages taken"),
        ("Types: deb\nArchitectures-Remove: i386", "line 3: option `arch-` is not supported"),
        ("Types: deb\nURIs\n", "line 4: `URIs` is no field"),
        ("Types: deb\nTypes: deb\n", "line 4: field `Types` stands twice"),
    ] {
        assert_eq!(written("x.sources", &format!("# x\n\n{stanza}\n")).unwrap_err(), error, "{stanza}");
    }
    let latin = read("x.list", b"#\n#\ndeb http://\xe9").unwrap_err();
    assert_eq!(latin.to_string(), "line 3: not UTF-8");
}
