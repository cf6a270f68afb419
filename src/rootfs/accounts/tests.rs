use super::*;
use crate::rootfs::user_of;
use proptest::prelude::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/false\n";
const GROUP: &str = "root:x:0:\napp:x:1000:\nstaff:x:50:root,app\nempty:x:60";

fn base() -> AccountFiles {
    AccountFiles {
        passwd: Some(PASSWD.into()),
        group: Some(GROUP.into()),
        shadow: Some("root:*:19000:0:99999:7:::\n".into()),
        gshadow: Some("staff:*::root\n".into()),
    }
}

fn user(name: &str, uid: u32, gid: Option<u32>) -> NewUser {
    NewUser { name: name.into(), uid, gid, login: None }
}

fn group(name: &str, gid: u32, members: &[&str]) -> NewGroup {
    NewGroup { name: name.into(), gid, members: members.iter().map(|name| (*name).into()).collect() }
}

fn text(bytes: &Option<Vec<u8>>) -> &str {
    std::str::from_utf8(bytes.as_deref().unwrap()).unwrap()
}

#[test]
fn a_user_gets_a_group_of_its_name_a_home_and_lines_at_the_end() {
    let merged = merge_accounts(&base(), &[user("web", 2000, None)], &[]).unwrap();
    assert_eq!(text(&merged.files.passwd), format!("{PASSWD}web:x:2000:2000::/home/web:/sbin/nologin\n"));
    assert_eq!(text(&merged.files.group), format!("{GROUP}\nweb:x:2000:\n"));
    assert_eq!(text(&merged.files.shadow), "root:*:19000:0:99999:7:::\nweb:!:::::::\n");
    assert_eq!(text(&merged.files.gshadow), "staff:*::root\nweb:!::\n");
    let path = RootPath::parse("home/web").unwrap();
    assert_eq!(merged.homes, [Home { path, uid: 2000, gid: 2000 }]);
}

#[test]
fn a_user_logs_in_as_it_is_said_and_has_a_home_where_it_wants_one() {
    let login = |home: &str, makes_home| {
        let (comment, shell) = ("Web server".to_owned(), "/bin/false".to_owned());
        Some(Login { comment, home: home.to_owned(), shell, makes_home })
    };
    let users = [
        NewUser { login: login("/var/www", true), ..user("web", 100, Some(50)) },
        NewUser { login: login("/nonexistent", false), ..user("db", 101, Some(50)) },
    ];
    let merged = merge_accounts(&base(), &users, &[]).unwrap();
    let lines = "web:x:100:50:Web server:/var/www:/bin/false\n\
                 db:x:101:50:Web server:/nonexistent:/bin/false\n";
    assert_eq!(text(&merged.files.passwd), format!("{PASSWD}{lines}"));
    let path = RootPath::parse("var/www").unwrap();
    assert_eq!(merged.homes, [Home { path, uid: 100, gid: 50 }]);
}

#[test]
fn a_user_joins_the_group_of_its_name_or_the_one_it_asks_for() {
    let users = [user("web", 2000, None), user("db", 2001, Some(50)), user("empty", 2002, None)];
    let merged = merge_accounts(&base(), &users, &[group("web", 3000, &[])]).unwrap();
    let passwd = text(&merged.files.passwd);
    let ids = |name| user_of(passwd.as_bytes(), name).unwrap();
    assert_eq!([ids("web"), ids("db"), ids("empty")], [(2000, 3000), (2001, 50), (2002, 60)]);
}

#[test]
fn a_group_that_exists_gets_members_on_its_own_line() {
    let groups = [group("staff", 50, &["app", "web"]), group("empty", 60, &["web", "db"])];
    let merged = merge_accounts(&base(), &[], &groups).unwrap();
    assert_eq!(
        text(&merged.files.group),
        "root:x:0:\napp:x:1000:\nstaff:x:50:root,app,web\nempty:x:60:web,db"
    );
    assert_eq!(text(&merged.files.gshadow), "staff:*::root,app,web\n");
    assert_eq!((merged.files.passwd, merged.files.shadow), (None, None));
}

#[test]
fn what_is_there_is_left_alone_and_gets_no_home() {
    let users = [user("app", 1000, None), user("app", 1000, Some(1000))];
    let merged = merge_accounts(&base(), &users, &[group("staff", 50, &["root"])]).unwrap();
    let gshadow_is_all_there = merge_accounts(&base(), &[], &[group("app", 1000, &[])]).unwrap();
    assert_eq!(merged, MergedAccounts::default());
    assert_eq!(gshadow_is_all_there, MergedAccounts::default());
}

#[test]
fn passwd_and_group_are_made_where_they_are_missing_and_shadow_files_are_not() {
    let merged =
        merge_accounts(&AccountFiles::default(), &[user("app", 10, None)], &[group("g", 11, &["app"])]);
    let files = merged.unwrap().files;
    assert_eq!(text(&files.passwd), "app:x:10:10::/home/app:/sbin/nologin\n");
    assert_eq!(text(&files.group), "g:x:11:app\napp:x:10:\n");
    assert_eq!((files.shadow, files.gshadow), (None, None));
}

#[test]
fn s05_conflicting_accounts_are_refused() {
    let user_error = |new| merge_accounts(&base(), &[new], &[]).unwrap_err();
    let group_error = |new| merge_accounts(&base(), &[], &[new]).unwrap_err();
    for (error, message) in [
        (user_error(user("app", 7, None)), "user `app` has uid 1000 already, not 7"),
        (user_error(user("app", 1000, Some(50))), "user `app` has gid 1000 already, not 50"),
        (user_error(user("web", 1000, None)), "uid 1000, asked for `web`, belongs to user `app` already"),
        (user_error(user("web", 7, Some(8))), "user `web` asks for gid 8, which no group has"),
        (user_error(user("web", 50, None)), "gid 50, asked for `web`, belongs to group `staff` already"),
        (group_error(group("staff", 51, &[])), "group `staff` has gid 50 already, not 51"),
        (group_error(group("web", 50, &[])), "gid 50, asked for `web`, belongs to group `staff` already"),
    ] {
        assert_eq!(error.to_string(), message);
        assert_eq!(error.code(), Code::SpecUserConflict, "{message}");
    }
}

#[test]
fn lines_that_hold_no_account_are_kept_and_say_nothing() {
    let odd = "#web:x:2000:1::/:/\n\n+web::2000:1:::\nweb:x:abc:1::/:/\n  tab:x:7:7::/:/\nweb\nx:x:+2000:1::/:/\nweb:x";
    let base = AccountFiles { passwd: Some(odd.into()), ..AccountFiles::default() };
    let merged = merge_accounts(&base, &[user("web", 2000, None)], &[]).unwrap();
    assert_eq!(text(&merged.files.passwd), format!("{odd}\nweb:x:2000:2000::/home/web:/sbin/nologin\n"));
    assert_eq!(user_of(odd.as_bytes(), "tab"), Some((7, 7)));
    assert_eq!(user_of(odd.as_bytes(), "web"), None);
}

#[test]
fn files_and_lines_past_the_limit_are_refused() {
    let with = |passwd: Vec<u8>| AccountFiles { passwd: Some(passwd), ..AccountFiles::default() };
    let error = |base| merge_accounts(&base, &[user("web", 1, None)], &[]).unwrap_err();
    let long = error(with([b"a\n".as_slice(), &[b'x'; 4097]].concat()));
    assert_eq!(long.to_string(), "line 2 of `etc/passwd` would have 4097 bytes, more than 4096");
    let large = error(with(b"x\n".repeat((1 << 19) - 1)));
    assert!(matches!(large, AccountError::FileTooLong { file: "etc/passwd", .. }), "{large}");
    assert_eq!((long.code(), large.code()), (Code::Accounts, Code::Accounts));
    let members: Vec<_> = (0..1000).map(|n| format!("member{n}")).collect();
    let group = NewGroup { name: "g".into(), gid: 1, members };
    let error = merge_accounts(&AccountFiles::default(), &[], &[group]).unwrap_err();
    assert!(matches!(error, AccountError::LineTooLong { file: "etc/group", line: 1, .. }), "{error}");
}

prop_compose! {
    fn accounts()(
        users in prop::collection::vec(("[a-c]", 0..6_u32, prop::option::of(0..6_u32)), 0..4),
        groups in prop::collection::vec(("[a-d]", 0..6_u32, prop::collection::vec("[a-d]", 0..3)), 0..4),
    ) -> (Vec<NewUser>, Vec<NewGroup>) {
        (
            users.into_iter().map(|(name, uid, gid)| NewUser { name, uid, gid, login: None }).collect(),
            groups.into_iter().map(|(name, gid, members)| NewGroup { name, gid, members }).collect(),
        )
    }
}

proptest! {
    #[test]
    fn m08_every_byte_of_the_base_stays_but_for_members_and_merging_again_changes_nothing(
        lines in prop::collection::vec("[a-d#]:x:[0-5]:([0-5]|[a-d](,[a-d])?)?(::/:/)?|[a:\u{e9} ]{0,4}", 0..5),
        newline in any::<bool>(),
        (users, groups) in accounts(),
    ) {
        let mut bytes = lines.join("\n").into_bytes();
        if newline { bytes.push(b'\n') }
        let all = Some(bytes);
        let base =
            AccountFiles { passwd: all.clone(), group: all.clone(), shadow: all.clone(), gshadow: all };
        let merged = merge_accounts(&base, &users, &groups);
        prop_assume!(merged.is_ok());
        let merged = merged.unwrap();
        let of = |files: &AccountFiles| {
            [files.passwd.clone(), files.group.clone(), files.shadow.clone(), files.gshadow.clone()]
        };
        for (place, (before, after)) in of(&base).into_iter().zip(of(&merged.files)).enumerate() {
            let (Some(before), Some(after)) = (before, after) else { continue };
            let mut old: Vec<_> = before.split(|b| *b == b'\n').collect();
            if old.last().is_some_and(|last| last.is_empty()) { old.pop(); }
            let new: Vec<_> = after.split(|b| *b == b'\n').collect();
            prop_assert!(new.len() >= old.len());
            for (old, new) in old.iter().zip(&new) {
                let is_group = place % 2 == 1;
                let extends = is_group && groups.iter().any(|group| {
                    !group.members.is_empty() && old.trim_ascii_start().starts_with(group.name.as_bytes())
                });
                prop_assert!(old == new || (extends && new.starts_with(old)), "{:?} {:?}", old, new);
            }
        }
        let [passwd, group, shadow, gshadow] = [
            merged.files.passwd.or(base.passwd), merged.files.group.or(base.group),
            merged.files.shadow.or(base.shadow), merged.files.gshadow.or(base.gshadow),
        ];
        let again = merge_accounts(&AccountFiles { passwd, group, shadow, gshadow }, &users, &groups);
        prop_assert_eq!(again, Ok(MergedAccounts::default()));
    }
}
