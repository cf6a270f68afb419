//! Accounts that do not fit those of the base, and users that an image cannot run as.

use crate::support::Sandbox;

fn refused(accounts: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.spec(&format!("accounts:\n{accounts}"));
    sandbox.build_refused(2, &[])
}

#[test]
fn s05_a_user_of_the_base_keeps_its_uid() {
    insta::assert_snapshot!(refused("  users: [{name: nonroot, uid: 1000}]\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: user `nonroot` has uid 65532 already, not 1000
     --> x.yaml:5:18
      |
    5 |   users: [{name: nonroot, uid: 1000}]
      |                  ^^^^^^^
    ");
}

#[test]
fn s05_a_uid_of_the_base_keeps_its_name() {
    insta::assert_snapshot!(refused("  users: [{name: app, uid: 65532}]\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: uid 65532, asked for `app`, belongs to user `nonroot` already
     --> x.yaml:5:18
      |
    5 |   users: [{name: app, uid: 65532}]
      |                  ^^^
    ");
}

#[test]
fn s05_a_group_of_the_base_keeps_its_gid_and_a_gid_its_name() {
    insta::assert_snapshot!(refused("  groups: [{name: staff, gid: 51}]\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: group `staff` has gid 50 already, not 51
     --> x.yaml:5:19
      |
    5 |   groups: [{name: staff, gid: 51}]
      |                   ^^^^^
    ");
    insta::assert_snapshot!(refused("  groups: [{name: workers, gid: 50}]\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: gid 50, asked for `workers`, belongs to group `staff` already
     --> x.yaml:5:19
      |
    5 |   groups: [{name: workers, gid: 50}]
      |                   ^^^^^^^
    ");
}

#[test]
fn s05_the_account_that_does_not_fit_is_shown_among_others() {
    insta::assert_snapshot!(refused("  users:\n  - {name: a, uid: 1}\n  - {name: b, uid: 65534}\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: uid 65534, asked for `b`, belongs to user `nobody` already
     --> x.yaml:7:12
      |
    7 |   - {name: b, uid: 65534}
      |            ^
    ");
    let groups = "  groups:\n  - {name: a, gid: 1}\n  - {name: staff, gid: 2}\n";
    insta::assert_snapshot!(refused(&format!("  users: [{{name: staff, uid: 1}}]\n{groups}")), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: group `staff` has gid 50 already, not 2
     --> x.yaml:8:12
      |
    8 |   - {name: staff, gid: 2}
      |            ^^^^^
    ");
    insta::assert_snapshot!(refused("  groups: [{name: a, gid: 1}]\n  users: [{name: b, uid: 1}]\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: gid 1, asked for `b`, belongs to group `a` already
     --> x.yaml:6:18
      |
    6 |   users: [{name: b, uid: 1}]
      |                  ^
    ");
}

#[test]
fn s05_a_group_of_a_user_has_to_be_there() {
    insta::assert_snapshot!(refused("  users: [{name: app, uid: 1000, gid: 1001}]\n"), @"
    error[E_SPEC_USER_CONFLICT]: linux/amd64: accounts: user `app` asks for gid 1001, which no group has
     --> x.yaml:5:18
      |
    5 |   users: [{name: app, uid: 1000, gid: 1001}]
      |                  ^^^
    hint: add a group with gid 1001 to `accounts.groups`
    ");
}

#[test]
fn s05_a_user_that_is_there_with_the_same_ids_is_no_conflict() {
    let sandbox = Sandbox::new();
    sandbox.spec("accounts:\n  runs-as: nonroot\n  users: [{name: nonroot, uid: 65532}]\n");
    assert_eq!(sandbox.build(&[]).image("1_x", "linux/amd64").layers.len(), 1);
}

#[test]
fn s09_the_image_cannot_run_as_a_user_that_it_does_not_have() {
    insta::assert_snapshot!(refused("  runs-as: app\n"), @"
    error[E_SPEC_RUNAS]: linux/amd64: accounts: user `app` is not in the image
     --> x.yaml:5:12
      |
    5 |   runs-as: app
      |            ^^^
    hint: add `app` to `accounts.users`, or name a user of the base
    ");
}

#[test]
fn s09_the_image_runs_as_root_only_where_that_is_allowed() {
    insta::assert_snapshot!(refused("  runs-as: root\n"), @"
    error[E_SPEC_RUNAS]: the image cannot run as `root`: `accounts.root` is false
     --> x.yaml:5:12
      |
    5 |   runs-as: root
      |            ^^^^
    hint: set `accounts.root: true`, or name another user
    ");
    insta::assert_snapshot!(refused("  runs-as: 0\n"), @"
    error[E_SPEC_RUNAS]: the image cannot run as `0`: `accounts.root` is false
     --> x.yaml:5:12
      |
    5 |   runs-as: 0
      |            ^
    hint: set `accounts.root: true`, or name another user
    ");
}
