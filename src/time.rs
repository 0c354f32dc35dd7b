//! Time stamps of packets as text, without a clock: nanoseconds since 1970 UTC to calendar fields and durations.

use std::fmt;

/// A time stamp in nanoseconds since 1970-01-01 UTC. Displays as `2026-11-21T09:36:01.000000+0000`, as EVE has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(
    /// Nanoseconds.
    pub i64,
);

impl Stamp {
    /// Year, month, day.
    #[must_use]
    pub fn date(self) -> (i64, u32, u32) {
        civil(self.0.div_euclid(DAY))
    }

    /// Hours, minutes, seconds, nanoseconds.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // parts of a day
    pub fn clock(self) -> (u32, u32, u32, u32) {
        let of_day = self.0.rem_euclid(DAY);
        let seconds = of_day / SECOND;
        ((seconds / 3_600) as u32, (seconds / 60 % 60) as u32, (seconds % 60) as u32, (of_day % SECOND) as u32)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), (h, m, s, ns)) = (self.date(), self.clock());
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:06}+0000", ns / 1_000)
    }
}

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Day number since 1970-01-01 to year, month, day in the proleptic Gregorian calendar, by eras of 400 years that begin
/// in March.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // month and day are small
fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000+0000"),
            (951_782_400, "2000-02-29T00:00:00.000000+0000"),
            (1_763_717_761, "2025-11-21T09:36:01.000000+0000"),
            (-1, "1969-12-31T23:59:59.000000+0000"),
        ] {
            assert_eq!(Stamp(seconds * SECOND).to_string(), text);
        }
        for extreme in [i64::MIN, i64::MAX] {
            assert!(!Stamp(extreme).to_string().is_empty());
        }
    }
}
