//! What the layers of an image hold: accounts, static files and what is taken of artifacts.

use std::fs;

use crate::support::Sandbox;

#[test]
fn m08_accounts_are_appended_and_every_line_of_the_base_stays() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci:out"]);
    let image = sandbox.layout("out").image("1_demo-with-tools", "linux/amd64");
    insta::assert_snapshot!(image.list(3), @"
    d0755 0:0 etc/
    -0644 0:0 etc/passwd
    -0644 0:0 etc/group
    -0640 0:42 etc/shadow
    -0640 0:42 etc/gshadow
    d0755 0:0 home/
    d0755 1000:1000 home/app/
    d0755 0:0 etc/app/
    -0644 0:0 etc/app/app.conf
    ");
    for (path, added) in
        [("etc/passwd", "app:x:1000:1000::/home/app:/sbin/nologin\n"), ("etc/shadow", "app:!:::::::\n")]
    {
        let base = image.file(0, path).unwrap();
        assert_eq!(image.file(3, path).unwrap(), base + added);
    }
    let group = image.file(0, "etc/group").unwrap().replace("staff:x:50:", "staff:x:50:app");
    assert_eq!(image.file(3, "etc/group").unwrap(), group + "app:x:1000:\n");
}

#[test]
fn static_files_of_every_kind_lie_where_they_are_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("beside.txt", "from beside\n");
    sandbox.spec(concat!(
        "paths:\n",
        "- {path: /lib/inline, contents: text, mode: \"0600\", uid: 7, gid: 8}\n",
        "- {path: /opt/x/beside, source: beside.txt}\n",
        "- {path: /opt/x/empty, type: emptyfile}\n",
        "- {path: /opt/x/dir, type: directory, mode: \"1777\"}\n",
        "- {path: /opt/x/link, type: symlink, target: ../y}\n",
        "- {path: /opt/amd, contents: amd, platforms: [linux/amd64]}\n",
        "- {path: /etc/demo.conf, type: delete}\n",
        "scripts:\n- {path: /usr/bin/start, contents: \"#!x\"}\n",
    ));
    let layout = sandbox.build(&[]);
    let image = layout.image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"
    d0755 0:0 etc/
    -0644 0:0 etc/.wh.demo.conf
    d0755 0:0 usr/
    d0755 0:0 usr/lib/
    -0600 7:8 usr/lib/inline
    d0755 0:0 opt/
    d0755 0:0 opt/x/
    -0644 0:0 opt/x/beside
    -0644 0:0 opt/x/empty
    d1777 0:0 opt/x/dir/
    l0777 0:0 opt/x/link -> ../y
    -0644 0:0 opt/amd
    d0755 0:0 usr/bin/
    -0755 0:0 usr/bin/start
    ");
    assert_eq!(image.file(1, "opt/x/beside").as_deref(), Some("from beside\n"));
    assert!(!layout.image("1_x", "linux/arm64").list(1).contains("opt/amd"));
}

#[test]
fn what_is_taken_of_an_artifact_is_flattened_selected_placed_and_owned() {
    let sandbox = Sandbox::new();
    sandbox.spec(concat!(
        "contents:\n  artifacts:\n",
        "  - name: oci:artifacts:tools\n    includes: [opt/tools, lib/demo]\n",
        "    excludes: [\"**/*.md\", opt/tools/bin]\n",
        "  - name: oci:artifacts:tools\n    includes: [usr/bin/hi]\n",
        "    to: /srv/deep\n    uid: 3\n    gid: 4\n    platforms: [linux/arm64]\n",
    ));
    let layout = sandbox.build(&[]);
    insta::assert_snapshot!(layout.image("1_x", "linux/amd64").list(1), @"
    d0755 0:0 opt/
    d0755 0:0 opt/tools/
    d0755 0:0 opt/tools/cache/
    -0644 0:0 opt/tools/cache/new
    -0644 0:0 opt/tools/version
    d0755 0:0 usr/
    d0755 0:0 usr/lib/
    d0755 0:0 usr/lib/demo/
    -0644 0:0 usr/lib/demo/plugin.so
    ");
    assert_eq!(layout.image("1_x", "linux/amd64").layers.len(), 2);
    insta::assert_snapshot!(layout.image("1_x", "linux/arm64").list(2), @"
    d0755 0:0 srv/
    d0755 0:0 srv/deep/
    d0755 3:4 srv/deep/usr/
    d0755 3:4 srv/deep/usr/bin/
    -0755 3:4 srv/deep/usr/bin/hi
    ");
}

#[test]
fn s10_a_file_beside_the_customization_never_lies_outside_its_directory() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("dir")).unwrap();
    sandbox.write("secret", "text");
    std::os::unix::fs::symlink("../secret", sandbox.path("dir/link")).unwrap();
    for source in ["link", "../secret", "/etc/passwd"] {
        let keys = format!("paths: [{{path: /a, source: {source}}}]\n");
        sandbox.spec_on("oci:../base:1", &keys);
        fs::rename(sandbox.path("x.yaml"), sandbox.path("dir/x.yaml")).unwrap();
        sandbox.refused(2, &["build", "dir/x.yaml", "-o", "oci:out"]);
    }
}
