//! Waiting before a request is sent again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::thread;
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use ureq::http::HeaderMap;

use crate::interrupt::{Interrupt, Interrupted};
use crate::limits::Limits;

/// How often one request is sent, and how long is waited in between.
pub(crate) struct Retry<'a> {
    limits: &'a Limits,
    interrupt: &'a Interrupt,
    /// Times that it was sent.
    tries: u32,
    waited: Duration,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(limits: &'a Limits, interrupt: &'a Interrupt) -> Self {
        Self { limits, interrupt, tries: 1, waited: Duration::ZERO }
    }

    /// As after so many tries, whose waits do not count any more.
    pub(crate) fn after(tries: u32, limits: &'a Limits, interrupt: &'a Interrupt) -> Self {
        Self { tries, ..Self::new(limits, interrupt) }
    }

    /// Times that the request was sent.
    pub(crate) fn tries(&self) -> u32 {
        self.tries
    }

    /// Waits for the next try, as long as the server asks at least; false where there is none left.
    pub(crate) fn wait(&mut self, asked: Option<Duration>) -> Result<bool, Interrupted> {
        let pause = self.pause(asked, chance());
        let most = Duration::from_secs(self.limits.retry_total_seconds);
        if self.tries >= self.limits.tries || self.waited + pause > most {
            return Ok(false);
        }
        sleep(pause, self.interrupt)?;
        self.tries += 1;
        self.waited += pause;
        Ok(true)
    }

    /// Full jitter: anything up to a time that doubles with each try; on top of what the server asks for, so that not all
    /// who were sent away come back at once.
    fn pause(&self, asked: Option<Duration>, chance: f64) -> Duration {
        let base = Duration::from_millis(self.limits.retry_milliseconds);
        let most = Duration::from_millis(self.limits.retry_most_milliseconds);
        let most_asked = Duration::from_secs(self.limits.retry_after_seconds);
        match asked {
            Some(asked) => asked.min(most_asked) + base.min(most).mul_f64(chance),
            None => base.saturating_mul(1 << (self.tries - 1).min(20)).min(most).mul_f64(chance),
        }
    }
}

/// How long a server asks to wait (RFC 9110, section 10.2.3): seconds, or a time, which is held against the server's own
/// clock. Nothing where it is neither.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let after = text("retry-after")?;
    if !after.is_empty() && after.bytes().all(|digit| digit.is_ascii_digit()) {
        // A number too large for seconds is as long as can be.
        return Some(Duration::from_secs(after.parse().unwrap_or(u64::from(u32::MAX))));
    }
    Some(Duration::from_secs(u64::try_from(seconds_between(text("date")?, after)?).unwrap_or(0)))
}

/// The seconds from one time to another, each as headers have it (RFC 9110, section 5.6.7).
pub(super) fn seconds_between(from: &str, to: &str) -> Option<i64> {
    let time = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok();
    Some(time(to)?.as_second() - time(from)?.as_second())
}

/// Sleeps; ends at most 50 ms after somebody asked to stop.
pub(crate) fn sleep(pause: Duration, interrupt: &Interrupt) -> Result<(), Interrupted> {
    const LATE: Duration = Duration::from_millis(50);
    let began = Instant::now();
    loop {
        interrupt.check()?;
        match pause.checked_sub(began.elapsed()) {
            Some(left) if !left.is_zero() => thread::sleep(left.min(LATE)),
            _ => return Ok(()),
        }
    }
}

/// A number from 0 up to 1, another with every call: the standard library's hashers are seeded anew each time.
fn chance() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    fn asked_by(after: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_str(after).unwrap());
        if let Some(date) = date {
            headers.insert("date", HeaderValue::from_str(date).unwrap());
        }
        asked(&headers).map(|asked| asked.as_secs())
    }

    #[test]
    fn r13_a_server_asks_in_seconds_or_by_a_time_of_its_own_clock() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (after, date, expected) in [
            ("1", None, Some(1)),
            (" 7 ", None, Some(7)),
            ("99999", None, Some(99_999)),
            ("99999999999999999999999", None, Some(u64::from(u32::MAX))),
            ("Sun, 06 Nov 1994 08:50:07 GMT", date, Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", date, Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", None, None),
            ("soon", date, None),
            ("-1", None, None),
            ("1.5", None, None),
            ("", None, None),
        ] {
            assert_eq!(asked_by(after, date), expected, "{after}");
        }
    }

    #[test]
    fn r13_waits_double_are_jittered_and_have_a_cap() {
        let (limits, interrupt) = (Limits::default(), Interrupt::default());
        let mut retry = Retry::new(&limits, &interrupt);
        let mut most = Vec::new();
        for tries in 1..=9 {
            retry.tries = tries;
            assert_eq!(retry.pause(None, 0.0), Duration::ZERO);
            most.push(retry.pause(None, 1.0).as_millis());
        }
        assert_eq!(most, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        let asked = |seconds, chance| retry.pause(Some(Duration::from_secs(seconds)), chance).as_millis();
        assert_eq!(asked(1, 0.0), 1000);
        assert_eq!(asked(1, 0.5), 1250);
        assert_eq!(asked(99_999, 1.0), 120_500);
        let chances: Vec<f64> = (0..100).map(|_| chance()).collect();
        assert!(chances.iter().all(|chance| (0.0..1.0).contains(chance)));
        let (low, high) = (chances.iter().any(|c| *c < 0.25), chances.iter().any(|c| *c > 0.75));
        assert!(low && high, "{chances:?}");
    }

    #[test]
    fn r13_tries_and_waits_end_with_their_budgets() {
        let interrupt = Interrupt::default();
        let limits = Limits { tries: 3, retry_milliseconds: 1, ..Limits::default() };
        let mut retry = Retry::new(&limits, &interrupt);
        let waits: Vec<bool> = (0..3).map(|_| retry.wait(None).unwrap()).collect();
        assert_eq!((waits, retry.tries()), (vec![true, true, false], 3));
        let limits = Limits { retry_total_seconds: 1, ..Limits::default() };
        let mut retry = Retry::new(&limits, &interrupt);
        assert!(!retry.wait(Some(Duration::from_secs(1) + Duration::from_nanos(1))).unwrap());
    }

    #[test]
    fn an_interrupt_ends_a_wait() {
        let interrupt = Interrupt::default();
        let signal = interrupt.signal();
        let began = Instant::now();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(30));
            signal.store(2, std::sync::atomic::Ordering::Relaxed);
        });
        let limits = Limits::default();
        let ended = Retry::new(&limits, &interrupt).wait(Some(Duration::from_secs(60)));
        assert_eq!(ended, Err(Interrupted { signal: 2 }));
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
