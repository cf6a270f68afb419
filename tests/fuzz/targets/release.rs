//! Any text as a `Release`: what is read of one, written once more, is read as the same.

#![no_main]

use std::fmt::Write as _;

use libfuzzer_sys::fuzz_target;
use overcoat::package::Moment;
use overcoat::package::deb::Release;

fuzz_target!(|text: &str| {
    match Release::parse(text) {
        Ok(release) => {
            let again = written(&release);
            assert_eq!(Release::parse(&again).as_ref(), Ok(&release), "{again}");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
    }
});

fn written(release: &Release) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &str| writeln!(text, "{name}: {value}").expect("memory is written");
    for (name, value) in [("Suite", &release.suite), ("Codename", &release.codename)] {
        value.iter().for_each(|value| field(name, value));
    }
    field("Date", &date(release.date));
    release.valid_until.iter().for_each(|until| field("Valid-Until", &date(*until)));
    for (name, is) in [("Acquire-By-Hash", release.by_hash), ("NotAutomatic", release.not_automatic)] {
        field(name, if is { "yes" } else { "no" });
    }
    field("Architectures", &release.architectures.join(" "));
    if !release.splits_all {
        field("No-Support-for-Architecture-all", "Packages");
    }
    text.push_str("SHA256:\n");
    for path in release.beginning("") {
        let forms = release.index(path);
        let file = forms.iter().find(|form| form.path == path).expect("what is listed is there").stored;
        writeln!(text, " {} {} {path}", hex::encode(file.sha256), file.size).expect("memory is written");
    }
    text
}

/// A time as releases write it; the name of the day counts for nothing.
fn date(moment: Moment) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // Years before 0 begin with a sign.
    let text = moment.to_string();
    let (date, time) = text.split_once('T').expect("a time has a T");
    let mut parts = date.rsplitn(3, '-');
    let (day, month, year) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let month = MONTHS[month.parse::<usize>().unwrap() - 1];
    format!("Day, {day} {month} {year} {} UTC", time.trim_end_matches('Z'))
}
