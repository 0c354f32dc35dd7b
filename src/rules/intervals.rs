//! Which of many overlapping ranges with the lowest rank holds a number: a search in sorted stretches.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rank of a stretch that is in no range.
const NONE: u32 = u32::MAX;
/// The numbers from the first to the last range are cut into so many equal parts, so that the search begins close to
/// its end.
const PARTS: usize = 1 << 12;

/// Numbers that ranges are made of.
pub(super) trait Key: Copy + Ord {
    /// The smallest.
    const ZERO: Self;
    /// Its bits.
    const BITS: u32;
    /// The next one, if there is one.
    fn next(self) -> Option<Self>;
    /// How far it is above a smaller one, in steps of 2^shift.
    fn steps(self, from: Self, shift: u32) -> usize;
}

macro_rules! key {
    ($number:ty) => {
        impl Key for $number {
            const ZERO: Self = 0;
            const BITS: u32 = <$number>::BITS;

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            #[inline]
            fn steps(self, from: Self, shift: u32) -> usize {
                usize::try_from(self.wrapping_sub(from) >> shift).unwrap_or(usize::MAX)
            }
        }
    };
}

key!(u16);
key!(u32);
key!(u128);

/// Disjoint stretches that cover all numbers, each with the lowest rank of the ranges that it is in.
#[derive(Debug)]
pub(super) struct Intervals<K> {
    /// First number and rank of each stretch; the first begins at zero. Empty if there are no ranges.
    stretches: Vec<(K, u32)>,
    /// First number of the second stretch: below it all is the first.
    low: K,
    /// Numbers of one part, as a power of two.
    shift: u32,
    /// For each part the stretch that its first number is in, and at the end the last stretch.
    parts: Vec<u32>,
}

impl<K: Key> Default for Intervals<K> {
    fn default() -> Self {
        Self { stretches: Vec::new(), low: K::ZERO, shift: 0, parts: Vec::new() }
    }
}

impl<K: Key> Intervals<K> {
    /// From ranges (first, last, rank) in any order.
    pub(super) fn new(ranges: Vec<(K, K, u32)>) -> Self {
        if ranges.is_empty() {
            return Self::default();
        }
        let stretches = flatten(ranges);
        let low = stretches.get(1).map_or(K::ZERO, |(start, _)| *start);
        let high = stretches.last().map_or(K::ZERO, |(start, _)| *start);
        let shift = (0..K::BITS).find(|shift| high.steps(low, *shift) < PARTS).unwrap_or(0);
        let mut parts = Vec::with_capacity(PARTS + 1);
        let mut stretch = 0;
        let mut later = stretches.iter().skip(1).peekable();
        for part in 0..=high.steps(low, shift) {
            parts.push(stretch);
            while later.next_if(|(start, _)| start.steps(low, shift) <= part).is_some() {
                stretch += 1;
            }
        }
        parts.push(stretch);
        Self { stretches, low, shift, parts }
    }

    /// The lowest rank of the ranges that hold this number.
    #[inline]
    pub(super) fn find(&self, key: K) -> Option<u32> {
        let mut stretch = 0;
        if key >= self.low {
            // Behind the last part all is the last stretch.
            let part = key.steps(self.low, self.shift).min(self.parts.len().checked_sub(2)?);
            let first = *self.parts.get(part)? as usize;
            let last = *self.parts.get(part + 1)? as usize;
            // The first begins before the part, the others in it.
            let inside = self.stretches.get(first + 1..=last).unwrap_or_default();
            stretch = first + inside.partition_point(|(start, _)| *start <= key);
        }
        self.stretches.get(stretch).map(|(_, rank)| *rank).filter(|rank| *rank != NONE)
    }
}

/// Ranges as stretches (start, rank).
fn flatten<K: Key>(mut ranges: Vec<(K, K, u32)>) -> Vec<(K, u32)> {
    ranges.sort_unstable();
    let mut points: Vec<K> = ranges.iter().flat_map(|(a, b, _)| [Some(*a), b.next()]).flatten().collect();
    points.push(K::ZERO);
    points.sort_unstable();
    points.dedup();
    let mut stretches: Vec<(K, u32)> = Vec::new();
    let mut ranges = ranges.into_iter().peekable();
    // Ranges that began, the lowest rank on top. One that ended goes when it comes to the top.
    let mut open = BinaryHeap::new();
    for point in points {
        while let Some((_, last, rank)) = ranges.next_if(|(first, _, _)| *first <= point) {
            open.push(Reverse((rank, last)));
        }
        while open.peek().is_some_and(|Reverse((_, last))| *last < point) {
            open.pop();
        }
        let rank = open.peek().map_or(NONE, |Reverse((rank, _))| *rank);
        if stretches.last().map(|(_, rank)| *rank) != Some(rank) {
            stretches.push((point, rank));
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_hand<K: Key>(ranges: &[(K, K, u32)], key: K) -> Option<u32> {
        ranges.iter().filter(|(a, b, _)| *a <= key && key <= *b).map(|(_, _, rank)| *rank).min()
    }

    #[test]
    fn nothing_and_everything() {
        assert_eq!(Intervals::<u16>::new(vec![]).find(7), None);
        let all = Intervals::new(vec![(0, u128::MAX, 3), (5, 5, 1)]);
        assert_eq!([0, 5, 6, u128::MAX].map(|k| all.find(k)), [Some(3), Some(1), Some(3), Some(3)]);
    }

    proptest! {
        #[test]
        fn finds_what_a_walk_finds(
            ranges in proptest::collection::vec((any::<u16>(), 0..3000_u16, 0..9_u32), 0..40),
            keys in proptest::collection::vec(any::<u16>(), 200),
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(a, n, rank)| (a, a.saturating_add(n), rank)).collect();
            let table = Intervals::new(ranges.clone());
            let edges = ranges.iter().flat_map(|(a, b, _)| [*a, *b, a.wrapping_sub(1), b.wrapping_add(1)]);
            for key in keys.into_iter().chain(edges) {
                prop_assert_eq!(table.find(key), by_hand(&ranges, key), "{}", key);
            }
            let wide = |n: u16| u32::from(n) << 11;
            let ranges: Vec<_> = ranges.iter().map(|(a, b, rank)| (wide(*a), wide(*b), *rank)).collect();
            let table = Intervals::new(ranges.clone());
            for key in ranges.iter().flat_map(|(a, b, _)| [*a, *b, a.wrapping_sub(1), b.wrapping_add(1)]) {
                prop_assert_eq!(table.find(key), by_hand(&ranges, key), "{}", key);
            }
        }
    }
}
