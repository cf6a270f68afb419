use super::*;
use crate::emulate::Made;
use crate::emulate::sample::{Image, listing, package};
use crate::package::sample::fixture;

fn text(path: &str) -> Option<String> {
    fixture(&format!("golden/alternatives/{path}")).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn links_and_what_remembers_them_are_those_of_update_alternatives() {
    let (Some(calls), Some(files), Some(links)) = (text("calls.txt"), text("files.txt"), text("links.tsv"))
    else {
        return;
    };
    let files: Vec<&str> = files.lines().collect();
    let script: String = calls.lines().map(|call| format!("update-alternatives {call}\n")).collect();
    let made = Image::new(&[], vec![package("x", &[("postinst", &script)], &files)]).emulate();
    let mut found = Vec::new();
    for one in &made.files {
        match &one.made {
            Made::Symlink(target) => found.push(format!("{}\t{}", one.path, String::from_utf8_lossy(target))),
            Made::File(bytes) => {
                let name = String::from_utf8_lossy(one.path.name()).into_owned();
                assert_eq!(
                    (text(&name).as_deref(), one.mode.bits()),
                    (std::str::from_utf8(bytes).ok(), 0o644)
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(found, links.lines().collect::<Vec<_>>());
    assert_eq!(made.files.len(), found.len() + 2);
    assert_eq!(made.notes, []);
}

/// A package that offers `/usr/bin/NAME` for `x` in this way.
fn offering(name: &str, priority: i64) -> crate::package::Unpacked {
    let call = format!("update-alternatives --install /usr/bin/x x /usr/bin/{name} {priority}\n");
    package(name, &[("postinst", &call)], &[&format!("usr/bin/{name}")])
}

/// Where `etc/alternatives/x` leads in an image of this base with these packages.
fn chosen(base: &[&str], offers: &[(&str, i64)]) -> Option<String> {
    let packages = offers.iter().map(|(name, priority)| offering(name, *priority)).collect();
    let made = Image::new(base, packages).emulate();
    let prefix = "etc/alternatives/x 777 0:0 -> /usr/bin/";
    listing(&made).iter().find_map(|line| line.strip_prefix(prefix)).map(str::to_owned)
}

#[test]
fn the_highest_priority_wins_then_who_is_in_place_then_the_smaller_name() {
    let state = "var/lib/dpkg/alternatives/x=auto\n/usr/bin/x\n\n/usr/bin/old\n10\n\n";
    let base = ["usr/bin/old", "etc/alternatives/x -> /usr/bin/old", state];
    assert_eq!(chosen(&[], &[("b", 5), ("c", 20), ("a", 10)]).as_deref(), Some("c"));
    assert_eq!(chosen(&[], &[("a", 5), ("b", 5)]).as_deref(), Some("a"));
    assert_eq!(chosen(&base, &[("new", 20)]).as_deref(), Some("new"));
    assert_eq!(chosen(&base, &[("new", 10)]).as_deref(), Some("old"));
    let manual = state.replace("auto", "manual");
    assert_eq!(chosen(&[base[0], base[1], &manual], &[("new", 99)]).as_deref(), Some("old"));
    // Nothing remembers why this one is in place.
    assert_eq!(chosen(&base[..2], &[("new", 99)]), None);
}

#[test]
fn what_is_known_of_a_name_is_printed_as_it_was_read() {
    for name in ["editor", "pager"] {
        let Some(state) = text(name) else { return };
        let group = Group::parse(state.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(group.to_bytes()).unwrap(), state);
        for end in 0..state.len() {
            // What is cut is read as far as it goes, or not at all, and never ends the program.
            let _ = Group::parse(&state.as_bytes()[..end]);
        }
    }
}

#[test]
fn offers_that_cannot_be_written_down_are_not_understood() {
    for call in [
        "--install /usr/bin/x x /usr/bin/y",
        "--install /usr/bin/x x /usr/bin/y ten",
        "--install usr/bin/x x /usr/bin/y 10",
        "--install /usr/bin/x ../x /usr/bin/y 10",
        "--install /usr/../../x x /usr/bin/y 10",
        "--install / x /usr/bin/y 10",
        "--slave /a b /c --install /usr/bin/x x /usr/bin/y 10",
        "--set x /usr/bin/y",
    ] {
        assert_eq!(Install::parse(&call.split(' ').collect::<Vec<_>>()), None, "{call}");
    }
}

#[test]
fn a_file_in_the_place_of_the_link_stays_and_what_is_not_there_is_no_choice() {
    let made = Image::new(&["usr/bin/x=mine"], vec![offering("y", 1)]).emulate();
    assert_eq!(listing(&made)[0], "etc/alternatives/x 777 0:0 -> /usr/bin/y");
    assert!(!listing(&made).iter().any(|line| line.starts_with("usr/bin/x")));
    let call = "update-alternatives --install /usr/bin/x x /usr/bin/missing 10\n";
    let made = Image::new(&[], vec![package("y", &[("postinst", call)], &[])]).emulate();
    assert_eq!(listing(&made), [""; 0]);
}
