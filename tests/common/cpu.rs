//! The time of the processor that something takes: unlike that of a clock it is not longer when other
//! programs run.

#![allow(dead_code)]

use std::fs;
use std::time::Duration;

use super::tool::skipped;

/// What the processor has spent on this thread. Nothing where the system does not say, as only Linux does
/// without `unsafe`.
fn spent() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// Runs something on this thread that may take at most `seconds` of the processor. On a Linux that does not
/// say what it took, that is [`skipped`].
#[track_caller]
pub fn at_most<T>(seconds: u64, what: &str, run: impl FnOnce() -> T) -> T {
    let before = spent();
    let result = run();
    if let (Some(before), Some(after)) = (before, spent()) {
        let taken = after - before;
        assert!(taken < Duration::from_secs(seconds), "{what:.80} takes {taken:?}");
    } else if cfg!(target_os = "linux") {
        skipped("/proc/thread-self/schedstat does not say what a thread took of the processor");
    }
    result
}
