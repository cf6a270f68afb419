//! What another tool makes of what is written, and what it writes itself.

use super::*;

/// Runs skopeo, whose output has to satisfy `check`; says so and returns where there is none.
fn skopeo(arguments: &[&str], root: &Path, check: impl FnOnce(&str)) {
    let arguments = arguments.iter().map(|argument| argument.replace("ROOT", root.to_str().unwrap()));
    match Command::new("skopeo").arg("--insecure-policy").args(arguments).output() {
        Err(_) => eprintln!("not tested: there is no skopeo"),
        Ok(ran) => {
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            check(&String::from_utf8_lossy(&ran.stdout));
        }
    }
}

#[test]
fn a01_skopeo_reads_and_copies_what_is_written() {
    let root = tempfile::tempdir().unwrap();
    let written = one_platform("x");
    for (n, text) in OUTPUTS.iter().enumerate() {
        write(&output(text, root.path()), &[], &written, &copying()).unwrap();
        let (from, to) = (text.replace("ROOT/", "ROOT/./"), format!("oci:ROOT/copy-{n}:1"));
        let platform = ["--override-os", "linux", "--override-arch", "amd64"];
        let inspect = ["inspect", "--config", &from];
        skopeo(&[&platform[..], &inspect[..]].concat(), root.path(), |config| {
            let config = json::parse(config.as_bytes()).unwrap();
            assert_eq!(config["rootfs"]["diff_ids"][0], written.images[0].layers[0].diff_id.to_string());
        });
        skopeo(&[&platform[..], &["copy", &from, &to]].concat(), root.path(), |_| {
            let copy = output(&to, root.path());
            let found =
                find(&(&copy).into(), &Limits::default(), PlatformMismatch::Refuse, &Interrupt::default())
                    .unwrap();
            let image = found.image(&written.images[0].platform).unwrap();
            assert_eq!(image.layers.len(), 2);
        });
    }
}

#[test]
fn what_skopeo_writes_is_read_and_kept() {
    let root = tempfile::tempdir().unwrap();
    let layers = vec![layer("a", Compression::Gzip), layer("b", Compression::None)];
    let written = publication(vec![image("linux/amd64", layers)]);
    write(&output(OUTPUTS[0], root.path()), &[], &written, &copying()).unwrap();
    for to in ["oci:ROOT/theirs:a", "oci-archive:ROOT/theirs.tar:a", "docker-archive:ROOT/theirs.d.tar:x/y:1"]
    {
        let platform = ["--override-os", "linux", "--override-arch", "amd64"];
        skopeo(&[&platform[..], &["copy", OUTPUTS[0], to]].concat(), root.path(), |_| {
            let theirs = output(to, root.path());
            let found =
                find(&(&theirs).into(), &Limits::default(), PlatformMismatch::Refuse, &Interrupt::default())
                    .unwrap();
            let image = found.image(&"linux/amd64".parse().unwrap()).unwrap();
            for layer in &image.layers {
                let mut reader = crate::layer::VerifiedReader::new(
                    image.blobs.open(&layer.descriptor).unwrap(),
                    &layer.descriptor,
                );
                io::copy(&mut reader, &mut io::sink()).unwrap();
            }
            if let Output::Layout { dir, .. } = theirs {
                let mine = Output::Layout { dir: dir.clone(), tag: Some("b".to_owned()) };
                write(&mine, &[], &one_platform("y"), &copying()).unwrap();
                let tags = tags(&dir, &Limits::default()).unwrap();
                assert_eq!(tags.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
            }
        });
    }
}
