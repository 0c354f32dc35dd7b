//! Floor 0: strings from packets made harmless for display, strings fitted into columns, and numbers for people.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest text worth preparing for one place on a screen, in characters. A line cannot show more.
const LONGEST: usize = 2_048;
/// Combining marks left standing on one character; more of them would smear over the neighbouring lines.
const MARKS: usize = 2;

/// The text as a terminal may safely show it: control characters become pictures, what reorders, hides or stacks
/// characters becomes `�`, and what is over-long is cut. Borrowed if nothing had to change.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(LONGEST * 4));
    let mut marks = 0;
    for c in text.chars().take(LONGEST) {
        match shown(c) {
            Shown::As(c) if c.width().unwrap_or(0) > 2 => out.push('\u{fffd}'),
            Shown::As(c) if c.width().unwrap_or(0) > 0 => {
                marks = 0;
                out.push(c);
            }
            Shown::As(c) if !out.is_empty() && marks < MARKS => {
                marks += 1;
                out.push(c);
            }
            Shown::As(_) | Shown::Not => {}
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

enum Shown {
    As(char),
    Not,
}

fn shown(c: char) -> Shown {
    match c {
        '\0'..='\x1f' => Shown::As(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\x7f' => Shown::As('\u{2421}'),
        // C1, soft hyphen, bidi controls, zero-width characters, line separators, tags, fillers, private use.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{e0000}'..='\u{e0fff}'
        | '\u{f0000}'..='\u{10ffff}' => Shown::As('\u{fffd}'),
        // Terminals disagree about the width of what these change: without them they agree.
        '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => Shown::Not,
        _ => Shown::As(c),
    }
}

/// Columns that the text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns`, its end cut off with `…` if need be.
#[must_use]
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// The text in at most `columns`, its beginning cut off with `…` if need be: host names say most at their end.
#[must_use]
pub fn fit_end(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        start = at;
    }
    let mark = if columns > 0 { "…" } else { "" };
    Cow::Owned(format!("{mark}{}", text.get(start..).unwrap_or_default()))
}

/// A size or count in at most five columns, decimal: `999`, `1.9k`, `30.1k`, `310k`, `41.2M`.
#[must_use]
pub fn short(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    let number = u128::from(number);
    let mut size = 1;
    for unit in ["k", "M", "G", "T", "P", "E"] {
        size *= 1_000;
        let (tenths, whole) = ((number * 10 + size / 2) / size, (number + size / 2) / size);
        if tenths < 1_000 {
            return format!("{}.{}{unit}", tenths / 10, tenths % 10);
        }
        if whole < 1_000 {
            return format!("{whole}{unit}");
        }
    }
    String::new()
}

/// As [`short`], with `-` for zero so that what is there stands out.
#[must_use]
pub fn short_or_dash(number: u64) -> String {
    if number == 0 { "-".into() } else { short(number) }
}

/// Bytes with their unit: `412 B`, `1.9 kB`, `41.2 MB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    let text = short(number);
    match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => format!("{} {unit}B", text.get(..at).unwrap_or_default()),
        _ => format!("{text} B"),
    }
}

/// Bits a second from bytes a second: `42.1 Mb/s`.
#[must_use]
pub fn bits(bytes_per_second: u64) -> String {
    format!("{}/s", bytes(bytes_per_second.saturating_mul(8)).replace('B', "b"))
}

/// A count in full: `1,284`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A count with its noun: `1 flow`, `2 flows`.
#[must_use]
pub fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A time span in at most five columns: `120ms`, `3.2s`, `41s`, `12:03`, `2h11m`, `3d04h`. Negative ones are none.
#[must_use]
pub fn span(nanoseconds: i64) -> String {
    let ns = u64::try_from(nanoseconds).unwrap_or(0);
    let (ms, s) = (ns / 1_000_000, ns / 1_000_000_000);
    match s {
        _ if ns == 0 => "-".into(),
        _ if ms == 0 => "<1ms".into(),
        0 => format!("{ms}ms"),
        1..=9 => format!("{s}.{}s", ms % 1_000 / 100),
        10..=59 => format!("{s}s"),
        60..=3_599 => format!("{}:{:02}", s / 60, s % 60),
        3_600..=35_999 => format!("{}h{:02}m", s / 3_600, s % 3_600 / 60),
        36_000..=86_399 => format!("{}h", s / 3_600),
        86_400..=863_999 => format!("{}d{:02}h", s / 86_400, s % 86_400 / 3_600),
        _ => format!("{}d", s / 86_400),
    }
}

/// Time of day in UTC: `12:03:05`.
#[must_use]
pub fn clock(nanoseconds: i64) -> String {
    let s = nanoseconds.div_euclid(1_000_000_000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", s / 3_600, s % 3_600 / 60, s % 60)
}

/// Date and time of day in UTC: `2024-03-01 12:03:05.123456`.
#[must_use]
pub fn moment(nanoseconds: i64) -> String {
    let (y, m, d) = date(nanoseconds.div_euclid(86_400_000_000_000));
    let us = nanoseconds.rem_euclid(1_000_000_000) / 1_000;
    format!("{y:04}-{m:02}-{d:02} {}.{us:06}", clock(nanoseconds))
}

/// Year, month and day of a count of days since 1970 (Howard Hinnant's `civil_from_days`).
fn date(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// A share in at most four columns: `41%`, `<1%`, `-` for none.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "-".into();
    }
    match u128::from(part) * 100 / u128::from(whole) {
        0 => "<1%".into(),
        percent => format!("{percent}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(harmless("rr3.sn-4g5e.googlevideo.com"), Cow::Borrowed(_)));
        assert!(matches!(harmless("bücher.example 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_steers_a_terminal_is_shown_not_done() {
        assert_eq!(harmless("a\x1b[2Jb\r\n"), "a␛[2Jb␍␊");
        assert_eq!(harmless("x\u{9b}31m\x7f"), "x�31m␡");
        assert_eq!(harmless("moc.\u{202e}elgoog\u{200b}"), "moc.�elgoog�");
        assert_eq!(harmless("\u{feff}\u{2028}"), "��");
    }

    #[test]
    fn stacked_marks_and_endless_text_are_cut() {
        assert_eq!(harmless(&format!("e{}", "\u{301}".repeat(50))), "e\u{301}\u{301}");
        assert_eq!(harmless("\u{301}a"), "a");
        assert_eq!(harmless(&"x".repeat(100_000)).len(), LONGEST);
        assert_eq!(harmless("❤\u{fe0f}👍🏽"), "❤👍");
    }

    #[test]
    fn no_control_and_no_format_character_is_left() {
        for c in (0..0x11_0000).filter_map(char::from_u32) {
            let text = format!("a{c}");
            let out = harmless(&text);
            assert!(!out.chars().any(char::is_control), "{:x}", c as u32);
            assert!(width(&out) <= 3);
        }
    }

    #[test]
    fn fitting_counts_columns() {
        assert_eq!(fit("googlevideo.com", 8), "googlev…");
        assert_eq!(fit_end("rr3.googlevideo.com", 8), "…deo.com");
        assert_eq!(fit("東京東京", 5), "東京…");
        assert_eq!(fit("東京東京", 4), "東…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_end("東京東京", 4), "…京");
        assert_eq!(fit("abc", 3), "abc");
    }

    #[test]
    fn numbers_keep_to_five_columns() {
        let said: Vec<_> = [0, 999, 1_000, 9_949, 30_100, 99_949, 99_950, 310_000, 999_499, 999_500, 41_200_000]
            .into_iter()
            .map(short)
            .collect();
        assert_eq!(said, ["0", "999", "1.0k", "9.9k", "30.1k", "99.9k", "100k", "310k", "999k", "1.0M", "41.2M"]);
        for shift in 0..64 {
            assert!(short(u64::MAX >> shift).len() <= 5, "{}", short(u64::MAX >> shift));
        }
        assert_eq!((bytes(412), bytes(41_200_000)), ("412 B".into(), "41.2 MB".into()));
        assert_eq!(bits(5_262_500), "42.1 Mb/s");
        assert_eq!((count(7), count(1_284), count(1_000_000)), ("7".into(), "1,284".into(), "1,000,000".into()));
        assert_eq!((share(1, 3), share(1, 1_000), share(0, 9)), ("33%".into(), "<1%".into(), "-".into()));
    }

    #[test]
    fn times() {
        const S: i64 = 1_000_000_000;
        let said: Vec<_> = [-5, 0, 9, S / 8, 3 * S + S / 4, 41 * S, 62 * S, 7_860 * S, 40_000 * S, 273_600 * S]
            .into_iter()
            .map(span)
            .collect();
        assert_eq!(said, ["-", "-", "<1ms", "125ms", "3.2s", "41s", "1:02", "2h11m", "11h", "3d04h"]);
        assert_eq!(moment(1_709_294_585_123_456_789), "2024-03-01 12:03:05.123456");
        assert_eq!(moment(-1), "1969-12-31 23:59:59.999999");
        for t in [i64::MIN, i64::MAX] {
            assert!(!moment(t).is_empty() && !clock(t).is_empty() && span(t).len() <= 7);
        }
    }
}
