//! Amounts as people read them: every digit where something is agreed to, fewer where one only glances.

use types::{Aipg, Wei};

use crate::words::Words;

/// Between a number and its unit, so that a line never breaks there.
const NO_BREAK: char = '\u{a0}';

/// An exact amount of AIPG.
pub(crate) fn aipg(amount: Aipg, words: &Words) -> String {
    format!("{}{NO_BREAK}AIPG", grouped(&amount.to_string(), words))
}

/// An exact amount of ETH.
pub(crate) fn eth(amount: Wei, words: &Words) -> String {
    format!("{}{NO_BREAK}ETH", grouped(&amount.to_string(), words))
}

/// An amount at a glance: two decimals from a hundred on, else four, and two digits of what is smaller than a hundredth.
/// Never rounded up, and nothing that is there is shown as nothing.
pub(crate) fn short(amount: Aipg, words: &Words) -> String {
    let exact = amount.to_string();
    let number = match shortened(&exact) {
        Some(text) => grouped(&text, words),
        None => words.with("number.dust", &[("least", &grouped(DUST, words))]),
    };
    format!("{number}{NO_BREAK}AIPG")
}

const DUST: &str = "0.000001";

/// `None` if it is less than a millionth and more than nothing.
fn shortened(exact: &str) -> Option<String> {
    let (whole, fraction) = exact.split_once('.').unwrap_or((exact, ""));
    let zeros = fraction.len() - fraction.trim_start_matches('0').len();
    let kept = match whole {
        "0" if fraction.is_empty() || zeros < 2 => 4,
        "0" if zeros >= 6 => return None,
        "0" => zeros + 2,
        _ if whole.len() >= 3 => 2,
        _ => 4,
    };
    let fraction = fraction.get(..kept).unwrap_or(fraction).trim_end_matches('0');
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

/// An exact decimal text with the language's signs.
pub(crate) fn grouped(exact: &str, words: &Words) -> String {
    let (whole, fraction) = exact.split_once('.').unwrap_or((exact, ""));
    let group = words.text("number.group");
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push_str(&group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push_str(&words.text("number.point"));
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_a_glance_an_amount_is_short_and_never_rounded_up() {
        let words = Words::english();
        let check = |exact: &str, expected: &str| {
            let amount = Aipg::parse(exact).expect("an amount");
            assert_eq!(short(amount, &words), format!("{expected}\u{a0}AIPG"), "{exact}");
        };
        check("0", "0");
        check("1000", "1,000");
        check("208.339999999999999999", "208.33");
        check("100.001", "100");
        check("99.99999", "99.9999");
        check("0.01", "0.01");
        check("0.0199999", "0.0199");
        check("0.00999999", "0.0099");
        check("0.0000123", "0.000012");
        check("0.000001", "0.000001");
        check("0.000000999999999999", "< 0.000001");
    }

    #[test]
    fn every_digit_is_shown_and_the_whole_part_is_grouped() {
        let words = Words::english();
        let check = |exact: &str, expected: &str| assert_eq!(grouped(exact, &words), expected);
        check("0", "0");
        check("999", "999");
        check("1000", "1,000");
        check("1234567.000000000000000001", "1,234,567.000000000000000001");
        assert_eq!(aipg(Aipg::whole(1000), &words), "1,000\u{a0}AIPG");
        assert_eq!(eth(Wei::whole(2), &words), "2\u{a0}ETH");
    }
}
