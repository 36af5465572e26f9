//! The wall clock, for everything that stores or shows it, and the monotonic one that calls run on.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 UTC; 0 on a clock that is set before that.
#[must_use]
pub fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Monotonic time since the start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// Zero is now.
    #[must_use]
    pub fn new() -> Clock {
        Clock { began: Instant::now() }
    }

    /// Time since then.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The moment of such a time.
    #[must_use]
    pub fn at(&self, deadline: Duration) -> Instant {
        self.began + deadline
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}
