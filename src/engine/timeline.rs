//! Traffic over packet time in a bounded number of bins whose width doubles when they run out.
//!
//! Bins lie on absolute multiples of their width, so that the shares of several workers add up. Gaps and clocks that run
//! backwards cost a few doublings, never a loop over time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::snapshot::{Bin, Timeline};
use crate::limits;

/// Bins under construction.
#[derive(Debug, Clone, Default)]
pub struct Bins {
    /// Width of a bin in nanoseconds, 0 while there is nothing.
    width: i64,
    /// Number of the first bin: its time divided by the width.
    first: i64,
    bins: VecDeque<Bin>,
}

/// Width to begin with: 1 ms, as a power of two.
const FINEST: i64 = 1 << 20;

impl Bins {
    /// The bin of a moment, to add to.
    pub fn at(&mut self, time: i64) -> &mut Bin {
        if self.width == 0 {
            self.width = FINEST;
            self.first = time.div_euclid(FINEST);
        }
        loop {
            let number = time.div_euclid(self.width);
            let last = self.first + self.bins.len() as i64 - 1;
            let span = number.max(last).saturating_sub(number.min(self.first));
            if span < limits::TIMELINE_BINS as i64 {
                return self.slot(number);
            }
            self.coarsen();
        }
    }

    /// Adds another worker's share.
    pub fn merge(&mut self, other: &Self) {
        for (place, bin) in other.bins.iter().enumerate().filter(|(_, b)| **b != Bin::default()) {
            let time = other.first.saturating_add(place as i64).saturating_mul(other.width);
            while self.width != 0 && self.width < other.width {
                self.coarsen();
            }
            let mine = self.at(time);
            mine.up += bin.up;
            mine.down += bin.down;
            mine.flows += bin.flows;
            mine.suspicious += bin.suspicious;
        }
    }

    /// As a snapshot shows it.
    #[must_use]
    pub fn picture(&self) -> Timeline {
        let bins = Arc::new(self.bins.iter().copied().collect());
        Timeline { start: self.first.saturating_mul(self.width), width: self.width, bins }
    }

    fn slot(&mut self, number: i64) -> &mut Bin {
        while number < self.first {
            self.bins.push_front(Bin::default());
            self.first -= 1;
        }
        let place = usize::try_from(number - self.first).unwrap_or(0);
        if place >= self.bins.len() {
            self.bins.resize(place + 1, Bin::default());
        }
        &mut self.bins[place] // was just made sure of
    }

    /// Doubles the width.
    fn coarsen(&mut self) {
        if self.first.rem_euclid(2) == 1 && !self.bins.is_empty() {
            self.bins.push_front(Bin::default());
            self.first -= 1;
        }
        let halves = std::mem::take(&mut self.bins);
        self.first = self.first.div_euclid(2);
        self.width = self.width.saturating_mul(2);
        let pairs = halves.make_pairs();
        self.bins = pairs;
    }
}

/// Adds neighbours in pairs.
trait Pairs {
    fn make_pairs(self) -> Self;
}

impl Pairs for VecDeque<Bin> {
    fn make_pairs(mut self) -> Self {
        let list = self.make_contiguous();
        let sum = |pair: &[Bin]| {
            pair.iter().fold(Bin::default(), |a, b| Bin {
                up: a.up + b.up,
                down: a.down + b.down,
                flows: a.flows + b.flows,
                suspicious: a.suspicious + b.suspicious,
            })
        };
        list.chunks(2).map(sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(bins: &Bins) -> u64 {
        bins.bins.iter().map(|b| b.up).sum()
    }

    #[test]
    fn nothing_is_lost_whatever_the_clock_does() {
        let mut bins = Bins::default();
        let times = [0, 5, 1 << 40, -(1 << 50), i64::MAX, i64::MIN, 1 << 62, 7];
        for time in times {
            bins.at(time).up += 1;
        }
        assert_eq!(total(&bins), times.len() as u64);
        assert!(bins.bins.len() <= limits::TIMELINE_BINS);
    }

    #[test]
    fn shares_add_up_in_whatever_width() {
        let (mut a, mut b) = (Bins::default(), Bins::default());
        for n in 0..2_000 {
            a.at(n * FINEST).up += 1;
            b.at(n * FINEST / 100).up += 1;
        }
        let mut both = Bins::default();
        both.merge(&b);
        both.merge(&a);
        let mut turned = Bins::default();
        turned.merge(&a);
        turned.merge(&b);
        assert_eq!(total(&both), 4_000);
        assert_eq!(both.picture(), turned.picture());
    }
}
