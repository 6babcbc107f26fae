//! Sending a request again: when, how often, and never beyond the time that the caller gives.

use std::time::{Duration, Instant};

use super::http::Answer;

/// The time that a call of the client has.
#[derive(Clone, Copy)]
pub struct Deadline {
    started: Instant,
    time: Duration,
}

impl Deadline {
    /// From now on.
    pub fn new(time: Duration) -> Self {
        Deadline { started: Instant::now(), time }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.time.saturating_sub(self.started.elapsed())
    }
}

/// Whether an answer says that the same request may succeed later.
pub fn is_later(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// How long to wait before a request is sent again, if the server does not say it: each time longer.
pub fn pause(tried: u32) -> Duration {
    Duration::from_millis(500) * 2u32.saturating_pow(tried.min(6))
}

/// How long the server wants to be left alone.
pub fn asked_pause(answer: &Answer) -> Option<Duration> {
    wait(answer.header("retry-after")?, answer.header("date"))
}

/// Reads `Retry-After`: seconds, or a point in time, which is compared with the clock of the server.
fn wait(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More than fits is longer than anybody waits.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[test]
fn the_server_says_how_long_to_wait() {
    let seconds = |value: &str, date: Option<&str>| wait(value, date).map(|wait| wait.as_secs());
    let date = Some("Sun, 06 Nov 1994 08:49:30 GMT");
    assert_eq!(seconds("7", None), Some(7));
    assert_eq!(seconds("99999999999999999999", None), Some(u64::from(u32::MAX)));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT", date), Some(7));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:49:00 GMT", date), Some(0));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT", None), None);
    assert_eq!((seconds("-1", date), seconds("soon", date), seconds("", date)), (None, None, None));
    assert_eq!([0, 2, 1000].map(|tried| pause(tried).as_millis()), [500, 2000, 32_000]);
}
