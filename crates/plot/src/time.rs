//! Ticks of time axes: seconds, minutes, hours, days, months and years, at round ones.

use crate::scale::{Interval, Tick};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const DAY: i64 = 86_400;

/// Times beyond some 100,000 years from now are no dates.
const FURTHEST: f64 = 3e12;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Date {
    year: i64,
    /// From 0.
    month: i64,
    day: i64,
}

/// The date of a number of days since 1970-01-01.
///
/// Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date_of(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = (shifted + 2) % 12;
    Date { year: year_of_era + era * 400 + i64::from(month < 2), month, day }
}

/// The days since 1970-01-01 of the first of a month, counted from January of year 0.
fn first_of_month(months: i64) -> i64 {
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let year = year - i64::from(month < 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 10) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A step between ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Seconds(i64),
    Months(i64),
}

const STEPS: [Step; 25] = [
    Step::Seconds(1),
    Step::Seconds(2),
    Step::Seconds(5),
    Step::Seconds(10),
    Step::Seconds(30),
    Step::Seconds(60),
    Step::Seconds(2 * 60),
    Step::Seconds(5 * 60),
    Step::Seconds(10 * 60),
    Step::Seconds(30 * 60),
    Step::Seconds(3600),
    Step::Seconds(3 * 3600),
    Step::Seconds(6 * 3600),
    Step::Seconds(12 * 3600),
    Step::Seconds(DAY),
    Step::Seconds(2 * DAY),
    Step::Seconds(7 * DAY),
    Step::Months(1),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(24),
    Step::Months(60),
    Step::Months(120),
    Step::Months(240),
];

impl Step {
    /// Its multiples in a range, unless they are more than `most`.
    fn within(self, low: i64, high: i64, most: usize) -> Option<Vec<i64>> {
        match self {
            Step::Seconds(step) => {
                // Weeks begin on a Monday; 1970-01-05 was one.
                let origin = if step == 7 * DAY { 4 * DAY } else { 0 };
                let first = -(origin - low).div_euclid(step);
                let last = (high - origin).div_euclid(step);
                let few = last - first < most as i64;
                few.then(|| (first..=last).map(|index| origin + index * step).collect())
            }
            Step::Months(step) => {
                let month_of = |seconds: i64| {
                    let date = date_of(seconds.div_euclid(DAY));
                    date.year * 12 + date.month
                };
                let first = month_of(low).div_euclid(step);
                let last = month_of(high).div_euclid(step);
                if last - first > most as i64 + 1 {
                    return None;
                }
                let starts = (first..=last).map(|index| first_of_month(index * step) * DAY);
                let within: Vec<i64> = starts.filter(|start| (low..=high).contains(start)).collect();
                (within.len() <= most).then_some(within)
            }
        }
    }

    fn text(self, seconds: i64, before: Option<i64>) -> String {
        let (day, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let date = date_of(day);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        // What the tick before says already is not repeated.
        let same_year = before.is_some_and(|before| date_of(before.div_euclid(DAY)).year == date.year);
        let month = MONTHS[date.month as usize];
        let on_day =
            if same_year { format!("{} {month}", date.day) } else { format!("{} {month} {}", date.day, date.year) };
        match self {
            Step::Months(months) if months % 12 == 0 => date.year.to_string(),
            Step::Months(_) if same_year => month.to_owned(),
            Step::Months(_) => format!("{month} {}", date.year),
            Step::Seconds(step) if step % DAY == 0 => on_day,
            Step::Seconds(_) if before.is_some_and(|before| before.div_euclid(DAY) != day) => on_day,
            Step::Seconds(step) if step % 60 == 0 => format!("{hour:02}:{minute:02}"),
            Step::Seconds(_) => format!("{hour:02}:{minute:02}:{second:02}"),
        }
    }
}

/// At most `most` ticks at round times.
pub(crate) fn ticks(range: Interval, most: usize) -> Vec<Tick> {
    let low = range.low().clamp(-FURTHEST, FURTHEST).ceil() as i64;
    let high = range.high().clamp(-FURTHEST, FURTHEST).floor() as i64;
    let most = most.max(1);
    let longer = (1..).map(|power| Step::Months(600 * 2_i64.saturating_pow(power)));
    let found = STEPS.into_iter().chain(longer).find_map(|step| Some((step, step.within(low, high, most)?)));
    let Some((step, times)) = found else { return Vec::new() };
    let before = |index: usize| index.checked_sub(1).map(|before| times[before]);
    let tick = |(index, time): (usize, &i64)| Tick { at: *time as f64, text: step.text(*time, before(index)) };
    times.iter().enumerate().map(tick).collect()
}

/// A time in full: the date, with the time of the day where there is one.
pub(crate) fn full(seconds: f64) -> String {
    let seconds = seconds.clamp(-FURTHEST, FURTHEST).floor() as i64;
    let (date, of_day) = (date_of(seconds.div_euclid(DAY)), seconds.rem_euclid(DAY));
    let day = format!("{:04}-{:02}-{:02}", date.year, date.month + 1, date.day);
    match of_day {
        0 => day,
        _ => format!("{day} {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, most: usize) -> Vec<String> {
        ticks(Interval::of([low, high]), most).into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(full(0.0), "1970-01-01");
        assert_eq!(full(951_782_400.0), "2000-02-29");
        assert_eq!(full(1_709_210_096.0), "2024-02-29 12:34:56");
        assert_eq!(full(-1.0), "1969-12-31 23:59:59");
        for days in (-800_000..800_000).step_by(97) {
            let date = date_of(days);
            assert_eq!(first_of_month(date.year * 12 + date.month) + date.day - 1, days);
        }
    }

    #[test]
    fn ticks_are_at_round_times() {
        let start = 1_709_164_800.0;
        assert_eq!(texts(start, start + 86_400.0 * 2.0, 5), ["00:00", "12:00", "1 Mar", "12:00", "2 Mar"]);
        assert_eq!(texts(start, start + 86_400.0 * 20.0, 4), ["4 Mar 2024", "11 Mar", "18 Mar"]);
        assert_eq!(texts(start, start + 86_400.0 * 300.0, 5), ["Apr 2024", "Jul", "Oct"]);
        assert_eq!(texts(0.0, 1.6e9, 6), ["1970", "1980", "1990", "2000", "2010", "2020"]);
        assert_eq!(texts(start + 1.0, start + 40.0, 4), ["00:00:10", "00:00:20", "00:00:30", "00:00:40"]);
    }
}
