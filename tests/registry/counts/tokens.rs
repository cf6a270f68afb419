//! The same where the registry wants tokens, which are counted too.

use super::Scene;
use crate::support::registry::{Accounts, Auth, Issuer, Options};

/// A registry that gives everybody a token for anything.
fn scene() -> (Scene, std::sync::Arc<Issuer>) {
    let issuer = Issuer::new(Accounts { grants: |_, _, _| true, ..Accounts::default() });
    let scene =
        Scene::with(Options { auth: Auth::own_tokens(std::sync::Arc::clone(&issuer)), ..Options::default() });
    let artifact = scene.name("demo/artifacts:tools");
    scene.file(
        "x.yaml",
        &format!("contents:\n  artifacts:\n  - {{name: \"{artifact}\", includes: [usr/bin/h*]}}\n"),
    );
    (scene, issuer)
}

/// What each token that was given out is good for.
fn grants(issuer: &Issuer) -> Vec<String> {
    let mut grants: Vec<_> = issuer.given().iter().map(|token| token.granted.to_string()).collect();
    grants.sort();
    grants
}

#[test]
fn a_token_for_each_repository_and_kind_of_access_is_all_that_is_more() {
    let (scene, issuer) = scene();
    let first = scene.cost("x.yaml");
    insta::assert_snapshot!(first.kinds(), @"
     9 GET blob 200
     7 GET manifest 200
     5 GET other 200
     3 HEAD manifest 200
     1 HEAD manifest 401
     1 HEAD manifest 404
     2 POST mount 201
     4 POST upload 201
     4 PUT manifest 201
    36 in all, 1966 bytes up, 82687 bytes down
    ");
    insta::assert_snapshot!(grants(&issuer).join("\n"), @"
    repository:demo/app:pull
    repository:demo/app:pull,push
    repository:demo/app:pull,push repository:demo/base:pull
    repository:demo/artifacts:pull
    repository:demo/base:pull
    ");
    let given = issuer.given().len();
    let second = scene.cost("x.yaml");
    insta::assert_snapshot!(second.kinds(), @"
    3 GET other 200
    3 HEAD manifest 200
    1 HEAD manifest 401
    7 in all, 0 bytes up, 0 bytes down
    ");
    insta::assert_snapshot!(grants(&issuer)[..].len() - given, @"3");
    assert_eq!(second.log.blob_bytes(), (0, 0));
}
