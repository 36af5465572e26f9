//! Query parameters and times.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use flow_store::{CdrFilter, Page};
use serde::Deserialize;

use crate::envelope::Failure;
use crate::limits::PAGE_ROWS_DEFAULT;

/// `?limit=&offset=`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct PageQuery {
    limit: Option<u32>,
    offset: Option<u32>,
}

impl PageQuery {
    pub(crate) fn page(self) -> Page {
        Page::new(self.limit.unwrap_or(PAGE_ROWS_DEFAULT), self.offset.unwrap_or(0))
    }
}

/// `?direction=&disposition=&from=&to=&limit=&offset=`
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct CdrQuery {
    limit: Option<u32>,
    offset: Option<u32>,
    direction: Option<String>,
    disposition: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl CdrQuery {
    pub(crate) fn page(&self) -> Page {
        PageQuery { limit: self.limit, offset: self.offset }.page()
    }

    pub(crate) fn filter(self) -> Result<CdrFilter, Failure> {
        Ok(CdrFilter {
            direction: self.direction,
            disposition: self.disposition,
            from_ms: self.from.as_deref().map(moment).transpose()?,
            to_ms: self.to.as_deref().map(moment).transpose()?,
        })
    }
}

/// A moment in ms UTC: `2026-03-02`, `2026-03-02T22:00:00Z` (any offset), or milliseconds since 1970.
fn moment(text: &str) -> Result<i64, Failure> {
    if let Ok(ms) = text.parse() {
        return Ok(ms);
    }
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    }
    DateTime::parse_from_rfc3339(text).map(|t| t.timestamp_millis()).map_err(|_| {
        Failure::bad_request(format!(
            "`{}` isn't a moment: write 2026-03-02, 2026-03-02T22:00:00Z or milliseconds since 1970",
            text.escape_debug()
        ))
    })
}

/// A moment as RFC 3339 in UTC.
pub(crate) fn rfc3339(ms: i64) -> Option<String> {
    DateTime::from_timestamp_millis(ms).map(|t| t.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written() {
        assert_eq!(moment("2026-03-02").unwrap(), 1_772_409_600_000);
        assert_eq!(moment("2026-03-02T11:00:00+11:00").unwrap(), 1_772_409_600_000);
        assert_eq!(moment("1772409600000").unwrap(), 1_772_409_600_000);
        assert!(moment("yesterday").is_err());
        assert_eq!(rfc3339(1_772_409_600_000).unwrap(), "2026-03-02T00:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), None);
    }
}
