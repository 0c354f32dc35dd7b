//! Time stamps of any resolution to nanoseconds and back, saturating.

use super::Unit;

const NANOS: u64 = 1_000_000_000;

/// How ticks of an interface become nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    step: Step,
    /// Nanoseconds to add.
    offset: i128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A tick is so many nanoseconds.
    Times(u64),
    /// So many ticks are a nanosecond.
    Per(u128),
    /// 2^n ticks are a second.
    Shift(u8),
}

impl Scale {
    /// For the unit of an interface and its offset in seconds.
    pub(super) fn new(unit: Unit, offset: i64) -> Self {
        let step = match unit {
            Unit::Decimal(n @ 0..=9) => Step::Times(10_u64.pow(9 - u32::from(n))),
            // 10^38 is the last power in 128 bits, and more than any tick count is 0 ns anyway.
            Unit::Decimal(n) => Step::Per(10_u128.pow(u32::from(n - 9).min(38))),
            Unit::Binary(n) => Step::Shift(n.min(127)),
        };
        Self { step, offset: i128::from(offset) * i128::from(NANOS) }
    }

    /// Nanoseconds since 1970 of a tick count.
    #[inline]
    pub(super) fn nanos(&self, ticks: u64) -> i64 {
        if let (Step::Times(step), 0) = (self.step, self.offset) {
            return i64::try_from(ticks.saturating_mul(step)).unwrap_or(i64::MAX);
        }
        self.slow(ticks)
    }

    fn slow(&self, ticks: u64) -> i64 {
        let ticks = u128::from(ticks);
        let nanos = match self.step {
            Step::Times(step) => ticks * u128::from(step),
            Step::Per(ticks_per_nano) => ticks / ticks_per_nano,
            Step::Shift(n) => (ticks * u128::from(NANOS)) >> n,
        };
        // At most 2^94, so that the sum fits.
        let sum = i128::try_from(nanos).unwrap_or(i128::MAX / 2) + self.offset;
        i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_units() {
        assert_eq!(Scale::new(Unit::MICRO, 0).nanos(1_500_000), 1_500_000_000);
        assert_eq!(Scale::new(Unit::NANO, 0).nanos(7), 7);
        assert_eq!(Scale::new(Unit::Decimal(0), 0).nanos(7), 7_000_000_000);
        assert_eq!(Scale::new(Unit::Decimal(12), 0).nanos(7_999), 7);
        assert_eq!(Scale::new(Unit::Binary(1), 0).nanos(3), 1_500_000_000);
        assert_eq!(Scale::new(Unit::MICRO, -1).nanos(1_500_000), 500_000_000);
    }

    #[test]
    fn any_unit_any_offset_any_ticks() {
        for n in 0..=255 {
            for unit in [Unit::Decimal(n), Unit::Binary(n)] {
                for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
                    for ticks in [0, 1, u64::MAX / 2, u64::MAX] {
                        let _ = Scale::new(unit, offset).nanos(ticks);
                    }
                }
            }
        }
        assert_eq!(Scale::new(Unit::Binary(127), 0).nanos(u64::MAX), 0);
        assert_eq!(Scale::new(Unit::MICRO, 0).nanos(u64::MAX), i64::MAX);
        assert_eq!(Scale::new(Unit::MICRO, i64::MIN).nanos(1), i64::MIN);
    }
}
