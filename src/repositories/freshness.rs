//! How old an index may be: what a release says of itself, and what was seen before.

use super::{Finding, Policy, Problem, Stale};
use crate::package::Moment;
use crate::package::deb::Release;
use crate::store::{Key, Store};

/// What people's clocks may differ by, in seconds.
const SLACK: i64 = 3600;
const DAY: i64 = 86_400;

/// Whether a release is of now.
pub(super) fn judge(name: &str, release: &Release, policy: &Policy) -> Result<Option<Finding>, Problem> {
    let (now, date, days) = (policy.now, release.date, policy.stale_days);
    if date > now.after(SLACK) {
        return Err(Problem::Future { date, now });
    }
    let repository = name.to_owned();
    let (finding, problem) = match release.valid_until {
        Some(until) if now > until.after(SLACK) => {
            (Finding::Expired { repository, until, now }, Problem::Expired { until, now })
        }
        None if now > date.after(i64::from(days) * DAY) => {
            (Finding::Old { repository, date, now, days }, Problem::Old { date, now, days })
        }
        _ => return Ok(None),
    };
    match policy.stale {
        Stale::Ignore => Ok(None),
        Stale::Warn => Ok(Some(finding)),
        Stale::Refuse => Err(problem),
    }
}

/// What was last seen of a repository, by its name: nothing older is taken for new.
pub(super) struct Seen<'a> {
    store: Option<&'a Store>,
    key: Key,
    newest: Option<Moment>,
}

impl<'a> Seen<'a> {
    /// What the store knows.
    pub(super) fn of(name: &str, store: Option<&'a Store>) -> Self {
        let key = Key::of("newest of a repository", &name);
        Self { store, newest: store.and_then(|store| store.noted(&key)), key }
    }

    /// Refuses what is older than what was seen, unless the policy allows that.
    pub(super) fn refuse_older(&self, found: Moment, policy: &Policy) -> Result<(), Problem> {
        match self.newest {
            Some(seen) if found < seen && !policy.allow_rollback => Err(Problem::Rollback { found, seen }),
            _ => Ok(()),
        }
    }

    /// Remembers what was accepted, if it is the newest.
    pub(super) fn remember(&self, found: Moment) {
        if let Some(store) = self.store.filter(|_| self.newest.is_none_or(|seen| found > seen)) {
            store.keep_noted(&self.key, &found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(date: &str, until: Option<&str>) -> Release {
        let until = until.map(|until| format!("Valid-Until: {until}\n")).unwrap_or_default();
        Release::parse(&format!("Date: {date}\n{until}SHA256:")).unwrap()
    }

    fn verdict(release: &Release, now: Moment, stale: Stale) -> Result<Option<&'static str>, String> {
        let found = judge("x", release, &Policy { stale, ..Policy::at(now) });
        found.map(|finding| finding.map(|one| one.code())).map_err(|problem| problem.to_string())
    }

    /// 2026-11-20 00:12:42, as the fixture of trixie-security, and 27 November.
    const DATE: Moment = Moment(1_795_133_562);
    const UNTIL: Moment = Moment(1_795_738_362);

    #[test]
    fn p03_a_release_counts_until_an_hour_after_its_end_and_from_an_hour_before_its_making() {
        let security = release("Fri, 20 Nov 2026 00:12:42 UTC", Some("Fri, 27 Nov 2026 00:12:42 UTC"));
        assert_eq!((security.date, security.valid_until), (DATE, Some(UNTIL)));
        for now in [DATE.after(-SLACK), DATE, UNTIL, UNTIL.after(SLACK)] {
            assert_eq!(verdict(&security, now, Stale::Refuse), Ok(None), "{now}");
        }
        let late = UNTIL.after(SLACK + 1);
        assert_eq!(verdict(&security, late, Stale::Warn), Ok(Some("W_PKG_STALE")));
        assert_eq!(verdict(&security, late, Stale::Ignore), Ok(None));
        let expired = verdict(&security, late, Stale::Refuse).unwrap_err();
        assert_eq!(
            expired,
            "it was valid until 2026-11-27T00:12:42Z, and this machine's clock says 2026-11-27T01:12:43Z: it is expired"
        );
        for stale in [Stale::Ignore, Stale::Warn, Stale::Refuse] {
            let early = verdict(&security, DATE.after(-SLACK - 1), stale).unwrap_err();
            assert!(early.ends_with("clock says 2026-11-19T23:12:41Z: it is not valid yet"), "{early}");
        }
    }

    #[test]
    fn p03_a_release_without_an_end_is_old_after_the_days_of_the_policy() {
        let main = release("Fri, 20 Nov 2026 00:12:42 UTC", None);
        assert_eq!(verdict(&main, DATE.after(14 * DAY), Stale::Refuse), Ok(None));
        assert_eq!(verdict(&main, DATE.after(14 * DAY + 1), Stale::Warn), Ok(Some("W_PKG_STALE")));
        assert!(verdict(&main, DATE.after(30 * DAY), Stale::Refuse).is_err());
        assert_eq!(verdict(&main, DATE.after(30 * DAY), Stale::Ignore), Ok(None));
    }

    #[test]
    fn p03_nothing_older_is_taken_than_what_was_seen_at_the_same_place() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(&root.path().join("store")).unwrap();
        let policy = Policy::at(Moment(100));
        let allowed = Policy { allow_rollback: true, ..policy.clone() };
        Seen::of("a", Some(&store)).remember(Moment(50));
        let seen = Seen::of("a", Some(&store));
        assert!(seen.refuse_older(Moment(50), &policy).is_ok());
        assert!(seen.refuse_older(Moment(51), &policy).is_ok());
        assert!(seen.refuse_older(Moment(49), &allowed).is_ok());
        assert!(matches!(seen.refuse_older(Moment(49), &policy), Err(Problem::Rollback { .. })));
        // What was allowed once is not forgotten for it.
        seen.remember(Moment(49));
        assert!(Seen::of("a", Some(&store)).refuse_older(Moment(49), &policy).is_err());
        assert!(Seen::of("b", Some(&store)).refuse_older(Moment(49), &policy).is_ok());
        assert!(Seen::of("a", None).refuse_older(Moment(49), &policy).is_ok());
    }
}
