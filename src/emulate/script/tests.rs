use proptest::prelude::*;

use super::parse::parse;
use crate::emulate::sample::{Image, apk, listing, notes, package};
use crate::emulate::{Emulated, Gap, Made};

/// Follows a postinst on an image with these items.
fn followed(base: &[&str], script: &str) -> Emulated {
    followed_of(base, &["usr/share/x/file=text"], script)
}

/// The same of a package with these files.
fn followed_of(base: &[&str], files: &[&str], script: &str) -> Emulated {
    let passwd = "etc/passwd=root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n";
    let group = "etc/group=root:x:0:\nadm:x:4:\nwww-data:x:33:\n";
    let base: Vec<&str> = [passwd, group].into_iter().chain(base.iter().copied()).collect();
    Image::new(&base, vec![package("x", &[("postinst", script)], files)]).emulate()
}

/// The commands that are not understood: the first, and how many.
fn unknown(made: &Emulated) -> Option<(String, usize)> {
    match &made.notes.first()?.gap {
        Gap::Script { command, commands, .. } => Some((command.clone(), *commands)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn directories_links_and_files_are_made_as_the_script_says() {
    let script = r#"#!/bin/sh
set -e
. /usr/share/debconf/confmodule
logdir="/var/log/nginx"
case "$1" in
  abort-upgrade|abort-remove|abort-deconfigure|configure)
    # Allow local admins to override log dir ownership using dpkg-statoverride.
    if ! dpkg-statoverride --list "$logdir" >/dev/null; then
      mkdir -p $logdir
      chown www-data:adm $logdir
      chmod 0755 $logdir
    fi
    access_log="$logdir/access.log"
    if [ ! -e "$access_log" ]; then
      touch "$access_log"
      chmod 640 "$access_log"
      chown www-data:adm "$access_log"
    fi
    if [ -z "$2" ] && [ ! -e /etc/nginx/sites-enabled/default ]; then
      ln -s /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default
    fi
    printf '%s\n' one > /etc/x.conf
    cat >> /etc/x.conf <<EOF
log=$logdir
EOF
    ;;
  triggered)
    reboot
    ;;
  *)
    echo "postinst called with unknown argument '$1'" >&2
    exit 1
    ;;
esac
if [ -x "/usr/bin/deb-systemd-helper" ]; then deb-systemd-helper enable x; fi
exit 0
something after the end
"#;
    let made = followed(&["etc/nginx/sites-enabled/"], script);
    let expected = [
        "etc/nginx/sites-enabled/default 777 0:0 -> /etc/nginx/sites-available/default",
        "etc/x.conf 644 0:0 =one\nlog=/var/log/nginx\n",
        "var/log/nginx 755 33:4 /",
        "var/log/nginx/access.log 640 33:4 =",
    ];
    assert_eq!((listing(&made), unknown(&made)), (expected.map(str::to_owned).to_vec(), None));
}

#[test]
fn what_is_there_gets_other_attributes_and_keeps_the_rest() {
    let script = "chown -R www-data: /var/lib/x; chmod 2750 /usr/share/x\n\
                  chmod u+s /usr/bin/y; chown root:adm /usr/bin/y";
    let files = ["var/lib/x/a=1", "var/lib/x/l -> a", "usr/bin/y 0755", "usr/share/x/file=text"];
    let made = followed_of(&["var/lib/x/"], &files, script);
    let expected = [
        "usr/bin/y 4755 0:4 *",
        "usr/share/x 2750 0:0 /",
        "var/lib/x 755 33:33 /",
        "var/lib/x/a 644 33:33 *",
    ];
    assert_eq!(listing(&made), expected);
}

#[test]
fn files_of_the_base_are_not_written_again_for_other_attributes() {
    let base = ["etc/own 0640", "etc/x/"];
    for (script, command) in [
        ("chmod 640 /etc/own; chown root:root /etc/own; chmod g+r /etc/own", None),
        ("chown www-data /etc/own", Some("chown www-data /etc/own")),
        ("chmod u+s /etc/own\nchmod 700 /etc/x", Some("chmod u+s /etc/own")),
    ] {
        let made = followed(&base, script);
        assert_eq!(unknown(&made), command.map(|command| (command.to_owned(), 1)), "{script}");
        assert!(made.files.iter().all(|one| one.made == Made::Directory), "{script}");
    }
}

#[test]
fn words_become_what_a_shell_makes_of_them() {
    for (script, text) in [
        ("echo a  b", "a b\n"),
        ("x='a  b'; echo $x", "a b\n"),
        ("x='a  b'; echo \"$x\"", "a  b\n"),
        ("x=a; y=${x:-b}${z:-c}${x:+d}${z:+e}; echo $y", "acd\n"),
        ("x=/l/a.t.g; echo ${x##*/} ${x%.*} ${x%%.*} ${x#/l}", "a.t.g /l/a.t /l/a /a.t.g\n"),
        ("x=$(basename /a/b.c .c); echo `dirname /a/b.c` $x", "/a b\n"),
        ("f() { echo \"$2-$1-$#\"; }; f a 'b c'", "b c-a-2\n"),
        ("for i in a b; do printf '%s,' $i; done", "a,b,"),
        ("set -- x y; shift; echo $1 $#", "y 1\n"),
        ("a=1 && echo yes || echo no", "yes\n"),
        ("[ \"$1\" = configure ] && [ -z \"$2\" ] && echo new", "new\n"),
        ("if dpkg --compare-versions \"$2\" lt 1.0; then echo older; fi", "older\n"),
        ("dpkg --print-architecture", "amd64\n"),
        ("eval 'x=5'; echo $x", "5\n"),
        ("case abc in x|a*) echo in;; *) echo out;; esac", "in\n"),
        ("(x=1; cd /etc); echo \"[$x]\"", "[]\n"),
        ("echo 'it''s' \"a\\\"b\" \\$x", "its a\"b $x\n"),
        ("for f in /usr/share/x/*; do echo $f; done", "/usr/share/x/file\n"),
        ("cat <<'EOF'\n$x `y`\nEOF", "$x `y`\n"),
        ("> /etc/empty; dpkg-divert --truename /bin/sh", "/bin/sh\n"),
        ("while false; do echo never; done; ! false && echo ok", "ok\n"),
        ("if test -f /usr/share/x/file -a ! -d /usr/share/x/file; then echo file; fi", "file\n"),
    ] {
        let mut made = followed(&["etc/"], &format!("{{ {script}\n}} > /etc/out\n"));
        made.files.retain(|one| one.path.name() != b"empty");
        assert_eq!(listing(&made), [format!("etc/out 644 0:0 ={text}")], "{script}");
    }
}

#[test]
fn commands_that_are_not_understood_are_told_with_how_many_there_are() {
    for (script, expected) in [
        ("frobnicate --all\nmake_it so", Some(("frobnicate --all", 2))),
        ("x=$(frobnicate); rm -rf \"$x\"", Some(("frobnicate", 2))),
        ("x=$(grep a /b); rm -rf \"$x\"", Some(("rm -rf …", 1))),
        ("if grep -q x /etc/y; then mkdir /var/x; fi", Some(("mkdir /var/x", 1))),
        ("if grep -q x /etc/y; then update-rc.d x defaults; fi", None),
        ("rm -f /usr/share/x/file", Some(("rm -f /usr/share/x/file", 1))),
        ("rm -f /etc/never; rmdir /etc/none 2>/dev/null || true", None),
        ("systemctl daemon-reload || true; invoke-rc.d x start; ldconfig", None),
        ("setcap cap_net_raw+ep /usr/share/x/file", Some(("setcap cap_net_raw+ep /usr/share/x/file", 1))),
        ("chown nobodyknows /usr/share/x/file", Some(("chown nobodyknows /usr/share/x/file", 1))),
        ("for i in $(ls); do adduser --system $i; done", Some(("adduser --system …", 1))),
        ("cd /usr/share/x && mv file other", Some(("mv file other", 1))),
        ("db_get x/y; if [ \"$RET\" = true ]; then frobnicate; fi", Some(("frobnicate", 1))),
        ("if [ \"$1\" = remove ]; then frobnicate; fi", None),
        ("if grep -q x /y; then exit 0; fi; mkdir /var/x", Some(("mkdir /var/x", 1))),
        ("if grep -q x /y; then exit 1; fi; mkdir /var/x", None),
        ("f() { if grep x /y; then return; fi; mkdir /a; }; f; mkdir /b", Some(("mkdir /a", 1))),
        ("for i in 1 2; do grep x /y && break; mkdir /a$i; done; mkdir /b", Some(("mkdir /a1", 2))),
        ("fc-cache -f; python3.13 -E /usr/lib/python3.13/py_compile.py $(ls /x)", None),
        ("cat /usr/share/x/file > /etc/copy", Some((">", 1))),
    ] {
        let mut made = followed(&[], script);
        made.notes.retain(|note| matches!(note.gap, Gap::Script { .. }));
        let expected = expected.map(|(command, commands)| (command.to_owned(), commands));
        let expected = expected.map(|(command, commands)| {
            (if command == ">" { "> /etc/copy".to_owned() } else { command }, commands)
        });
        assert_eq!(unknown(&made), expected, "{script}");
    }
}

#[test]
fn answers_of_debconf_are_the_defaults_of_the_templates() {
    let templates = "Template: x/y\nType: boolean\nDefault: false\n\nTemplate: x/z\nType: string\n";
    let script = "db_get x/y || true\nif [ \"$RET\" = true ]; then frobnicate; fi\n\
                  db_get x/z; [ -n \"$RET\" ] && frobnicate\n";
    let members = [("postinst", script), ("templates", templates)];
    let made = Image::new(&[], vec![package("x", &members, &[])]).emulate();
    assert_eq!(notes(&made), [""; 0]);
}

#[test]
fn scripts_of_other_languages_and_broken_ones_are_told() {
    for script in ["#!/usr/bin/perl\nuse strict;", "if true; then", "x=`", "case a in", "echo \"", "fi"] {
        let made = followed(&[], script);
        assert_eq!(unknown(&made).unwrap().1, 1, "{script}");
    }
}

#[test]
fn scripts_of_apk_make_users_as_busybox_does() {
    let script = "#!/bin/sh\naddgroup -S nginx 2>/dev/null\n\
                  adduser -S -D -H -h /var/lib/nginx -s /sbin/nologin -G nginx -g nginx nginx 2>/dev/null\n\
                  addgroup nginx www-data 2>/dev/null\nexit 0\n";
    let base = ["etc/passwd=root:x:0:0::/:/\n", "etc/group=root:x:0:\nwww-data:x:82:\nused:x:100:\n"];
    let nginx = apk("nginx", &[(".pre-install", script)], &["usr/sbin/nginx"]);
    let made = Image::new(&base, vec![nginx]).emulate();
    assert_eq!(notes(&made), [""; 0]);
    let user = &made.users[0];
    assert_eq!((user.name.as_str(), user.uid, user.gid), ("nginx", 101, Some(101)));
    let login = user.login.as_ref().unwrap();
    assert_eq!([&*login.home, &login.shell, &login.comment], ["/var/lib/nginx", "/sbin/nologin", "nginx"]);
    assert!(!login.makes_home);
    let groups = made.groups.iter().map(|group| (group.name.as_str(), group.gid, group.members.as_slice()));
    let members = ["nginx".to_owned()];
    assert_eq!(groups.collect::<Vec<_>>(), [("nginx", 101, &[][..]), ("www-data", 82, &members[..])]);
}

#[test]
fn nothing_runs_for_ever() {
    for script in [
        "f() { f; }; f",
        "f() { f & f; }; f",
        "while true; do mkdir /x; done",
        "for a in $(seq 9); do :; done",
    ] {
        followed(&[], script);
    }
    let deep = "if true; then ".repeat(5000);
    assert_eq!(parse(&deep), Err(super::parse::Unreadable));
    for open in ["$(", "${a:-", "\"$(", "(", "{ "] {
        assert!(parse(&open.repeat(5000)).is_err(), "{open}");
    }
}

const WORDS: [&str; 54] = [
    "if",
    "then",
    "fi",
    "else",
    ";",
    "\n",
    "&&",
    "||",
    "|",
    "(",
    ")",
    "{",
    "}",
    "case",
    "in",
    "esac",
    ";;",
    "for",
    "do",
    "done",
    "while",
    "$x",
    "${x",
    "}",
    "${x#*}",
    "$(",
    "`",
    "\"",
    "'",
    "\\",
    "<<EOF",
    "EOF",
    ">",
    "a=b",
    "x",
    "[",
    "]",
    "=",
    "-e",
    "/etc/../..",
    "mkdir",
    "chown",
    "rm",
    "-rf",
    "/",
    "*",
    "$((",
    "))",
    "adduser",
    "--system",
    "f()",
    "é",
    "#",
    "root",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn hostile_scripts_never_panic(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..40),
        glue in prop::sample::select(vec!["", " "]),
    ) {
        followed(&["usr/"], &words.join(glue));
    }
}
