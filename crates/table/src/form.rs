//! Date formats other than ISO 8601, such as `31.12.2024 23:59` or `Dec 31, 2024`.

use crate::Zone;
use crate::literal::{self, Clock};
use pipewright_diagnostic::{Failure, code};
use std::borrow::Cow;

/// A date format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    text: Cow<'static, str>,
    items: Cow<'static, [Item]>,
    tail: Tail,
    /// The zone of the clocks; without one, of UTC.
    zone: Option<Zone>,
}

/// An item of a date format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// This byte.
    Literal(u8),
    /// Four digits.
    Year,
    /// Two digits: 1969 to 2068.
    ShortYear,
    /// One or two digits.
    Month,
    /// An English name, in full or abbreviated to three letters, in any case.
    MonthName,
    /// One or two digits.
    Day,
    /// One to three digits: the day of the year, from 1.
    DayOfYear,
    /// One or two digits, up to 23.
    Hour,
    /// One or two digits, 1 to 12.
    HalfHour,
    /// `AM` or `PM`, in any case.
    Half,
    /// One or two digits.
    Minute,
    /// One or two digits.
    Second,
    /// Decimals of a second, up to six.
    Fraction,
    /// `Z`, `+02:00`, `+0200` or `+02`.
    Zone,
    /// The name of a time zone, such as `Europe/Berlin`.
    ZoneName,
    /// Whole seconds since 1970-01-01T00:00:00 UTC, which may be negative.
    Epoch,
}

/// Optional tail after the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing: the items are complete.
    Nothing,
    /// A time of day, or nothing.
    Clock,
    /// A time of day with a UTC offset.
    ZonedClock,
    /// A time of day, whose decimals of a second beyond six are cut off.
    FineClock,
    /// As `FineClock`, with a UTC offset.
    FineZonedClock,
}

/// The directives, those of C's `strftime`; `%Q` is that of `jiff`.
const DIRECTIVES: [(u8, Item); 17] = [
    (b'Y', Item::Year),
    (b'y', Item::ShortYear),
    (b'm', Item::Month),
    (b'd', Item::Day),
    (b'j', Item::DayOfYear),
    (b'b', Item::MonthName),
    (b'B', Item::MonthName),
    (b'H', Item::Hour),
    (b'I', Item::HalfHour),
    (b'p', Item::Half),
    (b'M', Item::Minute),
    (b'S', Item::Second),
    (b'f', Item::Fraction),
    (b'z', Item::Zone),
    (b'Q', Item::ZoneName),
    (b's', Item::Epoch),
    (b'%', Item::Literal(b'%')),
];

impl Form {
    /// Creates a built-in format.
    pub const fn known(text: &'static str, items: &'static [Item], tail: Tail) -> Form {
        Form { text: Cow::Borrowed(text), items: Cow::Borrowed(items), tail, zone: None }
    }

    /// Parses a format of directives such as `%d.%m.%Y`.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] for an unknown directive, or items that do not determine a moment.
    pub fn read(text: &str) -> Result<Form, Failure> {
        let bad = |why: String| Failure::new(code::BAD_VALUE, format!("`{text}` is not a date format: {why}"));
        let mut items = Vec::new();
        let mut characters = text.char_indices();
        while let Some((start, character)) = characters.next() {
            if character != '%' {
                items.extend(text[start..start + character.len_utf8()].bytes().map(Item::Literal));
                continue;
            }
            let directive = characters.next().map_or(String::new(), |(_, directive)| directive.to_string());
            let known = DIRECTIVES.iter().find(|(letter, _)| directive.as_bytes() == [*letter]);
            let Some((_, item)) = known else {
                let known = DIRECTIVES.map(|(letter, _)| format!("%{}", char::from(letter)));
                return Err(bad(format!("`%{directive}` is not one of {}", known.join(" "))));
            };
            items.push(*item);
        }
        let has = |wanted: &[Item]| items.iter().any(|item| wanted.contains(item));
        if has(&[Item::Epoch]) {
            let others = items.iter().any(|item| !matches!(item, Item::Literal(_) | Item::Epoch | Item::Fraction));
            return match others {
                true => Err(bad("%s, the seconds since 1970, stands for all other parts".into())),
                false => {
                    Ok(Form { text: text.to_string().into(), items: items.into(), tail: Tail::Nothing, zone: None })
                }
            };
        }
        for (needed, name) in [
            (&[Item::Year, Item::ShortYear][..], "year, %Y or %y"),
            (&[Item::Month, Item::MonthName, Item::DayOfYear], "month, %m or %b"),
            (&[Item::Day, Item::DayOfYear], "day, %d"),
        ] {
            if !has(needed) {
                return Err(bad(format!("it has no {name}")));
            }
        }
        if has(&[Item::HalfHour]) != has(&[Item::Half]) {
            return Err(bad("%I, the hour up to 12, and %p, AM or PM, go together".into()));
        }
        let clock =
            has(&[Item::Hour, Item::HalfHour, Item::Minute, Item::Second, Item::Fraction, Item::Zone, Item::ZoneName]);
        let tail = if clock { Tail::Nothing } else { Tail::Clock };
        Ok(Form { text: Cow::Owned(text.to_string()), items: Cow::Owned(items), tail, zone: None })
    }

    /// Takes the texts as what clocks of this zone show, and not as UTC.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] if the format says it by itself.
    pub fn in_zone(self, zone: Zone) -> Result<Form, Failure> {
        match self.items.iter().find(|item| matches!(item, Item::Zone | Item::ZoneName | Item::Epoch)) {
            Some(_) => {
                let message = format!("`{}` says by itself which zone its times are in", self.text);
                Err(Failure::new(code::BAD_VALUE, message))
            }
            None => Ok(Form { zone: Some(zone), ..self }),
        }
    }

    /// Returns the format as text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Parses microseconds since 1970-01-01T00:00:00, in UTC if there is an offset or a zone; `None` if the text does not match
    /// the format, or is not a valid date.
    pub fn moment(&self, text: &[u8]) -> Option<i64> {
        let (mut year, mut month, mut day, mut of_year) = (0, 0, 0, None);
        let (mut clock, mut half_hour, mut half, mut offset, mut epoch) = (0, None, 0, None, None);
        let mut zone = Cow::Borrowed(&self.zone);
        let rest = &mut { text };
        for item in &*self.items {
            match item {
                Item::Literal(byte) => *rest = rest.strip_prefix(&[*byte])?,
                Item::Year => year = digits(rest, 4, 4)?,
                Item::ShortYear => year = (digits(rest, 2, 2)? + 31) % 100 + 1969,
                Item::Month => month = digits(rest, 1, 2)?,
                Item::MonthName => month = month_name(rest)?,
                Item::Day => day = digits(rest, 1, 2)?,
                Item::DayOfYear => of_year = Some(digits(rest, 1, 3)?),
                Item::Hour => clock += digits(rest, 1, 2).filter(|&hour| hour < 24)? * literal::HOUR,
                Item::HalfHour => half_hour = Some(digits(rest, 1, 2).filter(|hour| (1..=12).contains(hour))?),
                Item::Half => half = literal::half_of_day(rest)?,
                Item::Minute => clock += digits(rest, 1, 2).filter(|&minute| minute < 60)? * literal::MINUTE,
                Item::Second => clock += digits(rest, 1, 2).filter(|&second| second < 60)? * literal::SECOND,
                Item::Fraction => clock += literal::fraction(rest)?,
                Item::Zone => offset = Some(literal::zone(rest)?),
                Item::ZoneName => zone = Cow::Owned(Some(zone_name(rest)?)),
                Item::Epoch => epoch = Some(seconds(rest)?),
            }
        }
        if let Some(hour) = half_hour {
            clock += (hour % 12) * literal::HOUR + half;
        }
        if self.tail != Tail::Nothing && !rest.is_empty() {
            let separators: [&[u8]; 3] = [b"T", b" ", b", "];
            *rest = separators.iter().find_map(|separator| rest.strip_prefix(*separator))?;
            let is_fine = matches!(self.tail, Tail::FineClock | Tail::FineZonedClock);
            clock = literal::clock(rest, if is_fine { Clock::Fine } else { Clock::Loose })?;
        }
        if matches!(self.tail, Tail::ZonedClock | Tail::FineZonedClock) {
            offset = Some(literal::zone(rest)?);
        }
        if let Some((negative, seconds)) = epoch {
            let distance = i64::checked_mul(seconds, literal::SECOND)?.checked_add(clock)?;
            let moment = if negative { -distance } else { distance };
            return (rest.is_empty() && literal::MOMENTS.contains(&moment)).then_some(moment);
        }
        let days = match of_year {
            Some(day) => nth_day(year, day)?,
            None => literal::days_since_1970(year, month, day)?,
        };
        let local = days * literal::DAY + clock;
        let moment = match (offset, zone.as_ref()) {
            (Some(offset), Some(zone)) if zone.local(local - offset) != local => return None,
            (Some(offset), _) => local - offset,
            (None, Some(zone)) => zone.utc(local),
            (None, None) => local,
        };
        (rest.is_empty() && literal::MOMENTS.contains(&moment)).then_some(moment)
    }
}

/// Returns days since 1970-01-01 for a day of a year, if the year has it.
fn nth_day(year: i64, day: i64) -> Option<i64> {
    let first = literal::days_since_1970(year, 1, 1)?;
    (day >= 1 && first + day <= literal::days_since_1970(year + 1, 1, 1)?).then_some(first + day - 1)
}

/// Takes a number with `least` to `most` digits off the front.
fn digits(text: &mut &[u8], least: usize, most: usize) -> Option<i64> {
    let length = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(length);
    *text = rest;
    if length < least { None } else { literal::decimal(number) }
}

/// Takes a number of seconds off the front: whether it is negative, and its digits.
fn seconds(text: &mut &[u8]) -> Option<(bool, i64)> {
    let negative = text.strip_prefix(b"-");
    *text = negative.unwrap_or(text);
    Some((negative.is_some(), digits(text, 1, 18)?))
}

/// Takes the name of a time zone off the front.
fn zone_name(text: &mut &[u8]) -> Option<Zone> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let (name, rest) = text.split_at(text.iter().take_while(is_part).count());
    *text = rest;
    Zone::find(std::str::from_utf8(name).ok()?)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Takes the name of a month off the front, in full or abbreviated to three letters or more.
fn month_name(text: &mut &[u8]) -> Option<i64> {
    let (length, number) = (1..).zip(MONTHS).find_map(|(number, name)| {
        let starts = |name: &str| {
            text.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
                .then_some(name.len())
        };
        Some((starts(name).or_else(|| starts(&name[..3]))?, number))
    })?;
    *text = &text[length..];
    Some(number)
}

#[cfg(test)]
mod tests;
