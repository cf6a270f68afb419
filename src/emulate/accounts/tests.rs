use crate::emulate::sample::{Image, listing, notes, package};
use crate::emulate::{EmulateError, Emulated, emulate};
use crate::rootfs::{AccountFiles, NewUser, merge_accounts};

fn with(base: &[&str], script: &str) -> Emulated {
    Image::new(base, vec![package("x", &[("postinst", script)], &[])]).emulate()
}

fn users(made: &Emulated) -> Vec<(&str, u32, Option<u32>)> {
    made.users.iter().map(|user| (user.name.as_str(), user.uid, user.gid)).collect()
}

fn groups(made: &Emulated) -> Vec<(&str, u32, String)> {
    made.groups.iter().map(|group| (group.name.as_str(), group.gid, group.members.join(","))).collect()
}

const BASE: [&str; 2] = [
    "etc/passwd=root:x:0:0:root:/root:/bin/sh\nused:x:101:7::/:/\n",
    "etc/group=root:x:0:\nnogroup:x:65534:\nused:x:100:\n",
];

#[test]
fn numbers_are_the_lowest_that_are_free_in_the_order_of_names() {
    let script = "adduser --system zed\naddgroup --system mid\nadduser --quiet --system --group --home /var/lib/abc \
                  --no-create-home --gecos 'A b c,,,' --shell /bin/sh abc\nadduser zed mid\nadduser zed mid\n";
    let made = with(&BASE, script);
    assert_eq!(notes(&made), [""; 0]);
    assert_eq!(users(&made), [("abc", 102, Some(102)), ("zed", 100, Some(65534))]);
    assert_eq!(groups(&made), [("abc", 102, String::new()), ("mid", 101, "zed".to_owned())]);
    let login = made.users[0].login.as_ref().unwrap();
    assert_eq!([&*login.comment, &login.home, &login.shell], ["A b c", "/var/lib/abc", "/bin/sh"]);
}

#[test]
fn an_owner_without_a_group_has_that_of_its_login() {
    let script = "adduser --system --home /x statd\nchown statd: /a\nchown used: /b\nadduser --system --group y\n\
                  chown y: /c\nchown :used /d\n";
    let made = with(&[BASE[0], BASE[1], "a/", "b/", "c/", "d/"], script);
    let expected = ["a 755 100:65534 /", "b 755 101:7 /", "c 755 102:102 /", "d 755 0:100 /"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!((listing(&made), notes(&made)), (expected, Vec::new()));
}

#[test]
fn what_comes_of_it_can_be_added_to_the_files_of_the_base() {
    let made = with(&BASE, "adduser --system --group abc\nchown www-data /etc\nadduser abc adm\n");
    let bytes = |line: &str| Some(line.split_once('=').unwrap().1.as_bytes().to_vec());
    let base = AccountFiles { passwd: bytes(BASE[0]), group: bytes(BASE[1]), ..AccountFiles::default() };
    let merged = merge_accounts(&base, &made.users, &made.groups).unwrap();
    let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
    let passwd = text(merged.files.passwd);
    assert!(passwd.ends_with(
        "abc:x:102:102::/nonexistent:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
    ));
    assert!(text(merged.files.group).ends_with("abc:x:102:\nadm:x:4:abc\nwww-data:x:33:\n"));
}

#[test]
fn accounts_of_fixed_numbers_are_those_of_the_image_or_of_debian() {
    let made = with(&BASE, "chown www-data:adm /etc");
    assert_eq!(users(&made), [("www-data", 33, Some(33))]);
    assert_eq!(groups(&made), [("adm", 4, String::new()), ("www-data", 33, String::new())]);
    let passwd = "usr/share/base-passwd/passwd.master=www-data:*:82:82:web:/srv:/bin/false\n";
    let group = "usr/share/base-passwd/group.master=www-data:*:82:\n";
    let made = with(&[BASE[0], BASE[1], passwd, group, "etc/"], "chown www-data /etc");
    assert_eq!(
        (users(&made), listing(&made)),
        (vec![("www-data", 82, Some(82))], vec!["etc 755 82:0 /".to_owned()])
    );
}

#[test]
fn an_image_without_accounts_begins_with_those_of_base_passwd() {
    let passwd = "usr/share/base-passwd/passwd.master=root:*:0:0:root:/root:/bin/bash\n";
    let group = "usr/share/base-passwd/group.master=root:*:0:\n";
    let image = Image::new(&[], vec![package("base-passwd", &[], &[passwd, group])]);
    let masters = image.emulate().masters;
    assert_eq!(masters.passwd.as_deref(), Some(&b"root:*:0:0:root:/root:/bin/bash\n"[..]));
    assert_eq!(masters.group.as_deref(), Some(&b"root:*:0:\n"[..]));
    let image = Image::new(&BASE, vec![package("base-passwd", &[], &[passwd, group])]);
    assert_eq!(image.emulate().masters, AccountFiles::default());
}

#[test]
fn users_of_the_customization_are_those_that_packages_mean() {
    let image = Image::new(&BASE, vec![package("x", &[("postinst", "adduser --system --group x")], &[])]);
    let own = NewUser { name: "x".to_owned(), uid: 65532, gid: None, login: None };
    let other = NewUser { name: "other".to_owned(), uid: 102, gid: None, login: None };
    let made = image.with(|scene| emulate(&crate::emulate::Scene { users: &[own], ..*scene }).unwrap());
    assert_eq!((users(&made), groups(&made)), (vec![], vec![]));
    let made = image.with(|scene| emulate(&crate::emulate::Scene { users: &[other], ..*scene }).unwrap());
    assert_eq!(users(&made), [("x", 103, Some(103))]);
}

#[test]
fn names_that_files_of_accounts_cannot_hold_are_not_understood() {
    for command in [
        "adduser --system 'a:b'",
        "adduser --system --home '/a:0:0' a",
        "adduser --system --gecos 'x\ny' a",
        "addgroup --system ..",
        "adduser a",
        "adduser --system",
        "useradd a",
        "groupadd --gid x a",
    ] {
        let made = with(&BASE, command);
        assert_eq!((made.notes.len(), made.users.len(), made.groups.len()), (1, 0, 0), "{command}");
    }
}

#[test]
fn numbers_that_are_used_up_are_an_error_that_names_who_wants_one() {
    let passwd: String = (100..1000).map(|number| format!("u{number}:x:{number}:0::/:/\n")).collect();
    let passwd = format!("etc/passwd={passwd}");
    let image = Image::new(&[&passwd], vec![package("x", &[("postinst", "adduser --system y")], &[])]);
    let error = image.with(|scene| emulate(scene).unwrap_err());
    assert_eq!(error, EmulateError::Numbers { name: "y".to_owned(), package: "x".to_owned() });
}

#[test]
fn a_layout_of_an_empty_image_is_refused_where_there_is_one() {
    let layout = || crate::emulate::sample::apk("alpine-baselayout", &[], &["etc/fstab"]);
    let error = Image::new(&BASE, vec![layout()]).with(|scene| emulate(scene).unwrap_err());
    let message =
        "package `alpine-baselayout` lays out an empty image, and the base has `etc/passwd` already";
    assert_eq!(error.to_string(), message);
    assert!(Image::new(&[], vec![layout()]).with(|scene| emulate(scene).is_ok()));
}
