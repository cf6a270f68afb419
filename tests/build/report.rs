//! What a build prints.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Sandbox, Tar};

#[test]
fn people_read_layers_overwritten_files_and_digests() {
    let printed = Sandbox::new().run(&["build", "demo.yaml", "-o", "oci:out"]);
    insta::assert_snapshot!(printed, @"
    docker.io/demo/app:1_demo-with-tools
      on oci:base:1

    linux/amd64
      layer                files     size  compressed  digest
      base                    14  22.5 kB     22.6 kB  sha256:18f6bedf823e
      oci:artifacts:tools      8  12.3 kB       559 B  sha256:1c7641fe33cb
      oci:artifacts:certs      1   4.1 kB       610 B  sha256:88758a328176
      accounts and files       5   8.2 kB       460 B  sha256:c6ee9c0e2f20
      total                   28  47.1 kB     24.2 kB
      oci:artifacts:tools: overwrites etc/demo.conf
      accounts and files: adds to etc/passwd, etc/group, etc/shadow, etc/gshadow

    linux/arm64
      layer                files     size  compressed  digest
      base                    14  22.5 kB     22.6 kB  sha256:ef0c6d79932b
      oci:artifacts:tools      8  12.3 kB       556 B  sha256:277e19269bce
      oci:artifacts:certs      1   4.1 kB       610 B  sha256:88758a328176
      accounts and files       5   8.2 kB       460 B  sha256:c6ee9c0e2f20
      total                   28  47.1 kB     24.2 kB
      oci:artifacts:tools: overwrites etc/demo.conf
      accounts and files: adds to etc/passwd, etc/group, etc/shadow, etc/gshadow

    digests to sign
      sha256:06e2754f9dc23ed5e3b7f249ca89ea4caf3f51305932ee2b28623092fae2ff4f  index
      sha256:91ba17e935ce9ec123fde37bc13e3f5faef88daa2c44c7ec2a81322f27f55a3f  linux/amd64
      sha256:fa85879421b942baf7157c1ab4e0aee84147946dcb2045331cf1fe0017f98603  linux/arm64
    written to oci:out
    ");
}

#[test]
fn quiet_prints_the_digest_of_each_index_alone() {
    let sandbox = Sandbox::new();
    let printed = sandbox.run(&["build", "demo.yaml", "--quiet", "-o", "oci:out"]);
    let index = sandbox.layout("out").named("1_demo-with-tools");
    assert_eq!(printed, format!("{}\n", index["digest"].as_str().unwrap()));
}

#[test]
fn a_report_for_machines_passes_its_schema_and_says_what_lies_in_the_layout() {
    let sandbox = Sandbox::new();
    let report: Value =
        serde_json::from_str(&sandbox.run(&["build", "demo.yaml", "--json", "-o", "oci:out"])).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/build-report.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    assert!(!schema.is_valid(&Value::Object(serde_json::Map::new())));
    let target = &report["targets"][0];
    let (layout, name) = (sandbox.layout("out"), target["tags"][0].as_str().unwrap());
    assert_eq!(target["index"]["digest"], layout.named(name)["digest"]);
    for platform in target["platforms"].as_array().unwrap() {
        let image = layout.image(name, platform["platform"].as_str().unwrap());
        assert_eq!(platform["manifest"]["digest"], image.digest.as_str());
        assert_eq!(platform["config"]["digest"], image.manifest["config"]["digest"]);
        assert_eq!(platform["run"], image.config["config"]);
        let layers = platform["layers"].as_array().unwrap();
        assert_eq!(layers.len(), image.layers.len());
        for (number, layer) in layers.iter().enumerate() {
            assert_eq!(layer["digest"], image.manifest["layers"][number]["digest"]);
            assert_eq!(layer["diffId"], image.config["rootfs"]["diff_ids"][number]);
            assert_eq!(layer["compressed"], image.layers[number].len());
            assert_eq!(layer["size"], image.tar(number).len());
        }
    }
    let to_sign = target["sign"].as_array().unwrap();
    assert_eq!((&to_sign[0], to_sign.len()), (&target["index"]["digest"], 3));
}

#[test]
fn warnings_say_what_is_probably_not_meant_so() {
    let sandbox = Sandbox::new();
    let breaking = Tar::of(&["etc", "usr", "usr/lib", "var", "var/lib", "var/lib/dpkg"])
        .file("etc/passwd", 0o644, "other:x:1:1::/:/bin/false\n")
        .file("usr/lib/os-release", 0o644, "ID=other\n")
        .file("var/lib/dpkg/status", 0o644, "");
    sandbox.image("artifacts", "breaking", json!({}), vec![breaking]);
    sandbox.spec(concat!(
        "contents:\n  artifacts:\n  - {name: oci:artifacts:breaking, includes: [\"**\"]}\n",
        "  - {name: oci:artifacts:tools, includes: [usr/bin/greet, etc/demo.conf]}\n",
        "paths:\n- {path: /usr/bin/demo, type: delete}\n- {path: /etc/demo.conf, type: delete}\n",
    ));
    insta::assert_snapshot!(sandbox.run(&["build", "x.yaml", "--platform", "linux/amd64", "-o", "oci:out"]), @"
    docker.io/demo/app:1_x
      on oci:base:1

    linux/amd64
      layer                   files     size  compressed  digest
      base                       14  22.5 kB     22.6 kB  sha256:18f6bedf823e
      oci:artifacts:breaking      3   6.7 kB       244 B  sha256:e81c355fabb3
      oci:artifacts:tools         2   4.1 kB       194 B  sha256:42d904eba17e
      accounts and files          0   3.6 kB       147 B  sha256:80fa6581e136
      total                      19  36.9 kB     23.1 kB
      oci:artifacts:breaking: overwrites etc/passwd, usr/lib/os-release, var/lib/dpkg/status
      oci:artifacts:tools: overwrites etc/demo.conf

    warning[W_OVERWRITES_ACCOUNTS]: oci:artifacts:breaking overwrites `etc/passwd` (accounts)
    hint: add `etc/passwd` to its excludes
    warning[W_OVERWRITES_OS_RELEASE]: oci:artifacts:breaking overwrites `usr/lib/os-release` (os-release)
    hint: add `usr/lib/os-release` to its excludes
    warning[W_OVERWRITES_PACKAGE_DATABASE]: oci:artifacts:breaking overwrites `var/lib/dpkg/status` (package database)
    hint: add `var/lib/dpkg/status` to its excludes
    warning[W_DANGLING]: symbolic link `usr/bin/greet` leads to `hello`, which is not there
    hint: include its target too, or exclude the link
    warning[W_DELETES_OURS]: `etc/demo.conf` is brought by one layer of this build and deleted by another
    hint: add `etc/demo.conf` to the excludes of the artifact, and the image is smaller
    warning[W_DELETES_PACKAGED]: `usr/bin/demo` belongs to the package `demo`, whose database will not know

    digests to sign
      sha256:34e04b88bf5c2fe375d8f85c201345f147fcc65461f2e0731a8ad0ea90202c3b  index
      sha256:9024b3c736bccf92312037cc90aa52ede3a234031a9d8a426ba9e11254c0f0c1  linux/amd64
    written to oci:out
    ");
}
