//! Several files and one output.

use super::files;

#[test]
fn a_layout_has_the_images_of_all_files_by_their_full_names() {
    let (scene, _) = files(3);
    scene.report(&mut scene.push(&["many"], &["--json", "-o", "oci:out"]));
    let layout = scene.sandbox.layout("out");
    layout.assert_whole();
    let expected: Vec<_> =
        (0..3).map(|number| scene.name(&format!("demo/app{number}:1_n{number}"))).collect();
    assert_eq!(layout.names(), expected);
    for (number, name) in expected.iter().enumerate() {
        let digest = scene.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
        assert_eq!(layout.named(name)["digest"], digest);
    }
}

#[test]
fn an_output_that_holds_one_image_is_refused_for_several_files_before_anything_is_written() {
    let (scene, _) = files(2);
    for output in ["docker-archive:x.tar", "oci-archive:x.tar", "oci:out:named"] {
        let before = scene.registry.log().len();
        let mut command = scene.push(&["many"], &["-o", output]);
        let (words, log) = scene.fails(2, "E_OUTPUT", &mut command);
        assert!(words.contains(output) || words.contains("x.tar"), "{words}");
        assert!(
            log.iter().all(
                |entry| entry.target.contains("/demo/base/") || entry.target.contains("/demo/artifacts/")
            )
        );
        assert!(scene.registry.log().len() >= before);
    }
}
