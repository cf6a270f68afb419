//! Whose a path is that two packages bring.

use std::cmp::Ordering;

use super::Record;
use crate::package::{Family, Package, Sum, Unpacked};

/// One of two packages that bring a file or link at one path.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The package.
    pub package: &'a Package,
    /// How far its `replaces` goes.
    pub priority: u32,
    /// What is known of its content, or of the link's target.
    pub sum: Option<Sum>,
}

/// With whom a file or link stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// With both: it is the same.
    Same,
    /// With the package that was there before.
    Owner,
    /// With the one that comes.
    Newcomer,
    /// With neither: they cannot be there together.
    Conflict,
}

impl<'a> Claim<'a> {
    /// What a package that is added says of a path.
    pub fn added(unpacked: &'a Unpacked, sum: Option<Sum>) -> Self {
        let priority = unpacked.fields.all("replaces_priority").last().and_then(|text| text.parse().ok());
        Self { package: &unpacked.package, priority: priority.unwrap_or(0), sum }
    }

    /// What a package that is installed says of a path.
    pub fn installed(record: &'a Record, sum: Option<Sum>) -> Self {
        Self { package: &record.package, priority: record.replaces_priority, sum }
    }

    /// How far this package may replace files of another; nothing where it may not.
    fn over(&self, other: &Self) -> Option<u32> {
        let Package { name, version, .. } = other.package;
        let matches =
            |atom: &crate::package::Atom| atom.name == *name && atom.accepts(Family::Apk, Some(version));
        self.package.replaces.iter().any(matches).then_some(self.priority)
    }

    fn origin(&self) -> &str {
        &self.package.source.name
    }
}

/// With whom a path stays where a package comes to one that is there. The content decides only where it is the same.
pub fn verdict(owner: &Claim<'_>, newcomer: &Claim<'_>) -> Verdict {
    if owner.sum.is_some() && owner.sum == newcomer.sum {
        return Verdict::Same;
    }
    let (of_owner, of_newcomer) = (owner.over(newcomer), newcomer.over(owner));
    match () {
        _ if of_owner > of_newcomer => Verdict::Owner,
        _ if of_newcomer.is_some() || owner.origin() == newcomer.origin() => Verdict::Newcomer,
        _ => Verdict::Conflict,
    }
}

/// With whom a path stays of two packages that come together, whatever the order they are named in: the one whose name is
/// greater is the newcomer.
pub fn verdict_among(one: &Claim<'_>, other: &Claim<'_>) -> Verdict {
    if one.package.name <= other.package.name {
        return verdict(one, other);
    }
    match verdict(other, one) {
        Verdict::Owner => Verdict::Newcomer,
        Verdict::Newcomer => Verdict::Owner,
        verdict => verdict,
    }
}

/// Which of several packages gives a directory its mode and owner: the first in this order. That is the one with the higher
/// priority, then the one that is called as all their origin, then the one with the smaller name.
pub fn order_of_directories(one: &Claim<'_>, other: &Claim<'_>) -> Ordering {
    let is_main = |claim: &Claim<'_>| one.origin() == other.origin() && claim.package.name == claim.origin();
    let by_priority = other.priority.cmp(&one.priority);
    by_priority
        .then_with(|| is_main(other).cmp(&is_main(one)))
        .then_with(|| one.package.name.cmp(&other.package.name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::package::{SourcePackage, apk_atoms};

    fn package(name: &str, origin: &str, replaces: &str) -> Package {
        let source = SourcePackage { name: origin.to_owned(), version: "1".to_owned() };
        Package {
            name: name.to_owned(),
            version: "1".to_owned(),
            source,
            replaces: apk_atoms(replaces),
            ..Package::default()
        }
    }

    fn claim(package: &Package, priority: u32, sum: u8) -> Claim<'_> {
        Claim { package, priority, sum: Some(Sum::Sha1([sum; 20])) }
    }

    #[test]
    fn a_file_stays_with_whom_replaces_and_priorities_say() {
        for (owner, newcomer, expected) in [
            (("a", "", 0), ("b", "", 0), Verdict::Conflict),
            (("a", "", 9), ("b", "", 0), Verdict::Conflict),
            (("a", "b", 0), ("b", "", 0), Verdict::Owner),
            (("a", "", 0), ("b", "a", 0), Verdict::Newcomer),
            (("a", "b", 0), ("b", "a", 0), Verdict::Newcomer),
            (("a", "b", 1), ("b", "a", 0), Verdict::Owner),
            (("a", "b", 1), ("b", "a", 2), Verdict::Newcomer),
            (("a", "b", 1), ("b", "", 2), Verdict::Owner),
            (("a", "", 0), ("b", "a<1", 0), Verdict::Conflict),
            (("a", "", 0), ("b", "c a>=1", 0), Verdict::Newcomer),
        ] {
            let (a, b) = (package(owner.0, "x", owner.1), package(newcomer.0, "y", newcomer.1));
            let (a, b) = (claim(&a, owner.2, 1), claim(&b, newcomer.2, 2));
            assert_eq!(verdict(&a, &b), expected, "{owner:?} {newcomer:?}");
        }
    }

    #[test]
    fn packages_of_one_origin_and_equal_files_never_conflict() {
        let (a, b, c) = (package("a", "x", ""), package("b", "x", ""), package("c", "y", ""));
        assert_eq!(verdict(&claim(&a, 0, 1), &claim(&b, 0, 2)), Verdict::Newcomer);
        assert_eq!(verdict(&claim(&a, 0, 1), &claim(&c, 0, 2)), Verdict::Conflict);
        assert_eq!(verdict(&claim(&a, 0, 1), &claim(&c, 0, 1)), Verdict::Same);
        let unknown = Claim { sum: None, ..claim(&a, 0, 1) };
        assert_eq!(verdict(&unknown, &Claim { sum: None, ..claim(&c, 0, 1) }), Verdict::Conflict);
    }

    #[test]
    fn a_directory_is_as_its_main_package_has_it() {
        let (a, main, z) = (package("a", "m", ""), package("m", "m", ""), package("z", "z", ""));
        let order = |one: &Claim<'_>, other: &Claim<'_>| order_of_directories(one, other);
        assert_eq!(order(&claim(&a, 0, 1), &claim(&main, 0, 1)), Ordering::Greater);
        assert_eq!(order(&claim(&a, 1, 1), &claim(&main, 0, 1)), Ordering::Less);
        assert_eq!(order(&claim(&a, 0, 1), &claim(&z, 0, 1)), Ordering::Less);
    }

    proptest! {
        #[test]
        fn the_order_of_two_packages_does_not_matter(
            names in prop::sample::subsequence(vec!["a", "b", "c"], 2),
            origins in prop::collection::vec("[xy]", 2),
            replaces in prop::collection::vec("([abc](>=1|<1|) ){0,2}", 2),
            priorities in prop::collection::vec(0_u32..3, 2),
            sums in prop::collection::vec(0_u8..2, 2),
        ) {
            let of = |at: usize| package(names[at], &origins[at], &replaces[at]);
            let (a, b) = (of(0), of(1));
            let (a, b) = (claim(&a, priorities[0], sums[0]), claim(&b, priorities[1], sums[1]));
            let mirrored = match verdict_among(&b, &a) {
                Verdict::Owner => Verdict::Newcomer,
                Verdict::Newcomer => Verdict::Owner,
                verdict => verdict,
            };
            prop_assert_eq!(verdict_among(&a, &b), mirrored);
            prop_assert_eq!(order_of_directories(&a, &b), order_of_directories(&b, &a).reverse());
        }
    }
}
