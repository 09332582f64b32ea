//! Codes that look like numbers: `02134`, `+41791234567`, `2004E205`. Read as numbers they would lose their form.

/// What distinguishes a code from a measured number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSign {
    /// `02134`, `007.1`, `-01`.
    LeadingZero,
    /// `+41791234567`. Not in a column with negative numbers, where a plus is a sign.
    Plus,
    /// `2004E205`: whole digits and a bare exponent. Programs write a decimal point, a sign of the exponent, or a
    /// single digit and a small `e`; a column with such numbers was measured.
    Exponent,
}

/// Digits from which a plus begins a telephone number: the shortest international ones have 7.
const PHONE_DIGITS: usize = 7;

impl CodeSign {
    /// Every sign.
    pub const ALL: [CodeSign; 3] = [CodeSign::LeadingZero, CodeSign::Plus, CodeSign::Exponent];

    /// Returns what makes a text that is a number look like a code.
    ///
    /// ```
    /// use pipewright_table::CodeSign;
    /// assert_eq!(CodeSign::of(b"02134"), Some(CodeSign::LeadingZero));
    /// assert_eq!(CodeSign::of(b"0.5"), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn of(text: &[u8]) -> Option<CodeSign> {
        let (sign, digits) = match text {
            [sign @ (b'-' | b'+'), digits @ ..] => (*sign, digits),
            digits => (0, digits),
        };
        if let [b'0', b'0'..=b'9', ..] = digits {
            return Some(CodeSign::LeadingZero);
        }
        let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match &digits[whole..] {
            [] if sign == b'+' && whole >= PHONE_DIGITS => Some(CodeSign::Plus),
            [exponent @ (b'e' | b'E'), b'0'..=b'9', ..] if *exponent == b'E' || whole > 1 => Some(CodeSign::Exponent),
            _ => None,
        }
    }
}
