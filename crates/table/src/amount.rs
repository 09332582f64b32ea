//! Amounts: numbers with a currency, a percent sign, marked thousands, or in parentheses.

use crate::literal;
use crate::text::quoted;

/// ISO 4217 codes and other words of common currencies.
const CURRENCIES: [&str; 49] = [
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KRW", "MAD", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "RSD",
    "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR", "kr", "zł", "Kč", "Fr.", "Rs.", "Rs",
];

/// Parses an amount with this decimal separator, a point or a comma: `$1,711.97`, `12 %`, `1'234`, `€ 5`, and the
/// negative `(1,234.50)`. Currency and percent sign are units: they do not change the number. Thousands are marked
/// everywhere or nowhere. `None` if it is no such number, or not finite.
///
/// ```
/// use pipewright_table::amount;
/// assert_eq!(amount("(US$ 1,234.50)", b'.'), Some(-1234.5));
/// assert_eq!(amount("12,5 %", b','), Some(12.5));
/// assert_eq!(amount("12 apples", b'.'), None);
/// ```
#[must_use]
pub fn amount(text: &str, decimal: u8) -> Option<f64> {
    let text = text.trim();
    let bracketed = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let mut rest = bracketed.unwrap_or(text).trim();
    let mut sign = bracketed.map(|_| -1.0);
    let mut unit = false;
    // A sign and a unit may come before the number, in either order, or after it.
    loop {
        let (before, found) = if let Some((before, found)) = signed(rest).filter(|_| sign.is_none()) {
            sign = Some(found);
            (before, true)
        } else if let Some(before) = without_unit(rest).filter(|_| !unit) {
            unit = true;
            (before, true)
        } else {
            (rest, false)
        };
        rest = before.trim();
        if !found {
            break;
        }
    }
    let number = digits(rest, decimal)? * sign.unwrap_or(1.0);
    number.is_finite().then_some(number)
}

/// Is it an amount, but not a plain number? With which decimal separators, point or comma?
#[must_use]
pub fn is_amount(text: &str) -> [bool; 2] {
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    if !digits || text.len() > LENGTH_MAX || text.trim().parse::<f64>().is_ok() {
        return [false; 2];
    }
    [b'.', b','].map(|decimal| amount(text, decimal).is_some())
}

/// Longer texts are no amounts.
const LENGTH_MAX: usize = 64;

/// Returns the stage that parses amounts in a column, with a decimal comma if needed.
#[must_use]
pub fn stage_for_amounts(column: &str, comma: bool) -> String {
    let option = if comma { " decimal=\",\"" } else { "" };
    format!("parse number{option} on {}", quoted(column))
}

/// Takes a sign off either end.
fn signed(text: &str) -> Option<(&str, f64)> {
    const MINUS: [char; 2] = ['-', '\u{2212}'];
    let minus = text.strip_prefix(MINUS).or_else(|| text.strip_suffix(MINUS));
    minus.map(|rest| (rest, -1.0)).or_else(|| Some((text.strip_prefix('+')?, 1.0)))
}

/// Takes a currency or a percent sign off either end.
fn without_unit(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_suffix('%') {
        return Some(rest);
    }
    let word = CURRENCIES.iter().find_map(|word| text.strip_prefix(word).or_else(|| text.strip_suffix(word)));
    if word.is_some() {
        return word;
    }
    let is_symbol = |symbol: char| matches!(symbol, '$' | '¢'..='¥' | '৳' | '฿' | '\u{20A0}'..='\u{20CF}' | '﷼');
    // `US$`, `R$`, `NT$`.
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let from = if letters <= 2 { &text[letters..] } else { text };
    from.strip_prefix(is_symbol).or_else(|| text.strip_suffix(is_symbol))
}

/// Parses digits with or without marked thousands, decimals, and an exponent; without a sign.
fn digits(text: &str, decimal: u8) -> Option<f64> {
    const MARKS: [char; 8] = [',', '.', '\'', '\u{2019}', ' ', '\u{A0}', '\u{202F}', '_'];
    let point = char::from(decimal);
    let (whole, decimals) = text.split_once(point).map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let mark = whole.chars().find(|character| MARKS.contains(character));
    let mut plain = String::with_capacity(text.len());
    match mark {
        None => plain.push_str(whole),
        Some(mark) => {
            let mut groups = whole.split(mark);
            let first = groups.next()?;
            let is_group = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
            if !(1..=3).contains(&first.len()) || !is_group(first) || (first.len() > 1 && first.starts_with('0')) {
                return None;
            }
            plain.push_str(first);
            for group in groups {
                if group.len() != 3 || !is_group(group) {
                    return None;
                }
                plain.push_str(group);
            }
        }
    }
    if let Some(decimals) = decimals {
        plain.push('.');
        plain.push_str(decimals);
    }
    let is_number = plain.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if is_number { literal::number(plain.as_bytes()).map(literal::Number::as_f64) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_many_forms() {
        for (text, number) in [
            ("$1,711.97", 1711.97),
            ("12 %", 12.0),
            ("-0.5%", -0.5),
            ("1'234", 1234.0),
            ("1\u{2019}234\u{2019}567.5", 1_234_567.5),
            ("€ 5", 5.0),
            ("5 €", 5.0),
            ("€\u{A0}5", 5.0),
            ("(1,234.50)", -1234.5),
            ("$(5)", f64::NAN),
            ("($5)", -5.0),
            ("-$5", -5.0),
            ("$-5", -5.0),
            ("\u{2212}5", -5.0),
            ("1,234-", -1234.0),
            ("+5", 5.0),
            ("CHF 1'234.50", 1234.5),
            ("1 234,5", f64::NAN),
            ("12 345.5 kr", 12_345.5),
            ("US$5", 5.0),
            ("R$ 5", 5.0),
            ("£.50", 0.5),
            ("7", 7.0),
            ("1e3", 1000.0),
        ] {
            assert_eq!(amount(text, b'.'), (!number.is_nan()).then_some(number), "{text}");
        }
        for (text, number) in [("1.234,50 €", 1234.5), ("12,5 %", 12.5), ("1.234", 1234.0), ("1 234,5", 1234.5)] {
            assert_eq!(amount(text, b','), Some(number), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_amounts_are_refused() {
        for text in [
            "",
            "-",
            "$",
            "%",
            "()",
            "(-5)",
            "--5",
            "$5$",
            "5 apples",
            "ABC 12",
            "12,34",
            "1,2345",
            "1,234'567",
            "1,,234",
            ",234",
            "0x10",
            "inf",
            "$nan",
            "$1e999",
            "1.2.3",
            "5 - 6",
            "é",
        ] {
            assert_eq!(amount(text, b'.'), None, "{text}");
        }
    }
}
