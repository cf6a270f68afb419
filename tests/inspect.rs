//! `inspect`: what there is to see of an image, wherever it is.

mod registries;

use std::fs;

use serde_json::{Value, json};

use crate::support::{LAYER, Sandbox, Tar, succeed};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn report(sandbox: &Sandbox, args: &[&str]) -> Value {
    let report: Value = serde_json::from_str(&sandbox.run(&[&["inspect", "--json"], args].concat())).unwrap();
    let errors: Vec<_> = jsonschema::draft202012::new(&overcoat::ops::inspect::schema())
        .unwrap()
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    report
}

/// A sandbox whose layout `full` has the image `1` with an attestation in its index, a referrer of the index and one of
/// the image for amd64.
fn full() -> Sandbox {
    let sandbox = Sandbox::new();
    let tar = Tar::of(&["etc"]).finish();
    let layer = sandbox.blob("full", LAYER, &tar);
    let diff_ids = [layer["digest"].as_str().unwrap().to_owned()];
    let run = json!({
        "User": "app", "Entrypoint": ["/usr/bin/app", "--all of it"], "Env": ["PATH=/usr/bin", "A=b"],
        "WorkingDir": "/home/app", "Labels": {"a": "b"}, "ExposedPorts": {"8080/tcp": {}}, "StopSignal": "SIGTERM",
    });
    let image = sandbox.manifest("full", "amd64", &run, &[layer], &diff_ids);
    let digest = |descriptor: &Value| descriptor["digest"].as_str().unwrap().to_owned();
    let mut attestation = sandbox.document("full", MANIFEST, &json!({"schemaVersion": 2, "x": 1}));
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest(&image)});
    let index = json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [image, attestation], "annotations": {"of": "index"},
    });
    let index = sandbox.document("full", INDEX, &index);
    sandbox.name("full", "1", index.clone());
    for (subject, kind) in [(&index, "application/vnd.in-toto+json"), (&image, "application/spdx+json")] {
        let mut referrer = sandbox.document("full", MANIFEST, &json!({"schemaVersion": 2, "of": kind}));
        referrer["artifactType"] = kind.into();
        referrer["annotations"] = json!({"in-toto.io/predicate-type": "https://spdx.dev/Document"});
        let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [referrer]});
        let list = sandbox.document("full", INDEX, &list);
        sandbox.name("full", &digest(subject).replace(':', "-"), list);
    }
    sandbox
}

#[test]
fn an_image_is_shown_with_all_that_is_said_of_it() {
    let sandbox = full();
    insta::assert_snapshot!(sandbox.run(&["inspect", "oci:full:1"]), @r#"
    oci:full:1
      index         sha256:67c1eac897c27ea048862d0cd3495efbf6648b629a9009f94d23caaff07c5a7c  694 B  application/vnd.oci.image.index.v1+json
      annotations   of=index

      referrers of the index
        artifact type                 size  digest               annotations
        application/vnd.in-toto+json  55 B  sha256:d5394e072035  in-toto.io/predicate-type=https://spdx.dev/Document

    linux/amd64
      manifest      sha256:cdecbe9ed746193c034151beaa3f7340712fa6833449e3807529ad05eba3fe72  340 B  application/vnd.oci.image.manifest.v1+json
      config        sha256:4616f2e2ce5d6fe9ac4ab0cf27a125e04a5016ae1274b669e874ccd88249def7  380 B  application/vnd.oci.image.config.v1+json
      created       2026-01-01T00:00:00Z
      user          app
      entrypoint    ["/usr/bin/app","--all of it"]
      workdir       /home/app
      ports         8080/tcp
      env           PATH=/usr/bin
                    A=b
      labels        a=b
      StopSignal    SIGTERM

      layer    size  compression  digest               diff ID
          1  1.5 kB  none         sha256:becb5d2565f5  sha256:becb5d2565f5
      total  1.5 kB

      referrers
        artifact type          size  digest               annotations
        application/spdx+json  48 B  sha256:d9159670dd8a  in-toto.io/predicate-type=https://spdx.dev/Document

    other entries of the index
      what                  platform         size  digest               about
      attestation-manifest  unknown/unknown  25 B  sha256:f80e22826625  linux/amd64
    "#);
}

#[test]
fn a_report_for_machines_says_the_same() {
    let sandbox = full();
    insta::assert_json_snapshot!(report(&sandbox, &["oci:full:1"]), @r#"
    {
      "version": 1,
      "reference": "oci:full:1",
      "index": {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": "sha256:67c1eac897c27ea048862d0cd3495efbf6648b629a9009f94d23caaff07c5a7c",
        "size": 694,
        "annotations": {
          "of": "index"
        }
      },
      "platforms": [
        {
          "platform": "linux/amd64",
          "manifest": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": "sha256:cdecbe9ed746193c034151beaa3f7340712fa6833449e3807529ad05eba3fe72",
            "size": 340,
            "annotations": {}
          },
          "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": "sha256:4616f2e2ce5d6fe9ac4ab0cf27a125e04a5016ae1274b669e874ccd88249def7",
            "size": 380
          },
          "created": "2026-01-01T00:00:00Z",
          "run": {
            "User": "app",
            "Entrypoint": [
              "/usr/bin/app",
              "--all of it"
            ],
            "Env": [
              "PATH=/usr/bin",
              "A=b"
            ],
            "WorkingDir": "/home/app",
            "Labels": {
              "a": "b"
            },
            "ExposedPorts": {
              "8080/tcp": {}
            },
            "StopSignal": "SIGTERM"
          },
          "layers": [
            {
              "mediaType": "application/vnd.oci.image.layer.v1.tar",
              "digest": "sha256:becb5d2565f5322ad7c999dfa18d59e27f65728814af7f0adefdd79fb6e055e2",
              "size": 1536,
              "diffId": "sha256:becb5d2565f5322ad7c999dfa18d59e27f65728814af7f0adefdd79fb6e055e2",
              "compression": "none"
            }
          ],
          "size": 1536,
          "referrers": [
            {
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "digest": "sha256:d9159670dd8a5eb8032befd5e90d6e7b410c55f42df81922f078a643d52f4169",
              "size": 48,
              "artifactType": "application/spdx+json",
              "annotations": {
                "in-toto.io/predicate-type": "https://spdx.dev/Document"
              }
            }
          ]
        }
      ],
      "others": [
        {
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "digest": "sha256:f80e22826625b315f044258afb2794de5a455c22c46ccf769ac6f7a8bd337fd2",
          "size": 25,
          "platform": "unknown/unknown",
          "type": "attestation-manifest",
          "about": "sha256:cdecbe9ed746193c034151beaa3f7340712fa6833449e3807529ad05eba3fe72",
          "annotations": {
            "vnd.docker.reference.digest": "sha256:cdecbe9ed746193c034151beaa3f7340712fa6833449e3807529ad05eba3fe72",
            "vnd.docker.reference.type": "attestation-manifest"
          }
        }
      ],
      "referrers": [
        {
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "digest": "sha256:d5394e0720350c6aac0ffd8139a2884a38890416db3ccf6f9d7dcb2ee00e7178",
          "size": 55,
          "artifactType": "application/vnd.in-toto+json",
          "annotations": {
            "in-toto.io/predicate-type": "https://spdx.dev/Document"
          }
        }
      ]
    }
    "#);
}

#[test]
fn an_archive_shows_what_the_layout_shows() {
    let sandbox = Sandbox::new();
    sandbox.run(&["build", "demo.yaml", "-o", "oci:out:1", "-o", "oci-archive:out.tar:1"]);
    let (mut layout, archive) =
        (report(&sandbox, &["oci:out:1"]), report(&sandbox, &["oci-archive:out.tar:1"]));
    layout["reference"] = archive["reference"].clone();
    assert_eq!(layout, archive);
    assert_eq!(layout["platforms"].as_array().unwrap().len(), 2);
}

#[test]
fn a_docker_archive_shows_an_image_without_manifest() {
    let sandbox = Sandbox::new();
    let platform = ["--platform", "linux/amd64"];
    sandbox.run(&[&["build", "demo.yaml", "-o", "docker-archive:out.tar"][..], &platform].concat());
    insta::assert_snapshot!(sandbox.run(&["inspect", "docker-archive:out.tar"]), @r#"
    docker-archive:out.tar

    linux/amd64
      created       2026-01-01T00:00:00Z
      user          app
      entrypoint    ["/usr/bin/demo","--verbose"]
      workdir       /
      env           PATH=/opt/tools/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
                    DEMO=1
                    TOOLS_HOME=/opt/tools
                    APP_MODE=demo
      labels        com.docker.dhi.definition=image/demo/demo-1/1
                    com.docker.dhi.distro=demo-1
                    org.opencontainers.image.title=Demo with tools

      layer     size  compression  digest               diff ID
          1  22.5 kB  none         sha256:79e4ed533ec6  sha256:79e4ed533ec6
          2  12.3 kB  none         sha256:469ee9aede42  sha256:469ee9aede42
          3   4.1 kB  none         sha256:fd0973c2cda6  sha256:fd0973c2cda6
          4   8.2 kB  none         sha256:178a6c2eb03b  sha256:178a6c2eb03b
      total  47.1 kB
    "#);
    let of_archive = report(&sandbox, &["docker-archive:out.tar"]);
    sandbox.run(&[&["build", "demo.yaml", "-o", "oci:out:1"][..], &platform].concat());
    let of_layout = report(&sandbox, &["oci:out:1"]);
    let run = |report: &Value| report["platforms"][0]["run"].clone();
    assert_eq!(run(&of_archive), run(&of_layout));
    insta::assert_snapshot!(sandbox.refused(2, &["inspect", "--raw", "docker-archive:out.tar"]), @"error[E_UNSUPPORTED]: docker-archive:out.tar: the docker archive `out.tar` has no manifest");
}

#[test]
fn a_platform_alone_is_shown_and_one_that_is_not_there_is_named_with_those_that_are() {
    let sandbox = Sandbox::new();
    let all = report(&sandbox, &["oci:base:1"]);
    let one = report(&sandbox, &["oci:base:1", "--platform", "linux/arm64/v8"]);
    assert_eq!(one["platforms"], json!([all["platforms"][1]]));
    insta::assert_snapshot!(sandbox.refused(2, &["inspect", "oci:base:1", "--platform", "linux/s390x"]), @"error[E_PLATFORM_ABSENT]: oci:base:1: no image for linux/s390x; there is `linux/amd64`, `linux/arm64`");
}

#[test]
fn raw_documents_are_printed_byte_for_byte() {
    let sandbox = Sandbox::new();
    let shown = report(&sandbox, &["oci:base:1"]);
    let blob = |digest: &Value| {
        let hex = digest.as_str().unwrap().trim_start_matches("sha256:").to_owned();
        fs::read_to_string(sandbox.path("base/blobs/sha256").join(hex)).unwrap()
    };
    assert_eq!(sandbox.run(&["inspect", "oci:base:1", "--raw"]), blob(&shown["index"]["digest"]));
    let manifest = sandbox.run(&["inspect", "oci:base:1", "--raw", "--platform", "linux/amd64"]);
    assert_eq!(manifest, blob(&shown["platforms"][0]["manifest"]["digest"]));
    let two = ["inspect", "oci:base:1", "--raw", "--platform", "linux/amd64", "--platform", "linux/arm64"];
    assert!(sandbox.refused(2, &two).contains("one platform"));
    // What is no image can be read all the same.
    let artifact = json!({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": sandbox.blob("base", "application/vnd.oci.empty.v1+json", b"{}")});
    sandbox.name("base", "artifact", sandbox.document("base", MANIFEST, &artifact));
    assert_eq!(sandbox.run(&["inspect", "oci:base:artifact", "--raw"]), artifact.to_string());
    insta::assert_snapshot!(sandbox.refused(2, &["inspect", "oci:base:artifact"]), @"
    error[E_SRC_MISSING]: oci:base:artifact: sha256:dfac4179dfd8e4d1280831916c9e4186aca1c72e702aa4b21d9a434403b3192f is no image but `application/vnd.oci.empty.v1+json`
    hint: --raw prints it as it is
    ");
}

#[test]
fn a_mapped_reference_is_looked_at_where_the_map_says() {
    let sandbox = Sandbox::new();
    let mut shown = report(&sandbox, &["dhi.io/demo:1", "--registry-map", "dhi.io/demo=oci:base"]);
    assert_eq!(shown["reference"], "dhi.io/demo:1");
    shown["reference"] = "oci:base:1".into();
    assert_eq!(shown, report(&sandbox, &["oci:base:1"]));
}

#[test]
fn what_others_wrote_moves_no_cursor() {
    let sandbox = Sandbox::new();
    let run = json!({"User": "\u{1b}[2J", "Labels": {"\u{202e}": "a\nb"}, "\u{9b}x": 1, "Env": ["A=\u{7f}"]});
    sandbox.image("odd", "1", run, vec![Tar::of(&["etc"])]);
    let text = sandbox.run(&["inspect", "oci:odd:1"]);
    assert!(
        text.contains(r"\u{1b}[2J") && text.contains(r"\u{202e}=a\nb") && text.contains(r"\u{9b}x"),
        "{text}"
    );
    let machine = sandbox.run(&["inspect", "oci:odd:1", "--json"]);
    for text in [text, machine] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
    }
}

#[test]
fn a_long_list_is_cut_for_people_alone() {
    let sandbox = Sandbox::new();
    let env: Vec<String> = (0..100).map(|n| format!("A{n}=")).collect();
    sandbox.image("odd", "1", json!({ "Env": env }), vec![Tar::of(&["etc"])]);
    let text = sandbox.run(&["inspect", "oci:odd:1", "--platform", "linux/amd64"]);
    assert!(text.contains("A19=\n                and 80 more\n") && !text.contains("A20="), "{text}");
    assert!(text.ends_with("\nlists were cut short; --json prints all of them\n"), "{text}");
    assert_eq!(report(&sandbox, &["oci:odd:1"])["platforms"][0]["run"]["Env"], json!(env));
}

#[test]
fn an_image_whose_config_is_for_another_platform_is_shown_with_both() {
    let sandbox = Sandbox::new();
    sandbox.image_under_another_platform("odd");
    assert_eq!(report(&sandbox, &["oci:odd:1"])["platforms"][0]["configPlatform"], "linux/arm64");
    assert!(
        sandbox.run(&["inspect", "oci:odd:1"]).contains("linux/amd64\n  but config    says linux/arm64\n")
    );
}

#[test]
fn r02_a_document_that_is_not_what_its_digest_says_is_refused() {
    let sandbox = Sandbox::new();
    let shown = report(&sandbox, &["oci:base:1"]);
    for digest in [&shown["platforms"][0]["config"]["digest"], &shown["index"]["digest"]] {
        let hex = digest.as_str().unwrap().trim_start_matches("sha256:").to_owned();
        let path = sandbox.path("base/blobs/sha256").join(hex);
        let altered = fs::read_to_string(&path).unwrap().replacen("linux", "linus", 1);
        fs::write(path, altered).unwrap();
        let said = sandbox.refused(7, &["inspect", "oci:base:1"]);
        assert!(said.starts_with("error[E_DIGEST]: oci:base:1: "), "{said}");
    }
    assert!(sandbox.refused(7, &["inspect", "oci:base:1", "--raw"]).starts_with("error[E_DIGEST]"));
}

#[test]
fn r23_a_layout_that_lists_too_many_referrers_is_refused() {
    let sandbox = full();
    let said = sandbox.refused(5, &["inspect", "oci:full:1", "--limit", "referrers=0"]);
    assert!(said.starts_with("error[E_LIMIT_REFERRERS]: oci:full:1: index sha256:"), "{said}");
    succeed(&mut sandbox.command(&["inspect", "oci:full:1", "--limit", "referrers=1"]));
}

#[test]
fn r05_a_document_beyond_its_limit_is_refused() {
    let sandbox = Sandbox::new();
    let said = sandbox.refused(5, &["inspect", "oci:base:1", "--limit", "document-bytes=100"]);
    assert!(said.starts_with("error[E_LIMIT_MANIFEST]: oci:base:1: "), "{said}");
}

#[test]
fn long_texts_of_others_do_not_multiply() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(500_000);
    let listed = |number: u32| {
        let mut referrer = sandbox.blob("base", MANIFEST, number.to_string().as_bytes());
        referrer["artifactType"] = if number == 0 { long.as_str() } else { "a/b" }.into();
        referrer["annotations"] = json!({ "a": if number == 1 { long.as_str() } else { "b" } });
        referrer
    };
    let list = json!({"schemaVersion": 2, "manifests": (0..1000).map(listed).collect::<Vec<_>>()});
    let index = report(&sandbox, &["oci:base:1"])["index"]["digest"].as_str().unwrap().replace(':', "-");
    sandbox.name("base", &index, sandbox.document("base", INDEX, &list));
    let text = sandbox.run(&["inspect", "oci:base:1"]);
    assert!(text.len() < 500_000, "{} bytes", text.len());
    sandbox.image("odd", "1", json!({ "User": long }), vec![Tar::of(&["etc"])]);
    let text = sandbox.run(&["inspect", "oci:odd:1"]);
    assert!(text.len() < 10_000 && text.contains("--json prints all of them"), "{} bytes", text.len());
}

#[test]
fn r05_one_config_under_many_platforms_is_refused_once_there_is_too_much_of_it() {
    let sandbox = Sandbox::new();
    let run = json!({ "User": "x".repeat(100_000) });
    let image = sandbox.manifest("odd", "amd64", &run, &[], &[]);
    let under = |number: u32| {
        let mut image = image.clone();
        image["platform"]["variant"] = format!("v{number}").into();
        image
    };
    sandbox.index("odd", "1", &(2..1002).map(under).collect::<Vec<_>>());
    let args = ["inspect", "oci:odd:1", "--limit", "document-bytes=1M"];
    insta::assert_snapshot!(sandbox.refused(5, &args), @"
    error[E_LIMIT_MANIFEST]: oci:odd:1: its manifests and configs have more than 4194304 bytes together
    hint: name the platforms to show by --platform
    ");
    let one = [&args[..], &["--platform", "linux/amd64/v9"]].concat();
    assert!(sandbox.run(&one).contains("\nlinux/amd64/v9\n  but config    says linux/amd64\n"));
}
