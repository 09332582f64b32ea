//! Time zones by their names in the IANA database, such as `Europe/Berlin`. The database comes with the program, so that
//! results do not depend on the machine.

use crate::literal::SECOND;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, db};
use pipewright_diagnostic::{Failure, code, nearest};

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Finds the time zone of this name.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] with the nearest name if there is none.
    ///
    /// ```
    /// use pipewright_table::Zone;
    /// assert!(Zone::read("Europe/Berlin").is_ok());
    /// assert_eq!(Zone::read("Europe/Berlni").unwrap_err().help, ["did you mean `Europe/Berlin`?"]);
    /// ```
    pub fn read(name: &str) -> Result<Zone, Failure> {
        Zone::find(name).ok_or_else(|| {
            let names: Vec<String> = db().available().map(|name| name.to_string()).collect();
            let failure = Failure::new(code::BAD_VALUE, format!("no time zone named `{name}`"));
            match nearest(name, names.iter().map(String::as_str)).first() {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure
                    .help("names are those of the IANA database: \"Europe/Berlin\", \"America/New_York\", \"UTC\""),
            }
        })
    }

    pub(crate) fn find(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Returns what clocks show at a moment; both are microseconds since 1970-01-01T00:00:00, of UTC and of the clocks.
    #[must_use]
    pub fn local(&self, utc: i64) -> i64 {
        utc + micros(self.0.to_offset(timestamp(utc)))
    }

    /// Returns the moment at which clocks show this. A time that clocks skip is as much later as they skip, and of a
    /// time that they show twice it is the first: what RFC 5545 says, and `java.time` and Temporal call compatible.
    #[must_use]
    pub fn utc(&self, local: i64) -> i64 {
        let near = timestamp(local);
        match self.0.to_ambiguous_timestamp(Offset::UTC.to_datetime(near)).compatible() {
            Ok(found) if near.as_microsecond() == local => found.as_microsecond(),
            // Beyond the last moment that has clocks in every zone.
            _ => local - micros(self.0.to_offset(near)),
        }
    }
}

/// The moment, or the last one before the end of time.
fn timestamp(micros: i64) -> Timestamp {
    let (first, last) = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
    Timestamp::from_microsecond(micros.clamp(first, last)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn micros(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::{HOUR, MOMENTS, date, date_text};
    use proptest::prelude::*;

    /// `zoneinfo` of Python 3.11 with tzdata 2026.6.
    #[test]
    fn clocks_are_those_of_the_database() {
        for (zone, local, utc) in [
            ("Europe/Berlin", "2024-03-10T02:30:00", "2024-03-10T01:30:00"),
            ("Europe/Berlin", "2024-07-01T00:00:00", "2024-06-30T22:00:00"),
            ("America/New_York", "2024-03-10T01:59:59", "2024-03-10T06:59:59"),
            ("Asia/Kolkata", "2024-01-01T05:30:00", "2024-01-01T00:00:00"),
            ("Europe/Berlin", "1945-06-01T00:00:00", "1945-05-31T21:00:00"),
            ("Australia/Lord_Howe", "2024-07-01T10:30:00", "2024-07-01T00:00:00"),
        ] {
            let read = Zone::read(zone).unwrap();
            let moments = [local, utc].map(|text| date(text.as_bytes()).unwrap());
            assert_eq!(date_text(read.utc(moments[0])), date_text(moments[1]), "{zone} {local}");
            assert_eq!(date_text(read.local(moments[1])), date_text(moments[0]), "{zone} {utc}");
        }
    }

    /// As above, with `fold=0`.
    #[test]
    fn skipped_times_are_later_and_repeated_ones_the_first() {
        let berlin = Zone::read("Europe/Berlin").unwrap();
        let utc = |text: &str| date_text(berlin.utc(date(text.as_bytes()).unwrap()));
        assert_eq!(utc("2024-03-31T02:30:00"), "2024-03-31T01:30:00", "clocks then show 03:30");
        assert_eq!(utc("2024-10-27T02:30:00"), "2024-10-27T00:30:00", "in summer time");
    }

    #[test]
    fn the_ends_of_time_have_moments_too() {
        let far = Zone::read("Pacific/Kiritimati").unwrap();
        for moment in [MOMENTS.start, MOMENTS.end - 1] {
            assert!((far.local(moment) - moment).abs() < 15 * HOUR && (far.utc(moment) - moment).abs() < 15 * HOUR);
        }
    }

    proptest! {
        #[test]
        fn what_clocks_show_leads_back(seconds in 0_i64..4_000_000_000) {
            let zone = Zone::read("America/Sao_Paulo").unwrap();
            let moment = seconds * SECOND;
            let back = zone.utc(zone.local(moment));
            // Of a repeated hour it is the first.
            prop_assert!(back == moment || back == moment - HOUR, "{}", date_text(moment));
        }
    }
}
